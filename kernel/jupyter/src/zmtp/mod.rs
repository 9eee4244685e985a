//! The sockets that the kernel needs of ZeroMQ: ROUTER, XPUB and an echo, over TCP and Unix sockets, with limits.
//!
//! They speak [ZMTP 3.0](https://rfc.zeromq.org/spec/23/), plain or encrypted by [`curve`]. Any process that can
//! connect may speak it before a signature is checked; so this module bounds the cost of a connection, and no
//! connection waits for another:
//!
//! * memory is taken as bytes arrive, not as lengths are announced (the `zeromq` crate reserves the size that a header
//!   of nine bytes announces: 2⁴⁶ bytes end the process, and with it every variable; therefore this module);
//! * among connections that have proved nothing, the oldest makes room for the next (`peers`);
//! * the kernel stops reading from a front end that does not read its replies; a front end that does not read published
//!   messages misses them, and the others do not.
//!
//! Only the socket tasks of this crate use it, through the crate's [`zeromq::ZmqMessage`] and its sending trait. It
//! knows nothing of the contents of messages.

pub mod curve;
mod echo;
#[doc(hidden)]
pub mod frames;
mod listener;
mod outgoing;
mod peers;
mod publisher;
mod router;
mod security;
#[cfg(test)]
mod tests;

pub use echo::echo;
pub use listener::{Bound, Endpoint};
pub use publisher::{Publisher, Subscription};
pub use router::{Received, Receiver, Router, Sender, Unanswered};
pub use security::Security;

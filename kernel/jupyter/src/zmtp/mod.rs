//! The sockets' side of ZeroMQ: ROUTER, XPUB and an echo, over TCP and Unix sockets, with limits.
//!
//! [ZMTP 3.0](https://rfc.zeromq.org/spec/23/), plain or encrypted by [`curve`]. Whoever can connect may speak it, before any
//! signature is looked at; so what a connection can cost is bounded here, and nowhere does one wait for another:
//!
//! * memory is taken as bytes come, not as lengths are announced (the `zeromq` crate reserves what a header of nine
//!   bytes announces: 2⁴⁶ of them end the process, and with it every variable; therefore this module);
//! * of connections that have proved nothing, the oldest makes room for the next (`peers`);
//! * a front end that does not read its replies is not read from; one that does not read what is published misses it,
//!   and the others do not.
//!
//! Used by the socket tasks of this folder, which see the crate's [`zeromq::ZmqMessage`] and its sending trait. It knows
//! nothing of what is in a message.

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

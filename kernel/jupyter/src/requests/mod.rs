//! One file per family of messages: each turns a request's content into the reply's.
//!
//! Handlers know the engine's interface and the protocol's types; they know no socket.

pub mod comm;
pub mod complete;
pub mod control;
pub mod history;
pub mod inspect;
pub mod is_complete;
pub mod kernel_info;
pub mod subshell;

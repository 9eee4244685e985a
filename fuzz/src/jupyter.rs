//! Messages of front ends.

pub use soma_jupyter::zmtp::curve::ServerKeys;
pub use soma_jupyter::zmtp::{Security, frames};
pub use soma_jupyter::{offsets, wire};

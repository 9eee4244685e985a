//! Messages of front ends.

pub use soma_jupyter::zmtp::frames;
pub use soma_jupyter::{offsets, wire};

//! Messages of front ends.

#[path = "../../kernel/src/jupyter/zmtp/frames.rs"]
pub mod frames;
#[path = "../../kernel/src/jupyter/offsets.rs"]
pub mod offsets;
#[path = "../../kernel/src/jupyter/wire.rs"]
pub mod wire;

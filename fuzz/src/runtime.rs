//! Frames between the supervisor and the kernel.

#[path = "../../kernel/src/runtime/wire.rs"]
pub mod wire;

//! The parts of the kernel that read what comes from outside, for the fuzz targets in `fuzz_targets`.
//!
//! The kernel is a program, not a library, and most of it (evcxr, rust-analyzer) takes minutes to compile; so its
//! modules are included by path, those that the targets are about and no more.

#![allow(dead_code, missing_docs)]

pub mod engine;
pub mod file;
pub mod jupyter;
pub mod random;
pub mod runtime;
#[path = "../../kernel/src/session_dir.rs"]
pub mod session_dir;
pub mod toolchain;

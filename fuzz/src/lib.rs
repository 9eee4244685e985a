//! The parts of the kernel that read external input, for the fuzz targets in `fuzz_targets`.
//!
//! Those of the driver are a crate. The kernel is one, too, but it has evcxr and rust-analyzer, which take minutes to
//! compile; so the modules of it that the targets test are included by path, and no others.

#![allow(dead_code, missing_docs)]

pub mod engine;
pub mod file;
pub mod jupyter;
pub mod random;

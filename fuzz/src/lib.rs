//! The parts of the kernel that read external input, for the fuzz targets in `fuzz_targets`.
//!
//! Most of the kernel (evcxr, rust-analyzer) takes minutes to compile; so the modules that the targets test are included
//! by path, and no others.

#![allow(dead_code, missing_docs)]

#[path = "../../kernel/src/diagnostic.rs"]
pub mod diagnostic;
#[path = "../../kernel/src/dirs.rs"]
pub mod dirs;
pub mod engine;
pub mod evcxr;
#[path = "../../kernel/src/fast_paths.rs"]
pub mod fast_paths;
pub mod file;
pub mod jupyter;
pub mod random;
pub mod runtime;
#[path = "../../kernel/src/session_dir.rs"]
pub mod session_dir;
pub mod toolchain;
#[path = "../../kernel/src/variable_types.rs"]
pub mod variable_types;

//! A Jupyter kernel for Rust tensor notebooks.
//!
//! Two programs are made of it. `soma` has several roles, one for each of its commands ([`program`]). `soma-driver`
//! stands in for `cargo`, `rustc` and `rustup` under evcxr ([`driver`]); it is small because it is started for each
//! cell.

mod about;
mod analyst;
mod diagnostic;
mod dirs;
mod doctor;
pub mod driver;
mod engine;
mod evcxr;
mod fast_paths;
mod install;
mod lessons;
mod process;
pub mod program;
mod runtime;
mod session_dir;
mod shared;
mod toolchain;
mod variable_types;
mod warm;

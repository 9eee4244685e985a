//! A Jupyter kernel for Rust tensor notebooks.
//!
//! Two programs are made here. `soma` has several roles, one for each of its commands ([`program`]). `soma-driver` stands
//! in for `cargo`, `rustc` and `rustup` under evcxr; it is small because it is started for each cell, and uses nothing of
//! this crate ([`soma_driver`]).

mod about;
mod analyst;
mod context;
mod doctor;
mod engine;
mod install;
mod lessons;
pub mod program;
mod runtime;
mod warm;

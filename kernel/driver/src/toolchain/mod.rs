//! Stands between evcxr and Rust's tools.
//!
//! evcxr asks for cargo, rustc and rustup by name. Soma puts links to itself where evcxr looks ([`shim_links`]) and
//! answers ([`shim`]): most questions from a file of facts about the installed toolchain ([`toolchain_info`], found by
//! [`search`]); the build of a cell by a direct call of rustc ([`cell_build`], [`recipe`], [`linker`], [`messages`]) on the
//! text that [`crate::evcxr::program`] makes of evcxr's, behind a [`cache`], with the prebuilt libraries of [`cell_libs`]
//! and those that `:dep` adds ([`dependencies`]), for both of which [`cargo`] runs the real cargo. [`replaced_deps`] names
//! the libraries that a later `:dep` has replaced, [`loaded_libraries`] keeps those that the worker has loaded,
//! [`cell_only`] finds the variables that end with their cell, [`surroundings`] finds the files that a program reads,
//! [`warming`] leaves compiled cells for others, and [`original`] is the environment of the kernel. The names of files in
//! the session's folder are in [`session_dir`](crate::session_dir). Everything else goes to the real tool.
//!
//! Invariant: nothing here knows of Jupyter, of a running cell, or of evcxr's state. It sees folders, source text and
//! the notes ([`handoff`]) that the engine leaves beside them.

pub mod cache;
mod cargo;
pub mod cell_build;
pub mod cell_libs;
pub mod cell_only;
pub mod command_line;
pub mod dependencies;
pub mod environment_errors;
pub mod handoff;
pub mod link;
mod linker;
pub mod loaded_libraries;
pub mod messages;
pub mod original;
mod recipe;
pub mod replaced_deps;
pub mod search;
pub mod shim;
pub mod shim_links;
pub mod surroundings;
pub mod toolchain_info;
pub mod waiting;
pub mod warming;

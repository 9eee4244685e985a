//! Completions and documentation by real analysis, in a process of its own.
//!
//! rust-analyzer knows what follows a dot and what a function's documentation says, and takes hundreds of
//! megabytes to know it. So it lives in a child of the kernel, `soma analyst`, which [`client`] starts at the first
//! question, feeds one question a line and gives up on after a while; which answers while a cell runs; and
//! which ends when nobody has asked for some minutes, and with its kernel. A question carries all that the analyst
//! needs of the session ([`question`]): it keeps nothing between questions but what it has read of libraries.
//! In the child, [`server`] takes questions, [`project`] holds the crates, [`session_text`] writes the notebook
//! as one Rust file, and [`answers`] asks rust-analyzer about a place in it, whose
//! texts [`shown`] trims for a notebook.
//!
//! Invariant: nothing here runs or compiles a cell, or knows of evcxr, messages and front ends. Everything works
//! without the analyst, only less well: no caller may wait for it without a limit.

mod answers;
pub mod client;
mod project;
pub mod question;
pub mod server;
mod session_text;
mod shown;

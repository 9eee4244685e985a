//! Completions and documentation by real analysis, in a separate process.
//!
//! rust-analyzer knows what follows a dot and what a function's documentation says, and takes hundreds of megabytes for
//! that. So it lives in a child of the kernel, `soma analyst`. [`client`] starts it at the first question, or [`early`] when
//! the machine is idle, sends it one
//! question a line, and waits for each answer only for a limited time. The analyst answers while a cell runs. It ends
//! when no question has come for some minutes, and with its kernel. A question carries all that the analyst needs of
//! the session ([`question`]): between questions it keeps only what it has read of libraries. In the child, [`server`]
//! takes questions, [`project`] holds the crates that [`packages`] lets it read, [`session_text`] writes the notebook as one Rust file, and
//! [`answers`] asks rust-analyzer about a place in that file; [`shown`] trims the answers for a notebook.
//!
//! Invariant: nothing here runs or compiles a cell, or knows of evcxr, messages and front ends. Everything works
//! without the analyst, with fewer answers: no caller may wait for it without a limit.

mod answers;
pub mod client;
pub mod early;
mod memory;
mod packages;
mod project;
pub mod question;
pub mod server;
mod session_text;
mod shown;

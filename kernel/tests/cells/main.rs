//! Cells through a real kernel process: what people may write in a notebook, and what they see.
//!
//! [`notebook::Notebook`] starts `soma kernel`, speaks to it over sockets with the strict front end of the
//! protocol tests, and asserts at its end that no process is left.

mod borrows;
mod commands;
mod dependencies;
mod errors;
mod fast_paths;
mod files;
mod first_hour;
mod gradients;
mod history;
mod hostile;
mod input;
mod items;
mod macros;
mod names;
mod nesting;
mod notebook;
mod output;
mod panics;
mod questions;
mod rerun;
mod scarcity;
mod showing;
mod startup;
mod statics;
mod surroundings;
mod survival;
mod syntax;
mod threads;
mod training;
mod variables;

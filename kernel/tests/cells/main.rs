//! Cells through a real kernel process: what people may write in a notebook, and what they see.
//!
//! [`notebook::Notebook`] starts `soma kernel`, speaks to it over sockets with the strict front end of the
//! protocol tests, and asserts at its end that no process is left.

mod commands;
mod dependencies;
mod errors;
mod history;
mod hostile;
mod input;
mod items;
mod nesting;
mod notebook;
mod output;
mod panics;
mod questions;
mod scarcity;
mod surroundings;
mod survival;
#[path = "../../src/jupyter/test_frontend.rs"]
#[allow(dead_code)]
mod test_frontend;
mod variables;

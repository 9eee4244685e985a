//! Asking the user for a line of text.
//!
//! ```no_run
//! use soma_cell::{input, password};
//!
//! let name = input("Your name? ");
//! let key = password("Key: ");
//! ```
//!
//! A mark in standard output passes the question to the kernel; the answer comes on standard input.

use std::fmt;
use std::io::Write as _;

use crate::show::mark;

/// The error when no answer can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoInput;

impl fmt::Display for NoInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "there is no user to ask: this notebook runs without one (as with nbconvert). Run the cell in \
             JupyterLab or in a console, or put the value into the cell",
        )
    }
}

impl std::error::Error for NoInput {}

/// Asks for a line of text and waits for it; the line comes without its line end.
///
/// # Panics
/// When there is no user to ask, as when `nbconvert` runs a notebook; [`try_input`] returns an error instead.
#[track_caller]
pub fn input(prompt: impl fmt::Display) -> String {
    // Not in a closure: the panic's location must be the cell's call.
    match try_input(prompt) {
        Ok(line) => line,
        Err(error) => panic!("input: {error}"),
    }
}

/// Asks for a line that the front end hides while the user types.
///
/// # Panics
/// When there is no user to ask; [`try_password`] returns an error instead.
#[track_caller]
pub fn password(prompt: impl fmt::Display) -> String {
    // Not in a closure: the panic's location must be the cell's call.
    match try_password(prompt) {
        Ok(line) => line,
        Err(error) => panic!("password: {error}"),
    }
}

/// Asks for a line of text.
///
/// # Errors
/// When there is no user to ask.
pub fn try_input(prompt: impl fmt::Display) -> Result<String, NoInput> {
    ask("input", &prompt)
}

/// Asks for a line that is hidden while the user types.
///
/// # Errors
/// When there is no user to ask.
pub fn try_password(prompt: impl fmt::Display) -> Result<String, NoInput> {
    ask("password", &prompt)
}

fn ask(kind: &str, prompt: &dyn fmt::Display) -> Result<String, NoInput> {
    // An escape character would end the mark.
    mark(&format!("{kind}:{}", prompt.to_string().replace('\x1b', "")));
    let _ = std::io::stdout().flush();
    let mut line = String::new();
    match std::io::stdin().read_line(&mut line) {
        Ok(1..) => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
        // The end of the input, or input that cannot be read.
        Ok(0) | Err(_) => Err(NoInput),
    }
}

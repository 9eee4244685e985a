//! Asking the user for a line of text.
//!
//! ```no_run
//! use soma_cell::{input, password};
//!
//! let name = input("Your name? ");
//! let key = password("Key: ");
//! ```
//!
//! A mark in standard output tells the kernel what to ask; the answer comes on standard input.

use std::fmt;
use std::io::Write as _;

use crate::show::mark;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoInput;

impl fmt::Display for NoInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "there is nobody to ask: this notebook is run without a user (as by nbconvert). Run the cell in \
             JupyterLab or in a console, or put the value into the cell",
        )
    }
}

impl std::error::Error for NoInput {}

/// Asks for a line of text and waits for it; the line comes without its end.
///
/// # Panics
/// When there is nobody to ask, as when a notebook is run by `nbconvert`; [`try_input`] gives an error instead.
#[track_caller]
pub fn input(prompt: impl fmt::Display) -> String {
    // Not in a closure: the panic is to be where the cell calls this.
    match try_input(prompt) {
        Ok(line) => line,
        Err(error) => panic!("input: {error}"),
    }
}

/// Asks for a line that the front end does not show while it is typed.
///
/// # Panics
/// When there is nobody to ask; [`try_password`] gives an error instead.
#[track_caller]
pub fn password(prompt: impl fmt::Display) -> String {
    // Not in a closure: the panic is to be where the cell calls this.
    match try_password(prompt) {
        Ok(line) => line,
        Err(error) => panic!("password: {error}"),
    }
}

/// Asks for a line of text.
///
/// # Errors
/// When there is nobody to ask.
pub fn try_input(prompt: impl fmt::Display) -> Result<String, NoInput> {
    ask("input", &prompt)
}

/// Asks for a line that is not shown while it is typed.
///
/// # Errors
/// When there is nobody to ask.
pub fn try_password(prompt: impl fmt::Display) -> Result<String, NoInput> {
    ask("password", &prompt)
}

fn ask(kind: &str, prompt: &dyn fmt::Display) -> Result<String, NoInput> {
    // An escape would end the mark.
    mark(&format!("{kind}:{}", prompt.to_string().replace('\x1b', "")));
    let _ = std::io::stdout().flush();
    let mut line = String::new();
    match std::io::stdin().read_line(&mut line) {
        Ok(1..) => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
        // The end of the input, or nothing that could be read.
        Ok(0) | Err(_) => Err(NoInput),
    }
}

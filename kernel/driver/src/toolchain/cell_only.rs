//! Variables of a cell that no later cell can use, according to rustc: those that borrow from another variable, and
//! those that may have no value at the cell's end.
//!
//! Such a cell is a valid program. It fails only because evcxr keeps every variable; so it is compiled again without
//! keeping these, and the engine explains why they are gone.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::diagnostic::{CompilerOutput, Diagnostic, DiagnosticExt, DiagnosticSpan};
use crate::dirs;
use crate::evcxr::program::{Program, Unkept};
use crate::session_dir::SOURCE;

/// The file in the session's folder that tells the engine of these variables.
const FILE: &str = "cell-only.json";

/// The variables of a cell that end with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CellOnly {
    /// By name.
    pub variables: BTreeMap<String, Unkept>,
}

/// rustc's error codes for values that do not live long enough, or are used while borrowed.
const BORROWS: [&str; 12] =
    ["E0310", "E0373", "E0499", "E0502", "E0503", "E0505", "E0506", "E0515", "E0521", "E0597", "E0713", "E0716"];

/// rustc's error code for the use of a variable without a value.
const UNASSIGNED: &str = "E0381";

impl CellOnly {
    /// The cell with only this one of a program's variables kept.
    pub fn all_but(&self, kept: &str, program: &Program) -> CellOnly {
        let mut variables = self.variables.clone();
        let others = program.kept().filter(|name| *name != kept);
        variables.extend(others.map(|name| (name.to_owned(), Unkept::Borrows)));
        CellOnly { variables }
    }

    /// Adds this variable.
    pub fn add(&mut self, name: &str) {
        self.variables.insert(name.to_owned(), Unkept::Borrows);
    }

    /// Makes the variables that borrow end before the others are kept. Returns whether this changes anything.
    pub fn end_early(&mut self) -> bool {
        let borrows = self.variables.values_mut().filter(|why| **why == Unkept::Borrows);
        borrows.map(|why| *why = Unkept::Guards).count() > 0
    }

    /// Whether all of rustc's errors are about values that do not live long enough. If a borrow goes through a closure,
    /// an error does not name the variable.
    pub fn may_explain(said: &CompilerOutput) -> bool {
        let mut errors = said.errors().peekable();
        errors.peek().is_some() && errors.all(|error| BORROWS.contains(&error.code()))
    }

    /// Adds the variables that rustc's errors name. Returns whether there are new ones.
    pub fn learn(&mut self, said: &CompilerOutput, program: &Program) -> bool {
        let before = self.variables.len();
        for error in said.errors() {
            if error.code() == UNASSIGNED {
                let spans = spans(error).filter(|span| span.is_primary);
                let names = spans.filter_map(|span| program.kept_at(span.line_start));
                self.variables.extend(names.map(|name| (name.to_owned(), Unkept::Unassigned)));
            } else if BORROWS.contains(&error.code()) || error.message.contains("lifetime may not live long") {
                // A variable that is kept needs what it borrows to be `'static`, or to be still valid at the cell's
                // end.
                let asks = |text: &str| {
                    ["'static", "later used here", "used here, in later"].iter().any(|sign| text.contains(sign))
                };
                let places = std::iter::once(error).chain(&error.children);
                let places = places.flat_map(|said| spans(said).map(|span| (&*said.message, span)));
                let asking = places.filter(|(message, span)| asks(message) || span.label.as_deref().is_some_and(asks));
                let names = asking.filter_map(|(_, span)| program.kept_at(span.line_start));
                self.variables.extend(names.map(|name| (name.to_owned(), Unkept::Borrows)));
            }
        }
        self.variables.len() > before
    }

    /// The variables of the cell that was compiled last.
    pub fn read(session: &Path) -> CellOnly {
        let bytes = std::fs::read(session.join(FILE));
        bytes.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Writes them for the engine.
    ///
    /// # Errors
    /// When the session's folder cannot be written to.
    pub fn write(&self, session: &Path) -> io::Result<()> {
        let file = session.join(FILE);
        match self.variables.is_empty() {
            true => std::fs::remove_file(file).or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            }),
            false => dirs::write_atomically(&file, &serde_json::to_vec(self)?),
        }
    }
}

/// The largest number of variables that are tested one by one.
const MOST_PROBED: usize = 12;

/// The variables that do not live long enough even when each is the only one that is kept; none if something else must
/// be wrong.
///
/// # Errors
/// The error of `is_too_short`.
pub fn culprits<E>(names: Vec<String>, is_too_short: impl Fn(&str) -> Result<bool, E>) -> Result<Vec<String>, E> {
    if names.len() > MOST_PROBED {
        return Ok(Vec::new());
    }
    let mut culprits = Vec::new();
    for name in &names {
        if is_too_short(name)? {
            culprits.push(name.clone());
        }
    }
    Ok(if names.len() > 1 && culprits.len() == names.len() { Vec::new() } else { culprits })
}

/// The spans of a diagnostic that are in the program.
fn spans(said: &Diagnostic) -> impl Iterator<Item = &DiagnosticSpan> {
    said.spans.iter().filter(|span| span.file_name == SOURCE)
}

//! Variables that a cell defines and no later cell can have, as rustc tells: those that borrow from another variable, and
//! those that may have no value at the cell's end.
//!
//! Such a cell is as good as any program. It fails only because evcxr keeps every variable; so it is compiled again
//! without keeping these, and the engine says what became of them.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::dirs;
use super::program::{Program, Unkept};
use crate::session_dir::SOURCE;

/// The file that tells the engine of them, in the session's folder.
const FILE: &str = "cell-only.json";

/// The variables of a cell that end with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CellOnly {
    /// By name.
    pub variables: BTreeMap<String, Unkept>,
}

/// What rustc calls errors about what lives too short, or is used while it is borrowed.
const BORROWS: [&str; 12] =
    ["E0310", "E0373", "E0499", "E0502", "E0503", "E0505", "E0506", "E0515", "E0521", "E0597", "E0713", "E0716"];

/// What rustc calls the use of a variable without a value.
const UNASSIGNED: &str = "E0381";

impl CellOnly {
    /// With only this variable kept of those that a program keeps.
    pub fn all_but(&self, kept: &str, program: &Program) -> CellOnly {
        let mut variables = self.variables.clone();
        let others = program.kept().filter(|name| *name != kept);
        variables.extend(others.map(|name| (name.to_owned(), Unkept::Borrows)));
        CellOnly { variables }
    }

    /// With this variable among them.
    pub fn add(&mut self, name: &str) {
        self.variables.insert(name.to_owned(), Unkept::Borrows);
    }

    /// Lets those that borrow end before the others are kept; whether that is something new.
    pub fn end_early(&mut self) -> bool {
        let borrows = self.variables.values_mut().filter(|why| **why == Unkept::Borrows);
        borrows.map(|why| *why = Unkept::Guards).count() > 0
    }

    /// Whether all that rustc says against a program is about what lives too short. Where a borrow goes through a closure,
    /// it does not say at which variable.
    pub fn may_explain(diagnostics: &str) -> bool {
        let messages = diagnostics.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut errors = messages.filter(|message| {
            message["level"] == "error" && message["spans"].as_array().is_some_and(|spans| !spans.is_empty())
        });
        let is_borrow = |error: &Value| error["code"]["code"].as_str().is_some_and(|code| BORROWS.contains(&code));
        errors.next().is_some_and(|first| is_borrow(&first) && errors.all(|error| is_borrow(&error)))
    }

    /// Finds more of them in what rustc says of a program; whether there are any.
    pub fn learn(&mut self, diagnostics: &str, program: &Program) -> bool {
        let before = self.variables.len();
        for line in diagnostics.lines().filter(|line| line.contains("\"level\":\"error\"")) {
            let Ok(diagnostic) = serde_json::from_str::<Value>(line) else { continue };
            let code = diagnostic["code"]["code"].as_str();
            let message = diagnostic["message"].as_str().unwrap_or_default();
            if code == Some(UNASSIGNED) {
                let spans = spans(&diagnostic).filter(|(_, _, is_primary)| *is_primary);
                let names = spans.filter_map(|(line, ..)| program.kept_at(line));
                self.variables.extend(names.map(|name| (name.to_owned(), Unkept::Unassigned)));
            } else if code.is_some_and(|code| BORROWS.contains(&code)) || message.contains("lifetime may not live long")
            {
                // Where a variable is kept, what it borrows has to live for ever, or to be there still.
                let children = diagnostic["children"].as_array().into_iter().flatten();
                let notes = children.flat_map(|child| {
                    let says = child["message"].as_str().unwrap_or_default();
                    spans(child).map(move |(line, label, _)| (line, format!("{says} {label}")))
                });
                let labels = spans(&diagnostic).map(|(line, label, _)| (line, format!("{message} {label}")));
                let asks = |text: &str| {
                    ["'static", "later used here", "used here, in later"].iter().any(|sign| text.contains(sign))
                };
                let names = labels.chain(notes).filter(|(_, text)| asks(text));
                let names = names.filter_map(|(line, _)| program.kept_at(line));
                self.variables.extend(names.map(|name| (name.to_owned(), Unkept::Borrows)));
            }
        }
        self.variables.len() > before
    }

    /// Those of the cell that was compiled last.
    pub fn read(session: &Path) -> CellOnly {
        let bytes = std::fs::read(session.join(FILE));
        bytes.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Leaves them for the engine.
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

/// How many variables are looked at one by one.
const MOST_PROBED: usize = 12;

/// Those of these variables that are too short-lived when each is the only one that is kept; none where something else
/// must be wrong.
///
/// # Errors
/// What asking gives.
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

/// The first line, the label and the rank of each span in the program.
fn spans(message: &Value) -> impl Iterator<Item = (usize, &str, bool)> {
    let spans = message["spans"].as_array().into_iter().flatten();
    spans.filter(|span| span["file_name"] == SOURCE).filter_map(|span| {
        let line = span["line_start"].as_u64()? as usize;
        Some((line, span["label"].as_str().unwrap_or_default(), span["is_primary"] == true))
    })
}

//! Finds the parts of the text that evcxr writes for a cell, by landmarks.

use std::fmt;

use super::{Line, Origin};

/// evcxr's text, in parts.
pub struct Layout<'a> {
    /// The first line: crate-level lint attributes.
    pub header: &'a str,
    /// The items that evcxr repeats in every cell: crate-level attributes, `extern crate`.
    pub items: Vec<Line>,
    /// The error type for `?`, in sessions that use it.
    pub error_type: Vec<Line>,
    /// The function that runs the cell, from its signature to its closing brace.
    pub entry: Vec<Line>,
}

/// The error when evcxr's text does not have the shape that this module expects.
#[derive(Debug, PartialEq)]
pub struct ChangedShape {
    /// The landmark that was not found.
    pub landmark: &'static str,
}

impl fmt::Display for ChangedShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "evcxr writes its cells differently from version 0.22.0 ({} not found): \
             `kernel/driver/src/evcxr/program/layout.rs` must follow it",
            self.landmark
        )
    }
}

impl std::error::Error for ChangedShape {}

const HEADER: &str = "#![allow(unused_imports, unused_mut, dead_code)]";
const ERROR_TYPE: &str = "            struct EvcxrUserCodeError {}";
const RUNTIME: &str = "mod evcxr_internal_runtime {";
const ENTRY_ATTRIBUTE: &str = "#[unsafe(no_mangle)]";
const ENTRY: &str = "pub extern \"C\" fn run_user_code_";

/// The line where the function that runs the cell begins. It is the first that looks like it: the user's code comes
/// after it, and a string of several lines can contain anything.
pub fn entry(lines: &[&str]) -> Option<usize> {
    (1..lines.len()).find(|&at| lines[at].starts_with(ENTRY) && lines[at - 1] == ENTRY_ATTRIBUTE)
}

impl<'a> Layout<'a> {
    /// Finds the parts.
    ///
    /// # Errors
    /// Names the landmark that is missing.
    pub fn read(source: &'a str) -> Result<Layout<'a>, ChangedShape> {
        let missing = |landmark| ChangedShape { landmark };
        let all: Vec<&str> = source.lines().collect();
        let line = |at: usize| Line { text: all[at].to_owned(), origin: Origin::Evcxr(at + 1) };
        let header = *all.first().filter(|first| **first == HEADER).ok_or(missing(HEADER))?;
        let entry = entry(&all).ok_or(missing(ENTRY))?;
        let attribute = entry - 1;
        let before = |end: usize, landmark: &str| all[..end].iter().rposition(|text| *text == landmark);
        let uses_store = all.get(entry + 1).is_some_and(|next| next.contains("evcxr_internal_runtime::VariableStore"));
        let runtime = if uses_store { before(attribute, RUNTIME).ok_or(missing(RUNTIME))? } else { attribute };
        // The error type is the last part before the runtime; one from an earlier version of the session does not
        // remain, since evcxr writes it again for each cell.
        let error_type = before(runtime, ERROR_TYPE).unwrap_or(runtime);
        Ok(Layout {
            header,
            items: (1..error_type).map(line).collect(),
            error_type: (error_type..runtime).map(line).collect(),
            entry: (entry..all.len()).map(line).collect(),
        })
    }
}

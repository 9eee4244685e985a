//! The messages between kernel and analyst: one JSON object a line.

use serde::{Deserialize, Serialize};
use soma_driver::variable_types::Types;

/// What a cell may use from the session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// The texts of its items, the newest version of each.
    pub items: Vec<String>,
    /// Its variables with their types.
    pub variables: Types,
}

/// The kind of a question about a place in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted {
    /// What could be typed there.
    Completions,
    /// Signature and documentation of the item there.
    Documentation,
}

/// A question about a place in a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// Its number, which is repeated in the reply.
    pub id: u64,
    /// Its kind.
    pub wanted: Wanted,
    /// The cell as typed, with blanks in place of commands.
    pub code: String,
    /// The place, in bytes of the cell; on a character boundary.
    pub cursor: usize,
    /// What the cell may use.
    pub known: Known,
}

/// The reply to a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The question's.
    pub id: u64,
    /// `None` if a newer question has replaced this one.
    pub answer: Option<Answer>,
}

/// The result of analysis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// What could be typed, best first, in place of a range of bytes of the cell.
    Completions {
        /// The candidates, best first.
        candidates: Vec<Candidate>,
        /// Where the replaced text starts.
        start: usize,
        /// Where it ends.
        end: usize,
    },
    /// Signature and documentation.
    Documentation {
        /// For a terminal.
        plain: String,
        /// With headings, links and code.
        markdown: String,
    },
    /// No result.
    Nothing,
}

/// A completion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The text that it inserts.
    pub text: String,
    /// Its kind, in the words that front ends have icons for: `function`, `instance`, `class`, …
    pub kind: String,
    /// Its type or signature.
    pub signature: String,
}

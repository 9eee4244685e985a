//! From the source that evcxr writes for a cell to the source that rustc is given.
//!
//! evcxr's text changes from run to run (it walks hash maps) and grows with the session: every variable, a copy
//! of its runtime module. [`Program::read`] takes it apart ([`layout`]), drops the variables that the cell does
//! not mention ([`entry`]), takes the cell's items out from among its statements ([`hidden`]), adds those of earlier
//! cells that it can reach (the engine has chosen them: `engine::items`), puts all in a fixed order and points it
//! at the precompiled `soma_cell`. What comes out is the same text for the same program, so it serves as its
//! own cache key, and small, so it compiles fast.
//!
//! Every line remembers where it came from: diagnostics are handed back in evcxr's numbers, or in those of the
//! earlier cell.
//!
//! This is text surgery on another crate's private output: `layout` checks each landmark, and a test
//! compiles evcxr's present output so that a changed shape is noticed.

mod analysis;
mod entry;
mod held;
mod hidden;
mod layout;
mod show;
mod variables;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::notes::{CellItems, EarlierItem};

pub use entry::ENTRY_SYMBOL;
pub use hidden::{END, ITEM, NOTHING_TO_INFER, VALUE};
pub use layout::ChangedShape;
pub use variables::{placeholder, restoring};
pub use words::words;

/// What the session knows of its variables: their types as Rust code, or `None` for a variable whose type
/// cannot be written down (a closure): it lived in its own cell only.
pub type Types = BTreeMap<String, Option<String>>;

/// What a program depends on besides evcxr's text.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    /// Every name that the cell's statements can mean.
    pub words: &'a BTreeSet<String>,
    /// The types of the variables among them.
    pub types: &'a Types,
    /// The variables whose types are from libraries that others have replaced.
    pub kept: &'a BTreeSet<String>,
    /// What the cell defines, and what it needs of earlier cells.
    pub items: &'a CellItems,
    /// The fingerprints of definitions that may differ from cell to cell: by the path that `type_name` prints, which
    /// ends in `::` when it stands for all below it.
    pub definitions: &'a BTreeMap<String, String>,
    /// A dylib whose crates are to be taken from it: rustc must see it named.
    pub linked: Option<&'a str>,
}

/// Where a line of the program came from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Origin {
    /// Soma has added it.
    Generated,
    /// The line of evcxr's text, from 1.
    Evcxr(usize),
    /// A line, from 1, of an earlier cell, and the characters that stand before it there.
    Earlier {
        /// The cell's place in the session.
        cell: usize,
        /// The line.
        line: usize,
        /// How many characters stand before.
        indent: usize,
    },
}

/// A line of the program.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    text: String,
    origin: Origin,
}

impl Line {
    fn new(text: impl Into<String>) -> Line {
        Line { text: text.into(), origin: Origin::Generated }
    }
}

/// A cell ready for rustc.
#[derive(Debug, PartialEq)]
pub struct Program {
    lines: Vec<Line>,
    /// The line of evcxr's text with a `?` in a program that has no error type for it yet: evcxr makes one when
    /// it is told that it is needed.
    pub question_mark: Option<usize>,
    /// Whether compiling it reads files or variables of the environment, so that the text does not decide what
    /// comes out.
    pub reads_surroundings: bool,
}

impl Program {
    /// Takes evcxr's text apart and puts the program together for a session.
    ///
    /// # Errors
    /// When the text does not have the shape that evcxr 0.22 gives it.
    pub fn read(source: &str, session: &Session) -> Result<Program, ChangedShape> {
        if analysis::is_one(source) {
            let lines = analysis::rewrite(source, session);
            return Ok(Program { lines, question_mark: None, reads_surroundings: true });
        }
        let layout = layout::Layout::read(source)?;
        let (statements, own) = hidden::take(layout.entry, session.items);
        let question_mark = if layout.error_type.is_empty() { entry::question_mark(&statements) } else { None };
        let held = held::Held::read(layout.items);
        let mut lines = vec![Line { text: layout.header.to_owned(), origin: Origin::Evcxr(1) }];
        lines.extend(held.attributes);
        lines.push(Line::new("use ::soma_cell::store as evcxr_internal_runtime;"));
        lines.push(Line::new(show::import(&session.items.show)));
        lines.extend(session.linked.map(|name| Line::new(format!("use ::{name} as _;"))));
        lines.extend(items(own, session.items));
        lines.extend(held.items);
        lines.extend(layout.error_type.iter().map(entry::question_mark_line));
        lines.extend(entry::Entry::rewrite(&statements, session)?.lines(session.definitions));
        let reads_surroundings = lines.iter().any(|line| reads_surroundings(&line.text));
        Ok(Program { lines, question_mark, reads_surroundings })
    }

    /// The text for rustc.
    pub fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [&*line.text, "\n"]).collect()
    }

    /// Where a line of this program (from 1) came from.
    pub fn origin(&self, line: usize) -> Origin {
        line.checked_sub(1).and_then(|at| self.lines.get(at)).map_or(Origin::Generated, |line| line.origin)
    }
}

/// The items of a program. Macros first: they must stand before their calls. Then by text, so that it makes no
/// difference in which order a notebook has defined them.
fn items(own: Vec<Vec<Line>>, items: &CellItems) -> impl Iterator<Item = Line> {
    let own = own.into_iter().zip(items.own.iter()).map(|(lines, item)| (!item.is_macro, item.text.as_str(), lines));
    let earlier = items.earlier.iter().map(|item| (!item.is_macro, item.text.as_str(), earlier_lines(item)));
    let mut all: Vec<_> = own.chain(earlier).collect();
    all.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    all.into_iter().flat_map(|(_, _, lines)| lines)
}

fn earlier_lines(item: &EarlierItem) -> Vec<Line> {
    let lines = item.text.lines().enumerate();
    let line = |(at, text): (usize, &str)| Line {
        text: text.to_owned(),
        origin: Origin::Earlier {
            cell: item.cell,
            line: item.line + at,
            indent: if at == 0 { item.column - 1 } else { 0 },
        },
    };
    lines.map(line).collect()
}

/// The macros that bring in what is outside the text.
static SURROUNDINGS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(include|include_str|include_bytes|env|option_env)\s*!").expect("the pattern is a literal")
});

fn reads_surroundings(line: &str) -> bool {
    // Looked for first, since few lines have one: a pattern takes its time to be made.
    (line.contains("include") || line.contains("env")) && SURROUNDINGS.is_match(line)
}

#[cfg(test)]
mod tests;

//! Turns the source that evcxr writes for a cell into the source that rustc gets.
//!
//! evcxr's text changes from run to run (it iterates over hash maps) and grows with the session: every variable, a copy
//! of its runtime module. [`Program::read`] takes it apart ([`layout`]), drops the variables that the cell does not
//! mention ([`entry`]), takes the cell's items out from among its statements ([`markers`]), adds those of earlier cells
//! that it can reach (chosen by `engine::items`), puts everything into a fixed order, and makes it use the precompiled
//! `soma_cell`. The result is the same text for the same program, so it serves as its own cache key; and it is short,
//! so it compiles fast.
//!
//! Every line remembers its origin: diagnostics are returned with evcxr's line numbers, or those of the earlier cell.
//!
//! This edits the private output of another crate: `layout` checks each landmark, and tests compile evcxr's current
//! output, so that a changed shape is noticed.

mod analysis;
mod cell_items;
mod entry;
mod functions;
mod layout;
mod markers;
mod repeated;
mod show;
mod variables;
mod versions;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::variable_types::Types;

pub use cell_items::{CellItems, Definition, EarlierItem, Format, OwnItem, Splice};
pub use entry::ENTRY_SYMBOL;
pub use functions::{function_type, names_functions, with_function_names};
pub use layout::ChangedShape;
pub use markers::{DECLARED, END, ITEM, NOTHING_TO_INFER, SHOW_METHOD, STATEMENT, VALUE};
pub use show::{Show, first as first_show};
pub use variables::placeholder;
pub use versions::Versions;
pub use words::words;

/// What a program depends on besides evcxr's text.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    /// Every name that the cell's statements may refer to.
    pub words: &'a BTreeSet<String>,
    /// The variables that the cell defines and that cannot be kept.
    pub cell_only: &'a BTreeMap<String, Unkept>,
    /// The types of the variables among them.
    pub types: &'a Types,
    /// The variables whose types are from libraries that were replaced.
    pub kept: &'a BTreeSet<String>,
    /// The items that the cell defines, and those that it needs of earlier cells.
    pub items: &'a CellItems,
    /// The fingerprints of definitions that may differ between cells, by the path that `type_name` prints; a path that
    /// ends in `::` stands for everything below it.
    pub definitions: &'a BTreeMap<String, String>,
    /// How often types were redefined.
    pub versions: &'a Versions,
    /// How the cell's value is shown.
    pub show: Show,
    /// A dylib from which crates are taken: rustc must see its name in the text.
    pub linked: Option<&'a str>,
}

/// Why a variable cannot be kept for later cells.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Unkept {
    /// It borrows from another variable.
    Borrows,
    /// It borrows, and has a destructor that uses the borrow: it must be dropped before the other variable is kept.
    Guards,
    /// It may have no value at the cell's end.
    Unassigned,
}

/// The origin of a line of the program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Origin {
    /// Soma has added it.
    Generated,
    /// The line of evcxr's text, from 1.
    Evcxr(usize),
    /// A line, from 1, of an earlier cell, and the number of characters before the text in it.
    Earlier {
        /// The position of the cell in the session.
        cell: usize,
        /// The line.
        line: usize,
        /// The number of characters before the text.
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
    /// The line of evcxr's text with a `?`, in a program that has no error type for it yet: evcxr adds one when it gets
    /// the error for that.
    pub question_mark: Option<usize>,
    /// Whether compiling it reads files or environment variables, so that the text alone does not decide the result.
    pub reads_surroundings: bool,
    /// Whether it uses unstable features, which rustc has to be told.
    pub is_unstable: bool,
}

/// The beginning of the symbols under which libraries share their statics.
pub const STATICS: &str = "soma_static_";

/// The symbol that marks a library whose statics the libraries of later cells share.
pub const SHARES_SYMBOL: &str = "soma_cell_shares";

impl Program {
    /// Takes evcxr's text apart and builds the program for a session.
    ///
    /// # Errors
    /// When the text does not have the shape of evcxr 0.22.
    pub fn read(source: &str, session: &Session) -> Result<Program, ChangedShape> {
        if analysis::is_one(source) {
            let lines = analysis::rewrite(source, session);
            return Ok(Program { lines, question_mark: None, reads_surroundings: true, is_unstable: false });
        }
        let layout = layout::Layout::read(source)?;
        let (statements, own) = markers::take(layout.entry, session.items, session.show);
        let question_mark = if layout.error_type.is_empty() { entry::question_mark(&statements) } else { None };
        let held = repeated::Repeated::read(layout.items);
        let mut lines = vec![Line { text: layout.header.to_owned(), origin: Origin::Evcxr(1) }];
        lines.extend(held.attributes);
        let again = session.versions.lines(session.items);
        let is_unstable = !again.is_empty();
        lines.extend(again.into_iter().map(Line::new));
        lines.push(Line::new("use ::soma_cell::store as evcxr_internal_runtime;"));
        if session.show == Show::Borrowed {
            lines.push(Line::new(show::import(&session.items.show)));
        }
        lines.extend(session.linked.map(|name| Line::new(format!("use ::{name} as _;"))));
        lines.extend(items(own, session.items, session.versions));
        lines.extend(held.items);
        lines.extend(layout.error_type.iter().map(entry::question_mark_line));
        lines.extend(entry::Entry::rewrite(&statements, session)?.lines(session.definitions));
        if lines.iter().any(|line| is_first_with_a_static(&line.text)) {
            lines.push(Line::new(format!("#[unsafe(no_mangle)] pub static {SHARES_SYMBOL}: u8 = 1;")));
        }
        let reads_surroundings = lines.iter().any(|line| reads_surroundings(&line.text));
        Ok(Program { lines, question_mark, reads_surroundings, is_unstable })
    }

    /// The text for rustc.
    pub fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [&*line.text, "\n"]).collect()
    }

    /// The variables that this program keeps for later cells.
    pub fn kept(&self) -> impl Iterator<Item = &str> {
        (1..=self.lines.len()).filter_map(|line| self.kept_at(line))
    }

    /// The variable that a line of this program (from 1) keeps for later cells.
    pub fn kept_at(&self, line: usize) -> Option<&str> {
        let text = &self.lines.get(line.checked_sub(1)?)?.text;
        let variable = variables::VariableLine::read(text).filter(|line| line.does == variables::Does::Put)?;
        Some(variable.name.trim_start_matches("r#"))
    }

    /// The origin of a line of this program (from 1).
    pub fn origin(&self, line: usize) -> Origin {
        line.checked_sub(1).and_then(|at| self.lines.get(at)).map_or(Origin::Generated, |line| line.origin)
    }
}

/// The items of a program. Macros come first, since they must stand before their calls. The rest is sorted by text, so
/// that the order in which a notebook defines items makes no difference.
fn items(own: Vec<Vec<Line>>, items: &CellItems, versions: &Versions) -> impl Iterator<Item = Line> {
    let own = own
        .into_iter()
        .zip(items.own.iter())
        .map(|(lines, item)| (!item.is_macro, item.text.as_str(), versions.newest(lines, item.defines.as_deref())));
    let earlier = items.earlier.iter().map(|item| {
        (!item.is_macro, item.text.as_str(), versions.newest(earlier_lines(item), item.defines.as_deref()))
    });
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
    markers::splice(lines.map(line).collect(), &item.text, 0, &item.splices)
}

/// Whether a line exports a static under the name by which later libraries find it.
pub fn is_first_with_a_static(line: &str) -> bool {
    line.contains(&format!("#[unsafe(export_name = \"{STATICS}"))
}

/// The macros that read files and environment variables.
static SURROUNDINGS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(include|include_str|include_bytes|env|option_env)\s*!").expect("the pattern is a literal")
});

fn reads_surroundings(line: &str) -> bool {
    // A quick check first, since few lines match and compiling the pattern takes time.
    (line.contains("include") || line.contains("env")) && SURROUNDINGS.is_match(line)
}

#[cfg(test)]
mod tests;

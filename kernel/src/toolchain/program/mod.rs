//! From the source that evcxr writes for a cell to the source that rustc is given.
//!
//! evcxr's text changes from run to run (it walks hash maps) and grows with the session: every item, every
//! variable, a copy of its runtime module. [`Program::read`] takes it apart ([`layout`]), drops the items the
//! cell cannot reach ([`items`]) and the variables it does not mention ([`entry`]), puts the rest in a fixed
//! order and points it at the precompiled `soma_cell`. What comes out is the same text for the same
//! program, so it serves as its own cache key, and small, so it compiles fast.
//!
//! Every line remembers the line of evcxr's text it came from: diagnostics are handed back in evcxr's numbers.
//!
//! This is text surgery on another crate's private output: `layout` checks each landmark, and a test
//! compiles evcxr's present output so that a changed shape is noticed.

mod analysis;
mod entry;
mod items;
mod layout;
mod words;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ra_ap_syntax::ast;
use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxKind};
use regex::Regex;

use super::notes::OwnItems;

pub use entry::ENTRY_SYMBOL;
pub use layout::ChangedShape;

/// What the session knows of its variables: their types as Rust code, or `None` for a variable whose type
/// cannot be written down (a closure): it lived in its own cell only.
pub type Types = BTreeMap<String, Option<String>>;

/// What a program depends on besides evcxr's text.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    /// The variables' types.
    pub types: &'a Types,
    /// The implementations of all cells, the newest last.
    pub implementations: &'a [String],
    /// What the cell itself defines.
    pub own: &'a OwnItems,
    /// Crates whose content may differ from cell to cell, with a fingerprint.
    pub changing: &'a [(String, String)],
    /// A dylib whose crates are to be taken from it: rustc must see it named.
    pub linked: Option<&'a str>,
}

/// A line of the program and the line of evcxr's text it stands for (from 1; 0 for none).
#[derive(Clone, Debug, PartialEq)]
struct Line {
    text: String,
    origin: usize,
}

impl Line {
    fn new(text: impl Into<String>) -> Line {
        Line { text: text.into(), origin: 0 }
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
    /// Whether the program has loops of its own, which optimisation pays for.
    pub has_loops: bool,
}

impl Program {
    /// Takes evcxr's text apart and puts the program together for a session.
    ///
    /// # Errors
    /// When the text does not have the shape that evcxr 0.22 gives it.
    pub fn read(source: &str, session: &Session) -> Result<Program, ChangedShape> {
        let types = session.types;
        if analysis::is_one(source) {
            let lines = analysis::rewrite(source, types);
            return Ok(Program { lines, question_mark: None, reads_surroundings: true, has_loops: false });
        }
        let layout = layout::Layout::read(source)?;
        let question_mark = if layout.error_type.is_empty() { entry::question_mark(&layout.entry) } else { None };
        let entry = entry::Entry::rewrite(&layout, types);
        let kept = items::Items::reachable(&layout.items, &entry.words, session);
        let mut lines = Vec::new();
        lines.push(Line { text: layout.header.to_owned(), origin: 1 });
        lines.extend(kept.attributes);
        lines.push(Line::new("use ::soma_cell::store as evcxr_internal_runtime;"));
        lines.push(Line::new("use ::soma_cell::show::{DebugFallback as _, Mark as _};"));
        lines.extend(session.linked.map(|name| Line::new(format!("use ::{name} as _;"))));
        lines.extend(kept.lines);
        lines.extend(layout.error_type.iter().map(entry::question_mark_line));
        let mut definitions = kept.definitions;
        definitions.extend(session.changing.iter().map(|(name, print)| (format!("{name}::"), print.clone())));
        lines.extend(entry.lines(&definitions));
        let text: String = lines.iter().flat_map(|line| [&*line.text, "\n"]).collect();
        let has_loops = has_loops(&text);
        let reads_surroundings = lines.iter().any(|line| SURROUNDINGS.is_match(&line.text));
        Ok(Program { lines, question_mark, reads_surroundings, has_loops })
    }

    /// The text for rustc.
    pub fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [&*line.text, "\n"]).collect()
    }

    /// The line of evcxr's text that a line of this program (from 1) came from, if any.
    pub fn origin(&self, line: usize) -> Option<usize> {
        let origin = self.lines.get(line.checked_sub(1)?)?.origin;
        (origin > 0).then_some(origin)
    }
}

/// The macros that bring in what is outside the text.
static SURROUNDINGS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(include|include_str|include_bytes|env|option_env)\s*!").expect("the pattern is a literal")
});

/// Whether a program has loops, or calls what loops over its own code.
fn has_loops(text: &str) -> bool {
    let parsed = SourceFile::parse(text, Edition::Edition2024);
    parsed.syntax_node().descendants().any(|node| match node.kind() {
        SyntaxKind::FOR_EXPR | SyntaxKind::WHILE_EXPR | SyntaxKind::LOOP_EXPR => true,
        SyntaxKind::METHOD_CALL_EXPR => {
            let name = ast::MethodCallExpr::cast(node).and_then(|call| call.name_ref());
            name.is_some_and(|name| ITERATIONS.contains(&name.text()))
        }
        _ => false,
    })
}

/// Methods that run a closure many times or begin to go through something.
const ITERATIONS: [&str; 10] =
    ["iter", "into_iter", "iter_mut", "chars", "bytes", "lines", "fold", "map", "for_each", "filter"];

#[cfg(test)]
mod tests;

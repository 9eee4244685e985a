//! Translates cells that are written as in Python into Rust.
//!
//! A cell is read as trees of brackets, from its statements down to single names. Code that is Rust already stays
//! unchanged, byte by byte; so the whole cell can be read, and only changes become lessons. Only code that the compiler
//! complains about is read this way: some Python forms are valid Rust with another meaning.

mod assignments;
mod autograd;
mod blocks;
mod builtins;
mod calls;
mod commands;
mod datasets;
mod expressions;
mod functional;
mod functions;
mod gradients;
mod indices;
mod layers;
mod methods;
mod models;
mod modes;
mod modules;
mod names;
mod operators;
mod statements;
mod text;
mod training;

use std::cell::{Cell, RefCell};
use std::ops::Range;

use super::lesson::{Lesson, Sentence};
use super::scope::{Meaning, Scope};
use super::tokens::{self, Tree};

/// The code that the compiler complains about.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The cell does not parse, so anything may be wrong.
    Everywhere,
    /// These places of the cell.
    At(Vec<Place>),
}

/// A place that the compiler complains about.
#[derive(Clone, Debug)]
pub struct Place {
    pub at: Range<usize>,
    /// Whether the message says that this is about a tensor.
    pub of_a_tensor: bool,
}

impl Fault {
    fn touches(&self, range: &Range<usize>) -> bool {
        match self {
            Fault::Everywhere => true,
            Fault::At(places) => places.iter().any(|place| place.touches(range)),
        }
    }
}

impl Place {
    fn touches(&self, range: &Range<usize>) -> bool {
        self.at.start < range.end && range.start < self.at.end.max(self.at.start + 1)
    }
}

/// Reads a cell's code.
pub fn lessons(code: &str, scope: &Scope, fault: &Fault) -> Vec<Lesson> {
    let trees = if looks_like_python(code) { tokens::trees_of_python(code) } else { tokens::trees(code) };
    let mut scope = scope.clone();
    statements::learn(&trees, &mut scope);
    let reader = Reader {
        code,
        scope: RefCell::new(scope),
        fault,
        said: RefCell::default(),
        is_unsure: Cell::new(false),
        has_imported: Cell::new(false),
        records: Cell::new(true),
        lends: Cell::new(0),
        edge: Cell::new(0),
        decoration: Cell::new(None),
    };
    reader.cell(&trees)
}

/// Whether nothing in a cell is specific to Rust: then it has no comments with `//`, and numbers divide as in Python.
pub fn looks_like_python(code: &str) -> bool {
    const RUSTS: [&str; 9] = [";", "{\n", "let ", "fn ", "!(", "![", "::", "=>", "&&"];
    !RUSTS.iter().any(|sign| code.contains(sign)) || code.lines().any(|line| line.trim_start().starts_with("def "))
}

/// A text with embedded values, as the arguments of `println!`: `"n = " + n`, `f"{n}"`, `"n = {}" % n`.
pub fn as_format(code: &str, scope: &Scope) -> Option<String> {
    let reader = Reader {
        code,
        scope: RefCell::new(scope.clone()),
        fault: &Fault::Everywhere,
        said: RefCell::default(),
        is_unsure: Cell::new(false),
        has_imported: Cell::new(false),
        records: Cell::new(true),
        lends: Cell::new(0),
        edge: Cell::new(0),
        decoration: Cell::new(None),
    };
    let trees = tokens::trees_of_python(code);
    let format = reader.added_text(&trees).or_else(|| reader.formatted(&trees))?;
    (!reader.is_unsure.get()).then(|| format.in_macro())
}

/// Reads one cell.
struct Reader<'a> {
    code: &'a str,
    scope: RefCell<Scope>,
    fault: &'a Fault,
    /// The sentences about the current statement, the most general last.
    said: RefCell<Vec<Sentence>>,
    /// Whether something in it has no certain form in Rust.
    is_unsure: Cell<bool>,
    /// Whether the cell already imports the tensor library.
    has_imported: Cell<bool>,
    /// Whether gradients are recorded in the code that is being read.
    records: Cell<bool>,
    /// How many loops and closures surround it: values in them are used again.
    lends: Cell<usize>,
    /// The indentation of the lines that define the cell's variables.
    edge: Cell<usize>,
    /// The function whose closure will hold the body of the next function.
    decoration: Cell<Option<&'static str>>,
}

impl<'a> Reader<'a> {
    /// The original text of trees.
    fn text(&self, trees: &[Tree]) -> &'a str {
        &self.code[tokens::range(trees)]
    }

    /// A reader for a part with separate text, such as an expression in a string.
    fn of_a_part<'b>(&'b self, code: &'b str) -> Reader<'b> {
        Reader {
            code,
            scope: RefCell::clone(&self.scope),
            fault: &Fault::Everywhere,
            said: RefCell::default(),
            is_unsure: Cell::new(false),
            has_imported: Cell::new(false),
            records: Cell::new(true),
            lends: Cell::new(0),
            edge: Cell::new(0),
            decoration: Cell::new(None),
        }
    }

    fn say(&self, sentence: Sentence) {
        let mut said = self.said.borrow_mut();
        if !said.contains(&sentence) {
            said.push(sentence);
        }
    }

    /// Adds a sentence that is more important than the ones before.
    fn say_first(&self, sentence: Sentence) {
        self.said.borrow_mut().insert(0, sentence);
    }

    /// Marks the statement as having no certain form; only the last sentence, the reason, is shown.
    fn give_up(&self) {
        self.is_unsure.set(true);
        let mut said = self.said.borrow_mut();
        if let Some(reason) = said.pop() {
            said.insert(0, reason);
        }
    }

    /// Whether the compiler complains about a part of these trees.
    fn is_at_fault(&self, trees: &[Tree]) -> bool {
        self.fault.touches(&tokens::range(trees))
    }

    /// Whether the compiler's message after this expression, or the text, says that it is a tensor.
    fn is_said_to_be_a_tensor(&self, of: &[Tree]) -> bool {
        let end = tokens::range(of).end;
        // The dot, and the beginning of the name or bracket after it.
        let range = end..end + 2;
        let is_said = match self.fault {
            Fault::Everywhere => false,
            Fault::At(places) => places.iter().any(|place| place.of_a_tensor && place.touches(&range)),
        };
        is_said || self.scope.borrow().meaning(of) == Meaning::Tensor
    }

    /// Whether the whole cell does not parse as Rust.
    fn is_no_rust(&self) -> bool {
        matches!(self.fault, Fault::Everywhere)
    }
}

#[cfg(test)]
mod tests {
    use soma_driver::toolchain::cell_libs;

    use super::*;

    /// The translation of a cell that does not parse.
    fn read(code: &str, scope: &Scope) -> String {
        let mut text = code.to_owned();
        let mut edits: Vec<_> =
            lessons(code, scope, &Fault::Everywhere).into_iter().flat_map(|lesson| lesson.edits).collect();
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.at.start));
        for edit in edits {
            text.replace_range(edit.at, &edit.text);
        }
        text
    }

    #[test]
    fn what_is_rust_stays_as_it_is() {
        let scope = Scope::default();
        let mut changed = Vec::new();
        // Templates of a derive macro are Rust only once their `#name`s are filled in.
        let is_rust = |path: &str| path.ends_with(".rs") && !path.starts_with("tensorlib/derive/");
        for (path, text) in cell_libs::sources().filter(|(path, _)| is_rust(path)) {
            for lesson in lessons(text, &scope, &Fault::Everywhere) {
                let edits = lesson.edits.iter().flat_map(|edit| text[edit.at.clone()].lines().zip(edit.text.lines()));
                let edits = edits.filter(|(before, after)| before != after);
                changed.extend(edits.map(|(before, after)| format!("{path}: {before}\n-> {after}")));
                changed.push(format!("{path}: {}", lesson.sentence.english));
            }
        }
        assert!(changed.is_empty(), "{}", changed.join("\n"));
    }

    #[test]
    fn only_what_the_compiler_complains_of_is_read() {
        let code = "len(x); len(y)";
        let lessons = lessons(code, &Scope::default(), &Fault::At(vec![Place { at: 8..11, of_a_tensor: false }]));
        assert_eq!(lessons.len(), 1);
        assert_eq!(lessons[0].edits[0].text, "len(x); y.len()");
    }

    #[test]
    fn a_name_that_the_reader_has_defined_is_the_readers() {
        let scope = Scope::new([("torch", Some("i32"))], ["len".to_owned()]);
        for code in ["len(x) +", "torch.pow(2) +"] {
            assert_eq!(read(code, &scope), code);
        }
    }
}

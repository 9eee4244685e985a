//! What a cell means that is written as in Python, and the same in Rust.
//!
//! A cell is read in trees of brackets, from its statements down to single names. What is Rust already stays as it is,
//! byte by byte; so the whole of a cell can be gone through, and only what changes is a lesson. Only what the compiler
//! complains about is read so: Python's forms are sometimes Rust's with another sense.

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

/// What the compiler complains of.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The cell does not parse, so everything may be wrong.
    Everywhere,
    /// These places of the cell.
    At(Vec<Place>),
}

/// A place that the compiler complains of.
#[derive(Clone, Debug)]
pub struct Place {
    pub at: Range<usize>,
    /// Whether it says that this is about a tensor.
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

/// Reads a cell's code, which starts at this byte of the cell.
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

/// Whether nothing in a cell is as only Rust has it: there are no comments with `//` then, and numbers divide as in Python.
pub fn looks_like_python(code: &str) -> bool {
    const RUSTS: [&str; 9] = [";", "{\n", "let ", "fn ", "!(", "![", "::", "=>", "&&"];
    !RUSTS.iter().any(|sign| code.contains(sign)) || code.lines().any(|line| line.trim_start().starts_with("def "))
}

/// A text with values in it as the arguments of `println!`: `"n = " + n`, `f"{n}"`, `"n = {}" % n`.
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
    /// What there is to say of the statement that is being read, the most general last.
    said: RefCell<Vec<Sentence>>,
    /// Whether something in it has no sure form in Rust.
    is_unsure: Cell<bool>,
    /// Whether the import of the tensor library stands in the cell already.
    has_imported: Cell<bool>,
    /// Whether gradients are recorded in what is being read.
    records: Cell<bool>,
    /// How many loops and closures hold it: what is used there is used again.
    lends: Cell<usize>,
    /// How far in the lines stand that make the cell's variables.
    edge: Cell<usize>,
    /// The function whose closure holds the body of the next function.
    decoration: Cell<Option<&'static str>>,
}

impl<'a> Reader<'a> {
    /// The text of trees as it stands.
    fn text(&self, trees: &[Tree]) -> &'a str {
        &self.code[tokens::range(trees)]
    }

    /// A reader of a part that has a text of its own, as an expression in a string has.
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

    /// Says what matters more than what was said before.
    fn say_first(&self, sentence: Sentence) {
        self.said.borrow_mut().insert(0, sentence);
    }

    /// There is no sure form; what was said last is why, and is all that is said.
    fn give_up(&self) {
        self.is_unsure.set(true);
        let mut said = self.said.borrow_mut();
        if let Some(reason) = said.pop() {
            said.insert(0, reason);
        }
    }

    /// Whether the compiler complains of something in there.
    fn is_at_fault(&self, trees: &[Tree]) -> bool {
        self.fault.touches(&tokens::range(trees))
    }

    /// Whether the compiler calls it a tensor behind this, or its text does.
    fn is_said_to_be_a_tensor(&self, of: &[Tree]) -> bool {
        let end = tokens::range(of).end;
        // The dot, the name or the bracket that follows.
        let range = end..end + 2;
        let is_said = match self.fault {
            Fault::Everywhere => false,
            Fault::At(places) => places.iter().any(|place| place.of_a_tensor && place.touches(&range)),
        };
        is_said || self.scope.borrow().meaning(of) == Meaning::Tensor
    }

    /// Whether the cell as a whole is no Rust.
    fn is_no_rust(&self) -> bool {
        matches!(self.fault, Fault::Everywhere)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toolchain::cell_libs;

    /// What becomes of a cell that does not parse.
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

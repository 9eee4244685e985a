//! Parses the names that `std::any::type_name` returns.
//!
//! They are written almost like types, except for types that have no name in code: a function's own type is the
//! function's path (`alloc::vec::Vec<i32>::len`), and methods may be in an implementation
//! (`core::num::<impl i32>::abs`).

/// A piece of a type's name.
#[derive(Debug, PartialEq)]
pub enum Piece<'a> {
    /// Text that is copied unchanged: brackets, commas, keywords, lifetimes, numbers.
    Text(&'a str),
    /// A path.
    Path(Path<'a>),
}

/// A path in a type's name.
#[derive(Debug, PartialEq)]
pub enum Path<'a> {
    /// `a::b<c>::d`.
    Plain(Vec<Part<'a>>),
    /// `<a as b>::c`: the qualified part, as in code, and the names after it.
    Qualified {
        /// A type, or a type and a trait.
        of: String,
        /// The names after it.
        rest: Vec<Part<'a>>,
    },
}

/// A part of a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part<'a> {
    /// Its name.
    pub name: &'a str,
    /// The text between its angle brackets.
    pub arguments: Option<&'a str>,
}

impl Part<'_> {
    /// The part as it stands in the name.
    pub fn as_written(&self) -> String {
        self.arguments.map_or_else(|| self.name.to_owned(), |arguments| format!("{}<{arguments}>", self.name))
    }
}

/// The last part of the path of the function that makes a tuple struct, or a variant of an enumeration.
pub const CONSTRUCTOR: &str = "{{constructor}}";

/// Words that are not paths.
const KEYWORDS: [&str; 9] = ["dyn", "mut", "const", "fn", "unsafe", "extern", "for", "as", "impl"];

/// The pieces of a type's name, in order.
pub fn pieces(name: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut at, mut text) = (0, 0);
    while let Some(first) = name[at..].chars().next() {
        let before = name[..at].chars().next_back();
        let is_start = first == '<' && !before.is_some_and(|c| is_name(c) || c == '=')
            || (first.is_alphabetic() || first == '_') && !before.is_some_and(|c| is_name(c) || c == '\'' || c == '"');
        if is_start && let Some((path, end)) = path(name, at) {
            pieces.push(Piece::Text(&name[text..at]));
            pieces.push(Piece::Path(path));
            (at, text) = (end, end);
        } else if is_start {
            at += name[at..].find(|c| !is_name(c)).unwrap_or(name.len() - at).max(1);
        } else {
            at += first.len_utf8();
        }
    }
    pieces.push(Piece::Text(&name[text..]));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

/// The path that begins here, and its end.
fn path(name: &str, start: usize) -> Option<(Path<'_>, usize)> {
    let mut at = start;
    let mut parts: Vec<Part> = Vec::new();
    let mut of = None;
    loop {
        if name[at..].starts_with('<') {
            // The name of an implementation contains the path to its module.
            let end = closing(name, at)?;
            of = Some(&name[at + 1..end - 1]);
            parts.clear();
            at = end;
        } else if name[at..].starts_with(CONSTRUCTOR) {
            parts.push(Part { name: CONSTRUCTOR, arguments: None });
            at += CONSTRUCTOR.len();
        } else {
            let length = name[at..].find(|c| !is_name(c)).unwrap_or(name.len() - at);
            let part = name.get(at..at + length).filter(|part| !part.is_empty())?;
            if parts.is_empty() && of.is_none() && KEYWORDS.contains(&part) {
                return None;
            }
            at += length;
            let arguments = if name[at..].starts_with('<') { Some(closing(name, at)?) } else { None };
            parts.push(Part { name: part, arguments: arguments.map(|end| &name[at + 1..end - 1]) });
            at = arguments.unwrap_or(at);
        }
        match name[at..].strip_prefix("::") {
            Some(_) => at += 2,
            None => break,
        }
    }
    let path = match of {
        None => Path::Plain(parts),
        Some(of) => Path::Qualified { of: as_in_code(of), rest: parts },
    };
    Some((path, at))
}

/// `impl i32` and `impl Trait for Type` in the form that code uses.
fn as_in_code(of: &str) -> String {
    let Some(of) = of.strip_prefix("impl ") else { return of.to_owned() };
    match of.split_once(" for ") {
        Some((trait_name, ty)) => format!("{ty} as {trait_name}"),
        None => of.to_owned(),
    }
}

/// The position after the bracket that closes the one here.
fn closing(name: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, character) in name[open..].char_indices() {
        match character {
            '<' => depth += 1,
            // The `>` of an arrow closes nothing.
            '>' if before != '-' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(open + at + 1);
        }
        before = character;
    }
    None
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

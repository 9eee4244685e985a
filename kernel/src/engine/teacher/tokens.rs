//! Splits a cell into tokens and brackets, whether it is Rust or written as in Python.
//!
//! rustc's lexer cannot be used: in Python `#` begins a comment, `'text'` is a string and `f"…"` has a prefix.

use std::ops::Range;

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Word,
    Number,
    /// A string or character, with its prefix.
    Text,
    /// From `//` or `#` to the end of the line, or `/* … */`.
    Comment,
    Space,
    NewLine,
    /// An operator, a bracket or any other sign.
    Sign,
}

/// A piece of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    /// The byte where it starts.
    pub at: usize,
}

/// A token, or the part between two brackets.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree<'a> {
    Leaf(Token<'a>),
    Group(Group<'a>),
}

/// Brackets and their content.
#[derive(Clone, Debug, PartialEq)]
pub struct Group<'a> {
    pub open: Token<'a>,
    pub inner: Vec<Tree<'a>>,
    /// Missing if the cell ends before it.
    pub close: Option<Token<'a>>,
}

impl<'a> Tree<'a> {
    /// Its bytes.
    pub fn range(&self) -> Range<usize> {
        match self {
            Tree::Leaf(token) => token.at..token.at + token.text.len(),
            Tree::Group(group) => {
                let last = group.close.map(|close| close.at + close.text.len());
                let inner = group.inner.last().map(|tree| tree.range().end);
                group.open.at..last.or(inner).unwrap_or(group.open.at + 1)
            }
        }
    }

    pub fn leaf(&self) -> Option<&Token<'a>> {
        match self {
            Tree::Leaf(token) => Some(token),
            Tree::Group(_) => None,
        }
    }

    /// The content of these brackets, which the opening one identifies.
    pub fn inside(&self, open: &str) -> Option<&[Tree<'a>]> {
        match self {
            Tree::Group(group) if group.open.text == open => Some(&group.inner),
            _ => None,
        }
    }

    pub fn word(&self) -> Option<&'a str> {
        self.of(Kind::Word)
    }

    pub fn of(&self, kind: Kind) -> Option<&'a str> {
        self.leaf().filter(|token| token.kind == kind).map(|token| token.text)
    }

    pub fn is_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    pub fn is_sign(&self, sign: &str) -> bool {
        self.of(Kind::Sign) == Some(sign)
    }

    /// Whether it is a space, a line's end or a comment.
    pub fn is_blank(&self) -> bool {
        self.leaf().is_some_and(|token| matches!(token.kind, Kind::Space | Kind::NewLine | Kind::Comment))
    }
}

/// The bytes of several trees in a row.
pub fn range(trees: &[Tree]) -> Range<usize> {
    match (trees.first(), trees.last()) {
        (Some(first), Some(last)) => first.range().start..last.range().end,
        _ => 0..0,
    }
}

/// The trees without blanks at both ends.
pub fn trim<'t, 'a>(mut trees: &'t [Tree<'a>]) -> &'t [Tree<'a>] {
    while let [first, rest @ ..] = trees
        && first.is_blank()
    {
        trees = rest;
    }
    while let [rest @ .., last] = trees
        && last.is_blank()
    {
        trees = rest;
    }
    trees
}

/// The parts between the occurrences of a sign, at this level of brackets.
pub fn split<'t, 'a>(trees: &'t [Tree<'a>], sign: &str) -> Vec<&'t [Tree<'a>]> {
    trees.split(|tree| tree.is_sign(sign)).collect()
}

/// The arguments in a call's brackets; a trailing comma separates nothing.
pub fn arguments<'t, 'a>(trees: &'t [Tree<'a>]) -> Vec<&'t [Tree<'a>]> {
    let mut parts: Vec<_> = split(trees, ",").into_iter().map(trim).collect();
    parts.pop_if(|last| last.is_empty());
    parts
}

/// The trees of a cell.
pub fn trees(text: &str) -> Vec<Tree<'_>> {
    grouped(tokens(text))
}

/// The trees of a cell in Python, where `//` divides.
pub fn trees_of_python(text: &str) -> Vec<Tree<'_>> {
    grouped(tokens_of(text, true))
}

fn grouped(tokens: Vec<Token>) -> Vec<Tree> {
    let mut open: Vec<Group> = Vec::new();
    let mut found: Vec<Tree> = Vec::new();
    for token in tokens {
        let is_sign = token.kind == Kind::Sign;
        if is_sign && matches!(token.text, "(" | "[" | "{") {
            open.push(Group { open: token, inner: std::mem::take(&mut found), close: None });
            continue;
        }
        if is_sign
            && matches!(token.text, ")" | "]" | "}")
            && open.last().is_some_and(|group| closes(group.open.text, token.text))
            && let Some(group) = open.pop()
        {
            let inner = std::mem::replace(&mut found, group.inner);
            found.push(Tree::Group(Group { inner, close: Some(token), ..group }));
            continue;
        }
        found.push(Tree::Leaf(token));
    }
    while let Some(group) = open.pop() {
        let inner = std::mem::replace(&mut found, group.inner);
        found.push(Tree::Group(Group { inner, ..group }));
    }
    found
}

fn closes(open: &str, close: &str) -> bool {
    matches!((open, close), ("(", ")") | ("[", "]") | ("{", "}"))
}

/// The signs of several characters, longest first.
const SIGNS: [&str; 32] = [
    "..=", "...", "**=", "//=", "<<=", ">>=", "**", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "^=", "|=",
    "&=", "->", "=>", "::", "..", "&&", "||", "++", "--", ":=", "<<", ">>", "<>", "@=",
];

/// The tokens of a text; joined, they are the text.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    tokens_of(text, false)
}

fn tokens_of(text: &str, is_python: bool) -> Vec<Token<'_>> {
    let mut found: Vec<Token> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let divides = is_python && rest.starts_with("//") && divides(rest, &found);
        let (kind, length) = if divides { (Kind::Sign, 2) } else { next(rest, &found) };
        found.push(Token { kind, text: &rest[..length], at });
        at += length;
    }
    found
}

/// Whether `//` divides two values, and does not begin a comment.
fn divides(rest: &str, before: &[Token]) -> bool {
    let after = rest[2..].trim_start_matches(' ');
    let line = after.split(['\n', '#']).next().unwrap_or_default().trim_end();
    let is_value = line.starts_with(|c: char| is_word(c) || c == '(') && !rest.starts_with("//=");
    // Two words in a row are not a formula.
    let words: Vec<&str> = line.split(' ').collect();
    let is_sentence = words.windows(2).any(|pair| {
        pair.iter().all(|word| {
            word.len() > 1
                && word.chars().all(char::is_alphabetic)
                && !matches!(*word, "if" | "else" | "in" | "and" | "or" | "not" | "for")
        })
    });
    let previous = before.iter().rev().find(|token| token.kind != Kind::Space);
    let follows_a_value = previous
        .is_some_and(|token| matches!(token.kind, Kind::Word | Kind::Number) || matches!(token.text, ")" | "]"));
    is_value && !is_sentence && follows_a_value
}

fn next(rest: &str, before: &[Token]) -> (Kind, usize) {
    let first = rest.chars().next().unwrap_or_default();
    let while_ = |is: fn(char) -> bool| rest.find(|c| !is(c)).unwrap_or(rest.len());
    let line = rest.find('\n').unwrap_or(rest.len());
    if first == '\n' {
        return (Kind::NewLine, 1);
    }
    if first.is_whitespace() {
        return (Kind::Space, while_(|c| c.is_whitespace() && c != '\n'));
    }
    if rest.starts_with("//") && !rest.starts_with("//=") {
        return (Kind::Comment, line);
    }
    if rest.starts_with("/*") {
        return (Kind::Comment, rest.find("*/").map_or(rest.len(), |end| end + 2));
    }
    if first == '#' && !rest[1..].trim_start_matches('!').starts_with('[') {
        return (Kind::Comment, line);
    }
    if first.is_alphabetic() || first == '_' {
        let word = while_(is_word);
        let prefix = &rest[..word];
        let is_prefix =
            matches!(prefix, "f" | "F" | "r" | "R" | "b" | "B" | "u" | "br" | "rb" | "fr" | "rf" | "c" | "cr");
        if is_prefix && let Some(length) = string(&rest[word..], prefix.contains(['r', 'R'])) {
            return (Kind::Text, word + length);
        }
        if rest.starts_with("r#") && rest[2..].starts_with(|c: char| is_word(c)) {
            return (Kind::Word, 2 + rest[2..].find(|c| !is_word(c)).unwrap_or(rest.len() - 2));
        }
        return (Kind::Word, word);
    }
    if first.is_ascii_digit() {
        return (Kind::Number, number(rest));
    }
    if first == '"'
        && let Some(length) = string(rest, false)
    {
        return (Kind::Text, length);
    }
    if first == '\''
        && let Some(length) = quoted(rest, before)
    {
        return (Kind::Text, length);
    }
    if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        return (Kind::Sign, sign.len());
    }
    (Kind::Sign, first.len_utf8())
}

/// The operands of the operator at a byte, without a parse: the chains on both sides.
pub fn around_an_operator(code: &str, at: usize) -> Option<(Range<usize>, Range<usize>)> {
    fn level<'t, 'a>(trees: &'t [Tree<'a>], at: usize) -> Option<&'t [Tree<'a>]> {
        let inner = trees.iter().find_map(|tree| match tree {
            Tree::Group(group) if tree.range().contains(&at) && group.open.at != at => Some(&group.inner),
            _ => None,
        });
        match inner {
            Some(inner) => level(inner, at),
            None => Some(trees),
        }
    }
    let all = trees(code);
    let trees = level(&all, at)?;
    let operator = trees.iter().position(|tree| tree.range().start == at)?;
    let is_end =
        |tree: &&Tree| tree.is_sign(",") || tree.is_sign(";") || is_operator(tree) || tree.of(Kind::NewLine).is_some();
    let left: Vec<&Tree> =
        trees[..operator].iter().rev().take_while(|tree| !is_end(tree)).filter(|tree| !tree.is_blank()).collect();
    let right: Vec<&Tree> =
        trees[operator + 1..].iter().take_while(|tree| !is_end(tree)).filter(|tree| !tree.is_blank()).collect();
    Some((
        left.last()?.range().start..left.first()?.range().end,
        right.first()?.range().start..right.last()?.range().end,
    ))
}

pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of a number: `1`, `1_000`, `0.5`, `1.`, `2e-3`, `7u8`; in `0..3` and `2.sqrt()` the point is not part of
/// it.
fn number(rest: &str) -> usize {
    let word = |from: usize| from + rest[from..].find(|c| !is_word(c)).unwrap_or(rest.len() - from);
    let mut end = word(0);
    let after = &rest[end..];
    if after.starts_with('.')
        && !after.starts_with("..")
        && !after[1..].starts_with(|c: char| c.is_alphabetic() || c == '_')
    {
        end = word(end + 1);
    }
    if rest[..end].ends_with(['e', 'E']) && rest[end..].starts_with(['-', '+']) && !rest.starts_with("0x") {
        end = word(end + 1);
    }
    end
}

/// The length of a string that starts here: `"…"`, `'…'` after a prefix, three quotes as in Python, or `r#"…"#`.
fn string(rest: &str, is_raw: bool) -> Option<usize> {
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let body = &rest[hashes..];
    if hashes > 0 {
        let end = format!("\"{}", "#".repeat(hashes));
        return (is_raw && body.starts_with('"'))
            .then(|| body[1..].find(&end).map_or(rest.len(), |at| hashes + 1 + at + end.len()));
    }
    let quote = body.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let three = String::from_iter([quote; 3]);
    if body.starts_with(&three) {
        return Some(body[3..].find(&three).map_or(rest.len(), |at| at + 6));
    }
    closed(body, quote).or_else(|| (quote == '"').then_some(rest.len()))
}

/// The length up to the closing quote, which must be on this line unless there are three quotes.
fn closed(body: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in body.char_indices().skip(1) {
        match c {
            '\n' if quote == '\'' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The length of `'text'`, unless it is a lifetime.
fn quoted(rest: &str, before: &[Token]) -> Option<usize> {
    if rest.starts_with("'''") {
        return string(rest, false);
    }
    let length = closed(rest, '\'')?;
    let body = &rest[1..length - 1];
    if body.chars().count() <= 1 || body.starts_with('\\') {
        return (!body.is_empty() || !rest[length..].starts_with(is_word)).then_some(length);
    }
    let previous = before.iter().rev().find(|token| token.kind != Kind::Space);
    // `&'a`, `<'a, 'b>`, `T: 'a`, `break 'outer` are lifetimes and labels; after a comma, what it separates decides.
    let is_lifetime = match previous.map(|token| token.text) {
        Some("&" | "<" | "+" | "break" | "continue" | "for" | "dyn" | "impl") => true,
        // A loop's label.
        None | Some(";" | "{" | "}") if body.contains(": ") => true,
        Some("," | ":") => body.contains(['<', '>', '&', ',']) || body.contains(": "),
        _ => false,
    };
    (!is_lifetime).then_some(length)
}

/// Operators between two values.
const BINARY: [&str; 20] =
    ["//", "+", "-", "*", "/", "%", "**", "@", "^", "==", "!=", "<", ">", "<=", ">=", "&&", "||", "&", "|", ".."];

/// Whether a tree is an operator between two values.
pub fn is_operator(tree: &Tree) -> bool {
    tree.of(Kind::Sign).is_some_and(|sign| BINARY.contains(&sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        let all = tokens(text);
        assert_eq!(all.iter().map(|token| token.text).collect::<String>(), text);
        all.into_iter().filter(|token| token.kind != Kind::Space).map(|token| (token.kind, token.text)).collect()
    }

    #[test]
    fn strings_of_both_languages_are_told_from_lifetimes() {
        use Kind::{Comment, Number, Sign, Text, Word};
        assert_eq!(kinds("f'{x}' 'two words'"), [(Text, "f'{x}'"), (Text, "'two words'")]);
        assert_eq!(kinds("&'a str"), [(Sign, "&"), (Sign, "'"), (Word, "a"), (Word, "str")]);
        assert_eq!(kinds("'x' '\\n'"), [(Text, "'x'"), (Text, "'\\n'")]);
        assert_eq!(kinds("r#\"a\"b\"# \"é\\\"\""), [(Text, "r#\"a\"b\"#"), (Text, "\"é\\\"\"")]);
        assert_eq!(kinds("\"\"\"doc\nmore\"\"\""), [(Text, "\"\"\"doc\nmore\"\"\"")]);
        assert_eq!(kinds("# c"), [(Comment, "# c")]);
        assert_eq!(
            kinds("1.5e-3 0..3 2.sqrt"),
            [
                (Number, "1.5e-3"),
                (Number, "0"),
                (Sign, ".."),
                (Number, "3"),
                (Number, "2"),
                (Sign, "."),
                (Word, "sqrt")
            ]
        );
        let lifetimes = tokens("fn f<'a, 'b>(x: &'a str, y: &'b str) {}");
        assert!(lifetimes.iter().all(|token| token.kind != Text), "{lifetimes:?}");
        let outer = tokens("'outer: for x in y { break 'outer; }");
        assert!(outer.iter().all(|token| token.kind != Text), "{outer:?}");
    }

    #[test]
    fn brackets_hold_what_is_in_them() {
        let text = "f(a, [1, 2])";
        let trees = trees(text);
        assert_eq!(trees.len(), 2);
        assert_eq!(range(&trees), 0..text.len());
        let arguments = arguments(trees[1].inside("(").unwrap());
        assert_eq!(arguments.iter().map(|part| &text[range(part)]).collect::<Vec<_>>(), ["a", "[1, 2]"]);
        assert_eq!(range(&super::trees("f(a, (b")), 0..7, "brackets that stay open");
    }
}

//! Strings: single quotes, `f"…"`, and printing.

use super::super::lesson::sentence;
use super::super::scope::Meaning;
use super::super::tokens::{self, Kind, Tree, split, trim};
use super::Reader;
use super::operators::is_one;

/// A format string and its arguments.
#[derive(Debug, Default)]
pub struct Format {
    pub text: String,
    pub arguments: Vec<String>,
}

impl Format {
    /// The arguments of a macro that takes a format string.
    pub fn in_macro(&self) -> String {
        let arguments: String = self.arguments.iter().map(|argument| format!(", {argument}")).collect();
        format!("\"{}\"{arguments}", self.text)
    }
}

/// The parts of a string: its prefix, its quote, and its content.
fn parts(text: &str) -> Option<(&str, char, &str)> {
    let at = text.find(['"', '\''])?;
    let (prefix, quoted) = text.split_at(at);
    let quote = quoted.chars().next()?;
    let three = String::from_iter([quote; 3]);
    let body = match quoted.strip_prefix(&three) {
        Some(rest) => rest.strip_suffix(&three)?,
        None => quoted.strip_prefix(quote)?.strip_suffix(quote)?,
    };
    Some((prefix, quote, body))
}

/// Whether a string is valid in Rust.
pub fn is_rusts(text: &str) -> bool {
    let quoted = text.trim_start_matches('b').strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let is_character = quoted.is_some_and(|inner| inner.chars().count() == 1 || inner.starts_with('\\'));
    let prefix = text.split(['"', '\'']).next().unwrap_or_default();
    (text.contains('"')
        && !text.starts_with('\'')
        && !text.starts_with("\"\"\"")
        && matches!(prefix, "" | "b" | "c" | "r" | "br" | "cr"))
        || prefix.contains('#')
        || is_character
}

impl Reader<'_> {
    /// A Python string as a Rust expression.
    pub fn string(&self, text: &str) -> String {
        let Some((prefix, quote, body)) = parts(text).filter(|_| !is_rusts(text)) else { return text.to_owned() };
        if prefix.to_ascii_lowercase().contains('f') {
            self.say(sentence!("text with values in it is made by `format!`", "把值写进字符串用 `format!`"));
            return match self.f_string(body) {
                Some(format) => format!("format!({})", format.in_macro()),
                None => text.to_owned(),
            };
        }
        if quote == '\'' {
            self.say(sentence!(
                "text stands in double quotes; single quotes hold one character",
                "字符串用双引号；单引号里只能是一个字符"
            ));
        } else if text.contains("\"\"\"") {
            self.say(sentence!("text of several lines stands in plain double quotes", "多行字符串也只用一对双引号"));
        }
        quoted(prefix, body)
    }

    /// An f-string, if the expression is nothing else.
    pub fn f_string_alone(&self, trees: &[Tree]) -> Option<Format> {
        let [Tree::Leaf(token)] = trim(trees) else { return None };
        let (prefix, _, body) = parts(token.text).filter(|_| token.kind == Kind::Text)?;
        prefix.to_ascii_lowercase().contains('f').then(|| self.f_string(body))?
    }

    /// The Rust format string for an f-string.
    fn f_string(&self, body: &str) -> Option<Format> {
        let mut format = Format::default();
        let mut rest = body;
        while let Some(at) = rest.find(['{', '}']) {
            format.text.push_str(&escaped(&rest[..at]));
            let doubled = &rest[at..(at + 2).min(rest.len())];
            if matches!(doubled, "{{" | "}}") {
                format.text.push_str(doubled);
                rest = &rest[at + 2..];
                continue;
            }
            let end = at + closing(&rest[at..])?;
            self.placeholder(&rest[at + 1..end], &mut format)?;
            rest = &rest[end + 1..];
        }
        format.text.push_str(&escaped(rest));
        Some(format)
    }

    /// The content of a placeholder's braces in an f-string.
    fn placeholder(&self, inside: &str, format: &mut Format) -> Option<()> {
        let (expression, specification) = split_specification(inside);
        let (expression, is_named) = match expression.trim_end().strip_suffix('=') {
            Some(expression) if !expression.ends_with(['=', '<', '>', '!']) => (expression, true),
            _ => (expression, false),
        };
        let debug = expression.ends_with("!r");
        let expression = expression.trim_end_matches("!r").trim_end_matches("!s").trim();
        let specification = rust_specification(specification)?;
        if is_named {
            format.text.push_str(&format!("{expression}="));
        }
        let trees = tokens::trees_of_python(expression);
        let reader = self.of_a_part(expression);
        let value = reader.expression(&trees);
        if reader.is_unsure.get() {
            return None;
        }
        // Format specifications are only for numbers.
        let is_tensor = self.scope.borrow().meaning(&trees) == Meaning::Tensor;
        let value = if is_tensor && !specification.is_empty() { format!("{value}.item::<f32>()") } else { value };
        let shown = if debug || self.needs_debug(&trees) { format!("{specification}?") } else { specification };
        let shown = if shown.is_empty() { String::new() } else { format!(":{shown}") };
        if value == expression && value.chars().all(tokens::is_word) && !value.starts_with(|c: char| c.is_ascii_digit())
        {
            format.text.push_str(&format!("{{{value}{shown}}}"));
        } else {
            format.text.push_str(&format!("{{{shown}}}"));
            format.arguments.push(value);
        }
        Some(())
    }

    /// Whether a value can only be formatted with `{:?}`.
    fn needs_debug(&self, trees: &[Tree]) -> bool {
        let meaning = self.scope.borrow().meaning(trees);
        let collects =
            trees.iter().any(|tree| tree.inside("[").is_some_and(|inner| inner.iter().any(|tree| tree.is_word("for"))));
        let slices = matches!(trees, [of @ .., index] if index.inside("[").is_some_and(|inner| inner.iter().any(|tree| tree.is_sign(":")))
            && matches!(self.scope.borrow().meaning(of), Meaning::Vector(_)));
        // It is an `Option`.
        let is_a_name_or_none = trees.iter().any(|tree| tree.is_word("grad_fn"));
        collects || slices || is_a_name_or_none || matches!(meaning, Meaning::Vector(_) | Meaning::Map)
    }

    /// The macro call for `print(a, b)`.
    pub fn print(&self, arguments: &[&[Tree]]) -> String {
        let mut format = Format::default();
        let mut end = "\\n".to_owned();
        let mut separator = " ".to_owned();
        let mut is_first = true;
        // Named arguments come last, and say how the others are printed.
        let mut arguments = arguments.to_vec();
        arguments.sort_by_key(|argument| !argument.iter().any(|tree| tree.is_sign("=")));
        for argument in &arguments {
            let keyword = match argument {
                [name, rest @ ..] => {
                    name.word().zip(trim(rest).first().filter(|sign| sign.is_sign("="))).map(|(name, _)| name)
                }
                [] => None,
            };
            if let Some(keyword) = keyword {
                let value = argument.iter().rev().find_map(|tree| tree.of(Kind::Text)).and_then(parts);
                match (keyword, value) {
                    ("end", Some((_, _, body))) => end = escaped(body),
                    ("sep", Some((_, _, body))) => separator = escaped(body),
                    _ => self.give_up(),
                }
                continue;
            }
            if !std::mem::take(&mut is_first) {
                format.text.push_str(&separator);
            }
            self.printed(argument, &mut format);
        }
        self.say(sentence!("`println!` prints", "用 `println!` 输出"));
        let (name, text) = match end.strip_suffix("\\n") {
            Some(before) => ("println", before),
            None => ("print", end.as_str()),
        };
        format.text.push_str(text);
        if format.text.is_empty() && format.arguments.is_empty() {
            format!("{name}!()")
        } else {
            format!("{name}!({})", format.in_macro())
        }
    }

    /// One argument of `print`.
    fn printed(&self, argument: &[Tree], format: &mut Format) {
        if let [Tree::Leaf(token)] = argument
            && token.kind == Kind::Text
            && let Some((prefix, _, body)) = parts(token.text)
        {
            if prefix.to_ascii_lowercase().contains('f') {
                match self.f_string(body) {
                    Some(inner) => {
                        format.text.push_str(&inner.text);
                        format.arguments.extend(inner.arguments);
                    }
                    None => self.give_up(),
                }
            } else {
                format.text.push_str(&escaped(body).replace('{', "{{").replace('}', "}}"));
            }
            return;
        }
        if let Some(inner) = self.formatted(argument).or_else(|| self.added_text(argument)) {
            format.text.push_str(&inner.text);
            format.arguments.extend(inner.arguments);
            return;
        }
        let mark = if self.needs_debug(argument) { ":?" } else { "" };
        match argument {
            [name] if name.word().is_some() => format.text.push_str(&format!("{{{}{mark}}}", self.text(argument))),
            _ => {
                format.text.push_str(&format!("{{{mark}}}"));
                format.arguments.push(self.expression(argument));
            }
        }
    }

    /// `"found " + str(count) + " words"`, and other sums of text.
    pub fn added_text(&self, trees: &[Tree]) -> Option<Format> {
        let parts: Vec<&[Tree]> = split(trees, "+").into_iter().map(trim).collect();
        let is_text = |part: &&&[Tree]| matches!(part, [Tree::Leaf(token)] if token.kind == Kind::Text);
        let is_plain = parts.iter().all(|part| is_one(part));
        if parts.len() < 2 || !is_plain || !parts.iter().any(|part| is_text(&part)) {
            return None;
        }
        let mut format = Format::default();
        for part in parts {
            let inner = match part {
                [name, call] if name.is_word("str") => call.inside("(").map(trim),
                _ => None,
            };
            self.printed(inner.unwrap_or(part), &mut format);
        }
        Some(format)
    }

    /// `"…%d…" % (a, b)` and `"…{}…".format(a, b)`.
    pub fn formatted(&self, trees: &[Tree]) -> Option<Format> {
        let trees = trim(trees);
        let [Tree::Leaf(token), rest @ ..] = trees else { return None };
        let (_, _, body) = parts(token.text).filter(|_| token.kind == Kind::Text)?;
        let rest = trim(rest);
        match rest {
            [dot, method, call] if dot.is_sign(".") && method.is_word("format") => {
                let arguments = tokens::arguments(call.inside("(")?);
                if arguments.iter().any(|argument| argument.iter().any(|tree| tree.is_sign("="))) {
                    return None;
                }
                let mut text = String::new();
                let mut rest = body;
                while let Some(at) = rest.find('{') {
                    let end = at + rest[at..].find('}')?;
                    text.push_str(&escaped(&rest[..at]));
                    let (position, specification) = split_specification(&rest[at + 1..end]);
                    let specification = rust_specification(specification)?;
                    let colon = if specification.is_empty() { "" } else { ":" };
                    text.push_str(&format!("{{{position}{colon}{specification}}}"));
                    rest = &rest[end + 1..];
                }
                text.push_str(&escaped(rest));
                Some(Format { text, arguments: arguments.iter().map(|argument| self.expression(argument)).collect() })
            }
            [percent, values @ ..] if percent.is_sign("%") => {
                let values = trim(values);
                let arguments = match values {
                    [group] if group.inside("(").is_some() => tokens::arguments(group.inside("(")?),
                    _ => vec![values],
                };
                let mut format = Format::default();
                let mut arguments = arguments.into_iter();
                let mut rest = body;
                while let Some(at) = rest.find('%') {
                    format.text.push_str(&escaped(&rest[..at]).replace('{', "{{").replace('}', "}}"));
                    let length = rest[at + 1..].find(|c: char| c.is_alphabetic() || c == '%')?;
                    let letter = rest[at + 1 + length..].chars().next()?;
                    let specification = rust_specification(&rest[at + 1..at + 2 + length])?;
                    rest = &rest[at + 2 + length..];
                    if letter == '%' {
                        format.text.push('%');
                        continue;
                    }
                    let argument = arguments.next()?;
                    let colon = if specification.is_empty() { "" } else { ":" };
                    match argument {
                        [name] if name.word().is_some() => {
                            format.text.push_str(&format!("{{{}{colon}{specification}}}", self.text(argument)));
                        }
                        _ => {
                            format.text.push_str(&format!("{{{colon}{specification}}}"));
                            format.arguments.push(self.expression(argument));
                        }
                    }
                }
                format.text.push_str(&escaped(rest).replace('{', "{{").replace('}', "}}"));
                Some(format)
            }
            _ => None,
        }
    }
}

/// A Rust string with this prefix and content.
pub fn quoted(prefix: &str, body: &str) -> String {
    match prefix.to_ascii_lowercase().as_str() {
        "r" if body.contains('"') => format!("r#\"{body}\"#"),
        "r" => format!("r\"{body}\""),
        "b" => format!("b\"{}\"", escaped(body)),
        _ => format!("\"{}\"", escaped(body)),
    }
}

/// The content of a string whose quotes become double quotes.
fn escaped(body: &str) -> String {
    let mut text = String::new();
    let mut is_escaped = false;
    for c in body.chars() {
        match c {
            '\'' if is_escaped => {
                text.pop();
            }
            '"' if !is_escaped => text.push('\\'),
            _ => {}
        }
        is_escaped = c == '\\' && !is_escaped;
        text.push(c);
    }
    text
}

/// The position of the brace that closes the one at the start of `text`.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// An expression and its format specification, as in `x:.2f`; the colon of a slice is inside brackets.
fn split_specification(inside: &str) -> (&str, &str) {
    let mut depth = 0;
    for (at, c) in inside.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ':' if depth == 0 => return (&inside[..at], &inside[at + 1..]),
            _ => {}
        }
    }
    (inside, "")
}

/// The Rust form of a format specification such as `.2f` or `>8`; `None` if there is none.
fn rust_specification(specification: &str) -> Option<String> {
    if specification.contains([',', '_']) || specification.ends_with('%') && specification.len() > 1 {
        return None;
    }
    Some(specification.trim_end_matches(['f', 'd', 's', 'g', 'i', 'F', '%']).to_owned())
}

//! Answers about code that need no running: whether it is complete, what could follow, what a name is.

use std::sync::Arc;

use ra_ap_syntax::{Edition, SourceFile, SyntaxKind};

use super::boundary::{Assistant, Completeness, Completion, Completions, MimeBundle};
use super::session::Names;
use super::{prepare, types};

/// Answers from the session's names.
pub struct SomaAssistant {
    names: Arc<Names>,
}

/// Rust's keywords, for completion.
const KEYWORDS: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "false", "fn",
    "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "type", "unsafe", "use", "where", "while",
];

/// The commands of evcxr that make sense in a notebook, with what they do.
const COMMANDS: &[(&str, &str)] = &[
    (":dep", "Add a dependency: `:dep regex = \"1\"`"),
    (":vars", "List the variables and their types"),
    (":type", "Show a variable's type"),
    (":help", "List the commands"),
    (":opt", "Set the optimisation level of cells (0, 1, 2 or 3)"),
    (":efmt", "Set how errors that `?` returns are written"),
    (":env", "Set an environment variable (key=value)"),
    (":build_env", "Set an environment variable for compiling (key=value)"),
    (":clear", "Forget every variable and definition"),
    (":restart", "Restart the process that runs cells"),
    (":show_deps", "Show the dependencies"),
    (":explain", "Explain the last compiler error"),
    (":doc", "Show documentation of a name"),
    (":timing", "Toggle printing how long cells take"),
    (":toolchain", "Set the Rust toolchain to use"),
    (":version", "Print evcxr's version"),
];

impl SomaAssistant {
    /// An assistant that knows a session's names.
    pub fn new(names: Arc<Names>) -> SomaAssistant {
        SomaAssistant { names }
    }
}

impl Assistant for SomaAssistant {
    fn completeness(&self, code: &str) -> Completeness {
        completeness(code)
    }

    fn complete(&self, code: &str, cursor: usize) -> Completions {
        let cursor = floor(code, cursor);
        let line_start = code[..cursor].rfind('\n').map_or(0, |at| at + 1);
        let line = code[line_start..cursor].trim_start();
        if line.starts_with(':') && !line.contains(' ') {
            let items = COMMANDS.iter().filter(|(name, _)| name.starts_with(line)).map(|(name, what)| Completion {
                text: (*name).to_owned(),
                kind: "magic".to_owned(),
                signature: (*what).to_owned(),
            });
            return Completions { items: items.collect(), start: cursor - line.len(), end: cursor };
        }
        let start = word_start(code, cursor);
        let word = &code[start..cursor];
        // After a dot or `::` only analysis could say what follows.
        if code[..start].ends_with(['.', ':']) {
            return Completions { items: Vec::new(), start, end: cursor };
        }
        let (variables, defined) = self.names.get();
        let mut items: Vec<Completion> = Vec::new();
        let mut add = |text: &str, kind: &str, signature: String| {
            if text.starts_with(word) && !items.iter().any(|item| item.text == text) {
                items.push(Completion { text: text.to_owned(), kind: kind.to_owned(), signature });
            }
        };
        for (name, ty) in &variables {
            add(name, "instance", ty.as_deref().map(types::short).unwrap_or_default());
        }
        for name in &defined {
            add(name, if name.starts_with(char::is_uppercase) { "class" } else { "function" }, String::new());
        }
        for keyword in KEYWORDS {
            add(keyword, "keyword", String::new());
        }
        Completions { items, start, end: cursor }
    }

    fn inspect(&self, code: &str, cursor: usize, _detail: u8) -> Option<MimeBundle> {
        let cursor = floor(code, cursor);
        let start = word_start(code, cursor);
        let end = cursor + code[cursor..].find(|c: char| !is_word(c)).unwrap_or(code.len() - cursor);
        let word = &code[start..end];
        let command = code[..start].ends_with(':').then(|| format!(":{word}"));
        if let Some((name, what)) = command.and_then(|name| COMMANDS.iter().find(|(known, _)| *known == name)) {
            return Some(MimeBundle::from([("text/plain".to_owned(), format!("{name}\n{what}"))]));
        }
        let (variables, defined) = self.names.get();
        let text = match variables.get(word) {
            Some(ty) => format!("{word}: {}", ty.as_deref().map_or("(a type without a name)".into(), types::short)),
            None if defined.iter().any(|name| name == word) => format!("`{word}` is defined in this notebook"),
            None => return None,
        };
        Some(MimeBundle::from([("text/plain".to_owned(), text)]))
    }
}

/// Whether a cell can be run as it stands: whether its brackets, strings and comments are closed.
fn completeness(code: &str) -> Completeness {
    let code = &code[prepare::code_start(code)..];
    let mut open = Vec::new();
    let parsed = SourceFile::parse(code, Edition::Edition2024);
    let root = parsed.syntax_node();
    for token in root.descendants_with_tokens().filter_map(|element| element.into_token()) {
        match token.kind() {
            SyntaxKind::L_PAREN | SyntaxKind::L_BRACK | SyntaxKind::L_CURLY => open.push(token.kind()),
            SyntaxKind::R_PAREN | SyntaxKind::R_BRACK | SyntaxKind::R_CURLY => {
                let opening = match token.kind() {
                    SyntaxKind::R_PAREN => SyntaxKind::L_PAREN,
                    SyntaxKind::R_BRACK => SyntaxKind::L_BRACK,
                    _ => SyntaxKind::L_CURLY,
                };
                if open.pop() != Some(opening) {
                    return Completeness::Invalid;
                }
            }
            SyntaxKind::STRING | SyntaxKind::BYTE_STRING | SyntaxKind::C_STRING if !is_closed(token.text()) => {
                return Completeness::Incomplete { indent: String::new() };
            }
            SyntaxKind::COMMENT if token.text().starts_with("/*") && !token.text().ends_with("*/") => {
                return Completeness::Incomplete { indent: String::new() };
            }
            _ => {}
        }
    }
    let last = code.trim_end();
    if !open.is_empty() || last.ends_with(['=', '+', '-', '*', '/', '&', '|', ',', '.']) || last.ends_with("->") {
        return Completeness::Incomplete { indent: "    ".repeat(open.len()) };
    }
    Completeness::Complete
}

fn is_closed(string: &str) -> bool {
    let body = string.trim_start_matches(['b', 'c', 'r']);
    let hashes = body.bytes().take_while(|byte| *byte == b'#').count();
    let end = format!("\"{}", "#".repeat(hashes));
    body.len() > hashes + 1 && body[hashes + 1..].ends_with(&end)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn word_start(code: &str, cursor: usize) -> usize {
    code[..cursor].rfind(|c: char| !is_word(c)).map_or(0, |at| at + code[at..].chars().next().map_or(1, char::len_utf8))
}

/// The last character boundary at or before `cursor`.
fn floor(code: &str, cursor: usize) -> usize {
    (0..=cursor.min(code.len())).rev().find(|at| code.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assistant() -> SomaAssistant {
        let names = Names::default();
        let types = [("weights".to_owned(), Some("tensorlib::Tensor".to_owned())), ("wide".to_owned(), None)];
        names.update(&types.into(), ["Wheel".to_owned(), "walk".to_owned()].into_iter());
        SomaAssistant::new(Arc::new(names))
    }

    #[test]
    fn open_brackets_and_strings_ask_for_more() {
        let more = |indent: &str| Completeness::Incomplete { indent: indent.to_owned() };
        assert_eq!(completeness("let x = 1;"), Completeness::Complete);
        assert_eq!(completeness("1 + 2"), Completeness::Complete);
        assert_eq!(completeness(""), Completeness::Complete);
        assert_eq!(completeness(":dep a = \"1\""), Completeness::Complete);
        assert_eq!(completeness("fn f() {"), more("    "));
        assert_eq!(completeness("fn f() {\n    if x {"), more("        "));
        assert_eq!(completeness("let x ="), more(""));
        assert_eq!(completeness("println!(\"a"), more(""));
        assert_eq!(completeness("/* a"), more(""));
        assert_eq!(completeness("fn f() }"), Completeness::Invalid);
        assert_eq!(completeness("let s = r#\"a\"#;"), Completeness::Complete);
    }

    #[test]
    fn variables_come_with_their_types() {
        let found = assistant().complete("let y = we", 10);
        assert_eq!((found.start, found.end), (8, 10));
        assert_eq!(found.items[0].text, "weights");
        assert_eq!(found.items[0].signature, "Tensor");
        let words: Vec<_> = assistant().complete("w", 1).items.into_iter().map(|item| item.text).collect();
        assert_eq!(words, ["weights", "wide", "walk", "where", "while"]);
    }

    #[test]
    fn commands_are_completed() {
        let found = assistant().complete(":va", 3);
        assert_eq!((found.start, found.items[0].text.as_str()), (0, ":vars"));
    }

    #[test]
    fn a_cursor_inside_a_character_is_moved_back() {
        assert_eq!(assistant().complete("日", 1).start, 0);
        assert_eq!(assistant().inspect("日", 2, 0), None);
    }

    #[test]
    fn inspection_gives_the_type() {
        let text = assistant().inspect("&weights + 1", 4, 0).unwrap()["text/plain"].clone();
        assert_eq!(text, "weights: Tensor");
    }
}

//! Answers about code that need no running: whether it is complete, what could follow, what a name is.
//!
//! The session's names, commands, keywords and files are known here and answer at once; what else there is to
//! know of code, the analyst knows, and what it does not say in time the names must do for.

use std::sync::Arc;

use ra_ap_syntax::{Edition, SourceFile, SyntaxKind};

use super::boundary::{Assistant, Completeness, Completion, Completions, Failure, MimeBundle};
use super::commands::{self, Command, Commands, Settings, Variables};
use super::held::Held;
use super::session::Names;
use super::{failure, nesting, prepare, types};
use crate::analyst::client::Analyst;
use crate::analyst::question::{Answer, Wanted};

/// Answers from the session's names and from analysis.
pub struct SomaAssistant {
    names: Arc<Names>,
    analyst: Analyst,
}

/// Rust's keywords, for completion.
const KEYWORDS: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "false", "fn",
    "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "type", "unsafe", "use", "where", "while",
];

impl SomaAssistant {
    /// An assistant that knows a session's names and its analyst.
    pub fn new(names: Arc<Names>, analyst: Analyst) -> SomaAssistant {
        SomaAssistant { names, analyst }
    }

    fn ask(&self, wanted: Wanted, code: &str, cursor: usize) -> Option<Answer> {
        let code_start = prepare::code_start(code);
        if cursor < code_start || nesting::check(&code[code_start..]).is_err() {
            return None;
        }
        // Commands are no Rust; as blanks they leave offsets as they are.
        let blanks = code[..code_start].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' });
        let rust: String = blanks.chain(code[code_start..].chars()).collect();
        self.analyst.ask(wanted, &rust, cursor, self.names.for_analysis())
    }

    fn analysed_completions(&self, code: &str, cursor: usize) -> Option<Completions> {
        let Answer::Completions { candidates, start, end } = self.ask(Wanted::Completions, code, cursor)? else {
            return None;
        };
        let items = candidates.into_iter().map(|candidate| Completion {
            text: candidate.text,
            kind: candidate.kind,
            signature: candidate.signature,
        });
        Some(Completions { items: items.collect(), start, end })
    }

    /// Variables, items and keywords that start with the word before the cursor.
    fn named_completions(&self, code: &str, start: usize, cursor: usize) -> Completions {
        let word = &code[start..cursor];
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

    /// In a string, names can stand in braces only; elsewhere it may be the path of a file.
    fn completions_in_string(&self, code: &str, string_start: usize, cursor: usize) -> Completions {
        let start = word_start(code, cursor);
        if code[string_start..start].ends_with('{') && !code[string_start..start].ends_with("{{") {
            let mut found = self.named_completions(code, start, cursor);
            found.items.retain(|item| item.kind == "instance");
            return found;
        }
        files(code, string_start, cursor)
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
        if line.starts_with(':') && !line.starts_with("::") && !line.contains(' ') {
            let works = |command: &&Command| command.works() && command.name.starts_with(line);
            let items = commands::TABLE.iter().filter(works).map(|command| Completion {
                text: command.name.to_owned(),
                kind: "magic".to_owned(),
                signature: command.help.to_owned(),
            });
            return Completions { items: items.collect(), start: cursor - line.len(), end: cursor };
        }
        let start = word_start(code, cursor);
        match surroundings(code, cursor) {
            Surroundings::Comment => return Completions { items: Vec::new(), start, end: cursor },
            Surroundings::String { start } => return self.completions_in_string(code, start, cursor),
            Surroundings::Code => {}
        }
        if let Some(found) = self.analysed_completions(code, cursor) {
            return found;
        }
        // After a dot or `::` only analysis can say what follows.
        if code[..start].ends_with(['.', ':']) {
            return Completions { items: Vec::new(), start, end: cursor };
        }
        self.named_completions(code, start, cursor)
    }

    fn answer(&self, code: &str) -> Option<Result<MimeBundle, Failure>> {
        let (types, _) = self.names.get();
        let settings = Settings::default();
        let commands = commands::read(code, Variables { types: &types, values: &self.names.values() }, &settings);
        match commands {
            // What is to hold for later cells is for the one who runs them.
            Ok(commands) if !commands.rest.trim().is_empty() || commands.settings != settings => None,
            Ok(Commands { documentation: Some(name), .. }) => {
                let unknown = || failure::sentence("NameError", &format!("nothing is known of `{name}`"));
                Some(self.inspect(&name, name.len(), 0).ok_or_else(unknown))
            }
            Ok(commands) => commands.answer.map(Ok),
            Err(failure) => Some(Err(failure)),
        }
    }

    fn inspect(&self, code: &str, cursor: usize, _detail: u8) -> Option<MimeBundle> {
        let cursor = floor(code, cursor);
        let start = word_start(code, cursor);
        let end = cursor + code[cursor..].find(|c: char| !is_word(c)).unwrap_or(code.len() - cursor);
        let word = &code[start..end];
        let command = code[..start].ends_with(':').then(|| format!(":{word}"));
        let command = command.and_then(|name| commands::TABLE.iter().find(|known| known.name == name));
        if let Some(Command { name, arguments, help, .. }) = command {
            return Some(MimeBundle::from([("text/plain".to_owned(), format!("{name} {arguments}\n{help}"))]));
        }
        // A member or a path's part may have a variable's name.
        let is_variable = !code[..start].ends_with(['.', ':']);
        let held = self.names.values().get(word).filter(|_| is_variable).cloned();
        if let Some(Answer::Documentation { mut plain, mut markdown }) = self.ask(Wanted::Documentation, code, cursor) {
            if let Some(held) = held {
                plain = format!("{plain}\n\n{}", holds(&held, ""));
                markdown = format!("{markdown}\n\n{}", holds(&held, "`"));
            }
            return Some(MimeBundle::from([("text/plain".to_owned(), plain), ("text/markdown".to_owned(), markdown)]));
        }
        let (variables, defined) = self.names.get();
        let text = match variables.get(word) {
            Some(ty) => {
                let ty = ty.as_deref().map_or("(a type without a name)".into(), types::short);
                held.map_or_else(|| format!("{word}: {ty}"), |held| format!("{word}: {ty}\n{}", holds(&held, "")))
            }
            None if defined.iter().any(|name| name == word) => format!("`{word}` is defined in this notebook"),
            None => return None,
        };
        Some(MimeBundle::from([("text/plain".to_owned(), text)]))
    }
}

/// What a variable held after the last cell.
fn holds(held: &Held, quote: &str) -> String {
    let value = if held.value.is_empty() { "no values".to_owned() } else { format!("{quote}{}{quote}", held.value) };
    match held.summary() {
        summary if summary.is_empty() => format!("holds {value}"),
        summary => format!("{summary}: {value}"),
    }
}

/// What a place in a cell is in.
#[derive(Debug, PartialEq)]
enum Surroundings {
    Code,
    Comment,
    /// A string whose content starts here.
    String {
        start: usize,
    },
}

fn surroundings(code: &str, cursor: usize) -> Surroundings {
    let code_start = prepare::code_start(code);
    if nesting::check(&code[code_start..]).is_err() {
        return Surroundings::Code;
    }
    if cursor <= code_start {
        let line = code[..cursor].rsplit('\n').next().unwrap_or_default();
        return if line.starts_with("//") { Surroundings::Comment } else { Surroundings::Code };
    }
    let parsed = SourceFile::parse(&code[code_start..], Edition::Edition2024);
    let tokens = parsed.syntax_node().descendants_with_tokens().filter_map(|element| element.into_token());
    for token in tokens {
        let (start, end) = (usize::from(token.text_range().start()), usize::from(token.text_range().end()));
        let (start, end) = (start + code_start, end + code_start);
        if cursor <= start || cursor > end {
            continue;
        }
        match token.kind() {
            SyntaxKind::COMMENT if cursor < end || token.text().starts_with("//") => return Surroundings::Comment,
            SyntaxKind::STRING | SyntaxKind::BYTE_STRING | SyntaxKind::C_STRING => {
                let content = start + token.text().find('"').map_or(0, |at| at + 1);
                if cursor >= content && (cursor < end || !is_closed(token.text())) {
                    return Surroundings::String { start: content };
                }
            }
            _ => {}
        }
    }
    Surroundings::Code
}

/// Files and folders whose path starts with what a string holds before the cursor.
fn files(code: &str, start: usize, cursor: usize) -> Completions {
    let typed = &code[start..cursor];
    let name_start = start + typed.rfind('/').map_or(0, |at| at + 1);
    let (folder, prefix) = (&code[start..name_start], &code[name_start..cursor]);
    let entries = std::fs::read_dir(if folder.is_empty() { "." } else { folder }).into_iter().flatten().flatten();
    let mut items: Vec<Completion> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let hidden = name.starts_with('.') && !prefix.starts_with('.');
            let slash = if entry.path().is_dir() { "/" } else { "" };
            (name.starts_with(prefix) && !hidden).then(|| Completion {
                text: format!("{name}{slash}"),
                kind: "path".to_owned(),
                signature: String::new(),
            })
        })
        .collect();
    items.sort_by(|a, b| a.text.cmp(&b.text));
    Completions { items, start: name_start, end: cursor }
}

/// Whether a cell can be run as it stands: whether its brackets, strings and comments are closed.
fn completeness(code: &str) -> Completeness {
    let code = &code[prepare::code_start(code)..];
    if nesting::check(code).is_err() {
        return Completeness::Invalid;
    }
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
        names.update(&types.into());
        names.items().learn(0, &prepare::prepare("struct Wheel;\nfn walk() {}").items);
        // A session that does not exist has no analyst.
        SomaAssistant::new(Arc::new(names), Analyst::new("/nonexistent".into()))
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
    fn what_is_nested_too_deep_is_not_parsed() {
        for part in ["(", "{", "-", "!", "&", "return ", "|a, b| ", "Box<"] {
            let code = format!("let x = {}", part.repeat(100_000));
            assert_eq!(completeness(&code), Completeness::Invalid);
            let code = format!("{code} we");
            assert_eq!(assistant().complete(&code, code.len()).items[0].text, "weights");
            assert_eq!(assistant().inspect(&format!("{code}ights"), code.len(), 0).unwrap().len(), 1);
        }
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
    fn in_a_string_there_are_files_and_in_its_braces_variables() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("größe.npy"), "").unwrap();
        let code = format!("load(\"{}/gr", folder.path().display());
        let found = assistant().complete(&code, code.len());
        assert_eq!((found.items[0].text.as_str(), found.start), ("größe.npy", code.len() - 2));
        let code = "let s = \"we\";";
        assert_eq!(assistant().complete(code, 11).items, []);
        let words = assistant().complete("println!(\"{we", 13).items;
        assert_eq!(words.iter().map(|item| item.text.as_str()).collect::<Vec<_>>(), ["weights"]);
    }

    #[test]
    fn comments_and_closed_strings_are_told_from_code() {
        assert_eq!(surroundings("// we", 5), Surroundings::Comment);
        assert_eq!(surroundings("/* a */ we", 10), Surroundings::Code);
        assert_eq!(surroundings("\"é\"", 2), Surroundings::String { start: 1 });
        assert_eq!(surroundings("\"a\"", 3), Surroundings::Code);
        assert_eq!(surroundings(":dep a\nr#\"b", 11), Surroundings::String { start: 10 });
    }

    #[test]
    fn inspection_gives_the_type() {
        let text = assistant().inspect("&weights + 1", 4, 0).unwrap()["text/plain"].clone();
        assert_eq!(text, "weights: Tensor");
    }
}

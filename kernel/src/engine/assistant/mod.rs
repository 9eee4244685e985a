//! Answers about code that need no running: whether it is complete, what could follow, what a name is.
//!
//! The session's names, commands, keywords and files are known here and answer at once; what else there is to
//! know of code, the analyst knows, and what it does not say in time the names must do for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ra_ap_syntax::{Edition, SourceFile, SyntaxKind};

use super::commands::{self, Command, Step, Variables};
use super::names::Names;
use super::sentence::sentence;
use super::teacher::lesson::Language;
use super::teacher::names;
use super::value_summary::ValueSummary;
use super::{completeness, imports, nesting, prepare, types};
use crate::analyst::client::{Analyst, Asked};
use crate::analyst::question::{Answer, Wanted};
use soma_jupyter::api::{Assistant, Completeness, Completion, Completions, Failure, MimeBundle};

/// Answers from the session's names and from analysis.
pub struct SomaAssistant {
    names: Arc<Names>,
    analyst: Analyst,
}

/// How long an answer may take before the user is given what is known without it. Meanwhile the analyst goes on
/// reading, and the next question is answered.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long one attempt of `:doc` takes, which can be interrupted between attempts.
const GLANCE: Duration = Duration::from_millis(200);
/// How long the analyst may read before `:doc` of a name that may be there gives up.
const READING: Duration = Duration::from_secs(60);
/// How alike two names are that may be mistaken for one another.
const ALIKE: f64 = 0.85;

/// Small words that are known everywhere and are no keywords.
const BUILT_IN: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "bool",
    "char",
    "dbg",
    "debug_assert",
    "drop",
    "eprintln",
    "f32",
    "f64",
    "format",
    "i128",
    "i16",
    "i32",
    "i64",
    "i8",
    "include_str",
    "isize",
    "matches",
    "panic",
    "print",
    "println",
    "std",
    "core",
    "alloc",
    "str",
    "tensorlib",
    "ndarray",
    "plotters",
    "soma_cell",
    "todo",
    "u128",
    "u16",
    "u32",
    "u64",
    "u8",
    "unimplemented",
    "unreachable",
    "usize",
    "vec",
    "write",
    "writeln",
];

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

    fn ask(&self, wanted: Wanted, code: &str, cursor: usize, patience: Duration) -> Asked {
        let code_start = prepare::code_start(code);
        if cursor < code_start || nesting::check(&code[code_start..]).is_err() {
            return Asked::Unavailable;
        }
        // Commands are no Rust; as blanks they leave offsets as they are.
        let blanks = code[..code_start].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' });
        let rust: String = blanks.chain(code[code_start..].chars()).collect();
        self.analyst.ask(wanted, &rust, cursor, self.names.for_analysis(), patience)
    }

    /// What `:doc` shows of a name. The analyst may first have to read its libraries: `wait` is called between attempts
    /// with the time that it has taken so far, and may give up.
    ///
    /// # Errors
    /// When nothing is known of the name, or `wait` has given up.
    pub fn documentation(
        &self,
        name: &str,
        mut wait: impl FnMut(Duration) -> Result<(), Failure>,
    ) -> Result<MimeBundle, Failure> {
        let started = Instant::now();
        if !self.may_be_known(name) {
            return self.of_another_library(name, wait);
        }
        // Without the import that its documentation would tell of.
        let imported = imports::path_of(name);
        for code in std::iter::once(name).chain(imported.as_deref()) {
            let cursor = code.trim_end_matches("!()").len();
            loop {
                match self.ask(Wanted::Documentation, code, cursor, GLANCE) {
                    Asked::Answered(Answer::Documentation { plain, markdown }) => {
                        return Ok(self.with_value(name, plain, markdown));
                    }
                    Asked::Answered(_) | Asked::Unavailable => break,
                    Asked::NotYet => wait(started.elapsed())?,
                }
            }
        }
        self.known_by_name(name).ok_or_else(|| self.nothing_known(name))
    }

    /// Whether there may be something to find: of a small word alone that nothing known has there is not, and nobody need
    /// wait until libraries are read.
    fn may_be_known(&self, name: &str) -> bool {
        let (variables, items) = self.names.get();
        let is_word = name.chars().all(|c| c.is_alphanumeric() || c == '_') && name.starts_with(char::is_lowercase);
        !is_word
            || variables.contains_key(name)
            || items.iter().any(|item| item == name)
            || imports::of_the_prelude().contains(name)
            || KEYWORDS.contains(&name)
            || BUILT_IN.contains(&name)
    }

    /// What a name of PyTorch's or NumPy's is called here, with the documentation of that.
    fn of_another_library(
        &self,
        name: &str,
        wait: impl FnMut(Duration) -> Result<(), Failure>,
    ) -> Result<MimeBundle, Failure> {
        let known = names::of_another_library(name, true).or_else(|| names::of_another_library(name, false));
        let Some(known) = known else { return Err(self.nothing_known(name)) };
        let sentence = Language::of_the_reader(|name| std::env::var(name).ok()).of(&known.sentence).to_owned();
        let item =
            known.replacement.map(|item| match names::is_method(item) && !imports::of_the_prelude().contains(item) {
                true => format!("Tensor::{item}"),
                false => item.to_owned(),
            });
        let documented = item.map(|item| self.documentation(&item, wait)).transpose().ok().flatten();
        let mut page = documented.unwrap_or_default();
        for mime in ["text/plain", "text/markdown"] {
            let text = page.entry(mime.to_owned()).or_default();
            *text = format!("{sentence}\n\n{text}").trim_end().to_owned();
        }
        Ok(page)
    }

    fn nothing_known(&self, name: &str) -> Failure {
        let (variables, items) = self.names.get();
        let known = variables.keys().chain(&items).chain(imports::of_the_prelude());
        let near = known
            .map(|known| (strsim::jaro_winkler(name, known), known))
            .filter(|(likeness, _)| *likeness >= ALIKE)
            .max_by(|(a, _), (b, _)| a.total_cmp(b));
        let advice = match near {
            Some((_, near)) => format!("did you mean `{near}`?"),
            None if !self.analyst.knows_std() => {
                "if it is the standard library's, `rustup component add rust-src` adds what is known of that".to_owned()
            }
            None => "is it spelt as in a cell that could use it?".to_owned(),
        };
        sentence("NameError", &format!("nothing is known of `{name}`: {advice}"))
    }

    /// Documentation, with what a variable of this name holds.
    fn with_value(&self, name: &str, mut plain: String, mut markdown: String) -> MimeBundle {
        if let Some(held) = self.names.values().get(name) {
            plain = format!("{plain}\n\n{}", holds(held, ""));
            markdown = format!("{markdown}\n\n{}", holds(held, "`"));
        }
        MimeBundle::from([("text/plain".to_owned(), plain), ("text/markdown".to_owned(), markdown)])
    }

    /// What is known of a name without analysis.
    fn known_by_name(&self, name: &str) -> Option<MimeBundle> {
        let (variables, defined) = self.names.get();
        let text = match variables.get(name) {
            Some(ty) => {
                let ty = ty.as_deref().map_or("(a type without a name)".into(), types::short);
                match self.names.values().get(name) {
                    Some(held) => format!("{name}: {ty}\n{}", holds(held, "")),
                    None => format!("{name}: {ty}"),
                }
            }
            None if defined.iter().any(|known| known == name) => format!("`{name}` is defined in this notebook"),
            None => return None,
        };
        Some(MimeBundle::from([("text/plain".to_owned(), text)]))
    }

    fn analysed_completions(&self, code: &str, cursor: usize, patience: Duration) -> Option<Completions> {
        let Asked::Answered(Answer::Completions { candidates, start, end }) =
            self.ask(Wanted::Completions, code, cursor, patience)
        else {
            return None;
        };
        let items = candidates.into_iter().map(|candidate| Completion {
            text: candidate.text,
            kind: candidate.kind,
            signature: candidate.signature,
        });
        Some(Completions { items: items.collect(), start, end })
    }

    /// What follows the dot behind a tensor, or `plot::`, as far as names alone tell; none of what only analysis knows.
    fn members(&self, code: &str, start: usize, cursor: usize) -> Option<Completions> {
        let typed = &code[start..cursor];
        let completion = |name: &str, signature: &str| Completion {
            text: name.to_owned(),
            kind: "function".to_owned(),
            signature: signature.to_owned(),
        };
        let before = code[..start].trim_end_matches(['.', ':']);
        let name = &before[word_start(before, before.len())..];
        let items: Vec<Completion> = if code[..start].ends_with("::") {
            names::functions_of(name)
                .filter(|function| function.starts_with(typed))
                .map(|name| completion(name, ""))
                .collect()
        } else {
            let (variables, _) = self.names.get();
            let ty = variables.get(name)?.as_deref()?;
            if types::short(ty) != "Tensor" {
                return None;
            }
            let called = |name: &str, aliases: &[&str]| {
                name.starts_with(typed) || !typed.is_empty() && aliases.iter().any(|alias| alias.starts_with(typed))
            };
            let methods = names::methods().filter(|(name, aliases)| called(name, aliases));
            methods.map(|(name, aliases)| completion(name, &aliases.join(", "))).collect()
        };
        (!items.is_empty()).then_some(Completions { items, start, end: cursor })
    }

    /// Variables, items, the tensor library's functions and keywords that start with the word before the cursor.
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
        for name in imports::of_the_prelude().iter().filter(|name| !word.is_empty() && !name.starts_with("try_")) {
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
        completeness::of(code)
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
        // While the analyst reads its libraries, what is known by name is said at once.
        let known = || match code[..start].ends_with(['.', ':']) {
            true => self.members(code, start, cursor),
            false => Some(self.named_completions(code, start, cursor)),
        };
        let is_ready = self.analyst.is_ready();
        let at_once = if is_ready { None } else { known().filter(|found| !found.items.is_empty()) };
        let patience = if at_once.is_some() { Duration::ZERO } else { PATIENCE };
        if let Some(found) = self.analysed_completions(code, cursor, patience) {
            return found;
        }
        let nothing = || Completions { items: Vec::new(), start, end: cursor };
        at_once.or_else(known).unwrap_or_else(nothing)
    }

    fn answer(&self, code: &str) -> Option<Result<MimeBundle, Failure>> {
        let (types, _) = self.names.get();
        // Looking documentation up locks the values again.
        let step = commands::answer(code, Variables { types: &types, values: &self.names.values() })?;
        match step {
            Ok(Step::Documentation(name)) => Some(self.documentation(&name, still_reading)),
            Ok(Step::Answer(answer)) => Some(Ok(answer)),
            Ok(_) => None,
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
        let subject = if code[..start].ends_with(['.', ':']) { "" } else { word };
        match self.ask(Wanted::Documentation, code, cursor, PATIENCE) {
            Asked::Answered(Answer::Documentation { plain, markdown }) => {
                Some(self.with_value(subject, plain, markdown))
            }
            _ => self.known_by_name(word),
        }
    }
}

/// Waits for the analyst to read what it needs, as long as anybody would.
///
/// # Errors
/// When that has taken too long.
pub fn still_reading(taken: Duration) -> Result<(), Failure> {
    if taken < READING {
        return Ok(());
    }
    Err(sentence("TimeoutError", "the documentation is still being read; ask again in a moment"))
}

/// What a variable held after the last cell.
fn holds(held: &ValueSummary, quote: &str) -> String {
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
    use crate::engine::items::CellOf;

    fn assistant() -> SomaAssistant {
        let names = Names::default();
        let types = [("weights".to_owned(), Some("tensorlib::Tensor".to_owned())), ("wide".to_owned(), None)];
        names.update(&types.into());
        let items = prepare::prepare("struct Wheel;\nfn walk() {}").items;
        names.items().learn(&CellOf { place: 0, id: None, items: &items });
        // A session that does not exist has no analyst.
        SomaAssistant::new(Arc::new(names), Analyst::new("/nonexistent".into()))
    }

    #[test]
    fn what_is_nested_too_deep_is_not_parsed() {
        for part in ["(", "{", "-", "!", "&", "return ", "|a, b| ", "Box<"] {
            let code = format!("let x = {}", part.repeat(100_000));
            assert_eq!(assistant().completeness(&code), Completeness::Invalid);
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
        assert_eq!(words[..3], ["weights", "wide", "walk"]);
        assert_eq!(words[words.len() - 2..], ["where", "while"]);
    }

    #[test]
    fn what_tensors_have_is_known_before_anything_is_read() {
        let texts = |code: &str| -> Vec<String> {
            assistant().complete(code, code.len()).items.into_iter().map(|item| item.text).collect()
        };
        assert!(texts("weights.").len() > 200);
        assert!(texts("weights.su").contains(&"sum_dim".to_owned()));
        assert!(texts("weights.powe").contains(&"pow".to_owned()), "PyTorch's and NumPy's `power`");
        assert!(texts("plot::his").contains(&"histogram".to_owned()));
        assert!(texts("let y = zer").contains(&"zeros".to_owned()));
        assert!(texts("wide.").is_empty(), "of other types only analysis knows");
    }

    #[test]
    fn a_word_that_nothing_has_is_told_at_once_and_another_librarys_with_its_name_here() {
        let page = |name: &str| assistant().documentation(name, |_| panic!("it waits"));
        let error = page("nosuch").unwrap_err();
        assert!(error.message.contains("nothing is known of `nosuch`"), "{}", error.message);
        assert!(page("concatenate").unwrap()["text/plain"].contains("`cat`"));
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

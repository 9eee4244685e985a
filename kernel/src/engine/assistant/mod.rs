//! Answers questions about code without running it: whether it is complete, what could follow, what a name is.
//!
//! The session's names, commands, keywords and files are known here, so these answers come at once. The analyst answers
//! the rest; if it does not answer in time, the names have to be enough.

mod completions;
mod documentation;
mod place;

use std::sync::Arc;
use std::time::Duration;

use soma_jupyter::api::{Assistant, Completeness, Completion, Completions, Failure, MimeBundle};

use self::place::{Surroundings, floor, is_word, surroundings, word_start};
use super::commands::{self, Command, Step, Variables};
use super::names::Names;
use super::{completeness, nesting, prepare};
use crate::analyst::client::{Analyst, Asked};
use crate::analyst::question::{Answer, Wanted};

pub use self::documentation::still_reading;

/// Answers from the session's names and from analysis.
pub struct SomaAssistant {
    names: Arc<Names>,
    analyst: Analyst,
}

/// How long an answer may take before the user gets the one that needs no analysis. Meanwhile the analyst goes on
/// reading, and answers the next question.
const PATIENCE: Duration = Duration::from_secs(2);
/// Rust's keywords, for completion.
const KEYWORDS: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "false", "fn",
    "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "type", "unsafe", "use", "where", "while",
];

impl SomaAssistant {
    /// An assistant for a session with these names and this analyst.
    pub fn new(names: Arc<Names>, analyst: Analyst) -> SomaAssistant {
        SomaAssistant { names, analyst }
    }

    fn ask(&self, wanted: Wanted, code: &str, cursor: usize, patience: Duration) -> Asked {
        let code_start = prepare::code_start(code);
        if cursor < code_start || nesting::check(&code[code_start..]).is_err() {
            return Asked::Unavailable;
        }
        // Commands are not Rust. Blanks replace them, so that offsets stay.
        let blanks = code[..code_start].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' });
        let rust: String = blanks.chain(code[code_start..].chars()).collect();
        self.analyst.ask(wanted, &rust, cursor, self.names.for_analysis(), patience)
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
        // While the analyst reads its libraries, the names are returned at once.
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
        // The lookup of documentation locks the values again.
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
        // After `.` or `::`, a word does not name a variable, even if a variable has the same name.
        let subject = if code[..start].ends_with(['.', ':']) { "" } else { word };
        match self.ask(Wanted::Documentation, code, cursor, PATIENCE) {
            Asked::Answered(Answer::Documentation { plain, markdown }) => {
                Some(self.with_value(subject, plain, markdown))
            }
            _ => self.known_by_name(word),
        }
    }
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
        // Without a session's folder there is no analyst.
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
    fn inspection_gives_the_type() {
        let text = assistant().inspect("&weights + 1", 4, 0).unwrap()["text/plain"].clone();
        assert_eq!(text, "weights: Tensor");
    }
}

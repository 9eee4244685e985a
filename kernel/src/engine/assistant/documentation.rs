//! The documentation of a name.

use std::time::{Duration, Instant};

use soma_jupyter::api::{Failure, MimeBundle};

use super::{KEYWORDS, SomaAssistant};
use crate::analyst::client::Asked;
use crate::analyst::question::{Answer, Wanted};
use crate::engine::sentence::sentence;
use crate::engine::teacher::lesson::Language;
use crate::engine::teacher::names;
use crate::engine::value_summary::ValueSummary;
use crate::engine::{imports, type_names};

/// How long one attempt of `:doc` takes; an interrupt takes effect between attempts.
const GLANCE: Duration = Duration::from_millis(200);
/// How long the analyst may read its libraries before `:doc` gives up.
const READING: Duration = Duration::from_secs(60);
/// How similar two names must be to count as a misspelling of one another.
const ALIKE: f64 = 0.85;

/// Short words that are built in without being keywords.
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

impl SomaAssistant {
    /// The documentation that `:doc` shows. The analyst may first have to read its libraries: `wait` is called between
    /// attempts with the time so far, and may give up.
    ///
    /// # Errors
    /// When nothing is known of the name, or `wait` gives up.
    pub fn documentation(
        &self,
        name: &str,
        mut wait: impl FnMut(Duration) -> Result<(), Failure>,
    ) -> Result<MimeBundle, Failure> {
        let started = Instant::now();
        if !self.may_be_known(name) {
            return self.of_another_library(name, wait);
        }
        // A name of the prelude is also looked up by its full path, in case it is not imported.
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

    /// Whether analysis may find something. A plain lower-case name that nothing defines needs no analysis, so the user
    /// need not wait until libraries are read.
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

    /// The equivalent of a name from PyTorch or NumPy, with its documentation.
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
                "for the standard library, `rustup component add rust-src` adds the documentation".to_owned()
            }
            None => "is it spelt as in a cell that could use it?".to_owned(),
        };
        sentence("NameError", &format!("nothing is known of `{name}`: {advice}"))
    }

    /// Documentation, with the value of a variable of this name.
    pub(super) fn with_value(&self, name: &str, mut plain: String, mut markdown: String) -> MimeBundle {
        if let Some(held) = self.names.values().get(name) {
            plain = format!("{plain}\n\n{}", holds(held, ""));
            markdown = format!("{markdown}\n\n{}", holds(held, "`"));
        }
        MimeBundle::from([("text/plain".to_owned(), plain), ("text/markdown".to_owned(), markdown)])
    }

    /// The documentation of a name that needs no analysis.
    pub(super) fn known_by_name(&self, name: &str) -> Option<MimeBundle> {
        let (variables, defined) = self.names.get();
        let text = match variables.get(name) {
            Some(ty) => {
                let ty = ty.as_deref().map_or("(a type without a name)".into(), type_names::short);
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
}

/// Lets the analyst read its libraries for a limited time.
///
/// # Errors
/// When it takes too long.
pub fn still_reading(taken: Duration) -> Result<(), Failure> {
    if taken < READING {
        return Ok(());
    }
    Err(sentence("TimeoutError", "the documentation is still being read; ask again in a moment"))
}

/// The value of a variable after the last cell, in words.
fn holds(held: &ValueSummary, quote: &str) -> String {
    let value = if held.value.is_empty() { "no values".to_owned() } else { format!("{quote}{}{quote}", held.value) };
    match held.summary() {
        summary if summary.is_empty() => format!("holds {value}"),
        summary => format!("{summary}: {value}"),
    }
}

//! Completions: what could follow in a cell.

use std::time::Duration;

use soma_jupyter::api::{Completion, Completions};

use super::place::word_start;
use super::{KEYWORDS, SomaAssistant};
use crate::analyst::client::Asked;
use crate::analyst::question::{Answer, Wanted};
use crate::engine::teacher::names;
use crate::engine::{imports, type_names};

impl SomaAssistant {
    /// The analyst's completions, if they come in time.
    pub(super) fn analysed_completions(&self, code: &str, cursor: usize, patience: Duration) -> Option<Completions> {
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

    /// The members after a tensor's dot or after `plot::`, as far as names alone tell them; `None` where only
    /// analysis knows them.
    pub(super) fn members(&self, code: &str, start: usize, cursor: usize) -> Option<Completions> {
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
            if type_names::short(ty) != "Tensor" {
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
    pub(super) fn named_completions(&self, code: &str, start: usize, cursor: usize) -> Completions {
        let word = &code[start..cursor];
        let (variables, defined) = self.names.get();
        let mut items: Vec<Completion> = Vec::new();
        let mut add = |text: &str, kind: &str, signature: String| {
            if text.starts_with(word) && !items.iter().any(|item| item.text == text) {
                items.push(Completion { text: text.to_owned(), kind: kind.to_owned(), signature });
            }
        };
        for (name, ty) in &variables {
            add(name, "instance", ty.as_deref().map(type_names::short).unwrap_or_default());
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

    /// Completions in a string: names if the cursor is in braces, otherwise paths of files.
    pub(super) fn completions_in_string(&self, code: &str, string_start: usize, cursor: usize) -> Completions {
        let start = word_start(code, cursor);
        if code[string_start..start].ends_with('{') && !code[string_start..start].ends_with("{{") {
            let mut found = self.named_completions(code, start, cursor);
            found.items.retain(|item| item.kind == "instance");
            return found;
        }
        files(code, string_start, cursor)
    }
}

/// Files and folders whose path starts with the string's content before the cursor.
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

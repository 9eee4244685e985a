//! Notes below a compiler's message: the compiler's own, if they are about the user's code, and hints that only a
//! notebook can give.

use soma_driver::diagnostic::{Diagnostic, DiagnosticLevel};
use soma_driver::evcxr::messages::names_generated_code;

use super::imports;

/// How many imports are offered for a name.
const IMPORTS: usize = 4;

/// Words of notes that are about generated code, or that explain nothing by themselves.
const INTERNAL: &[&str] = &[
    // Definitions in the library are not shown.
    "function defined here",
    "method defined here",
    "associated function defined here",
    // Following these would silently compute something else.
    "remove the extra argument",
    "escape `",
    "nightly-only",
    "the following other types implement trait",
    "the following types implement trait",
    "items from traits can only be used if the trait is in scope",
    "has a name defined in the doc alias attribute as",
    "required by a bound",
    "does not implement `PartialEq`",
    "does not implement `PartialOrd",
    "does not implement `Bit",
    "soma",
    "required for `&",
    "is not implemented for `",
    "consider annotating",
    // How the lint was enabled.
    "on by default",
    "requested on the command line",
];

/// The notes to show below a message of the compiler.
pub fn notes(message: &Diagnostic) -> Vec<String> {
    let is_explained = is_imported_by_a_line(&message.message);
    let said =
        message.children.iter().filter(|child| matches!(child.level, DiagnosticLevel::Help | DiagnosticLevel::Note));
    let mut notes: Vec<String> = said.filter_map(|child| note(child, is_explained)).collect();
    notes.extend(hint(&message.message).map(str::to_owned));
    notes.dedup();
    notes
}

/// The text of one of the compiler's notes, if it is worth showing.
fn note(child: &Diagnostic, is_explained: bool) -> Option<String> {
    let message = &child.message;
    let replacements: Vec<&str> =
        child.spans.iter().filter_map(|span| Some(span.suggested_replacement.as_deref()?.trim())).collect();
    if replacements.first().is_some_and(|text| text.starts_with("use ") && text.ends_with(';')) {
        return import(&replacements);
    }
    let beginnings = ["you might be missing a crate named `", "if you wanted to use a crate named `"];
    let after = beginnings.iter().find_map(|beginning| message.strip_prefix(beginning));
    if let Some(name) = after.and_then(|rest| rest.split('`').next()) {
        let advice = format!("if `{name}` is a crate, a line `:dep {name}` at the top of the cell adds it");
        return (!is_explained).then_some(advice);
    }
    let replacement = replacements.first().copied().unwrap_or_default();
    let is_internal = |text: &str| INTERNAL.iter().any(|word| text.contains(word)) || names_generated_code(text);
    if is_internal(message) || is_internal(replacement) {
        return None;
    }
    Some(if replacement.is_empty() || replacement.len() > 80 || message.contains(&format!("`{replacement}")) {
        message.clone()
    } else {
        format!("{message}: `{replacement}`")
    })
}

/// The imports that the compiler offers, as lines for the cell, the standard library's first.
fn import(lines: &[&str]) -> Option<String> {
    let mut lines: Vec<String> =
        lines.iter().map(|line| imports::usual(line)).filter(|line| !names_generated_code(line)).collect();
    lines.sort_by_key(|line| !line.starts_with("use std::"));
    lines.dedup();
    let offered: Vec<String> = lines.iter().take(IMPORTS).map(|line| format!("`{line}`")).collect();
    match offered.len() {
        // The teacher offers a single one.
        0 | 1 => None,
        _ => Some(format!("import one of these: {}", offered.join(" or "))),
    }
}

/// Whether a message says that a name is missing which an import brings in; the teacher offers that import.
fn is_imported_by_a_line(message: &str) -> bool {
    let named = message.strip_prefix("cannot find ").and_then(|rest| rest.split_once(" `"));
    let named = named.and_then(|(kind, rest)| Some((kind, rest.split_once('`')?)));
    named.is_some_and(|(kind, (name, place))| {
        place.starts_with(" in this scope") && imports::line_for(name, kind).is_some()
    })
}

/// A hint that the compiler does not give.
fn hint(message: &str) -> Option<&'static str> {
    (message == "extern blocks must be unsafe").then_some(
        "write `unsafe extern \"C\" { … }`: since the 2024 edition of Rust, `unsafe` stands before such a block",
    )
}

/// The advice about a syntax error on a line that is a command.
pub fn about_line(line: &str) -> Option<&'static str> {
    let is_command = line.starts_with(':') && !line.starts_with("::");
    is_command.then_some("write commands (`:vars`) at the beginning of a cell, before its code")
}

#[cfg(test)]
mod tests {
    use soma_driver::diagnostic;

    use super::*;

    fn child(message: &str, replacements: &[&str]) -> Diagnostic {
        let mut child = diagnostic::error("", message, Some(("src/cell.rs", 1)));
        child.level = DiagnosticLevel::Help;
        let span = child.spans.remove(0);
        child.spans.extend(replacements.iter().map(|text| {
            let mut span = span.clone();
            span.suggested_replacement = Some((*text).to_owned());
            span
        }));
        child
    }

    fn said(message: &str, children: &[Diagnostic]) -> Vec<String> {
        let mut diagnostic = diagnostic::error("E0425", message, None);
        diagnostic.children.extend_from_slice(children);
        notes(&diagnostic)
    }

    #[test]
    fn imports_are_offered_as_lines() {
        let several = child(
            "consider importing one of these items",
            &["use crate::evcxr_internal_runtime::Result;\n", "use anyhow::Result;\n", "use std::fmt::Result;\n"],
        );
        assert_eq!(said("x", &[several]), ["import one of these: `use std::fmt::Result;` or `use anyhow::Result;`"]);
        let internal = child("consider importing this struct", &["use soma_cell::store::VariableStore;\n"]);
        assert!(said("x", &[internal]).is_empty());
    }

    #[test]
    fn a_name_of_the_tensor_library_is_no_missing_crate() {
        let crates = child("you might be missing a crate named `plot`", &[]);
        assert!(said("cannot find module or crate `plot` in this scope", &[crates]).is_empty());
    }

    #[test]
    fn a_missing_crate_is_added_by_a_command() {
        let crates = child("you might be missing a crate named `serde`", &[]);
        let said = said("cannot find module or crate `serde` in this scope", &[crates]);
        assert!(said[0].contains("`:dep serde`"), "{said:?}");
    }

    #[test]
    fn late_commands_are_told_from_paths() {
        assert!(about_line(":vars").is_some() && about_line("::a::b()").is_none());
    }
}

//! What helps on with a compiler's message: its own notes, as far as they are about what people have typed, and what a
//! notebook knows better.

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};
use serde_json::Value;

use super::imports;

/// How many imports are offered of a name.
const IMPORTS: usize = 4;

/// Words of notes that are about generated code, or say nothing by themselves.
const INTERNAL: &[&str] = &[
    "evcxr",
    "soma",
    "generated",
    "src/lib.rs",
    "required for `&",
    "is not implemented for `",
    "consider annotating",
    // How the lint was turned on.
    "on by default",
    "requested on the command line",
];

/// What is worth saying under a message of the compiler.
pub fn notes(message: &Value) -> Vec<String> {
    let text = message["message"].as_str().unwrap_or_default();
    let code = message["code"]["code"].as_str().unwrap_or_default();
    let missing = missing_import(text);
    let children = message["children"].as_array().map(Vec::as_slice).unwrap_or_default();
    let said = children.iter().filter(|child| matches!(child["level"].as_str(), Some("help" | "note")));
    let said = said.filter_map(|child| note(child, missing.is_some()));
    let mut notes: Vec<String> = missing.clone().into_iter().chain(said).collect();
    notes.extend(hint(code, text).map(str::to_owned));
    notes.dedup();
    notes
}

/// A note of the compiler's.
fn note(child: &Value, is_explained: bool) -> Option<String> {
    let message = child["message"].as_str()?;
    let spans = child["spans"].as_array().map(Vec::as_slice).unwrap_or_default();
    let replacements: Vec<&str> =
        spans.iter().filter_map(|span| Some(span["suggested_replacement"].as_str()?.trim())).collect();
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
    if INTERNAL.iter().any(|word| message.contains(word) || replacement.contains(word)) {
        return None;
    }
    Some(if replacement.is_empty() || replacement.len() > 80 || message.contains(&format!("`{replacement}")) {
        message.to_owned()
    } else {
        format!("{message}: `{replacement}`")
    })
}

/// Imports that the compiler offers, as lines to put into the cell, the standard library's first.
fn import(lines: &[&str]) -> Option<String> {
    let is_internal = |line: &str| ["evcxr", "soma_", "generated"].iter().any(|word| line.contains(word));
    let mut lines: Vec<String> =
        lines.iter().map(|line| imports::usual(line)).filter(|line| !is_internal(line)).collect();
    lines.sort_by_key(|line| !line.starts_with("use std::"));
    lines.dedup();
    let offered: Vec<String> = lines.iter().take(IMPORTS).map(|line| format!("`{line}`")).collect();
    match offered.len() {
        0 => None,
        1 => Some(format!("import it: {}", offered[0])),
        _ => Some(format!("import one of these: {}", offered.join(" or "))),
    }
}

/// The import that a missing name needs which the compiler does not know of.
fn missing_import(message: &str) -> Option<String> {
    let (kind, rest) = message.strip_prefix("cannot find ")?.split_once(" `")?;
    let (name, place) = rest.split_once('`')?;
    let line = imports::line_for(name, kind).filter(|_| place.starts_with(" in this scope"))?;
    Some(match line == imports::PRELUDE {
        true => format!("`{name}` is the tensor library's: `{line}`"),
        false => format!("import it: `{line}`"),
    })
}

/// A hint where learners stumble.
fn hint(code: &str, message: &str) -> Option<&'static str> {
    match code {
        "E0382" | "E0505" => Some(
            "a value that was moved is gone: write `&x + &y` to use tensors without moving them, or `x.clone()` for a copy",
        ),
        "E0608" => {
            Some("tensors are indexed with `.i(…)`: `b.i(0)` is the first row, `b.i((.., 1..))` all rows from column 1")
        }
        "E0384" | "E0596" => Some("write `let mut x = …;` where the variable is defined, or `let mut x = x;` here"),
        _ if message == "extern blocks must be unsafe" => Some(
            "write `unsafe extern \"C\" { … }`: since the 2024 edition of Rust, `unsafe` stands before such a block",
        ),
        _ => None,
    }
}

/// What to say of a syntax error on a line that is a command, or has a comment as Python has them.
pub fn about_line(line: &str) -> Option<&'static str> {
    if line.starts_with(':') && !line.starts_with("::") {
        return Some("commands (`:vars`) stand at the beginning of a cell, before its code");
    }
    let mut tokens =
        tokenize(line, FrontmatterAllowed::No).filter(|token| token.kind != TokenKind::Whitespace).peekable();
    while let Some(token) = tokens.next() {
        let next = tokens.peek().map(|token| token.kind);
        if token.kind == TokenKind::Pound && !matches!(next, Some(TokenKind::OpenBracket | TokenKind::Bang)) {
            return Some("a comment begins with `//` in Rust, not with `#`");
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn child(message: &str, replacements: &[&str]) -> Value {
        let spans: Vec<Value> = replacements.iter().map(|text| json!({ "suggested_replacement": text })).collect();
        json!({ "level": "help", "message": message, "spans": spans })
    }

    fn said(message: &str, children: &[Value]) -> Vec<String> {
        notes(&json!({ "message": message, "code": { "code": "E0425" }, "children": children }))
    }

    #[test]
    fn imports_are_offered_as_lines() {
        let one = child("consider importing this struct", &["use std::collections::HashMap;\n"]);
        assert_eq!(
            said("cannot find type `HashMap` in this scope", &[one]),
            ["import it: `use std::collections::HashMap;`"]
        );
        let several = child(
            "consider importing one of these items",
            &["use crate::evcxr_internal_runtime::Result;\n", "use anyhow::Result;\n", "use std::fmt::Result;\n"],
        );
        assert_eq!(said("x", &[several]), ["import one of these: `use std::fmt::Result;` or `use anyhow::Result;`"]);
        let internal = child("consider importing this struct", &["use soma_cell::store::VariableStore;\n"]);
        assert!(said("x", &[internal]).is_empty());
    }

    #[test]
    fn the_tensor_library_is_imported_whole() {
        let message = "cannot find function `ones` in this scope";
        assert_eq!(said(message, &[]), ["`ones` is the tensor library's: `use tensorlib::prelude::*;`"]);
        let crates = child("you might be missing a crate named `plot`", &[]);
        let message = "cannot find module or crate `plot` in this scope";
        assert_eq!(said(message, &[crates]), ["`plot` is the tensor library's: `use tensorlib::prelude::*;`"]);
        assert!(said("cannot find function `ones` in module `crate::m`", &[]).is_empty());
    }

    #[test]
    fn a_missing_crate_is_added_by_a_command() {
        let crates = child("you might be missing a crate named `serde`", &[]);
        let said = said("cannot find module or crate `serde` in this scope", &[crates]);
        assert!(said[0].contains("`:dep serde`"), "{said:?}");
    }

    #[test]
    fn comments_of_python_and_late_commands_are_told_from_rust() {
        for line in ["# a comment", "let x = 5 # five", "#comment", "x # [not] one"] {
            assert_ne!(about_line(line).is_some(), line.contains('['), "{line}");
        }
        for line in ["#[derive(Debug)]", "#![allow(unused)]", "let s = \"# no\"; // # no", "r#\"a\"#", "r#type"] {
            assert_eq!(about_line(line), None, "{line}");
        }
        assert!(about_line(":vars").is_some() && about_line("::a::b()").is_none());
    }
}

//! Names that need an import: from the tensor library, Soma or the standard library.

use soma_driver::evcxr::messages::names_generated_code;

use super::super::lesson::{Edit, Lesson, sentence};
use super::Question;
use crate::engine::imports::{self, PRELUDE};

/// The usual imports of names that the standard library has in several places.
const USUAL: [&str; 15] = [
    "use tensorlib::picture::Activation;",
    "use std::collections::HashMap;",
    "use std::collections::HashSet;",
    "use std::collections::BTreeMap;",
    "use std::time::Duration;",
    "use std::time::Instant;",
    "use std::thread;",
    "use std::fs;",
    "use std::fmt;",
    "use std::io;",
    "use std::env;",
    "use std::rc::Rc;",
    "use std::sync::Arc;",
    "use std::f64::consts::PI;",
    "use ndarray::array;",
];

/// Imports of the tensor library that import nothing usable.
pub const EMPTY: [&str; 2] = ["use tensorlib;", "use tensorlib::prelude;"];

/// A name that is not imported.
pub fn missing(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let message = &problem.message;
    if message.starts_with("unresolved import") {
        return wrong_import(question);
    }
    let (kind, rest) = message.strip_prefix("cannot find ").and_then(|rest| rest.split_once(" `")).unwrap_or_default();
    let (name, place) = rest.split_once('`').unwrap_or_default();
    if !place.starts_with(" in this scope") {
        // A method of a trait that is not imported.
        let offered = imports_offered(question);
        let line = offered.iter().map(|line| imports::usual(line)).find(|line| line == PRELUDE)?;
        return Some(with_line(question, &line, problem.quoted().first()?));
    }
    // A crate's path, not a function's name; or a name of a kind that is rarely meant.
    let is_a_path = question.code[question.problem.at.end..].starts_with("::");
    if is_a_path
        && kind.contains("module")
        && !matches!(name, "plot" | "picture" | "nn" | "F" | "optim" | "data" | "autograd")
        && !USUAL.iter().any(|line| line.ends_with(&format!("::{name};")))
    {
        return None;
    }
    // A lower-case value is a variable that was not defined.
    let is_a_variable = kind == "value" && name.starts_with(char::is_lowercase);
    if let Some(line) = imports::line_for(name, kind).filter(|_| !is_a_variable) {
        return Some(with_line(question, &line, name));
    }
    // It ends the kernel, which the user does not mean.
    if matches!(name, "exit" | "quit") {
        return None;
    }
    let usual = USUAL.iter().find(|line| line.trim_end_matches(';').ends_with(&format!("::{name}")));
    let offered = imports_offered(question);
    let line = match (usual, &offered[..]) {
        (Some(line), _) => (*line).to_owned(),
        (None, [line]) => imports::usual(line),
        (None, lines) => {
            let mut standard = lines.iter().filter(|line| line.starts_with("use std::"));
            let line = standard.next().filter(|_| standard.next().is_none())?;
            line.clone()
        }
    };
    let is_usual = usual.is_some() || name.starts_with(char::is_uppercase) && !line.starts_with("use crate::");
    (line.matches(' ').count() == 1 && is_usual).then(|| with_line(question, &line, name))
}

/// The imports that the compiler offers for a name.
fn imports_offered(question: &Question) -> Vec<String> {
    let edits = question.problem.suggestions.iter().flat_map(|suggestion| &suggestion.edits);
    let mut lines: Vec<String> =
        edits.filter(|edit| edit.text.trim().starts_with("use ")).map(|edit| edit.text.trim().to_owned()).collect();
    lines.retain(|line| !names_generated_code(line) || line.contains("soma_cell::tensorlib"));
    lines.dedup();
    lines
}

/// An import above the cell, or in place of one that imports nothing usable.
fn with_line(question: &Question, line: &str, name: &str) -> Lesson {
    if line == PRELUDE {
        let sentence = sentence!(
            "`{name}` is part of the tensor library; `{line}` imports all of it",
            "`{name}` 属于张量库，用 `{line}` 全部导入"
        );
        let empty = EMPTY.iter().find_map(|empty| Some((question.code.find(empty)?, empty.len())));
        return match empty {
            Some((at, length)) => Lesson::replacing(at..at + length, line, sentence),
            None => Lesson::of(vec![above(line)], sentence),
        };
    }
    let sentence = sentence!("`{name}` has to be imported, above the other lines", "`{name}` 需要导入，写在最上面");
    Lesson::of(vec![above(line)], sentence)
}

fn above(line: &str) -> Edit {
    Edit { at: 0..0, text: format!("{line}\n") }
}

/// `use torch;`, `use std::HashMap;`
fn wrong_import(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let path = *problem.quoted().first()?;
    let first = path.split("::").next().unwrap_or_default();
    let start = question.code[..problem.at.start].rfind("use ")?;
    let end = start + question.code[start..].find(';')? + 1;
    if matches!(first, "torch" | "numpy" | "np" | "matplotlib" | "candle" | "tch") {
        let sentence =
            sentence!("tensors, plots and all are imported by `{PRELUDE}`", "张量、绘图等用 `{PRELUDE}` 导入");
        return Some(Lesson::replacing(start..end, PRELUDE, sentence));
    }
    let name = path.rsplit("::").next()?;
    let line =
        USUAL.iter().find(|line| line.trim_end_matches(';').ends_with(&format!("::{name}")) && first == "std")?;
    let sentence = sentence!("`{name}` has to be imported: `{line}`", "`{name}` 需要导入：`{line}`");
    Some(Lesson::replacing(start..end, *line, sentence))
}

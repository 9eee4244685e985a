//! Notebook files: cells, and what they gave.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::comparison::{self, Compared};

/// A notebook, as in its file (format 4).
#[derive(Clone, Debug)]
pub struct Notebook {
    content: Value,
}

/// A cell of code with its outputs.
#[derive(Clone, Copy, Debug)]
pub struct CodeCell<'a> {
    cell: &'a Value,
}

/// An output of type `error`.
#[derive(Debug)]
pub struct CellError {
    /// The kind of error.
    pub name: String,
    /// The error in one line.
    pub value: String,
    /// What a person sees, without colours.
    pub traceback: String,
}

impl Notebook {
    /// Reads a notebook's file.
    ///
    /// # Panics
    /// When there is none.
    pub fn read(path: &Path) -> Notebook {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let content = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Notebook { content }
    }

    /// A new notebook for Soma with these cells of code.
    pub fn of(cells: &[&str]) -> Notebook {
        let cells: Vec<Value> = cells.iter().enumerate().map(|(index, source)| code_cell(index, source)).collect();
        let metadata = json!({ "kernelspec": { "name": "soma", "display_name": "Rust (Soma)", "language": "rust" } });
        Notebook { content: json!({ "nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells }) }
    }

    /// The notebook with a tag on a cell, such as `parameters`.
    pub fn with_tag(mut self, cell: usize, tag: &str) -> Notebook {
        self.content["cells"][cell]["metadata"]["tags"] = json!([tag]);
        self
    }

    /// The notebook as it is before its first run.
    pub fn without_outputs(&self) -> Notebook {
        let mut content = self.content.clone();
        let cells = content["cells"].as_array_mut().into_iter().flatten();
        for cell in cells.filter(|cell| cell["cell_type"] == "code") {
            cell["outputs"] = json!([]);
            cell["execution_count"] = Value::Null;
        }
        Notebook { content }
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        self.content.to_string()
    }

    /// The file's text as it is committed: laid out as Jupyter does, without what belongs to the machine it ran on, the
    /// language's version, how streams were cut into messages, and what had to be built.
    pub fn to_committed_json(&self) -> String {
        let mut content = self.content.clone();
        let cells = content["cells"].as_array_mut().into_iter().flatten();
        for outputs in cells.filter_map(|cell| cell.get_mut("outputs")?.as_array_mut()) {
            let kept = std::mem::take(outputs).into_iter().filter_map(comparison::without_progress);
            *outputs = comparison::with_joined_streams(kept);
        }
        if let Some(language) = content["metadata"]["language_info"].as_object_mut() {
            language.remove("version");
        }
        let text = format!("{content:#}");
        // Jupyter indents by one space where serde_json does by two; a line break inside a string is written `\n`.
        let lines = text.lines().map(|line| {
            let content = line.trim_start_matches(' ');
            " ".repeat((line.len() - content.len()) / 2) + content + "\n"
        });
        lines.collect()
    }

    /// The cells of code, in order.
    pub fn code_cells(&self) -> impl Iterator<Item = CodeCell<'_>> {
        let cells = self.content["cells"].as_array().into_iter().flatten();
        cells.filter(|cell| cell["cell_type"] == "code").map(|cell| CodeCell { cell })
    }

    /// All cells of code with their outputs as text, one below the other, in a form that is compared.
    pub fn transcript(&self) -> String {
        self.code_cells()
            .enumerate()
            .map(|(index, cell)| comparison::heading(index, &cell) + &cell.transcript())
            .collect()
    }

    /// What is different in `actual`, cell by cell, each with a diff of its outputs; `None` when nothing is.
    pub fn difference(&self, actual: &Notebook) -> Option<String> {
        comparison::difference(self.code_cells(), actual.code_cells())
    }
}

fn code_cell(index: usize, source: &str) -> Value {
    json!({
        "id": format!("cell-{index}"),
        "cell_type": "code",
        "metadata": {},
        "execution_count": null,
        "source": source,
        "outputs": [],
    })
}

impl CodeCell<'_> {
    /// The name that the notebook's file has for it.
    pub fn id(&self) -> String {
        joined(&self.cell["id"])
    }

    /// The code.
    pub fn source(&self) -> String {
        joined(&self.cell["source"])
    }

    /// All representations of one type among the outputs, in order.
    pub fn data(&self, media_type: &str) -> Vec<String> {
        self.raw_outputs().filter_map(|output| output["data"].get(media_type)).map(joined).collect()
    }

    /// What was written to a stream, `stdout` or `stderr`.
    pub fn stream(&self, name: &str) -> String {
        self.raw_outputs()
            .filter(|output| output["output_type"] == "stream" && output["name"] == name)
            .map(|output| joined(&output["text"]))
            .collect()
    }

    /// The error, if the cell failed.
    pub fn error(&self) -> Option<CellError> {
        let output = self.raw_outputs().find(|output| output["output_type"] == "error")?;
        let lines: Vec<String> = output["traceback"].as_array().into_iter().flatten().map(joined).collect();
        Some(CellError {
            name: joined(&output["ename"]),
            value: joined(&output["evalue"]),
            traceback: without_colours(&lines.join("\n")),
        })
    }

    fn raw_outputs(&self) -> impl Iterator<Item = &Value> {
        self.cell["outputs"].as_array().into_iter().flatten()
    }

    /// Whether the cell has this tag.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.cell["metadata"]["tags"].as_array().into_iter().flatten().any(|own| own == tag)
    }

    /// The outputs as text, in a form that is compared.
    pub fn transcript(&self) -> String {
        comparison::transcript(self.raw_outputs(), Compared::of(self))
    }
}

/// Text in a notebook's file is a string or a list of lines.
pub(crate) fn joined(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The text without the sequences that colour it.
pub fn without_colours(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("\x1b[") {
        plain += &rest[..start];
        let sequence = &rest[start..];
        rest = sequence.find(|c: char| c.is_ascii_alphabetic()).map_or("", |end| &sequence[end + 1..]);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notebook(outputs: Value) -> Notebook {
        let mut notebook = Notebook::of(&["z"]);
        notebook.content["cells"][0]["outputs"] = outputs;
        notebook
    }

    fn stream(text: &str) -> Value {
        json!({ "output_type": "stream", "name": "stdout", "text": text })
    }

    #[test]
    fn how_a_stream_was_cut_makes_no_difference() {
        let one = notebook(json!([stream("a\nb\n")]));
        let two = notebook(json!([stream("a\n"), stream("b\n")]));
        assert_eq!(one.difference(&two), None);
    }

    #[test]
    fn text_as_lines_is_the_same_as_text_in_one_piece() {
        let result = |text: Value| json!([{ "output_type": "execute_result", "data": { "text/plain": text } }]);
        let difference = notebook(result(json!("1\n2"))).difference(&notebook(result(json!(["1\n", "2"]))));
        assert_eq!(difference, None);
    }

    #[test]
    fn another_value_is_shown_as_a_diff() {
        let difference = notebook(json!([stream("1\n")])).difference(&notebook(json!([stream("2\n")]))).unwrap();
        assert!(difference.contains("-1\n+2\n"), "{difference}");
    }

    #[test]
    fn an_output_that_is_gone_is_a_difference() {
        assert!(notebook(json!([stream("1\n")])).difference(&notebook(json!([]))).is_some());
    }

    #[test]
    fn without_outputs_nothing_of_a_run_is_left() {
        let before = notebook(json!([stream("1\n")])).without_outputs();
        assert_eq!(before.content, notebook(json!([])).content);
    }

    #[test]
    fn colours_are_taken_out_of_errors() {
        let error =
            json!([{ "output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\u{1b}[1mbad\u{1b}[0m"] }]);
        assert_eq!(notebook(error).code_cells().next().unwrap().error().unwrap().traceback, "bad");
    }
}

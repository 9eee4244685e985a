//! Notebook files: cells, and their outputs.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::cell::{CodeCell, joined};
use crate::comparison;

/// A notebook, as in its file (format 4).
#[derive(Clone, Debug)]
pub struct Notebook {
    content: Value,
}

impl Notebook {
    /// Reads a notebook's file.
    ///
    /// # Panics
    /// When it cannot be read.
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

    /// The file's text as it is committed: formatted as Jupyter does, without data on the machine, the language's
    /// version, the splitting of streams into messages, and what had to be built.
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
        cells.filter(|cell| cell["cell_type"] == "code").map(CodeCell::new)
    }

    /// The texts of the Markdown cells, in order.
    pub fn markdown_cells(&self) -> impl Iterator<Item = String> {
        let cells = self.content["cells"].as_array().into_iter().flatten();
        cells.filter(|cell| cell["cell_type"] == "markdown").map(|cell| joined(&cell["source"]))
    }

    /// All cells of code with their outputs as text, one below the other, in a form that is compared.
    pub fn transcript(&self) -> String {
        self.code_cells()
            .enumerate()
            .map(|(index, cell)| comparison::heading(index, &cell) + &comparison::of_cell(&cell))
            .collect()
    }

    /// The differences in `actual`, cell by cell, each with a diff of its outputs; `None` if there are none.
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

//! A cell of a notebook file, with its outputs.

use serde_json::Value;

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
    /// What a user sees, without colours.
    pub traceback: String,
}

impl<'a> CodeCell<'a> {
    /// The cell in a notebook file.
    pub(crate) fn new(cell: &'a Value) -> CodeCell<'a> {
        CodeCell { cell }
    }

    /// The id in the notebook file.
    pub fn id(&self) -> String {
        joined(&self.cell["id"])
    }

    /// The code.
    pub fn source(&self) -> String {
        joined(&self.cell["source"])
    }

    /// All representations of one media type among the outputs, in order.
    pub fn data(&self, media_type: &str) -> Vec<String> {
        self.raw_outputs().filter_map(|output| output["data"].get(media_type)).map(joined).collect()
    }

    /// The text written to a stream, `stdout` or `stderr`.
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

    /// The outputs as the file has them.
    pub(crate) fn raw_outputs(&self) -> impl Iterator<Item = &Value> {
        self.cell["outputs"].as_array().into_iter().flatten()
    }

    /// Whether the cell has this tag.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.cell["metadata"]["tags"].as_array().into_iter().flatten().any(|own| own == tag)
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

/// The text without its colour sequences.
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

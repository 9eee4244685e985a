//! The compiler's errors, with places in the cell as typed.

use std::ops::Range;

use soma_driver::diagnostic::{Applicability, Diagnostic, DiagnosticExt, DiagnosticSpan};

use super::lesson::Edit;

/// One error of the compiler.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    /// `E0308`, or the name of a lint; empty for the parser's errors.
    pub code: String,
    pub message: String,
    /// The place, with its label.
    pub at: Range<usize>,
    pub label: String,
    /// Other places that it names, with their labels.
    pub others: Vec<(Range<usize>, String)>,
    pub suggestions: Vec<Suggestion>,
    /// Where the function is defined that was called incorrectly.
    pub defined_in: Option<String>,
    /// The signature of that function, if it is known.
    pub signature: Option<String>,
}

/// A change that the compiler offers.
#[derive(Clone, Debug)]
pub struct Suggestion {
    pub message: String,
    pub edits: Vec<Edit>,
    pub is_certain: bool,
}

impl Problem {
    /// The problem with places counted from byte `start` of the cell; none if it is before that.
    pub fn behind(mut self, start: usize) -> Option<Problem> {
        let shift = |at: &mut Range<usize>| {
            let is_behind = at.start >= start;
            *at = at.start.saturating_sub(start)..at.end.saturating_sub(start);
            is_behind
        };
        let is_behind = shift(&mut self.at) || self.at.is_empty();
        self.others.retain_mut(|(at, _)| shift(at));
        for edit in self.suggestions.iter_mut().flat_map(|suggestion| &mut suggestion.edits) {
            shift(&mut edit.at);
        }
        is_behind.then_some(self)
    }

    /// Whether it is about the number of arguments in a call of the tensor library.
    pub fn is_a_call_of_the_library(&self) -> bool {
        self.code == "E0061" && self.defined_in.as_deref().is_some_and(|file| file.contains("tensorlib/"))
    }

    /// Whether it is about the types of arguments in a call of a gradient function.
    pub fn is_about_gradients(&self) -> bool {
        self.defined_in.as_deref().is_some_and(|file| file.contains("tensorlib/src/autograd/pass"))
    }

    /// The quoted parts of the message, in order.
    pub fn quoted(&self) -> Vec<&str> {
        self.message.split('`').skip(1).step_by(2).collect()
    }
}

/// The changes that a message of the compiler offers. `place` maps a span to bytes of the cell.
pub fn suggestions(message: &Diagnostic, place: impl Fn(&DiagnosticSpan) -> Option<Range<usize>>) -> Vec<Suggestion> {
    let read = |child: &Diagnostic| {
        let edit = |span: &DiagnosticSpan| Some(Edit { at: place(span)?, text: span.suggested_replacement.clone()? });
        // Imports go to the beginning of the compiled crate, which is not in the cell.
        let edits: Option<Vec<Edit>> = child
            .spans
            .iter()
            .map(|span| edit(span).or_else(|| import_of(span).map(|text| Edit { at: 0..0, text })))
            .collect();
        let edits = edits.filter(|edits| !edits.is_empty())?;
        let is_certain =
            |span: &DiagnosticSpan| span.suggestion_applicability == Some(Applicability::MachineApplicable);
        Some(Suggestion { message: child.message.clone(), edits, is_certain: child.spans.iter().all(is_certain) })
    };
    message.children.iter().filter_map(read).collect()
}

fn import_of(span: &DiagnosticSpan) -> Option<String> {
    let text = span.suggested_replacement.as_deref()?.trim();
    (text.starts_with("use ") && text.ends_with(';')).then(|| text.to_owned())
}

/// The file and line where a function or method is defined, according to the compiler.
pub fn defined_in(message: &Diagnostic) -> Option<(String, usize)> {
    let child = message.children.iter().find(|child| child.message.ends_with("defined here"))?;
    let span = child.primary()?;
    Some((span.file_name.clone(), span.line_start))
}

/// The signature of the function that begins on a line of a source: its name, and its parameters with their types.
pub fn signature(source: &str, line: usize) -> Option<String> {
    let start = source.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum::<usize>();
    let rest = source.get(start..)?;
    let declared = rest.split("pub fn ").nth(1)?.split(['{', ';']).next()?;
    let declared: Vec<&str> = declared.split_whitespace().collect();
    let declared = declared.join(" ");
    let name = declared.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    let (_, rest) = declared.split_once('(')?;
    let parameters = rest.split(") ->").next()?.trim_end_matches(')');
    let own =
        ["&mut self, ", "&self, ", "&self", "self, ", "self"].iter().find_map(|this| parameters.strip_prefix(this));
    Some(format!("{name}({})", own.unwrap_or(parameters)))
}

/// The bytes of the cell for a span whose line the compiler repeats: the occurrence of that line in the cell that is
/// nearest to a known place.
pub fn by_its_line(cell: &str, near: usize, span: &DiagnosticSpan) -> Option<Range<usize>> {
    if span.line_start != span.line_end {
        return None;
    }
    let line = &span.text.first()?.text;
    let text = line.trim();
    let found =
        cell.match_indices(text).map(|(at, _)| at).min_by_key(|at| at.abs_diff(near)).filter(|_| !text.is_empty())?;
    let indent = line.len() - line.trim_start().len();
    let byte = |column: usize| {
        let byte = line.char_indices().nth(column.checked_sub(1)?).map_or(line.len(), |(at, _)| at);
        (byte >= indent).then(|| found + byte - indent)
    };
    Some(byte(span.column_start)?..byte(span.column_end)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use soma_driver::diagnostic;

    use super::*;

    fn span(columns: Range<usize>, line: &str) -> DiagnosticSpan {
        let mut span = diagnostic::error("", "", Some(("src/cell.rs", 9))).spans.remove(0);
        (span.column_start, span.column_end) = (columns.start, columns.end);
        let text = json!([{ "text": line, "highlight_start": columns.start, "highlight_end": columns.end }]);
        span.text = serde_json::from_value(text).unwrap();
        span
    }

    #[test]
    fn a_signature_is_read_off_a_source() {
        let source = "impl Tensor {\n    /// Doc.\n    pub fn softmax | try_softmax(&self, dim: i64) -> Tensor {\n";
        assert_eq!(signature(source, 3).unwrap(), "softmax(dim: i64)");
    }

    #[test]
    fn places_are_found_by_the_line_that_the_compiler_repeats() {
        let cell = "let y = 1.0; let é = x.tile(2);\nx.tile(2)";
        let span = self::span(11..15, "let é = x.tile(2);");
        assert_eq!(&cell[by_its_line(cell, 20, &span).unwrap()], "tile");
        let span = self::span(14..18, "           x.tile(2)");
        let at = by_its_line(cell, cell.len(), &span).unwrap();
        assert_eq!((&cell[at.clone()], at.start > 31), ("tile", true));
    }
}

//! rustc's output, as types.

use serde::{Deserialize, Serialize};
use serde_json::json;

pub use cargo_metadata::diagnostic::{Applicability, Diagnostic, DiagnosticLevel, DiagnosticSpan};

/// The output of one run of rustc with `--error-format json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CompilerOutput {
    /// Its diagnostics, in order.
    pub diagnostics: Vec<Diagnostic>,
    /// The other lines: messages of a driver or the linker.
    pub other: Vec<String>,
}

impl CompilerOutput {
    /// Reads the compiler's standard error.
    pub fn read(stderr: &[u8]) -> CompilerOutput {
        let mut output = CompilerOutput::default();
        for line in String::from_utf8_lossy(stderr).lines() {
            match serde_json::from_str(line) {
                Ok(diagnostic) => output.diagnostics.push(diagnostic),
                Err(_) => output.other.push(line.to_owned()),
            }
        }
        output
    }

    /// The errors in the program itself.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.is_in_the_program())
    }
}

/// What Soma reads from a diagnostic.
pub trait DiagnosticExt {
    /// `E0308`, or the name of a lint; empty where there is none.
    fn code(&self) -> &str;

    /// Its first primary span.
    fn primary(&self) -> Option<&DiagnosticSpan>;

    /// Whether it is an error with a place in a program. An error without a place (a full disk, a missing linker) may
    /// be gone at the next try.
    fn is_in_the_program(&self) -> bool;

    /// Changes every span: its own, those of its notes, and those of the macros that they expand from.
    fn change_spans(&mut self, change: &mut impl FnMut(&mut DiagnosticSpan));
}

impl DiagnosticExt for Diagnostic {
    fn code(&self) -> &str {
        self.code.as_ref().map_or("", |code| &code.code)
    }

    fn primary(&self) -> Option<&DiagnosticSpan> {
        self.spans.iter().find(|span| span.is_primary)
    }

    fn is_in_the_program(&self) -> bool {
        self.level == DiagnosticLevel::Error && !self.spans.is_empty()
    }

    fn change_spans(&mut self, change: &mut impl FnMut(&mut DiagnosticSpan)) {
        fn with_expansions(span: &mut DiagnosticSpan, change: &mut impl FnMut(&mut DiagnosticSpan)) {
            change(span);
            if let Some(expansion) = &mut span.expansion {
                with_expansions(&mut expansion.span, change);
                if let Some(definition) = &mut expansion.def_site_span {
                    with_expansions(definition, change);
                }
            }
        }
        self.spans.iter_mut().for_each(|span| with_expansions(span, change));
        self.children.iter_mut().for_each(|child| child.change_spans(change));
    }
}

/// An error that Soma reports in rustc's place, at the beginning of a line of a file if `place` names one.
pub fn error(code: &str, message: &str, place: Option<(&str, usize)>) -> Diagnostic {
    let span = place.map(|(file, line)| {
        json!({
            "file_name": file, "byte_start": 0, "byte_end": 0, "line_start": line, "line_end": line,
            "column_start": 1, "column_end": 1, "is_primary": true, "text": [], "label": null,
            "suggested_replacement": null, "suggestion_applicability": null, "expansion": null
        })
    });
    // Other crates cannot construct the type, since it may get more fields.
    serde_json::from_value(json!({
        "message": message, "code": {"code": code, "explanation": null}, "level": "error",
        "spans": Vec::from_iter(span), "children": [], "rendered": ""
    }))
    .expect("it has all fields of a diagnostic")
}

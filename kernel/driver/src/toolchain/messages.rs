//! Selects and translates rustc's messages about a cell: which ones users see, and which lines of evcxr's text they
//! refer to.

use nix::sys::signal::Signal;

use crate::diagnostic::{self, Diagnostic, DiagnosticExt, DiagnosticSpan};
use crate::evcxr::files;
use crate::evcxr::program::{Origin, Program};
use crate::session_dir::SOURCE;

/// The file name that diagnostics get for generated code.
pub const GENERATED: &str = "generated";

/// The lints that users see: likely mistakes. Lints about style and about unused items are left out: in a notebook the
/// next cell may use them.
pub const LINTS: &[&str] = &[
    "unused_must_use",
    "unused_variables",
    "unused_assignments",
    "unused_comparisons",
    "unreachable_code",
    "unreachable_patterns",
    "path_statements",
    "unconditional_recursion",
    "invalid_nan_comparisons",
    "for_loops_over_fallibles",
    "dropping_references",
    "deprecated",
    "static_mut_refs",
];

/// Whether users see a warning: it is of one of these lints, and about this cell. A warning about an earlier cell's
/// item was shown there.
pub fn is_worth_telling(diagnostic: &Diagnostic, program: &Program) -> bool {
    let is_own = |span: &DiagnosticSpan| {
        span.is_primary && span.file_name == SOURCE && matches!(program.origin(span.line_start), Origin::Evcxr(_))
    };
    LINTS.contains(&diagnostic.code()) && diagnostic.spans.iter().any(is_own)
}

/// The code of the only message of a compiler that crashed.
pub const COMPILER_CRASH: &str = "CompilerCrash";

/// Replaces the compiler's own report, which is pages about itself, when a signal has ended it.
pub fn compiler_crash(signal: i32) -> Diagnostic {
    let name = Signal::try_from(signal).map_or_else(|_| format!("signal {signal}"), |signal| signal.to_string());
    let message = match Signal::try_from(signal) {
        Ok(Signal::SIGKILL | Signal::SIGTERM | Signal::SIGINT | Signal::SIGHUP) => format!(
            "{name} ended the Rust compiler while it compiled this cell, perhaps because memory ran out; the cell did not \
             run"
        ),
        _ => format!(
            "the Rust compiler crashed on this cell ({name}), and the cell did not run. An expression or a type that is \
             nested very deep does that: give parts of it names with `let`"
        ),
    };
    diagnostic::error(COMPILER_CRASH, &message, None)
}

/// Moves every span of a diagnostic from the compiled text to evcxr's text, or to the earlier cell that its lines are
/// from, with [`earlier_cell`] as the file name. Spans in lines that Soma added get the file [`GENERATED`]. evcxr shows
/// neither of these two.
pub fn translate(diagnostic: &mut Diagnostic, program: &Program) {
    diagnostic.change_spans(&mut |span| {
        if span.file_name != SOURCE {
            return;
        }
        match (program.origin(span.line_start), program.origin(span.line_end)) {
            (Origin::Evcxr(start), Origin::Evcxr(end)) => {
                span.file_name = files::SOURCE.to_owned();
                (span.line_start, span.line_end) = (start, end);
            }
            (Origin::Earlier { cell, line, indent }, Origin::Earlier { line: end, indent: end_indent, .. }) => {
                span.file_name = earlier_cell(cell);
                (span.line_start, span.line_end) = (line, end);
                span.column_start += indent;
                span.column_end += end_indent;
            }
            _ => span.file_name = GENERATED.to_owned(),
        }
    });
}

/// The file name that diagnostics get for a cell of the session, by its position.
pub fn earlier_cell(cell: usize) -> String {
    format!("{EARLIER_CELL}{cell}")
}

/// The position in the session of the cell that a diagnostic's file names, if it is an earlier one.
pub fn earlier_cell_in(file: &str) -> Option<usize> {
    file.strip_prefix(EARLIER_CELL)?.parse().ok()
}

const EARLIER_CELL: &str = "cell ";

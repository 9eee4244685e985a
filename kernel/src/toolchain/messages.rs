//! What rustc says of a cell: which of it people are told, and about which lines of evcxr's text.

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::program::{Origin, Program};
use crate::session_dir::SOURCE;

/// The file that code is said to be in which nobody has typed.
pub const GENERATED: &str = "generated";

/// The lints that a user who runs a cell is told of: likely mistakes. Those about style, and about what is never
/// used, are not: in a notebook the next cell may use it.
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

/// Whether a warning is of a kind that people are told of, and about this cell: what is said of an earlier cell's item
/// was said there.
pub fn is_worth_telling(diagnostic: &Value, program: &Program) -> bool {
    let is_own = |span: &Value| {
        let line = span["line_start"].as_u64().unwrap_or(0) as usize;
        span["is_primary"] == true && span["file_name"] == SOURCE && matches!(program.origin(line), Origin::Evcxr(_))
    };
    diagnostic["code"]["code"].as_str().is_some_and(|code| LINTS.contains(&code))
        && diagnostic["spans"].as_array().is_some_and(|spans| spans.iter().any(is_own))
}

/// rustc's diagnostic as cargo hands it on.
pub fn compiler_message(diagnostic: Value) -> Value {
    json!({"reason": "compiler-message", "target": {"name": "ctx"}, "message": diagnostic})
}

/// What rustc says of `?` in a function that returns nothing, on which evcxr gives it an error type to return.
pub fn missing_error_type(line: usize) -> Value {
    json!({
        "message": "the `?` operator can only be used in a function that returns `Result`",
        "code": {"code": "E0277", "explanation": null},
        "level": "error",
        "spans": [{
            "file_name": "src/lib.rs", "byte_start": 0, "byte_end": 0, "line_start": line, "line_end": line,
            "column_start": 1, "column_end": 1, "is_primary": true, "text": [], "label": null,
            "suggested_replacement": null, "suggestion_applicability": null, "expansion": null
        }],
        "children": [],
        "rendered": ""
    })
}

/// The code of the only message of a compiler that crashed.
pub const COMPILER_CRASH: &str = "CompilerCrash";

/// What is said in place of what a compiler writes that a signal has ended: pages about itself.
pub fn compiler_crash(signal: i32) -> Value {
    let name = Signal::try_from(signal).map_or_else(|_| format!("signal {signal}"), |signal| signal.to_string());
    let message = match Signal::try_from(signal) {
        Ok(Signal::SIGKILL | Signal::SIGTERM | Signal::SIGINT | Signal::SIGHUP) => format!(
            "the Rust compiler was ended by {name} while it compiled this cell, perhaps for want of memory; the cell did \
             not run"
        ),
        _ => format!(
            "the Rust compiler crashed on this cell ({name}), and the cell did not run. An expression or a type that is \
             nested very deep does that: give parts of it names with `let`"
        ),
    };
    json!({
        "message": message, "code": {"code": COMPILER_CRASH, "explanation": null}, "level": "error", "spans": [],
        "children": [], "rendered": ""
    })
}

/// Rewrites every span of a diagnostic from the compiled text's lines: to those of evcxr's text, or to those of the
/// earlier cell that the lines are from, under the name of [`earlier_cell`]. A span in lines that Soma added names
/// no file; both are shown to nobody by evcxr.
pub fn translate(diagnostic: &mut Value, program: &Program) {
    match diagnostic {
        Value::Object(fields) => {
            if fields.get("file_name").is_some_and(|name| name == SOURCE) {
                let number = |at: &str| fields.get(at).and_then(Value::as_u64).unwrap_or(0);
                let place = |line: &str| program.origin(number(line) as usize);
                match (place("line_start"), place("line_end")) {
                    (Origin::Evcxr(start), Origin::Evcxr(end)) => {
                        fields.insert("file_name".into(), "src/lib.rs".into());
                        fields.insert("line_start".into(), start.into());
                        fields.insert("line_end".into(), end.into());
                    }
                    (Origin::Earlier { cell, line, indent }, Origin::Earlier { line: end, indent: end_indent, .. }) => {
                        let columns = [("column_start", indent), ("column_end", end_indent)];
                        let columns = columns.map(|(at, indent)| (at, number(at) + indent as u64));
                        fields.insert("file_name".into(), earlier_cell(cell).into());
                        fields.insert("line_start".into(), line.into());
                        fields.insert("line_end".into(), end.into());
                        fields.extend(columns.map(|(at, column)| (at.to_owned(), column.into())));
                    }
                    _ => {
                        fields.insert("file_name".into(), GENERATED.into());
                    }
                }
            }
            fields.values_mut().for_each(|value| translate(value, program));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| translate(value, program)),
        _ => {}
    }
}

/// How diagnostics name a cell of the session, by its place.
pub fn earlier_cell(cell: usize) -> String {
    format!("{EARLIER_CELL}{cell}")
}

/// The place in the session of the cell that a diagnostic names, if it is an earlier one.
pub fn earlier_cell_in(file: &str) -> Option<usize> {
    file.strip_prefix(EARLIER_CELL)?.parse().ok()
}

const EARLIER_CELL: &str = "cell ";

//! Finds the place of a panic in the notebook, and the functions of the notebook that it came through.
//!
//! A panic names a line of the compiled program. That program contains the user's lines as they were given to evcxr, so
//! the line is looked for in the cell that ran and then, newest first, in earlier cells: a function may panic many
//! cells after the one that defined it.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use soma_driver::process::lock;
use soma_driver::session_dir;
use soma_driver::toolchain::loaded_libraries;

use super::callers::{Caller, Callers};
use super::failure;
use super::items::{CellOf, Items};
use super::names::Names;
use super::panic_report::PanicReport;
use super::past_cell::PastCell;
use super::positions::Place;
use super::prepare;
use soma_jupyter::api::Failure;

/// The place of a panic.
#[derive(Debug, PartialEq)]
pub struct PanicPlace {
    /// The index of the cell among the past cells.
    pub cell: usize,
    /// The span in that cell.
    pub span: Range<Place>,
}

/// Explains panics in terms of the session's cells, on any thread.
pub struct Explainer {
    session: PathBuf,
    past: Arc<Mutex<Vec<PastCell>>>,
    names: Arc<Names>,
}

/// Where a panic occurred: in a cell or in a thread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Origin {
    Cell,
    Thread,
}

/// How many of the functions on the way to a panic are named.
const NAMED: usize = 8;

impl Explainer {
    /// An explainer for the session in this folder, with these cells and names.
    pub fn new(session: PathBuf, past: Arc<Mutex<Vec<PastCell>>>, names: Arc<Names>) -> Explainer {
        Explainer { session, past, names }
    }

    /// The message about a panic. Waits for no lock while it holds another.
    pub fn explain(&self, report: &PanicReport, origin: Origin) -> Failure {
        let mut callers = report.calls.callers(&self.session);
        let place = (report.file == session_dir::SOURCE).then(|| self.program(report)).and_then(|program| {
            let past = lock(&self.past);
            let place = find(&program, report.line, report.column, &past)?;
            let cell = &past[place.cell];
            callers.begin_with(cell.prepared.function_at(place.span.start));
            Some((cell.prepared.source.clone(), cell.count, place.span))
        });
        let way = self.way(&callers, origin);
        let kind = if origin == Origin::Thread { "panic in a thread" } else { "panic" };
        failure::panic(
            kind,
            &report.message,
            place.as_ref().map(|(source, count, span)| (source, *count, span.clone())),
            &way,
        )
    }

    /// The program that contains the line of a panic: that of its library, which may be an earlier cell's.
    fn program(&self, report: &PanicReport) -> String {
        let library = report.calls.library(&self.session);
        let program = library.and_then(|library| loaded_libraries::program_of(&self.session, library).ok());
        program.unwrap_or_else(|| std::fs::read_to_string(self.session.join(session_dir::SOURCE)).unwrap_or_default())
    }

    /// The calls that led to a panic, in words; empty for a panic in the cell itself.
    fn way(&self, callers: &Callers, origin: Origin) -> String {
        let Some((innermost, outer)) = callers.functions.split_first() else { return String::new() };
        let mut text = format!("in {}", self.described(innermost));
        for caller in outer.iter().take(NAMED) {
            text.push_str(&format!(", called by {}", self.described(caller)));
        }
        let more = outer.len().saturating_sub(NAMED);
        let end = if origin == Origin::Thread { "the thread" } else { "the cell" };
        text + &match more {
            0 if origin == Origin::Cell && !callers.is_from_cell => format!(", and more calls up to {end}"),
            0 => format!(", called by {end}"),
            more => format!(", and {more} more calls up to {end}"),
        }
    }

    /// A function, with the cell that defines it if that is an earlier one.
    fn described(&self, caller: &Caller) -> String {
        let mut text = format!("`{}`", caller.name);
        if !caller.is_older
            && let Some(cell) = self.cell_of(&caller.name)
        {
            text.push_str(&format!(" (In [{cell}])"));
        }
        match caller.repeats {
            0 => {}
            1 => text.push_str(" calling itself"),
            repeats => text.push_str(&format!(" calling itself {repeats} times")),
        }
        text
    }

    fn cell_of(&self, function: &str) -> Option<usize> {
        let known = self.names.items().cell_of(function);
        let past = lock(&self.past);
        let mut own = Items::default();
        own.learn(&CellOf { place: 0, id: None, items: &past.last()?.prepared.items });
        if own.cell_of(function).is_some() {
            return None;
        }
        Some(past.get(known?)?.count)
    }
}

impl Callers {
    /// Adds the function that contains the place of the panic, if the compiler has inlined it.
    fn begin_with(&mut self, innermost: Option<String>) {
        let last_name = |name: &str| name.rsplit("::").next().unwrap_or_default().to_owned();
        if let Some(name) = innermost
            && !self.functions.iter().any(|caller| last_name(&caller.name) == last_name(&name))
        {
            self.functions.insert(0, Caller { name, repeats: 0, is_older: false });
        }
    }
}

/// Finds the place of a panic in `cells` (oldest first), given the program and the panic's line and column.
pub fn find(program: &str, line: usize, column: usize, cells: &[PastCell]) -> Option<PanicPlace> {
    let lines: Vec<&str> = program.lines().collect();
    let (line, column) = inside_parenthesis(&lines, line, column)?;
    let text = lines.get(line.checked_sub(1)?)?;
    // Which one of several equal lines it is; the lines of the cell itself keep their order.
    let entry = lines.iter().position(|text| text.contains("fn soma_cell_run(")).unwrap_or(0);
    let from = if line > entry { entry } else { 0 };
    let occurrence = lines[from..line - 1].iter().filter(|other| other == &text).count();
    cells.iter().enumerate().rev().find_map(|(cell, past)| {
        // A line inside a statement may be indented more than the statement's first line; its spaces are part of it.
        // The driver indents the first line of an item.
        let bare = text.trim_start();
        let indent = text.chars().count() - bare.chars().count();
        let (start, before) = prepare::line_as_typed(&past.prepared, text, occurrence)
            .or_else(|| prepare::line_as_typed(&past.prepared, text, 0))
            .map(|start| (start, 0))
            .or_else(|| Some((prepare::line_as_typed(&past.prepared, bare, 0)?, indent)))?;
        let place = Place { line: start.line, column: (start.column + column).saturating_sub(1 + before) };
        let end = Place { column: place.column + 1, ..place };
        Some(PanicPlace { cell, span: past.prepared.source.as_typed(place..end) })
    })
}

/// The driver puts parentheses, on separate lines, around the value that a cell shows, and rustc counts them as part of
/// it: an operator or an index there panics at the opening parenthesis. The value begins on the next line.
fn inside_parenthesis(lines: &[&str], line: usize, column: usize) -> Option<(usize, usize)> {
    let text = lines.get(line.checked_sub(1)?)?;
    let value = lines.get(line).filter(|_| text.trim() == "(");
    Some(value.map_or((line, column), |value| (line + 1, value.chars().take_while(|c| c.is_whitespace()).count() + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(count: usize, code: &str) -> PastCell {
        PastCell { count, prepared: prepare::prepare(code) }
    }

    const PROGRAM: &str = "use a;\nfn fails() {\n    panic!()\n}\npub extern \"C\" fn soma_cell_run(\nlet a = 1;\nlet a: _ = a;\nv[a];\nv[a];\n}";

    #[test]
    fn a_panic_in_the_cell_points_into_it() {
        let cells = [past(1, "fn fails() {\n    panic!()\n}"), past(2, "let a = 1; v[a];\nv[a];")];
        let place = |line, column| Place { line, column };
        assert_eq!(find(PROGRAM, 8, 1, &cells), Some(PanicPlace { cell: 1, span: place(1, 12)..place(1, 13) }));
        assert_eq!(find(PROGRAM, 9, 1, &cells), Some(PanicPlace { cell: 1, span: place(2, 1)..place(2, 2) }));
    }

    #[test]
    fn an_operator_in_the_shown_value_points_at_its_beginning() {
        let cells = [past(1, "let a = f(1);"), past(2, "1;\n  a / 0")];
        let program = "pub extern \"C\" fn soma_cell_run(\n1;\n(\n           a / 0\n).evcxr_display();\n}";
        let place = |column| Place { line: 2, column };
        assert_eq!(find(program, 3, 1, &cells), Some(PanicPlace { cell: 1, span: place(3)..place(4) }));
    }

    #[test]
    fn a_panic_in_an_earlier_function_points_at_that_cell() {
        let cells = [past(1, "fn fails() {\n    panic!()\n}"), past(2, "fails();")];
        let place = |line, column| Place { line, column };
        assert_eq!(find(PROGRAM, 3, 5, &cells), Some(PanicPlace { cell: 0, span: place(2, 5)..place(2, 6) }));
        assert_eq!(find(PROGRAM, 99, 5, &cells), None);
    }
}

//! Where in the notebook a panic happened.
//!
//! A panic names a line of the compiled program. The person's lines stand in that program as they were
//! given to evcxr, so the line is looked for in the cell that ran and then, newest first, in earlier cells:
//! a function may panic cells after the one that defined it.

use std::ops::Range;

use super::positions::Place;
use super::prepare::{self, Prepared};

/// A cell that was run.
#[derive(Debug)]
pub struct PastCell {
    /// Its number.
    pub count: usize,
    /// What evcxr was given.
    pub prepared: Prepared,
}

/// Where a panic happened.
#[derive(Debug, PartialEq)]
pub struct PanicPlace {
    /// Index of the cell among the past cells.
    pub cell: usize,
    /// The span there.
    pub span: Range<Place>,
}

/// Finds the place of a panic in `cells` (oldest first), given the program and the panic's line and column.
pub fn find(program: &str, line: usize, column: usize, cells: &[PastCell]) -> Option<PanicPlace> {
    let lines: Vec<&str> = program.lines().collect();
    let text = lines.get(line.checked_sub(1)?)?;
    // Which one it is among equal lines; for lines of the cell itself their order is kept.
    let entry = lines.iter().position(|text| text.contains("fn soma_cell_run(")).unwrap_or(0);
    let from = if line > entry { entry } else { 0 };
    let occurrence = lines[from..line - 1].iter().filter(|other| other == &text).count();
    cells.iter().enumerate().rev().find_map(|(cell, past)| {
        // A line of a statement may be further in than the statement's first; its spaces are part of it. The first
        // line of an item is indented by the driver.
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
    fn a_panic_in_an_earlier_function_points_at_that_cell() {
        let cells = [past(1, "fn fails() {\n    panic!()\n}"), past(2, "fails();")];
        let place = |line, column| Place { line, column };
        assert_eq!(find(PROGRAM, 3, 5, &cells), Some(PanicPlace { cell: 0, span: place(2, 5)..place(2, 6) }));
        assert_eq!(find(PROGRAM, 99, 5, &cells), None);
    }
}

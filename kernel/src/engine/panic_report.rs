//! What a cell's process says of a panic.

use soma_report::Report;

use super::callers::Calls;

/// A panic, in lines and columns of the compiled program.
#[derive(Clone, Debug)]
pub struct PanicReport {
    pub message: String,
    /// The source file that the compiler was given.
    pub file: String,
    pub line: usize,
    pub column: usize,
    /// Through which calls it came.
    pub calls: Calls,
}

impl PanicReport {
    /// From a report of a panic.
    pub fn of(report: Report) -> Option<PanicReport> {
        let Report::Panic { of_the_cell: _, message, file, line, column, libraries, calls } = report else {
            return None;
        };
        let (line, column, calls) = (line as usize, column as usize, Calls::read(&libraries, &calls));
        Some(PanicReport { message, file, line, column, calls })
    }
}

//! A panic as the process that runs cells reports it.

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
    /// The calls that it came through.
    pub calls: Calls,
}

impl PanicReport {
    /// Reads a report of a panic.
    pub fn of(report: Report) -> Option<PanicReport> {
        let Report::Panic { of_the_cell: _, message, file, line, column, libraries, calls } = report else {
            return None;
        };
        let (line, column, calls) = (line as usize, column as usize, Calls::read(&libraries, &calls));
        Some(PanicReport { message, file, line, column, calls })
    }
}

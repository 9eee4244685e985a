//! What a cell's process says of a panic.

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
    /// From a report's fields.
    pub fn read(fields: &[String]) -> PanicReport {
        let field = |at: usize| fields.get(at).map(String::as_str).unwrap_or_default();
        let number = |at| field(at).parse().unwrap_or(0);
        PanicReport {
            message: field(1).to_owned(),
            file: field(2).to_owned(),
            line: number(3),
            column: number(4),
            calls: Calls::read(field(5), field(6)),
        }
    }
}

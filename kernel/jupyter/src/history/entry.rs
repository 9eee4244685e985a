//! A cell that was run, as answers tell of it.

use std::sync::Arc;

/// A cell that was run.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The number of its session; 0 when a range of session 0 was asked for, which is the one that is running.
    pub session: i64,
    /// The number in `In [n]`.
    pub line: i64,
    /// The code.
    pub input: Arc<str>,
    /// The plain text of its result, if it had one and it was asked for.
    pub output: Option<Arc<str>>,
}

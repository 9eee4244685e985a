//! A cell that was run, in the form that answers use.

use std::sync::Arc;

/// A cell that was run.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The number of its session; 0 if the request asked for a range of session 0, the running session.
    pub session: i64,
    /// The number in `In [n]`.
    pub line: i64,
    /// The code.
    pub input: Arc<str>,
    /// The plain text of its result, if it had one and the request asked for results.
    pub output: Option<Arc<str>>,
}

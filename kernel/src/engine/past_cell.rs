//! Cells that were run.

use super::prepare::Prepared;

/// A cell that was run.
#[derive(Debug)]
pub struct PastCell {
    /// Its number.
    pub count: usize,
    /// What evcxr was given.
    pub prepared: Prepared,
}

//! The cells that were run.

use super::prepare::Prepared;

/// A cell that was run.
#[derive(Debug)]
pub struct PastCell {
    /// Its number.
    pub count: usize,
    /// The text that evcxr got, with the map back to the cell as typed.
    pub prepared: Prepared,
}

//! Batches whose type only their loader knows, and the code that makes them.

use std::any::Any;
use std::sync::Arc;

/// A batch, of the type that its loader knows.
pub(super) type Batch = Box<dyn Any + Send>;

/// How the examples of some numbers become a batch.
pub(super) type Fetch = Arc<dyn Fn(&[usize]) -> Batch + Send + Sync>;

/// Batches that threads prepare.
pub(super) trait Ahead: Send {
    /// The next one, in the order in which these give the numbers of examples; or what is left of a panic.
    fn next(&mut self, batches: &mut dyn Iterator<Item = Vec<usize>>) -> Option<Result<Batch, Panic>>;
}

/// The payload of a panic.
pub(super) type Panic = Box<dyn Any + Send>;

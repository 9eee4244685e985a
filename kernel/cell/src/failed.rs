//! Whether the present cell has failed. Not in the store, to which generated code has a reference then.

use std::sync::atomic::{AtomicBool, Ordering};

static HAS_FAILED: AtomicBool = AtomicBool::new(false);

/// The cell has failed.
pub(crate) fn set() {
    HAS_FAILED.store(true, Ordering::SeqCst);
}

/// Whether the cell has failed; the next one has not.
pub(crate) fn take() -> bool {
    HAS_FAILED.swap(false, Ordering::SeqCst)
}

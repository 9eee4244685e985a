//! Whether the present cell has failed. It is not in the store, to which generated code holds a reference at that time.

use std::sync::atomic::{AtomicBool, Ordering};

static HAS_FAILED: AtomicBool = AtomicBool::new(false);

/// Records that the cell has failed.
pub(crate) fn set() {
    HAS_FAILED.store(true, Ordering::SeqCst);
}

/// Whether the cell has failed; resets the flag for the next cell.
pub(crate) fn take() -> bool {
    HAS_FAILED.swap(false, Ordering::SeqCst)
}

//! The subshells that exist, by name.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Their names.
#[derive(Default)]
pub struct Subshells {
    ids: Mutex<BTreeSet<String>>,
    /// How many were made so far.
    made: AtomicU64,
}

impl Subshells {
    /// The names, locked for reading and changing.
    pub fn ids(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A name that no running kernel, and so no restarted one, has given before.
    pub fn next_name(&self) -> String {
        format!("{}-{}", std::process::id(), self.made.fetch_add(1, Ordering::SeqCst))
    }
}

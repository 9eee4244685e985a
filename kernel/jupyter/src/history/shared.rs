//! What the thread that writes the history shares with those who note cells and ask for them.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::Error;
use super::file::HistoryFile;
use super::session_cells::SessionCells;

/// This session's cells, and what there is to know of the file that keeps them.
pub struct Shared {
    own: Mutex<SessionCells>,
    /// The file; without a name when there is to be none.
    pub file: PathBuf,
    advice: &'static str,
    /// The notebook's path, as Jupyter's server tells it; nothing in a console.
    pub notebook: String,
    complained: AtomicBool,
}

impl Shared {
    /// Of a session that begins now.
    pub fn new(file: Option<HistoryFile>, notebook: String) -> Shared {
        let own = Mutex::new(SessionCells::new(file.is_some()));
        let (file, advice) = file.map_or_else(Default::default, |file| (file.path, file.advice));
        Shared { own, file, advice, notebook, complained: AtomicBool::new(false) }
    }

    /// This session's cells.
    pub fn own(&self) -> MutexGuard<'_, SessionCells> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs that the file cannot be used; of a kernel's many attempts, the first that fails.
    pub fn complain(&self, error: &Error) {
        if !self.complained.swap(true, Ordering::SeqCst) {
            tracing::warn!(
                "the history file {} cannot be used: {error}. The history of this session is kept in memory; to keep \
                 it, {}",
                self.file.display(),
                self.advice
            );
        }
    }

    /// Whether the file could not be used.
    #[cfg(test)]
    pub fn has_complained(&self) -> bool {
        self.complained.load(Ordering::SeqCst)
    }
}

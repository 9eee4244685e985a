//! The state that the thread that writes the history shares with the threads that record cells and ask for them.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::Error;
use super::file::HistoryFile;
use super::session_cells::SessionCells;

/// This session's cells, and the state of the file that keeps them.
pub struct Shared {
    own: Mutex<SessionCells>,
    /// The file; an empty path when there is no file.
    pub file: PathBuf,
    advice: &'static str,
    /// The notebook's path, as Jupyter's server gives it; empty in a console.
    pub notebook: String,
    complained: AtomicBool,
}

impl Shared {
    /// The state of a session that begins now.
    pub fn new(file: Option<HistoryFile>, notebook: String) -> Shared {
        let own = Mutex::new(SessionCells::new(file.is_some()));
        let (file, advice) = file.map_or_else(Default::default, |file| (file.path, file.advice));
        Shared { own, file, advice, notebook, complained: AtomicBool::new(false) }
    }

    /// This session's cells.
    pub fn own(&self) -> MutexGuard<'_, SessionCells> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs that the file cannot be used, the first time only.
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

    /// Whether [`Shared::complain`] was called.
    #[cfg(test)]
    pub fn has_complained(&self) -> bool {
        self.complained.load(Ordering::SeqCst)
    }
}

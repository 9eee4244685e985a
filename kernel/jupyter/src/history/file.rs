//! Where a history is kept.

use std::path::PathBuf;

/// The file that keeps a user's history.
#[derive(Clone, Debug)]
pub struct HistoryFile {
    /// Where it is; it need not be there yet.
    pub path: PathBuf,
    /// For the log, when it cannot be used: what to do about that, as the end of "to keep it, …".
    pub advice: &'static str,
}

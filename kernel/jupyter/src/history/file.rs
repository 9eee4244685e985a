//! The place where a history is kept.

use std::path::PathBuf;

/// The file that keeps a user's history.
#[derive(Clone, Debug)]
pub struct HistoryFile {
    /// The path of the file; it need not exist yet.
    pub path: PathBuf,
    /// What the log advises when the file cannot be used, as the end of "to keep it, …".
    pub advice: &'static str,
}

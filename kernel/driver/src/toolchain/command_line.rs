//! How the last cell was compiled: a record that the driver writes for the engine.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::dirs;

/// The file of [`CommandLine`], in the session's folder.
pub const COMMAND_LINE: &str = "command-line.json";

/// How the last cell was compiled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CommandLine {
    /// The arguments that name libraries.
    pub libraries: Vec<String>,
    /// The crates that a cell can name, with their files.
    pub externs: Vec<(String, PathBuf)>,
    /// Digest of those libraries.
    pub identity: String,
}

impl CommandLine {
    fn file(session: &Path) -> PathBuf {
        session.join(COMMAND_LINE)
    }

    /// Reads the record.
    ///
    /// # Errors
    /// When no cell was compiled yet.
    pub fn read(session: &Path) -> Result<CommandLine> {
        Ok(serde_json::from_slice(&fs::read(CommandLine::file(session)).context("no cell was compiled yet")?)?)
    }

    /// Writes the record for the engine, unless it exists already.
    ///
    /// # Errors
    /// When the session's folder cannot be written to.
    pub fn write(&self, session: &Path) -> Result<()> {
        if CommandLine::read(session).is_ok_and(|other| other == *self) {
            return Ok(());
        }
        dirs::write_atomically(&CommandLine::file(session), &serde_json::to_vec(self)?)?;
        Ok(())
    }
}

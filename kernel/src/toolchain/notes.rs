//! What the engine leaves in the session's folder for the processes that evcxr starts.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::cell_libs::CellLibs;
use super::facts::Facts;
use super::places;
use super::program::Types;

/// Names the session's folder to Soma's stand-ins; its absence means that nobody is a stand-in.
pub const SESSION_DIR: &str = "SOMA_SESSION_DIR";

/// Written before the first cell: the tools and libraries of the session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionNotes {
    /// The toolchain.
    pub facts: Facts,
    /// What cells link.
    pub libs: CellLibs,
    /// `PATH` as it was before Soma's links were put first.
    pub path: String,
}

/// Written before each cell.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CellNotes {
    /// The variables' types.
    pub types: Types,
    /// The optimisation level that the person asked for with `:opt`; chosen by the cell's content otherwise.
    pub opt_level: Option<String>,
}

/// The folder of the session that this process serves as a stand-in.
pub fn session_dir() -> Option<PathBuf> {
    std::env::var_os(SESSION_DIR).map(PathBuf::from)
}

macro_rules! stored {
    ($notes:ty, $file:literal) => {
        impl $notes {
            /// Reads the notes of a session.
            ///
            /// # Errors
            /// When they are not there or not readable.
            pub fn read(session: &Path) -> io::Result<Self> {
                Ok(serde_json::from_slice(&std::fs::read(session.join($file))?)?)
            }

            /// Leaves the notes.
            ///
            /// # Errors
            /// When the folder cannot be written to.
            pub fn write(&self, session: &Path) -> io::Result<()> {
                places::write_atomically(&session.join($file), &serde_json::to_vec(self)?)
            }
        }
    };
}
stored!(SessionNotes, "session.json");
stored!(CellNotes, "cell.json");

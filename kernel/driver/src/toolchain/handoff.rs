//! The notes that the engine leaves in the session's folder for the processes that evcxr starts.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::cell_libs::CellLibs;
use super::original::Original;
use super::toolchain_info::ToolchainInfo;
use crate::dirs;
use crate::evcxr::program::CellItems;
use crate::variable_types::{Libraries, Types};

/// The file of [`SessionNotes`], in the session's folder.
pub const SESSION_NOTES: &str = "session.json";
/// The file of [`CellNotes`].
pub const CELL_NOTES: &str = "cell.json";

/// Written before the first cell: the tools and libraries of the session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionNotes {
    /// The toolchain.
    pub facts: ToolchainInfo,
    /// What cells link.
    pub libs: CellLibs,
    /// The environment without Soma's links.
    pub original: Original,
}

/// Written before each cell.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CellNotes {
    /// Every name that the cell's statements may refer to.
    pub words: BTreeSet<String>,
    /// The types of the variables among them.
    pub types: Types,
    /// The libraries that those types are from.
    pub made_with: BTreeMap<String, Libraries>,
    /// The items that the cell needs.
    pub items: CellItems,
    /// Whether the cell is evcxr's own, with which it tests its runtime: the same in every session.
    #[serde(default)]
    pub is_of_evcxr: bool,
}

macro_rules! stored {
    ($notes:ty, $file:ident, $write:ident) => {
        impl $notes {
            /// Reads the notes of a session.
            ///
            /// # Errors
            /// When they do not exist or cannot be read.
            pub fn read(session: &Path) -> io::Result<Self> {
                Ok(serde_json::from_slice(&std::fs::read(session.join($file))?)?)
            }

            /// Writes the notes.
            ///
            /// # Errors
            /// When the folder cannot be written to.
            pub fn write(&self, session: &Path) -> io::Result<()> {
                dirs::$write(&session.join($file), &serde_json::to_vec(self)?)
            }
        }
    };
}
stored!(SessionNotes, SESSION_NOTES, write_atomically);
stored!(CellNotes, CELL_NOTES, overwrite);

impl SessionNotes {
    /// Whether the session's folder holds these notes unchanged.
    pub fn are_written(&self, session: &Path) -> bool {
        let written = std::fs::read(session.join(SESSION_NOTES));
        written.is_ok_and(|bytes| serde_json::to_vec(self).is_ok_and(|own| own == bytes))
    }
}

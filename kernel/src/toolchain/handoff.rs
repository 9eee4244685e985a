//! What the engine leaves in the session's folder for the processes that evcxr starts.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::cell_libs::CellLibs;
use super::dirs;
use super::original::Original;
use super::toolchain_info::ToolchainInfo;
use super::variable_types::{Libraries, Types};

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
    /// The environment as it was before Soma's links were put into it.
    pub original: Original,
}

/// Written before each cell.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CellNotes {
    /// Every name that the cell's statements can mean.
    pub words: BTreeSet<String>,
    /// The types of the variables among them.
    pub types: Types,
    /// The libraries that those types are from.
    pub made_with: BTreeMap<String, Libraries>,
    /// The items that the cell needs.
    pub items: CellItems,
}

/// What a cell defines, shows and needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CellItems {
    /// The items that it defines, in order: they are compiled whether or not the cell uses them.
    pub own: Vec<OwnItem>,
    /// The expression whose value it shows.
    pub shown: Option<String>,
    /// How it is shown.
    pub show: Show,
    /// The items of earlier cells that it can reach.
    pub earlier: Vec<EarlierItem>,
    /// For each type of the notebook among them: its path as `type_name` prints it, and what decides its layout.
    pub definitions: BTreeMap<String, Definition>,
    /// Whether the cell or these items have loops, which optimisation pays for.
    pub has_loops: bool,
}

/// How values are shown that do not show themselves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Show {
    /// The format, `{:?}` unless it was set.
    pub format: Option<String>,
    /// Whether the type is shown, too.
    pub types: bool,
}

/// What decides how a type of the notebook is laid out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// A fingerprint of its source and of everything in the session that this mentions.
    pub fingerprint: String,
    /// The other names that these mention, among which are those of crates.
    pub words: BTreeSet<String>,
}

/// An item that the cell defines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnItem {
    /// Its text as typed.
    pub text: String,
    /// Whether it must stand before the places that use it.
    pub is_macro: bool,
    /// The type, trait or module that it defines.
    pub defines: Option<String>,
    /// What is compiled in place of parts of it.
    pub splices: Vec<Splice>,
}

/// What is compiled in place of a part of an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Splice {
    /// The bytes of the item's text that it takes the place of.
    pub range: Range<usize>,
    /// One line.
    pub text: String,
}

/// An item that an earlier cell has defined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlierItem {
    /// Its text.
    pub text: String,
    /// Whether it must stand before the places that use it.
    pub is_macro: bool,
    /// That cell's place in the session.
    pub cell: usize,
    /// The line of that cell where the text starts.
    pub line: usize,
    /// The character of that line.
    pub column: usize,
    /// The type, trait or module that it defines.
    pub defines: Option<String>,
    /// What is compiled in place of parts of it.
    pub splices: Vec<Splice>,
}

macro_rules! stored {
    ($notes:ty, $file:ident) => {
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
                dirs::write_atomically(&session.join($file), &serde_json::to_vec(self)?)
            }
        }
    };
}
stored!(SessionNotes, SESSION_NOTES);
stored!(CellNotes, CELL_NOTES);

impl SessionNotes {
    /// Whether the session's folder has them as they are.
    pub fn are_written(&self, session: &Path) -> bool {
        let written = std::fs::read(session.join(SESSION_NOTES));
        written.is_ok_and(|bytes| serde_json::to_vec(self).is_ok_and(|own| own == bytes))
    }
}

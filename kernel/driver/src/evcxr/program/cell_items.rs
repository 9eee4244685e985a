//! The cell's data for a program, which the engine leaves for the driver.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// What a cell defines, shows and needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CellItems {
    /// The items that it defines, in order: they are compiled whether or not the cell uses them.
    pub own: Vec<OwnItem>,
    /// The expression whose value the cell shows.
    pub shown: Option<String>,
    /// The format in which the value is shown.
    pub show: Format,
    /// The items of earlier cells that the cell can reach.
    pub earlier: Vec<EarlierItem>,
    /// For each type of the notebook among them: its path as `type_name` prints it, and its definition.
    pub definitions: BTreeMap<String, Definition>,
    /// Whether the cell or these items have loops for which optimisation is worth its time.
    pub has_hot_loops: bool,
}

/// The format of values that have no display method.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Format {
    /// The format, `{:?}` unless it was set.
    pub format: Option<String>,
    /// Whether the type is shown too.
    pub types: bool,
}

/// What decides the layout of a type of the notebook.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// A fingerprint of its source and of everything in the session that this mentions.
    pub fingerprint: String,
    /// The other names that the source mentions; some are names of crates.
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
    /// The texts that are compiled in place of parts of it.
    pub splices: Vec<Splice>,
}

/// A text that is compiled in place of a part of an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Splice {
    /// The bytes of the item's text that it replaces.
    pub range: Range<usize>,
    /// The replacement: one line.
    pub text: String,
}

/// An item that an earlier cell has defined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlierItem {
    /// Its text.
    pub text: String,
    /// Whether it must stand before the places that use it.
    pub is_macro: bool,
    /// The position of that cell in the session.
    pub cell: usize,
    /// The line of that cell where the text starts.
    pub line: usize,
    /// The column where the text starts.
    pub column: usize,
    /// The type, trait or module that it defines.
    pub defines: Option<String>,
    /// The texts that are compiled in place of parts of it.
    pub splices: Vec<Splice>,
}

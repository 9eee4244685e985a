//! What a program is told of its cell: plain data, which the engine leaves for the driver.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// What a cell defines, shows and needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CellItems {
    /// The items that it defines, in order: they are compiled whether or not the cell uses them.
    pub own: Vec<OwnItem>,
    /// The expression whose value it shows.
    pub shown: Option<String>,
    /// How it is shown.
    pub show: Format,
    /// The items of earlier cells that it can reach.
    pub earlier: Vec<EarlierItem>,
    /// For each type of the notebook among them: its path as `type_name` prints it, and what decides its layout.
    pub definitions: BTreeMap<String, Definition>,
    /// Whether the cell or these items have loops, which optimisation pays for.
    pub has_loops: bool,
}

/// How values are shown that do not show themselves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Format {
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

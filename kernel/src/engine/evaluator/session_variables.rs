//! What the session knows of its variables.

use std::collections::{BTreeMap, BTreeSet};

use crate::variable_types::{Libraries, Types};

/// The variables of a session, and those that are not there any more.
#[derive(Default)]
pub(super) struct SessionVariables {
    /// The types of all variables.
    pub types: Types,
    /// The libraries that their types are from.
    pub made_with: BTreeMap<String, Libraries>,
    /// Why a variable of an earlier cell is not there.
    pub gone: BTreeMap<String, String>,
    /// Variables that cells have moved away.
    pub moved: BTreeSet<String>,
}

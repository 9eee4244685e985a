//! What the session knows about its variables.

use std::collections::{BTreeMap, BTreeSet};

use soma_driver::variable_types::{Libraries, Types};

/// The variables of a session, and those that no longer exist.
#[derive(Default)]
pub(super) struct SessionVariables {
    /// The types of all variables.
    pub types: Types,
    /// The libraries that their types come from.
    pub made_with: BTreeMap<String, Libraries>,
    /// Why a variable of an earlier cell no longer exists.
    pub gone: BTreeMap<String, String>,
    /// Variables that cells have moved out.
    pub moved: BTreeSet<String>,
}

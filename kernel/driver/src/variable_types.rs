//! What the session knows of the types of its variables.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// The types of the session's variables, as Rust code. `None` for a variable whose type cannot be written (a closure):
/// it lived in its own cell only.
pub type Types = BTreeMap<String, Option<String>>;

/// The crates that a variable's type comes from, with their files.
pub type Libraries = BTreeMap<String, PathBuf>;

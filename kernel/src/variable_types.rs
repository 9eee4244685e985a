//! What the session knows of the types of its variables.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the session knows of its variables: their types as Rust code, or `None` for a variable whose type
/// cannot be written down (a closure): it lived in its own cell only.
pub type Types = BTreeMap<String, Option<String>>;

/// The crates that a variable's type is from, and their files.
pub type Libraries = BTreeMap<String, PathBuf>;

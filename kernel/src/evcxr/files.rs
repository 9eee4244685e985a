//! The files of the crate that evcxr writes into the session's folder.

/// The source.
pub const SOURCE: &str = "src/lib.rs";

/// The manifest.
pub const MANIFEST: &str = "Cargo.toml";

/// The name of the crate.
pub const CRATE: &str = "ctx";

/// How the paths of all that a notebook defines begin.
pub const NOTEBOOK: &str = "ctx::";

/// What [`LIBRARY_PATH_FILE`](super::environment::LIBRARY_PATH_FILE) names.
pub const LIBRARY_PATH: &str = ".evcxr-execution-so";

//! The files of the crate that evcxr writes into the session's folder.

/// The source.
pub const SOURCE: &str = "src/lib.rs";

/// The manifest.
pub const MANIFEST: &str = "Cargo.toml";

/// The name of the crate.
pub const CRATE: &str = "ctx";

/// The beginning of the paths of everything that a notebook defines.
pub const NOTEBOOK: &str = "ctx::";

/// The name of the file that [`LIBRARY_PATH_FILE`](super::environment::LIBRARY_PATH_FILE) names.
pub const LIBRARY_PATH: &str = ".evcxr-execution-so";

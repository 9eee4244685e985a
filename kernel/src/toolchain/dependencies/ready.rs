//! Dependencies that have been built.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::sources::Sources;

/// A finished build of a session's dependencies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dependencies {
    /// What `--extern` names: crate and file.
    pub externs: Vec<(String, PathBuf)>,
    /// What `-L` names.
    pub search: Vec<String>,
    /// The folder of the dylib, for the loader.
    pub folder: Option<PathBuf>,
    /// Digest of all that decides what was built.
    pub identity: String,
    /// The crates that come from a path, with a digest of what was built: a variable whose type is from one of
    /// them does not outlive a change.
    pub changing: Vec<(String, String)>,
    /// What else those crates were built from.
    pub(in crate::toolchain) sources: Sources,
    /// What people are told who use these crates.
    pub(in crate::toolchain) remarks: Vec<String>,
}

/// The name of the dylib that holds the dependencies.
pub const CRATE: &str = "soma_deps";

impl Dependencies {
    /// The crate whose dylib holds them all, if there are any.
    pub fn linked(&self) -> Option<&'static str> {
        self.folder.is_some().then_some(CRATE)
    }

    /// The arguments that tell rustc where to look for what they need themselves.
    pub fn search(&self) -> impl Iterator<Item = String> {
        self.search.iter().flat_map(|path| ["-L".to_owned(), path.clone()])
    }
}

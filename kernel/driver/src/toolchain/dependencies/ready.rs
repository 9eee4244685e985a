//! Dependencies that have been built.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::sources::Sources;

/// A finished build of a session's dependencies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dependencies {
    /// The arguments of `--extern`: crates and files.
    pub externs: Vec<(String, PathBuf)>,
    /// The arguments of `-L`.
    pub search: Vec<String>,
    /// The folder of the dylib, in which the loader looks.
    pub folder: Option<PathBuf>,
    /// Digest of everything that decides the result of the build.
    pub identity: String,
    /// The crates from a path, with a digest of what was built: a variable whose type is from one of them does not
    /// outlive a change.
    pub changing: Vec<(String, String)>,
    /// The sources of those crates.
    pub(in crate::toolchain) sources: Sources,
    /// Remarks that users of these crates are shown.
    pub(in crate::toolchain) remarks: Vec<String>,
}

/// The name of the dylib that holds the dependencies.
pub const CRATE: &str = "soma_deps";

impl Dependencies {
    /// The crate whose dylib holds all of them, if there are any.
    pub fn linked(&self) -> Option<&'static str> {
        self.folder.is_some().then_some(CRATE)
    }

    /// The arguments that tell rustc where the crates' own dependencies are.
    pub fn search(&self) -> impl Iterator<Item = String> {
        self.search.iter().flat_map(|path| ["-L".to_owned(), path.clone()])
    }
}

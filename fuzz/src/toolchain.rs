//! The files that the driver reads besides evcxr's text.

#[path = "../../kernel/src/toolchain/handoff.rs"]
pub mod handoff;
#[path = "../../kernel/src/toolchain/original.rs"]
pub mod original;
#[path = "../../kernel/src/toolchain/replaced_deps.rs"]
pub mod replaced_deps;
#[path = "../../kernel/src/toolchain/search.rs"]
pub mod search;
#[path = "../../kernel/src/toolchain/surroundings.rs"]
pub mod surroundings;
#[path = "../../kernel/src/toolchain/toolchain_info.rs"]
pub mod toolchain_info;

/// A stand-in for the libraries that cells link. The notes of a session name it; nothing here reads it, and the real
/// module carries the sources of the cell libraries.
pub mod cell_libs {
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub struct CellLibs;
}

/// Only the reading of rustc's lists of files; the rest needs cargo.
#[path = "../../kernel/src/toolchain/dependencies/sources.rs"]
pub mod dependencies;

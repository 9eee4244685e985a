//! The driver's surgery on evcxr's text, and what it reads with it.

#[path = "../../kernel/src/toolchain/toolchain_info.rs"]
pub mod facts;
#[path = "../../kernel/src/toolchain/replaced_deps.rs"]
pub mod kept;
#[path = "../../kernel/src/toolchain/handoff.rs"]
pub mod notes;
#[path = "../../kernel/src/toolchain/dirs.rs"]
pub mod places;
#[path = "../../kernel/src/toolchain/program/mod.rs"]
pub mod program;
#[path = "../../kernel/src/toolchain/search.rs"]
pub mod search;
#[path = "../../kernel/src/toolchain/surroundings.rs"]
pub mod surroundings;

/// What cells link. The notes of a session name it; nothing here reads it, and the real one carries the sources of
/// the cell libraries.
pub mod cell_libs {
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub struct CellLibs;
}

/// The file that the driver has compiled.
pub mod cell_build {
    pub const SOURCE: &str = "src/cell.rs";
}

/// How rustc's lists of files are read; the rest of it needs cargo.
#[path = "../../kernel/src/toolchain/dependencies/sources.rs"]
pub mod dependencies;

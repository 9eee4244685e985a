//! What the driver reads beside evcxr's text.

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

/// What cells link. The notes of a session name it; nothing here reads it, and the real one carries the sources of
/// the cell libraries.
pub mod cell_libs {
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub struct CellLibs;
}

/// How rustc's lists of files are read; the rest of it needs cargo.
#[path = "../../kernel/src/toolchain/dependencies/sources.rs"]
pub mod dependencies;

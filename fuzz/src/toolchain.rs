//! The driver's surgery on evcxr's text, and what it reads with it.

#[path = "../../kernel/src/toolchain/facts.rs"]
pub mod facts;
#[path = "../../kernel/src/toolchain/kept.rs"]
pub mod kept;
#[path = "../../kernel/src/toolchain/notes.rs"]
pub mod notes;
#[path = "../../kernel/src/toolchain/places.rs"]
pub mod places;
#[path = "../../kernel/src/toolchain/program/mod.rs"]
pub mod program;

/// What cells link. The notes of a session name it; nothing here reads it, and the real one carries the sources of
/// the cell libraries.
pub mod cell_libs {
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub struct CellLibs;
}

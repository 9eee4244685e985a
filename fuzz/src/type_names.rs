//! The names of types, without the parts that ask rustc.

#[path = "../../kernel/src/engine/type_names/known.rs"]
pub mod known;
#[path = "../../kernel/src/engine/type_names/parse.rs"]
pub mod parse;
#[path = "../../kernel/src/engine/type_names/written.rs"]
pub mod written;

pub use self::written::*;

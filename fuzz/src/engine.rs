//! The parts of the engine through which a cell's text and output pass.

#[path = "../../kernel/src/engine/items/mod.rs"]
pub mod items;
#[path = "../../kernel/src/engine/macros.rs"]
pub mod macros;
#[path = "../../kernel/src/engine/output.rs"]
pub mod output;
#[path = "../../kernel/src/engine/positions.rs"]
pub mod positions;
#[path = "../../kernel/src/engine/prepare/mod.rs"]
pub mod prepare;
#[path = "../../kernel/src/engine/raw_name.rs"]
pub mod raw_name;
#[path = "type_names.rs"]
pub mod type_names;

/// The longest cell that targets read, in bytes. A longer one can be an expression of more than a thousand levels, and
/// under AddressSanitizer, whose frames are large, two thousand levels overflow the parser's stack.
pub const LONGEST_CELL: usize = 1024;

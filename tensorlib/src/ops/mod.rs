//! Elementwise operations on tensors: dtypes are chosen, shapes broadcast and memory arranged here, then one kernel
//! runs. Every operation has an in-place twin with a trailing underscore.

mod activation;
mod alias;
mod arithmetic;
pub(crate) mod assign;
pub(crate) mod binary;
mod choose;
pub mod clamp;
mod comparison;
mod operators;
mod pairs;
mod recorded;
mod special;
pub(crate) mod twin;
mod unary;

pub use choose::{try_where_cond, where_cond};

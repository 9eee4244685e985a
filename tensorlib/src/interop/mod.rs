//! Other libraries' values as tensors and the reverse: ndarray's arrays, and serde.

pub mod array;
mod serialized;

pub use array::{SharedArray, from_ndarray};

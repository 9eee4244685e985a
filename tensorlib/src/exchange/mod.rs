//! Tensors to and from elsewhere: ndarray in memory, NumPy's and safetensors files, serde.

mod array;

pub use array::{SharedArray, from_ndarray};

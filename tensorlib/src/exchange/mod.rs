//! Tensors to and from elsewhere: ndarray in memory, NumPy's and safetensors files, serde.

pub mod array;
mod npy;
mod npz;
mod safetensors;
mod serialized;
mod zip;

pub use array::{SharedArray, from_ndarray};
pub use npy::{read_npy, try_read_npy, try_write_npy, write_npy};
pub use npz::{read_npz, try_read_npz, try_write_npz, write_npz};
pub use safetensors::{read_safetensors, try_read_safetensors, try_write_safetensors, write_safetensors};

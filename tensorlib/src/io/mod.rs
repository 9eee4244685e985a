//! Files of tensors: NumPy's, safetensors, and what PyTorch saves.
//!
//! | file | read by | written by |
//! |---|---|---|
//! | `.npy` | [`read_npy`] | [`write_npy`] |
//! | `.npz` | [`read_npz`] | [`write_npz`] |
//! | IDX, of MNIST | [`read_idx`] | |
//! | `.safetensors` | [`load`], [`read_safetensors`] | [`save`], [`write_safetensors`] |
//! | `.pt`, `.pth` of `torch.save` | [`load`] | |
//!
//! [`save`] and [`load`] are for the parameters of models, a [`StateDict`]; the others for tensors as such.

mod bytes;
mod file;
mod idx;
mod npy;
mod npz;
mod pth;
mod safetensors;
mod saved;
pub mod state_dict;
mod zip;

pub use idx::{read_idx, try_read_idx};
pub use npy::{read_npy, try_read_npy, try_write_npy, write_npy};
pub use npz::{read_npz, try_read_npz, try_write_npz, write_npz};
pub use safetensors::{read_safetensors, try_read_safetensors, try_write_safetensors, write_safetensors};
pub use saved::{load, save};
pub use state_dict::StateDict;

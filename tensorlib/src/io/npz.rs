//! NumPy's `.npz`: several named arrays in one archive.

use std::collections::BTreeMap;
use std::path::Path;

use super::{file, npy, zip};
use crate::error::{Result, file_error, or_raise};
use crate::tensor::Tensor;

/// Reads all tensors of a file that `np.savez`, `np.savez_compressed` or [`write_npz`] wrote, by name.
///
/// ```
/// # use tensorlib::prelude::*;
/// let path = std::env::temp_dir().join(format!("tensorlib-doc-{}.npz", std::process::id()));
/// write_npz(&path, &[("x", &ones([2])), ("y", &zeros([3]))]);
/// assert_eq!(read_npz(&path)["y"].size(), [3]);
/// # std::fs::remove_file(path).unwrap();
/// ```
#[track_caller]
pub fn read_npz(path: impl AsRef<Path>) -> BTreeMap<String, Tensor> {
    or_raise(try_read_npz(path))
}

/// [`read_npz`] with the error as a value.
pub fn try_read_npz(path: impl AsRef<Path>) -> Result<BTreeMap<String, Tensor>> {
    let path = path.as_ref();
    let bytes = file::read(path)?;
    let wrong = |why: String| file_error!("read_npz: {}: {why}", path.display());
    zip::unpack(&bytes)
        .map_err(wrong)?
        .into_iter()
        .map(|(name, content)| {
            let tensor = npy::decode(&content).map_err(|why| wrong(format!("{name}: {why}")))?;
            Ok((name.strip_suffix(".npy").unwrap_or(&name).to_string(), tensor))
        })
        .collect()
}

/// Writes named tensors to a file that `np.load` and [`read_npz`] read.
#[doc(alias = "savez")]
#[doc(alias = "savez_compressed")]
#[track_caller]
pub fn write_npz(path: impl AsRef<Path>, tensors: &[(&str, &Tensor)]) {
    or_raise(try_write_npz(path, tensors));
}

/// [`write_npz`] with the error as a value.
pub fn try_write_npz(path: impl AsRef<Path>, tensors: &[(&str, &Tensor)]) -> Result<()> {
    let path = path.as_ref();
    let files: Vec<(String, Vec<u8>)> =
        tensors.iter().map(|(name, tensor)| (format!("{name}.npy"), npy::encode(tensor))).collect();
    let bytes = zip::pack(&files).map_err(|why| file_error!("write_npz: {}: {why}", path.display()))?;
    file::write(path, &bytes)
}

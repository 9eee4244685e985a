//! The safetensors format of the Hugging Face libraries: named tensors, safe to read from anywhere.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use super::npy;
use crate::dtype::DType;
use crate::error::{Result, file_error, or_raise};
use crate::size::checked_numel;
use crate::tensor::Tensor;

/// Reads all tensors of a `.safetensors` file, by name.
///
/// ```
/// # use tensorlib::prelude::*;
/// let path = std::env::temp_dir().join(format!("tensorlib-doc-{}.safetensors", std::process::id()));
/// write_safetensors(&path, &[("weight", &ones([2, 3]))]);
/// assert_eq!(read_safetensors(&path)["weight"].size(), [2, 3]);
/// # std::fs::remove_file(path).unwrap();
/// ```
#[track_caller]
pub fn read_safetensors(path: impl AsRef<Path>) -> BTreeMap<String, Tensor> {
    or_raise(try_read_safetensors(path))
}

/// [`read_safetensors`] with the error as a value.
pub fn try_read_safetensors(path: impl AsRef<Path>) -> Result<BTreeMap<String, Tensor>> {
    let path = path.as_ref();
    let bytes = npy::read(path)?;
    let wrong = |why: String| file_error!("read_safetensors: {}: {why}", path.display());
    let file = SafeTensors::deserialize(&bytes).map_err(|error| wrong(error.to_string()))?;
    file.tensors()
        .into_iter()
        .map(|(name, view)| {
            let dtype = match view.dtype() {
                Dtype::BOOL => DType::Bool,
                Dtype::U8 => DType::U8,
                Dtype::I32 => DType::I32,
                Dtype::I64 => DType::I64,
                Dtype::F32 => DType::F32,
                Dtype::F64 => DType::F64,
                other => {
                    return Err(wrong(format!(
                        "{name} has elements of type {other:?}; convert to float32, float64, int64, int32, uint8 or bool \
                         before saving"
                    )));
                }
            };
            // A shape of no elements may still have lengths whose product is out of range.
            checked_numel("shape", view.shape()).map_err(|error| wrong(format!("{name}: {error}")))?;
            Ok((name, npy::from_bytes(dtype, view.shape(), view.data(), false)))
        })
        .collect()
}

/// Writes named tensors to a `.safetensors` file.
#[track_caller]
pub fn write_safetensors(path: impl AsRef<Path>, tensors: &[(&str, &Tensor)]) {
    or_raise(try_write_safetensors(path, tensors));
}

/// [`write_safetensors`] with the error as a value.
pub fn try_write_safetensors(path: impl AsRef<Path>, tensors: &[(&str, &Tensor)]) -> Result<()> {
    let path = path.as_ref();
    let wrong = |why: String| file_error!("write_safetensors: {}: {why}", path.display());
    let contents: Vec<Vec<u8>> = tensors.iter().map(|(_, tensor)| npy::to_bytes(tensor)).collect();
    let views = tensors
        .iter()
        .zip(&contents)
        .map(|(&(name, tensor), content)| {
            let dtype = match tensor.dtype() {
                DType::Bool => Dtype::BOOL,
                DType::U8 => Dtype::U8,
                DType::I32 => Dtype::I32,
                DType::I64 => Dtype::I64,
                DType::F32 => Dtype::F32,
                DType::F64 => Dtype::F64,
            };
            let view = TensorView::new(dtype, tensor.size().to_vec(), content);
            Ok((name, view.map_err(|error| wrong(error.to_string()))?))
        })
        .collect::<Result<Vec<_>>>()?;
    let bytes = safetensors::serialize(views, None).map_err(|error| wrong(error.to_string()))?;
    npy::write(path, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_whose_lengths_are_out_of_range_is_refused() {
        let header =
            br#"{"x":{"dtype":"U8","shape":[0,9223372036854775807,9223372036854775807],"data_offsets":[0,0]}}"#;
        let bytes = [&(header.len() as u64).to_le_bytes()[..], header].concat();
        let path = std::env::temp_dir().join(format!("tensorlib-shape-{}.safetensors", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        let outcome = try_read_safetensors(&path);
        std::fs::remove_file(&path).unwrap();
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains("x: shape: shape [0, ") && error.ends_with("than memory can address"), "{error}");
    }
}

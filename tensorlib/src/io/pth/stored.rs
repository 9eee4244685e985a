//! Storages as pickles refer to them.

use crate::dtype::DType;
use crate::io::bytes::{FileType, Foreign};

/// A storage, as a pickle refers to it.
#[derive(Clone, Copy)]
pub(super) struct Stored<'a> {
    pub key: &'a str,
    pub element: FileType,
    pub numel: usize,
}

impl Stored<'_> {
    pub fn bytes(&self) -> Result<usize, String> {
        self.numel
            .checked_mul(self.element.size_in_bytes())
            .ok_or_else(|| format!("the storage {} is too large", self.key))
    }
}

/// The element type of a type of storage.
pub(super) fn element_type(storage: &str) -> Result<FileType, String> {
    Ok(match storage {
        "BoolStorage" => FileType::Own(DType::Bool),
        "ByteStorage" => FileType::Own(DType::U8),
        "IntStorage" => FileType::Own(DType::I32),
        "LongStorage" => FileType::Own(DType::I64),
        "FloatStorage" => FileType::Own(DType::F32),
        "DoubleStorage" => FileType::Own(DType::F64),
        "HalfStorage" => FileType::Foreign(Foreign::F16),
        "BFloat16Storage" => FileType::Foreign(Foreign::BF16),
        "CharStorage" => FileType::Foreign(Foreign::I8),
        "ShortStorage" => FileType::Foreign(Foreign::I16),
        other => {
            let name = other.trim_end_matches("Storage");
            return Err(format!(
                "elements of PyTorch's type {name} have no counterpart; convert to float32, float64, int64, int32, uint8 or \
                 bool before saving"
            ));
        }
    })
}

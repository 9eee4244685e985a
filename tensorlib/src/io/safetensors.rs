//! The safetensors format of the Hugging Face libraries: named tensors, safe to read from anywhere.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorInfo};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::bytes::{FileType, Foreign, to_bytes};
use super::file;
use super::state_dict::StateDict;
use crate::dtype::DType;
use crate::error::{Result, file_error, or_raise};
use crate::size::checked_numel;
use crate::tensor::Tensor;

/// The entry of a header that describes the file, not a tensor.
const METADATA: &str = "__metadata__";
/// Bytes that say how long the header is; the elements begin at a multiple of them.
const LENGTH: usize = 8;

/// Reads all tensors of a `.safetensors` file, by name. [`load`](super::load) keeps their order, too.
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
    let bytes = file::read(path)?;
    let state = decode(&bytes).map_err(|why| file_error!("read_safetensors: {}: {why}", path.display()))?;
    Ok(state.into_iter().collect())
}

/// Writes named tensors to a `.safetensors` file. [`save`](super::save) does it for the parameters of a model.
#[track_caller]
pub fn write_safetensors(path: impl AsRef<Path>, tensors: &[(&str, &Tensor)]) {
    or_raise(try_write_safetensors(path, tensors));
}

/// [`write_safetensors`] with the error as a value.
pub fn try_write_safetensors(path: impl AsRef<Path>, tensors: &[(&str, &Tensor)]) -> Result<()> {
    let path = path.as_ref();
    let wrong = |why: String| file_error!("write_safetensors: {}: {why}", path.display());
    let header = Header::of(tensors).map_err(wrong)?;
    let mut bytes = Vec::new();
    header.write(tensors, &mut bytes).map_err(|error| wrong(error.to_string()))?;
    file::write(path, &bytes)
}

fn of_file(dtype: Dtype) -> Option<FileType> {
    Some(match dtype {
        Dtype::BOOL => FileType::Own(DType::Bool),
        Dtype::U8 => FileType::Own(DType::U8),
        Dtype::I32 => FileType::Own(DType::I32),
        Dtype::I64 => FileType::Own(DType::I64),
        Dtype::F32 => FileType::Own(DType::F32),
        Dtype::F64 => FileType::Own(DType::F64),
        Dtype::F16 => FileType::Foreign(Foreign::F16),
        Dtype::BF16 => FileType::Foreign(Foreign::BF16),
        Dtype::I8 => FileType::Foreign(Foreign::I8),
        Dtype::I16 => FileType::Foreign(Foreign::I16),
        _ => return None,
    })
}

fn to_file(dtype: DType) -> Dtype {
    match dtype {
        DType::Bool => Dtype::BOOL,
        DType::U8 => Dtype::U8,
        DType::I32 => Dtype::I32,
        DType::I64 => Dtype::I64,
        DType::F32 => Dtype::F32,
        DType::F64 => Dtype::F64,
    }
}

/// All tensors of a file, in the order of its header.
pub(super) fn decode(bytes: &[u8]) -> Result<StateDict, String> {
    let (length, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
    let (header, data) = bytes[LENGTH..].split_at(length);
    let Names(names) = serde_json::from_slice(header).map_err(|error| error.to_string())?;
    let mut state = StateDict::new();
    for name in names {
        let info = metadata.info(&name).ok_or_else(|| format!("the header describes {name} twice"))?;
        let dtype = of_file(info.dtype).ok_or_else(|| {
            format!(
                "{name} has elements of type {:?}; convert to float32, float64, int64, int32, uint8 or bool before saving",
                info.dtype
            )
        })?;
        // A shape of no elements may still have lengths whose product is out of range.
        checked_numel("shape", &info.shape).map_err(|error| format!("{name}: {error}"))?;
        let (start, end) = info.data_offsets;
        state.insert(name, dtype.decode(&info.shape, &data[start..end]));
    }
    Ok(state)
}

/// The names of a header's tensors, in order, which the library's own reader does not keep.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Names, D::Error> {
        struct Header;

        impl<'de> Visitor<'de> for Header {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some((name, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
                    if name != METADATA {
                        names.push(name);
                    }
                }
                Ok(Names(names))
            }
        }

        deserializer.deserialize_map(Header)
    }
}

/// What a file says of its tensors: names in the order given, elements in the order of their size, so that each lies at a
/// multiple of it. PyTorch reads no others.
pub(super) struct Header<'a> {
    entries: Vec<(&'a str, TensorInfo)>,
    /// Tensors by number, in the order of their elements.
    order: Vec<usize>,
}

impl<'a> Header<'a> {
    pub fn of(tensors: &[(&'a str, &Tensor)]) -> Result<Header<'a>, String> {
        let mut seen = HashSet::new();
        if let Some((name, _)) = tensors.iter().find(|(name, _)| *name == METADATA || !seen.insert(*name)) {
            return Err(match *name {
                METADATA => format!("no tensor can be called {METADATA}"),
                _ => format!("two tensors are called {name}"),
            });
        }
        let mut order: Vec<usize> = (0..tensors.len()).collect();
        order.sort_by_key(|&number| std::cmp::Reverse(tensors[number].1.dtype().size_in_bytes()));
        let mut starts = vec![0; tensors.len()];
        let bytes = |tensor: &Tensor| tensor.numel() * tensor.dtype().size_in_bytes();
        order.iter().fold(0, |start, &number| {
            starts[number] = start;
            start + bytes(tensors[number].1)
        });
        let entries = tensors.iter().zip(&starts).map(|(&(name, tensor), &start)| {
            let data_offsets = (start, start + bytes(tensor));
            (name, TensorInfo { dtype: to_file(tensor.dtype()), shape: tensor.size().to_vec(), data_offsets })
        });
        Ok(Header { entries: entries.collect(), order })
    }

    /// Writes the file.
    pub fn write(&self, tensors: &[(&str, &Tensor)], to: &mut impl Write) -> io::Result<()> {
        let mut header = serde_json::to_vec(self)?;
        header.resize(header.len().next_multiple_of(LENGTH), b' ');
        to.write_all(&(header.len() as u64).to_le_bytes())?;
        to.write_all(&header)?;
        self.order.iter().try_for_each(|&number| to.write_all(&to_bytes(tensors[number].1)))
    }
}

impl Serialize for Header<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.entries.len() + 1))?;
        // The Hugging Face libraries ask whose tensors these are before they read them.
        map.serialize_entry(METADATA, &BTreeMap::from([("format", "pt")]))?;
        for (name, info) in &self.entries {
            map.serialize_entry(name, info)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::{ones, tensor, zeros};

    fn encoded(tensors: &[(&str, &Tensor)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        Header::of(tensors).unwrap().write(tensors, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_shape_whose_lengths_are_out_of_range_is_refused() {
        let header =
            br#"{"x":{"dtype":"U8","shape":[0,9223372036854775807,9223372036854775807],"data_offsets":[0,0]}}"#;
        let bytes = [&(header.len() as u64).to_le_bytes()[..], header].concat();
        let error = decode(&bytes).unwrap_err();
        assert!(error.starts_with("x: shape: shape [0, ") && error.ends_with("than memory can address"), "{error}");
    }

    #[test]
    fn names_keep_their_order_and_elements_their_alignment() {
        let (small, wide, middle) = (tensor![true, false, true], tensor![7, 8], ones([3]));
        let bytes = encoded(&[("z", &small), ("a", &middle), ("m", &wide)]);
        assert_eq!(decode(&bytes).unwrap().keys().collect::<Vec<_>>(), ["z", "a", "m"]);
        let file = SafeTensors::deserialize(&bytes).unwrap();
        for (name, view) in file.tensors() {
            let at = view.data().as_ptr() as usize - bytes.as_ptr() as usize;
            assert_eq!(at % (view.dtype().bitsize() / 8), 0, "{name} begins at {at}");
        }
        let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
        assert_eq!(metadata.metadata().as_ref().unwrap()["format"], "pt");
    }

    #[test]
    fn names_that_a_file_cannot_hold_are_refused() {
        let x = zeros([1]);
        assert_eq!(Header::of(&[("x", &x), ("x", &x)]).err().unwrap(), "two tensors are called x");
        assert_eq!(Header::of(&[(METADATA, &x)]).err().unwrap(), "no tensor can be called __metadata__");
    }
}

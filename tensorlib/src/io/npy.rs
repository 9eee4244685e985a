//! NumPy's `.npy`: a short header in Python's notation, then the elements.

use std::path::Path;

use super::bytes::{from_bytes, to_bytes};
use super::file;
use crate::dtype::DType;
use crate::error::{Result, file_error, or_raise};
use crate::size::checked_numel;
use crate::tensor::Tensor;

const MAGIC: &[u8] = b"\x93NUMPY";

/// Reads a file that NumPy's `np.save` or [`write_npy`] wrote.
///
/// ```
/// # use tensorlib::prelude::*;
/// let path = std::env::temp_dir().join(format!("tensorlib-doc-{}.npy", std::process::id()));
/// write_npy(&path, &tensor![[1.0, 2.0]]);
/// assert!(read_npy(&path).equal(&tensor![[1.0, 2.0]]));
/// # std::fs::remove_file(path).unwrap();
/// ```
#[track_caller]
pub fn read_npy(path: impl AsRef<Path>) -> Tensor {
    or_raise(try_read_npy(path))
}

/// [`read_npy`] with the error as a value.
pub fn try_read_npy(path: impl AsRef<Path>) -> Result<Tensor> {
    let path = path.as_ref();
    let bytes = file::read(path)?;
    decode(&bytes).map_err(|why| file_error!("read_npy: {}: {why}", path.display()))
}

/// Writes a file that NumPy's `np.load` and [`read_npy`] read.
#[track_caller]
pub fn write_npy(path: impl AsRef<Path>, x: &Tensor) {
    or_raise(try_write_npy(path, x));
}

/// [`write_npy`] with the error as a value.
pub fn try_write_npy(path: impl AsRef<Path>, x: &Tensor) -> Result<()> {
    file::write(path.as_ref(), &encode(x))
}

pub(super) fn encode(x: &Tensor) -> Vec<u8> {
    let descr = match x.dtype() {
        DType::Bool => "|b1",
        DType::U8 => "|u1",
        DType::I32 => "<i4",
        DType::I64 => "<i8",
        DType::F32 => "<f4",
        DType::F64 => "<f8",
    };
    let shape: String = x.size().iter().map(|length| format!("{length}, ")).collect();
    // Python writes one length as `(3,)` and several as `(3, 2)`.
    let shape = if x.ndim() > 1 { shape.trim_end_matches(", ") } else { shape.trim_end() };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}");
    // The elements begin at a multiple of 64 bytes, after a newline.
    let used = MAGIC.len() + 4 + header.len() + 1;
    header.push_str(&" ".repeat(used.next_multiple_of(64) - used));
    header.push('\n');
    let mut bytes = MAGIC.to_vec();
    let length = header.len();
    match u16::try_from(length) {
        Ok(length) => {
            bytes.extend([1, 0]);
            bytes.extend(length.to_le_bytes());
        }
        Err(_) => {
            bytes.extend([2, 0]);
            bytes.extend((length as u32).to_le_bytes());
        }
    }
    bytes.extend(header.as_bytes());
    bytes.extend(to_bytes(x));
    bytes
}

/// The text that follows `'key':` in a header.
fn entry<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let at = header.find(&format!("'{key}'"))? + key.len() + 2;
    Some(header[at..].trim_start().strip_prefix(':')?.trim_start())
}

fn element_type(descr: &str) -> Result<(DType, bool), String> {
    let (order, kind) = descr.split_at_checked(1).ok_or("the header names no element type")?;
    let dtype = match kind {
        "b1" => DType::Bool,
        "u1" => DType::U8,
        "i4" => DType::I32,
        "i8" => DType::I64,
        "f4" => DType::F32,
        "f8" => DType::F64,
        _ => {
            return Err(format!(
                "elements of NumPy's type {descr:?} have no counterpart; convert to float32, float64, int64, int32, uint8 \
                 or bool before saving"
            ));
        }
    };
    Ok((dtype, order == ">"))
}

pub(super) fn decode(bytes: &[u8]) -> Result<Tensor, String> {
    let cut = "the file ends too early";
    let rest = bytes.strip_prefix(MAGIC).ok_or("this is not a .npy file")?;
    let (length, rest) = match rest {
        [1, _, a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest),
        [2 | 3, _, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
        [version, ..] if *version > 3 => return Err(format!("version {version} of the format is unknown")),
        _ => return Err(cut.into()),
    };
    let (header, data) = rest.split_at_checked(length).ok_or(cut)?;
    let header = std::str::from_utf8(header).map_err(|_| "the header is not text")?;
    let descr = entry(header, "descr").and_then(|text| text.strip_prefix('\'')?.split('\'').next());
    let (dtype, big_endian) = element_type(descr.ok_or("the elements are records, not numbers")?)?;
    let fortran = entry(header, "fortran_order").is_some_and(|text| text.starts_with("True"));
    let shape = entry(header, "shape").and_then(|text| text.strip_prefix('(')?.split(')').next());
    let mut shape = shape
        .ok_or("the header names no shape")?
        .split(',')
        .map(str::trim)
        .filter(|length| !length.is_empty())
        .map(|length| length.parse().map_err(|_| format!("{length:?} is no length")))
        .collect::<Result<Vec<usize>, String>>()?;
    let numel = checked_numel("shape", &shape).map_err(|error| error.to_string())?;
    let needed = numel * dtype.size_in_bytes();
    let data =
        data.get(..needed).ok_or_else(|| format!("shape {shape:?} needs {needed} bytes, but {} follow", data.len()))?;
    if !fortran {
        return Ok(from_bytes(dtype, &shape, data, big_endian));
    }
    // Column-major: the reversed shape, transposed.
    shape.reverse();
    let x = from_bytes(dtype, &shape, data, big_endian);
    let dims: Vec<usize> = (0..shape.len()).rev().collect();
    let layout = x.layout.permute(&dims);
    Ok(x.laid_out(layout))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn the_bytes_are_numpys() {
        // What np.save writes for np.array([[1, 2]], dtype=np.uint8).
        let mut expected =
            b"\x93NUMPY\x01\x00\x76\x00{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), }".to_vec();
        expected.resize(127, b' ');
        expected.extend(b"\n\x01\x02");
        assert_eq!(encode(&tensor![[1, 2]; u8]), expected);
        assert!(decode(&expected).unwrap().equal(tensor![[1, 2]; u8]));
    }

    #[test]
    fn every_type_and_rank_comes_back() {
        for dtype in DType::ALL {
            for shape in [vec![], vec![0], vec![3], vec![2, 0, 2], vec![2, 3]] {
                let x = crate::ones(&shape).to(dtype);
                assert!(decode(&encode(&x)).unwrap().equal(&x), "{dtype} {shape:?}");
            }
        }
    }

    #[test]
    fn column_major_and_big_endian_files_are_read() {
        let header = |descr: &str, order: &str| {
            let text = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': (2, 2), }}");
            let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
            bytes.extend((text.len() as u16).to_le_bytes());
            bytes.extend(text.as_bytes());
            bytes
        };
        let mut columns = header("|u1", "True");
        columns.extend([1, 2, 3, 4]);
        assert!(decode(&columns).unwrap().equal(tensor![[1, 3], [2, 4]; u8]));
        let mut big = header(">i4", "False");
        big.extend([1i32, 2, 3, 4].iter().flat_map(|n| n.to_be_bytes()));
        assert!(decode(&big).unwrap().equal(tensor![[1, 2], [3, 4]; i32]));
    }

    #[test]
    fn damaged_files_are_refused_in_words() {
        let good = encode(&tensor![1.0, 2.0]);
        assert_eq!(decode(b"hello").unwrap_err(), "this is not a .npy file");
        assert_eq!(decode(&good[..good.len() - 1]).unwrap_err(), "shape [2] needs 8 bytes, but 7 follow");
        for cut in 0..good.len() {
            assert!(decode(&good[..cut]).is_err(), "{cut}");
        }
    }
}

//! IDX, the format of MNIST: an element type, lengths, and elements, all with the most significant byte first. Files may be
//! compressed with gzip.

use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::bytes::{FileType, Foreign};
use super::file;
use crate::dtype::DType;
use crate::error::{Result, file_error, or_raise};
use crate::size::checked_numel;
use crate::tensor::Tensor;

/// Reads a file in the IDX format, as those of MNIST are, compressed (`.gz`) or not.
///
/// ```
/// # use tensorlib::prelude::*;
/// let path = std::env::temp_dir().join(format!("tensorlib-doc-{}.idx", std::process::id()));
/// std::fs::write(&path, [0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 7, 9]).unwrap();
/// assert!(read_idx(&path).equal(&tensor![[7, 9]; u8]));
/// # std::fs::remove_file(path).unwrap();
/// ```
#[track_caller]
pub fn read_idx(path: impl AsRef<Path>) -> Tensor {
    or_raise(try_read_idx(path))
}

/// [`read_idx`] with the error as a value.
pub fn try_read_idx(path: impl AsRef<Path>) -> Result<Tensor> {
    let path = path.as_ref();
    let bytes = file::read(path)?;
    let decoded = match bytes[..] {
        [0x1f, 0x8b, ..] => decode(&mut MultiGzDecoder::new(&bytes[..])),
        _ => decode(&mut &bytes[..]),
    };
    decoded.map_err(|why| file_error!("read_idx: {}: {why}", path.display()))
}

const CUT: &str = "the file ends too early";

fn element_type(code: u8) -> Option<FileType> {
    Some(match code {
        0x08 => FileType::Own(DType::U8),
        0x09 => FileType::Foreign(Foreign::I8),
        0x0b => FileType::Foreign(Foreign::I16),
        0x0c => FileType::Own(DType::I32),
        0x0d => FileType::Own(DType::F32),
        0x0e => FileType::Own(DType::F64),
        _ => return None,
    })
}

fn decode(from: &mut impl Read) -> Result<Tensor, String> {
    let [zero, none, code, rank] = number(from)?;
    let (element, true) = (element_type(code), zero == 0 && none == 0) else { return Err(NOT_IDX.into()) };
    let element = element.ok_or(NOT_IDX)?;
    let shape =
        (0..rank).map(|_| Ok(u32::from_be_bytes(number(from)?) as usize)).collect::<Result<Vec<_>, String>>()?;
    let numel = checked_numel("shape", &shape).map_err(|error| error.to_string())?;
    let size = element.size_in_bytes();
    let needed = numel.checked_mul(size).ok_or("the shape is too large")?;
    // As much memory as bytes come, whatever the header says.
    let mut bytes = Vec::new();
    from.take(needed as u64).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
    if bytes.len() < needed {
        return Err(format!("shape {shape:?} needs {needed} bytes, but {} follow", bytes.len()));
    }
    match from.read(&mut [0]) {
        Ok(0) => {}
        Ok(_) => return Err(format!("more bytes follow than shape {shape:?} needs")),
        Err(error) => return Err(damaged(&error)),
    }
    bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    Ok(element.decode(&shape, &bytes))
}

const NOT_IDX: &str = "this is not an IDX file";

fn damaged(error: &std::io::Error) -> String {
    format!("its compressed content is damaged: {error}")
}

fn number(from: &mut impl Read) -> Result<[u8; 4], String> {
    let mut bytes = [0; 4];
    match from.read_exact(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(CUT.into()),
        Err(error) => Err(damaged(&error)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::prelude::tensor;

    fn of(mut bytes: &[u8]) -> Result<Tensor, String> {
        decode(&mut bytes)
    }

    #[test]
    fn every_type_is_read_with_its_first_byte_first() {
        let one = |code: u8, element: &[u8]| of(&[&[0, 0, code, 1, 0, 0, 0, 1], element].concat()).unwrap();
        assert!(one(0x08, &[200]).equal(tensor![200; u8]));
        assert!(one(0x09, &[200]).equal(tensor![-56; i32]));
        assert!(one(0x0b, &[0xff, 0xfe]).equal(tensor![-2; i32]));
        assert!(one(0x0c, &[0, 0, 1, 0]).equal(tensor![256; i32]));
        assert!(one(0x0d, &1.5_f32.to_be_bytes()).equal(tensor![1.5]));
        assert!(one(0x0e, &1.5_f64.to_be_bytes()).equal(tensor![1.5; f64]));
    }

    #[test]
    fn damage_is_told_of() {
        let good = [0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 7, 9];
        (0..good.len()).for_each(|cut| assert!(of(&good[..cut]).is_err(), "{cut}"));
        assert_eq!(of(&good[..13]).unwrap_err(), "shape [1, 2] needs 2 bytes, but 1 follow");
        assert_eq!(of(&[&good[..], &[1]].concat()).unwrap_err(), "more bytes follow than shape [1, 2] needs");
        assert_eq!(of(b"no idx at all").unwrap_err(), NOT_IDX);
        assert_eq!(of(&[0, 0, 7, 0]).unwrap_err(), NOT_IDX);
        let huge = [0, 0, 14, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255];
        assert!(of(&huge).unwrap_err().contains("than memory can address"));
    }

    #[test]
    fn compressed_files_are_read_and_damage_in_them_is_noticed() {
        let path = std::env::temp_dir().join(format!("tensorlib-idx-{}.gz", std::process::id()));
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(&[0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]).unwrap();
        let packed = packed.finish().unwrap();
        std::fs::write(&path, &packed).unwrap();
        assert_eq!(try_read_idx(&path).unwrap().to_vec::<u8>(), [1, 2, 3]);
        for cut in 2..packed.len() {
            std::fs::write(&path, &packed[..cut]).unwrap();
            assert!(try_read_idx(&path).is_err(), "{cut}");
        }
        std::fs::remove_file(&path).unwrap();
    }
}

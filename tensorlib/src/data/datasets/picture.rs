//! PNG and JPEG files as tensors.

use std::io::Cursor;
use std::path::Path;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::dim_vec::DimVec;
use crate::error::{Result, file_error, or_raise};
use crate::tensor::Tensor;

/// Pictures with more pixels are refused, so that a small file cannot ask for all memory.
const MOST_PIXELS: usize = 1 << 27;

/// Reads a PNG or JPEG file as colours: `u8` of shape `[3, height, width]`. Grey pictures have three equal channels,
/// transparency is left out, and 16 bits become 8, as with PIL's `convert("RGB")`.
///
/// JPEG leaves some freedom: a pixel may differ by a few of 255 from another decoder's.
///
/// ```no_run
/// # use tensorlib::prelude::*;
/// let picture = data::datasets::read_image("cat.png");
/// assert_eq!(picture.size()[0], 3);
/// ```
#[doc(alias = "decode_image")]
#[doc(alias = "imread")]
#[track_caller]
pub fn read_image(path: impl AsRef<Path>) -> Tensor {
    or_raise(try_read_image(path))
}

/// [`read_image`] with the error as a value.
pub fn try_read_image(path: impl AsRef<Path>) -> Result<Tensor> {
    let path = path.as_ref();
    let wrong = |why: String| file_error!("read_image: {}: {why}", path.display());
    let bytes =
        std::fs::read(path).map_err(|error| file_error!("read_image: cannot read {}: {error}", path.display()))?;
    let Rgb { height, width, pixels } = match bytes[..] {
        [0x89, b'P', b'N', b'G', ..] => png(&bytes),
        [0xff, 0xd8, ..] => jpeg(&bytes),
        _ => Err("this is neither a PNG nor a JPEG file".to_string()),
    }
    .map_err(wrong)?;
    let by_pixel = Tensor::from_values(pixels, DimVec::from_slice(&[height, width, 3]));
    Ok(by_pixel.try_permute([2, 0, 1])?.copied())
}

/// Three bytes for each pixel, row by row.
struct Rgb {
    height: usize,
    width: usize,
    pixels: Vec<u8>,
}

fn checked(height: usize, width: usize) -> std::result::Result<(), String> {
    match height.checked_mul(width) {
        Some(pixels) if pixels <= MOST_PIXELS => Ok(()),
        _ => Err(format!("a picture of {height} × {width} pixels is too large; make it smaller first")),
    }
}

fn png(bytes: &[u8]) -> std::result::Result<Rgb, String> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
    let (height, width) = (reader.info().height as usize, reader.info().width as usize);
    checked(height, width)?;
    let size = reader.output_buffer_size().ok_or("the picture is too large")?;
    let mut buffer = vec![0; size];
    let frame = reader.next_frame(&mut buffer).map_err(|error| error.to_string())?;
    let pixels = &buffer[..frame.buffer_size()];
    let pixels = match frame.color_type {
        png::ColorType::Rgb => pixels.to_vec(),
        png::ColorType::Rgba => pixels.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect(),
        png::ColorType::Grayscale => pixels.iter().flat_map(|&gray| [gray; 3]).collect(),
        png::ColorType::GrayscaleAlpha => pixels.chunks_exact(2).flat_map(|pixel| [pixel[0]; 3]).collect(),
        png::ColorType::Indexed => return Err("its palette is missing".into()),
    };
    Ok(Rgb { height, width, pixels })
}

fn jpeg(bytes: &[u8]) -> std::result::Result<Rgb, String> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions().ok_or("the picture has no size")?;
    checked(height, width)?;
    let pixels = decoder.decode().map_err(|error| error.to_string())?;
    if pixels.len() != height * width * 3 {
        return Err("its colours are of an unknown kind".into());
    }
    Ok(Rgb { height, width, pixels })
}

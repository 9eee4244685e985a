//! Images as bytes: what the values of a tensor mean as colours.

use super::png::Channels;
use crate::error::{Result, shape_error};
use crate::{DType, Tensor};

/// More pixels than this along a side are not drawn: an image is thinned to it.
const MOST_SIDE: usize = 512;

/// An image of 8-bit pixels.
#[derive(Clone, Debug)]
pub(super) struct Pixels {
    /// The size of the tensor's image, whether or not it was thinned.
    pub size: (usize, usize),
    pub width: usize,
    pub height: usize,
    pub channels: Channels,
    pub bytes: Vec<u8>,
}

impl Pixels {
    /// `[H, W]` or `[C, H, W]` with 1, 3 or 4 channels.
    pub fn of(op: &str, image: &Tensor) -> Result<Pixels> {
        let size = image.size();
        let (channels, height, width) = match size[..] {
            [h, w] => (1, h, w),
            [c, h, w] => (c, h, w),
            _ => return Err(shape_error!("{op}: an image is [H, W] or [C, H, W]; the shape is {size}")),
        };
        let kind = kind(op, channels, &size.to_string())?;
        let values = image.to_vec::<f64>();
        if values.is_empty() {
            return Err(shape_error!("{op}: there is nothing to show; the shape is {size}"));
        }
        let range = value_range(&values, image.dtype(), kind == Channels::Grey);
        Ok(from_values(&values, range, (kind, height, width)))
    }

    /// `[N, H, W]` or `[N, C, H, W]`.
    pub fn batch(op: &str, images: &Tensor) -> Result<Vec<Pixels>> {
        let size = images.size();
        let (count, channels, height, width) = match size[..] {
            [n, h, w] => (n, 1, h, w),
            [n, c, h, w] => (n, c, h, w),
            _ => return Err(shape_error!("{op}: a batch of images is [N, H, W] or [N, C, H, W]; the shape is {size}")),
        };
        if count == 0 || channels * height * width == 0 {
            return Err(shape_error!("{op}: there is nothing to show; the shape is {size}"));
        }
        let kind = kind(op, channels, &size.to_string())?;
        let one = |values: &[f64]| {
            let range = value_range(values, images.dtype(), kind == Channels::Grey);
            from_values(values, range, (kind, height, width))
        };
        Ok(images.to_vec::<f64>().chunks(channels * height * width).map(one).collect())
    }
}

/// The meaning of `channels` channels.
fn kind(op: &str, channels: usize, size: &str) -> Result<Channels> {
    match channels {
        1 => Ok(Channels::Grey),
        3 => Ok(Channels::Rgb),
        4 => Ok(Channels::Rgba),
        n => Err(shape_error!(
            "{op}: an image has 1, 3 or 4 channels before its height and width, not {n}; the shape is {size}"
        )),
    }
}

/// An image of values in the order of channels, rows and columns, of which `low` is black and `high` is white.
pub(super) fn from_values(
    values: &[f64],
    (low, high): (f64, f64),
    (kind, height, width): (Channels, usize, usize),
) -> Pixels {
    let byte = |value: f64| ((value - low) / (high - low) * 255.0).round().clamp(0.0, 255.0) as u8;
    let channels = kind as usize;
    let step = height.max(width).div_ceil(MOST_SIDE);
    let (rows, columns) = (height.div_ceil(step), width.div_ceil(step));
    let mut bytes = Vec::with_capacity(rows * columns * channels);
    for row in (0..height).step_by(step) {
        for column in (0..width).step_by(step) {
            for channel in 0..channels {
                bytes.push(byte(values[(channel * height + row) * width + column]));
            }
        }
    }
    Pixels { size: (width, height), width: columns, height: rows, channels: kind, bytes }
}

/// The values that are black and white; values beyond 0 to 1 are stretched if that may be.
pub(super) fn value_range(values: &[f64], dtype: DType, may_stretch: bool) -> (f64, f64) {
    match dtype {
        DType::F32 | DType::F64 => {}
        DType::Bool => return (0.0, 1.0),
        _ => return (0.0, 255.0),
    }
    let (low, high) = super::series::span(values.iter().copied().filter(|v| v.is_finite()));
    if may_stretch && (low < 0.0 || high > 1.0) && low < high { (low, high) } else { (0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn channels_first_become_pixels() {
        let image = from_vec(vec![1.0f32, 0.0, 0.0, 1.0, 0.0, 0.0]).view([3, 1, 2]);
        let pixels = Pixels::of("imshow", &image).unwrap();
        assert_eq!(pixels.bytes, [255, 0, 0, 0, 255, 0]);
    }

    #[test]
    fn grey_beyond_one_is_stretched_and_colour_is_cut_off() {
        let grey = from_vec(vec![-1.0f32, 0.0, 3.0]).view([1, 3]);
        assert_eq!(Pixels::of("imshow", &grey).unwrap().bytes, [0, 64, 255]);
        let color = from_vec(vec![2.0f32, -1.0, f32::NAN]).view([3, 1, 1]);
        assert_eq!(Pixels::of("imshow", &color).unwrap().bytes, [255, 0, 0]);
    }

    #[test]
    fn large_images_are_thinned() {
        let pixels = Pixels::of("imshow", &zeros([1000, 2000])).unwrap();
        assert_eq!((pixels.width, pixels.height, pixels.size), (500, 250, (2000, 1000)));
    }
}

//! Pictures of another size, by weighted means of pixels.

use super::{Transform, height_and_width};
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::error::{Result, dtype_error, value_error};
use crate::tensor::Tensor;

/// A size: a number for the shorter side, or `[height, width]`.
#[derive(Clone, Copy, Debug)]
pub enum PictureSize {
    /// The shorter side; the longer one keeps the proportions.
    Shorter(usize),
    /// Height and width.
    Both(usize, usize),
}

impl From<usize> for PictureSize {
    fn from(side: usize) -> PictureSize {
        PictureSize::Shorter(side)
    }
}

impl From<[usize; 2]> for PictureSize {
    fn from([height, width]: [usize; 2]) -> PictureSize {
        PictureSize::Both(height, width)
    }
}

impl From<(usize, usize)> for PictureSize {
    fn from((height, width): (usize, usize)) -> PictureSize {
        PictureSize::Both(height, width)
    }
}

impl PictureSize {
    /// A square, where one number is meant so.
    pub(super) fn square(self) -> (usize, usize) {
        match self {
            PictureSize::Shorter(side) => (side, side),
            PictureSize::Both(height, width) => (height, width),
        }
    }
}

/// Another size: each new pixel is a mean of the old ones below it, weighted by their distance (bilinear, with antialiasing).
/// One number is the length of the shorter side, `[height, width]` both.
///
/// Pixels of `u8` are those of Pillow 11, bit for bit; Pillow 13 changes some heights before widths, which rounds a few pixels
/// to the next number. Floating-point ones are computed in `f64` and differ from torchvision's on tensors in the last digit.
///
/// ```
/// # use tensorlib::prelude::*;
/// use tensorlib::data::transforms::Resize;
///
/// let picture = zeros([3, 20, 30]).byte();
/// assert_eq!(Resize::new(10).apply(&picture).size(), [3, 10, 15]);
/// assert_eq!(Resize::new([8, 9]).apply(&picture).size(), [3, 8, 9]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Resize(PictureSize);

impl Resize {
    /// To this size.
    pub fn new(size: impl Into<PictureSize>) -> Resize {
        Resize(size.into())
    }
}

impl Transform for Resize {
    fn try_apply(&self, picture: &Tensor) -> Result<Tensor> {
        let (height, width) = height_and_width("Resize", picture)?;
        let size = match self.0 {
            PictureSize::Both(height, width) => (height, width),
            // As torchvision: the fraction of the longer side is cut off.
            PictureSize::Shorter(side) if width <= height => ((side * height) / width, side),
            PictureSize::Shorter(side) => (side, (side * width) / height),
        };
        resized("Resize", picture, size)
    }
}

/// A picture in another size.
pub(super) fn resized(op: &str, picture: &Tensor, size: (usize, usize)) -> Result<Tensor> {
    let before = height_and_width(op, picture)?;
    if size.0 == 0 || size.1 == 0 {
        return Err(value_error!("{op}: a picture of {} × {} pixels has none", size.0, size.1));
    }
    if before == size {
        return Ok(picture.alias());
    }
    let mut shape: DimVec<usize> = DimVec::from_slice(&picture.size());
    let rank = shape.len();
    (shape[rank - 2], shape[rank - 1]) = size;
    match picture.dtype() {
        DType::U8 => {
            let pixels = bytes(&picture.to_vec::<u8>(), before, size);
            Ok(Tensor::from_values(pixels, shape))
        }
        dtype if dtype.is_floating_point() => {
            let pixels = numbers(&picture.to_vec::<f64>(), before, size);
            Ok(Tensor::from_values(pixels, shape).to_dtype(dtype))
        }
        dtype => Err(dtype_error!("{op}: a picture holds u8 or floating-point numbers, not {dtype}")),
    }
}

/// For a new pixel along one side: the first old one that counts, and the weights of it and those that follow.
struct Weights(Vec<(usize, Vec<f64>)>);

impl Weights {
    /// A triangle as wide as a new pixel, but at least as an old one, on each side.
    fn new(before: usize, after: usize) -> Weights {
        let scale = before as f64 / after as f64;
        let reach = scale.max(1.0);
        let of = |new: usize| {
            let center = (new as f64 + 0.5) * scale;
            let first = (center - reach + 0.5).max(0.0) as usize;
            let end = ((center + reach + 0.5) as usize).min(before);
            let weight = |old: usize| {
                let distance = ((old as f64 - center + 0.5) * (1.0 / reach)).abs();
                if distance < 1.0 { 1.0 - distance } else { 0.0 }
            };
            let mut weights: Vec<f64> = (first..end).map(weight).collect();
            let sum: f64 = weights.iter().sum();
            if sum != 0.0 {
                weights.iter_mut().for_each(|weight| *weight /= sum);
            }
            (first, weights)
        };
        Weights((0..after).map(of).collect())
    }
}

/// Both sides, one after the other, with `mean` as the weighted mean of pixels at a distance from each other.
fn both_sides<T: Copy>(
    pixels: &[T],
    before: (usize, usize),
    after: (usize, usize),
    mean: impl Fn(&[f64], &mut dyn Iterator<Item = T>) -> T,
) -> Vec<T> {
    let mut pixels = pixels.to_vec();
    if after.1 != before.1 {
        let weights = Weights::new(before.1, after.1);
        let rows = pixels.chunks_exact(before.1);
        let row = |row: &[T]| -> Vec<T> {
            weights.0.iter().map(|(first, weights)| mean(weights, &mut row[*first..].iter().copied())).collect()
        };
        pixels = rows.flat_map(row).collect();
    }
    if after.0 != before.0 {
        let (weights, width) = (Weights::new(before.0, after.0), after.1);
        let plane = |plane: &[T]| -> Vec<T> {
            let pixel = |first: usize, weights: &[f64], column: usize| {
                mean(weights, &mut plane[first * width + column..].iter().step_by(width).copied())
            };
            weights
                .0
                .iter()
                .flat_map(|(first, weights)| (0..width).map(move |x| (*first, weights, x)))
                .map(|(first, weights, x)| pixel(first, weights, x))
                .collect()
        };
        pixels = pixels.chunks_exact(before.0 * width).flat_map(plane).collect();
    }
    pixels
}

/// PIL's way: weights in steps of 2⁻²², and bytes between the two sides.
fn bytes(pixels: &[u8], before: (usize, usize), after: (usize, usize)) -> Vec<u8> {
    const BITS: u32 = 22;
    both_sides(pixels, before, after, |weights, pixels| {
        let half = 1_i64 << (BITS - 1);
        let sum = weights
            .iter()
            .zip(pixels)
            .fold(half, |sum, (weight, pixel)| sum + i64::from(pixel) * (weight * f64::from(1 << BITS) + 0.5) as i64);
        (sum >> BITS).clamp(0, 255) as u8
    })
}

fn numbers(pixels: &[f64], before: (usize, usize), after: (usize, usize)) -> Vec<f64> {
    both_sides(pixels, before, after, |weights, pixels| {
        weights.iter().zip(pixels).map(|(weight, pixel)| weight * pixel).sum()
    })
}

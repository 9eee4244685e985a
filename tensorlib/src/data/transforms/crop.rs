//! Parts of pictures.

use super::resize::{PictureSize, resized};
use super::{Transform, height_and_width, uniform};
use crate::create::randint;
use crate::error::{Result, value_error};
use crate::tensor::Tensor;

/// The pixels of a rectangle.
fn part(picture: &Tensor, (top, left): (usize, usize), (height, width): (usize, usize)) -> Result<Tensor> {
    picture.try_narrow(-2, top, height)?.try_narrow(-1, left, width)
}

/// Zeros around a picture.
fn padded(picture: &Tensor, left: usize, right: usize, top: usize, bottom: usize) -> Result<Tensor> {
    crate::functional::try_pad(picture, [left, right, top, bottom])
}

/// A random whole number below `count`.
fn below(count: usize) -> usize {
    randint(count as i64, [1]).item::<i64>() as usize
}

/// The middle of a picture; one that is too small gets zeros around it.
///
/// ```
/// # use tensorlib::prelude::*;
/// use tensorlib::data::transforms::CenterCrop;
///
/// assert_eq!(CenterCrop::new([1, 2]).apply(&tensor![[[1, 2, 3, 4]]]).to_vec::<i64>(), [2, 3]);
/// assert_eq!(CenterCrop::new(3).apply(&ones([1, 1, 1])).sum().item::<f32>(), 1.0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CenterCrop(PictureSize);

impl CenterCrop {
    /// Of this size: one number for a square, or `[height, width]`.
    pub fn new(size: impl Into<PictureSize>) -> CenterCrop {
        CenterCrop(size.into())
    }
}

impl Transform for CenterCrop {
    fn try_apply(&self, picture: &Tensor) -> Result<Tensor> {
        let (height, width) = self.0.square();
        let (old_height, old_width) = height_and_width("CenterCrop", picture)?;
        let (missing_rows, missing_columns) = (height.saturating_sub(old_height), width.saturating_sub(old_width));
        let picture = &match (missing_rows, missing_columns) {
            (0, 0) => picture.alias(),
            (rows, columns) => padded(picture, columns / 2, columns.div_ceil(2), rows / 2, rows.div_ceil(2))?,
        };
        let (old_height, old_width) = height_and_width("CenterCrop", picture)?;
        let middle = |old: usize, new: usize| ((old - new) as f64 / 2.0).round_ties_even() as usize;
        part(picture, (middle(old_height, height), middle(old_width, width)), (height, width))
    }
}

/// A part of a picture at a random place.
///
/// ```
/// # use tensorlib::prelude::*;
/// use tensorlib::data::transforms::RandomCrop;
///
/// assert_eq!(RandomCrop::new(28).padding(4).apply(&rand([1, 28, 28])).size(), [1, 28, 28]);
/// let error = RandomCrop::new(28).try_apply(&rand([1, 20, 28])).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "RandomCrop: 28 × 28 pixels cannot be cut out of 20 × 28; use padding, or Resize before it"
/// );
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RandomCrop {
    size: PictureSize,
    padding: usize,
}

impl RandomCrop {
    /// Of this size: one number for a square, or `[height, width]`.
    pub fn new(size: impl Into<PictureSize>) -> RandomCrop {
        RandomCrop { size: size.into(), padding: 0 }
    }

    /// How many zeros surround the picture on each side before it is cut.
    pub fn padding(self, padding: usize) -> RandomCrop {
        RandomCrop { padding, ..self }
    }
}

impl Transform for RandomCrop {
    fn try_apply(&self, picture: &Tensor) -> Result<Tensor> {
        let (height, width) = self.size.square();
        let picture = match self.padding {
            0 => picture.alias(),
            zeros => padded(picture, zeros, zeros, zeros, zeros)?,
        };
        let (old_height, old_width) = height_and_width("RandomCrop", &picture)?;
        if old_height < height || old_width < width {
            return Err(value_error!(
                "RandomCrop: {height} × {width} pixels cannot be cut out of {old_height} × {old_width}; use padding, or \
                 Resize before it"
            ));
        }
        if (old_height, old_width) == (height, width) {
            return Ok(picture);
        }
        let top = below(old_height - height + 1);
        let left = below(old_width - width + 1);
        part(&picture, (top, left), (height, width))
    }
}

/// A part of random size, form and place, in one size: what recognises it must not rely on size and place.
///
/// ```
/// # use tensorlib::prelude::*;
/// use tensorlib::data::transforms::RandomResizedCrop;
///
/// let change = RandomResizedCrop::new(8).scale(0.5, 1.0).ratio(0.9, 1.1);
/// assert_eq!(change.apply(&rand([3, 20, 30])).size(), [3, 8, 8]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RandomResizedCrop {
    size: PictureSize,
    scale: (f64, f64),
    ratio: (f64, f64),
}

impl RandomResizedCrop {
    /// To this size: one number for a square, or `[height, width]`. The part takes 8 to 100 per cent of the picture, and is
    /// three quarters to four thirds as wide as high.
    pub fn new(size: impl Into<PictureSize>) -> RandomResizedCrop {
        RandomResizedCrop { size: size.into(), scale: (0.08, 1.0), ratio: (3.0 / 4.0, 4.0 / 3.0) }
    }

    /// How much of the picture the part takes, at least and at most.
    pub fn scale(self, least: f64, most: f64) -> RandomResizedCrop {
        RandomResizedCrop { scale: (least, most), ..self }
    }

    /// Width divided by height, at least and at most.
    pub fn ratio(self, least: f64, most: f64) -> RandomResizedCrop {
        RandomResizedCrop { ratio: (least, most), ..self }
    }

    /// Place and size of the part.
    fn draw(&self, height: usize, width: usize) -> ((usize, usize), (usize, usize)) {
        const TRIES: usize = 10;
        let area = (height * width) as f64;
        let logarithms = (f64::from((self.ratio.0 as f32).ln()), f64::from((self.ratio.1 as f32).ln()));
        for _ in 0..TRIES {
            let target = area * uniform(self.scale.0, self.scale.1);
            let ratio = f64::from((uniform(logarithms.0, logarithms.1) as f32).exp());
            let new_width = (target * ratio).sqrt().round_ties_even() as usize;
            let new_height = (target / ratio).sqrt().round_ties_even() as usize;
            if (1..=width).contains(&new_width) && (1..=height).contains(&new_height) {
                let top = below(height - new_height + 1);
                return ((top, below(width - new_width + 1)), (new_height, new_width));
            }
        }
        // The middle, as large as the form allows.
        let ratio = width as f64 / height as f64;
        let (new_height, new_width) = if ratio < self.ratio.0 {
            ((width as f64 / self.ratio.0).round_ties_even() as usize, width)
        } else if ratio > self.ratio.1 {
            (height, (height as f64 * self.ratio.1).round_ties_even() as usize)
        } else {
            (height, width)
        };
        (((height - new_height) / 2, (width - new_width) / 2), (new_height, new_width))
    }
}

impl Transform for RandomResizedCrop {
    fn try_apply(&self, picture: &Tensor) -> Result<Tensor> {
        let (height, width) = height_and_width("RandomResizedCrop", picture)?;
        let (place, size) = self.draw(height, width);
        resized("RandomResizedCrop", &part(picture, place, size)?, self.size.square())
    }
}

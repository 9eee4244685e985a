//! Colours: brighter, greyer, of another hue.

use super::{Transform, channels, uniform};
use crate::create::randperm;
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::error::{Result, dtype_error, shape_error, value_error};
use crate::shape::try_cat_dim;
use crate::tensor::Tensor;

/// The largest value of a colour in the picture's type.
fn brightest(op: &str, picture: &Tensor) -> Result<f64> {
    match picture.dtype() {
        DType::U8 => Ok(255.0),
        dtype if dtype.is_floating_point() => Ok(1.0),
        dtype => Err(dtype_error!("{op}: a picture holds u8 or floating-point numbers, not {dtype}")),
    }
}

fn three_or_one(op: &str, picture: &Tensor) -> Result<usize> {
    match channels(op, picture)? {
        count @ (1 | 3) => Ok(count),
        _ => Err(shape_error!("{op}: a picture has 1 or 3 channels, not shape {}", picture.size())),
    }
}

/// The brightness of each pixel as one channel, in the picture's type.
fn gray(picture: &Tensor) -> Result<Tensor> {
    let channel = |number: usize| -> Result<Tensor> { Ok(picture.try_narrow(-3, number, 1)?.float()) };
    let weighted = channel(0)?.try_mul(0.2989)?.try_add(channel(1)?.try_mul(0.587)?)?;
    Ok(weighted.try_add(channel(2)?.try_mul(0.114)?)?.to_dtype(picture.dtype()))
}

/// Between two pictures, or beyond the first: `ratio` of it, and the rest of the other.
fn blended(picture: &Tensor, other: &Tensor, ratio: f64, brightest: f64) -> Result<Tensor> {
    let mixed = picture.float().try_mul(ratio)?.try_add(other.float().try_mul(1.0 - ratio)?)?;
    Ok(mixed.try_clamp(0.0, brightest)?.to_dtype(picture.dtype()))
}

/// Without colours: one channel, or three that are equal.
///
/// ```
/// # use tensorlib::prelude::*;
/// use tensorlib::data::transforms::Grayscale;
///
/// let red = tensor![[[255]], [[0]], [[0]]; u8];
/// assert_eq!(Grayscale::new().apply(&red).to_vec::<u8>(), [76]);
/// assert_eq!(Grayscale::new().channels(3).apply(&red).size(), [3, 1, 1]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Grayscale(usize);

impl Grayscale {
    /// One channel.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Grayscale {
        Grayscale(1)
    }

    /// 1 or 3 channels.
    pub fn channels(self, count: usize) -> Grayscale {
        Grayscale(count)
    }
}

impl Transform for Grayscale {
    fn try_apply(&self, picture: &Tensor) -> Result<Tensor> {
        let gray = match three_or_one("Grayscale", picture)? {
            1 => picture.alias(),
            _ => gray(picture)?,
        };
        match self.0 {
            1 => Ok(gray),
            3 => try_cat_dim([&gray, &gray, &gray], -3),
            other => Err(value_error!("Grayscale: there are 1 or 3 channels, not {other}")),
        }
    }
}

/// Changes brightness, contrast, saturation and hue at random, in random order.
///
/// ```
/// # use tensorlib::prelude::*;
/// use tensorlib::data::transforms::ColorJitter;
///
/// let change = ColorJitter::new().brightness(0.4).contrast(0.2).saturation(0.2).hue(0.1);
/// assert_eq!(change.apply(&rand([3, 4, 4])).size(), [3, 4, 4]);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ColorJitter {
    brightness: f64,
    contrast: f64,
    saturation: f64,
    hue: f64,
}

impl ColorJitter {
    /// No change, until an option says how much.
    pub fn new() -> ColorJitter {
        ColorJitter::default()
    }

    /// By a factor between `1 - most` and `1 + most`.
    pub fn brightness(self, most: f64) -> ColorJitter {
        ColorJitter { brightness: most, ..self }
    }

    /// By a factor between `1 - most` and `1 + most`.
    pub fn contrast(self, most: f64) -> ColorJitter {
        ColorJitter { contrast: most, ..self }
    }

    /// By a factor between `1 - most` and `1 + most`.
    pub fn saturation(self, most: f64) -> ColorJitter {
        ColorJitter { saturation: most, ..self }
    }

    /// By a part of the circle of colours between `-most` and `most`, which is at most 0.5.
    pub fn hue(self, most: f64) -> ColorJitter {
        ColorJitter { hue: most, ..self }
    }
}

/// A factor around 1, if there is to be one.
fn factor(most: f64) -> Option<f64> {
    (most != 0.0).then(|| uniform((1.0 - most).max(0.0), 1.0 + most))
}

impl Transform for ColorJitter {
    fn try_apply(&self, picture: &Tensor) -> Result<Tensor> {
        let amounts = [self.brightness, self.contrast, self.saturation, self.hue];
        if amounts.iter().any(|amount| amount.is_nan() || *amount < 0.0) || self.hue > 0.5 {
            return Err(value_error!(
                "ColorJitter: changes are 0 or more, and of the hue 0.5 at most, not {amounts:?}"
            ));
        }
        let (brightest, channels) = (brightest("ColorJitter", picture)?, three_or_one("ColorJitter", picture)?);
        let order = randperm(4).to_vec::<i64>();
        let factors = [factor(self.brightness), factor(self.contrast), factor(self.saturation)];
        let hue = (self.hue != 0.0).then(|| uniform(-self.hue, self.hue));
        order.into_iter().try_fold(picture.alias(), |picture, step| match (step, factors.get(step as usize)) {
            (0, Some(Some(ratio))) => blended(&picture, &crate::create::zeros_like(&picture), *ratio, brightest),
            (1, Some(Some(ratio))) => {
                let gray = if channels == 3 { gray(&picture)? } else { picture.alias() };
                blended(&picture, &gray.float().mean(), *ratio, brightest)
            }
            (2, Some(Some(ratio))) if channels == 3 => blended(&picture, &gray(&picture)?, *ratio, brightest),
            (3, _) if channels == 3 => match hue {
                Some(share) => turned(&picture, share as f32),
                None => Ok(picture),
            },
            _ => Ok(picture),
        })
    }
}

/// Every colour moved by a share of the circle of hues.
fn turned(picture: &Tensor, share: f32) -> Result<Tensor> {
    let is_bytes = picture.dtype() == DType::U8;
    let floating = if is_bytes { picture.float().try_div(255.0)? } else { picture.float() };
    let plane: usize = picture.layout.shape.iter().rev().take(2).product();
    let mut values = floating.to_vec::<f32>();
    for colors in values.chunks_exact_mut(3 * plane) {
        for pixel in 0..plane {
            let [red, green, blue] = [0, 1, 2].map(|channel| colors[channel * plane + pixel]);
            let (hue, saturation, value) = to_hsv(red, green, blue);
            let changed = from_hsv((hue + share).rem_euclid(1.0), saturation, value);
            (0..3).for_each(|channel| colors[channel * plane + pixel] = changed[channel]);
        }
    }
    let changed = Tensor::from_values(values, DimVec::from_slice(&picture.size()));
    // As torchvision goes back to bytes: each takes an equal share of the numbers from 0 to 1.
    let changed = if is_bytes { changed.try_mul(256.0 - 1e-3)? } else { changed };
    Ok(changed.to_dtype(picture.dtype()))
}

/// Hue and saturation from 0 to 1, and the largest of the three (Smith, 1978).
fn to_hsv(red: f32, green: f32, blue: f32) -> (f32, f32, f32) {
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    let range = most - least;
    if range == 0.0 {
        return (0.0, 0.0, most);
    }
    let [red_part, green_part, blue_part] = [red, green, blue].map(|color| (most - color) / range);
    let hue = if most == red {
        blue_part - green_part
    } else if most == green {
        2.0 + red_part - blue_part
    } else {
        4.0 + green_part - red_part
    };
    ((hue / 6.0 + 1.0) % 1.0, range / most, most)
}

fn from_hsv(hue: f32, saturation: f32, value: f32) -> [f32; 3] {
    let sixth = (hue * 6.0).floor();
    let rest = hue * 6.0 - sixth;
    let low = (value * (1.0 - saturation)).clamp(0.0, 1.0);
    let falling = (value * (1.0 - saturation * rest)).clamp(0.0, 1.0);
    let rising = (value * (1.0 - saturation * (1.0 - rest))).clamp(0.0, 1.0);
    match sixth as i64 % 6 {
        0 => [value, rising, low],
        1 => [falling, value, low],
        2 => [low, value, rising],
        3 => [low, falling, value],
        4 => [rising, low, value],
        _ => [value, low, falling],
    }
}

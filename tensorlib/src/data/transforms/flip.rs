//! Pictures mirrored and turned.

use super::{Transform, happens, height_and_width, uniform};
use crate::element::with_dtype;
use crate::error::Result;
use crate::tensor::Tensor;

/// Mirrors a picture, left to right, with a probability.
///
/// ```
/// # use tensorlib::prelude::*;
/// use tensorlib::data::transforms::RandomHorizontalFlip;
///
/// assert_eq!(RandomHorizontalFlip::new(1.0).apply(&tensor![[[1, 2, 3]]]).to_vec::<i64>(), [3, 2, 1]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RandomHorizontalFlip(f64);

impl RandomHorizontalFlip {
    /// With this probability; torchvision's default is 0.5.
    pub fn new(probability: f64) -> RandomHorizontalFlip {
        RandomHorizontalFlip(probability)
    }
}

impl Transform for RandomHorizontalFlip {
    fn try_apply(&self, picture: &Tensor) -> Result<Tensor> {
        if happens(self.0) { picture.try_flip([-1]) } else { Ok(picture.alias()) }
    }
}

/// Mirrors a picture, top to bottom, with a probability.
///
/// ```
/// # use tensorlib::prelude::*;
/// use tensorlib::data::transforms::RandomVerticalFlip;
///
/// assert_eq!(RandomVerticalFlip::new(1.0).apply(&tensor![[[1], [2]]]).to_vec::<i64>(), [2, 1]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RandomVerticalFlip(f64);

impl RandomVerticalFlip {
    /// With this probability; torchvision's default is 0.5.
    pub fn new(probability: f64) -> RandomVerticalFlip {
        RandomVerticalFlip(probability)
    }
}

impl Transform for RandomVerticalFlip {
    fn try_apply(&self, picture: &Tensor) -> Result<Tensor> {
        if happens(self.0) { picture.try_flip([-2]) } else { Ok(picture.alias()) }
    }
}

/// Turns a picture about its middle by a random angle, in degrees, against the clock; what comes from outside is zero. Each
/// new pixel is the nearest old one, as in PIL.
///
/// ```
/// # use tensorlib::prelude::*;
/// use tensorlib::data::transforms::RandomRotation;
///
/// let quarter = RandomRotation::between(90.0, 90.0);
/// assert_eq!(quarter.apply(&tensor![[[1, 2], [3, 4]]]).to_vec::<i64>(), [2, 4, 1, 3]);
/// assert_eq!(RandomRotation::new(15.0).apply(&ones([1, 9, 9])).size(), [1, 9, 9]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RandomRotation {
    least: f64,
    most: f64,
}

impl RandomRotation {
    /// By at most `degrees` degrees in either direction.
    pub fn new(degrees: f64) -> RandomRotation {
        RandomRotation { least: -degrees, most: degrees }
    }

    /// By an angle between two.
    pub fn between(least: f64, most: f64) -> RandomRotation {
        RandomRotation { least, most }
    }
}

impl Transform for RandomRotation {
    fn try_apply(&self, picture: &Tensor) -> Result<Tensor> {
        let (height, width) = height_and_width("RandomRotation", picture)?;
        let angle = uniform(self.least, self.most).rem_euclid(360.0);
        match angle {
            0.0 => Ok(picture.alias()),
            180.0 => picture.try_flip([-2, -1]),
            90.0 if height == width => picture.try_transpose(-2, -1)?.try_flip([-2]),
            270.0 if height == width => picture.try_transpose(-2, -1)?.try_flip([-1]),
            _ => Ok(picked(picture, &turned(angle, height, width))),
        }
    }
}

/// The pixels of these numbers in each plane, zero where there is none.
fn picked(picture: &Tensor, positions: &[Option<usize>]) -> Tensor {
    let shape = picture.layout.shape.clone();
    with_dtype!(picture.dtype(), T => {
        let pixels = picture.to_vec::<T>();
        let planes = pixels.chunks_exact(positions.len());
        let new: Vec<T> = planes
            .flat_map(|plane| positions.iter().map(|place| place.map_or(T::default(), |place| plane[place])))
            .collect();
        Tensor::from_values(new, shape)
    })
}

/// For each new pixel the number of the old one in its plane; none outside.
fn turned(angle: f64, height: usize, width: usize) -> Vec<Option<usize>> {
    let angle = -angle.to_radians();
    let rounded = |value: f64| (value * 1e15).round_ties_even() / 1e15;
    let (cosine, sine) = (rounded(angle.cos()), rounded(angle.sin()));
    let (x, y) = (width as f64 / 2.0, height as f64 / 2.0);
    // Numbers in steps of 2⁻¹⁶, as PIL has them, which decides on which side of an edge a pixel falls.
    let fixed = |value: f64| (value * 65536.0 + 0.5).floor() as i64;
    let (right, down) = ((fixed(cosine), fixed(-sine)), (fixed(sine), fixed(cosine)));
    let from_x = cosine * -x + sine * -y + x;
    let from_y = -sine * -x + cosine * -y + y;
    let start = (fixed(from_x + cosine * 0.5 + sine * 0.5), fixed(from_y - sine * 0.5 + cosine * 0.5));
    let old = |row: i64, column: i64| {
        let x = (start.0 + row * down.0 + column * right.0) >> 16;
        let y = (start.1 + row * down.1 + column * right.1) >> 16;
        let inside = (0..width as i64).contains(&x) && (0..height as i64).contains(&y);
        inside.then(|| y as usize * width + x as usize)
    };
    (0..height as i64)
        .flat_map(|row| (0..width as i64).map(move |column| (row, column)))
        .map(|(row, column)| old(row, column))
        .collect()
}

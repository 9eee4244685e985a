//! Transforms: changes to pictures before a model sees them.
//!
//! A picture is a tensor of shape `[channels, height, width]`: of `u8` from 0 to 255 as it comes from a file, of `f32` from 0
//! to 1 after [`ToTensor`]. Names and random draws are torchvision's; on `u8`, [`Resize`] and [`RandomRotation`] give the
//! pixels that it gives of PIL's images, and colours change as it changes those of tensors.
//!
//! ```
//! use tensorlib::prelude::*;
//!
//! let prepare = transforms![Resize::new(8), CenterCrop::new([6, 6]), ToTensor, Normalize::new([0.5], [0.5])];
//! let picture = full([3, 16, 20], 255).byte();
//! let x = prepare.apply(&picture);
//! assert_eq!((x.size().to_string(), x.i((0, 0, 0)).item::<f32>()), ("[3, 6, 6]".to_string(), 1.0));
//! ```

#[doc(hidden)]
pub mod color;
#[doc(hidden)]
pub mod crop;
#[doc(hidden)]
pub mod flip;
#[doc(hidden)]
pub mod resize;

use std::sync::Arc;

pub use color::{ColorJitter, Grayscale};
pub use crop::{CenterCrop, RandomCrop, RandomResizedCrop};
pub use flip::{RandomHorizontalFlip, RandomRotation, RandomVerticalFlip};
pub use resize::{PictureSize, Resize};

use crate::create::{from_vec, rand};
use crate::dtype::DType;
use crate::error::{Result, dtype_error, or_raise, shape_error, value_error};
use crate::tensor::Tensor;

/// A change of a picture. Functions of a tensor are such, too.
///
/// ```
/// # use tensorlib::prelude::*;
/// let inverted = transforms![ToTensor, |x: &Tensor| 1.0 - x];
/// assert_eq!(inverted.apply(&zeros([1, 2, 2])).sum().item::<f32>(), 4.0);
/// ```
pub trait Transform: Send + Sync + 'static {
    /// The changed picture, or why it cannot be changed.
    fn try_apply(&self, picture: &Tensor) -> Result<Tensor>;

    /// The changed picture.
    #[track_caller]
    fn apply(&self, picture: &Tensor) -> Tensor {
        or_raise(self.try_apply(picture))
    }
}

impl<F: Fn(&Tensor) -> Tensor + Send + Sync + 'static> Transform for F {
    fn try_apply(&self, picture: &Tensor) -> Result<Tensor> {
        Ok(self(picture))
    }
}

/// Changes one after the other; [`transforms!`](crate::transforms!) makes one.
///
/// ```
/// use std::sync::Arc;
/// use tensorlib::data::transforms::{Compose, RandomHorizontalFlip, ToTensor, Transform};
///
/// let both = Compose::new([Arc::new(RandomHorizontalFlip::new(1.0)) as Arc<dyn Transform>, Arc::new(ToTensor)]);
/// # use tensorlib::prelude::*;
/// assert_eq!(both.apply(&tensor![[[0, 255]]; u8]).to_vec::<f32>(), [1.0, 0.0]);
/// ```
#[derive(Clone)]
pub struct Compose(Vec<Arc<dyn Transform>>);

impl Compose {
    /// The changes, in order.
    pub fn new(changes: impl IntoIterator<Item = Arc<dyn Transform>>) -> Compose {
        Compose(changes.into_iter().collect())
    }
}

impl Transform for Compose {
    fn try_apply(&self, picture: &Tensor) -> Result<Tensor> {
        self.0.iter().try_fold(picture.alias(), |picture, change| change.try_apply(&picture))
    }
}

/// Changes of pictures, one after the other: a [`Compose`](crate::data::transforms::Compose). The names in
/// [`data::transforms`](crate::data::transforms) need no `use` between its brackets.
///
/// ```
/// # use tensorlib::prelude::*;
/// let augment = transforms![RandomHorizontalFlip::new(0.5), RandomCrop::new([28, 28]).padding(2), ToTensor];
/// assert_eq!(augment.apply(&zeros([1, 28, 28])).size(), [1, 28, 28]);
/// ```
#[macro_export]
macro_rules! transforms {
    ($($change:expr),* $(,)?) => {{
        #[allow(unused_imports)]
        use $crate::data::transforms::*;
        Compose::new([$(::std::sync::Arc::new($change) as ::std::sync::Arc<dyn Transform>),*])
    }};
}

/// Bytes from 0 to 255 become `f32` from 0 to 1; what is a floating-point tensor already stays as it is.
///
/// ```
/// # use tensorlib::prelude::*;
/// use tensorlib::data::transforms::ToTensor;
///
/// assert_eq!(ToTensor.apply(&tensor![[[0, 51, 255]]; u8]).to_vec::<f32>(), [0.0, 0.2, 1.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ToTensor;

impl Transform for ToTensor {
    fn try_apply(&self, picture: &Tensor) -> Result<Tensor> {
        match picture.dtype() {
            DType::U8 => picture.float().try_div(255.0),
            dtype if dtype.is_floating_point() => Ok(picture.alias()),
            dtype => Err(dtype_error!("ToTensor: a picture holds u8 or floating-point numbers, not {dtype}")),
        }
    }
}

/// Takes a mean off each channel and divides by a deviation: one number of each for every channel, or one for all.
///
/// ```
/// # use tensorlib::prelude::*;
/// use tensorlib::data::transforms::Normalize;
///
/// let x = Normalize::new([0.5], [0.25]).apply(&ones([3, 2, 2]));
/// assert_eq!(x.i((2, 1, 1)).item::<f32>(), 2.0);
/// ```
#[derive(Clone, Debug)]
pub struct Normalize {
    mean: Vec<f64>,
    std: Vec<f64>,
}

impl Normalize {
    /// Means and deviations: arrays, slices or vectors.
    pub fn new(mean: impl Into<Vec<f64>>, std: impl Into<Vec<f64>>) -> Normalize {
        Normalize { mean: mean.into(), std: std.into() }
    }

    /// The numbers in the picture's type, one for each channel.
    fn channels(what: &str, values: &[f64], picture: &Tensor) -> Result<Tensor> {
        let channels = channels("Normalize", picture)?;
        if values.len() != 1 && values.len() != channels {
            return Err(shape_error!(
                "Normalize: the picture of shape {} has {channels} channels, and there are {} {what}; give one, or one for \
                 each channel",
                picture.size(),
                values.len()
            ));
        }
        from_vec(values.to_vec()).to(picture.dtype()).try_view([values.len(), 1, 1])
    }
}

impl Transform for Normalize {
    fn try_apply(&self, picture: &Tensor) -> Result<Tensor> {
        if !picture.dtype().is_floating_point() {
            return Err(dtype_error!("Normalize: the picture holds {}; put ToTensor before it", picture.dtype()));
        }
        if self.std.contains(&0.0) {
            return Err(value_error!("Normalize: a deviation of 0 would divide by zero"));
        }
        let mean = Normalize::channels("means", &self.mean, picture)?;
        let std = Normalize::channels("deviations", &self.std, picture)?;
        picture.try_sub(&mean)?.try_div(&std)
    }
}

/// Height and width of a picture.
fn height_and_width(op: &str, picture: &Tensor) -> Result<(usize, usize)> {
    match picture.size()[..] {
        [.., height, width] if height > 0 && width > 0 => Ok((height, width)),
        _ => Err(shape_error!(
            "{op}: a picture has shape [channels, height, width] and at least one pixel, not {}",
            picture.size()
        )),
    }
}

fn channels(op: &str, picture: &Tensor) -> Result<usize> {
    match picture.size()[..] {
        [.., channels, _, _] => Ok(channels),
        _ => Err(shape_error!("{op}: a picture has shape [channels, height, width], not {}", picture.size())),
    }
}

/// A random number between two, as torchvision draws it: in single precision.
fn uniform(low: f64, high: f64) -> f64 {
    let (low, high) = (low as f32, high as f32);
    f64::from(rand([1]).item::<f32>() * (high - low) + low)
}

/// Whether something happens that has this probability.
fn happens(probability: f64) -> bool {
    rand([1]).item::<f32>() < probability as f32
}

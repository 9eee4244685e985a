//! Normalisation by mean and variance: of rows, of groups of channels, of batches.

mod channels;
mod options;
mod parameters;
mod rows;

pub use self::options::{BatchNorm, Norm};

use self::channels::batch;
use self::rows::{in_groups, layer, root_mean_square};
use crate::error::fallible;
use crate::size::IntoInts;
use crate::tensor::Tensor;

fallible! {
    /// Rows with mean 0 and variance 1: a row is what has the given shape, at the end of that of `x`. Ba, Kiros and Hinton,
    /// *Layer Normalization*, 2016.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[…, shape]` |
    /// | weight and bias, if given | `shape` |
    /// | result | that of `x` |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let y = F::layer_norm(&tensor![[1.0, 3.0], [10.0, 30.0]], 2);
    /// assert!(y.allclose_within([[-1.0, 1.0], [-1.0, 1.0]], 1e-4, 0.0));
    /// ```
    pub fn layer_norm | try_layer_norm(x: &Tensor, shape: impl IntoInts) -> Tensor {
        layer(x, &shape.into_ints(), &Norm::new())
    }

    /// [`layer_norm`] with options.
    ///
    /// ```
    /// # use tensorlib::{functional::{self as F, Norm}, prelude::*};
    /// let (weight, bias) = (tensor![1.0, 2.0], tensor![0.0, 5.0]);
    /// let y = F::layer_norm_with(&tensor![[1.0, 3.0]], 2, Norm::new().weight(&weight).bias(&bias));
    /// assert!(y.allclose_within([[-1.0, 7.0]], 1e-4, 0.0));
    /// ```
    pub fn layer_norm_with | try_layer_norm_with(x: &Tensor, shape: impl IntoInts, options: Norm<'_>) -> Tensor {
        layer(x, &shape.into_ints(), &options)
    }

    /// Rows divided by the root of the mean of their squares. Zhang and Sennrich, *Root Mean Square Layer Normalization*, 2019.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[…, shape]` |
    /// | weight, if given | `shape` |
    /// | result | that of `x` |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// assert!(F::rms_norm(&tensor![[3.0, 3.0, -3.0]], 3).allclose([[1.0, 1.0, -1.0]]));
    /// ```
    pub fn rms_norm | try_rms_norm(x: &Tensor, shape: impl IntoInts) -> Tensor {
        root_mean_square(x, &shape.into_ints(), &Norm::new())
    }

    /// [`rms_norm`] with options.
    pub fn rms_norm_with | try_rms_norm_with(x: &Tensor, shape: impl IntoInts, options: Norm<'_>) -> Tensor {
        root_mean_square(x, &shape.into_ints(), &options)
    }

    /// Groups of channels of each example with mean 0 and variance 1. Wu and He, *Group Normalization*, 2018.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[batch, channels, …]`, of which `groups` divides the channels |
    /// | weight and bias, if given | `[channels]` |
    /// | result | that of `x` |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let y = F::group_norm(&randn([2, 6, 4]), 3);
    /// assert!(y.view([2, 3, 8]).mean_dim(2).abs().lt(1e-5).all().item::<bool>());
    /// ```
    pub fn group_norm | try_group_norm(x: &Tensor, groups: usize) -> Tensor {
        in_groups("group_norm", x, groups, &Norm::new())
    }

    /// [`group_norm`] with options.
    pub fn group_norm_with | try_group_norm_with(x: &Tensor, groups: usize, options: Norm<'_>) -> Tensor {
        in_groups("group_norm", x, groups, &options)
    }

    /// Each channel of each example with mean 0 and variance 1: [`group_norm`] with a group for each channel. Ulyanov, Vedaldi
    /// and Lempitsky, *Instance Normalization*, 2016.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let x = randn([2, 3, 5]);
    /// assert!(F::instance_norm(&x).allclose(F::group_norm(&x, 3)));
    /// ```
    pub fn instance_norm | try_instance_norm(x: &Tensor) -> Tensor {
        in_groups("instance_norm", x, x.layout.shape.get(1).copied().unwrap_or(0), &Norm::new())
    }

    /// [`instance_norm`] with options.
    pub fn instance_norm_with | try_instance_norm_with(x: &Tensor, options: Norm<'_>) -> Tensor {
        in_groups("instance_norm", x, x.layout.shape.get(1).copied().unwrap_or(0), &options)
    }

    /// Each channel with the mean and variance of a whole batch taken off, as measured before: evaluation. In training use
    /// [`batch_norm_with`]. Ioffe and Szegedy, *Batch Normalization*, 2015.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[batch, channels, …]` |
    /// | `running_mean`, `running_var` | `[channels]` |
    /// | result | that of `x` |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let y = F::batch_norm(&tensor![[3.0, 1.0]], &tensor![1.0, 1.0], &tensor![4.0, 1.0]);
    /// assert!(y.allclose_within([[1.0, 0.0]], 1e-4, 1e-6));
    /// ```
    pub fn batch_norm | try_batch_norm(x: &Tensor, running_mean: &Tensor, running_var: &Tensor) -> Tensor {
        batch(x, &BatchNorm::new().running_mean(running_mean).running_var(running_var))
    }

    /// [`batch_norm`] with options; in training, running values are changed in place.
    ///
    /// ```
    /// # use tensorlib::{functional::{self as F, BatchNorm}, prelude::*};
    /// let (mean, variance) = (zeros([1]), ones([1]));
    /// let options = BatchNorm::new().running_mean(&mean).running_var(&variance).training(true);
    /// let y = F::batch_norm_with(&tensor![[1.0], [3.0]], options);
    /// assert!(y.allclose_within([[-1.0], [1.0]], 1e-4, 0.0));
    /// assert!(mean.allclose([0.2]) && variance.allclose([1.1]));
    /// ```
    pub fn batch_norm_with | try_batch_norm_with(x: &Tensor, options: BatchNorm<'_>) -> Tensor {
        batch(x, &options)
    }
}

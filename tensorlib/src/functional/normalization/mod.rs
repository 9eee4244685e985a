//! Normalisation by mean and variance: of rows, of groups of channels, of batches.

mod channels;
mod rows;

use self::channels::batch;
use self::rows::{in_groups, layer, root_mean_square};
use super::floating;
use super::options::options;
use crate::error::{Result, fallible, shape_error};
use crate::size::IntoInts;
use crate::tensor::Tensor;

options! {
    /// The options of [`layer_norm_with`], [`group_norm_with`], [`instance_norm_with`] and [`rms_norm_with`].
    pub struct Norm<'a> {
        /// Factors for what was normalised.
        weight: Option<&'a Tensor>, None, |weight: &'a Tensor| Some(weight);
        /// What is added in the end. Not for [`rms_norm_with`].
        bias: Option<&'a Tensor>, None, |bias: &'a Tensor| Some(bias);
        /// What is added to the variance, so that nothing is divided by zero; 1e-5 by default, and for [`rms_norm_with`] the
        /// distance from 1 to the next number of the type.
        eps: Option<f64>, None, |eps: f64| Some(eps);
    }

    /// The options of [`batch_norm_with`].
    pub struct BatchNorm<'a> {
        /// Running mean of each channel, shape `[channels]`: used in evaluation, and moved in training.
        running_mean: Option<&'a Tensor>, None, |mean: &'a Tensor| Some(mean);
        /// Running variance of each channel, shape `[channels]`: used in evaluation, and moved in training.
        running_var: Option<&'a Tensor>, None, |variance: &'a Tensor| Some(variance);
        /// Factors for what was normalised, shape `[channels]`.
        weight: Option<&'a Tensor>, None, |weight: &'a Tensor| Some(weight);
        /// What is added in the end, shape `[channels]`.
        bias: Option<&'a Tensor>, None, |bias: &'a Tensor| Some(bias);
        /// Whether the batch's own mean and variance count, and move the running ones; `false` by default.
        training: bool, false, |training: bool| training;
        /// How far running values move towards those of the batch; 0.1 by default.
        momentum: f64, 0.1, |momentum: f64| momentum;
        /// What is added to the variance, so that nothing is divided by zero; 1e-5 by default.
        eps: f64, 1e-5, |eps: f64| eps;
    }
}

/// Weight and bias must have a shape.
fn parameters(op: &str, x: &Tensor, given: [Option<&Tensor>; 2], shape: &[usize]) -> Result<()> {
    let mut operands = vec![x];
    operands.extend(given.iter().flatten());
    floating(op, &operands)?;
    for (name, given) in ["weight", "bias"].into_iter().zip(given) {
        if let Some(given) = given.filter(|given| given.layout.shape[..] != *shape) {
            return Err(shape_error!(
                "{op}: the {name} for an input of shape {} needs shape {shape:?}, not {}",
                x.size(),
                given.size()
            ));
        }
    }
    Ok(())
}

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

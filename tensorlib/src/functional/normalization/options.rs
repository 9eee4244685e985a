//! The options of normalisations.

use crate::functional::options::options;
use crate::tensor::Tensor;

options! {
    /// The options of [`layer_norm_with`](super::layer_norm_with), [`group_norm_with`](super::group_norm_with),
    /// [`instance_norm_with`](super::instance_norm_with) and [`rms_norm_with`](super::rms_norm_with).
    pub struct Norm<'a> {
        /// Factors for what was normalised.
        weight: Option<&'a Tensor>, None, |weight: &'a Tensor| Some(weight);
        /// The bias, added in the end. Not for [`rms_norm_with`](super::rms_norm_with).
        bias: Option<&'a Tensor>, None, |bias: &'a Tensor| Some(bias);
        /// The number added to the variance, which prevents a division by zero; 1e-5 by default, and for
        /// [`rms_norm_with`](super::rms_norm_with) the distance from 1 to the next number of the type.
        eps: Option<f64>, None, |eps: f64| Some(eps);
    }

    /// The options of [`batch_norm_with`](super::batch_norm_with).
    pub struct BatchNorm<'a> {
        /// Running mean of each channel, shape `[channels]`: used in evaluation, and moved in training.
        running_mean: Option<&'a Tensor>, None, |mean: &'a Tensor| Some(mean);
        /// Running variance of each channel, shape `[channels]`: used in evaluation, and moved in training.
        running_var: Option<&'a Tensor>, None, |variance: &'a Tensor| Some(variance);
        /// Factors for what was normalised, shape `[channels]`.
        weight: Option<&'a Tensor>, None, |weight: &'a Tensor| Some(weight);
        /// The bias, added in the end, shape `[channels]`.
        bias: Option<&'a Tensor>, None, |bias: &'a Tensor| Some(bias);
        /// Whether the batch's own mean and variance count, and move the running ones; `false` by default.
        training: bool, false, |training: bool| training;
        /// How far running values move towards those of the batch; 0.1 by default.
        momentum: f64, 0.1, |momentum: f64| momentum;
        /// The number added to the variance, which prevents a division by zero; 1e-5 by default.
        eps: f64, 1e-5, |eps: f64| eps;
    }
}

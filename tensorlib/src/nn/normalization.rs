//! Layers that normalise by mean and variance.

use super::forward::forward;
use super::hints::is_trained;
use super::{Buffer, Module, Parameter, Training};
use crate::autograd::no_grad;
use crate::create::{ones, scalar, zeros};
use crate::error::{Result, shape_error};
use crate::functional::{self as F, BatchNorm, Norm};
use crate::size::{IntoInts, Ints};
use crate::tensor::Tensor;

/// Weight and bias, if the layer has them.
fn affine(shape: &[i64], has: bool) -> (Option<Parameter>, Option<Parameter>) {
    if has { (Some(Parameter::new(ones(shape))), Some(Parameter::new(zeros(shape)))) } else { (None, None) }
}

/// The options of a function from what a layer has.
fn options<'a>(weight: Option<&'a Parameter>, bias: Option<&'a Parameter>, eps: Option<f64>) -> Norm<'a> {
    let mut options = Norm::new();
    if let Some(weight) = weight {
        options = options.weight(weight);
    }
    if let Some(bias) = bias {
        options = options.bias(bias);
    }
    match eps {
        Some(eps) => options.eps(eps),
        None => options,
    }
}

/// The options of a layer for batches.
#[derive(Clone)]
struct Rates {
    momentum: Option<f64>,
    eps: f64,
}

/// Declares the layers for batches, which differ by the ranks that they take.
macro_rules! batches {
    ($($(#[$doc:meta])* $name:ident: $ranks:expr, $wants:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Module)]
        #[module(extra_repr = Self::text)]
        pub struct $name {
            /// A factor for each channel, shape `[num_features]`, 1 at first.
            pub weight: Option<Parameter>,
            /// The bias of each channel, shape `[num_features]`, 0 at first.
            pub bias: Option<Parameter>,
            /// The running mean of each channel.
            pub running_mean: Option<Buffer>,
            /// The running variance of each channel.
            pub running_var: Option<Buffer>,
            /// How many batches were seen.
            pub num_batches_tracked: Option<Buffer>,
            #[module(skip)]
            rates: Rates,
            num_features: usize,
            training: Training,
        }

        impl $name {
            /// A layer for `num_features` channels, with PyTorch's rates: momentum 0.1, eps 1e-5.
            pub fn new(num_features: usize) -> $name {
                let (weight, bias) = affine(&[num_features as i64], true);
                let layer = $name {
                    weight,
                    bias,
                    running_mean: None,
                    running_var: None,
                    num_batches_tracked: None,
                    rates: Rates { momentum: Some(0.1), eps: 1e-5 },
                    num_features,
                    training: Training::default(),
                };
                layer.track_running_stats(true)
            }

            /// How far running values move towards those of a batch; 0.1 by default, and with `None` they are the mean of all
            /// batches.
            #[must_use = "this gives the layer"]
            pub fn momentum(mut self, momentum: impl Into<Option<f64>>) -> $name {
                self.rates.momentum = momentum.into();
                self
            }

            /// The number added to the variance; 1e-5 by default.
            #[must_use = "this gives the layer"]
            pub fn eps(mut self, eps: f64) -> $name {
                self.rates.eps = eps;
                self
            }

            /// With or without weight and bias.
            #[must_use = "this gives the layer"]
            pub fn affine(mut self, has: bool) -> $name {
                (self.weight, self.bias) = affine(&[self.num_features as i64], has);
                self
            }

            /// With or without running values; without them, evaluation too uses those of the batch.
            #[must_use = "this gives the layer"]
            pub fn track_running_stats(mut self, tracks: bool) -> $name {
                let size = [self.num_features];
                self.running_mean = tracks.then(|| Buffer::new(zeros(size)));
                self.running_var = tracks.then(|| Buffer::new(ones(size)));
                self.num_batches_tracked = tracks.then(|| Buffer::new(scalar(0)));
                self
            }

            fn text(&self) -> String {
                let momentum = self.rates.momentum.map_or("none".to_owned(), |momentum| momentum.to_string());
                format!(
                    "{}, eps={:?}, momentum={momentum}, affine={}, track_running_stats={}",
                    self.num_features,
                    self.rates.eps,
                    self.weight.is_some(),
                    self.running_mean.is_some()
                )
            }

            fn normalized(&self, x: &Tensor) -> Result<Tensor> {
                let fits = $ranks.contains(&x.ndim()) && x.layout.shape[1] == self.num_features;
                if !fits {
                    return Err(shape_error!("needs an input {} of {} channels, not one of shape {}", $wants, self.num_features, x.size()));
                }
                let is_training = is_trained(stringify!($name), &self.training);
                let count = self.num_batches_tracked.as_deref();
                let mut options = BatchNorm::new().eps(self.rates.eps);
                if let Some(count) = count.filter(|_| is_training) {
                    no_grad(|| count.try_add_(1))?;
                }
                let seen = || count.map_or(1.0, |count| count.item::<f64>());
                options = options.momentum(self.rates.momentum.unwrap_or_else(|| 1.0 / seen()));
                options = options.training(is_training || self.running_mean.is_none());
                if let (Some(mean), Some(variance)) = (&self.running_mean, &self.running_var) {
                    options = options.running_mean(mean).running_var(variance);
                }
                if let Some(weight) = &self.weight {
                    options = options.weight(weight);
                }
                if let Some(bias) = &self.bias {
                    options = options.bias(bias);
                }
                F::try_batch_norm_with(x, options)
            }
        }

        forward! { $name: |layer, x| layer.normalized(x); }
    )* };
}

batches! {
    /// Each feature with mean 0 and variance 1 over the batch. Ioffe and Szegedy, *Batch Normalization*, 2015.
    ///
    /// In training by the batch's own mean and variance, which move the running ones; in evaluation by the running ones.
    ///
    /// | | shape |
    /// |---|---|
    /// | input | `[batch, num_features]` or `[batch, num_features, length]` |
    /// | result | that of the input |
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let layer = nn::BatchNorm1d::new(2);
    /// let y = layer.forward(&tensor![[1.0, 10.0], [3.0, 30.0]]);
    /// assert!(y.allclose_within([[-1.0, -1.0], [1.0, 1.0]], 1e-4, 0.0));
    /// assert!(layer.running_mean.as_ref().unwrap().allclose([0.2, 2.0]));
    /// ```
    BatchNorm1d: 2..=3, "[batch, channels] or [batch, channels, length]";

    /// Each channel of images with mean 0 and variance 1 over the batch: [`BatchNorm1d`] for `[batch, num_features, height,
    /// width]`.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::BatchNorm2d::new(6).forward(&randn([4, 6, 8, 8])).size(), [4, 6, 8, 8]);
    /// ```
    BatchNorm2d: 4..=4, "[batch, channels, height, width]";
}

/// Rows with mean 0 and variance 1, with a factor and a summand for each place of a row. Ba, Kiros and Hinton, *Layer
/// Normalization*, 2016.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let y = nn::LayerNorm::new(2).forward(&tensor![[1.0, 3.0]]);
/// assert!(y.allclose_within([[-1.0, 1.0]], 1e-4, 0.0));
/// ```
#[derive(Clone, Module)]
#[module(extra_repr = Self::text)]
pub struct LayerNorm {
    /// Factors, of the shape of a row, 1 at first.
    pub weight: Option<Parameter>,
    /// The bias, of the shape of a row, 0 at first.
    pub bias: Option<Parameter>,
    #[module(skip)]
    normalized_shape: Ints,
    eps: f64,
}

impl LayerNorm {
    /// A row is what has this shape, at the end of that of the input.
    pub fn new(normalized_shape: impl IntoInts) -> LayerNorm {
        let normalized_shape = normalized_shape.into_ints();
        let (weight, bias) = affine(&normalized_shape, true);
        LayerNorm { weight, bias, normalized_shape, eps: 1e-5 }
    }

    /// The number added to the variance; 1e-5 by default.
    #[must_use = "this gives the layer"]
    pub fn eps(mut self, eps: f64) -> LayerNorm {
        self.eps = eps;
        self
    }

    /// With or without weight and bias: PyTorch's `elementwise_affine`.
    #[must_use = "this gives the layer"]
    pub fn elementwise_affine(mut self, has: bool) -> LayerNorm {
        (self.weight, self.bias) = affine(&self.normalized_shape, has);
        self
    }

    /// With or without a bias.
    #[must_use = "this gives the layer"]
    pub fn bias(mut self, has: bool) -> LayerNorm {
        self.bias = self.bias.filter(|_| has);
        self
    }

    fn text(&self) -> String {
        let (shape, affine) = (&self.normalized_shape[..], self.weight.is_some());
        format!("{shape:?}, eps={:?}, elementwise_affine={affine}, bias={}", self.eps, self.bias.is_some())
    }
}

/// Rows divided by the root of the mean of their squares, with a factor for each place. Zhang and Sennrich, 2019.
///
/// ```
/// use tensorlib::prelude::*;
///
/// assert!(nn::RMSNorm::new(3).forward(&tensor![[3.0, 3.0, -3.0]]).allclose([[1.0, 1.0, -1.0]]));
/// ```
#[derive(Clone, Module)]
#[module(extra_repr = Self::text)]
pub struct RMSNorm {
    /// Factors, of the shape of a row, 1 at first.
    pub weight: Option<Parameter>,
    #[module(skip)]
    normalized_shape: Ints,
    eps: Option<f64>,
}

impl RMSNorm {
    /// A row is what has this shape, at the end of that of the input.
    pub fn new(normalized_shape: impl IntoInts) -> RMSNorm {
        let normalized_shape = normalized_shape.into_ints();
        RMSNorm { weight: affine(&normalized_shape, true).0, normalized_shape, eps: None }
    }

    /// The number added to the mean of squares; by default the distance from 1 to the next number of the type.
    #[must_use = "this gives the layer"]
    pub fn eps(mut self, eps: f64) -> RMSNorm {
        self.eps = Some(eps);
        self
    }

    /// With or without a weight.
    #[must_use = "this gives the layer"]
    pub fn elementwise_affine(mut self, has: bool) -> RMSNorm {
        self.weight = affine(&self.normalized_shape, has).0;
        self
    }

    fn text(&self) -> String {
        let eps = self.eps.map_or("none".to_owned(), |eps| format!("{eps:?}"));
        format!("{:?}, eps={eps}, elementwise_affine={}", &self.normalized_shape[..], self.weight.is_some())
    }
}

/// Groups of channels of each example with mean 0 and variance 1. Wu and He, *Group Normalization*, 2018.
///
/// ```
/// use tensorlib::prelude::*;
///
/// assert_eq!(nn::GroupNorm::new(3, 6).forward(&randn([2, 6, 4, 4])).size(), [2, 6, 4, 4]);
/// ```
#[derive(Clone, Module)]
#[module(extra_repr = Self::text)]
pub struct GroupNorm {
    /// A factor for each channel, 1 at first.
    pub weight: Option<Parameter>,
    /// The bias of each channel, 0 at first.
    pub bias: Option<Parameter>,
    num_groups: usize,
    num_channels: usize,
    eps: f64,
}

impl GroupNorm {
    /// A layer of `num_groups` groups for `num_channels` channels.
    ///
    /// # Panics
    /// If the groups do not divide the channels.
    #[track_caller]
    pub fn new(num_groups: usize, num_channels: usize) -> GroupNorm {
        let fits = num_groups > 0 && num_channels.is_multiple_of(num_groups);
        assert!(fits, "GroupNorm: {num_groups} groups do not divide {num_channels} channels");
        let (weight, bias) = affine(&[num_channels as i64], true);
        GroupNorm { weight, bias, num_groups, num_channels, eps: 1e-5 }
    }

    /// The number added to the variance; 1e-5 by default.
    #[must_use = "this gives the layer"]
    pub fn eps(mut self, eps: f64) -> GroupNorm {
        self.eps = eps;
        self
    }

    /// With or without weight and bias.
    #[must_use = "this gives the layer"]
    pub fn affine(mut self, has: bool) -> GroupNorm {
        (self.weight, self.bias) = affine(&[self.num_channels as i64], has);
        self
    }

    fn text(&self) -> String {
        format!("{}, {}, eps={:?}, affine={}", self.num_groups, self.num_channels, self.eps, self.weight.is_some())
    }
}

forward! {
    LayerNorm: |layer, x| F::try_layer_norm_with(
        x,
        &layer.normalized_shape[..],
        options(layer.weight.as_ref(), layer.bias.as_ref(), Some(layer.eps)),
    );
    RMSNorm: |layer, x| F::try_rms_norm_with(x, &layer.normalized_shape[..], options(layer.weight.as_ref(), None, layer.eps));
    GroupNorm: |layer, x| F::try_group_norm_with(
        x,
        layer.num_groups,
        options(layer.weight.as_ref(), layer.bias.as_ref(), Some(layer.eps)),
    );
}

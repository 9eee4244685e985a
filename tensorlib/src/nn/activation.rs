//! Functions of one number as layers.

use super::forward::forward;
use super::{Module, Parameter, Training};
use crate::autograd::no_grad;
use crate::create::{full, ones_like, zeros};
use crate::error::Result;
use crate::tensor::Tensor;

/// Declares layers that have no options.
macro_rules! plain {
    ($($(#[$doc:meta])* $name:ident: |$x:ident| $body:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, Module)]
            pub struct $name;

            impl $name {
                /// The layer; its name alone is the same.
                pub fn new() -> $name {
                    $name
                }
            }
        )*
        forward! { $($name: |_layer, $x| $body;)* }
    };
}

plain! {
    /// `max(x, 0)`. Nair and Hinton, *Rectified Linear Units Improve Restricted Boltzmann Machines*, 2010.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::ReLU.forward(&tensor![-1.0, 2.0]).to_vec::<f32>(), [0.0, 2.0]);
    /// ```
    ReLU: |x| x.try_relu();
    /// `min(max(x, 0), 6)`.
    ReLU6: |x| x.try_relu6();
    /// The logistic function, `1 / (1 + e⁻ˣ)`.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::Sigmoid.forward(&tensor![0.0]).to_vec::<f32>(), [0.5]);
    /// ```
    Sigmoid: |x| Ok(x.sigmoid());
    /// The hyperbolic tangent.
    Tanh: |x| Ok(x.tanh());
    /// `x Φ(x)`, with the normal distribution. Hendrycks and Gimpel, *Gaussian Error Linear Units*, 2016.
    GELU: |x| Ok(x.gelu());
    /// [`GELU`] with PyTorch's `approximate="tanh"`.
    GELUTanh: |x| Ok(x.gelu_tanh());
    /// `x / (1 + e⁻ˣ)`, also called swish.
    SiLU: |x| Ok(x.silu());
    /// `x tanh(ln(1 + eˣ))`. Misra, 2019.
    Mish: |x| Ok(x.mish());
    /// Self-normalising: Klambauer et al., 2017.
    SELU: |x| Ok(x.selu());
    /// `ln(1 + eˣ)`.
    Softplus: |x| Ok(x.softplus());
    /// `x / (1 + |x|)`.
    Softsign: |x| Ok(x.softsign());
    /// `x - tanh(x)`.
    Tanhshrink: |x| Ok(x.tanhshrink());
    /// The logarithm of the logistic function.
    LogSigmoid: |x| Ok(x.logsigmoid());
    /// A piecewise linear [`Sigmoid`].
    Hardsigmoid: |x| Ok(x.hardsigmoid());
    /// A piecewise [`SiLU`].
    Hardswish: |x| Ok(x.hardswish());
}

/// Declares layers with numbers as options, which have defaults where PyTorch has them.
macro_rules! with_options {
    ($($(#[$doc:meta])* $name:ident { $($option:ident: $ty:ty),+ } $(= $($default:expr),+;)? |$layer:ident, $x:ident| $body:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Module)]
            #[module(extra_repr = Self::options)]
            pub struct $name {
                $($option: $ty,)+
            }

            impl $name {
                /// The layer with these options.
                pub fn new($($option: $ty),+) -> $name {
                    $name { $($option),+ }
                }

                fn options(&self) -> String {
                    [$(format!(concat!(stringify!($option), "={}"), self.$option)),+].join(", ")
                }
            }

            $(
                /// PyTorch's defaults.
                impl Default for $name {
                    fn default() -> $name {
                        $name::new($($default),+)
                    }
                }
            )?
        )*
        forward! { $($name: |$layer, $x| $body;)* }
    };
}

with_options! {
    /// `x` where it is positive, elsewhere `negative_slope · x`; 0.01 by default.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::LeakyReLU::new(0.5).forward(&tensor![-1.0, 2.0]).to_vec::<f32>(), [-0.5, 2.0]);
    /// ```
    LeakyReLU { negative_slope: f64 } = 0.01; |layer, x| Ok(x.leaky_relu_slope(layer.negative_slope));
    /// `x` where it is positive, elsewhere `alpha (eˣ - 1)`; 1 by default. Clevert, Unterthiner and Hochreiter, 2015.
    ELU { alpha: f64 } = 1.0; |layer, x| Ok(x.elu_alpha(layer.alpha));
    /// `max(0, x) + min(0, alpha (e^(x / alpha) - 1))`; 1 by default.
    CELU { alpha: f64 } = 1.0; |layer, x| Ok(x.celu_alpha(layer.alpha));
    /// `x` beyond `-lambd..lambd`, elsewhere 0; 0.5 by default.
    Hardshrink { lambd: f64 } = 0.5; |layer, x| Ok(x.hardshrink_lambda(layer.lambd));
    /// `x` moved by `lambd` towards 0, and 0 nearer than that; 0.5 by default.
    Softshrink { lambd: f64 } = 0.5; |layer, x| Ok(x.softshrink_lambda(layer.lambd));
    /// `x` between two limits; -1 and 1 by default.
    Hardtanh { min_val: f64, max_val: f64 } = -1.0, 1.0; |layer, x| x.try_hardtanh_between(layer.min_val, layer.max_val);
    /// `x` above a threshold, elsewhere `value`.
    Threshold { threshold: f64, value: f64 } |layer, x| Ok(x.threshold(layer.threshold, layer.value));
    /// Shares along a dimension that sum to 1: `eˣ / Σ eˣ`.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::Softmax::new(1).forward(&zeros([1, 4])).to_vec::<f32>(), [0.25; 4]);
    /// ```
    Softmax { dim: i64 } |layer, x| x.try_softmax(layer.dim);
    /// The logarithm of [`Softmax`].
    LogSoftmax { dim: i64 } |layer, x| x.try_log_softmax(layer.dim);
    /// [`Softmax`] of the negative: small numbers get large shares.
    Softmin { dim: i64 } |layer, x| x.try_neg()?.try_softmax(layer.dim);
    /// The first half along a dimension times the logistic function of the second; the last by default. Dauphin et al.,
    /// *Language Modeling with Gated Convolutional Networks*, 2016.
    GLU { dim: i64 } = -1; |layer, x| x.try_glu(layer.dim);
}

/// `x` where it is positive, elsewhere `weight · x` with a slope that is learned, one or one for each channel. He et al., 2015.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let layer = nn::PReLU::new();
/// assert_eq!(layer.forward(&tensor![-1.0, 2.0]).to_vec::<f32>(), [-0.25, 2.0]);
/// ```
#[derive(Clone, Module)]
#[module(extra_repr = Self::options)]
pub struct PReLU {
    /// The slope, shape `[1]` or `[channels]`.
    pub weight: Parameter,
}

impl PReLU {
    /// One slope for all, 0.25 at first.
    pub fn new() -> PReLU {
        PReLU::channels(1, 0.25)
    }

    /// A layer with `num_parameters` slopes, one for each channel in dimension 1, and their initial value.
    pub fn channels(num_parameters: usize, init: f64) -> PReLU {
        PReLU { weight: Parameter::new(full([num_parameters], init).float()) }
    }

    fn options(&self) -> String {
        format!("num_parameters={}", self.weight.numel())
    }
}

impl Default for PReLU {
    fn default() -> PReLU {
        PReLU::new()
    }
}

/// [`LeakyReLU`] with a slope that in training is drawn for each number between two limits, and in evaluation their mean.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let layer = nn::RReLU::new(0.25, 0.75);
/// layer.eval();
/// assert_eq!(layer.forward(&tensor![-1.0, 2.0]).to_vec::<f32>(), [-0.5, 2.0]);
/// ```
#[derive(Clone, Module)]
#[module(extra_repr = Self::options)]
pub struct RReLU {
    lower: f64,
    upper: f64,
    training: Training,
}

impl RReLU {
    /// Slopes between two limits; PyTorch's defaults are 1/8 and 1/3.
    pub fn new(lower: f64, upper: f64) -> RReLU {
        RReLU { lower, upper, training: Training::default() }
    }

    fn options(&self) -> String {
        format!("lower={}, upper={}", self.lower, self.upper)
    }

    fn slopes(&self, x: &Tensor) -> Result<Tensor> {
        if !self.training.get() {
            return Ok(x.leaky_relu_slope((self.lower + self.upper) / 2.0));
        }
        // As in PyTorch, numbers are drawn only where a slope counts, in double precision.
        let slopes = no_grad(|| -> Result<Tensor> {
            let below = x.try_le(0)?;
            let drawn = zeros([below.sum().item::<i64>() as usize]).double().try_uniform_(self.lower, self.upper)?;
            ones_like(x).try_masked_scatter(&below, drawn.to_dtype(x.dtype()))
        })?;
        x.try_mul(&slopes)
    }
}

impl Default for RReLU {
    fn default() -> RReLU {
        RReLU::new(1.0 / 8.0, 1.0 / 3.0)
    }
}

forward! {
    PReLU: |layer, x| x.try_prelu(&layer.weight);
    RReLU: |layer, x| layer.slopes(x);
}

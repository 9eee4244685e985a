//! Layers that are products of matrices, and those that only reshape.

use super::forward::forward;
use super::{Module, Parameter, init};
use crate::create::empty;
use crate::create::random::Draws;
use crate::error::fallible;
use crate::functional as F;
use crate::size::{IntoInts, Ints};
use crate::tensor::Tensor;

/// `y = x Wᵀ + b`: each output is a weighted sum of all inputs.
///
/// | | shape |
/// |---|---|
/// | input | `[…, in_features]` |
/// | `weight` | `[out_features, in_features]` |
/// | `bias` | `[out_features]` |
/// | result | `[…, out_features]` |
///
/// First values are uniform in ±1/√`in_features`, PyTorch's own for the same seed.
///
/// ```
/// use tensorlib::prelude::*;
///
/// manual_seed(0);
/// let layer = nn::Linear::new(3, 2);
/// assert_eq!(layer.forward(&ones([4, 3])).size(), [4, 2]);
/// let without = nn::Linear::new(3, 2).bias(false);
/// assert_eq!(without.num_parameters(), 6);
/// ```
#[derive(Clone, Module)]
#[module(extra_repr = Self::options)]
pub struct Linear {
    /// The weight, shape `[out_features, in_features]`.
    pub weight: Parameter,
    /// The bias, shape `[out_features]`, if there is one.
    pub bias: Option<Parameter>,
    #[module(skip)]
    draws: Draws,
}

impl Linear {
    /// A layer with a bias.
    pub fn new(in_features: usize, out_features: usize) -> Linear {
        let ((weight, bias), draws) = Draws::of(|| Linear::drawn(in_features, out_features, true));
        Linear { weight, bias, draws }
    }

    /// With or without a bias. The layer's weights are drawn again.
    #[must_use = "this gives the layer"]
    pub fn bias(mut self, has_bias: bool) -> Linear {
        let (inputs, outputs) = (self.in_features(), self.out_features());
        (self.weight, self.bias) = self.draws.again(|| Linear::drawn(inputs, outputs, has_bias));
        self
    }

    fn drawn(in_features: usize, out_features: usize, has_bias: bool) -> (Parameter, Option<Parameter>) {
        let weight = Parameter::new(empty([out_features, in_features]));
        let bias = has_bias.then(|| Parameter::new(empty([out_features])));
        init::affine(&weight, bias.as_deref());
        (weight, bias)
    }

    /// The number of inputs.
    pub fn in_features(&self) -> usize {
        self.weight.layout.shape[1]
    }

    /// The number of outputs.
    pub fn out_features(&self) -> usize {
        self.weight.layout.shape[0]
    }

    fn options(&self) -> String {
        let (inputs, outputs) = (self.in_features(), self.out_features());
        format!("in_features={inputs}, out_features={outputs}, bias={}", self.bias.is_some())
    }
}

/// A weighted sum of all products of an element of one input and an element of another: `yᵢ = aᵀ Wᵢ b + bᵢ`.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let layer = nn::Bilinear::new(2, 3, 4);
/// assert_eq!(layer.forward(&ones([5, 2]), &ones([5, 3])).size(), [5, 4]);
/// ```
#[derive(Clone, Module)]
#[module(extra_repr = Self::options)]
pub struct Bilinear {
    /// The weight, shape `[out_features, in1_features, in2_features]`.
    pub weight: Parameter,
    /// The bias, shape `[out_features]`, if there is one.
    pub bias: Option<Parameter>,
    #[module(skip)]
    draws: Draws,
}

impl Bilinear {
    /// A layer with a bias.
    pub fn new(in1_features: usize, in2_features: usize, out_features: usize) -> Bilinear {
        let shape = [out_features, in1_features, in2_features];
        let ((weight, bias), draws) = Draws::of(|| Bilinear::drawn(shape, true));
        Bilinear { weight, bias, draws }
    }

    /// With or without a bias. The layer's weights are drawn again.
    #[must_use = "this gives the layer"]
    pub fn bias(mut self, has_bias: bool) -> Bilinear {
        let shape = self.weight.size();
        let shape = [shape[0], shape[1], shape[2]];
        (self.weight, self.bias) = self.draws.again(|| Bilinear::drawn(shape, has_bias));
        self
    }

    fn drawn(shape: [usize; 3], has_bias: bool) -> (Parameter, Option<Parameter>) {
        let bound = 1.0 / (shape[1].max(1) as f64).sqrt();
        let parameter = |shape: &[usize]| Parameter::new(init::uniform_(&empty(shape), -bound, bound));
        let weight = parameter(&shape);
        (weight, has_bias.then(|| parameter(&shape[..1])))
    }

    fallible! {
        /// The result for inputs of shapes `[…, in1_features]` and `[…, in2_features]`.
        pub fn forward | try_forward(&self, a: &Tensor, b: &Tensor) -> Tensor {
            F::try_bilinear(a, b, &self.weight, self.bias.as_deref())
        }
    }

    fn options(&self) -> String {
        let shape = self.weight.size();
        let has_bias = self.bias.is_some();
        format!("in1_features={}, in2_features={}, out_features={}, bias={has_bias}", shape[1], shape[2], shape[0])
    }
}

/// Gives what it is given: a place that another layer may take.
///
/// ```
/// use tensorlib::prelude::*;
///
/// assert!(nn::Identity.forward(&ones([2])).equal(ones([2])));
/// ```
#[derive(Clone, Copy, Debug, Default, Module)]
pub struct Identity;

/// Makes one dimension of several: by default of all but the first, which counts examples.
///
/// ```
/// use tensorlib::prelude::*;
///
/// assert_eq!(nn::Flatten::new().forward(&zeros([64, 1, 28, 28])).size(), [64, 784]);
/// ```
#[derive(Clone, Copy, Debug, Module)]
#[module(extra_repr = Self::options)]
pub struct Flatten {
    start_dim: i64,
    end_dim: i64,
}

impl Flatten {
    /// All dimensions but the first become one.
    pub fn new() -> Flatten {
        Flatten::dims(1, -1)
    }

    /// The dimensions from one to another become one.
    pub fn dims(start_dim: i64, end_dim: i64) -> Flatten {
        Flatten { start_dim, end_dim }
    }

    fn options(&self) -> String {
        format!("start_dim={}, end_dim={}", self.start_dim, self.end_dim)
    }
}

impl Default for Flatten {
    fn default() -> Flatten {
        Flatten::new()
    }
}

/// Makes several dimensions of one.
///
/// ```
/// use tensorlib::prelude::*;
///
/// assert_eq!(nn::Unflatten::new(1, [1, 28, 28]).forward(&zeros([64, 784])).size(), [64, 1, 28, 28]);
/// ```
#[derive(Clone, Module)]
#[module(extra_repr = Self::options)]
pub struct Unflatten {
    dim: i64,
    #[module(skip)]
    sizes: Ints,
}

impl Unflatten {
    /// Dimension `dim` becomes these; one of them may be -1, for what remains.
    pub fn new(dim: i64, sizes: impl IntoInts) -> Unflatten {
        Unflatten { dim, sizes: sizes.into_ints() }
    }

    fn options(&self) -> String {
        format!("dim={}, unflattened_size={:?}", self.dim, &self.sizes[..])
    }
}

forward! {
    Linear: |layer, x| F::try_linear(x, &layer.weight, layer.bias.as_deref());
    Identity: |_layer, x| Ok(x.alias());
    Flatten: |layer, x| x.try_flatten_dims(layer.start_dim, layer.end_dim);
    Unflatten: |layer, x| x.try_unflatten(layer.dim, &layer.sizes[..]);
}

//! First values of parameters, in place: PyTorch's `torch.nn.init`, with the same random numbers.
//!
//! Fan-in and fan-out of a weight `[out, in, …]` are the numbers of values that a unit reads, and that read a unit:
//! `in` and `out` times the size of the kernel.
//!
//! ```
//! use tensorlib::prelude::*;
//!
//! let layer = nn::Linear::new(784, 128);
//! nn::init::xavier_uniform_(&layer.weight, 1.0);
//! nn::init::zeros_(&layer.bias.as_ref().unwrap());
//! ```

use crate::autograd::no_grad;
use crate::create::{eye, randn};
use crate::error::{Result, fallible, shape_error, value_error};
use crate::tensor::Tensor;

/// Which of the two fans keeps its variance in [`kaiming_uniform_`] and [`kaiming_normal_`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Values keep their size on the way forward.
    #[default]
    FanIn,
    /// Gradients keep theirs on the way back.
    FanOut,
}

/// The function that follows a layer: it decides how large the layer's values must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Nonlinearity {
    /// None, or one that counts as none.
    Linear,
    /// The logistic function.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// The positive part.
    Relu,
    /// [`leaky_relu_slope`](Tensor::leaky_relu_slope) with this slope.
    LeakyRelu(f64),
    /// [`selu`](Tensor::selu).
    Selu,
}

/// The factor by which the deviation of weights grows for the function that follows them.
///
/// ```
/// use tensorlib::nn::init::{Nonlinearity, calculate_gain};
///
/// assert_eq!(calculate_gain(Nonlinearity::Relu), 2f64.sqrt());
/// ```
pub fn calculate_gain(nonlinearity: Nonlinearity) -> f64 {
    match nonlinearity {
        Nonlinearity::Linear | Nonlinearity::Sigmoid => 1.0,
        Nonlinearity::Tanh => 5.0 / 3.0,
        Nonlinearity::Relu => 2f64.sqrt(),
        Nonlinearity::LeakyRelu(slope) => (2.0 / (1.0 + slope * slope)).sqrt(),
        Nonlinearity::Selu => 0.75,
    }
}

fn fans(op: &str, x: &Tensor) -> Result<(f64, f64)> {
    let shape = &x.layout.shape;
    if shape.len() < 2 {
        return Err(shape_error!(
            "{op}: a tensor of shape {} has no fan-in and fan-out; it needs two dimensions",
            x.size()
        ));
    }
    let kernel: usize = shape[2..].iter().product();
    Ok(((shape[1] * kernel) as f64, (shape[0] * kernel) as f64))
}

fn matrix(op: &str, x: &Tensor) -> Result<(usize, usize)> {
    match x.layout.shape[..] {
        [rows, columns] => Ok((rows, columns)),
        _ => Err(shape_error!("{op}: needs a matrix, not a tensor of shape {}", x.size())),
    }
}

fn set(x: &Tensor, change: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    no_grad(|| change(x))
}

fallible! {
    /// Random numbers from `low` up to, not including, `high`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let w = nn::init::uniform_(&empty([3, 2]), -0.1, 0.1);
    /// assert!(w.abs().le(0.1).all().item::<bool>());
    /// ```
    pub fn uniform_ | try_uniform_(x: &Tensor, low: f64, high: f64) -> Tensor {
        set(x, |x| x.try_uniform_(low, high))
    }

    /// Random numbers from a normal distribution.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// manual_seed(0);
    /// assert!(nn::init::normal_(&empty([1000]), 5.0, 0.1).mean().allclose_within(5.0, 0.0, 0.05));
    /// ```
    pub fn normal_ | try_normal_(x: &Tensor, mean: f64, std: f64) -> Tensor {
        set(x, |x| x.try_normal_(mean, std))
    }

    /// The same value everywhere.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(nn::init::constant_(&empty([2]), 0.5).to_vec::<f32>(), [0.5, 0.5]);
    /// ```
    pub fn constant_ | try_constant_(x: &Tensor, value: f64) -> Tensor {
        set(x, |x| x.try_fill_(value))
    }

    /// Zeros.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(nn::init::zeros_(&ones([2])).to_vec::<f32>(), [0.0, 0.0]);
    /// ```
    pub fn zeros_ | try_zeros_(x: &Tensor) -> Tensor {
        set(x, |x| x.try_fill_(0))
    }

    /// Ones.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(nn::init::ones_(&zeros([2])).to_vec::<f32>(), [1.0, 1.0]);
    /// ```
    pub fn ones_ | try_ones_(x: &Tensor) -> Tensor {
        set(x, |x| x.try_fill_(1))
    }

    /// The identity: ones on the diagonal of a matrix.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(nn::init::eye_(&zeros([2, 2])).equal(eye(2)));
    /// ```
    pub fn eye_ | try_eye_(x: &Tensor) -> Tensor {
        let (rows, columns) = matrix("eye_", x)?;
        set(x, |x| x.try_copy_(eye((rows, columns))))
    }

    /// Uniform numbers whose variance is `gain² · 2 / (fan-in + fan-out)`. Glorot and Bengio, *Understanding the difficulty of
    /// training deep feedforward neural networks*, 2010.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let w = nn::init::xavier_uniform_(&empty([4, 2]), 1.0);
    /// assert!(w.abs().le(1.0).all().item::<bool>());
    /// ```
    pub fn xavier_uniform_ | try_xavier_uniform_(x: &Tensor, gain: f64) -> Tensor {
        let (fan_in, fan_out) = fans("xavier_uniform_", x)?;
        let bound = 3f64.sqrt() * (gain * (2.0 / (fan_in + fan_out)).sqrt());
        try_uniform_(x, -bound, bound)
    }

    /// Normal numbers whose variance is `gain² · 2 / (fan-in + fan-out)`. Glorot and Bengio, 2010.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(nn::init::xavier_normal_(&empty([4, 2]), 1.0).size(), [4, 2]);
    /// ```
    pub fn xavier_normal_ | try_xavier_normal_(x: &Tensor, gain: f64) -> Tensor {
        let (fan_in, fan_out) = fans("xavier_normal_", x)?;
        try_normal_(x, 0.0, gain * (2.0 / (fan_in + fan_out)).sqrt())
    }

    /// Uniform numbers whose variance is `gain² / fan`. He et al., *Delving Deep into Rectifiers*, 2015.
    ///
    /// ```
    /// # use tensorlib::nn::init::{Mode, Nonlinearity};
    /// # use tensorlib::prelude::*;
    /// let w = nn::init::kaiming_uniform_(&empty([4, 6]), Mode::FanIn, Nonlinearity::Relu);
    /// assert!(w.abs().le(1.0).all().item::<bool>());
    /// ```
    pub fn kaiming_uniform_ | try_kaiming_uniform_(x: &Tensor, mode: Mode, nonlinearity: Nonlinearity) -> Tensor {
        let bound = 3f64.sqrt() * kaiming("kaiming_uniform_", x, mode, nonlinearity)?;
        try_uniform_(x, -bound, bound)
    }

    /// Normal numbers whose variance is `gain² / fan`. He et al., 2015.
    ///
    /// ```
    /// # use tensorlib::nn::init::{Mode, Nonlinearity};
    /// # use tensorlib::prelude::*;
    /// let w = nn::init::kaiming_normal_(&empty([4, 6]), Mode::FanOut, Nonlinearity::Relu);
    /// assert_eq!(w.size(), [4, 6]);
    /// ```
    pub fn kaiming_normal_ | try_kaiming_normal_(x: &Tensor, mode: Mode, nonlinearity: Nonlinearity) -> Tensor {
        let std = kaiming("kaiming_normal_", x, mode, nonlinearity)?;
        try_normal_(x, 0.0, std)
    }

    /// Normal numbers between `low` and `high`: each is drawn from the part of the distribution that lies there.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let w = nn::init::trunc_normal_(&empty([100]), 0.0, 1.0, -2.0, 2.0);
    /// assert!(w.abs().le(2.0).all().item::<bool>());
    /// ```
    pub fn trunc_normal_ | try_trunc_normal_(x: &Tensor, mean: f64, std: f64, low: f64, high: f64) -> Tensor {
        let outside = std <= 0.0 || low >= high;
        if outside {
            return Err(value_error!(
                "trunc_normal_: needs a deviation above 0 and limits in order, not {std} and {low} to {high}"
            ));
        }
        // Where the limits lie in the distribution, from 0 to 1; numbers between them are turned back by its inverse.
        let share = |limit: f64| (1.0 + crate::create::scalar((limit - mean) / std / 2f64.sqrt()).double().erf().item::<f64>()) / 2.0;
        let (from, to) = (2.0 * share(low) - 1.0, 2.0 * share(high) - 1.0);
        set(x, |x| {
            x.try_uniform_(from, to)?;
            x.try_erfinv_()?;
            x.try_mul_(std * 2f64.sqrt())?.try_add_(mean)?;
            x.try_clamp_(low, high)
        })
    }

    /// A matrix whose rows, or columns if there are fewer of these, are orthogonal to each other and have length `gain`;
    /// dimensions after the first count as one. Saxe, McClelland and Ganguli, *Exact solutions to the nonlinear dynamics of
    /// learning in deep linear neural networks*, 2013.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let w = nn::init::orthogonal_(&empty([2, 3]), 1.0);
    /// assert!(w.matmul(w.t()).allclose_within(eye(2), 1e-5, 1e-5));
    /// ```
    pub fn orthogonal_ | try_orthogonal_(x: &Tensor, gain: f64) -> Tensor {
        if x.ndim() < 2 {
            return Err(shape_error!("orthogonal_: needs two dimensions or more, not shape {}", x.size()));
        }
        let rows = x.layout.shape[0];
        let columns = x.numel().checked_div(rows).unwrap_or(0);
        let drawn = randn([rows, columns]).to_dtype(x.dtype());
        let flat = if rows < columns { drawn.t() } else { drawn };
        let made = no_grad(|| -> Result<Tensor> {
            let (q, r) = flat.try_qr()?;
            Ok(q * r.diagonal().sign())
        })?;
        let made = if rows < columns { made.t() } else { made };
        set(x, |x| x.try_copy_(made.reshape(x.size()) * gain))
    }
}

fn kaiming(op: &str, x: &Tensor, mode: Mode, nonlinearity: Nonlinearity) -> Result<f64> {
    let (fan_in, fan_out) = fans(op, x)?;
    let fan = match mode {
        Mode::FanIn => fan_in,
        Mode::FanOut => fan_out,
    };
    Ok(calculate_gain(nonlinearity) / fan.sqrt())
}

/// The initial values of PyTorch's linear and convolutional layers: uniform numbers in ±1/√fan-in, for the weight and
/// then the bias.
pub(super) fn affine(weight: &Tensor, bias: Option<&Tensor>) {
    let op = "layer";
    // A layer that reads nothing has nothing to draw.
    let Ok((fan_in, _)) = fans(op, weight) else { return };
    if weight.numel() > 0 {
        kaiming_uniform_(weight, Mode::FanIn, Nonlinearity::LeakyRelu(5f64.sqrt()));
    }
    if let Some(bias) = bias
        && fan_in > 0.0
    {
        let bound = 1.0 / fan_in.sqrt();
        uniform_(bias, -bound, bound);
    }
}

//! Methods of tensors as functions: `F::relu(&x)` is `x.relu()`.

use super::floating;
use super::options::options;
use crate::create::{filled, ones_like, zeros_like};
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::error::{Result, fallible, value_error};
use crate::operand::IntoOperand;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

options! {
    /// The options of [`normalize_with`].
    pub struct Normalize<'a> {
        /// Which norm becomes 1; 2 by default.
        p: f64, 2.0, |p: impl Into<f64>| p.into();
        /// The dimension of the vectors; 1 by default.
        dim: i64, 1, |dim: i64| dim;
        /// The least norm that is divided by; 1e-12 by default.
        eps: f64, 1e-12, |eps: f64| eps;
    }

    /// The options of [`gumbel_softmax_with`].
    pub struct GumbelSoftmax<'a> {
        /// The temperature: the smaller, the nearer to one class alone; 1 by default.
        tau: f64, 1.0, |tau: impl Into<f64>| tau.into();
        /// Whether the result is one class alone, with the gradient of the soft one; `false` by default.
        hard: bool, false, |hard: bool| hard;
        /// The dimension of the classes; the last by default.
        dim: i64, -1, |dim: i64| dim;
    }

    /// The options of [`rrelu_with`].
    pub struct RRelu<'a> {
        /// The least slope; 1/8 by default.
        lower: f64, 1.0 / 8.0, |slope: f64| slope;
        /// The largest slope; 1/3 by default.
        upper: f64, 1.0 / 3.0, |slope: f64| slope;
        /// Whether slopes are drawn, and not their mean; `false` by default.
        training: bool, false, |training: bool| training;
    }
}

/// Declares functions that are methods of tensors, too.
macro_rules! methods {
    ($($name:ident[$($arg:ident: $ty:ty),*]($($example:literal),*);)*) => { $(
        #[doc = concat!("[`Tensor::", stringify!($name), "`] as a function.")]
        #[doc = concat!("\n\n```\n# use tensorlib::prelude::*;\nlet x = tensor![-2.0, 0.25, 4.0];\nassert!(F::", stringify!($name), "(&x", $(", ", $example,)* ").equal(x.", stringify!($name), "(", $($example, ", ",)* ")));\n```")]
        pub fn $name(x: &Tensor $(, $arg: $ty)*) -> Tensor {
            x.$name($($arg),*)
        }
    )* };
}

methods! {
    relu[]();
    sigmoid[]();
    tanh[]();
    leaky_relu[]();
    leaky_relu_slope[negative_slope: f64]("0.2");
    elu[]();
    elu_alpha[alpha: f64]("0.5");
    selu[]();
    celu[]();
    celu_alpha[alpha: f64]("0.5");
    gelu[]();
    gelu_tanh[]();
    silu[]();
    mish[]();
    softplus[]();
    softplus_beta[beta: f64, threshold: f64]("2.0", "20.0");
    softsign[]();
    logsigmoid[]();
    hardsigmoid[]();
    hardswish[]();
    tanhshrink[]();
    softshrink[]();
    softshrink_lambda[limit: f64]("0.1");
    hardshrink[]();
    hardshrink_lambda[limit: f64]("0.1");
    threshold[threshold: f64, value: f64]("0.5", "-1.0");
    rrelu[]();
}

/// Declares functions that are methods of tensors, too, and can fail.
macro_rules! fallible_methods {
    ($($name:ident | $try_name:ident[$($arg:ident: $ty:ty),*]($($example:literal),*);)*) => { fallible! { $(
        #[doc = concat!("[`Tensor::", stringify!($name), "`] as a function.")]
        #[doc = concat!("\n\n```\n# use tensorlib::prelude::*;\nlet x = tensor![-2.0, 0.25, 4.0, 1.0];\nassert!(F::", stringify!($name), "(&x", $(", ", $example,)* ").equal(x.", stringify!($name), "(", $($example, ", ",)* ")));\n```")]
        pub fn $name | $try_name(x: &Tensor $(, $arg: $ty)*) -> Tensor {
            x.$try_name($($arg),*)
        }
    )* } };
}

fallible_methods! {
    relu6 | try_relu6[]();
    hardtanh | try_hardtanh[]();
    hardtanh_between | try_hardtanh_between[min: f64, max: f64]("-0.5", "0.5");
    softmax | try_softmax[dim: i64]("-1");
    log_softmax | try_log_softmax[dim: i64]("-1");
    glu | try_glu[dim: i64]("-1");
}

/// The slopes that training draws for each element: 1 for those above 0, and a random slope for the others, in order.
fn drawn_slopes(x: &Tensor, options: &RRelu) -> Result<Tensor> {
    let below = x.detach().try_le(0)?;
    let count = below.sum().item::<i64>() as usize;
    let slopes = filled(DimVec::from_slice(&[count]), DType::F64, Scalar::Int(0));
    let slopes = slopes.try_uniform_(options.lower, options.upper)?.to(x.dtype());
    ones_like(&x.detach()).try_masked_scatter(&below, &slopes)
}

fn noisy_classes(x: &Tensor, options: &GumbelSoftmax) -> Result<Tensor> {
    let op = "gumbel_softmax";
    floating(op, &[x])?;
    if options.tau <= 0.0 {
        return Err(value_error!("{op}: tau must be greater than 0, not {}", options.tau));
    }
    let noise = -zeros_like(&x.detach()).try_exponential_(1.0)?.log();
    let soft = ((x + noise) / options.tau).try_softmax(options.dim)?;
    if !options.hard {
        return Ok(soft);
    }
    let (_, largest) = soft.detach().try_max_keepdim(options.dim)?;
    let hard = zeros_like(&soft.detach()).try_scatter(options.dim, &largest, 1)?;
    Ok(hard - soft.detach() + soft)
}

fallible! {
    /// [`softmax`] of the elements with another sign: the smallest counts most.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = tensor![1.0, 2.0];
    /// assert!(F::softmin(&x, 0).equal((-x).softmax(0)));
    /// ```
    #[doc(alias = "Softmin")]
    pub fn softmin | try_softmin(x: &Tensor, dim: i64) -> Tensor {
        (-x).try_softmax(dim)
    }

    /// [`Tensor::prelu`] as a function.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(F::prelu(&tensor![-2.0, 3.0], [0.25]).to_vec::<f32>(), [-0.5, 3.0]);
    /// ```
    pub fn prelu | try_prelu<'a>(x: &Tensor, weight: impl IntoOperand<'a>) -> Tensor {
        x.try_prelu(weight)
    }

    /// [`rrelu`] with options: in training, the slope of each element that is not above 0 is drawn by chance. Xu et al.,
    /// *Empirical Evaluation of Rectified Activations in Convolutional Network*, 2015.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let y = F::rrelu_with(&full([100], -1.0), F::RRelu::new().lower(0.25).upper(0.5).training(true));
    /// assert!((y.le(-0.25) & y.ge(-0.5)).all().item::<bool>());
    /// ```
    pub fn rrelu_with | try_rrelu_with(x: &Tensor, options: RRelu<'_>) -> Tensor {
        floating("rrelu", &[x])?;
        match options.training {
            true => x.try_mul(drawn_slopes(x, &options)?),
            false => Ok(x.leaky_relu_slope((options.lower + options.upper) / 2.0)),
        }
    }

    /// Classes by chance, the likelier the larger their scores are, in a form that has gradients: the softmax of the scores with
    /// noise. Jang, Gu and Poole, *Categorical Reparameterization with Gumbel-Softmax*, 2017.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(F::gumbel_softmax(&zeros([2, 3])).sum_dim(1).allclose([1.0, 1.0]));
    /// ```
    pub fn gumbel_softmax | try_gumbel_softmax(x: &Tensor) -> Tensor {
        noisy_classes(x, &GumbelSoftmax::new())
    }

    /// [`gumbel_softmax`] with options.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let one = F::gumbel_softmax_with(&tensor![0.0, 100.0, 0.0], F::GumbelSoftmax::new().hard(true));
    /// assert_eq!(one.to_vec::<f32>(), [0.0, 1.0, 0.0]);
    /// ```
    pub fn gumbel_softmax_with | try_gumbel_softmax_with(x: &Tensor, options: GumbelSoftmax<'_>) -> Tensor {
        noisy_classes(x, &options)
    }

    /// The vectors along dimension 1 with length 1.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(F::normalize(&tensor![[3.0, 4.0]]).allclose([[0.6, 0.8]]));
    /// ```
    pub fn normalize | try_normalize(x: &Tensor) -> Tensor {
        try_normalize_with(x, Normalize::new())
    }

    /// [`normalize`] with options.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let shares = F::normalize_with(&tensor![1.0, 3.0], F::Normalize::new().p(1).dim(0));
    /// assert_eq!(shares.to_vec::<f32>(), [0.25, 0.75]);
    /// ```
    pub fn normalize_with | try_normalize_with(x: &Tensor, options: Normalize<'_>) -> Tensor {
        floating("normalize", &[x])?;
        x.try_div(x.try_norm_p_keepdim(options.p, options.dim)?.try_clamp(options.eps, None)?)
    }

    /// [`Tensor::pairwise_distance`] as a function.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(F::pairwise_distance(&tensor![[1.0, 2.0]], [[4.0, 6.0]]).allclose([5.0]));
    /// ```
    pub fn pairwise_distance | try_pairwise_distance<'a>(x: &Tensor, other: impl IntoOperand<'a>) -> Tensor {
        x.try_pairwise_distance(other)
    }

    /// [`pairwise_distance`] by another norm.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(F::pairwise_distance_p(&tensor![[1.0, 2.0]], [[4.0, 6.0]], 1).allclose([7.0]));
    /// ```
    pub fn pairwise_distance_p | try_pairwise_distance_p<'a>(x: &Tensor, other: impl IntoOperand<'a>, p: impl Into<Scalar>) -> Tensor {
        x.try_pairwise_distance_p(other, p)
    }
}

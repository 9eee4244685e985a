//! The functions that networks are built of, element by element: PyTorch's `torch.nn.functional`.

use std::f64::consts::FRAC_2_SQRT_PI;

use super::recorded::recorded;
use crate::autograd::record::{Saved, record, records};
use crate::error::{Result, fallible, shape_error};
use crate::op::Activation;
use crate::operand::IntoOperand;
use crate::ops::twin::twins;
use crate::ops::{try_where_cond, unary, where_cond};
use crate::tensor::Tensor;

/// The value alone. Whole numbers give `f32`.
pub(super) fn value(function: Activation, x: &Tensor) -> Tensor {
    let x = x.values().to_dtype(x.dtype().to_floating());
    unary::mapped(&x, |elements| x.backend().activation(function, elements))
}

/// An activation with its gradient, made of the result's and of `x`.
fn activated(
    function: Activation,
    name: &'static str,
    x: &Tensor,
    formula: impl Fn(&Tensor, &Tensor) -> Tensor + Send + Sync + 'static,
) -> Tensor {
    recorded(value(function, x), name, x, formula)
}

/// `gradient` where the mask is true, 0 elsewhere.
fn only(gradient: &Tensor, mask: &Tensor) -> Tensor {
    gradient.masked_fill(mask.logical_not(), 0.0)
}

fn elu(x: &Tensor, name: &'static str, alpha: f64, scale: f64, input: f64) -> Tensor {
    activated(Activation::Elu { alpha, scale, input }, name, x, move |g, x| {
        let below = g * (x * input).exp() * (alpha * scale * input);
        where_cond(x.gt(0.0), g * scale, below)
    })
}

const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;

fn hardtanh(op: &str, x: &Tensor, min: f64, max: f64) -> Result<Tensor> {
    let value = x.values().try_clamp(min, max).map_err(|_| shape_error!("{op}: not defined for {}", x.dtype()))?;
    // Unlike that of `clamp`, the gradient ends at the limits.
    Ok(recorded(value, "HardtanhBackward0", x, move |g, x| only(g, &x.gt(min).logical_and(x.lt(max)))))
}

impl Tensor {
    fallible! {
        /// Each element between -1 and 1: what lies outside becomes the nearer of them.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![-3.0, 0.5].hardtanh().to_vec::<f32>(), [-1.0, 0.5]);
        /// ```
        #[doc(alias = "Hardtanh")]
        pub fn hardtanh | try_hardtanh(&self) -> Tensor {
            hardtanh("hardtanh", self, -1.0, 1.0)
        }

        /// [`hardtanh`](Tensor::hardtanh) between other limits.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![-3.0, 0.5].hardtanh_between(-2.0, 2.0).to_vec::<f32>(), [-2.0, 0.5]);
        /// ```
        pub fn hardtanh_between | try_hardtanh_between(&self, min: f64, max: f64) -> Tensor {
            hardtanh("hardtanh_between", self, min, max)
        }

        /// Each element between 0 and 6.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![-1.0, 2.0, 9.0].relu6().to_vec::<f32>(), [0.0, 2.0, 6.0]);
        /// ```
        #[doc(alias = "ReLU6")]
        pub fn relu6 | try_relu6(&self) -> Tensor {
            hardtanh("relu6", self, 0.0, 6.0)
        }

        /// One half of a dimension times the [`sigmoid`](Tensor::sigmoid) of the other.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![2.0, 0.0].glu(-1).to_vec::<f32>(), [1.0]);
        /// ```
        #[doc(alias = "GLU")]
        pub fn glu | try_glu(&self, dim: i64) -> Tensor {
            let place = crate::layout::dimension("glu", dim, self.ndim())?;
            let length = self.layout.shape.get(place).copied().unwrap_or(1);
            if length % 2 == 1 || self.ndim() == 0 {
                return Err(shape_error!("glu: dimension {dim} of shape {} has no two equal halves", self.size()));
            }
            let half = length / 2;
            self.try_narrow(dim, 0, half)?.try_mul(self.try_narrow(dim, half, half)?.sigmoid())
        }

        /// The parametric form of [`leaky_relu`](Tensor::leaky_relu): negative elements times `weight`, one number or one
        /// for each position of dimension 1.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![-2.0, 3.0].prelu([0.25]).to_vec::<f32>(), [-0.5, 3.0]);
        /// ```
        #[doc(alias = "PReLU")]
        pub fn prelu | try_prelu<'a>(&self, weight: impl IntoOperand<'a>) -> Tensor {
            let weight = weight.into_operand().to_tensor(self.dtype())?;
            prelu(self, &weight)
        }
    }

    /// Negative elements times 0.01. For another slope see [`leaky_relu_slope`](Tensor::leaky_relu_slope).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![-1.0, 2.0].leaky_relu().to_vec::<f32>(), [-0.01, 2.0]);
    /// ```
    #[doc(alias = "LeakyReLU")]
    pub fn leaky_relu(&self) -> Tensor {
        self.leaky_relu_slope(0.01)
    }

    /// Negative elements times `negative_slope`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![-1.0, 2.0].leaky_relu_slope(0.5).to_vec::<f32>(), [-0.5, 2.0]);
    /// ```
    pub fn leaky_relu_slope(&self, negative_slope: f64) -> Tensor {
        activated(Activation::LeakyRelu { slope: negative_slope }, "LeakyReluBackward0", self, move |g, x| {
            where_cond(x.gt(0.0), g, g * negative_slope)
        })
    }

    /// [`leaky_relu`](Tensor::leaky_relu) with the mean of the slopes that training draws, 1/8 to 1/3: PyTorch's
    /// `F.rrelu(x)`, which is not training.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(tensor![-24.0].rrelu().allclose([-5.5]));
    /// ```
    #[doc(alias = "RReLU")]
    pub fn rrelu(&self) -> Tensor {
        self.leaky_relu_slope((1.0 / 8.0 + 1.0 / 3.0) / 2.0)
    }

    /// The exponential linear unit: eˣ - 1 below 0.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![f64::NEG_INFINITY, 2.0].elu().to_vec::<f32>(), [-1.0, 2.0]);
    /// ```
    #[doc(alias = "ELU")]
    pub fn elu(&self) -> Tensor {
        elu(self, "EluBackward0", 1.0, 1.0, 1.0)
    }

    /// `alpha` · (eˣ - 1) below 0.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![f64::NEG_INFINITY, 2.0].elu_alpha(0.5).to_vec::<f32>(), [-0.5, 2.0]);
    /// ```
    pub fn elu_alpha(&self, alpha: f64) -> Tensor {
        elu(self, "EluBackward0", alpha, 1.0, 1.0)
    }

    /// The scaled exponential linear unit, which keeps means and variances near 0 and 1.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(tensor![1.0].selu().allclose([1.0507]));
    /// ```
    #[doc(alias = "SELU")]
    pub fn selu(&self) -> Tensor {
        elu(self, "EluBackward0", SELU_ALPHA, SELU_SCALE, 1.0)
    }

    /// eˣ - 1 below 0, as [`elu`](Tensor::elu).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![2.0].celu().item::<f32>(), 2.0);
    /// ```
    #[doc(alias = "CELU")]
    pub fn celu(&self) -> Tensor {
        self.celu_alpha(1.0)
    }

    /// `alpha` · (exp(x / `alpha`) - 1) below 0, whose slope is 1 at 0.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![f64::NEG_INFINITY].celu_alpha(0.5).item::<f32>(), -0.5);
    /// ```
    pub fn celu_alpha(&self, alpha: f64) -> Tensor {
        elu(self, "CeluBackward0", alpha, 1.0, 1.0 / alpha)
    }

    /// [`softplus`](Tensor::softplus) of elements times `beta`, over `beta`; where they are above `threshold` then, the
    /// element itself.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(tensor![0.0].softplus_beta(2.0, 20.0).allclose([2f64.ln() / 2.0]));
    /// ```
    pub fn softplus_beta(&self, beta: f64, threshold: f64) -> Tensor {
        activated(Activation::Softplus { beta, threshold }, "SoftplusBackward0", self, move |g, x| {
            let scaled = x * beta;
            where_cond(scaled.gt(threshold), g, g * scaled.sigmoid())
        })
    }

    /// x · tanh(softplus(x)).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![0.0].mish().item::<f32>(), 0.0);
    /// ```
    #[doc(alias = "Mish")]
    pub fn mish(&self) -> Tensor {
        activated(Activation::Mish, "MishBackward0", self, |g, x| {
            let gate = x.softplus().tanh();
            g * (&gate + x * x.sigmoid() * (1.0 - gate.square()))
        })
    }

    /// The logarithm of the [`sigmoid`](Tensor::sigmoid), without overflow.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![-1000.0].logsigmoid().item::<f32>(), -1000.0);
    /// ```
    #[doc(alias = "LogSigmoid")]
    pub fn logsigmoid(&self) -> Tensor {
        activated(Activation::LogSigmoid, "LogSigmoidBackward0", self, |g, x| g * (-x).sigmoid())
    }

    /// A line from 0 at -3 to 1 at 3.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![-3.0, 0.0, 3.0].hardsigmoid().to_vec::<f32>(), [0.0, 0.5, 1.0]);
    /// ```
    #[doc(alias = "Hardsigmoid")]
    pub fn hardsigmoid(&self) -> Tensor {
        activated(Activation::HardSigmoid, "HardsigmoidBackward0", self, |g, x| {
            only(&(g / 6.0), &x.gt(-3.0).logical_and(x.lt(3.0)))
        })
    }

    /// Each element times its [`hardsigmoid`](Tensor::hardsigmoid).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![-3.0, 3.0].hardswish().to_vec::<f32>(), [0.0, 3.0]);
    /// ```
    #[doc(alias = "Hardswish")]
    pub fn hardswish(&self) -> Tensor {
        activated(Activation::HardSwish, "HardswishBackward0", self, |g, x| {
            let middle = where_cond(x.lt(3.0), g * (x / 3.0 + 0.5), g);
            middle.masked_fill(x.le(-3.0), 0.0)
        })
    }

    /// x / (1 + |x|).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1.0].softsign().item::<f32>(), 0.5);
    /// ```
    #[doc(alias = "Softsign")]
    pub fn softsign(&self) -> Tensor {
        activated(Activation::Softsign, "DivBackward0", self, |g, x| g / (x.abs() + 1.0).square())
    }

    /// x - tanh(x).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![0.0].tanhshrink().item::<f32>(), 0.0);
    /// ```
    #[doc(alias = "Tanhshrink")]
    pub fn tanhshrink(&self) -> Tensor {
        activated(Activation::Tanhshrink, "SubBackward0", self, |g, x| g * x.tanh().square())
    }

    /// Each element, half a unit nearer to 0. For another distance see [`softshrink_lambda`](Tensor::softshrink_lambda).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![-2.0, 0.25].softshrink().to_vec::<f32>(), [-1.5, 0.0]);
    /// ```
    #[doc(alias = "Softshrink")]
    pub fn softshrink(&self) -> Tensor {
        self.softshrink_lambda(0.5)
    }

    /// Each element, `lambda` nearer to 0.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![-2.0, 0.25].softshrink_lambda(1.0).to_vec::<f32>(), [-1.0, 0.0]);
    /// ```
    pub fn softshrink_lambda(&self, limit: f64) -> Tensor {
        activated(Activation::SoftShrink { limit }, "SoftshrinkBackward0", self, move |g, x| {
            g.masked_fill(x.abs().le(limit), 0.0)
        })
    }

    /// Each element, but 0 between -0.5 and 0.5. For other limits see [`hardshrink_lambda`](Tensor::hardshrink_lambda).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![-2.0, 0.25].hardshrink().to_vec::<f32>(), [-2.0, 0.0]);
    /// ```
    #[doc(alias = "Hardshrink")]
    pub fn hardshrink(&self) -> Tensor {
        self.hardshrink_lambda(0.5)
    }

    /// Each element, but 0 between -`lambda` and `lambda`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![-2.0, 0.25].hardshrink_lambda(0.1).to_vec::<f32>(), [-2.0, 0.25]);
    /// ```
    pub fn hardshrink_lambda(&self, limit: f64) -> Tensor {
        activated(Activation::HardShrink { limit }, "HardshrinkBackward0", self, move |g, x| {
            g.masked_fill(x.abs().le(limit), 0.0)
        })
    }

    /// Each element above `threshold`, and `value` in place of the others.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![0.1, 2.0].threshold(0.5, -1.0).to_vec::<f32>(), [-1.0, 2.0]);
    /// ```
    #[doc(alias = "Threshold")]
    pub fn threshold(&self, threshold: f64, value: f64) -> Tensor {
        activated(Activation::Threshold { threshold, value }, "ThresholdBackward0", self, move |g, x| {
            g.masked_fill(x.le(threshold), 0.0)
        })
    }

    /// [`gelu`](Tensor::gelu) by the hyperbolic tangent: PyTorch's `F.gelu(x, approximate="tanh")`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(tensor![1.0].gelu_tanh().allclose([0.8411920]));
    /// ```
    pub fn gelu_tanh(&self) -> Tensor {
        activated(Activation::GeluTanh, "GeluBackward0", self, |g, x| {
            const ROOT: f64 = FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2;
            let square = x.square();
            let tanh = (x * (&square * 0.044715 + 1.0) * ROOT).tanh();
            let inner = (square * (3.0 * 0.044715) + 1.0) * ROOT;
            g * 0.5 * (&tanh + 1.0 + x * (1.0 - tanh.square()) * inner)
        })
    }
}

fn prelu(x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let channels = if x.ndim() > 1 { x.layout.shape[1] } else { 1 };
    if weight.ndim() > 1 || (weight.numel() != 1 && weight.numel() != channels) {
        return Err(shape_error!(
            "prelu: the weight of shape {} is neither one number nor one for each of the {channels} positions of dimension 1",
            weight.size()
        ));
    }
    // One for each channel: beside the dimensions behind it.
    let weight = match weight.numel() {
        1 => weight.try_reshape(())?,
        _ => {
            let mut shape = vec![1; x.ndim() - 1];
            shape[0] = channels;
            weight.try_reshape(shape)?
        }
    };
    let (values, factors) = (x.values(), weight.values());
    let result = match weight.ndim() {
        0 => value(Activation::LeakyRelu { slope: factors.item() }, &values),
        _ => try_where_cond(values.gt(0.0), &values, values.try_mul(&factors)?)?,
    };
    if !records(&[x, &weight]) {
        return Ok(result);
    }
    let (kept, kept_weight) = (Saved::operand(x), Saved::operand(&weight));
    Ok(record(result, "PreluKernelBackward0", &[x, &weight], move |pass, gradient| {
        let (x, weight) = (pass.get(&kept)?, pass.get(&kept_weight)?);
        pass.give(0, || where_cond(x.gt(0.0), &gradient, &gradient * &weight));
        pass.give(1, || (&gradient * &x).masked_fill(x.gt(0.0), 0.0));
        Ok(())
    }))
}

/// In-place twins of functions that cannot fail.
macro_rules! activation_twins {
    ($($name:ident $name_:ident $try_name_:ident: ($($arg:ident),*);)*) => {
        impl Tensor { fallible! { $(
            #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") in place.")]
            pub fn $name_ | $try_name_(&self $(, $arg: f64)*) -> Tensor {
                crate::ops::twin::over(stringify!($name_), self, |x| Ok(x.$name($($arg),*)))
            }
        )* } }
    };
}

activation_twins! {
    leaky_relu leaky_relu_ try_leaky_relu_: ();
    leaky_relu_slope leaky_relu_slope_ try_leaky_relu_slope_: (negative_slope);
    rrelu rrelu_ try_rrelu_: ();
    elu elu_ try_elu_: ();
    elu_alpha elu_alpha_ try_elu_alpha_: (alpha);
    selu selu_ try_selu_: ();
    celu celu_ try_celu_: ();
    celu_alpha celu_alpha_ try_celu_alpha_: (alpha);
    threshold threshold_ try_threshold_: (threshold, value);
}

twins! {
    hardtanh hardtanh_ try_hardtanh_: () = try_hardtanh;
    hardtanh_between hardtanh_between_ try_hardtanh_between_: (min: f64, max: f64) = try_hardtanh_between;
}

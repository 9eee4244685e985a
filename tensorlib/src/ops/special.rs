//! Functions of one tensor beyond the elementary ones, element by element.

use std::f64::consts::{FRAC_2_SQRT_PI, PI};

use crate::create::filled;
use crate::dtype::DType;
use crate::error::{fallible, value_error};
use crate::op::{Activation, Special};
use crate::ops::recorded::recorded;
use crate::ops::twin::{self, twins};
use crate::ops::{activation, unary};
use crate::scalar::Scalar;
use crate::tensor::Tensor;

/// The value alone. Whole numbers give `f32`.
fn value(function: Special, x: &Tensor) -> Tensor {
    let x = x.values().to_dtype(x.dtype().to_floating());
    unary::mapped(&x, |elements| x.backend().special(function, elements))
}

macro_rules! specials {
    ($($(#[$doc:meta])* $name:ident $name_:ident $try_name_:ident: $value:expr, $node:literal, |$g:ident, $x:ident| $formula:expr;)*) => {
        impl Tensor { $(
            $(#[$doc])*
            pub fn $name(&self) -> Tensor {
                recorded(($value)(self), $node, self, |$g, $x| $formula)
            }

            fallible! {
                #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") in place.")]
                pub fn $name_ | $try_name_(&self) -> Tensor {
                    twin::over(stringify!($name_), self, |x| Ok(x.$name()))
                }
            }
        )* }
    };
}

/// [`value`] of one function.
macro_rules! by {
    ($function:expr) => {
        |x: &Tensor| value($function, x)
    };
}

specials! {
    /// The number whose hyperbolic cosine this is; below 1, NaN.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1.0].acosh().item::<f32>(), 0.0);
    /// ```
    acosh acosh_ try_acosh_: by!(Special::Acosh), "AcoshBackward0", |g, x| g * (x.square() - 1.0).rsqrt();
    /// The number whose hyperbolic sine this is.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(tensor![1.5].asinh().sinh().allclose([1.5]));
    /// ```
    asinh asinh_ try_asinh_: by!(Special::Asinh), "AsinhBackward0", |g, x| g * (x.square() + 1.0).rsqrt();
    /// The number whose hyperbolic tangent this is: infinite for ±1, NaN beyond.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(tensor![0.5].atanh().tanh().allclose([0.5]));
    /// ```
    atanh atanh_ try_atanh_: by!(Special::Atanh), "AtanhBackward0", |g, x| g * (1.0 - x.square()).reciprocal();
    /// The error function: the area of the bell curve exp(-t²) · 2/√π from 0 to each element.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(tensor![1.0].erf().allclose([0.8427008]));
    /// ```
    erf erf_ try_erf_: |x: &Tensor| activation::value(Activation::Erf, x), "ErfBackward0", |g, x| g * (-x.square()).exp() * FRAC_2_SQRT_PI;
    /// 1 - [`erf`](Tensor::erf), without loss where that is near 1.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(tensor![3.0].erfc().allclose_within([2.209050e-5], 1e-5, 0.0));
    /// ```
    erfc erfc_ try_erfc_: |x: &Tensor| activation::value(Activation::Erfc, x), "ErfcBackward0", |g, x| g * (-x.square()).exp() * -FRAC_2_SQRT_PI;
    /// The number whose [`erf`](Tensor::erf) this is: infinite for ±1, NaN beyond.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(tensor![0.5].erfinv().erf().allclose([0.5]));
    /// ```
    erfinv erfinv_ try_erfinv_: |x: &Tensor| activation::value(Activation::Erfinv, x), "ErfinvBackward0", |g, x| g * x.erfinv().square().exp() / FRAC_2_SQRT_PI;
    /// The logarithm of the magnitude of the gamma function.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(tensor![5.0].lgamma().allclose([24f64.ln()])); // Γ(5) = 4!
    /// ```
    lgamma lgamma_ try_lgamma_: by!(Special::Lgamma), "LgammaBackward0", |g, x| g * x.digamma();
    /// The derivative of [`lgamma`](Tensor::lgamma).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(tensor![1.0].digamma().allclose([-0.5772157]));
    /// ```
    digamma digamma_ try_digamma_: by!(Special::Polygamma(0)), "DigammaBackward0", |g, x| g * x.polygamma(1);
    /// The modified Bessel function of the first kind, of order 0.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(tensor![1.0].i0().allclose([1.2660659]));
    /// ```
    i0 i0_ try_i0_: by!(Special::I0), "I0Backward0", |g, x| g * i1(x);
    /// sin(πx) / (πx), which is 1 at 0.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![0.0].sinc().item::<f32>(), 1.0);
    /// ```
    sinc sinc_ try_sinc_: by!(Special::Sinc), "SincBackward0", |g, x| sinc_gradient(g, x);
    /// The fractional part, with the sign of the element.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![2.5, -2.5].frac().to_vec::<f32>(), [0.5, -0.5]);
    /// ```
    frac frac_ try_frac_: |x: &Tensor| x.values() - x.values().trunc(), "FracBackward0", |g, _x| g.alias();
    /// Degrees as radians.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(tensor![180.0].deg2rad().allclose([std::f64::consts::PI]));
    /// ```
    deg2rad deg2rad_ try_deg2rad_: |x: &Tensor| x.values() * (PI / 180.0), "Deg2RadBackward0", |g, _x| g * (PI / 180.0);
    /// Radians as degrees.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(tensor![std::f64::consts::PI].rad2deg().allclose([180.0]));
    /// ```
    rad2deg rad2deg_ try_rad2deg_: |x: &Tensor| x.values() * (180.0 / PI), "Rad2DegBackward0", |g, _x| g * (180.0 / PI);
    /// The logarithm of the odds: log(x / (1 - x)), of numbers between 0 and 1.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![0.5, 1.0].logit().to_vec::<f32>(), [0.0, f32::INFINITY]);
    /// ```
    logit logit_ try_logit_: logit, "LogitBackward0", |g, x| logit_gradient(g, x);
}

/// The modified Bessel function of order 1, as values and, for a second derivative, recorded.
fn i1(x: &Tensor) -> Tensor {
    recorded(value(Special::I1, x), "SpecialI1Backward0", x, |g, x| {
        let slope = x.i0() - i1(x) / x;
        g * super::choose::try_where_cond(x.eq(0.0), 0.5, slope).expect("shapes are equal")
    })
}

fn sinc_gradient(gradient: &Tensor, x: &Tensor) -> Tensor {
    let angle = x * PI;
    let slope = (&angle * angle.cos() - angle.sin()) / (&angle * x);
    gradient * slope.masked_fill(x.eq(0.0), 0.0)
}

fn logit(x: &Tensor) -> Tensor {
    let x = &x.values();
    (x / (1.0 - x)).log()
}

fn logit_gradient(gradient: &Tensor, x: &Tensor) -> Tensor {
    let outside = x.lt(0.0).logical_or(x.gt(1.0));
    (gradient / (x * (1.0 - x))).masked_fill(outside, f64::NAN)
}

fn angle(x: &Tensor) -> Tensor {
    let x = x.values().to(x.dtype().to_floating());
    let angle = crate::create::zeros_like(&x).masked_fill(x.lt(0.0), PI);
    super::where_cond(x.isnan(), &x, angle)
}

/// Replaces NaN and the infinities; infinities by default with the largest and smallest numbers of the type.
fn nan_to_num(x: &Tensor, nan: f64, posinf: Option<f64>, neginf: Option<f64>) -> Tensor {
    if !x.dtype().is_floating_point() {
        return x.clone();
    }
    let largest = if x.dtype() == DType::F32 { f64::from(f32::MAX) } else { f64::MAX };
    let of = |x: &Tensor| {
        let filled = x.masked_fill(x.isnan(), nan);
        let filled = filled.masked_fill(x.eq(f64::INFINITY), posinf.unwrap_or(largest));
        filled.masked_fill(x.eq(f64::NEG_INFINITY), neginf.unwrap_or(-largest))
    };
    recorded(of(&x.values()), "NanToNumBackward0", x, |g, x| g.masked_fill(x.isfinite().logical_not(), 0.0))
}

impl Tensor {
    /// Whether elements have a minus sign, -0 too.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1.0, -0.0].signbit().to_vec::<bool>(), [false, true]);
    /// ```
    pub fn signbit(&self) -> Tensor {
        match self.dtype() {
            DType::Bool | DType::U8 => filled(self.layout.shape.clone(), DType::Bool, Scalar::Bool(false)),
            DType::I32 | DType::I64 => self.lt(0),
            _ => crate::create::full_like(&self.values(), 1.0).copysign(self.values()).lt(0.0),
        }
    }

    /// The angle of a number in the complex plane: 0, or π of a negative number.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![2.0, -2.0].angle().to_vec::<f32>(), [0.0, std::f32::consts::PI]);
    /// ```
    pub fn angle(&self) -> Tensor {
        recorded(angle(self), "AngleBackward0", self, |g, _x| crate::create::zeros_like(g))
    }

    /// Whether elements are +∞, one by one.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![f64::INFINITY, 1.0].isposinf().to_vec::<bool>(), [true, false]);
    /// ```
    pub fn isposinf(&self) -> Tensor {
        if self.dtype().is_floating_point() { self.eq(f64::INFINITY) } else { self.ne(self) }
    }

    /// Whether elements are -∞, one by one.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![f64::NEG_INFINITY, 1.0].isneginf().to_vec::<bool>(), [true, false]);
    /// ```
    pub fn isneginf(&self) -> Tensor {
        if self.dtype().is_floating_point() { self.eq(f64::NEG_INFINITY) } else { self.ne(self) }
    }

    /// NaN as 0, and infinities as the largest and smallest numbers of the type. For others see
    /// [`nan_to_num_with`](Tensor::nan_to_num_with).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = tensor![f64::NAN, f64::INFINITY, 1.0];
    /// assert_eq!(x.nan_to_num().to_vec::<f32>(), [0.0, f32::MAX, 1.0]);
    /// ```
    pub fn nan_to_num(&self) -> Tensor {
        nan_to_num(self, 0.0, None, None)
    }

    /// [`nan_to_num`](Tensor::nan_to_num) with the numbers that take the place of NaN, +∞ and -∞.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = tensor![f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    /// assert_eq!(x.nan_to_num_with(0.0, 1.0, -1.0).to_vec::<f32>(), [0.0, 1.0, -1.0]);
    /// ```
    pub fn nan_to_num_with(&self, nan: f64, posinf: f64, neginf: f64) -> Tensor {
        nan_to_num(self, nan, Some(posinf), Some(neginf))
    }

    fallible! {
        /// [`nan_to_num`](Tensor::nan_to_num) in place.
        pub fn nan_to_num_ | try_nan_to_num_(&self) -> Tensor {
            twin::over("nan_to_num_", self, |x| Ok(x.nan_to_num()))
        }

        /// [`nan_to_num_with`](Tensor::nan_to_num_with) in place.
        pub fn nan_to_num_with_ | try_nan_to_num_with_(&self, nan: f64, posinf: f64, neginf: f64) -> Tensor {
            twin::over("nan_to_num_with_", self, |x| Ok(x.nan_to_num_with(nan, posinf, neginf)))
        }

        /// [`logit`](Tensor::logit) of elements that are first brought between `eps` and 1 - `eps`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(tensor![1.0].logit_eps(0.5).allclose([0.0]));
        /// ```
        pub fn logit_eps | try_logit_eps(&self, eps: f64) -> Tensor {
            let limited = self.values().try_clamp(eps, 1.0 - eps)?;
            Ok(recorded(logit(&limited), "LogitBackward0", self, move |g, x| {
                let outside = x.lt(eps).logical_or(x.gt(1.0 - eps));
                (g / (x * (1.0 - x))).masked_fill(outside, 0.0)
            }))
        }

        /// The derivative of order `n` of [`digamma`](Tensor::digamma).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(tensor![1.0].polygamma(1).allclose([1.6449341])); // π²/6
        /// ```
        pub fn polygamma | try_polygamma(&self, n: i64) -> Tensor {
            if n < 0 {
                return Err(value_error!("polygamma: an order is 0 or more, not {n}"));
            }
            Ok(recorded(value(Special::Polygamma(n), self), "PolygammaBackward0", self, move |g, x| g * x.polygamma(n + 1)))
        }

        /// The logarithm of the gamma function of `p` dimensions, of elements above (`p` - 1) / 2.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(tensor![3.0].mvlgamma(1).allclose(tensor![3.0].lgamma()));
        /// ```
        pub fn mvlgamma | try_mvlgamma(&self, p: i64) -> Tensor {
            if p < 1 {
                return Err(value_error!("mvlgamma: a number of dimensions is 1 or more, not {p}"));
            }
            let places = crate::create::arange(0..p).to(self.dtype().to_floating()) / 2.0;
            let terms = (self.try_unsqueeze(-1)? - places).lgamma().try_sum_dim(-1)?;
            let (p, constant) = (p as f64, PI.ln() / 4.0);
            Ok(terms + p * (p - 1.0) * constant)
        }
    }
}

twins! {
    polygamma polygamma_ try_polygamma_: (n: i64) = try_polygamma;
    mvlgamma mvlgamma_ try_mvlgamma_: (p: i64) = try_mvlgamma;
    logit_eps logit_eps_ try_logit_eps_: (eps: f64) = try_logit_eps;
}

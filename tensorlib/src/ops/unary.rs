//! Functions of one tensor, element by element.

use std::sync::Arc;

use crate::autograd::formulas;
use crate::autograd::record::{in_place, records};
use crate::backend::Elements;
use crate::dtype::DType;
use crate::error::{Result, dtype_error, fallible};
use crate::layout::{Layout, memory_order};
use crate::op::UnaryOp;
use crate::ops::{assign, binary};
use crate::storage::Storage;
use crate::tensor::Tensor;

/// A new tensor of the shape of `x`, from its elements in the order in which they lie in memory: that is the fastest way to
/// walk them, and the result keeps it.
#[inline]
pub(super) fn mapped(x: &Tensor, map: impl FnOnce(Elements) -> Arc<Storage>) -> Tensor {
    if x.layout.is_contiguous() {
        return Tensor::from_storage(map(x.elements()), Layout::contiguous(x.layout.shape.clone()));
    }
    let order = memory_order(&[&x.layout]);
    Tensor::from_storage(map(x.elements_as(&x.layout.permute(&order))), Layout::ordered(&x.layout.shape, &order))
}

/// A function of numbers that keep their type.
#[inline]
fn applied(function: UnaryOp, x: &Tensor) -> Tensor {
    mapped(x, |elements| x.backend().unary(function, elements))
}

/// A function that is defined for every element type: whole numbers and booleans give `f32`, but for those that are round
/// already.
fn total_values(function: UnaryOp, x: &Tensor) -> Tensor {
    if x.dtype().is_floating_point() {
        return applied(function, x);
    }
    if function.keeps_whole_numbers() && x.dtype() != DType::Bool {
        return x.clone();
    }
    applied(function, &x.float())
}

/// A function of numbers.
fn values(op: &str, function: UnaryOp, x: &Tensor) -> Result<Tensor> {
    if x.dtype() != DType::Bool {
        return Ok(applied(function, x));
    }
    match function {
        UnaryOp::Sign => Ok(x.clone()),
        UnaryOp::Square => Ok(applied(function, &x.long())),
        _ => Err(dtype_error!("{op}: not defined for bool; convert it with to()")),
    }
}

// Whether it is recorded is asked first: a tensor that goes from hand to hand is copied each time, which small ones feel.

fn total(function: UnaryOp, x: &Tensor) -> Tensor {
    if !records(&[x]) {
        return total_values(function, x);
    }
    formulas::unary::recorded(function, total_values(function, x), x)
}

fn of_numbers(op: &str, function: UnaryOp, x: &Tensor) -> Result<Tensor> {
    if !records(&[x]) {
        return values(op, function, x);
    }
    Ok(formulas::unary::recorded(function, values(op, function, x)?, x))
}

/// Writes a function of a tensor over it.
fn replace(op: &str, function: UnaryOp, x: &Tensor, value: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    if records(&[x]) {
        return in_place(op, x, value);
    }
    if x.dtype().is_floating_point() && x.layout.is_dense() && x.numel() > 0 {
        x.backend().unary_(function, x.elements());
    } else {
        let value = value(x)?;
        binary::storable(op, value.dtype(), x.dtype())?;
        assign::copy(op, x, &value)?;
    }
    Ok(x.alias())
}

/// Functions that are defined for every element type.
macro_rules! total {
    ($($(#[$doc:meta])* $name:ident $(#[$of_twin:meta])* $name_:ident $try_name_:ident $function:ident;)*) => {
        impl Tensor { $(
            $(#[$doc])*
            pub fn $name(&self) -> Tensor {
                total(UnaryOp::$function, self)
            }

            fallible! {
                #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") in place.")]
                $(#[$of_twin])*
                pub fn $name_ | $try_name_(&self) -> Tensor {
                    let function = UnaryOp::$function;
                    replace(stringify!($name_), function, self, |x| Ok(total(function, x)))
                }
            }
        )* }
    };
}

total! {
    /// e to the power of each element; whole numbers give `f32`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([1]).exp().item::<f32>(), 1.0);
    /// ```
    exp exp_ try_exp_ Exp;
    /// 2 to the power of each element.
    exp2 exp2_ try_exp2_ Exp2;
    /// e to the power of each element, minus one, exact near zero.
    #[doc(alias = "exp_m1")]
    expm1 expm1_ try_expm1_ Expm1;
    /// The natural logarithm; of a negative number, NaN.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(ones([1]).log().item::<f32>(), 0.0);
    /// ```
    #[doc(alias = "ln")]
    log log_ try_log_ Log;
    /// The logarithm to base 2.
    log2 log2_ try_log2_ Log2;
    /// The logarithm to base 10.
    log10 log10_ try_log10_ Log10;
    /// The natural logarithm of one plus each element, exact near zero.
    #[doc(alias = "ln_1p")]
    log1p log1p_ try_log1p_ Log1p;
    /// The square root; of a negative number, NaN.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![4.0, 9.0].sqrt().to_vec::<f32>(), [2.0, 3.0]);
    /// ```
    sqrt sqrt_ try_sqrt_ Sqrt;
    /// One over the square root.
    rsqrt rsqrt_ try_rsqrt_ Rsqrt;
    /// One over each element.
    #[doc(alias = "recip")]
    reciprocal reciprocal_ try_reciprocal_ Reciprocal;
    /// The logistic function 1 / (1 + e⁻ˣ), from 0 to 1.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([1]).sigmoid().item::<f32>(), 0.5);
    /// ```
    #[doc(alias = "Sigmoid")]
    sigmoid sigmoid_ try_sigmoid_ Sigmoid;
    /// The hyperbolic tangent, from -1 to 1.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([1]).tanh().item::<f32>(), 0.0);
    /// ```
    #[doc(alias = "Tanh")]
    tanh tanh_ try_tanh_ Tanh;
    /// The sine of an angle in radians.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([1]).sin().item::<f32>(), 0.0);
    /// ```
    sin sin_ try_sin_ Sin;
    /// The cosine of an angle in radians.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([1]).cos().item::<f32>(), 1.0);
    /// ```
    cos cos_ try_cos_ Cos;
    /// The tangent of an angle in radians.
    tan tan_ try_tan_ Tan;
    /// The angle whose sine this is.
    asin
    asin_ try_asin_ Asin;
    /// The angle whose cosine this is.
    acos
    acos_ try_acos_ Acos;
    /// The angle whose tangent this is.
    atan
    atan_ try_atan_ Atan;
    /// The hyperbolic sine.
    sinh sinh_ try_sinh_ Sinh;
    /// The hyperbolic cosine.
    cosh cosh_ try_cosh_ Cosh;
    /// Rounded down.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1.5, -1.5].floor().to_vec::<f32>(), [1.0, -2.0]);
    /// ```
    floor floor_ try_floor_ Floor;
    /// Rounded up.
    ceil ceil_ try_ceil_ Ceil;
    /// Rounded to the nearest whole number, halves to the even one.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![0.5, 1.5, 2.4].round().to_vec::<f32>(), [0.0, 2.0, 2.0]);
    /// ```
    #[doc(alias = "around")]
    #[doc(alias = "rint")]
    round round_ try_round_ Round;
    /// Without the fraction.
    trunc
    trunc_ try_trunc_ Trunc;
    /// The smooth form of `relu`, log(1 + eˣ).
    #[doc(alias = "Softplus")]
    softplus softplus_ try_softplus_ Softplus;
    /// The Gaussian error linear unit x · Φ(x).
    #[doc(alias = "GELU")]
    gelu gelu_ try_gelu_ Gelu;
    /// The sigmoid linear unit x · sigmoid(x).
    #[doc(alias = "SiLU")]
    silu silu_ try_silu_ Silu;
}

/// A floating-point tensor to one of the powers that need no logarithm, not recorded.
pub(super) fn simple_power(x: &Tensor, exponent: f64) -> Option<Tensor> {
    let function = match exponent {
        2.0 => UnaryOp::Square,
        3.0 => UnaryOp::Cube,
        -2.0 => return Some(applied(UnaryOp::Reciprocal, &applied(UnaryOp::Square, x))),
        0.5 => UnaryOp::Sqrt,
        -0.5 => UnaryOp::Rsqrt,
        -1.0 => UnaryOp::Reciprocal,
        _ => return None,
    };
    Some(applied(function, x))
}

/// Functions of numbers, most of which are not defined for `bool`.
macro_rules! of_numbers {
    ($($(#[$doc:meta])* $name:ident $try_name:ident $(#[$of_twin:meta])* $name_:ident $try_name_:ident $function:ident;)*) => {
        impl Tensor { fallible! { $(
            $(#[$doc])*
            pub fn $name | $try_name(&self) -> Tensor {
                of_numbers(stringify!($name), UnaryOp::$function, self)
            }

            #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") in place.")]
            $(#[$of_twin])*
            pub fn $name_ | $try_name_(&self) -> Tensor {
                let (op, function) = (stringify!($name_), UnaryOp::$function);
                replace(op, function, self, |x| of_numbers(op, function, x))
            }
        )* } }
    };
}

of_numbers! {
    /// The opposite of each element.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1, -2].neg().to_vec::<i64>(), [-1, 2]);
    /// ```
    neg try_neg
    neg_ try_neg_ Neg;
    /// The distance of each element from zero.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1.5, -2.5].abs().to_vec::<f32>(), [1.5, 2.5]);
    /// ```
    #[doc(alias = "fabs")]
    abs try_abs
    abs_ try_abs_ Abs;
    /// -1, 0 or 1.
    sign try_sign
    sign_ try_sign_ Sign;
    /// Each element times itself.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![3.0].square().item::<f32>(), 9.0);
    /// ```
    square try_square square_ try_square_ Square;
    /// The rectified linear unit: negative elements become zero.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![-1.0, 2.0].relu().to_vec::<f32>(), [0.0, 2.0]);
    /// ```
    #[doc(alias = "ReLU")]
    relu try_relu relu_ try_relu_ Relu;
}

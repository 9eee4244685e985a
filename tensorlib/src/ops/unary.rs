//! Functions of one tensor, element by element.

use crate::autograd::formulas;
use crate::autograd::record::{in_place, records};
use crate::backend::cpu::functions;
use crate::backend::cpu::loops::Maps;
use crate::backend::cpu::map;
use crate::dtype::DType;
use crate::element::{Element, with_floating, with_number};
use crate::error::{Result, dtype_error, fallible};
use crate::layout::{Layout, memory_order};
use crate::memory::allocator;
use crate::op::{Simple, Transcendental};
use crate::ops::{assign, binary};
use crate::storage::Storage;
use crate::tensor::Tensor;

fn apply<T: Element>(maps: &Maps<T, T>, x: &Tensor) -> Tensor {
    mapped::<T>(x, |values, from, layout| map::map(maps, values, from, layout))
}

/// A new tensor of the shape of `x`, whose elements `fill` makes of those of a layout, in its order. There are some.
pub(super) fn mapped<T: Element>(x: &Tensor, fill: impl FnOnce(&mut [T], &[T], &Layout)) -> Tensor {
    let mut values = allocator::take::<T>(x.numel());
    let guard = x.storage.read();
    let shape = &x.layout.shape;
    if x.layout.is_contiguous() {
        if !values.is_empty() {
            fill(&mut values, T::of(&guard), &x.layout);
        }
        return Tensor::new(Storage::new(values), Layout::contiguous(shape.clone()));
    }
    // Elements keep their order in memory: that is the fastest way to walk them.
    let order = memory_order(&[&x.layout]);
    fill(&mut values, T::of(&guard), &x.layout.permute(&order));
    Tensor::new(Storage::new(values), Layout::ordered(shape, &order))
}

/// Writes over the elements of `x`, when they lie side by side in some order.
fn apply_in_place<T: Element>(maps: &Maps<T, T>, x: &Tensor) {
    let mut guard = x.storage.write();
    map::map_in_place(maps, &mut T::of_mut(&mut guard)[x.layout.offset..x.layout.offset + x.numel()]);
}

fn simple(op: &str, function: Simple, x: &Tensor) -> Result<Tensor> {
    let y = simple_values(op, function, x)?;
    Ok(if records(&[x]) { formulas::unary::simple(function, y, x) } else { y })
}

fn simple_values(op: &str, function: Simple, x: &Tensor) -> Result<Tensor> {
    with_number!(x.dtype(), T => Ok(apply::<T>(&functions::simple(function), x)), else {
        match function {
            Simple::Sign => return Ok(x.clone()),
            Simple::Square => return simple_values(op, function, &x.long()),
            _ => {}
        }
        Err(dtype_error!("{op}: not defined for bool; convert it with to()"))
    })
}

fn transcendental(function: Transcendental, x: &Tensor) -> Tensor {
    let y = transcendental_values(function, x);
    if records(&[x]) { formulas::unary::transcendental(function, y, x) } else { y }
}

fn transcendental_values(function: Transcendental, x: &Tensor) -> Tensor {
    use Transcendental::{Ceil, Floor, Round, Trunc};
    with_floating!(x.dtype(), T => apply::<T>(&functions::transcendental(function), x), else {
        if matches!(function, Floor | Ceil | Round | Trunc) && x.dtype() != DType::Bool {
            return x.clone(); // Whole numbers are round already.
        }
        apply::<f32>(&functions::transcendental(function), &x.float())
    })
}

/// Writes a function of a tensor over it.
fn replace(
    op: &str,
    x: &Tensor,
    over: impl FnOnce(&Tensor),
    value: impl FnOnce(&Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    if records(&[x]) {
        return in_place(op, x, value);
    }
    if x.dtype().is_floating_point() && x.layout.is_dense() && x.numel() > 0 {
        over(x);
    } else {
        let value = value(x)?;
        binary::storable(op, value.dtype(), x.dtype())?;
        assign::copy(op, x, &value)?;
    }
    Ok(x.alias())
}

macro_rules! transcendental {
    ($($(#[$doc:meta])* $name:ident $(#[$of_twin:meta])* $name_:ident $try_name_:ident $function:ident;)*) => {
        impl Tensor { $(
            $(#[$doc])*
            pub fn $name(&self) -> Tensor {
                transcendental(Transcendental::$function, self)
            }

            fallible! {
                #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") in place.")]
                $(#[$of_twin])*
                pub fn $name_ | $try_name_(&self) -> Tensor {
                    let over = |x: &Tensor| with_floating!(x.dtype(), T => {
                        apply_in_place::<T>(&functions::transcendental(Transcendental::$function), x);
                    }, else ());
                    replace(stringify!($name_), self, over, |x| Ok(transcendental(Transcendental::$function, x)))
                }
            }
        )* }
    };
}

transcendental! {
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

/// A floating-point tensor to one of the powers that need no logarithm.
pub(super) fn simple_power(x: &Tensor, exponent: f64) -> Option<Tensor> {
    use Transcendental::{Reciprocal, Rsqrt, Sqrt};
    let simple = |function| simple_values("pow", function, x).ok();
    let function = match exponent {
        2.0 => return simple(Simple::Square),
        3.0 => return simple(Simple::Cube),
        -2.0 => return simple(Simple::Square).map(|square| transcendental_values(Reciprocal, &square)),
        0.5 => Sqrt,
        -0.5 => Rsqrt,
        -1.0 => Reciprocal,
        _ => return None,
    };
    Some(transcendental_values(function, x))
}

macro_rules! simple {
    ($($(#[$doc:meta])* $name:ident $try_name:ident $(#[$of_twin:meta])* $name_:ident $try_name_:ident $function:ident;)*) => {
        impl Tensor { fallible! { $(
            $(#[$doc])*
            pub fn $name | $try_name(&self) -> Tensor {
                simple(stringify!($name), Simple::$function, self)
            }

            #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") in place.")]
            $(#[$of_twin])*
            pub fn $name_ | $try_name_(&self) -> Tensor {
                let over = |x: &Tensor| with_floating!(x.dtype(), T => {
                    apply_in_place::<T>(&functions::simple(Simple::$function), x);
                }, else ());
                replace(stringify!($name_), self, over, |x| simple(stringify!($name_), Simple::$function, x))
            }
        )* } }
    };
}

simple! {
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

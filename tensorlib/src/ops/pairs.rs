//! Functions of two tensors beside arithmetic, element by element; shapes broadcast.

use crate::autograd::record::{Saved, record, record_linear, records, unrecorded};
use crate::dtype::DType;
use crate::error::{Result, dtype_error, fallible, value_error};
use crate::op::{FloatPair, NumberPair, PairOp, WholePair};
use crate::operand::{IntoOperand, Operand};
use crate::ops::twin::twins;
use crate::ops::{binary, where_cond};
use crate::promotion::result_type;
use crate::tensor::Tensor;

/// The gradient of one side, of that of the result, and of both sides.
type Side = fn(&Tensor, &Tensor, &Tensor) -> Tensor;

/// Both sides in the type that their combination has, or in that of its quotient.
fn sides(x: &Tensor, other: &Operand, floating: bool) -> Result<(Tensor, Tensor)> {
    other.check()?;
    let dtype = result_type(x.promotion(), other.promotion());
    let dtype = if floating { dtype.to_floating() } else { dtype };
    Ok((x.to_dtype(dtype), other.to_tensor(dtype)?))
}

/// The result with the gradients of both sides.
fn recorded(result: Tensor, name: &'static str, a: &Tensor, b: &Tensor, of_a: Side, of_b: Side) -> Tensor {
    if !records(&[a, b]) {
        return result;
    }
    let (kept_a, kept_b) = (Saved::operand(a), Saved::operand(b));
    record(result, name, &[a, b], move |pass, gradient| {
        let (a, b) = (pass.get(&kept_a)?, pass.get(&kept_b)?);
        pass.give(0, || of_a(&gradient, &a, &b));
        pass.give(1, || of_b(&gradient, &a, &b));
        Ok(())
    })
}

macro_rules! float_pairs {
    ($($(#[$doc:meta])* $name:ident $try_name:ident: $function:ident, $node:literal, |$g:ident, $a:ident, $b:ident| $of_a:expr, $of_b:expr;)*) => {
        impl Tensor { fallible! { $(
            $(#[$doc])*
            pub fn $name | $try_name<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
                let (a, b) = sides(self, &other.into_operand(), true)?;
                let result = binary::paired(stringify!($name), PairOp::Float(FloatPair::$function), &a, &b)?;
                Ok(recorded(result, $node, &a, &b, |$g, $a, $b| { let _ = ($a, $b); $of_a }, |$g, $a, $b| { let _ = ($a, $b); $of_b }))
            }
        )* } }
    };
}

float_pairs! {
    /// The angle of the point (other, self) seen from the origin, from -π to π.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(tensor![1.0].atan2([-1.0]).allclose([0.75 * std::f64::consts::PI]));
    /// ```
    atan2 try_atan2: Atan2, "Atan2Backward0", |g, a, b| g * b * inverse_square(a, b), g * -a * inverse_square(a, b);
    /// The length of the hypotenuse over these two, without overflow on the way.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![3e30].hypot(4e30).item::<f32>(), 5e30);
    /// ```
    hypot try_hypot: Hypot, "HypotBackward0", |g, a, b| g * (a / a.hypot(b)), g * (b / a.hypot(b));
    /// The magnitude of the first with the sign of the second.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![3.0, -3.0].copysign(-0.0).to_vec::<f32>(), [-3.0, -3.0]);
    /// ```
    copysign try_copysign: Copysign, "CopysignBackward0", |g, a, b| g * (a.copysign(b) / a).masked_fill(a.eq(0.0), 0.0), crate::create::zeros_like(g);
    /// log(eᵃ + eᵇ), without overflow.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1000.0].logaddexp(1000.0).item::<f32>(), 1000.0 + 2f32.ln());
    /// ```
    logaddexp try_logaddexp: LogAddExp, "LogaddexpBackward0", |g, a, b| g / ((b - a).exp() + 1.0), g / ((a - b).exp() + 1.0);
    /// The same to base 2: log₂(2ᵃ + 2ᵇ).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![3.0].logaddexp2(3.0).item::<f32>(), 4.0);
    /// ```
    logaddexp2 try_logaddexp2: LogAddExp2, "Logaddexp2Backward0", |g, a, b| g / ((b - a).exp2() + 1.0), g / ((a - b).exp2() + 1.0);
    /// x · log(other), which is 0 where x is.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![0.0, 2.0].xlogy([0.0, 1.0]).to_vec::<f32>(), [0.0, 0.0]);
    /// ```
    xlogy try_xlogy: Xlogy, "XlogyBackward0", |g, a, b| g.xlogy(b).masked_fill(a.eq(0.0).logical_and(b.le(0.0)), 0.0), g * a / b;
}

fn inverse_square(a: &Tensor, b: &Tensor) -> Tensor {
    (a.square() + b.square()).reciprocal()
}

/// A function of two numbers of any type but `bool`.
fn number_pair(op: &str, function: NumberPair, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if a.dtype() == DType::Bool {
        return Err(dtype_error!("{op}: not defined for bool; convert one operand with to()"));
    }
    binary::paired(op, PairOp::Number(function), a, b)
}

/// A function of two whole numbers.
fn whole_pair(op: &str, function: WholePair, x: &Tensor, other: &Operand) -> Result<Tensor> {
    let (a, b) = sides(x, other, false)?;
    let maps = |op: &str| dtype_error!("{op}: not defined for {}, only for whole numbers", a.dtype());
    match a.dtype() {
        DType::U8 | DType::I32 | DType::I64 => binary::paired(op, PairOp::Whole(function), &a, &b),
        DType::Bool => match function {
            WholePair::BitAnd => a.try_logical_and(&b),
            WholePair::BitOr => a.try_logical_or(&b),
            WholePair::BitXor => a.try_logical_xor(&b),
            _ => Err(maps(op)),
        },
        _ => Err(maps(op)),
    }
}

macro_rules! whole_pairs {
    ($($(#[$doc:meta])* $name:ident $try_name:ident: $function:ident;)*) => {
        impl Tensor { fallible! { $(
            $(#[$doc])*
            pub fn $name | $try_name<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
                whole_pair(stringify!($name), WholePair::$function, self, &other.into_operand())
            }
        )* } }
    };
}

whole_pairs! {
    /// The bits that both have; of booleans, whether both are true.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![6].bitwise_and(3).item::<i64>(), 2);
    /// ```
    bitwise_and try_bitwise_and: BitAnd;
    /// The bits that one of them has; of booleans, whether one is true.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![6].bitwise_or(3).item::<i64>(), 7);
    /// ```
    bitwise_or try_bitwise_or: BitOr;
    /// The bits that just one of them has; of booleans, whether just one is true.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![6].bitwise_xor(3).item::<i64>(), 5);
    /// ```
    bitwise_xor try_bitwise_xor: BitXor;
    /// The bits moved up: each place doubles the number.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![3].bitwise_left_shift(2).item::<i64>(), 12);
    /// ```
    #[doc(alias = "left_shift")]
    bitwise_left_shift try_bitwise_left_shift: ShiftLeft;
    /// The bits moved down: each place halves the number, and the sign stays.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![-12].bitwise_right_shift(2).item::<i64>(), -3);
    /// ```
    #[doc(alias = "right_shift")]
    bitwise_right_shift try_bitwise_right_shift: ShiftRight;
    /// The greatest common divisor.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![12].gcd(18).item::<i64>(), 6);
    /// ```
    gcd try_gcd: Gcd;
    /// The least common multiple.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![4].lcm(6).item::<i64>(), 12);
    /// ```
    lcm try_lcm: Lcm;
}

/// The gradient of `a`, where it was chosen; half of it where both are equal.
fn shared(gradient: &Tensor, a: &Tensor, b: &Tensor, wins: &Tensor) -> Tensor {
    let own = gradient.masked_fill(wins.logical_or(b.isnan()).logical_not(), 0.0);
    where_cond(a.eq(b), gradient / 2.0, own)
}

/// The larger (or smaller) of two, where NaN loses.
fn without_nan(op: &str, x: &Tensor, other: &Operand, max: bool) -> Result<Tensor> {
    let (a, b) = sides(x, other, false)?;
    if a.dtype() == DType::Bool {
        return if max { a.try_logical_or(&b) } else { a.try_logical_and(&b) };
    }
    let result = number_pair(op, if max { NumberPair::Fmax } else { NumberPair::Fmin }, &a, &b)?;
    let name = if max { "FmaxBackward0" } else { "FminBackward0" };
    // Equals share.
    let (of_a, of_b): (Side, Side) = match max {
        true => (|g, a, b| shared(g, a, b, &a.gt(b)), |g, a, b| shared(g, b, a, &b.gt(a))),
        false => (|g, a, b| shared(g, a, b, &a.lt(b)), |g, a, b| shared(g, b, a, &b.lt(a))),
    };
    Ok(recorded(result, name, &a, &b, of_a, of_b))
}

impl Tensor {
    fallible! {
        /// The remainder of a division whose quotient is truncated, with the sign of the dividend: C's `fmod`. With the
        /// sign of the divisor see [`remainder`](Tensor::remainder).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![7, -7].fmod(3).to_vec::<i64>(), [1, -1]);
        /// ```
        pub fn fmod | try_fmod<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
            let (a, b) = sides(self, &other.into_operand(), false)?;
            if !a.dtype().is_floating_point() && a.numel() > 0 && b.eq(0).any().item::<bool>() {
                return Err(value_error!("fmod: division of whole numbers by zero"));
            }
            let result = number_pair("fmod", NumberPair::Fmod, &a, &b)?;
            Ok(recorded(result, "FmodBackward0", &a, &b, |g, _, _| g.alias(), |g, a, b| -(g * (a / b).trunc())))
        }

        /// The next floating-point number on the way to another. It has no gradient.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1.0].nextafter(2.0).item::<f32>(), 1.0 + f32::EPSILON);
        /// ```
        pub fn nextafter | try_nextafter<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
            let (a, b) = sides(self, &other.into_operand(), true)?;
            let result = binary::paired("nextafter", PairOp::Float(FloatPair::Nextafter), &a, &b)?;
            if !records(&[&a, &b]) {
                return Ok(result);
            }
            Ok(record_linear(result, "NextafterBackward0", &[&a, &b], |_, _| {
                Err(value_error!("backward: nextafter has no gradient; use x.detach()"))
            }))
        }

        /// The larger of two; where one is NaN, the other.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1.0, f64::NAN].fmax([3.0, 2.0]).to_vec::<f32>(), [3.0, 2.0]);
        /// ```
        pub fn fmax | try_fmax<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
            without_nan("fmax", self, &other.into_operand(), true)
        }

        /// The smaller of two; where one is NaN, the other.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1.0, f64::NAN].fmin([3.0, 2.0]).to_vec::<f32>(), [1.0, 2.0]);
        /// ```
        pub fn fmin | try_fmin<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
            without_nan("fmin", self, &other.into_operand(), false)
        }

        /// 0 for negative elements, 1 for positive ones, and `values` at 0.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![-1.5, 0.0, 2.0].heaviside(0.5).to_vec::<f32>(), [0.0, 0.5, 1.0]);
        /// ```
        pub fn heaviside | try_heaviside<'a>(&self, values: impl IntoOperand<'a>) -> Tensor {
            let values = values.into_operand();
            unrecorded(|| {
                let (a, b) = sides(self, &values, false)?;
                if a.dtype() == DType::Bool {
                    return a.try_logical_or(&b);
                }
                number_pair("heaviside", NumberPair::Heaviside, &a, &b)
            })
        }

        /// This tensor times 2 to the power of another.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![3.0].ldexp(2).item::<f32>(), 12.0);
        /// ```
        pub fn ldexp | try_ldexp<'a>(&self, exponent: impl IntoOperand<'a>) -> Tensor {
            let exponent = exponent.into_operand().into_tensor()?;
            self.try_mul(exponent.to(exponent.dtype().to_floating()).exp2())
        }

        /// This tensor to a power, in double precision.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let power = tensor![2].float_power(-1);
        /// assert_eq!((power.item::<f64>(), power.dtype()), (0.5, DType::F64));
        /// ```
        pub fn float_power | try_float_power<'a>(&self, exponent: impl IntoOperand<'a>) -> Tensor {
            match exponent.into_operand() {
                Operand::Number(number) => self.double().try_pow(number.to_f64()),
                other => self.double().try_pow(other.to_tensor(DType::F64)?),
            }
        }

        /// All bits turned over; of booleans, the opposite.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![5].bitwise_not().item::<i64>(), -6);
        /// ```
        #[doc(alias = "bitwise_invert")]
        #[doc(alias = "invert")]
        pub fn bitwise_not | try_bitwise_not(&self) -> Tensor {
            match self.dtype() {
                DType::Bool => Ok(self.logical_not()),
                dtype if dtype.is_floating_point() => {
                    Err(dtype_error!("bitwise_not: not defined for {dtype}, only for whole numbers and bool"))
                }
                _ => self.try_neg()?.try_sub(1),
            }
        }

        /// Each element, but at least `min`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![-1.0, 2.0].clamp_min(0.0).to_vec::<f32>(), [0.0, 2.0]);
        /// ```
        pub fn clamp_min | try_clamp_min<'a>(&self, min: impl IntoOperand<'a>) -> Tensor {
            self.try_clamp(min, None)
        }

        /// Each element, but at most `max`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![-1.0, 2.0].clamp_max(0.0).to_vec::<f32>(), [-1.0, 0.0]);
        /// ```
        pub fn clamp_max | try_clamp_max<'a>(&self, max: impl IntoOperand<'a>) -> Tensor {
            self.try_clamp(None, max)
        }

        /// Between this tensor and `end`: `weight` 0 is here, 1 is there.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![0.0].lerp([10.0], 0.25).item::<f32>(), 2.5);
        /// ```
        pub fn lerp | try_lerp<'a>(&self, end: impl IntoOperand<'a>, weight: impl IntoOperand<'a>) -> Tensor {
            let (start, end) = sides(self, &end.into_operand(), true)?;
            let weight = weight.into_operand().to_tensor(start.dtype())?;
            lerp(&start, &end, &weight)
        }

        /// This tensor plus the product of two others.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1.0].addcmul([2.0], [3.0]).item::<f32>(), 7.0);
        /// ```
        pub fn addcmul | try_addcmul<'a>(&self, a: impl IntoOperand<'a>, b: impl IntoOperand<'a>) -> Tensor {
            self.try_add(a.into_operand().into_tensor()?.try_mul(b)?)
        }

        /// This tensor plus `value` times the product of two others.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1.0].addcmul_scaled([2.0], [3.0], 0.5).item::<f32>(), 4.0);
        /// ```
        pub fn addcmul_scaled | try_addcmul_scaled<'a>(&self, a: impl IntoOperand<'a>, b: impl IntoOperand<'a>, value: impl Into<crate::Scalar>) -> Tensor {
            self.try_add(a.into_operand().into_tensor()?.try_mul(value.into())?.try_mul(b)?)
        }

        /// This tensor plus the quotient of two others.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1.0].addcdiv([6.0], [3.0]).item::<f32>(), 3.0);
        /// ```
        pub fn addcdiv | try_addcdiv<'a>(&self, a: impl IntoOperand<'a>, b: impl IntoOperand<'a>) -> Tensor {
            self.try_add(a.into_operand().into_tensor()?.try_div(b)?)
        }

        /// This tensor plus `value` times the quotient of two others.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1.0].addcdiv_scaled([6.0], [3.0], 0.5).item::<f32>(), 2.0);
        /// ```
        pub fn addcdiv_scaled | try_addcdiv_scaled<'a>(&self, a: impl IntoOperand<'a>, b: impl IntoOperand<'a>, value: impl Into<crate::Scalar>) -> Tensor {
            self.try_add(a.into_operand().into_tensor()?.try_mul(value.into())?.try_div(b)?)
        }

        /// The fraction and the exponent of each element: x is the fraction times 2 to the power of the exponent, and the
        /// fraction is between ½ and 1.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let (mantissa, exponent) = tensor![12.0].frexp();
        /// assert_eq!((mantissa.item::<f32>(), exponent.item::<i32>()), (0.75, 4));
        /// ```
        pub fn frexp | try_frexp(&self) -> (Tensor, Tensor) {
            if !self.dtype().is_floating_point() {
                return Err(dtype_error!("frexp: needs floating-point elements, not {}; use x.float()", self.dtype()));
            }
            let exponent = exponents(&self.values());
            // In two steps: a power in one step may be out of the type's range.
            let half = exponent.floor_divide(2);
            let scale = |by: &Tensor| (-by).to_dtype(self.dtype()).exp2();
            let mantissa = self.try_mul(scale(&half))?.try_mul(scale(&(&exponent - &half)))?;
            Ok((mantissa, exponent))
        }
    }
}

/// The exponents of `frexp`: 0 for what has none.
fn exponents(x: &Tensor) -> Tensor {
    let of = |value: f64| {
        if value == 0.0 || !value.is_finite() {
            return 0;
        }
        // Subnormal numbers are brought up first.
        let (value, moved) = if value.is_normal() { (value, 0) } else { (value * 2f64.powi(64), 64) };
        ((value.to_bits() >> 52) & 0x7ff) as i32 - 1022 - moved
    };
    let exponents: Vec<i32> = x.to_vec::<f64>().into_iter().map(of).collect();
    Tensor::from_values(exponents, x.layout.shape.clone())
}

fn lerp(start: &Tensor, end: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let result = {
        let (start, end, weight) = (start.values(), end.values(), weight.values());
        let distance = end.try_sub(&start)?;
        // From the nearer end, as PyTorch. The memory of a tensor without another owner is reused.
        if weight.ndim() == 0 {
            let weight = weight.item::<f64>();
            if weight.abs() < 0.5 { distance * weight + &start } else { distance * (weight - 1.0) + &end }
        } else {
            let from_start = start.try_add(distance.try_mul(&weight)?)?;
            where_cond(weight.abs().lt(0.5), from_start, end.try_sub(distance.try_mul(1.0 - &weight)?)?)
        }
    };
    if !records(&[start, end, weight]) {
        return Ok(result);
    }
    let kept = [Saved::operand(start), Saved::operand(end), Saved::operand(weight)];
    Ok(record(result, "LerpBackward0", &[start, end, weight], move |pass, gradient| {
        let [start, end, weight] = [pass.get(&kept[0])?, pass.get(&kept[1])?, pass.get(&kept[2])?];
        pass.give(0, || &gradient * (1.0 - &weight));
        pass.give(1, || &gradient * &weight);
        pass.give(2, || &gradient * (&end - &start));
        Ok(())
    }))
}

twins! {
    atan2 atan2_ try_atan2_: <'a>(other: impl IntoOperand<'a>) = try_atan2;
    hypot hypot_ try_hypot_: <'a>(other: impl IntoOperand<'a>) = try_hypot;
    copysign copysign_ try_copysign_: <'a>(other: impl IntoOperand<'a>) = try_copysign;
    nextafter nextafter_ try_nextafter_: <'a>(other: impl IntoOperand<'a>) = try_nextafter;
    xlogy xlogy_ try_xlogy_: <'a>(other: impl IntoOperand<'a>) = try_xlogy;
    bitwise_and bitwise_and_ try_bitwise_and_: <'a>(other: impl IntoOperand<'a>) = try_bitwise_and;
    bitwise_or bitwise_or_ try_bitwise_or_: <'a>(other: impl IntoOperand<'a>) = try_bitwise_or;
    bitwise_xor bitwise_xor_ try_bitwise_xor_: <'a>(other: impl IntoOperand<'a>) = try_bitwise_xor;
    bitwise_left_shift bitwise_left_shift_ try_bitwise_left_shift_: <'a>(other: impl IntoOperand<'a>) = try_bitwise_left_shift;
    bitwise_right_shift bitwise_right_shift_ try_bitwise_right_shift_: <'a>(other: impl IntoOperand<'a>) = try_bitwise_right_shift;
    bitwise_not bitwise_not_ try_bitwise_not_: () = try_bitwise_not;
    gcd gcd_ try_gcd_: <'a>(other: impl IntoOperand<'a>) = try_gcd;
    lcm lcm_ try_lcm_: <'a>(other: impl IntoOperand<'a>) = try_lcm;
    fmod fmod_ try_fmod_: <'a>(other: impl IntoOperand<'a>) = try_fmod;
    heaviside heaviside_ try_heaviside_: <'a>(values: impl IntoOperand<'a>) = try_heaviside;
    ldexp ldexp_ try_ldexp_: <'a>(exponent: impl IntoOperand<'a>) = try_ldexp;
    float_power float_power_ try_float_power_: <'a>(exponent: impl IntoOperand<'a>) = try_float_power;
    clamp_min clamp_min_ try_clamp_min_: <'a>(min: impl IntoOperand<'a>) = try_clamp_min;
    clamp_max clamp_max_ try_clamp_max_: <'a>(max: impl IntoOperand<'a>) = try_clamp_max;
    lerp lerp_ try_lerp_: <'a>(end: impl IntoOperand<'a>, weight: impl IntoOperand<'a>) = try_lerp;
    addcmul addcmul_ try_addcmul_: <'a>(a: impl IntoOperand<'a>, b: impl IntoOperand<'a>) = try_addcmul;
    addcmul_scaled addcmul_scaled_ try_addcmul_scaled_: <'a>(a: impl IntoOperand<'a>, b: impl IntoOperand<'a>, value: impl Into<crate::Scalar>) = try_addcmul_scaled;
    addcdiv addcdiv_ try_addcdiv_: <'a>(a: impl IntoOperand<'a>, b: impl IntoOperand<'a>) = try_addcdiv;
    addcdiv_scaled addcdiv_scaled_ try_addcdiv_scaled_: <'a>(a: impl IntoOperand<'a>, b: impl IntoOperand<'a>, value: impl Into<crate::Scalar>) = try_addcdiv_scaled;
}

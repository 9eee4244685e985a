//! Arithmetic of one element, with PyTorch's results: whole numbers wrap, NaN is never lost.

use super::approx::{double, single};
use super::simd::{Narrow, Widest, Width};
use crate::element::Element;

/// The arithmetic of all element types but `bool`.
pub(crate) trait Number: Element {
    const ZERO: Self;
    const ONE: Self;
    /// Not greater than any other number.
    const LOWEST: Self;
    /// Not less than any other number.
    const HIGHEST: Self;
    /// The instruction sets that loops of `pow` are compiled for.
    type PowWidth: Width;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// True division; whole numbers never get here.
    fn div(self, other: Self) -> Self;
    fn floor_div(self, other: Self) -> Self;
    fn remainder(self, other: Self) -> Self;
    /// Whether the two above are only right as `hard_floor_div` and `hard_remainder`, which do not vectorise.
    #[inline(always)]
    fn division_is_hard(self, _: Self) -> bool {
        false
    }
    fn hard_floor_div(self, other: Self) -> Self {
        self.floor_div(other)
    }
    fn hard_remainder(self, other: Self) -> Self {
        self.remainder(other)
    }
    fn pow(self, exponent: Self) -> Self;
    /// Whether `pow` is only right as `hard_pow`, which does not vectorise.
    #[inline(always)]
    fn pow_is_hard(self, _: Self) -> bool {
        false
    }
    fn hard_pow(self, exponent: Self) -> Self {
        self.pow(exponent)
    }
    fn maximum(self, other: Self) -> Self;
    fn minimum(self, other: Self) -> Self;
    fn negate(self) -> Self;
    fn magnitude(self) -> Self;
    fn signum(self) -> Self;
    /// Only floating-point numbers can be.
    fn is_nan(self) -> bool;
    /// The type in which running sums add up.
    type Wide: Number;
    fn widened(self) -> Self::Wide;
    fn narrowed(wide: Self::Wide) -> Self;
}

macro_rules! whole {
    ($($ty:ty, |$value:ident| $magnitude:expr, $signum:expr;)*) => { $(
        impl Number for $ty {
            const ZERO: $ty = 0;
            const ONE: $ty = 1;
            const LOWEST: $ty = <$ty>::MIN;
            const HIGHEST: $ty = <$ty>::MAX;
            type PowWidth = Narrow;
            #[inline(always)]
            fn add(self, other: $ty) -> $ty { self.wrapping_add(other) }
            #[inline(always)]
            fn sub(self, other: $ty) -> $ty { self.wrapping_sub(other) }
            #[inline(always)]
            fn mul(self, other: $ty) -> $ty { self.wrapping_mul(other) }
            #[inline(always)]
            fn div(self, other: $ty) -> $ty { self.checked_div(other).unwrap_or(0) }
            // Division by zero is refused before; this only keeps the loop free of panics.
            #[inline(always)]
            #[allow(unused_comparisons)]
            fn floor_div(self, other: $ty) -> $ty {
                if other == 0 { return 0 }
                let quotient = self.wrapping_div(other);
                let inexact = self.wrapping_rem(other) != 0;
                if inexact && (self < 0) != (other < 0) { quotient - 1 } else { quotient }
            }
            #[inline(always)]
            #[allow(unused_comparisons)]
            fn remainder(self, other: $ty) -> $ty {
                if other == 0 { return 0 }
                let rest = self.wrapping_rem(other);
                if rest != 0 && (rest < 0) != (other < 0) { rest + other } else { rest }
            }
            #[inline(always)]
            #[allow(unused_comparisons)]
            fn pow(self, exponent: $ty) -> $ty {
                if exponent < 0 {
                    // 1 / x^n, cut off.
                    return match self {
                        1 => 1,
                        other if other == (0 as $ty).wrapping_sub(1) => if exponent % 2 == 0 { 1 } else { other },
                        _ => 0,
                    };
                }
                let (mut base, mut left, mut power) = (self, exponent, 1 as $ty);
                while left > 0 {
                    if left & 1 == 1 { power = power.wrapping_mul(base) }
                    base = base.wrapping_mul(base);
                    left >>= 1;
                }
                power
            }
            #[inline(always)]
            fn maximum(self, other: $ty) -> $ty { if self > other { self } else { other } }
            #[inline(always)]
            fn minimum(self, other: $ty) -> $ty { if self < other { self } else { other } }
            #[inline(always)]
            fn negate(self) -> $ty { (0 as $ty).wrapping_sub(self) }
            #[inline(always)]
            fn magnitude(self) -> $ty { let $value = self; $magnitude }
            #[inline(always)]
            fn signum(self) -> $ty { let $value = self; $signum }
            #[inline(always)]
            fn is_nan(self) -> bool { false }
            type Wide = $ty;
            #[inline(always)]
            fn widened(self) -> $ty { self }
            #[inline(always)]
            fn narrowed(wide: $ty) -> $ty { wide }
        }
    )* };
}
whole! {
    u8, |x| x, u8::from(x != 0);
    i32, |x| x.wrapping_abs(), x.signum();
    i64, |x| x.wrapping_abs(), x.signum();
}

/// The exact remainder of a truncating division, while the quotient has no more digits than its type.
#[inline(always)]
pub(super) fn fused_rest<T: Floating>(a: T, b: T) -> T {
    let rest = a.div(b).trunc().negate().mul_add(b, a);
    // The quotient may have been rounded up to the next whole number.
    let beyond = (rest != T::ZERO) & ((rest < T::ZERO) != (a < T::ZERO));
    let rest = if beyond { rest.add(b.magnitude().copysign(a)) } else { rest };
    rest.copysign(a)
}

#[inline(always)]
fn with_sign_of<T: Number>(rest: T, divisor: T) -> T {
    if rest != T::ZERO && (divisor < T::ZERO) != (rest < T::ZERO) { rest.add(divisor) } else { rest }
}

/// The quotient rounded down, of the remainder by truncation; the steps are PyTorch's.
#[inline(always)]
fn floor_div<T: Floating>(a: T, b: T, rest: T) -> T {
    let quotient = a.sub(rest).div(b);
    let lower = rest != T::ZERO && (b < T::ZERO) != (rest < T::ZERO);
    let quotient = if lower { quotient.sub(T::ONE) } else { quotient };
    let floor = quotient.floor();
    let whole = if quotient.sub(floor) > T::HALF { floor.add(T::ONE) } else { floor };
    let whole = if quotient == T::ZERO { T::ZERO.copysign(a.div(b)) } else { whole };
    if b == T::ZERO { a.div(b) } else { whole }
}

macro_rules! floating {
    ($($ty:ty: $pow:expr, $pow_width:ty, hard: $pow_is_hard:expr;)*) => { $(
        impl Number for $ty {
            const ZERO: $ty = 0.0;
            const ONE: $ty = 1.0;
            const LOWEST: $ty = <$ty>::NEG_INFINITY;
            const HIGHEST: $ty = <$ty>::INFINITY;
            type PowWidth = $pow_width;
            #[inline(always)]
            fn add(self, other: $ty) -> $ty { self + other }
            #[inline(always)]
            fn sub(self, other: $ty) -> $ty { self - other }
            #[inline(always)]
            fn mul(self, other: $ty) -> $ty { self * other }
            #[inline(always)]
            fn div(self, other: $ty) -> $ty { self / other }
            #[inline(always)]
            fn floor_div(self, other: $ty) -> $ty { floor_div(self, other, fused_rest(self, other)) }
            #[inline(always)]
            fn remainder(self, other: $ty) -> $ty { with_sign_of(fused_rest(self, other), other) }
            #[inline(always)]
            fn division_is_hard(self, other: $ty) -> bool {
                let quotient = (self / other).abs();
                quotient >= 1.0 / <$ty>::EPSILON || quotient.is_nan() || !other.is_finite()
            }
            fn hard_floor_div(self, other: $ty) -> $ty { floor_div(self, other, self % other) }
            fn hard_remainder(self, other: $ty) -> $ty { with_sign_of(self % other, other) }
            #[inline(always)]
            fn pow(self, exponent: $ty) -> $ty { $pow(self, exponent) }
            #[inline(always)]
            fn pow_is_hard(self, exponent: $ty) -> bool { $pow_is_hard(self, exponent) }
            fn hard_pow(self, exponent: $ty) -> $ty { self.powf(exponent) }
            #[inline(always)]
            fn maximum(self, other: $ty) -> $ty { if self > other || self.is_nan() { self } else { other } }
            #[inline(always)]
            fn minimum(self, other: $ty) -> $ty { if self < other || self.is_nan() { self } else { other } }
            #[inline(always)]
            fn negate(self) -> $ty { -self }
            #[inline(always)]
            fn magnitude(self) -> $ty { self.abs() }
            #[inline(always)]
            fn signum(self) -> $ty { if self > 0.0 { 1.0 } else if self < 0.0 { -1.0 } else { 0.0 } }
            #[inline(always)]
            fn is_nan(self) -> bool { self != self }
            type Wide = f64;
            #[inline(always)]
            fn widened(self) -> f64 { self.into() }
            #[inline(always)]
            fn narrowed(wide: f64) -> $ty { wide as $ty }
        }
    )* };
}
floating! {
    f32: pow_by_logarithm, Widest, hard: has_no_simple_power;
    // Its logarithm would need more digits than it has.
    f64: f64::powf, Narrow, hard: never;
}

#[inline(always)]
fn never(_: f64, _: f64) -> bool {
    false
}

#[inline(always)]
fn has_no_simple_power(a: f32, b: f32) -> bool {
    !single::has_simple_log(a.abs()) | !b.is_finite()
}

/// a to the power of b, both finite and a neither zero nor subnormal.
#[inline(always)]
fn pow_by_logarithm(a: f32, b: f32) -> f32 {
    let power = double::exp(f64::from(b) * double::log(f64::from(a.abs()))) as f32;
    let half = b * 0.5;
    let is_whole = b.trunc() == b;
    let is_odd = is_whole & (half.trunc() != half);
    let signed = if is_odd { power.copysign(a) } else { power };
    if (a < 0.0) & !is_whole { f32::NAN } else { signed }
}

/// The further arithmetic of `f32` and `f64`. See [`approx`](super::approx) for errors.
pub(crate) trait Floating: Number {
    const HALF: Self;
    const ROOT_HALF: Self;
    const TWENTY: Self;
    /// 1 / √(2π), the largest density of the standard normal distribution.
    const NORMAL_DENSITY: Self;
    fn mul_add(self, factor: Self, summand: Self) -> Self;
    fn copysign(self, sign: Self) -> Self;
    fn sqrt(self) -> Self;
    fn floor(self) -> Self;
    fn ceil(self) -> Self;
    fn round(self) -> Self;
    fn trunc(self) -> Self;
    fn exp(self) -> Self;
    fn exp2(self) -> Self;
    fn expm1(self) -> Self;
    fn log(self) -> Self;
    fn log2(self) -> Self;
    fn log10(self) -> Self;
    fn log1p(self) -> Self;
    fn sin(self) -> Self;
    fn cos(self) -> Self;
    fn tan(self) -> Self;
    fn asin(self) -> Self;
    fn acos(self) -> Self;
    fn atan(self) -> Self;
    fn sinh(self) -> Self;
    fn cosh(self) -> Self;
    fn tanh(self) -> Self;
    fn erf(self) -> Self;
    /// Whether an angle is too large for the functions above, so that only the standard library's are exact.
    fn is_large_angle(self) -> bool;
    /// The same for hyperbolic sine and cosine.
    fn is_large_hyperbolic(self) -> bool;
    /// Whether the logarithms above are right.
    fn has_simple_log(self) -> bool;
    /// The standard library's functions of the same names.
    fn exact_log(self) -> Self;
    fn exact_log2(self) -> Self;
    fn exact_log10(self) -> Self;
    fn exact_sin(self) -> Self;
    fn exact_cos(self) -> Self;
    fn exact_tan(self) -> Self;
    fn exact_sinh(self) -> Self;
    fn exact_cosh(self) -> Self;
}

macro_rules! floating_functions {
    ($ty:ident, $module:ident, large_hyperbolic: $hyperbolic:expr; $($name:ident: $function:expr;)*) => {
        impl Floating for $ty {
            const HALF: $ty = 0.5;
            const ROOT_HALF: $ty = std::$ty::consts::FRAC_1_SQRT_2;
            const TWENTY: $ty = 20.0;
            const NORMAL_DENSITY: $ty = std::$ty::consts::FRAC_2_SQRT_PI * std::$ty::consts::FRAC_1_SQRT_2 * 0.5;
            #[inline(always)]
            fn mul_add(self, factor: $ty, summand: $ty) -> $ty { $ty::mul_add(self, factor, summand) }
            #[inline(always)]
            fn copysign(self, sign: $ty) -> $ty { $ty::copysign(self, sign) }
            #[inline(always)]
            fn sqrt(self) -> $ty { $ty::sqrt(self) }
            #[inline(always)]
            fn floor(self) -> $ty { $ty::floor(self) }
            #[inline(always)]
            fn ceil(self) -> $ty { $ty::ceil(self) }
            #[inline(always)]
            fn round(self) -> $ty { $ty::round_ties_even(self) }
            #[inline(always)]
            fn trunc(self) -> $ty { $ty::trunc(self) }
            $(
                #[inline(always)]
                fn $name(self) -> $ty { $function(self) }
            )*
            #[inline(always)]
            fn is_large_angle(self) -> bool { self.abs() > $module::LARGE_ANGLE }
            #[inline(always)]
            fn is_large_hyperbolic(self) -> bool { self.abs() > $hyperbolic }
            #[inline(always)]
            fn has_simple_log(self) -> bool { $module::has_simple_log(self) }
            fn exact_log(self) -> $ty { $ty::ln(self) }
            fn exact_log2(self) -> $ty { $ty::log2(self) }
            fn exact_log10(self) -> $ty { $ty::log10(self) }
            fn exact_sin(self) -> $ty { $ty::sin(self) }
            fn exact_cos(self) -> $ty { $ty::cos(self) }
            fn exact_tan(self) -> $ty { $ty::tan(self) }
            fn exact_sinh(self) -> $ty { $ty::sinh(self) }
            fn exact_cosh(self) -> $ty { $ty::cosh(self) }
        }
    };
}

/// A function of `f64` for `f32`.
macro_rules! rounded {
    ($name:ident) => {
        |x: f32| double::$name(f64::from(x)) as f32
    };
}

floating_functions! { f32, single, large_hyperbolic: 600.0;
    exp: single::exp; exp2: single::exp2; expm1: rounded!(expm1); log: single::log; log2: single::log2;
    log10: single::log10; log1p: rounded!(log1p); sin: single::sin; cos: single::cos; tan: rounded!(tan);
    asin: rounded!(asin); acos: rounded!(acos); atan: rounded!(atan); sinh: rounded!(sinh); cosh: rounded!(cosh);
    tanh: single::tanh; erf: single::erf;
}
floating_functions! { f64, double, large_hyperbolic: double::LARGE_HYPERBOLIC;
    exp: double::exp; exp2: double::exp2; expm1: double::expm1; log: double::log; log2: double::log2;
    log10: double::log10; log1p: double::log1p; sin: double::sin; cos: double::cos; tan: double::tan;
    asin: double::asin; acos: double::acos; atan: double::atan; sinh: double::sinh; cosh: double::cosh;
    tanh: double::tanh; erf: double::erf;
}

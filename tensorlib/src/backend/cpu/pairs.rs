//! Functions of two numbers beside arithmetic.

use super::double::Double;
use super::functions::{functions2, table};
use super::loops::{Map2, Maps2};
use super::number::{Number, fused_rest};
use super::simd::Narrow;
use super::special::error;
use crate::op::{FloatPair, NumberPair, WholePair};

functions2! {
    Atan2<T: Double> -> T, T::Heavy: |a, b| T::rounded(error::atan2(a.double(), b.double()));
    Hypot<T: Double> -> T, T::Heavy: |a, b| a.hypotenuse(b);
    Copysign<T: Double> -> T, T::Width: |a, b| a.magnitude().copysign(b);
    Nextafter<T: Double> -> T, Narrow: |a, b| a.toward(b);
    LogAddExp<T: Double> -> T, T::Heavy: |a, b| log_add(a, b, a.sub(b).magnitude().negate().exp().log1p());
    LogAddExp2<T: Double> -> T, T::Heavy: |a, b| {
        log_add(a, b, a.sub(b).magnitude().negate().exp2().log1p().mul(T::rounded(std::f64::consts::LOG2_E)))
    };
    Xlogy<T: Double> -> T, Narrow: |a, b| T::rounded(xlogy(a.double(), b.double()));
    Fmod<T: Truncating> -> T, T::Width: |a, b| a.rest(b), if a.division_is_hard(b) => a.hard_rest(b);
    // NaN loses.
    Fmax<T: Number> -> T, T::Width: |a, b| if a.is_nan() { b } else if b.is_nan() { a } else { a.maximum(b) };
    Fmin<T: Number> -> T, T::Width: |a, b| if a.is_nan() { b } else if b.is_nan() { a } else { a.minimum(b) };
    Heaviside<T: Number> -> T, T::Width: |x, at_zero| if x == T::ZERO { at_zero } else if x > T::ZERO { T::ONE } else { T::ZERO };
    BitAnd<T: Whole> -> T, T::Width: |a, b| a.and(b);
    BitOr<T: Whole> -> T, T::Width: |a, b| a.or(b);
    BitXor<T: Whole> -> T, T::Width: |a, b| a.xor(b);
    ShiftLeft<T: Whole> -> T, Narrow: |a, b| a.left(b);
    ShiftRight<T: Whole> -> T, Narrow: |a, b| a.right(b);
    Gcd<T: Whole> -> T, Narrow: |a, b| a.gcd(b);
    Lcm<T: Whole> -> T, Narrow: |a, b| a.lcm(b);
}

/// The larger plus what the smaller adds. Equal infinities have no distance.
#[inline(always)]
fn log_add<T: Double>(a: T, b: T, rest: T) -> T {
    let sum = a.maximum(b).add(rest);
    if (a == b) & (a.magnitude() == T::HIGHEST) { a } else { sum }
}

fn xlogy(a: f64, b: f64) -> f64 {
    if b.is_nan() {
        b
    } else if a == 0.0 {
        0.0
    } else {
        a * b.ln()
    }
}

/// Division cut off at the point.
pub(crate) trait Truncating: Number {
    /// Its remainder, with the sign of the dividend. Whole numbers are not divided by zero: that is refused before.
    fn rest(self, other: Self) -> Self;
    /// The same where the quotient is beyond what the other can do.
    fn hard_rest(self, other: Self) -> Self {
        self.rest(other)
    }
}

macro_rules! floating {
    ($($ty:ty),*) => { $(
        impl Truncating for $ty {
            #[inline(always)]
            fn rest(self, other: $ty) -> $ty { fused_rest(self, other) }
            fn hard_rest(self, other: $ty) -> $ty { self % other }
        }
    )* };
}
floating!(f32, f64);

/// The further arithmetic of whole numbers.
pub(crate) trait Whole: Truncating {
    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    /// By as many bits as there are, or a negative number of them, nothing is left.
    fn left(self, bits: Self) -> Self;
    /// By as many bits as there are, or a negative number of them, only the sign is left.
    fn right(self, bits: Self) -> Self;
    fn gcd(self, other: Self) -> Self;
    fn lcm(self, other: Self) -> Self;
}

macro_rules! whole {
    ($($ty:ty),*) => { $(
        impl Truncating for $ty {
            #[inline(always)]
            fn rest(self, other: $ty) -> $ty { if other == 0 { 0 } else { self.wrapping_rem(other) } }
        }

        impl Whole for $ty {
            #[inline(always)]
            fn and(self, other: $ty) -> $ty { self & other }
            #[inline(always)]
            fn or(self, other: $ty) -> $ty { self | other }
            #[inline(always)]
            fn xor(self, other: $ty) -> $ty { self ^ other }
            fn left(self, bits: $ty) -> $ty {
                u32::try_from(bits).ok().and_then(|bits| self.checked_shl(bits)).unwrap_or(0)
            }
            #[allow(unused_comparisons)]
            fn right(self, bits: $ty) -> $ty {
                let sign = if self < 0 { (0 as $ty).wrapping_sub(1) } else { 0 };
                u32::try_from(bits).ok().and_then(|bits| self.checked_shr(bits)).unwrap_or(sign)
            }
            fn gcd(self, other: $ty) -> $ty {
                let (mut a, mut b) = (self.magnitude(), other.magnitude());
                while a != 0 {
                    (a, b) = (b.wrapping_rem(a), a);
                }
                b.magnitude()
            }
            fn lcm(self, other: $ty) -> $ty {
                match self.gcd(other) {
                    0 => 0,
                    common => self.wrapping_div(common).wrapping_mul(other).magnitude(),
                }
            }
        }
    )* };
}
whole!(u8, i32, i64);

pub(crate) fn float_pair<T: Double>(op: FloatPair) -> Maps2<T, T> {
    table!(Maps2, op, FloatPair: Atan2 Hypot Copysign Nextafter LogAddExp LogAddExp2 Xlogy)
}

pub(crate) fn number_pair<T: Truncating>(op: NumberPair) -> Maps2<T, T> {
    table!(Maps2, op, NumberPair: Fmod Fmax Fmin Heaviside)
}

pub(crate) fn whole_pair<T: Whole>(op: WholePair) -> Maps2<T, T> {
    table!(Maps2, op, WholePair: BitAnd BitOr BitXor ShiftLeft ShiftRight Gcd Lcm)
}

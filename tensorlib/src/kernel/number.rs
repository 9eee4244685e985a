//! Arithmetic of one element, with PyTorch's results: whole numbers wrap, NaN is never lost.

use crate::element::Element;

/// What all element types but `bool` can do.
pub(crate) trait Number: Element {
    const ZERO: Self;
    const ONE: Self;
    /// Not greater than any other number.
    const LOWEST: Self;
    /// Not less than any other number.
    const HIGHEST: Self;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// True division; whole numbers never get here.
    fn div(self, other: Self) -> Self;
    fn floor_div(self, other: Self) -> Self;
    fn remainder(self, other: Self) -> Self;
    fn pow(self, exponent: Self) -> Self;
    fn maximum(self, other: Self) -> Self;
    fn minimum(self, other: Self) -> Self;
    fn negate(self) -> Self;
    fn magnitude(self) -> Self;
    fn signum(self) -> Self;
    /// Only floating-point numbers can be.
    fn is_nan(self) -> bool;
}

macro_rules! whole {
    ($($ty:ty, |$value:ident| $magnitude:expr, $signum:expr;)*) => { $(
        impl Number for $ty {
            const ZERO: $ty = 0;
            const ONE: $ty = 1;
            const LOWEST: $ty = <$ty>::MIN;
            const HIGHEST: $ty = <$ty>::MAX;
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
        }
    )* };
}
whole! {
    u8, |x| x, u8::from(x != 0);
    i32, |x| x.wrapping_abs(), x.signum();
    i64, |x| x.wrapping_abs(), x.signum();
}

macro_rules! floating {
    ($($ty:ty;)*) => { $(
        impl Number for $ty {
            const ZERO: $ty = 0.0;
            const ONE: $ty = 1.0;
            const LOWEST: $ty = <$ty>::NEG_INFINITY;
            const HIGHEST: $ty = <$ty>::INFINITY;
            #[inline(always)]
            fn add(self, other: $ty) -> $ty { self + other }
            #[inline(always)]
            fn sub(self, other: $ty) -> $ty { self - other }
            #[inline(always)]
            fn mul(self, other: $ty) -> $ty { self * other }
            #[inline(always)]
            fn div(self, other: $ty) -> $ty { self / other }
            fn floor_div(self, other: $ty) -> $ty {
                if other == 0.0 { return self / other }
                let rest = self % other;
                let mut quotient = (self - rest) / other;
                if rest != 0.0 && (other < 0.0) != (rest < 0.0) { quotient -= 1.0 }
                if quotient == 0.0 { return (0.0 as $ty).copysign(self / other) }
                let floor = quotient.floor();
                if quotient - floor > 0.5 { floor + 1.0 } else { floor }
            }
            fn remainder(self, other: $ty) -> $ty {
                let rest = self % other;
                if rest != 0.0 && (other < 0.0) != (rest < 0.0) { rest + other } else { rest }
            }
            fn pow(self, exponent: $ty) -> $ty { self.powf(exponent) }
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
        }
    )* };
}
floating! { f32; f64; }

/// What `f32` and `f64` can do besides.
pub(crate) trait Floating: Number {
    fn exp(self) -> Self;
    fn log(self) -> Self;
    fn tanh(self) -> Self;
    fn sqrt(self) -> Self;
    /// A function of the standard library that has no vectorised form here.
    fn by(self, f32: fn(f32) -> f32, f64: fn(f64) -> f64) -> Self;
}

impl Floating for f32 {
    #[inline(always)]
    fn exp(self) -> f32 {
        super::approx::exp(self)
    }
    #[inline(always)]
    fn log(self) -> f32 {
        super::approx::log(self)
    }
    #[inline(always)]
    fn tanh(self) -> f32 {
        super::approx::tanh(self)
    }
    #[inline(always)]
    fn sqrt(self) -> f32 {
        f32::sqrt(self)
    }
    #[inline(always)]
    fn by(self, f32: fn(f32) -> f32, _: fn(f64) -> f64) -> f32 {
        f32(self)
    }
}

impl Floating for f64 {
    fn exp(self) -> f64 {
        f64::exp(self)
    }
    fn log(self) -> f64 {
        f64::ln(self)
    }
    fn tanh(self) -> f64 {
        f64::tanh(self)
    }
    #[inline(always)]
    fn sqrt(self) -> f64 {
        f64::sqrt(self)
    }
    #[inline(always)]
    fn by(self, _: fn(f32) -> f32, f64: fn(f64) -> f64) -> f64 {
        f64(self)
    }
}

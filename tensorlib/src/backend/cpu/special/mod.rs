//! Functions of mathematics beyond the elementary ones, of one number at a time in double precision.

pub(crate) mod bessel;
pub(crate) mod error;
pub(crate) mod gamma;

use std::f64::consts::{LN_2, PI};

use super::activation::{self, Curve};
use super::number::Floating;
use crate::layout::Layout;
use crate::op::Special;

/// A floating-point number by way of `f64`.
pub(crate) trait Double: Floating {
    fn double(self) -> f64;
    fn rounded(value: f64) -> Self;
    /// The next number on the way to another.
    fn toward(self, other: Self) -> Self;
    /// The root of the sum of squares, without overflow on the way.
    fn hypotenuse(self, other: Self) -> Self;
}

macro_rules! double {
    ($($ty:ident: |$a:ident, $b:ident| $hypotenuse:expr;)*) => { $(
        impl Double for $ty {
            #[inline(always)]
            fn double(self) -> f64 { self.into() }
            #[inline(always)]
            fn rounded(value: f64) -> $ty { value as $ty }
            fn toward(self, other: $ty) -> $ty {
                if self == other {
                    other
                } else if self < other {
                    self.next_up()
                } else if self > other {
                    self.next_down()
                } else {
                    $ty::NAN
                }
            }
            #[inline(always)]
            fn hypotenuse(self, other: $ty) -> $ty {
                let ($a, $b) = (self.abs(), other.abs());
                let length = $hypotenuse;
                if ($a == $ty::INFINITY) | ($b == $ty::INFINITY) { $ty::INFINITY } else { length }
            }
        }
    )* };
}
double! {
    f32: |a, b| {
        let (a, b) = (f64::from(a), f64::from(b));
        (a * a + b * b).sqrt() as f32
    };
    f64: |a, b| {
        // Squares of numbers near 1: scaled by a power of 2, which costs no digits.
        let larger = if a < b { b } else { a };
        let scale = f64::from_bits(larger.to_bits() & 0x7ff0_0000_0000_0000).clamp(f64::MIN_POSITIVE * 4.0, f64::MAX / 4.0);
        let (a, b) = (a / scale, b / scale);
        (a * a + b * b).sqrt() * scale
    };
}

/// Without loss near 1.
fn acosh(x: f64) -> f64 {
    let t = x - 1.0;
    if x < 1.0 {
        return f64::NAN;
    }
    if x > 1e150 { x.ln() + LN_2 } else { (t + (2.0 * t + t * t).sqrt()).ln_1p() }
}

fn asinh(x: f64) -> f64 {
    let size = x.abs();
    let result =
        if size > 1e150 { size.ln() + LN_2 } else { (size + size * size / (1.0 + (size * size + 1.0).sqrt())).ln_1p() };
    result.copysign(x)
}

fn atanh(x: f64) -> f64 {
    let size = x.abs();
    (0.5 * (2.0 * size / (1.0 - size)).ln_1p()).copysign(x)
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// A function of one number, one at a time.
struct One(fn(f64) -> f64);

impl<T: Double> Curve<T> for One {
    #[inline(always)]
    fn of(&self, x: T) -> T {
        T::rounded((self.0)(x.double()))
    }
}

struct Polygamma(i64);

impl<T: Double> Curve<T> for Polygamma {
    #[inline(always)]
    fn of(&self, x: T) -> T {
        T::rounded(gamma::polygamma(self.0, x.double()))
    }
}

/// A function of each element of a layout.
pub(crate) fn map<T: Double>(function: Special, to: &mut [T], from: &[T], layout: &Layout) {
    let one: fn(f64) -> f64 = match function {
        Special::Acosh => acosh,
        Special::Asinh => asinh,
        Special::Atanh => atanh,
        Special::Lgamma => gamma::lgamma,
        Special::I0 => bessel::i0,
        Special::I1 => bessel::i1,
        Special::Sinc => sinc,
        Special::Polygamma(order) => return activation::each(to, from, layout, Polygamma(order)),
    };
    activation::each(to, from, layout, One(one));
}

#[cfg(test)]
mod tests;

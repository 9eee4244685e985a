//! Functions of mathematics beyond the elementary ones, of one number at a time in double precision.

pub(crate) mod bessel;
pub(crate) mod error;
pub(crate) mod gamma;

use std::f64::consts::{LN_2, PI};

use super::activation;
use super::number::Floating;
use crate::layout::Layout;
use crate::op::Special;

/// A sum of Chebyshev's polynomials of t between -1 and 1, by Clenshaw's rule. Coefficients were fitted to 50 digits.
fn chebyshev(coefficients: &[f64], t: f64) -> f64 {
    let (mut last, mut before) = (0.0, 0.0);
    for &coefficient in coefficients[1..].iter().rev() {
        (last, before) = (coefficient + 2.0 * t * last - before, last);
    }
    coefficients[0] + t * last - before
}

/// A floating-point number by way of `f64`.
pub(crate) trait Double: Floating {
    fn double(self) -> f64;
    fn rounded(value: f64) -> Self;
    /// The next number on the way to another.
    fn toward(self, other: Self) -> Self;
}

macro_rules! double {
    ($($ty:ident),*) => { $(
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
        }
    )* };
}
double!(f32, f64);

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

/// A function of each element of a layout.
pub(crate) fn map<T: Double>(function: Special, to: &mut [T], from: &[T], layout: &Layout) {
    let one: fn(f64) -> f64 = match function {
        Special::Acosh => acosh,
        Special::Asinh => asinh,
        Special::Atanh => atanh,
        Special::Erfc => error::erfc,
        Special::Erfinv => error::erfinv,
        Special::Lgamma => gamma::lgamma,
        Special::I0 => bessel::i0,
        Special::I1 => bessel::i1,
        Special::Sinc => sinc,
        Special::Polygamma(order) => {
            return activation::each(to, from, layout, |x: T| T::rounded(gamma::polygamma(order, x.double())));
        }
    };
    activation::each(to, from, layout, |x: T| T::rounded(one(x.double())));
}

#[cfg(test)]
mod tests;

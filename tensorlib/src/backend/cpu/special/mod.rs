//! Functions of mathematics beyond the elementary ones, of one number at a time in double precision.

pub(crate) mod bessel;
pub(crate) mod error;
pub(crate) mod gamma;

use std::f64::consts::{LN_2, PI};

use super::activation::{self, Curve};
use super::double::Double;
use crate::layout::Layout;
use crate::op::Special;

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

//! The functions that networks are built of, with parameters.

use super::map;
use super::number::Floating;
use super::simd::{Loop, Width};
use super::special::Double;
use crate::layout::Layout;
use crate::op::Activation;

/// `to[i] = f(from[i])`.
struct Each<'a, T, F>(&'a mut [T], &'a [T], &'a F);

impl<T: Floating, F: Fn(T) -> T> Loop for Each<'_, T, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for (to, &from) in self.0.iter_mut().zip(self.1) {
            *to = self.2(from);
        }
    }
}

/// A function of each element of a layout, with what it captures.
pub(crate) fn each<T: Floating>(to: &mut [T], from: &[T], layout: &Layout, f: impl Fn(T) -> T + Sync) {
    map::read_and_apply(to, from, layout, |to, from| T::Heavy::run(Each(to, from, &f)));
}

/// x · (0 below -3, 1 above 3, a line between): the slope of `hardswish`, and `hardsigmoid` itself.
#[inline(always)]
fn gate<T: Double>(x: T) -> T {
    let (three, six) = (T::rounded(3.0), T::rounded(6.0));
    x.add(three).maximum(T::ZERO).minimum(six).div(six)
}

/// An activation of each element of a layout.
pub(crate) fn map<T: Double>(function: Activation, to: &mut [T], from: &[T], layout: &Layout) {
    let number = T::rounded;
    match function {
        Activation::Erf => each(to, from, layout, |x: T| x.erf()),
        Activation::LeakyRelu { slope } => {
            let slope = number(slope);
            each(to, from, layout, |x: T| if x > T::ZERO { x } else { x.mul(slope) });
        }
        Activation::Elu { alpha, scale, input } => {
            let (below, above, input) = (number(alpha * scale), number(scale), number(input));
            each(to, from, layout, |x: T| {
                let curve = x.mul(input).expm1().mul(below);
                if x > T::ZERO { x.mul(above) } else { curve }
            });
        }
        Activation::Softplus { beta, threshold } => {
            let (beta, threshold) = (number(beta), number(threshold));
            each(to, from, layout, |x: T| {
                let scaled = x.mul(beta);
                let curve = scaled.exp().log1p().div(beta);
                if scaled > threshold { x } else { curve }
            });
        }
        Activation::Mish => each(to, from, layout, |x: T| x.mul(x.exp().log1p().tanh())),
        Activation::LogSigmoid => {
            each(to, from, layout, |x: T| x.minimum(T::ZERO).sub(x.magnitude().negate().exp().log1p()));
        }
        Activation::HardSigmoid => each(to, from, layout, gate),
        Activation::HardSwish => each(to, from, layout, |x: T| x.mul(gate(x))),
        Activation::SoftShrink { lambda } => {
            let lambda = number(lambda);
            each(to, from, layout, |x: T| {
                let within = x.magnitude() <= lambda;
                let moved = if x > T::ZERO { x.sub(lambda) } else { x.add(lambda) };
                if within { T::ZERO } else { moved }
            });
        }
        Activation::HardShrink { lambda } => {
            let lambda = number(lambda);
            each(to, from, layout, |x: T| if x.magnitude() <= lambda { T::ZERO } else { x });
        }
        Activation::Threshold { threshold, value } => {
            let (threshold, value) = (number(threshold), number(value));
            each(to, from, layout, |x: T| if x <= threshold { value } else { x });
        }
        Activation::GeluTanh => {
            let (root, cubic) = (number(0.797_884_560_802_865_4), number(0.044_715));
            each(to, from, layout, |x: T| {
                let inner = root.mul(x.mul(x).mul(x).mul(cubic).add(x));
                T::HALF.mul(x).mul(T::ONE.add(inner.tanh()))
            });
        }
        Activation::Softsign => each(to, from, layout, |x: T| x.div(T::ONE.add(x.magnitude()))),
        Activation::Tanhshrink => each(to, from, layout, |x: T| x.sub(x.tanh())),
    }
}

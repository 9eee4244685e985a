//! The functions that networks are built of, with parameters.

use super::double::Double;
use super::map;
use super::number::Floating;
use super::simd::{Loop, Width};
use super::special::error;
use crate::layout::Layout;
use crate::op::Activation;

/// A function of one number, with its parameters. `of` is `#[inline(always)]`: only so are its loops compiled for wider
/// instructions, which is why these are no closures.
pub(crate) trait Curve<T> {
    fn of(&self, x: T) -> T;
}

/// `to[i] = f(from[i])`.
struct Each<'a, T, C>(&'a mut [T], &'a [T], &'a C);

impl<T: Floating, C: Curve<T>> Loop for Each<'_, T, C> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for (to, &from) in self.0.iter_mut().zip(self.1) {
            *to = self.2.of(from);
        }
    }
}

/// A function of each element of a layout.
pub(crate) fn each<T: Floating>(to: &mut [T], from: &[T], layout: &Layout, curve: impl Curve<T> + Sync) {
    map::read_and_apply(to, from, layout, |to, from| T::Heavy::run(Each(to, from, &curve)));
}

/// Declares functions by name, with parameters of the type of the element. Both sides of a choice are computed first: a
/// choice between two values takes no branch.
macro_rules! curves {
    ($($name:ident { $($parameter:ident),* } |$x:ident| $body:expr;)*) => { $(
        struct $name<T> { $($parameter: T,)* of: std::marker::PhantomData<T> }

        impl<T: Double> $name<T> {
            fn new($($parameter: f64),*) -> $name<T> {
                $name { $($parameter: T::rounded($parameter),)* of: std::marker::PhantomData }
            }
        }

        impl<T: Double> Curve<T> for $name<T> {
            #[inline(always)]
            fn of(&self, $x: T) -> T {
                let $name { $($parameter,)* .. } = *self;
                $body
            }
        }
    )* };
}

curves! {
    Erf {} |x| x.erf();
    Erfc {} |x| T::rounded(error::erfc(x.double()));
    Erfinv {} |x| T::rounded(error::erfinv(x.double()));
    LeakyRelu { slope } |x| {
        let below = x.mul(slope);
        if x > T::ZERO { x } else { below }
    };
    Elu { below, above, input } |x| {
        let (curve, line) = (x.mul(input).expm1().mul(below), x.mul(above));
        if x > T::ZERO { line } else { curve }
    };
    Softplus { beta, threshold } |x| {
        let scaled = x.mul(beta);
        let curve = scaled.exp().log1p().div(beta);
        if scaled > threshold { x } else { curve }
    };
    Mish {} |x| x.mul(x.exp().log1p().tanh());
    LogSigmoid {} |x| x.minimum(T::ZERO).sub(x.magnitude().negate().exp().log1p());
    HardSigmoid { three, six } |x| x.add(three).maximum(T::ZERO).minimum(six).div(six);
    HardSwish { three, six } |x| x.mul(x.add(three).maximum(T::ZERO).minimum(six).div(six));
    SoftShrink { limit } |x| {
        let (less, more) = (x.sub(limit), x.add(limit));
        let moved = if x > T::ZERO { less } else { more };
        if x.magnitude() <= limit { T::ZERO } else { moved }
    };
    HardShrink { limit } |x| if x.magnitude() <= limit { T::ZERO } else { x };
    Threshold { threshold, value } |x| if x <= threshold { value } else { x };
    GeluTanh { root, cubic } |x| {
        let inner = root.mul(x.mul(x).mul(x).mul(cubic).add(x));
        T::HALF.mul(x).mul(T::ONE.add(inner.tanh()))
    };
    Softsign {} |x| x.div(T::ONE.add(x.magnitude()));
    Tanhshrink {} |x| x.sub(x.tanh());
}

/// An activation of each element of a layout.
pub(crate) fn map<T: Double>(function: Activation, to: &mut [T], from: &[T], layout: &Layout) {
    match function {
        Activation::Erf => each(to, from, layout, Erf::new()),
        Activation::Erfc => each(to, from, layout, Erfc::new()),
        Activation::Erfinv => each(to, from, layout, Erfinv::new()),
        Activation::LeakyRelu { slope } => each(to, from, layout, LeakyRelu::new(slope)),
        Activation::Elu { alpha, scale, input } => each(to, from, layout, Elu::new(alpha * scale, scale, input)),
        Activation::Softplus { beta, threshold } => each(to, from, layout, Softplus::new(beta, threshold)),
        Activation::Mish => each(to, from, layout, Mish::new()),
        Activation::LogSigmoid => each(to, from, layout, LogSigmoid::new()),
        Activation::HardSigmoid => each(to, from, layout, HardSigmoid::new(3.0, 6.0)),
        Activation::HardSwish => each(to, from, layout, HardSwish::new(3.0, 6.0)),
        Activation::SoftShrink { limit } => each(to, from, layout, SoftShrink::new(limit)),
        Activation::HardShrink { limit } => each(to, from, layout, HardShrink::new(limit)),
        Activation::Threshold { threshold, value } => each(to, from, layout, Threshold::new(threshold, value)),
        Activation::GeluTanh => each(to, from, layout, GeluTanh::new(0.797_884_560_802_865_4, 0.044_715)),
        Activation::Softsign => each(to, from, layout, Softsign::new()),
        Activation::Tanhshrink => each(to, from, layout, Tanhshrink::new()),
    }
}

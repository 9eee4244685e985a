//! Softmax of rows: largest, exponentials and their sum, quotient, while the row is in the cache.

use super::gemm;
use super::number::{Floating, Number};
use super::pool;
use super::reduce::{self, Max, Sum};
use super::simd::{Loop, Width};
use crate::op::SoftmaxOp;

/// `to[i] = (from[i] - largest)` to the power of e.
struct Exponentials<'a, T>(&'a mut [T], &'a [T], T);

impl<T: Floating> Loop for Exponentials<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Exponentials(to, from, largest) = self;
        for (to, &value) in to.iter_mut().zip(from) {
            *to = value.sub(largest).exp();
        }
    }
}

/// `to[i] = (from[i] - largest) - rest`. In this order: `largest` may be so large that `rest` is lost beside it.
struct Shift<'a, T>(&'a mut [T], &'a [T], T, T);

impl<T: Floating> Loop for Shift<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Shift(to, from, largest, rest) = self;
        for (to, &value) in to.iter_mut().zip(from) {
            *to = value.sub(largest).sub(rest);
        }
    }
}

struct Scale<'a, T>(&'a mut [T], T);

impl<T: Number> Loop for Scale<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        self.0.iter_mut().for_each(|value| *value = value.mul(self.1));
    }
}

/// Softmax of each row of `length` elements.
pub(crate) fn rows<T: Floating>(to: &mut [T], from: &[T], length: usize, op: SoftmaxOp) {
    let lines = (16_384 / length).max(1);
    pool::for_pieces(to, lines * length, |first, part| {
        for (line, to) in part.chunks_exact_mut(length).enumerate() {
            let from = &from[first + line * length..first + (line + 1) * length];
            let largest = reduce::row::<T, Max>(from);
            T::Heavy::run(Exponentials(to, from, largest));
            let sum = reduce::row::<T, Sum>(to);
            match op {
                SoftmaxOp::Plain => T::Width::run(Scale(to, T::ONE.div(sum))),
                SoftmaxOp::Log => T::Width::run(Shift(to, from, largest, sum.exact_log())),
            }
        }
    });
}

/// `to[i] = y[i] · (g[i] - sum)`.
struct OfPlain<'a, T>(&'a mut [T], &'a [T], &'a [T], T);

impl<T: Floating> Loop for OfPlain<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let OfPlain(to, g, y, sum) = self;
        for ((to, &g), &y) in to.iter_mut().zip(g).zip(y) {
            *to = y.mul(g.sub(sum));
        }
    }
}

/// `to[i] = g[i] - sum · e^y[i]`.
struct OfLog<'a, T>(&'a mut [T], &'a [T], &'a [T], T);

impl<T: Floating> Loop for OfLog<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let OfLog(to, g, y, sum) = self;
        for ((to, &g), &y) in to.iter_mut().zip(g).zip(y) {
            *to = g.sub(y.exp().mul(sum));
        }
    }
}

/// The gradients of rows of `length` elements, of which `y` is the softmax and `g` the gradient of that.
pub(crate) fn gradient_rows<T: Floating>(to: &mut [T], g: &[T], y: &[T], length: usize, op: SoftmaxOp) {
    let lines = (16_384 / length).max(1);
    pool::for_pieces(to, lines * length, |first, part| {
        for (line, to) in part.chunks_exact_mut(length).enumerate() {
            let range = first + line * length..first + (line + 1) * length;
            let (g, y) = (&g[range.clone()], &y[range]);
            match op {
                SoftmaxOp::Plain => T::Width::run(OfPlain(to, g, y, gemm::dot(g, y))),
                SoftmaxOp::Log => T::Heavy::run(OfLog(to, g, y, reduce::row::<T, Sum>(g))),
            }
        }
    });
}

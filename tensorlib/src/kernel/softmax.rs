//! Softmax of rows: largest, exponentials and their sum, quotient, while the row is in the cache.

use super::number::{Floating, Number};
use super::pool;
use super::reduce::{self, Max, Sum};
use super::simd::{Loop, Width};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Softmax {
    Plain,
    Log,
}

/// `to[i] = from[i] - shift`, or its exponential.
struct Shift<'a, T, const EXP: bool>(&'a mut [T], &'a [T], T);

impl<T: Floating, const EXP: bool> Loop for Shift<'_, T, EXP> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Shift(to, from, shift) = self;
        for (to, &value) in to.iter_mut().zip(from) {
            let shifted = value.sub(shift);
            *to = if EXP { shifted.exp() } else { shifted };
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
pub(crate) fn rows<T: Floating>(to: &mut [T], from: &[T], length: usize, kind: Softmax) {
    let lines = (16_384 / length).max(1);
    pool::for_pieces(to, lines * length, |first, part| {
        for (line, to) in part.chunks_exact_mut(length).enumerate() {
            let from = &from[first + line * length..first + (line + 1) * length];
            let largest = reduce::row::<T, Max>(from);
            T::Heavy::run(Shift::<T, true>(to, from, largest));
            let sum = reduce::row::<T, Sum>(to);
            match kind {
                Softmax::Plain => T::Width::run(Scale(to, T::ONE.div(sum))),
                Softmax::Log => T::Width::run(Shift::<T, false>(to, from, largest.add(sum.exact_log()))),
            }
        }
    });
}

//! Sums of products of rows, and products of matrices and vectors.

use super::Matrix;
use crate::backend::cpu::number::Number;
use crate::backend::cpu::pool;
use crate::backend::cpu::simd::{Loop, Width};

const LANES: usize = 32;
/// Multiplications that are worth a thread: each element of the matrix is read for one.
const WORTH_A_THREAD: usize = 64 << 10;

struct Dot<'a, T>(&'a [T], &'a [T]);

impl<T: Number> Loop for Dot<'_, T> {
    type Output = T;
    #[inline(always)]
    fn run(self) -> T {
        let mut lanes = [T::ZERO; LANES];
        let (a, b) = (self.0.chunks_exact(LANES), self.1.chunks_exact(LANES));
        let rest = (a.remainder(), b.remainder());
        for (a, b) in a.zip(b) {
            for lane in 0..LANES {
                lanes[lane] = lanes[lane].add(a[lane].mul(b[lane]));
            }
        }
        for (lane, (&a, &b)) in rest.0.iter().zip(rest.1).enumerate() {
            lanes[lane] = lanes[lane].add(a.mul(b));
        }
        let mut width = LANES / 2;
        while width > 0 {
            for lane in 0..width {
                lanes[lane] = lanes[lane].add(lanes[lane + width]);
            }
            width /= 2;
        }
        lanes[0]
    }
}

/// The sum of products of two rows of one length.
pub(crate) fn dot<T: Number>(a: &[T], b: &[T]) -> T {
    const BLOCK: usize = 8192;
    if a.len() <= BLOCK {
        return T::Width::run(Dot(a, b));
    }
    let middle = a.len().div_ceil(2).next_multiple_of(BLOCK);
    dot(&a[..middle], &b[..middle]).add(dot(&a[middle..], &b[middle..]))
}

/// Adds a multiple of one row to another.
pub(super) struct AddScaled<'a, T>(pub &'a mut [T], pub &'a [T], pub T);

impl<T: Number> Loop for AddScaled<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let AddScaled(to, from, factor) = self;
        for (to, &value) in to.iter_mut().zip(from) {
            *to = to.add(value.mul(factor));
        }
    }
}

/// `to = a x`, where `x` starts at `offset` of `elements`.
pub(super) fn matrix_vector<T: Number>(to: &mut [T], a: Matrix<T>, elements: &[T], offset: usize, stride: usize) {
    let x: Vec<T> = (0..a.columns).map(|column| elements[offset + column * stride]).collect();
    let share = (WORTH_A_THREAD / a.columns).max(1).next_multiple_of(TOGETHER);
    if a.column_stride == 1 || a.row_stride != 1 {
        pool::for_pieces(to, share, |first, part| {
            let mut room = Vec::new();
            for (line, to) in part.iter_mut().enumerate() {
                let start = a.row(first + line);
                *to = if a.column_stride == 1 {
                    dot(&a.elements[start..start + a.columns], &x)
                } else {
                    room.clear();
                    room.extend((0..a.columns).map(|column| a.elements[start + column * a.column_stride]));
                    dot(&room, &x)
                };
            }
        });
        return;
    }
    // Rows lie side by side in memory: add up columns.
    pool::for_pieces(to, share, |first, part| {
        T::Width::run(AddColumns(part, &a.elements[a.row(first)..], a.column_stride, &x));
    });
}

/// Sets a column to the sum of multiples of columns that begin `step` elements apart.
struct AddColumns<'a, T>(&'a mut [T], &'a [T], usize, &'a [T]);

/// Rows whose sums stay in registers.
const TOGETHER: usize = 64;

impl<T: Number> Loop for AddColumns<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let AddColumns(to, from, step, factors) = self;
        let (blocks, rest) = to.as_chunks_mut::<TOGETHER>();
        let done = blocks.len() * TOGETHER;
        for (number, block) in blocks.iter_mut().enumerate() {
            let mut sums = [T::ZERO; TOGETHER];
            for (column, &factor) in factors.iter().enumerate() {
                let start = column * step + number * TOGETHER;
                let from: &[T; TOGETHER] = from[start..].first_chunk().expect("a whole column");
                for (sum, &element) in sums.iter_mut().zip(from) {
                    *sum = sum.add(element.mul(factor));
                }
            }
            *block = sums;
        }
        rest.fill(T::ZERO);
        for (column, &factor) in factors.iter().enumerate() {
            AddScaled(rest, &from[column * step + done..][..rest.len()], factor).run();
        }
    }
}

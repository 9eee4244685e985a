//! The parts that several decompositions share.

use std::ops::Range;

use super::{Real, Result};
use crate::backend::cpu::gemm::{Matrix, product};
use crate::backend::cpu::simd::{Loop, Width};
use crate::op::Failure;

/// Adds a multiple of one row to another.
pub(super) struct AddScaled<'a, T>(pub &'a mut [T], pub &'a [T], pub T);

impl<T: Real> Loop for AddScaled<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for (to, &value) in self.0.iter_mut().zip(self.1) {
            *to += value * self.2;
        }
    }
}

pub(super) fn add_scaled<T: Real>(to: &mut [T], from: &[T], factor: T) {
    T::Width::run(AddScaled(to, from, factor));
}

/// The whole of a slice as a matrix.
pub(super) fn whole<T>(elements: &[T], rows: usize, columns: usize) -> Matrix<'_, T> {
    Matrix { elements, offset: 0, rows, columns, row_stride: columns, column_stride: 1 }
}

/// Some rows and columns of a matrix whose rows have `width` elements.
pub(super) fn part<T>(elements: &[T], width: usize, rows: Range<usize>, columns: Range<usize>) -> Matrix<'_, T> {
    let offset = rows.start * width + columns.start;
    Matrix { elements, offset, rows: rows.len(), columns: columns.len(), row_stride: width, column_stride: 1 }
}

pub(super) fn turned<T>(m: Matrix<'_, T>) -> Matrix<'_, T> {
    let Matrix { elements, offset, rows, columns, row_stride, column_stride } = m;
    Matrix { elements, offset, rows: columns, columns: rows, row_stride: column_stride, column_stride: row_stride }
}

pub(super) fn multiplied<T: Real>(a: Matrix<T>, b: Matrix<T>) -> Vec<T> {
    let mut to = vec![T::ZERO; a.rows * b.columns];
    product(&mut to, a, b);
    to
}

/// Subtracts a matrix from some columns of the last rows of another, whose rows have `width` elements.
pub(super) fn subtract<T: Real>(to: &mut [T], width: usize, columns: Range<usize>, other: &[T]) {
    if columns.is_empty() {
        return;
    }
    for (to, other) in to.chunks_exact_mut(width).zip(other.chunks_exact(columns.len())) {
        add_scaled(&mut to[columns.clone()], other, -T::ONE);
    }
}

pub(super) fn transposed<T: Real>(a: &[T], rows: usize, columns: usize) -> Vec<T> {
    let mut to = vec![T::ZERO; a.len()];
    for row in 0..rows {
        for column in 0..columns {
            to[column * rows + row] = a[row * columns + column];
        }
    }
    to
}

pub(super) fn identity<T: Real>(rows: usize, columns: usize) -> Vec<T> {
    let mut to = vec![T::ZERO; rows * columns];
    to.iter_mut().step_by(columns + 1).take(rows.min(columns)).for_each(|one| *one = T::ONE);
    to
}

/// The largest magnitude, or NaN if there is one.
pub(super) fn largest<T: Real>(values: &[T]) -> T {
    values.iter().fold(T::ZERO, |largest, value| largest.maximum(value.magnitude()))
}

/// The factor that keeps the squares of numbers in range, given the largest of them. It is a power of two.
pub(super) fn safe_scale<T: Real>(largest: T) -> T {
    if largest < T::ONE / T::ROOT_SCALE {
        T::SCALE
    } else if largest > T::ROOT_SCALE {
        T::ONE / T::SCALE
    } else {
        T::ONE
    }
}

/// A copy of a matrix whose squares are safe, and what it was multiplied by.
pub(super) fn scaled<T: Real>(a: &[T]) -> Result<(Vec<T>, T)> {
    let largest = largest(a);
    if largest.is_nan() || largest == T::HIGHEST {
        return Err(Failure::NotFinite);
    }
    let scale = safe_scale(largest);
    Ok((a.iter().map(|&value| value * scale).collect(), scale))
}

/// The length of a vector in the plane.
pub(super) fn length<T: Real>(x: T, y: T) -> T {
    let square = x * x + y * y;
    if square > T::TINY / T::EPSILON && square < T::SCALE {
        return square.sqrt();
    }
    // Squares vanish or overflow.
    let (x, y) = (x.magnitude(), y.magnitude());
    let (small, large) = if x < y { (x, y) } else { (y, x) };
    if large == T::ZERO {
        return T::ZERO;
    }
    let ratio = small / large;
    large * (T::ONE + ratio * ratio).sqrt()
}

/// The sum of products of two rows, for use inside a loop.
#[inline(always)]
pub(super) fn dot_inside<T: Real>(a: &[T], b: &[T]) -> T {
    const LANES: usize = 16;
    let mut lanes = [T::ZERO; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    for (lane, (&a, &b)) in lanes.iter_mut().zip(a_rest.iter().zip(b_rest)) {
        *lane += a * b;
    }
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            let other = lanes[lane + width];
            lanes[lane] += other;
        }
        width /= 2;
    }
    lanes[0]
}

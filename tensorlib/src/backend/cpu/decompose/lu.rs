//! LU: Gaussian elimination with exchanges of rows.

use super::parts::{add_scaled, multiplied, part, subtract};
use super::{BLOCK, Real};
use crate::interrupt;

/// A matrix with rows exchanged, as the product of a lower triangle with ones on the diagonal and an upper one.
pub(crate) struct Lu<T> {
    rows: usize,
    columns: usize,
    /// Both triangles.
    pub factors: Vec<T>,
    /// The row with which each was exchanged, one after the other.
    pub exchanges: Vec<usize>,
    /// The first row whose pivot is zero.
    pub zero: Option<usize>,
}

impl<T: Real> Lu<T> {
    pub fn new(a: &[T], rows: usize, columns: usize) -> Lu<T> {
        debug_assert_eq!(a.len(), rows * columns);
        let count = rows.min(columns);
        let mut lu = Lu { rows, columns, factors: a.to_vec(), exchanges: Vec::with_capacity(count), zero: None };
        for first in (0..count).step_by(BLOCK) {
            interrupt::check();
            let last = (first + BLOCK).min(count);
            (first..last).for_each(|k| lu.eliminate(k, last));
            if last < columns {
                lu.update(first, last);
            }
        }
        lu
    }

    /// Brings zeros below the diagonal of column `k`; of the other columns, only those before `last` are touched.
    fn eliminate(&mut self, k: usize, last: usize) {
        let width = self.columns;
        let mut pivot = k;
        for row in k + 1..self.rows {
            if self.factors[row * width + k].magnitude() > self.factors[pivot * width + k].magnitude() {
                pivot = row;
            }
        }
        self.exchanges.push(pivot);
        exchange(&mut self.factors, width, k, pivot);
        let (above, below) = self.factors.split_at_mut((k + 1) * width);
        let row = &above[k * width..];
        let pivot = row[k];
        if pivot == T::ZERO {
            self.zero.get_or_insert(k);
            return;
        }
        // As in LAPACK, one division where its result is exact enough: small matrices have PyTorch's very bits.
        let inverse = T::ONE / pivot;
        let divide = pivot.magnitude() < T::TINY;
        for below in below.chunks_exact_mut(width) {
            below[k] = if divide { below[k] / pivot } else { below[k] * inverse };
            let factor = -below[k];
            add_scaled(&mut below[k + 1..last], &row[k + 1..last], factor);
        }
    }

    /// Applies the elimination of a block of columns to those after it.
    fn update(&mut self, first: usize, last: usize) {
        let (width, rows, factors) = (self.columns, self.rows, &mut self.factors);
        for k in first + 1..last {
            let (above, row) = factors.split_at_mut(k * width);
            for j in first..k {
                let factor = -row[j];
                add_scaled(&mut row[last..width], &above[j * width + last..(j + 1) * width], factor);
            }
        }
        let left = part(factors, width, last..rows, first..last);
        let update = multiplied(left, part(factors, width, first..last, last..width));
        subtract(&mut factors[last * width..], width, last..width, &update);
    }
}

fn exchange<T>(rows: &mut [T], width: usize, one: usize, other: usize) {
    let (first, second) = (one.min(other), one.max(other));
    if first != second {
        let (above, below) = rows.split_at_mut(second * width);
        above[first * width..][..width].swap_with_slice(&mut below[..width]);
    }
}

/// Where each row comes from after exchanges, each of the row of its number with another one.
pub(crate) fn exchanged(exchanges: impl Iterator<Item = usize>, rows: usize) -> Vec<i64> {
    let mut order: Vec<i64> = (0..rows as i64).collect();
    exchanges.enumerate().for_each(|(row, other)| order.swap(row, other));
    order
}

//! Cholesky: the square root of a positive definite matrix.

use super::parts::{multiplied, part, subtract, turned};
use super::{BLOCK, Real, Result};
use crate::backend::cpu::gemm::dot;
use crate::interrupt;
use crate::op::Failure;

/// The lower triangle L with `L L^T = a`. Above its diagonal, `a` is not looked at.
pub(crate) fn cholesky<T: Real>(a: &[T], n: usize) -> Result<Vec<T>> {
    let mut lower = a.to_vec();
    lower.chunks_exact_mut(n.max(1)).enumerate().for_each(|(k, row)| row[k + 1..].fill(T::ZERO));
    for first in (0..n).step_by(BLOCK) {
        interrupt::check();
        let last = (first + BLOCK).min(n);
        if first > 0 {
            // The part that the previous columns subtract from these.
            let before = part(&lower, n, first..last, 0..first);
            let update = multiplied(part(&lower, n, first..n, 0..first), turned(before));
            subtract(&mut lower[first * n..], n, first..last, &update);
        }
        for k in first..n {
            let (above, row) = lower.split_at_mut(k * n);
            let row = &mut row[first..last.min(k + 1)];
            for j in 0..row.len().min(k - first) {
                let other = &above[(first + j) * n + first..];
                row[j] = (row[j] - dot(&row[..j], &other[..j])) / other[j];
            }
            if k < last {
                let square = row[k - first] - dot(&row[..k - first], &row[..k - first]);
                // NaN is not greater, either.
                if square > T::ZERO {
                    row[k - first] = square.sqrt();
                } else {
                    return Err(Failure::NotPositiveDefinite(k + 1));
                }
            }
        }
        // Products of rows were taken from the part above the diagonal, too.
        (first..last).for_each(|k| lower[k * n + k + 1..k * n + last].fill(T::ZERO));
    }
    Ok(lower)
}

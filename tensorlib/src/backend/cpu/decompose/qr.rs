//! QR: orthonormal columns times a triangle.

use super::parts::identity;
use super::reflections::{Reflect, Reflections};
use super::{BLOCK, Real};
use crate::backend::cpu::simd::Width;

/// The reflections whose product is Q, and R on and above the diagonal of the other matrix.
pub(super) fn triangulate<T: Real>(a: &[T], rows: usize, columns: usize) -> (Reflections<T>, Vec<T>) {
    let mut r = a.to_vec();
    let mut reflections = Reflections::new(rows, 0);
    let count = rows.min(columns);
    let mut sums = [T::ZERO; BLOCK];
    for first in (0..count).step_by(BLOCK) {
        let last = (first + BLOCK).min(count);
        for k in first..last {
            let image = reflections.push((k..rows).map(|row| r[row * columns + k]));
            r[k * columns + k] = image;
            // The rest of the vector below is never read.
            let (vector, scale) = reflections.last();
            let rest = k + 1..last;
            let sums = &mut sums[..rest.len()];
            T::Width::run(Reflect { rows: &mut r[k * columns..], width: columns, columns: rest, vector, scale, sums });
        }
        if last < columns {
            reflections.apply(first..last, true, &mut r, columns, last..columns);
        }
    }
    (reflections, r)
}

/// `a = Q R` with orthonormal columns of Q and an upper triangle R.
pub(crate) struct Qr<T> {
    /// As many rows as `a`.
    pub q: Vec<T>,
    /// As many columns as `a`.
    pub r: Vec<T>,
}

/// Q has as many columns as the lesser of the numbers of rows and columns, or is square if it is to be complete.
pub(crate) fn qr<T: Real>(a: &[T], rows: usize, columns: usize, complete: bool) -> Qr<T> {
    debug_assert_eq!(a.len(), rows * columns);
    let (reflections, mut r) = triangulate(a, rows, columns);
    let inner = if complete { rows } else { rows.min(columns) };
    r.truncate(inner * columns);
    for (number, row) in r.chunks_exact_mut(columns.max(1)).enumerate() {
        row[..number.min(columns)].fill(T::ZERO);
    }
    let mut q = identity(rows, inner);
    reflections.apply(0..rows.min(columns), false, &mut q, inner, 0..inner);
    Qr { q, r }
}

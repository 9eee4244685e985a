//! Systems whose matrix is a triangle.

use super::parts::{add_scaled, multiplied, part, subtract};
use super::{BLOCK, Real};
use crate::backend::cpu::gemm::dot;
use crate::op::Triangle;

/// Solves `a x = b` for a triangle of `n` rows, in place: `x` is `b` before. A zero on the diagonal makes infinities and NaN.
pub(crate) fn solve_triangle<T: Real>(a: &[T], n: usize, x: &mut [T], columns: usize, triangle: Triangle) {
    if columns == 1 {
        return solve_vector(a, n, x, triangle);
    }
    let is_upper = triangle.is_upper();
    let blocks = n.div_ceil(BLOCK);
    for block in 0..blocks {
        let first = if is_upper { blocks - 1 - block } else { block } * BLOCK;
        let last = (first + BLOCK).min(n);
        solve_block(a, n, x, columns, triangle, first..last);
        let rest = if is_upper { 0..first } else { last..n };
        if !rest.is_empty() && columns > 0 {
            let update = multiplied(part(a, n, rest.clone(), first..last), part(x, columns, first..last, 0..columns));
            subtract(&mut x[rest.start * columns..rest.end * columns], columns, 0..columns, &update);
        }
    }
}

fn solve_vector<T: Real>(a: &[T], n: usize, x: &mut [T], triangle: Triangle) {
    for k in 0..n {
        let k = if triangle.is_upper() { n - 1 - k } else { k };
        let known = if triangle.is_upper() { k + 1..n } else { 0..k };
        let rest = x[k] - dot(&a[k * n..][known.clone()], &x[known]);
        x[k] = if triangle.is_unit() { rest } else { rest / a[k * n + k] };
    }
}

/// Some rows of a solution, once those are known that they need outside the block.
fn solve_block<T: Real>(
    a: &[T],
    n: usize,
    x: &mut [T],
    columns: usize,
    triangle: Triangle,
    rows: std::ops::Range<usize>,
) {
    let (first, last, is_upper) = (rows.start, rows.end, triangle.is_upper());
    for k in first..last {
        let k = if is_upper { first + last - 1 - k } else { k };
        for j in if is_upper { k + 1..last } else { first..k } {
            let (above, below) = x.split_at_mut(j.max(k) * columns);
            let (to, from) =
                if is_upper { (&mut above[k * columns..], below) } else { (below, &mut above[j * columns..]) };
            add_scaled(&mut to[..columns], &from[..columns], -a[k * n + j]);
        }
        if !triangle.is_unit() {
            let diagonal = a[k * n + k];
            x[k * columns..][..columns].iter_mut().for_each(|x| *x = *x / diagonal);
        }
    }
}

//! The exponential of a matrix.
//!
//! A quotient of polynomials (Padé's), after the matrix was halved until it is small enough for one; squaring makes up for
//! that. Which degree is exact for which norm is from N. J. Higham, "The scaling and squaring method for the matrix
//! exponential revisited" (2005).

use super::lu::{Lu, exchanged};
use super::parts::{identity, multiplied, whole};
use super::triangle::solve_triangle;
use crate::op::Triangle;

/// Degrees, and the norms up to which they are exact in double precision.
const DEGREES: [(usize, f64); 5] = [
    (3, 1.495_585_217_958_292e-2),
    (5, 2.539_398_330_063_23e-1),
    (7, 9.504_178_996_162_932e-1),
    (9, 2.097_847_961_257_068),
    (13, 5.371_920_351_148_152),
];

/// The exponential of a square matrix of `n` rows.
pub(crate) fn exponential(a: &[f64], n: usize) -> Vec<f64> {
    let column = |k: usize| (0..n).map(|row| a[row * n + k].abs()).sum::<f64>();
    let norm = (0..n).map(column).fold(0.0, |most: f64, sum| if sum > most || sum.is_nan() { sum } else { most });
    if !norm.is_finite() {
        return vec![f64::NAN; n * n];
    }
    let (largest, limit) = DEGREES[DEGREES.len() - 1];
    let degree = DEGREES.iter().find(|(_, limit)| norm <= *limit).map_or(largest, |(degree, _)| *degree);
    let halvings = if norm > limit { (norm / limit).log2().ceil() as i32 } else { 0 };
    let scale = 0.5f64.powi(halvings);
    let scaled: Vec<f64> = a.iter().map(|value| value * scale).collect();
    let mut result = quotient(&scaled, n, degree);
    for _ in 0..halvings {
        result = multiplied(whole(&result, n, n), whole(&result, n, n));
    }
    result
}

/// The quotient q(a) / q(-a), where q is Padé's polynomial of a degree, which is odd.
fn quotient(a: &[f64], n: usize, degree: usize) -> Vec<f64> {
    let square = multiplied(whole(a, n, n), whole(a, n, n));
    let mut power: Vec<f64> = identity(n, n);
    let (mut odd, mut even) = (vec![0.0; n * n], vec![0.0; n * n]);
    let mut coefficient = 1.0;
    for k in 0..=degree {
        let sum = if k % 2 == 0 { &mut even } else { &mut odd };
        sum.iter_mut().zip(&power).for_each(|(sum, value)| *sum += coefficient * value);
        if k % 2 == 1 && k < degree {
            power = multiplied(whole(&power, n, n), whole(&square, n, n));
        }
        coefficient *= (degree - k) as f64 / ((k + 1) * (2 * degree - k)) as f64;
    }
    let odd = multiplied(whole(a, n, n), whole(&odd, n, n));
    let above: Vec<f64> = even.iter().zip(&odd).map(|(even, odd)| even + odd).collect();
    let below: Vec<f64> = even.iter().zip(&odd).map(|(even, odd)| even - odd).collect();
    let lu = Lu::new(&below, n, n);
    let order = exchanged(lu.exchanges.iter().copied(), n);
    let mut result: Vec<f64> = order.iter().flat_map(|&row| &above[row as usize * n..][..n]).copied().collect();
    solve_triangle(&lu.factors, n, &mut result, n, Triangle::UnitLower);
    solve_triangle(&lu.factors, n, &mut result, n, Triangle::Upper);
    result
}

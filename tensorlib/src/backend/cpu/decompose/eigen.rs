//! Eigenvalues and eigenvectors of symmetric matrices.

use super::parts::{AddScaled, add_scaled, dot_inside, scaled};
use super::reflections::Reflections;
use super::rotations::{Rotated, Sweep, narrowed, rotation};
use super::{PATIENCE, Real, Result};
use crate::backend::cpu::gemm::dot;
use crate::backend::cpu::simd::{Loop, Width};
use crate::interrupt;
use crate::op::Failure;

/// `a = V diag(values) V^T`.
pub(crate) struct Eigen<T> {
    /// In ascending order.
    pub values: Vec<T>,
    /// The matrix V, whose columns are the vectors; empty if they are not asked for.
    pub vectors: Vec<T>,
}

/// Eigenvalues and eigenvectors of a symmetric matrix. Above its diagonal, `a` is not looked at.
pub(crate) fn eigh<T: Real>(a: &[T], n: usize, with_vectors: bool) -> Result<Eigen<T>> {
    debug_assert_eq!(a.len(), n * n);
    let mut lower = a.to_vec();
    lower.chunks_exact_mut(n.max(1)).enumerate().for_each(|(row, values)| values[row + 1..].fill(T::ZERO));
    let (mut lower, scale) = scaled(&lower)?;
    let (reflections, mut diagonal, mut beside) = tridiagonalize(&mut lower, n);
    let mut rotated = with_vectors.then(|| Rotated::new(n));
    iterate_tridiagonal(&mut diagonal, &mut beside, &mut rotated)?;
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&one, &other| diagonal[one].partial_cmp(&diagonal[other]).expect("values are finite"));
    let vectors = rotated.map_or_else(Vec::new, |rotated| {
        let mut vectors = rotated.turned(&order, n, n);
        reflections.apply(0..reflections.count(), false, &mut vectors, n, 0..n);
        vectors
    });
    Ok(Eigen { values: order.iter().map(|&number| T::narrowed(diagonal[number]) / scale).collect(), vectors })
}

/// Reflections that make a symmetric matrix tridiagonal, its diagonal, and what lies beside that.
fn tridiagonalize<T: Real>(a: &mut [T], n: usize) -> (Reflections<T>, Vec<f64>, Vec<f64>) {
    let mut reflections = Reflections::new(n, 1);
    let mut beside = Vec::with_capacity(n.saturating_sub(1));
    let mut sums = vec![T::ZERO; n];
    for k in 1..n {
        interrupt::check();
        beside.push(reflections.push((k..n).map(|row| a[row * n + k - 1])).widened());
        let (vector, scale) = reflections.last();
        if scale == T::ZERO {
            continue;
        }
        let sums = &mut sums[k..];
        T::Width::run(SymmetricTimes { rows: &a[k * n..], width: n, first: k, vector, sums });
        sums.iter_mut().for_each(|sum| *sum = *sum * scale);
        let half = scale * T::HALF * dot(sums, vector);
        add_scaled(sums, vector, -half);
        T::Width::run(SubtractBoth { rows: &mut a[k * n..], width: n, first: k, vector, sums });
    }
    (reflections, (0..n).map(|k| a[k * n + k].widened()).collect(), beside)
}

/// The product of a symmetric matrix, of which there is the lower triangle, and a vector.
struct SymmetricTimes<'a, T> {
    rows: &'a [T],
    width: usize,
    /// The number of the first row and column.
    first: usize,
    vector: &'a [T],
    sums: &'a mut [T],
}

impl<T: Real> Loop for SymmetricTimes<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let SymmetricTimes { rows, width, first, vector, sums } = self;
        sums.fill(T::ZERO);
        for (number, row) in rows.chunks_exact(width).enumerate() {
            let row = &row[first..];
            let factor = vector[number];
            AddScaled(&mut sums[..number], &row[..number], factor).run();
            sums[number] += dot_inside(&row[..=number], &vector[..=number]);
        }
    }
}

/// Subtracts `v s^T + s v^T` from a lower triangle.
struct SubtractBoth<'a, T> {
    rows: &'a mut [T],
    width: usize,
    first: usize,
    vector: &'a [T],
    sums: &'a [T],
}

impl<T: Real> Loop for SubtractBoth<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let SubtractBoth { rows, width, first, vector, sums } = self;
        for (number, row) in rows.chunks_exact_mut(width).enumerate() {
            let (one, other) = (vector[number], sums[number]);
            let pairs = sums[..=number].iter().zip(&vector[..=number]);
            for (to, (&sum, &value)) in row[first..].iter_mut().zip(pairs) {
                *to = *to - one * sum - other * value;
            }
        }
    }
}

/// Makes a tridiagonal matrix diagonal. Rotations go to rows of `vectors`. It takes little of the time, so it is done with
/// `f64` for `f32` too, where errors would add up.
fn iterate_tridiagonal<T: Real>(d: &mut [f64], e: &mut [f64], vectors: &mut Option<Rotated<T>>) -> Result<()> {
    let n = d.len();
    let epsilon = T::EPSILON.widened();
    let is_small = |d: &[f64], e: &[f64], k: usize| e[k] * e[k] <= (epsilon * d[k].abs()) * (epsilon * d[k + 1].abs());
    let mut steps = PATIENCE * n;
    let mut next = 0;
    while next < n {
        // The first part that does not fall apart.
        let start = next;
        let mut last = start;
        while last + 1 < n && !is_small(d, e, last) {
            last += 1;
        }
        next = last + 1;
        // Values are found at the end where they are smaller: it is how matrices with values of many sizes stay exact.
        // From here on, places are counted from that end.
        let upwards = d[last].abs() >= d[start].abs();
        let at = |k: usize| if upwards { start + k } else { last - k };
        let beside = |k: usize| if upwards { start + k } else { last - k - 1 };
        let is_small = |d: &[f64], e: &[f64], k: usize| is_small(d, e, beside(k));
        let size = last - start;
        let mut found = 0;
        while found <= size {
            let mut far = found;
            while far < size && !is_small(d, e, far) {
                far += 1;
            }
            if far == found {
                found += 1;
                continue;
            }
            if far == found + 1 {
                let first = at(found).min(at(far));
                let (one, other, rotation) = eigenvalues_of_two(d[first], e[beside(found)], d[first + 1]);
                (d[first], d[first + 1], e[beside(found)]) = (one, other, 0.0);
                if let Some(vectors) = vectors {
                    vectors.push(Sweep { first, upwards: false, rotations: vec![narrowed(rotation)] });
                }
                found += 2;
                continue;
            }
            let rotations = step_tridiagonal(d, e, found, far, at, beside);
            if let Some(vectors) = vectors {
                let rotations = rotations.into_iter().map(narrowed).collect();
                vectors.push(Sweep { first: at(far), upwards, rotations });
            }
            steps -= 1;
            if steps == 0 {
                return Err(Failure::NoConvergence);
            }
        }
    }
    Ok(())
}

/// A step with Wilkinson's shift, from the far end to the one where a value is sought.
fn step_tridiagonal(
    d: &mut [f64],
    e: &mut [f64],
    goal: usize,
    far: usize,
    at: impl Fn(usize) -> usize,
    beside: impl Fn(usize) -> usize,
) -> Vec<(f64, f64)> {
    let (value, between) = (d[at(goal)], e[beside(goal)]);
    let half = (d[at(goal + 1)] - value) / (2.0 * between);
    let mut bulge = d[at(far)] - value + between / (half + half.hypot(1.0).copysign(half));
    let (mut cosine, mut sine, mut shift) = (1.0, 1.0, 0.0);
    let mut rotations = Vec::with_capacity(far - goal);
    for k in (goal..far).rev() {
        let (out, inside) = (sine * e[beside(k)], cosine * e[beside(k)]);
        let mut image;
        (cosine, sine, image) = rotation(bulge, out);
        if bulge.abs() <= out.abs() && (bulge < 0.0 || bulge == 0.0 && out < 0.0) {
            // The same turned around: it gives vectors the signs that they have in PyTorch.
            (cosine, sine, image) = (-cosine, -sine, -image);
        }
        if k + 1 < far {
            e[beside(k + 1)] = image;
        }
        let rest = d[at(k + 1)] - shift;
        let turn = (d[at(k)] - rest) * sine + 2.0 * cosine * inside;
        shift = sine * turn;
        d[at(k + 1)] = rest + shift;
        bulge = cosine * turn - inside;
        rotations.push((cosine, sine));
    }
    d[at(goal)] -= shift;
    e[beside(goal)] = bulge;
    rotations
}

/// Eigenvalues of the symmetric matrix with a and c on its diagonal and b beside that, the one of greater magnitude first,
/// and the rotation that makes it diagonal.
fn eigenvalues_of_two(a: f64, b: f64, c: f64) -> (f64, f64, (f64, f64)) {
    let (sum, difference) = (a + c, a - c);
    let root = difference.hypot(2.0 * b);
    let is_negative = sum < 0.0;
    let (one, other) = if sum == 0.0 {
        (root / 2.0, -root / 2.0)
    } else {
        let one = 0.5 * (sum + root.copysign(sum));
        let (small, large) = if a.abs() > c.abs() { (c, a) } else { (a, c) };
        // As a product of quotients, since a difference of products would lose digits.
        (one, (large / one) * small - (b / one) * b)
    };
    let is_less = difference < 0.0;
    let x = difference + if is_less { -root } else { root };
    let (cosine, sine) = if x.abs() > (2.0 * b).abs() {
        let cotangent = -2.0 * b / x;
        let sine = 1.0 / cotangent.hypot(1.0);
        (cotangent * sine, sine)
    } else {
        let tangent = -x / (2.0 * b);
        let cosine = 1.0 / tangent.hypot(1.0);
        (cosine, tangent * cosine)
    };
    (one, other, if is_negative == is_less { (-sine, cosine) } else { (cosine, sine) })
}

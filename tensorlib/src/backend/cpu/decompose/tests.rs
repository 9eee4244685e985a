//! The parts of every decomposition have the structure that they must have, and give the matrix back.

use super::parts::{identity, largest, multiplied, part, safe_scale, transposed, turned, whole};
use super::*;
use crate::backend::cpu::pool;
use crate::op::{Triangle, Vectors};

/// Numbers between -1 and 1 that look like random ones.
fn numbers<T: Real>(count: usize, seed: u64) -> Vec<T> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        T::narrowed((state >> 40) as f64 / (1u64 << 23) as f64 - 1.0)
    };
    (0..count).map(|_| next()).collect()
}

/// The largest difference.
fn distance<T: Real>(a: &[T], b: &[T]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |most: f64, (a, b)| Number::maximum(most, (a.widened() - b.widened()).abs()))
}

/// The error that is allowed in a matrix of this size with this largest element.
fn allowed<T: Real>(rows: usize, columns: usize, largest: T) -> f64 {
    4.0 * (rows.max(columns) + 8) as f64 * T::EPSILON.widened() * largest.widened()
}

#[track_caller]
fn assert_near<T: Real>(a: &[T], b: &[T], allowed: f64) {
    let distance = distance(a, b);
    assert!(distance <= allowed, "{distance:e} apart, {allowed:e} allowed");
}

fn times<T: Real>(a: &[T], b: &[T], inner: usize) -> Vec<T> {
    if inner == 0 {
        return Vec::new();
    }
    multiplied(whole(a, a.len() / inner, inner), whole(b, inner, b.len() / inner))
}

fn assert_columns_are_orthonormal<T: Real>(q: &[T], rows: usize, columns: usize) {
    let products = multiplied(turned(whole(q, rows, columns)), whole(q, rows, columns));
    assert_near(&products, &identity(columns, columns), allowed(rows, columns, T::ONE));
}

/// Matrices that are easy, and those at which algorithms have failed.
fn matrices<T: Real>(rows: usize, columns: usize) -> Vec<Vec<T>> {
    let count = rows * columns;
    let random: Vec<T> = numbers(count, (rows * 1000 + columns) as u64);
    let sizes = |at: fn(usize, usize) -> i32, columns: usize| -> Vec<T> {
        let power = |k: usize| 0.1f64.powi(at(k / columns.max(1), k % columns.max(1)));
        random.iter().enumerate().map(|(k, &x)| T::narrowed(x.widened() * power(k))).collect()
    };
    let few = |part: f64| random.iter().map(|&x| if x.widened() > part { T::ONE } else { T::ZERO }).collect();
    let low = (0..count).map(|k| random[k / columns] * random[k % columns]).collect();
    vec![
        vec![T::ZERO; count],
        vec![T::ONE; count],
        identity(rows, columns),
        (0..count).map(|k| T::narrowed(k as f64)).collect(),
        few(0.5),
        few(0.9),
        sizes(|row, _| row as i32, columns),
        sizes(|_, column| column as i32, columns),
        sizes(|row, column| -((row + column) as i32 / 8), columns),
        random.iter().map(|&x| x * T::TINY).collect(),
        random.iter().map(|&x| x / T::TINY / T::narrowed(256.0)).collect(),
        low,
        random,
    ]
}

const SHAPES: [(usize, usize); 16] = [
    (0, 0),
    (0, 3),
    (3, 0),
    (1, 1),
    (1, 5),
    (5, 1),
    (2, 2),
    (3, 2),
    (2, 3),
    (7, 7),
    (33, 33),
    (40, 31),
    (31, 40),
    (64, 20),
    (5, 70),
    (97, 97),
];

fn for_shapes<T: Real>(check: impl Fn(&[T], usize, usize)) {
    for (rows, columns) in SHAPES {
        if !cfg!(miri) || rows.max(columns) <= 7 {
            matrices(rows, columns).iter().for_each(|a| check(a, rows, columns));
        }
    }
}

fn qr_is_right<T: Real>() {
    for_shapes(|a: &[T], rows, columns| {
        for complete in [false, true] {
            let Qr { q, r } = qr(a, rows, columns, complete);
            let inner = if complete { rows } else { rows.min(columns) };
            assert_columns_are_orthonormal(&q, rows, inner);
            let size = largest(a);
            if size < T::ONE / T::TINY / T::SCALE && size > T::TINY * T::SCALE {
                assert_near(
                    &multiplied(whole(&q, rows, inner), whole(&r, inner, columns)),
                    a,
                    allowed(rows, columns, size),
                );
            }
            for (row, values) in r.chunks_exact(columns.max(1)).enumerate() {
                assert!(values[..row.min(columns)].iter().all(|&value| value == T::ZERO));
            }
        }
    });
}

#[test]
fn q_is_orthonormal_r_is_upper_and_their_product_is_the_matrix() {
    qr_is_right::<f32>();
    qr_is_right::<f64>();
}

#[test]
fn q_and_r_have_the_signs_that_they_have_in_pytorch() {
    let Qr { q, r } = qr(&[3.0, 4.0], 2, 1, false);
    assert_near(&q, &[-0.6, -0.8], 1e-15);
    assert_near(&r, &[-5.0], 1e-14);
    let Qr { q, r } = qr(&[-1f32, 0.0, 0.0, -1.0], 2, 2, false);
    assert_eq!((q, r), (vec![1.0, 0.0, 0.0, 1.0], vec![-1.0, 0.0, 0.0, -1.0]));
}

fn svd_is_right<T: Real>() {
    for_shapes(|a: &[T], rows, columns| {
        let size = largest(a);
        // Neither the sum below nor the largest value overflows, or is inexact since it is so small.
        let factor = safe_scale(size);
        let inner = rows.min(columns);
        let only = svd(a, rows, columns, Vectors::None).unwrap();
        for vectors in [Vectors::Reduced, Vectors::Complete] {
            let Svd { u, values, vh } = svd(a, rows, columns, vectors).unwrap();
            let (wide, tall) = if vectors == Vectors::Complete { (rows, columns) } else { (inner, inner) };
            assert_columns_are_orthonormal(&u, rows, wide);
            assert_columns_are_orthonormal(&transposed(&vh, tall, columns), columns, tall);
            assert!(values.is_sorted_by(|a, b| a >= b) && values.iter().all(|&value| value >= T::ZERO));
            let longest = values.first().copied().unwrap_or(T::ZERO) * factor;
            let allowed = allowed(rows, columns, longest);
            let values: Vec<T> = values.iter().map(|&value| value * factor).collect();
            assert_near(&values, &only.values.iter().map(|&value| value * factor).collect::<Vec<_>>(), allowed);
            let mut scaled: Vec<T> = Vec::new();
            u.chunks_exact(wide.max(1)).for_each(|row| scaled.extend(row.iter().zip(&values).map(|(&u, &s)| u * s)));
            let product = multiplied(whole(&scaled, rows, inner), part(&vh, columns, 0..inner, 0..columns));
            assert_near(&product, &a.iter().map(|&x| x * factor).collect::<Vec<_>>(), allowed);
        }
        assert!(only.u.is_empty() && only.vh.is_empty());
    });
}

#[test]
fn singular_vectors_are_orthonormal_and_give_the_matrix() {
    svd_is_right::<f32>();
    svd_is_right::<f64>();
}

#[test]
fn a_matrix_of_ones_has_one_singular_value() {
    for (rows, columns) in (1..25).flat_map(|rows| (1..25).map(move |columns| (rows, columns))) {
        let Svd { values, .. } = svd(&vec![1.0; rows * columns], rows, columns, Vectors::Reduced).unwrap();
        assert!((values[0] - ((rows * columns) as f64).sqrt()).abs() < 1e-13);
        assert!(values[1..].iter().all(|&value| value < 1e-13));
        if cfg!(miri) && rows + columns > 6 {
            return;
        }
    }
}

/// Such matrices have many equal singular values, and many of zero: iterations that want too much of them never end.
#[test]
fn singular_values_of_sparse_matrices_are_found() {
    let count = if cfg!(miri) { 2 } else { 400 };
    for seed in 0..count {
        let (rows, columns) = (4 + seed % 29, 3 + seed % 31);
        let random: Vec<f64> = numbers(rows * columns, 1000 + seed as u64);
        let limit = [0.5, 0.8, 0.9, 0.95][seed % 4];
        let a: Vec<f64> = random.iter().map(|&x| if x > limit { 1.0 } else { 0.0 }).collect();
        let single: Vec<f32> = a.iter().map(|&x| x as f32).collect();
        let (svd, of_single) = (svd(&a, rows, columns, Vectors::Reduced), svd(&single, rows, columns, Vectors::None));
        let values: Vec<f64> = of_single.unwrap().values.iter().map(|&value| value.into()).collect();
        assert_near(&svd.unwrap().values, &values, allowed(rows, columns, 4f32));
        if rows == columns {
            assert!(eigh(&a, rows, true).is_ok());
        }
    }
}

fn eigh_is_right<T: Real>() {
    for_shapes(|a: &[T], rows, columns| {
        if rows != columns {
            return;
        }
        let n = rows;
        let factor = safe_scale(largest(a));
        let at = |k: usize| if k / n < k % n { (k % n) * n + k / n } else { k };
        let symmetric: Vec<T> = (0..n * n).map(|k| a[at(k)] * factor).collect();
        // Only the lower triangle is looked at.
        let Eigen { values, vectors } = eigh(a, n, true).unwrap();
        assert_columns_are_orthonormal(&vectors, n, n);
        assert!(values.is_sorted());
        let values: Vec<T> = values.iter().map(|&value| value * factor).collect();
        let mut scaled: Vec<T> = Vec::new();
        vectors.chunks_exact(n.max(1)).for_each(|row| scaled.extend(row.iter().zip(&values).map(|(&v, &s)| v * s)));
        let allowed = allowed(n, n, largest(&values));
        assert_near(&multiplied(whole(&scaled, n, n), turned(whole(&vectors, n, n))), &symmetric, allowed);
        let only = eigh(a, n, false).unwrap();
        assert!(only.vectors.is_empty());
        assert_near(&only.values.iter().map(|&value| value * factor).collect::<Vec<_>>(), &values, allowed);
    });
}

#[test]
fn eigenvectors_are_orthonormal_and_give_the_matrix() {
    eigh_is_right::<f32>();
    eigh_is_right::<f64>();
}

#[test]
fn eigenvectors_of_small_matrices_have_the_signs_that_they_have_in_pytorch() {
    let Eigen { values, vectors } = eigh(&[1.0, 9.0, 2.0, 4.0], 2, true).unwrap();
    assert_near(&values, &[0.0, 5.0], 1e-14);
    let (one, two) = (0.2f64.sqrt(), 0.8f64.sqrt());
    assert_near(&vectors, &[-two, one, one, two], 1e-14);
}

/// The solution of `a x = b`.
fn lu_solve<T: Real>(a: &[T], n: usize, b: &[T], columns: usize) -> Vec<T> {
    let lu = Lu::new(a, n, n);
    let order = exchanged(lu.exchanges.iter().copied(), n);
    let mut x: Vec<T> = order.iter().flat_map(|&row| &b[row as usize * columns..][..columns]).copied().collect();
    solve_triangle(&lu.factors, n, &mut x, columns, Triangle::UnitLower);
    solve_triangle(&lu.factors, n, &mut x, columns, Triangle::Upper);
    x
}

fn inverse<T: Real>(a: &[T], n: usize) -> Vec<T> {
    lu_solve(a, n, &identity(n, n), n)
}

fn lu_is_right<T: Real>() {
    for n in [1, 2, 3, 8, 32, 33, 70] {
        if cfg!(miri) && n > 8 {
            continue;
        }
        let mut a: Vec<T> = numbers(n * n, n as u64);
        // Far from singular, but with exchanges.
        (0..n).for_each(|k| a[k * n + (k + 1) % n] += T::narrowed(n as f64));
        let allowed = allowed(n, n, T::narrowed(4.0));
        assert_near(&times(&a, &inverse(&a, n), n), &identity(n, n), allowed);
        for columns in [0, 1, 2, 50] {
            let b: Vec<T> = numbers(n * columns, 7);
            let x = lu_solve(&a, n, &b, columns);
            assert_near(&multiplied(whole(&a, n, n), whole(&x, n, columns)), &b, allowed);
        }
    }
}

#[test]
fn solutions_solve_and_inverses_invert() {
    lu_is_right::<f32>();
    lu_is_right::<f64>();
    assert!(inverse::<f64>(&[], 0).is_empty() && lu_solve::<f64>(&[], 0, &[], 0).is_empty());
}

#[test]
fn triangles_are_solved() {
    let n = 40;
    let mut a: Vec<f64> = numbers(n * n, 3);
    (0..n).for_each(|k| a[k * n + k] += 30.0);
    for triangle in [Triangle::Lower, Triangle::UnitLower, Triangle::Upper, Triangle::UnitUpper] {
        let is_in = |k: usize| if triangle.is_upper() { k / n <= k % n } else { k / n >= k % n };
        let mut a = a.clone();
        let mut used: Vec<f64> = a.iter().enumerate().map(|(k, &x)| if is_in(k) { x } else { 0.0 }).collect();
        if triangle.is_unit() {
            // Small, or what is solved for grows without bounds.
            a.iter_mut().for_each(|x| *x /= 40.0);
            used.iter_mut().for_each(|x| *x /= 40.0);
            (0..n).for_each(|k| used[k * n + k] = 1.0);
        }
        for columns in [1, 5] {
            let b: Vec<f64> = numbers(n * columns, 4);
            let mut x = b.clone();
            solve_triangle(&a, n, &mut x, columns, triangle);
            assert_near(&times(&used, &x, n), &b, 1e-12);
        }
    }
}

fn cholesky_is_right<T: Real>() {
    for n in [0, 1, 2, 7, 32, 33, 80] {
        if cfg!(miri) && n > 7 {
            continue;
        }
        let a: Vec<T> = numbers(n * n, 5);
        let mut square = multiplied(whole(&a, n, n), turned(whole(&a, n, n)));
        (0..n).for_each(|k| square[k * n + k] += T::ONE);
        let mut lower = square.clone();
        (0..n).for_each(|k| lower[k * n + k + 1..(k + 1) * n].fill(T::HIGHEST));
        let root = cholesky(&lower, n).unwrap();
        assert!((0..n * n).all(|k| k % n <= k / n || root[k] == T::ZERO));
        let allowed = allowed(n, n, largest(&square));
        assert_near(&multiplied(whole(&root, n, n), turned(whole(&root, n, n))), &square, allowed);
    }
}

#[test]
fn cholesky_is_a_root_of_the_lower_triangle() {
    cholesky_is_right::<f32>();
    cholesky_is_right::<f64>();
}

#[test]
fn what_cannot_be_done_is_said() {
    assert_eq!(Lu::new(&[1f32, 2.0, 2.0, 4.0], 2, 2).zero, Some(1));
    assert_eq!(Lu::new(&[0.0; 9], 3, 3).zero, Some(0));
    assert_eq!(cholesky(&[1.0, 0.0, 0.0, -1.0], 2), Err(Failure::NotPositiveDefinite(2)));
    assert_eq!(cholesky(&[0f32], 1), Err(Failure::NotPositiveDefinite(1)));
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for n in [1, 2, 3, 40] {
            if cfg!(miri) && n > 3 {
                continue;
            }
            let mut a: Vec<f64> = identity(n, n);
            a[(n - 1) * n] = value;
            assert_eq!(svd(&a, n, n, Vectors::Reduced).err(), Some(Failure::NotFinite));
            assert_eq!(eigh(&a, n, true).err(), Some(Failure::NotFinite));
            // As in PyTorch: NaN, and infinities are as good as a number where no difference of them is taken.
            let _ = (inverse(&a, n), cholesky(&a, n), qr(&a, n, n, true));
            a.fill(value);
            assert!(inverse(&a, n).iter().all(|x| !x.is_normal()));
            assert!(n > 1 && cholesky(&a, n).is_err() || n == 1);
            assert!(qr(&a, n, n, true).r.len() == n * n);
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "takes long")]
fn results_do_not_depend_on_the_number_of_threads() {
    let n = 200;
    let a: Vec<f64> = numbers(n * n, 11);
    let results = || {
        let Svd { u, values, vh } = svd(&a, n, n, Vectors::Reduced).unwrap();
        (u, values, vh, eigh(&a, n, true).unwrap().vectors, inverse(&a, n), qr(&a, n, n, false).q)
    };
    let before = pool::get_num_threads();
    pool::set_num_threads(1);
    let one = results();
    pool::set_num_threads(3);
    let three = results();
    pool::set_num_threads(before);
    assert!(one == three);
}

#[test]
fn the_factors_of_matrices_that_are_not_square_give_them_back() {
    for (rows, columns) in SHAPES {
        if cfg!(miri) && rows.max(columns) > 7 {
            continue;
        }
        let a: Vec<f64> = numbers(rows * columns, 2);
        let lu = Lu::new(&a, rows, columns);
        let inner = rows.min(columns);
        let (mut lower, mut upper) = (identity(rows, inner), vec![0.0; inner * columns]);
        for (row, values) in lu.factors.chunks_exact(columns.max(1)).enumerate() {
            let below = row.min(inner);
            lower[row * inner..][..below].copy_from_slice(&values[..below]);
            if row < inner {
                upper[row * columns + row..(row + 1) * columns].copy_from_slice(&values[row..]);
            }
        }
        let product = multiplied(whole(&lower, rows, inner), whole(&upper, inner, columns));
        let order = exchanged(lu.exchanges.iter().copied(), rows);
        let given: Vec<f64> = order.iter().flat_map(|&row| &a[row as usize * columns..][..columns]).copied().collect();
        if inner > 0 {
            assert_near(&product, &given, allowed(rows, columns, 1.0));
        }
    }
}

#[test]
fn exponentials_are_those_of_their_eigenvalues() {
    for size in [1e-3, 0.1, 0.7, 1.5, 4.0, 30.0] {
        let n = 12;
        let mut a: Vec<f64> = numbers(n * n, 6);
        a.iter_mut().for_each(|x| *x *= size / n as f64);
        let symmetric: Vec<f64> = (0..n * n).map(|k| a[k] + a[k % n * n + k / n]).collect();
        let Eigen { values, vectors } = eigh(&symmetric, n, true).unwrap();
        let scaled: Vec<f64> = vectors.iter().enumerate().map(|(k, v)| v * values[k % n].exp()).collect();
        let expected = multiplied(whole(&scaled, n, n), turned(whole(&vectors, n, n)));
        assert_near(&exponential(&symmetric, n), &expected, 1e-13 * largest(&expected));
    }
    assert!(exponential(&[], 0).is_empty());
    assert!(exponential(&[f64::INFINITY], 1)[0].is_nan());
}

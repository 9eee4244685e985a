//! Singular values and vectors.

use super::bidiagonal::{bidiagonalize, iterate_bidiagonal};
use super::parts::{identity, scaled, transposed};
use super::qr::triangulate;
use super::reflections::Reflections;
use super::rotations::Rotated;
use super::{Real, Result};
use crate::op::Vectors;

/// `a = U diag(values) Vh`.
pub(crate) struct Svd<T> {
    /// As many rows as `a`. Its columns are orthonormal; it is empty if vectors are not asked for.
    pub u: Vec<T>,
    /// In descending order, as many as the lesser of the numbers of rows and columns.
    pub values: Vec<T>,
    /// As many columns as `a`. Its rows are orthonormal; it is empty if vectors are not asked for.
    pub vh: Vec<T>,
}

pub(crate) fn svd<T: Real>(a: &[T], rows: usize, columns: usize, vectors: Vectors) -> Result<Svd<T>> {
    debug_assert_eq!(a.len(), rows * columns);
    let (a, scale) = scaled(a)?;
    let mut svd = svd_of_scaled(a, rows, columns, vectors)?;
    svd.values.iter_mut().for_each(|value| *value = *value / scale);
    Ok(svd)
}

fn svd_of_scaled<T: Real>(a: Vec<T>, rows: usize, columns: usize, vectors: Vectors) -> Result<Svd<T>> {
    let width = |long: usize, short: usize| if vectors == Vectors::Complete { long } else { short };
    if rows < columns {
        let (reflections, r) = triangulate(&transposed(&a, rows, columns), columns, rows);
        let mut svd = svd_of_tall(transposed(&upper(r, rows), rows, rows), rows, rows, rows, vectors)?;
        if vectors != Vectors::None {
            let width = width(columns, rows);
            let v = lengthened(&reflections, &transposed(&svd.vh, rows, rows), columns, rows, width);
            svd.vh = transposed(&v, columns, width);
        }
        return Ok(svd);
    }
    // As in LAPACK: of a matrix that is taller than wide, only R is made bidiagonal.
    if rows > columns && rows >= columns * 8 / 5 {
        let (reflections, r) = triangulate(&a, rows, columns);
        let mut svd = svd_of_tall(upper(r, columns), columns, columns, columns, vectors)?;
        if vectors != Vectors::None {
            svd.u = lengthened(&reflections, &svd.u, rows, columns, width(rows, columns));
        }
        return Ok(svd);
    }
    svd_of_tall(a, rows, columns, width(rows, columns), vectors)
}

/// The first rows of a matrix with zeros below the diagonal.
fn upper<T: Real>(mut r: Vec<T>, columns: usize) -> Vec<T> {
    r.truncate(columns * columns);
    for (number, row) in r.chunks_exact_mut(columns.max(1)).enumerate() {
        row[..number].fill(T::ZERO);
    }
    r
}

/// The product of reflections and a square matrix of `n` rows that is made larger as 1 is.
fn lengthened<T: Real>(reflections: &Reflections<T>, square: &[T], rows: usize, n: usize, width: usize) -> Vec<T> {
    let mut to = identity(rows, width);
    for (to, from) in to.chunks_exact_mut(width.max(1)).zip(square.chunks_exact(n.max(1))) {
        to[..n].copy_from_slice(from);
    }
    reflections.apply(0..n, false, &mut to, width, 0..width);
    to
}

/// Of a matrix that is not wider than tall; `width` is the number of columns of U.
fn svd_of_tall<T: Real>(mut a: Vec<T>, rows: usize, columns: usize, width: usize, vectors: Vectors) -> Result<Svd<T>> {
    let (left, right, mut d, mut e) = bidiagonalize(&mut a, rows, columns);
    let mut rotated = (vectors != Vectors::None).then(|| (Rotated::new(columns), Rotated::new(columns)));
    let negative = iterate_bidiagonal(&mut d, &mut e, &mut rotated)?;
    let mut order: Vec<usize> = (0..columns).collect();
    order.sort_by(|&one, &other| d[other].partial_cmp(&d[one]).expect("values are finite"));
    let values = order.iter().map(|&number| T::narrowed(d[number])).collect();
    let Some((u, v)) = rotated else {
        return Ok(Svd { u: Vec::new(), values, vh: Vec::new() });
    };
    let mut u = u.turned(&order, rows, width);
    left.apply(0..columns, false, &mut u, width, 0..width);
    let mut v = v.turned(&order, columns, columns);
    right.apply(0..right.count(), false, &mut v, columns, 0..columns);
    let mut vh = transposed(&v, columns, columns);
    for (&number, row) in order.iter().zip(vh.chunks_exact_mut(columns.max(1))) {
        if negative[number] {
            row.iter_mut().for_each(|value| *value = -*value);
        }
    }
    Ok(Svd { u, values, vh })
}

//! Decompositions of the matrices of a stack.

use std::sync::Arc;

use super::products::stack;
use crate::backend::Elements;
use crate::backend::cpu::cast::{self, InLine};
use crate::backend::cpu::decompose::{self, Eigen, Lu, Qr, Real, Svd};
use crate::backend::cpu::number::Number;
use crate::backend::cpu::rows::Rows;
use crate::dim_vec::DimVec;
use crate::element::{Element, Stored, with_floating};
use crate::layout::Layout;
use crate::op::{Failure, MatrixOp, Triangle};
use crate::storage::{self, Storage};

/// The rows and columns of the matrices of a stack.
fn sides(layout: &Layout) -> (usize, usize) {
    let rank = layout.rank();
    (layout.shape[rank - 2], layout.shape[rank - 1])
}

/// One matrix of a stack, row by row.
fn matrix<'a, T: Element>(elements: &'a [T], layout: &Layout, offset: usize) -> InLine<'a, T> {
    let rank = layout.rank();
    let of = |list: &DimVec<usize>| DimVec::from_slice(&list[rank - 2..]);
    cast::in_line(elements, &Layout { shape: of(&layout.shape), strides: of(&layout.strides), offset })
}

/// Results of the same kind, one after the other.
struct Collected<T> {
    values: Vec<T>,
    matrices: usize,
}

impl<T: Element> Collected<T> {
    /// Room for the results of `matrices` matrices.
    fn new(matrices: usize) -> Self {
        Collected { values: Vec::new(), matrices }
    }

    fn push(&mut self, values: Vec<T>) {
        if self.matrices == 1 {
            self.values = values;
            return;
        }
        if self.values.is_empty() {
            self.values.reserve_exact(values.len() * self.matrices);
        }
        self.values.extend_from_slice(&values);
    }

    fn stored(self) -> Arc<Storage> {
        Storage::new(self.values.into())
    }
}

/// Calls `body` with each matrix.
fn each<T: Element>(
    elements: &[T],
    layout: &Layout,
    mut body: impl FnMut(&[T]) -> Result<(), Failure>,
) -> Result<(), (usize, Failure)> {
    let rows = Rows::new([&stack(layout)]);
    let mut failed = Ok(());
    rows.walk(0..rows.numel, |[start], first, count| {
        for at in 0..count {
            if failed.is_err() {
                return;
            }
            let a = matrix(elements, layout, start + at * rows.steps[0]);
            failed = body(&a).map_err(|failure| (first + at, failure));
        }
    });
    failed
}

/// Results that have the matrices' own type, as many as `N`.
fn collected<T: Element, const N: usize>(
    elements: &[T],
    layout: &Layout,
    mut made: impl FnMut(&[T]) -> Result<[Vec<T>; N], Failure>,
) -> Result<Vec<Arc<Storage>>, (usize, Failure)> {
    let matrices = stack(layout).numel();
    let mut all: [Collected<T>; N] = std::array::from_fn(|_| Collected::new(matrices));
    each(elements, layout, |a| {
        all.iter_mut().zip(made(a)?).for_each(|(all, values)| all.push(values));
        Ok(())
    })?;
    Ok(all.into_iter().map(Collected::stored).collect())
}

fn lu<T: Real>(elements: &[T], layout: &Layout, regular: bool) -> Result<Vec<Arc<Storage>>, (usize, Failure)> {
    let (rows, columns) = sides(layout);
    let matrices = stack(layout).numel();
    let (mut factors, mut exchanges) = (Collected::new(matrices), Collected::<i32>::new(matrices));
    each(elements, layout, |a| {
        let lu = Lu::new(a, rows, columns);
        if let Some(row) = lu.zero.filter(|_| regular) {
            return Err(Failure::Singular(row + 1));
        }
        factors.push(lu.factors);
        exchanges.push(lu.exchanges.iter().map(|&other| other as i32 + 1).collect());
        Ok(())
    })?;
    Ok(vec![factors.stored(), exchanges.stored()])
}

pub(super) fn decompose(op: MatrixOp, x: Elements) -> Result<Vec<Arc<Storage>>, (usize, Failure)> {
    let (rows, columns) = sides(x.layout);
    with_floating!(x.dtype(), T => {
        let buffer = x.storage.read();
        let elements = T::of(&buffer);
        match op {
            MatrixOp::Lu { regular } => lu(elements, x.layout, regular),
            MatrixOp::Cholesky => collected(elements, x.layout, |a| Ok([decompose::cholesky(a, rows)?])),
            MatrixOp::Qr { complete } => collected(elements, x.layout, |a| {
                let Qr { q, r } = decompose::qr(a, rows, columns, complete);
                Ok([q, r])
            }),
            MatrixOp::Eigen { vectors } => collected(elements, x.layout, |a| {
                let Eigen { values, vectors } = decompose::eigh(a, rows, vectors)?;
                Ok([values, vectors])
            }),
            MatrixOp::Svd(vectors) => collected(elements, x.layout, |a| {
                let Svd { u, values, vh } = decompose::svd(a, rows, columns, vectors)?;
                Ok([u, values, vh])
            }),
            MatrixOp::Exp => collected(elements, x.layout, |a| {
                let wide: Vec<f64> = a.iter().map(|value| value.widened()).collect();
                Ok([decompose::exponential(&wide, rows).into_iter().map(T::narrowed).collect()])
            }),
        }
    }, else unreachable!("only matrices of floating-point numbers are decomposed"))
}

pub(super) fn exchanged(exchanges: Elements, rows: usize) -> Result<Arc<Storage>, i64> {
    let buffer = exchanges.storage.read();
    let given = cast::in_line(i32::of(&buffer), exchanges.layout);
    if let Some(&wrong) = given.iter().find(|&&other| other < 1 || other as usize > rows) {
        return Err(wrong.into());
    }
    let count = exchanges.layout.shape.last().copied().unwrap_or(0);
    let matrices = exchanges.layout.shape[..exchanges.layout.rank() - 1].iter().product();
    let mut all = Collected::new(matrices);
    for at in 0..matrices {
        let others = given[at * count..][..count].iter().map(|&other| other as usize - 1);
        all.push(decompose::exchanged(others, rows));
    }
    Ok(all.stored())
}

pub(super) fn solve_triangle(triangle: Triangle, a: Elements, b: Elements) -> Arc<Storage> {
    let (n, columns) = sides(b.layout);
    let rows = Rows::new([&stack(a.layout), &stack(b.layout)]);
    with_floating!(a.dtype(), T => {
        let mut all = Collected::<T>::new(rows.numel);
        storage::read_two(a.storage, b.storage, |from_a, from_b| {
            let (from_a, from_b) = (T::of(from_a), T::of(from_b));
            rows.walk(0..rows.numel, |[at_a, at_b], _, count| {
                for at in 0..count {
                    let a = matrix(from_a, a.layout, at_a + at * rows.steps[0]);
                    let mut x = matrix(from_b, b.layout, at_b + at * rows.steps[1]).to_vec();
                    decompose::solve_triangle(&a, n, &mut x, columns, triangle);
                    all.push(x);
                }
            });
        });
        all.stored()
    }, else unreachable!("only triangles of floating-point numbers are solved"))
}

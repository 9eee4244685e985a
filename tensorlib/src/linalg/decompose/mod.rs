//! Matrices taken apart, and what follows: systems of equations, inverses, determinants, ranks, functions of whole matrices.
//! A tensor of more than two dimensions is a stack of matrices, which are worked on one by one.

mod cholesky;
mod determinant;
mod eigen;
mod functions;
mod lu;
mod qr;
mod solve;
mod svd;
mod triangular;

pub use self::lu::{lu_unpack, try_lu_unpack};
pub use self::triangular::Triangular;

pub(crate) use self::lu::{lu_solved, order, reordered};
pub(crate) use self::triangular::solved as triangle_solved;

use crate::DType;
use crate::dim_vec::DimVec;
use crate::error::{Error, Result, dtype_error, shape_error, value_error};
use crate::layout::{Layout, broadcast};
use crate::op::{Failure, MatrixOp};
use crate::size::checked_numel;
use crate::tensor::Tensor;

/// The numbers of rows and columns of a matrix, or of those of a stack.
fn sides(op: &str, x: &Tensor) -> Result<(usize, usize)> {
    if !x.dtype().is_floating_point() {
        return Err(dtype_error!("{op}: needs floating-point numbers, not {}; convert them with to()", x.dtype()));
    }
    match x.layout.shape[..] {
        [.., rows, columns] => Ok((rows, columns)),
        _ => Err(shape_error!("{op}: needs a matrix or a stack of them, not shape {}", x.size())),
    }
}

/// The number of rows of a square matrix.
fn square(op: &str, x: &Tensor) -> Result<usize> {
    match sides(op, x)? {
        (rows, columns) if rows == columns => Ok(rows),
        _ => Err(shape_error!("{op}: needs square matrices, not shape {}", x.size())),
    }
}

/// The dimensions in front of those of the matrices.
fn batch(x: &Tensor) -> &[usize] {
    &x.layout.shape[..x.ndim() - 2]
}

/// The matrix transposed.
pub(crate) fn turned(x: &Tensor) -> Tensor {
    x.transpose(-2, -1)
}

/// The matrix with ones on its diagonal and zeros elsewhere.
pub(crate) fn identity(rows: usize, columns: usize, dtype: DType) -> Tensor {
    crate::create::eye([rows, columns]).to_dtype(dtype)
}

/// The results for each matrix, as values; for each kind of result the lengths of its dimensions.
fn made<const N: usize>(op: &str, kind: MatrixOp, x: &Tensor, lengths: [&[usize]; N]) -> Result<[Tensor; N]> {
    let shapes = lengths.map(|lengths| batch(x).iter().chain(lengths).copied().collect::<DimVec<usize>>());
    for shape in &shapes {
        checked_numel(op, shape)?;
    }
    let failed = |(number, failure)| failed(op, x, number, failure);
    let mut stored = x.backend().decompose(kind, x.elements()).map_err(failed)?.into_iter();
    Ok(shapes.map(|shape| {
        let storage = stored.next().expect("there is a result of each kind");
        Tensor::from_storage(storage, Layout::contiguous(shape))
    }))
}

fn failed(op: &str, x: &Tensor, number: usize, failure: Failure) -> Error {
    let which = if x.ndim() > 2 { format!("matrix {number} of the stack") } else { "the matrix".to_owned() };
    match failure {
        Failure::Singular(row) => {
            value_error!("{op}: {which} is singular: pivot {row} is zero; pinverse() gives the nearest to an inverse")
        }
        Failure::NotPositiveDefinite(rows) => value_error!(
            "{op}: {which} is not positive definite, as its first {rows} rows and columns show; add a little to its diagonal, or use lu() or eigh()"
        ),
        Failure::NotFinite => value_error!("{op}: {which} has infinities or NaN in it; find them with x.isfinite()"),
        Failure::NoConvergence => {
            value_error!("{op}: the iteration for {which} does not end; please report this matrix")
        }
    }
}

/// Two stacks of matrices, as many of each.
pub(crate) fn spread(op: &str, a: &Tensor, b: &Tensor) -> Result<[Tensor; 2]> {
    let common = broadcast(op, batch(a), batch(b))
        .map_err(|_| shape_error!("{op}: the stacks in shapes {} and {} do not broadcast", a.size(), b.size()))?;
    let spread = |x: &Tensor| -> Result<Tensor> {
        if *batch(x) == *common {
            return Ok(x.alias());
        }
        let shape: DimVec<usize> = common.iter().chain(&x.layout.shape[x.ndim() - 2..]).copied().collect();
        checked_numel(op, &shape)?;
        x.try_expand(&shape[..])
    };
    Ok([spread(a)?, spread(b)?])
}

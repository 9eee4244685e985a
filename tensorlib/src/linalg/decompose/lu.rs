//! LU: a lower triangle with ones on its diagonal times an upper one, up to an exchange of rows.

use super::{identity, made, sides, square, triangle_solved, turned};
use crate::autograd::formulas;
use crate::autograd::record::{records, unrecorded};
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::error::{Result, dtype_error, fallible, shape_error, value_error};
use crate::layout::Layout;
use crate::linalg::matmul::same_type;
use crate::op::{MatrixOp, Triangle};
use crate::tensor::Tensor;

/// Both factors in one matrix, and the exchanges, as values.
pub(super) fn factors(op: &str, x: &Tensor, regular: bool) -> Result<[Tensor; 2]> {
    let (rows, columns) = sides(op, x)?;
    made(op, MatrixOp::Lu { regular }, x, [&[rows, columns], &[rows.min(columns)]])
}

/// Which row of the matrix each row of the product of the factors is, `[…, rows]`.
pub(crate) fn order(op: &str, pivots: &Tensor, rows: usize) -> Result<Tensor> {
    let stored = pivots
        .backend()
        .exchanged(pivots.elements(), rows)
        .map_err(|wrong| value_error!("{op}: pivot {wrong} is no row of {rows}; give the pivots of lu()"))?;
    let mut shape = pivots.layout.shape.clone();
    let last = shape.len() - 1;
    shape[last] = rows;
    Ok(Tensor::from_storage(stored, Layout::contiguous(shape)))
}

/// The rows of matrices in an order.
pub(crate) fn reordered(x: &Tensor, order: &Tensor) -> Result<Tensor> {
    match (x.ndim(), order.ndim()) {
        (2, 1) => x.try_index_select(0, order),
        _ => {
            let mut index = order.try_unsqueeze(-1)?;
            while index.ndim() < x.ndim() {
                index = index.try_unsqueeze(0)?;
            }
            x.try_take_along_dim(index, -2)
        }
    }
}

/// The solution of `a x = b`, or of that with `a` transposed, from the factors of `a` and the order of its rows.
pub(crate) fn lu_solved(op: &str, factors: &Tensor, order: &Tensor, b: &Tensor, transposed: bool) -> Result<Tensor> {
    if transposed {
        let x = triangle_solved(op, Triangle::Lower, &turned(factors), b)?;
        let x = triangle_solved(op, Triangle::UnitUpper, &turned(factors), &x)?;
        return reordered(&x, &order.argsort());
    }
    let x = triangle_solved(op, Triangle::UnitLower, factors, &reordered(b, order)?)?;
    triangle_solved(op, Triangle::Upper, factors, &x)
}

/// Whether pivots belong to factors.
fn check_pivots(op: &str, factors: &Tensor, pivots: &Tensor) -> Result<()> {
    if pivots.dtype() != DType::I32 {
        return Err(dtype_error!("{op}: pivots are i32, not {}; give those of lu()", pivots.dtype()));
    }
    let (rows, columns) = sides(op, factors)?;
    let expected: DimVec<usize> = super::batch(factors).iter().copied().chain([rows.min(columns)]).collect();
    if pivots.layout.shape != expected {
        return Err(shape_error!(
            "{op}: pivots of shape {} do not belong to factors of shape {}; give both as lu() gave them",
            pivots.size(),
            factors.size()
        ));
    }
    Ok(())
}

fn lu(x: &Tensor) -> Result<(Tensor, Tensor)> {
    let [factors, pivots] = unrecorded(|| factors("lu", x, false))?;
    if !records(&[x]) {
        return Ok((factors, pivots));
    }
    let order = order("lu", &pivots, x.layout.shape[x.ndim() - 2])?;
    Ok((formulas::factors::lu(factors, x, order), pivots))
}

fn lu_solve(b: &Tensor, factors: &Tensor, pivots: &Tensor) -> Result<Tensor> {
    let op = "lu_solve";
    let n = square(op, factors)?;
    check_pivots(op, factors, pivots)?;
    same_type(op, factors, b)?;
    if sides(op, b)?.0 != n {
        return Err(shape_error!(
            "{op}: factors of shape {} and a right-hand side of shape {} do not fit: their numbers of rows differ",
            factors.size(),
            b.size()
        ));
    }
    let [factors, b] = super::spread(op, factors, b)?;
    lu_solved(op, &factors, &order(op, pivots, n)?, &b, false)
}

impl Tensor {
    fallible! {
        /// The factors of a matrix `[…, m, n]`, both in one matrix of its shape: a lower triangle with ones on its diagonal, which
        /// are not there, and an upper one. Their product is the matrix with rows exchanged: row by row with the one that the
        /// second result, `i32` `[…, min(m, n)]`, tells, counted from 1. [`lu_unpack`] makes matrices of that; a right-hand side
        /// is solved for by [`b.lu_solve(&lu, &pivots)`](Tensor::lu_solve). Singular matrices have factors, too.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let (lu, pivots) = tensor![[1.0, 2.0], [4.0, 3.0]].lu();
        /// assert_eq!(lu.to_vec::<f32>(), [4.0, 3.0, 0.25, 1.25]);
        /// assert_eq!(pivots.to_vec::<i32>(), [2, 2]); // the first row with the second, the second with itself
        /// ```
        #[doc(alias = "lu_factor")]
        pub fn lu | try_lu(&self) -> (Tensor, Tensor) {
            lu(self)
        }

        /// The solution `x` of `a x = b`, where this tensor is `b`, `[…, n, k]`, from what [`a.lu()`](Tensor::lu) gives. It saves
        /// the larger part of the work where one matrix has many right-hand sides that come one after the other. Stacks broadcast.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let (lu, pivots) = tensor![[1.0, 2.0], [4.0, 3.0]].lu();
        /// let x = tensor![[5.0], [10.0]].lu_solve(&lu, &pivots);
        /// assert_eq!(x.to_vec::<f32>(), [1.0, 2.0]);
        /// ```
        pub fn lu_solve | try_lu_solve(&self, lu: &Tensor, pivots: &Tensor) -> Tensor {
            lu_solve(self, lu, pivots)
        }
    }
}

fallible! {
    /// The three matrices whose product is the matrix that [`lu`](Tensor::lu) was given: a permutation, the lower triangle and
    /// the upper one.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = tensor![[1.0, 2.0], [4.0, 3.0]];
    /// let (lu, pivots) = x.lu();
    /// let (p, l, u) = lu_unpack(&lu, &pivots);
    /// assert_eq!(p.to_vec::<f32>(), [0.0, 1.0, 1.0, 0.0]);
    /// assert!(p.matmul(&l).matmul(&u).allclose(&x));
    /// ```
    pub fn lu_unpack | try_lu_unpack(lu: &Tensor, pivots: &Tensor) -> (Tensor, Tensor, Tensor) {
        let (rows, columns) = sides("lu_unpack", lu)?;
        check_pivots("lu_unpack", lu, pivots)?;
        let order = order("lu_unpack", pivots, rows)?;
        let numbers = crate::create::arange(rows).try_unsqueeze(-1)?;
        let permutation = order.try_unsqueeze(-2)?.try_eq(&numbers)?.to_dtype(lu.dtype());
        let inner = rows.min(columns);
        let ones = identity(rows, inner, lu.dtype());
        let lower = lu.try_narrow(-1, 0, inner)?.try_tril_diagonal(-1)?.try_add(ones)?;
        let upper = lu.try_narrow(-2, 0, inner)?.try_triu()?;
        Ok((permutation, lower, upper))
    }
}

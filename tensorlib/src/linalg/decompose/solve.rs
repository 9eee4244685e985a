//! Systems of equations, and inverses.

use super::lu::factors;
use super::{batch, identity, lu_solved, order, sides, spread, square};
use crate::autograd::formulas;
use crate::autograd::record::{records, unrecorded};
use crate::error::{Result, fallible, shape_error};
use crate::linalg::matmul::same_type;
use crate::operand::IntoOperand;
use crate::tensor::Tensor;

/// Whether a right-hand side is a vector for each matrix, by PyTorch's rule.
pub(super) fn is_vector(a: &Tensor, b: &Tensor) -> bool {
    b.ndim() == 1 || (b.ndim() + 1 == a.ndim() && b.layout.shape[..] == a.layout.shape[..a.ndim() - 1])
}

fn solve(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let op = "solve";
    let n = square(op, a)?;
    if is_vector(a, b) {
        return solve(a, &b.try_unsqueeze(-1)?)?.try_squeeze_dim(-1);
    }
    same_type(op, a, b)?;
    if sides(op, b)?.0 != n {
        return Err(shape_error!(
            "{op}: a matrix of shape {} and a right-hand side of shape {} do not fit: their numbers of rows differ",
            a.size(),
            b.size()
        ));
    }
    let records = records(&[a, b]);
    let (x, [factors, order]) = unrecorded(|| -> Result<_> {
        let [factors, pivots] = factors(op, a, true)?;
        let order = order(op, &pivots, n)?;
        let [all, b] = spread(op, &factors, b)?;
        Ok((lu_solved(op, &all, &order, &b, false)?, [factors, order]))
    })?;
    Ok(if records { formulas::solve::solved(x, a, b, factors, order) } else { x })
}

fn inverse(x: &Tensor) -> Result<Tensor> {
    let op = "inverse";
    let n = square(op, x)?;
    let records = records(&[x]);
    let y = unrecorded(|| -> Result<_> {
        let [factors, pivots] = factors(op, x, true)?;
        let one = identity(n, n, x.dtype()).try_expand([batch(x), &[n, n]].concat())?;
        lu_solved(op, &factors, &order(op, &pivots, n)?, &one, false)
    })?;
    Ok(if records { formulas::solve::inverse(y, x) } else { y })
}

impl Tensor {
    fallible! {
        /// The solution `x` of `a x = b`, where this tensor is `a`, `[…, n, n]`, and `b` is `[…, n, k]`, or a vector `[n]` (or
        /// `[…, n]`, one for each matrix). Stacks broadcast. PyTorch's `torch.linalg.solve(a, b)`; it is faster and more exact
        /// than the inverse.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let a = tensor![[2.0, 1.0], [1.0, 3.0]];
        /// assert!(a.solve([3.0, 5.0]).allclose([0.8, 1.4]));
        /// assert_eq!(
        ///     ones([2, 2]).try_solve([1.0, 2.0]).unwrap_err().to_string(),
        ///     "solve: the matrix is singular: pivot 2 is zero; pinverse() gives the nearest to an inverse"
        /// );
        /// ```
        pub fn solve | try_solve<'a>(&self, b: impl IntoOperand<'a>) -> Tensor {
            let b = &*b.into_operand().beside(self)?;
            solve(self, b)
        }

        /// The matrix whose product with this one, `[…, n, n]`, is 1. To solve equations, [`solve`](Tensor::solve) is faster and
        /// more exact; a singular matrix has a [`pinverse`](Tensor::pinverse).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = tensor![[1.0, 2.0], [3.0, 4.0]];
        /// assert!(x.inverse().allclose([[-2.0, 1.0], [1.5, -0.5]]));
        /// ```
        #[doc(alias = "inv")]
        pub fn inverse | try_inverse(&self) -> Tensor {
            inverse(self)
        }
    }
}

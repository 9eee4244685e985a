//! Cholesky: a positive definite matrix as a triangle times its transpose.

use super::{identity, made, sides, square, triangle_solved, turned};
use crate::autograd::formulas;
use crate::autograd::record::{records, unrecorded};
use crate::error::{Result, fallible, shape_error, value_error};
use crate::linalg::matmul::same_type;
use crate::op::{MatrixOp, Triangle};
use crate::operand::IntoOperand;
use crate::tensor::Tensor;

fn lower(op: &str, x: &Tensor) -> Result<Tensor> {
    let n = square(op, x)?;
    let [factor] = unrecorded(|| made(op, MatrixOp::Cholesky, x, [&[n, n]]))?;
    Ok(if records(&[x]) { formulas::factors::cholesky(factor, x) } else { factor })
}

/// The solution of `l lᵀ x = b`.
fn solve(op: &str, b: &Tensor, l: &Tensor) -> Result<Tensor> {
    let n = square(op, l)?;
    same_type(op, l, b)?;
    if sides(op, b)?.0 != n {
        return Err(shape_error!(
            "{op}: a factor of shape {} and a right-hand side of shape {} do not fit: their numbers of rows differ",
            l.size(),
            b.size()
        ));
    }
    let half = triangle_solved(op, Triangle::Lower, l, b)?;
    triangle_solved(op, Triangle::Upper, &turned(l), &half)
}

fn inverse(op: &str, l: &Tensor) -> Result<Tensor> {
    let n = square(op, l)?;
    let diagonal = l.values().try_diagonal_dims(0, -2, -1)?;
    if diagonal.backend().has_zero(diagonal.elements()) {
        return Err(value_error!("{op}: a factor with a zero on its diagonal has no inverse; give one of cholesky()"));
    }
    solve(op, &identity(n, n, l.dtype()), l)
}

impl Tensor {
    fallible! {
        /// The lower triangle L of a positive definite matrix, `[…, n, n]`, whose product with its own transpose is the matrix:
        /// A = L Lᵀ. Only the lower triangle of A is read. PyTorch's `torch.linalg.cholesky(a)`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let a = tensor![[4.0, 2.0], [2.0, 5.0]];
        /// assert_eq!(a.cholesky().to_vec::<f32>(), [2.0, 0.0, 1.0, 2.0]);
        /// assert_eq!(
        ///     (-eye(2)).try_cholesky().unwrap_err().to_string(),
        ///     "cholesky: the matrix is not positive definite, as its first 1 rows and columns show; add a little to its \
        ///      diagonal, or use lu() or eigh()"
        /// );
        /// ```
        pub fn cholesky | try_cholesky(&self) -> Tensor {
            lower("cholesky", self)
        }

        /// [`cholesky`](Tensor::cholesky) as an upper triangle: A = Uᵀ U, and only the upper triangle of A is read.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[4.0, 2.0], [2.0, 5.0]].cholesky_upper().to_vec::<f32>(), [2.0, 1.0, 0.0, 2.0]);
        /// ```
        pub fn cholesky_upper | try_cholesky_upper(&self) -> Tensor {
            square("cholesky_upper", self)?;
            Ok(turned(&lower("cholesky_upper", &turned(self))?))
        }

        /// The solution `x` of `a x = b`, where this tensor is `b`, `[…, n, k]`, from `l`, which is `a.cholesky()`. Stacks broadcast.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let l = tensor![[4.0, 2.0], [2.0, 5.0]].cholesky();
        /// assert!(tensor![[8.0], [12.0]].cholesky_solve(&l).allclose([[1.0], [2.0]]));
        /// ```
        #[doc(alias = "cho_solve")]
        pub fn cholesky_solve | try_cholesky_solve<'a>(&self, l: impl IntoOperand<'a>) -> Tensor {
            let l = &*l.into_operand().beside(self)?;
            solve("cholesky_solve", self, l)
        }

        /// [`cholesky_solve`](Tensor::cholesky_solve) from `u`, which is `a.cholesky_upper()`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let u = tensor![[4.0, 2.0], [2.0, 5.0]].cholesky_upper();
        /// assert!(tensor![[8.0], [12.0]].cholesky_solve_upper(&u).allclose([[1.0], [2.0]]));
        /// ```
        pub fn cholesky_solve_upper | try_cholesky_solve_upper<'a>(&self, u: impl IntoOperand<'a>) -> Tensor {
            let u = &*u.into_operand().beside(self)?;
            square("cholesky_solve_upper", u)?;
            solve("cholesky_solve_upper", self, &turned(u))
        }

        /// The inverse of a matrix `a` from this tensor, which is `a.cholesky()`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let a = tensor![[4.0, 2.0], [2.0, 5.0]];
        /// assert!(a.cholesky().cholesky_inverse().allclose(a.inverse()));
        /// ```
        pub fn cholesky_inverse | try_cholesky_inverse(&self) -> Tensor {
            inverse("cholesky_inverse", self)
        }

        /// The inverse of a matrix `a` from this tensor, which is `a.cholesky_upper()`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let a = tensor![[4.0, 2.0], [2.0, 5.0]];
        /// assert!(a.cholesky_upper().cholesky_inverse_upper().allclose(a.inverse()));
        /// ```
        pub fn cholesky_inverse_upper | try_cholesky_inverse_upper(&self) -> Tensor {
            square("cholesky_inverse_upper", self)?;
            inverse("cholesky_inverse_upper", &turned(self))
        }
    }
}

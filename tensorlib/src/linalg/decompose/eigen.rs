//! Eigenvalues of symmetric matrices.

use super::{made, square, turned};
use crate::autograd::formulas;
use crate::autograd::record::{records, unrecorded};
use crate::error::{Result, fallible};
use crate::op::MatrixOp;
use crate::tensor::Tensor;

fn eigh(op: &str, x: &Tensor) -> Result<(Tensor, Tensor)> {
    let n = square(op, x)?;
    let parts = unrecorded(|| made(op, MatrixOp::Eigen { vectors: true }, x, [&[n], &[n, n]]))?;
    let [values, vectors] = if records(&[x]) { formulas::spectrum::eigh(parts, x) } else { parts };
    Ok((values, vectors))
}

fn eigvalsh(x: &Tensor) -> Result<Tensor> {
    if records(&[x]) {
        return Ok(eigh("eigvalsh", x)?.0);
    }
    let n = square("eigvalsh", x)?;
    let [values] = made("eigvalsh", MatrixOp::Eigen { vectors: false }, x, [&[n]])?;
    Ok(values)
}

impl Tensor {
    fallible! {
        /// The eigenvalues of a symmetric matrix, `[…, n, n]`, in ascending order, `[…, n]`, and its eigenvectors as columns,
        /// `[…, n, n]`: A = V diag(values) Vᵀ. Only the lower triangle of A is read. PyTorch's `torch.linalg.eigh(a)`. A vector may
        /// have the other sign than in PyTorch, and so may its gradient; gradients through vectors need values that differ.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let a = tensor![[2.0, 1.0], [1.0, 2.0]];
        /// let (values, vectors) = a.eigh();
        /// assert!(values.allclose([1.0, 3.0]));
        /// assert!((&vectors * &values).matmul(vectors.t()).allclose(&a));
        /// ```
        pub fn eigh | try_eigh(&self) -> (Tensor, Tensor) {
            eigh("eigh", self)
        }

        /// [`eigh`](Tensor::eigh) of the upper triangle: PyTorch's `UPLO="U"`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let (values, _) = tensor![[2.0, 1.0], [9.0, 2.0]].eigh_upper();
        /// assert!(values.allclose([1.0, 3.0]));
        /// ```
        pub fn eigh_upper | try_eigh_upper(&self) -> (Tensor, Tensor) {
            square("eigh_upper", self)?;
            eigh("eigh_upper", &turned(self))
        }

        /// The eigenvalues of [`eigh`](Tensor::eigh) alone, which takes less time.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(tensor![[2.0, 1.0], [1.0, 2.0]].eigvalsh().allclose([1.0, 3.0]));
        /// ```
        pub fn eigvalsh | try_eigvalsh(&self) -> Tensor {
            eigvalsh(self)
        }
    }
}

//! Singular values, and what is made of them.

use super::solve::is_vector;
use super::{batch, made, sides, turned};
use crate::autograd::formulas;
use crate::autograd::record::{records, unrecorded};
use crate::dtype::DType;
use crate::error::{Result, fallible, shape_error};
use crate::linalg::matmul::same_type;
use crate::op::{MatrixOp, Vectors};
use crate::operand::IntoOperand;
use crate::ops::try_where_cond;
use crate::tensor::Tensor;

fn svd(op: &str, x: &Tensor, vectors: Vectors) -> Result<(Tensor, Tensor, Tensor)> {
    let (rows, columns) = sides(op, x)?;
    let inner = rows.min(columns);
    let (wide, tall) = if vectors == Vectors::Complete { (rows, columns) } else { (inner, inner) };
    let parts = unrecorded(|| made(op, MatrixOp::Svd(vectors), x, [&[rows, wide], &[inner], &[tall, columns]]))?;
    let [u, values, vh] = parts;
    let parts = [u, values, turned(&vh)];
    let [u, values, v] = if records(&[x]) { formulas::spectrum::svd(parts, x) } else { parts };
    Ok((u, values, v))
}

fn svdvals(op: &str, x: &Tensor) -> Result<Tensor> {
    if records(&[x]) {
        return Ok(svd(op, x, Vectors::Reduced)?.1);
    }
    let (rows, columns) = sides(op, x)?;
    let inner = rows.min(columns);
    let [_, values, _] = made(op, MatrixOp::Svd(Vectors::None), x, [&[0, 0], &[inner], &[0, 0]])?;
    Ok(values)
}

/// The part of the largest singular value up to which PyTorch takes others for zero.
fn tolerance(x: &Tensor) -> f64 {
    let epsilon = if x.dtype() == DType::F32 { f32::EPSILON.into() } else { f64::EPSILON };
    x.layout.shape[x.ndim() - 2].max(x.layout.shape[x.ndim() - 1]) as f64 * epsilon
}

/// Whether singular values are greater than a part of the largest.
fn counts(values: &Tensor, rtol: f64) -> Result<Tensor> {
    values.try_gt(values.try_narrow(-1, 0, 1.min(values.layout.shape[values.ndim() - 1]))? * rtol)
}

fn matrix_rank(op: &str, x: &Tensor, rtol: Option<f64>) -> Result<Tensor> {
    let values = svdvals(op, &x.values())?;
    counts(&values, rtol.unwrap_or_else(|| tolerance(x)))?.try_sum_dim(-1)
}

fn pinverse(op: &str, x: &Tensor, rcond: Option<f64>) -> Result<Tensor> {
    let (rows, columns) = sides(op, x)?;
    let records = records(&[x]);
    let y = unrecorded(|| -> Result<_> {
        let (u, values, v) = svd(op, x, Vectors::Reduced)?;
        if rows.min(columns) == 0 {
            return Ok(crate::create::try_zeros([batch(x), &[columns, rows]].concat())?.to_dtype(x.dtype()));
        }
        let counts = counts(&values, rcond.unwrap_or_else(|| tolerance(x)))?;
        let inverses = try_where_cond(counts, values.reciprocal(), 0.0)?;
        v.try_mul(inverses.try_unsqueeze(-2)?)?.try_matmul(turned(&u))
    })?;
    Ok(if records { formulas::spectrum::pinverse(y, x) } else { y })
}

fn lstsq(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let op = "lstsq";
    let (rows, _) = sides(op, a)?;
    if is_vector(a, b) {
        return lstsq(a, &b.try_unsqueeze(-1)?)?.try_squeeze_dim(-1);
    }
    same_type(op, a, b)?;
    if sides(op, b)?.0 != rows {
        return Err(shape_error!(
            "{op}: a matrix of shape {} and a right-hand side of shape {} do not fit: their numbers of rows differ",
            a.size(),
            b.size()
        ));
    }
    pinverse(op, a, None)?.try_matmul(b)
}

impl Tensor {
    fallible! {
        /// A matrix, `[…, m, n]`, as U diag(S) Vᵀ: left singular vectors `[…, m, k]`, singular values in descending order `[…, k]`
        /// and right singular vectors `[…, n, k]`, where k is the lesser of m and n. PyTorch's `x.svd()`; `torch.linalg.svd(x,
        /// full_matrices=False)` gives the last transposed. A pair of vectors may have the other sign than in PyTorch, and so may
        /// its gradient; gradients through vectors need values that differ.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = tensor![[3.0, 0.0], [0.0, 4.0], [0.0, 0.0]];
        /// let (u, s, v) = x.svd();
        /// assert!(s.allclose([4.0, 3.0]));
        /// assert!((&u * &s).matmul(v.t()).allclose(&x));
        /// ```
        pub fn svd | try_svd(&self) -> (Tensor, Tensor, Tensor) {
            svd("svd", self, Vectors::Reduced)
        }

        /// [`svd`](Tensor::svd) with square matrices of vectors, `[…, m, m]` and `[…, n, n]`: PyTorch's `some=False`. The further
        /// vectors are any that complete the others; they have no gradient.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let (u, s, v) = ones([3, 1]).svd_full();
        /// assert_eq!((u.size()[1], s.size()[0], v.size()[1]), (3, 1, 1));
        /// ```
        pub fn svd_full | try_svd_full(&self) -> (Tensor, Tensor, Tensor) {
            svd("svd_full", self, Vectors::Complete)
        }

        /// The singular values of [`svd`](Tensor::svd) alone, which takes less time.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(tensor![[3.0, 0.0], [0.0, -4.0]].svdvals().allclose([4.0, 3.0]));
        /// ```
        pub fn svdvals | try_svdvals(&self) -> Tensor {
            svdvals("svdvals", self)
        }

        /// The number of singular values that are not zero up to rounding: greater than max(m, n) · ε times the
        /// largest, where ε is 1.2e-7 for `f32` and 2.2e-16 for `f64`. `[…, m, n]` to `[…]`, of `i64`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1.0, 2.0], [2.0, 4.0]].matrix_rank().item::<i64>(), 1);
        /// ```
        pub fn matrix_rank | try_matrix_rank(&self) -> Tensor {
            matrix_rank("matrix_rank", self, None)
        }

        /// [`matrix_rank`](Tensor::matrix_rank) with the part of the largest singular value up to which others count as zero.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1.0, 0.0], [0.0, 0.01]].matrix_rank_rtol(0.1).item::<i64>(), 1);
        /// ```
        pub fn matrix_rank_rtol | try_matrix_rank_rtol(&self, rtol: f64) -> Tensor {
            matrix_rank("matrix_rank_rtol", self, Some(rtol))
        }

        /// The pseudoinverse of Moore and Penrose, `[…, m, n]` to `[…, n, m]`: the inverse on the subspace that the
        /// matrix does not map to zero. For a regular matrix it is the inverse. Singular values that are zero up to
        /// rounding count as zero, as for
        /// [`matrix_rank`](Tensor::matrix_rank) and PyTorch's `torch.linalg.pinv`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(tensor![[1.0, 2.0], [2.0, 4.0]].pinverse().allclose([[0.04, 0.08], [0.08, 0.16]]));
        /// ```
        #[doc(alias = "pinv")]
        pub fn pinverse | try_pinverse(&self) -> Tensor {
            pinverse("pinverse", self, None)
        }

        /// [`pinverse`](Tensor::pinverse) with the part of the largest singular value up to which others count as zero.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(tensor![[1.0, 0.0], [0.0, 0.01]].pinverse_rcond(0.1).allclose([[1.0, 0.0], [0.0, 0.0]]));
        /// ```
        pub fn pinverse_rcond | try_pinverse_rcond(&self, rcond: f64) -> Tensor {
            pinverse("pinverse_rcond", self, Some(rcond))
        }

        /// The `x` for which the sum of squares of `a x - b` is least, and of several the shortest, where this tensor is `a`,
        /// `[…, m, n]`, and `b` is `[…, m, k]`, or a vector `[m]` (or `[…, m]`, one for each matrix). The first result of PyTorch's
        /// `torch.linalg.lstsq(a, b)`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// // The straight line nearest to three points.
        /// let a = tensor![[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]];
        /// assert!(a.lstsq([6.0, 5.0, 7.0]).allclose([5.0, 0.5]));
        /// ```
        pub fn lstsq | try_lstsq<'a>(&self, b: impl IntoOperand<'a>) -> Tensor {
            let b = &*b.into_operand().beside(self)?;
            lstsq(self, b)
        }
    }
}

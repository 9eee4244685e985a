//! QR: orthonormal columns times an upper triangle.

use super::{made, sides};
use crate::autograd::formulas;
use crate::autograd::record::{records, unrecorded};
use crate::error::{Result, fallible};
use crate::op::MatrixOp;
use crate::tensor::Tensor;

fn qr(op: &str, x: &Tensor, complete: bool) -> Result<(Tensor, Tensor)> {
    let (rows, columns) = sides(op, x)?;
    let inner = if complete { rows } else { rows.min(columns) };
    let factors = unrecorded(|| made(op, MatrixOp::Qr { complete }, x, [&[rows, inner], &[inner, columns]]))?;
    let [q, r] = if records(&[x]) { formulas::factors::qr(factors, x, inner > columns) } else { factors };
    Ok((q, r))
}

impl Tensor {
    fallible! {
        /// A matrix, `[…, m, n]`, as Q R: orthonormal columns `[…, m, k]` times an upper triangle `[…, k, n]`, where k is the lesser
        /// of m and n. The diagonal of R may be negative. PyTorch's `torch.linalg.qr(x)`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = tensor![[3.0, 1.0], [4.0, 2.0], [0.0, 5.0]];
        /// let (q, r) = x.qr();
        /// assert_eq!((q.size(), r.size()), (Size::from(&[3, 2][..]), Size::from(&[2, 2][..])));
        /// assert!(q.matmul(&r).allclose_within(&x, 1e-5, 1e-6));
        /// assert!(q.t().matmul(&q).allclose_within(eye(2), 1e-5, 1e-6));
        /// ```
        pub fn qr | try_qr(&self) -> (Tensor, Tensor) {
            qr("qr", self, false)
        }

        /// [`qr`](Tensor::qr) with a square Q, `[…, m, m]`, and R of the shape of the matrix: PyTorch's `mode="complete"`. The
        /// further columns of Q are any that complete it, so there is no gradient if m is greater than n.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let (q, r) = tensor![[3.0], [4.0]].qr_complete();
        /// assert_eq!((q.size(), r.size()), (Size::from(&[2, 2][..]), Size::from(&[2, 1][..])));
        /// ```
        pub fn qr_complete | try_qr_complete(&self) -> (Tensor, Tensor) {
            qr("qr_complete", self, true)
        }
    }
}

//! Functions of whole matrices.

use super::{batch, identity, made, square};
use crate::autograd::formulas;
use crate::autograd::record::{records, unrecorded};
use crate::error::{Result, fallible, shape_error};
use crate::op::MatrixOp;
use crate::tensor::Tensor;

fn exp(x: &Tensor) -> Result<Tensor> {
    let n = square("matrix_exp", x)?;
    let [y] = unrecorded(|| made("matrix_exp", MatrixOp::Exp, x, [&[n, n]]))?;
    Ok(if records(&[x]) { formulas::solve::exp(y, x) } else { y })
}

fn power(x: &Tensor, n: i64) -> Result<Tensor> {
    // Whole numbers have powers, too.
    let rows = match x.layout.shape[..] {
        [.., rows, columns] if rows == columns => rows,
        _ => return Err(shape_error!("matrix_power: needs square matrices, not shape {}", x.size())),
    };
    if n == 0 {
        return Ok(identity(rows, rows, x.dtype()).try_expand([batch(x), &[rows, rows]].concat())?.copied());
    }
    let mut factor = if n < 0 { x.try_inverse()? } else { x.alias() };
    let (mut left, mut result) = (n.unsigned_abs(), None::<Tensor>);
    loop {
        if left & 1 == 1 {
            result = Some(match result {
                Some(result) => result.try_matmul(&factor)?,
                None => factor.alias(),
            });
        }
        left >>= 1;
        match (left, result) {
            (0, Some(result)) => return Ok(if n == 1 { result.clone() } else { result }),
            (_, rest) => result = rest,
        }
        factor = factor.try_matmul(&factor)?;
    }
}

impl Tensor {
    fallible! {
        /// The exponential of a square matrix, `[…, n, n]`: 1 + A + A²/2 + A³/6 + …
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// // A quarter turn.
        /// let turn = tensor![[0.0, -1.0], [1.0, 0.0]] * std::f64::consts::FRAC_PI_2;
        /// assert!(turn.matrix_exp().allclose_within([[0.0, -1.0], [1.0, 0.0]], 1e-6, 1e-6));
        /// ```
        #[doc(alias = "expm")]
        pub fn matrix_exp | try_matrix_exp(&self) -> Tensor {
            exp(self)
        }

        /// The product of a square matrix, `[…, n, n]`, with itself, `n` times; with a negative `n` that of its inverse, with 0 the
        /// matrix 1.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = tensor![[1.0, 1.0], [1.0, 0.0]];
        /// assert_eq!(x.matrix_power(10).to_vec::<f32>(), [89.0, 55.0, 55.0, 34.0]);
        /// assert!(x.matrix_power(-1).allclose([[0.0, 1.0], [1.0, -1.0]]));
        /// ```
        pub fn matrix_power | try_matrix_power(&self, n: i64) -> Tensor {
            power(self, n)
        }
    }
}

//! Determinants.

use super::lu::factors;
use super::{square, turned};
use crate::autograd::formulas;
use crate::autograd::record::{records, unrecorded};
use crate::error::{Result, fallible};
use crate::ops::try_where_cond;
use crate::tensor::Tensor;

/// The pivots, whose product is the determinant except for its sign, and 1 or -1 for each matrix, as values.
fn pivots(op: &str, x: &Tensor) -> Result<[Tensor; 2]> {
    let n = square(op, x)?;
    unrecorded(|| {
        // PyTorch decomposes the transposed matrix here; another order would round in another way.
        let [factors, pivots] = factors(op, &turned(x), false)?;
        let exchanges = pivots.try_ne(crate::create::arange(1..=n as i64))?.try_sum_dim(-1)?;
        let sign = 1 - (exchanges % 2) * 2;
        Ok([factors.try_diagonal_dims(0, -2, -1)?, sign.to_dtype(x.dtype())])
    })
}

fn det(x: &Tensor) -> Result<Tensor> {
    let [pivots, sign] = pivots("det", x)?;
    let det = pivots.try_prod_dim(-1)?.try_mul(sign)?;
    Ok(if records(&[x]) { formulas::solve::det(det, x) } else { det })
}

fn slogdet(op: &str, x: &Tensor) -> Result<(Tensor, Tensor)> {
    let [pivots, sign] = pivots(op, x)?;
    let sign = pivots.sign().try_prod_dim(-1)?.try_mul(sign)?;
    let log = pivots.abs().log().try_sum_dim(-1)?;
    Ok((sign, if records(&[x]) { formulas::solve::slogdet(log, x) } else { log }))
}

impl Tensor {
    fallible! {
        /// The determinant of a square matrix, `[…, n, n]` to `[…]`; of one without rows it is 1. It overflows and vanishes easily:
        /// see [`slogdet`](Tensor::slogdet).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1.0, 2.0], [3.0, 4.0]].det().item::<f32>(), -2.0);
        /// ```
        #[doc(alias = "determinant")]
        pub fn det | try_det(&self) -> Tensor {
            det(self)
        }

        /// The sign of the [determinant](Tensor::det), which is 1, -1 or 0, and the logarithm of its magnitude.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let (sign, log) = (eye(100) * 1e-3).slogdet();
        /// assert_eq!(sign.item::<f32>(), 1.0);
        /// assert!(log.allclose(-690.7755)); // the determinant itself is 0 in single precision
        /// ```
        pub fn slogdet | try_slogdet(&self) -> (Tensor, Tensor) {
            slogdet("slogdet", self)
        }

        /// The logarithm of the [determinant](Tensor::det): -∞ if that is 0, NaN if it is negative.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!((eye(2) * 3).logdet().allclose(9f64.ln()));
        /// assert!(tensor![[0.0, 1.0], [1.0, 0.0]].logdet().item::<f32>().is_nan());
        /// ```
        pub fn logdet | try_logdet(&self) -> Tensor {
            let (sign, log) = slogdet("logdet", self)?;
            try_where_cond(sign.lt(0), f64::NAN, &log)
        }
    }
}

//! Running sums and products.

use crate::autograd::formulas::reduce as formulas;
use crate::autograd::record::{Saved, in_place, record, records};
use crate::error::{Result, fallible};
use crate::layout::{Layout, dimension};
use crate::op::CumulativeOp;
use crate::ops::{assign, binary, where_cond};
use crate::tensor::Tensor;

/// Running values along a dimension. Single precision runs in double precision, as in PyTorch.
fn running(op: &str, x: &Tensor, dim: i64, kind: CumulativeOp) -> Result<Tensor> {
    let dim = dimension(op, dim, x.ndim())?;
    let mut room = None;
    let x = x.typed(x.dtype().to_sum(), &mut room);
    let values = x.backend().cumulate(kind, x.elements(), dim);
    Ok(Tensor::from_storage(values, Layout::contiguous(x.layout.shape.clone())))
}

/// [`running`], recorded.
pub(super) fn cumulated(op: &str, x: &Tensor, dim: i64, kind: CumulativeOp) -> Result<Tensor> {
    let values = || running(op, x, dim, kind);
    formulas::reduced(x, values, |y| match kind {
        CumulativeOp::Sum => formulas::cumsum(y, x, dim),
        CumulativeOp::Prod => formulas::cumprod(y, x, dim),
        CumulativeOp::LogSumExp => log_sums(y, x, dim),
    })
}

/// The logarithms of sums of exponentials up to each element, with their gradients.
fn log_sums(sums: Tensor, x: &Tensor, dim: i64) -> Tensor {
    let (kept, kept_sums) = (Saved::operand(x), Saved::result(&sums));
    record(sums, "LogcumsumexpBackward0", &[x], move |pass, gradient| {
        let (x, sums) = (pass.get(&kept)?, pass.get(&kept_sums)?);
        // The sum over all that come after, of positive and of negative gradients, in logarithms: no overflow.
        let part = |gradient: &Tensor| {
            let log = where_cond(gradient.gt(0.0), gradient, 1.0).log();
            let log = where_cond(gradient.gt(0.0), log - &sums, f64::NEG_INFINITY);
            (log.flip(dim).logcumsumexp(dim).flip(dim) + &x).exp()
        };
        pass.give(0, || part(&gradient) - part(&-&gradient));
        Ok(())
    })
}

/// Writes running values over the tensor they were made from.
fn over(op: &str, x: &Tensor, value: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    if records(&[x]) {
        return in_place(op, x, value);
    }
    let value = value(x)?;
    binary::storable(op, value.dtype(), x.dtype())?;
    assign::copy(op, x, &value)?;
    Ok(x.alias())
}

impl Tensor {
    fallible! {
        /// The sum up to each element along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2, 3].cumsum(0).to_vec::<i64>(), [1, 3, 6]);
        /// ```
        #[doc(alias = "cumulative_sum")]
        pub fn cumsum | try_cumsum(&self, dim: i64) -> Tensor {
            cumulated("cumsum", self, dim, CumulativeOp::Sum)
        }

        /// [`cumsum`](Tensor::cumsum) in place.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2, 3].cumsum_(0).to_vec::<i64>(), [1, 3, 6]);
        /// ```
        pub fn cumsum_ | try_cumsum_(&self, dim: i64) -> Tensor {
            over("cumsum_", self, |x| cumulated("cumsum_", x, dim, CumulativeOp::Sum))
        }

        /// The product up to each element along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2, 3].cumprod(0).to_vec::<i64>(), [1, 2, 6]);
        /// ```
        #[doc(alias = "cumulative_prod")]
        pub fn cumprod | try_cumprod(&self, dim: i64) -> Tensor {
            cumulated("cumprod", self, dim, CumulativeOp::Prod)
        }

        /// [`cumprod`](Tensor::cumprod) in place.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2, 3].cumprod_(0).to_vec::<i64>(), [1, 2, 6]);
        /// ```
        pub fn cumprod_ | try_cumprod_(&self, dim: i64) -> Tensor {
            over("cumprod_", self, |x| cumulated("cumprod_", x, dim, CumulativeOp::Prod))
        }
    }
}

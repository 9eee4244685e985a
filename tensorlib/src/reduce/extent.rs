//! What runs along a dimension: extremes and sums of exponentials so far, differences of neighbours.

use crate::dtype::DType;
use crate::error::{Result, fallible};
use crate::layout::{Layout, dimension};
use crate::op::{CumulativeOp, ExtremeOp};
use crate::reduce::cumulative::cumulated;
use crate::reduce::fold::floating;
use crate::tensor::Tensor;

fn cumulative_extreme(op: &str, x: &Tensor, dim: i64, extreme: ExtremeOp) -> Result<(Tensor, Tensor)> {
    let place = dimension(op, dim, x.ndim())?;
    let places = x.backend().cumulate_extreme(extreme, x.elements(), place);
    let places = Tensor::from_storage(places, Layout::contiguous(x.layout.shape.clone()));
    Ok((x.try_gather(dim, &places)?, places))
}

fn diff(op: &str, x: &Tensor, n: usize, dim: i64) -> Result<Tensor> {
    let place = dimension(op, dim, x.ndim())?;
    if x.ndim() == 0 {
        return Err(crate::error::shape_error!("{op}: a number has no neighbours"));
    }
    let mut x = x.alias();
    for _ in 0..n {
        let length = x.layout.shape[place];
        if length == 0 {
            break;
        }
        let (later, earlier) = (x.try_narrow(dim, 1, length - 1)?, x.try_narrow(dim, 0, length - 1)?);
        x = if x.dtype() == DType::Bool { later.try_logical_xor(&earlier)? } else { later.try_sub(&earlier)? };
    }
    Ok(if n == 0 { x.clone() } else { x })
}

impl Tensor {
    fallible! {
        /// The largest element up to each along a dimension, and its position; of equals the last. NaN wins.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let (values, places) = tensor![1, 3, 2].cummax(0);
        /// assert_eq!((values.to_vec::<i64>(), places.to_vec::<i64>()), (vec![1, 3, 3], vec![0, 1, 1]));
        /// ```
        pub fn cummax | try_cummax(&self, dim: i64) -> (Tensor, Tensor) {
            cumulative_extreme("cummax", self, dim, ExtremeOp::Max)
        }

        /// The smallest element up to each along a dimension, and its position; of equals the last. NaN wins.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![2, 3, 1].cummin(0).0.to_vec::<i64>(), [2, 2, 1]);
        /// ```
        pub fn cummin | try_cummin(&self, dim: i64) -> (Tensor, Tensor) {
            cumulative_extreme("cummin", self, dim, ExtremeOp::Min)
        }

        /// The logarithm of the sum of exponentials up to each element along a dimension, without overflow.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(tensor![1000.0, 1000.0].logcumsumexp(0).allclose([1000.0, 1000.0 + 2f64.ln()]));
        /// ```
        pub fn logcumsumexp | try_logcumsumexp(&self, dim: i64) -> Tensor {
            floating("logcumsumexp", self)?;
            cumulated("logcumsumexp", self, dim, CumulativeOp::LogSumExp)
        }

        /// Each element along the last dimension less the one before it; of booleans, whether they differ.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 4, 9].diff().to_vec::<i64>(), [3, 5]);
        /// ```
        #[doc(alias = "ediff1d")]
        pub fn diff | try_diff(&self) -> Tensor {
            diff("diff", self, 1, -1)
        }

        /// [`diff`](Tensor::diff) along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [4, 6]].diff_dim(0).to_vec::<i64>(), [3, 4]);
        /// ```
        pub fn diff_dim | try_diff_dim(&self, dim: i64) -> Tensor {
            diff("diff_dim", self, 1, dim)
        }

        /// [`diff_dim`](Tensor::diff_dim), `n` times.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 4, 9].diff_n(2, 0).to_vec::<i64>(), [2]);
        /// ```
        pub fn diff_n | try_diff_n(&self, n: usize, dim: i64) -> Tensor {
            diff("diff_n", self, n, dim)
        }
    }
}

//! Sums and means of what is not NaN, and both extremes at once.

use crate::autograd::record::records;
use crate::error::{Result, fallible};
use crate::op::ReduceOp;
use crate::reduce::fold::{fallible_reductions, floating, reduced};
use crate::reduce::over::Over;
use crate::size::IntoInts;
use crate::tensor::Tensor;

fn nansum(x: &Tensor, over: &Over) -> Result<Tensor> {
    let is_floating = x.dtype().is_floating_point();
    if is_floating && !records(&[x]) {
        return Ok(reduced(ReduceOp::SumNumbers, x, over));
    }
    let numbers = if is_floating { x.try_masked_fill(x.isnan(), 0.0)? } else { x.alias() };
    let dims: Vec<i64> = over.dims.iter().map(|&dim| dim as i64).collect();
    match over.keep {
        true => numbers.try_sum_keepdim(&dims),
        false => numbers.try_sum_dim(&dims),
    }
}

fn nanmean(op: &str, x: &Tensor, over: &Over) -> Result<Tensor> {
    floating(op, x)?;
    let counts = nansum(&x.isnan().logical_not(), over)?;
    nansum(x, over)?.try_div(counts)
}

fallible_reductions! {
    /// The sum of what is not NaN.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1.0, f64::NAN, 2.0].nansum().item::<f32>(), 3.0);
    /// ```
    nansum try_nansum, nansum_dim try_nansum_dim, nansum_keepdim try_nansum_keepdim: |x, over| nansum(x, over);
    /// The mean of what is not NaN.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1.0, f64::NAN, 2.0].nanmean().item::<f32>(), 1.5);
    /// ```
    nanmean try_nanmean, nanmean_dim try_nanmean_dim, nanmean_keepdim try_nanmean_keepdim: |x, over| nanmean("nanmean", x, over);
}

impl Tensor {
    fallible! {
        /// The smallest and the largest element.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let (min, max) = tensor![3, 1, 2].aminmax();
        /// assert_eq!((min.item::<i64>(), max.item::<i64>()), (1, 3));
        /// ```
        pub fn aminmax | try_aminmax(&self) -> (Tensor, Tensor) {
            Ok((self.try_amin()?, self.try_amax()?))
        }

        /// The smallest and the largest elements along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[3, 1], [2, 4]].aminmax_dim(0).1.to_vec::<i64>(), [3, 4]);
        /// ```
        pub fn aminmax_dim | try_aminmax_dim(&self, dim: i64) -> (Tensor, Tensor) {
            Ok((self.try_amin_dim(dim)?, self.try_amax_dim(dim)?))
        }

        /// [`aminmax_dim`](Tensor::aminmax_dim) with the dimension kept at length 1.
        pub fn aminmax_keepdim | try_aminmax_keepdim(&self, dim: i64) -> (Tensor, Tensor) {
            Ok((self.try_amin_keepdim(dim)?, self.try_amax_keepdim(dim)?))
        }
    }
}

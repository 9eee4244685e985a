//! Mean, variance, standard deviation.

use crate::element::with_floating;
use crate::error::{Result, fallible};
use crate::kernel::reduce::SumSquares;
use crate::reduce::fold::{Over, fallible_reductions, floating, fold};
use crate::size::IntoInts;
use crate::tensor::Tensor;

fn mean(op: &str, x: &Tensor, over: &Over) -> Result<Tensor> {
    floating(op, x)?;
    let count = over.count(x) as f64;
    Ok(super::fold::sum(x, over) / count)
}

/// The mean squared distance from the mean, divided by `count - correction`.
fn var(op: &str, x: &Tensor, over: &Over, correction: f64) -> Result<Tensor> {
    floating(op, x)?;
    let kept = Over { dims: over.dims.clone(), keep: true };
    let distance = x.try_sub(mean(op, x, &kept)?)?;
    let squares = with_floating!(x.dtype(), T => fold::<T, SumSquares>(&distance, over), else unreachable!("checked"));
    Ok(squares / (over.count(x) as f64 - correction).max(0.0))
}

fallible_reductions! {
    /// The mean of all elements, which must be floating-point numbers.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = tensor![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(x.mean().item::<f32>(), 2.5);
    /// assert_eq!(x.mean_dim(0).to_vec::<f32>(), [2.0, 3.0]);
    /// ```
    mean try_mean, mean_dim try_mean_dim, mean_keepdim try_mean_keepdim: |x, over| mean("mean", x, over);
    /// The variance of all elements as a sample: divided by their number minus one.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1.0, 2.0, 3.0].var().item::<f32>(), 1.0);
    /// ```
    var try_var, var_dim try_var_dim, var_keepdim try_var_keepdim: |x, over| var("var", x, over, 1.0);
    /// The standard deviation of all elements as a sample: the root of [`var`](Tensor::var).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1.0, 3.0, 5.0].std().item::<f32>(), 2.0);
    /// ```
    std try_std, std_dim try_std_dim, std_keepdim try_std_keepdim: |x, over| Ok(var("std", x, over, 1.0)?.sqrt());
}

impl Tensor {
    fallible! {
        /// The variance over the given dimensions, divided by the number of elements minus `correction`: 0 for a whole
        /// population, 1 for a sample.
        pub fn var_correction | try_var_correction(&self, dims: impl IntoInts, correction: f64, keepdim: bool) -> Tensor {
            var("var_correction", self, &Over::dims("var_correction", self, &dims.into_ints(), keepdim)?, correction)
        }
    }
}

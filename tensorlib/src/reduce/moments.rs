//! Mean, variance, standard deviation.

use crate::autograd::formulas::reduce as formulas;
use crate::error::Result;
use crate::layout::Layout;
use crate::op::SpreadOp;
use crate::reduce::fold::{fallible_reductions, fallible_reductions_by, floating};
use crate::reduce::over::Over;
use crate::size::IntoInts;
use crate::tensor::Tensor;

fn mean(op: &str, x: &Tensor, over: &Over) -> Result<Tensor> {
    floating(op, x)?;
    let count = over.count(x) as f64;
    Ok(super::fold::sum(x, over) / count)
}

/// [`spread`], recorded.
fn recorded_spread(op: &str, x: &Tensor, over: &Over, correction: f64, kind: SpreadOp) -> Result<Tensor> {
    let is_deviation = kind == SpreadOp::Deviation;
    formulas::reduced(
        x,
        || spread(op, x, over, correction, kind),
        |y| formulas::spread_of(y, x, over, correction, is_deviation),
    )
}

/// The mean squared distance from the mean, divided by `count - correction`, or its root. It is computed in double
/// precision and rounded once.
fn spread(op: &str, x: &Tensor, over: &Over, correction: f64, kind: SpreadOp) -> Result<Tensor> {
    floating(op, x)?;
    let divisor = (over.count(x) as f64 - correction).max(0.0);
    let values = x.backend().spread(kind, x.elements(), &over.dims, divisor);
    Ok(Tensor::from_storage(values, Layout::contiguous(over.shape(x))))
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
    #[doc(alias = "average")]
    mean try_mean, mean_dim try_mean_dim, mean_keepdim try_mean_keepdim:
        |x, over| formulas::reduced(x, || mean("mean", x, over), |y| formulas::mean(y, x, over));
    /// The variance of all elements as a sample: divided by their number minus one. It is computed in double precision, so
    /// that neither a large mean nor huge or tiny elements cost it digits.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1.0, 2.0, 3.0].var().item::<f32>(), 1.0);
    /// assert_eq!(tensor![10000001.0, 10000002.0, 10000003.0].var().item::<f32>(), 1.0);
    /// ```
    var try_var, var_dim try_var_dim, var_keepdim try_var_keepdim: |x, over| recorded_spread("var", x, over, 1.0, SpreadOp::Variance);
    /// The standard deviation of all elements as a sample: the root of [`var`](Tensor::var).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1.0, 3.0, 5.0].std().item::<f32>(), 2.0);
    /// ```
    std try_std, std_dim try_std_dim, std_keepdim try_std_keepdim: |x, over| recorded_spread("std", x, over, 1.0, SpreadOp::Deviation);
}

fallible_reductions_by! {
    /// The variance of all elements, divided by their number minus `correction`: 0 for a whole population, 1 for a sample, as
    /// [`var`](Tensor::var).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = tensor![[1.0, 3.0], [5.0, 5.0]];
    /// assert_eq!(x.i(0).var_correction(0).item::<f32>(), 1.0);
    /// assert_eq!(x.var_correction_dim(0, 1).to_vec::<f32>(), [1.0, 0.0]);
    /// assert_eq!(x.var_correction_keepdim(0, 1).size(), [2, 1]);
    /// ```
    var_correction try_var_correction, var_correction_dim try_var_correction_dim, var_correction_keepdim try_var_correction_keepdim:
        |x, over, correction| recorded_spread("var_correction", x, over, correction, SpreadOp::Variance);
    /// The standard deviation of all elements: the root of [`var_correction`](Tensor::var_correction).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1.0, 5.0].std_correction(0).item::<f32>(), 2.0);
    /// assert_eq!(tensor![[1.0, 5.0]].std_correction_dim(0, 1).to_vec::<f32>(), [2.0]);
    /// ```
    std_correction try_std_correction, std_correction_dim try_std_correction_dim, std_correction_keepdim try_std_correction_keepdim:
        |x, over, correction| recorded_spread("std_correction", x, over, correction, SpreadOp::Deviation);
}

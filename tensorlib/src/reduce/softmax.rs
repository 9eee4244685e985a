//! Softmax and its logarithm.

use crate::autograd::formulas::reduce as formulas;
use crate::dim_vec::DimVec;
use crate::error::{Result, fallible};
use crate::layout::{Layout, dimension};
use crate::op::{ReduceOp, SoftmaxOp};
use crate::reduce::fold::{floating, reduced};
use crate::reduce::over::Over;
use crate::size::{IntoInts, Ints};
use crate::tensor::Tensor;

fn along(op: &str, x: &Tensor, dim: i64, kind: SoftmaxOp) -> Result<Tensor> {
    floating(op, x)?;
    let dim = dimension(op, dim, x.ndim())?;
    if x.numel() == 0 {
        return Ok(x.clone());
    }
    let values = x.backend().softmax(kind, x.elements(), dim);
    Ok(Tensor::from_storage(values, Layout::contiguous(x.layout.shape.clone())))
}

impl Tensor {
    fallible! {
        /// Exponentials along a dimension, divided by their sum: positive numbers that add up to 1.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([1, 4]).softmax(1).to_vec::<f32>(), [0.25; 4]);
        /// ```
        #[doc(alias = "Softmax")]
        pub fn softmax | try_softmax(&self, dim: i64) -> Tensor {
            formulas::reduced(self, || along("softmax", self, dim, SoftmaxOp::Plain), |y| formulas::softmax(y, self, dim, SoftmaxOp::Plain))
        }

        /// The logarithm of [`softmax`](Tensor::softmax), without losing small numbers or, where the elements are large,
        /// their differences.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = tensor![[1.0, 2.0, 3.0]];
        /// assert!(x.log_softmax(1).exp().allclose_within(x.softmax(1), 1e-5, 1e-7));
        /// assert_eq!(tensor![1e7, 1e7].log_softmax(0).to_vec::<f32>(), [-std::f32::consts::LN_2; 2]);
        /// ```
        #[doc(alias = "LogSoftmax")]
        pub fn log_softmax | try_log_softmax(&self, dim: i64) -> Tensor {
            formulas::reduced(self, || along("log_softmax", self, dim, SoftmaxOp::Log), |y| formulas::softmax(y, self, dim, SoftmaxOp::Log))
        }

        /// The logarithm of the sum of exponentials over the given dimensions, without overflow.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1000.0, 1000.0].logsumexp(0).item::<f32>(), 1000.0 + 2.0f32.ln());
        /// ```
        pub fn logsumexp | try_logsumexp(&self, dims: impl IntoInts) -> Tensor {
            logsumexp("logsumexp", self, &dims.into_ints(), false)
        }

        /// [`logsumexp`](Tensor::logsumexp) over the given dimensions, which stay with length 1.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([2, 3]).logsumexp_keepdim(1).size(), [2, 1]);
        /// ```
        pub fn logsumexp_keepdim | try_logsumexp_keepdim(&self, dims: impl IntoInts) -> Tensor {
            logsumexp("logsumexp_keepdim", self, &dims.into_ints(), true)
        }
    }
}

fn logsumexp(op: &str, x: &Tensor, dims: &Ints, keepdim: bool) -> Result<Tensor> {
    floating(op, x)?;
    let over = Over::dims(op, x, dims, keepdim)?;
    formulas::reduced(x, || logsumexp_values(x, &over), |y| formulas::logsumexp(y, x, &over))
}

fn logsumexp_values(x: &Tensor, over: &Over) -> Result<Tensor> {
    if over.count(x) == 0 {
        return Ok(crate::create::full_like(&super::fold::sum(x, over), f64::NEG_INFINITY));
    }
    let dims: DimVec<i64> = over.dims.iter().map(|&dim| dim as i64).collect();
    let largest = x.try_amax_keepdim(&dims[..])?;
    // An infinite largest would make inf - inf.
    largest.try_masked_fill_(largest.abs().eq(f64::INFINITY), 0.0)?;
    let shifted = x.try_sub(&largest)?;
    let sums = reduced(ReduceOp::SumExp, &shifted, over);
    let largest = if over.keep { largest } else { largest.try_squeeze_dim(&dims[..])? };
    sums.log().try_add(&largest)
}

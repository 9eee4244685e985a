//! The reduction of many losses to one.

use crate::error::Result;
use crate::tensor::Tensor;

/// How the losses of a batch are reduced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// Nothing: one for each element, or for each example.
    None,
    /// Their mean; where they have weights, the weighted mean.
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// Of [`kl_div`](super::kl_div): their sum, divided by the length of dimension 0. For other losses the same as `Mean`.
    BatchMean,
}

impl Reduction {
    pub(super) fn of(self, losses: &Tensor) -> Result<Tensor> {
        match self {
            Reduction::None => Ok(losses.alias()),
            Reduction::Mean | Reduction::BatchMean => losses.try_mean(),
            Reduction::Sum => Ok(losses.sum()),
        }
    }
}

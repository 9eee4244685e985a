//! Tensors whose rows belong together.

use super::dataset::{Dataset, outside};
use crate::create::from_vec;
use crate::error::{Result, fallible, or_raise, raise, shape_error, value_error};
use crate::shape::IntoTensors;
use crate::tensor::Tensor;

/// Tensors of one length: example `n` is the `n`th row of each. PyTorch's `TensorDataset`.
///
/// ```
/// # use tensorlib::prelude::*;
/// let dataset = data::TensorDataset::new([&rand([6, 2]), &arange(6)]);
/// assert_eq!(dataset.len(), 6);
/// assert_eq!(dataset.get(4)[1].item::<i64>(), 4);
///
/// let error = data::TensorDataset::try_new([&zeros([2]), &zeros([3])]).err().unwrap();
/// assert_eq!(error.to_string(), "TensorDataset: the tensors must have as many rows as each other, not 2 and 3");
/// ```
pub struct TensorDataset {
    tensors: Vec<Tensor>,
    length: usize,
}

impl TensorDataset {
    /// A dataset on the memory of these tensors.
    #[track_caller]
    pub fn new(tensors: impl IntoTensors) -> TensorDataset {
        or_raise(TensorDataset::try_new(tensors))
    }

    /// [`new`](TensorDataset::new) with the error as a value.
    pub fn try_new(tensors: impl IntoTensors) -> Result<TensorDataset> {
        TensorDataset::of(tensors.into_tensors())
    }

    fn of(tensors: Vec<Tensor>) -> Result<TensorDataset> {
        let lengths = tensors.iter().map(|tensor| {
            tensor.size().first().copied().ok_or_else(|| {
                shape_error!("TensorDataset: a tensor of rank 0 has no rows; an example is a row of each tensor")
            })
        });
        let lengths = lengths.collect::<Result<Vec<usize>>>()?;
        let Some(&length) = lengths.first() else {
            return Err(value_error!("TensorDataset: there are no tensors; give those whose rows are the examples"));
        };
        match lengths.iter().find(|&&other| other != length) {
            Some(other) => Err(shape_error!(
                "TensorDataset: the tensors must have as many rows as each other, not {length} and {other}"
            )),
            None => Ok(TensorDataset { tensors, length }),
        }
    }

    /// All tensors, PyTorch's `dataset.tensors`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(data::TensorDataset::new([&rand([6, 2]), &arange(6)]).tensors().len(), 2);
    /// ```
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    fallible! {
        /// One of the tensors, by its place.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(data::TensorDataset::new([&rand([6, 2]), &arange(6)]).tensor(0).size(), [6, 2]);
        /// ```
        pub fn tensor | try_tensor(&self, place: usize) -> Tensor {
            self.tensors.get(place).map(Tensor::alias).ok_or_else(|| {
                value_error!("TensorDataset: there is no tensor {place}; there are {}", self.tensors.len())
            })
        }
    }
}

impl Clone for TensorDataset {
    /// A second handle on the same tensors.
    fn clone(&self) -> TensorDataset {
        TensorDataset { tensors: self.tensors.iter().map(Tensor::alias).collect(), length: self.length }
    }
}

impl Dataset for TensorDataset {
    type Item = Vec<Tensor>;

    fn len(&self) -> usize {
        self.length
    }

    #[track_caller]
    fn get(&self, index: usize) -> Vec<Tensor> {
        if index >= self.length {
            raise(outside("TensorDataset", index, self.length));
        }
        self.tensors.iter().map(|tensor| tensor.i(index as i64)).collect()
    }

    #[track_caller]
    fn batch(&self, indices: &[usize]) -> Vec<Tensor> {
        self.tensors.iter().map(|tensor| rows("TensorDataset", tensor, indices)).collect()
    }
}

/// Some rows of a tensor that belongs to a dataset, in one step.
#[track_caller]
pub(super) fn rows(dataset: &str, tensor: &Tensor, indices: &[usize]) -> Tensor {
    let length = tensor.size()[0];
    if let Some(&index) = indices.iter().find(|&&index| index >= length) {
        raise(outside(dataset, index, length));
    }
    let in_order = indices.windows(2).all(|pair| pair[1] == pair[0] + 1);
    match (indices.first(), indices.last()) {
        // A copy of one piece is faster than one of as many as there are rows.
        (Some(&first), Some(&last)) if in_order => tensor.i(first as i64..last as i64 + 1).clone(),
        _ => tensor.index_select(0, from_vec(indices.iter().map(|&index| index as i64).collect::<Vec<i64>>())),
    }
}

//! Datasets, and several of them as one.

use std::sync::Arc;

use super::collate::Collate;
use crate::error::{Error, index_error, raise};

/// Examples by number, PyTorch's map-style `Dataset`.
///
/// Values of any kind are one as a [`ListDataset`], tensors as a [`TensorDataset`](super::TensorDataset). Two loaders share a
/// dataset through `Arc::new(dataset)`, which is a dataset, too.
///
/// ```
/// use tensorlib::prelude::*;
///
/// /// Numbers and their squares.
/// struct Squares;
///
/// impl Dataset for Squares {
///     type Item = (f32, i64);
///
///     fn len(&self) -> usize {
///         10
///     }
///
///     fn get(&self, index: usize) -> (f32, i64) {
///         (index as f32, (index * index) as i64)
///     }
/// }
///
/// for (numbers, squares) in &data::DataLoader::new(Squares, 5) {
///     assert!(numbers.square().equal(squares.float()));
/// }
/// ```
pub trait Dataset: Send + Sync + 'static {
    /// An example: a tensor, a pair of a tensor and a label, …
    type Item: Send + 'static;

    /// The number of examples.
    fn len(&self) -> usize;

    /// The example of a number below [`len`](Dataset::len).
    fn get(&self, index: usize) -> Self::Item;

    /// Whether there are no examples.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The batch of the examples of some numbers; a dataset that has a faster way to it than through each of them takes
    /// that way.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let dataset = data::TensorDataset::new([&arange(6).view([3, 2]), &arange(3)]);
    /// assert_eq!(dataset.batch(&[2, 0])[0].to_vec::<i64>(), [4, 5, 0, 1]);
    /// ```
    #[doc(alias = "__getitems__")]
    #[track_caller]
    fn batch(&self, indices: &[usize]) -> <Self::Item as Collate>::Batch
    where
        Self::Item: Collate,
    {
        Collate::collate(indices.iter().map(|&index| self.get(index)).collect())
    }
}

impl<D: Dataset + ?Sized> Dataset for Arc<D> {
    type Item = D::Item;

    fn len(&self) -> usize {
        (**self).len()
    }

    fn get(&self, index: usize) -> D::Item {
        (**self).get(index)
    }

    #[track_caller]
    fn batch(&self, indices: &[usize]) -> <D::Item as Collate>::Batch
    where
        D::Item: Collate,
    {
        (**self).batch(indices)
    }
}

/// Any values as examples.
///
/// ```
/// # use tensorlib::prelude::*;
/// let dataset = data::ListDataset::new(vec![("cat", 0), ("dog", 1)]);
/// assert_eq!((dataset.len(), dataset.get(1)), (2, ("dog", 1)));
/// ```
pub struct ListDataset<T>(Arc<[T]>);

impl<T: Clone + Send + Sync + 'static> ListDataset<T> {
    /// A dataset of these values.
    pub fn new(examples: impl IntoIterator<Item = T>) -> ListDataset<T> {
        ListDataset(examples.into_iter().collect())
    }
}

impl<T> Clone for ListDataset<T> {
    /// A second handle on the same values.
    fn clone(&self) -> ListDataset<T> {
        ListDataset(self.0.clone())
    }
}

impl<T: Clone + Send + Sync + 'static> Dataset for ListDataset<T> {
    type Item = T;

    fn len(&self) -> usize {
        self.0.len()
    }

    #[track_caller]
    fn get(&self, index: usize) -> T {
        self.0.get(index).cloned().unwrap_or_else(|| raise(outside("ListDataset", index, self.len())))
    }
}

/// For an example that is not there.
pub(super) fn outside(dataset: &str, index: usize, length: usize) -> Error {
    index_error!("{dataset}: there is no example {index}; the dataset has {length}")
}

/// Several datasets of one kind, one after the other. PyTorch's `ConcatDataset`.
///
/// ```
/// # use tensorlib::prelude::*;
/// let both = data::ConcatDataset::new([data::ListDataset::new([1.0, 2.0]), data::ListDataset::new([3.0])]);
/// assert_eq!((both.len(), both.get(2)), (3, 3.0));
/// ```
pub struct ConcatDataset<D> {
    datasets: Vec<D>,
    /// Where each dataset ends.
    ends: Vec<usize>,
}

impl<D: Dataset> ConcatDataset<D> {
    /// Datasets of one type; such of several types have their items in common as `Arc<dyn Dataset<Item = …>>`.
    pub fn new(datasets: impl IntoIterator<Item = D>) -> ConcatDataset<D> {
        let datasets: Vec<D> = datasets.into_iter().collect();
        let mut end = 0;
        let ends = datasets.iter().map(|dataset| {
            end += dataset.len();
            end
        });
        ConcatDataset { ends: ends.collect(), datasets }
    }
}

impl<D: Dataset> Dataset for ConcatDataset<D> {
    type Item = D::Item;

    fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    #[track_caller]
    fn get(&self, index: usize) -> D::Item {
        let place = self.ends.partition_point(|&end| end <= index);
        let Some(dataset) = self.datasets.get(place) else { raise(outside("ConcatDataset", index, self.len())) };
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        dataset.get(index - start)
    }
}

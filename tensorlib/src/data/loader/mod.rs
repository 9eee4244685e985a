//! Batches of a dataset, one after the other.
//!
//! This code has the types of a user's dataset and batches, and is compiled with the user's cell; it only puts types on
//! what `pass` does without any, which is compiled once.

mod batch;
mod pass;
mod workers;

use std::marker::PhantomData;
use std::sync::Arc;

use self::batch::Fetch;
use self::pass::{Order, Pass, Plan};
use super::collate::Collate;
use super::dataset::Dataset;
use super::sampler::{BatchSampler, Sampler};

/// A batch of a dataset's examples.
type BatchOf<D> = <<D as Dataset>::Item as Collate>::Batch;

/// Gives the examples of a dataset in batches, PyTorch's `DataLoader`. It can be passed through any number of times; a
/// shuffled one has another order each time, after [`manual_seed`](crate::manual_seed) PyTorch's.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let images = arange(10).float().view([10, 1, 1]).expand([10, 1, 2]);
/// let examples = (0..10_i64).map(|n| (images.i(n), n));
/// let loader = data::DataLoader::new(data::ListDataset::new(examples), 4).shuffle(true).drop_last(true);
/// assert_eq!(loader.len(), 2);
/// for (images, labels) in &loader {
///     assert_eq!(images.size(), [4, 1, 2]);
///     assert_eq!(images.i((.., 0, 0)).long().to_vec::<i64>(), labels.to_vec::<i64>());
/// }
/// ```
///
/// # Workers
/// With `workers(n)` as many threads prepare batches ahead, two for each. The batches are the same and in the same order
/// whatever `n` is; random transforms draw from a generator of their own for each batch then, and without workers from the
/// one that [`manual_seed`](crate::manual_seed) sets. A panic in a worker arrives at the loop that asked for the batch. The
/// threads end with the loop.
pub struct DataLoader<D: Dataset, B = BatchOf<D>> {
    dataset: Arc<D>,
    /// Makes batches of type `B`.
    fetch: Fetch,
    plan: Plan,
    batches: PhantomData<fn() -> B>,
}

impl<D: Dataset> DataLoader<D, BatchOf<D>>
where
    D::Item: Collate,
{
    /// Batches of `batch_size` examples in their order, the last with the remaining examples.
    #[track_caller]
    pub fn new(dataset: D, batch_size: usize) -> DataLoader<D, BatchOf<D>> {
        let plan = Plan::new(batch_size);
        let dataset = Arc::new(dataset);
        DataLoader {
            dataset: dataset.clone(),
            fetch: fetch(move |indices| dataset.batch(indices)),
            plan,
            batches: PhantomData,
        }
    }
}

/// A way to make batches, without their type.
fn fetch<B: Send + 'static>(batch: impl Fn(&[usize]) -> B + Send + Sync + 'static) -> Fetch {
    Arc::new(move |indices| Box::new(batch(indices)))
}

impl<D: Dataset, B: Send + 'static> DataLoader<D, B> {
    /// Whether the order is random, and another one in each pass.
    pub fn shuffle(self, shuffle: bool) -> DataLoader<D, B> {
        self.ordered(if shuffle { Order::Shuffled } else { Order::AsTheyAre })
    }

    /// Whether a last batch with fewer examples is left out.
    pub fn drop_last(mut self, drop_last: bool) -> DataLoader<D, B> {
        self.plan.drop_last = drop_last;
        self
    }

    /// How many threads prepare batches ahead of the loop; with 0 the loop does it itself.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let loader = data::DataLoader::new(data::ListDataset::new([1.0_f32, 2.0, 3.0]), 2).workers(2);
    /// assert_eq!(loader.into_iter().map(|batch| batch.len()).collect::<Vec<_>>(), [2, 1]);
    /// ```
    #[doc(alias = "num_workers")]
    pub fn workers(mut self, workers: usize) -> DataLoader<D, B> {
        self.plan.workers = workers;
        self
    }

    /// Takes the order from a sampler.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let sampler = data::WeightedRandomSampler::new([0.0, 1.0, 1.0], 6);
    /// let loader = data::DataLoader::new(data::ListDataset::new([1.0_f32, 2.0, 3.0]), 2).sampler(sampler);
    /// assert!(loader.len() == 3 && loader.into_iter().all(|batch| batch.gt(1.0).all().item::<bool>()));
    /// ```
    pub fn sampler(self, sampler: impl Sampler) -> DataLoader<D, B> {
        self.ordered(Order::Sampler(Arc::new(sampler)))
    }

    /// Takes whole batches from a sampler; `batch_size` and `drop_last` are its own.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let batches = data::BatchSampler::new(data::SequentialSampler::new(3), 2, true);
    /// assert_eq!(data::DataLoader::new(data::ListDataset::new([1.0_f32, 2.0, 3.0]), 1).batch_sampler(batches).len(), 1);
    /// ```
    pub fn batch_sampler(self, batches: BatchSampler) -> DataLoader<D, B> {
        self.ordered(Order::Batches(Arc::new(batches)))
    }

    /// Makes batches in another way than [`Collate`] does.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// // Sequences of several lengths, filled up with zeros.
    /// let loader = data::DataLoader::new(data::ListDataset::new([vec![1.0_f32], vec![2.0, 3.0]]), 2).collate(|rows: Vec<Vec<f32>>| {
    ///     let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
    ///     let padded: Vec<Vec<f32>> = rows.into_iter().map(|mut row| { row.resize(longest, 0.0); row }).collect();
    ///     tensor(padded)
    /// });
    /// assert_eq!(loader.into_iter().next().unwrap().to_vec::<f32>(), [1.0, 0.0, 2.0, 3.0]);
    /// ```
    #[doc(alias = "collate_fn")]
    pub fn collate<C: Send + 'static>(
        self,
        collate: impl Fn(Vec<D::Item>) -> C + Send + Sync + 'static,
    ) -> DataLoader<D, C> {
        let dataset = self.dataset.clone();
        let fetch = fetch(move |indices| collate(indices.iter().map(|&index| dataset.get(index)).collect()));
        DataLoader { dataset: self.dataset, fetch, plan: self.plan, batches: PhantomData }
    }

    fn ordered(mut self, order: Order) -> DataLoader<D, B> {
        self.plan.order = order;
        self
    }

    /// The number of batches in a pass.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(data::DataLoader::new(data::ListDataset::new([1.0_f32, 2.0, 3.0]), 2).len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.plan.len(self.dataset.len())
    }

    /// Whether a pass has no batches.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The options that are not the usual ones, and the number of batches.
    pub(super) fn options(&self) -> String {
        self.plan.options(self.dataset.len())
    }

    /// The dataset: `loader.dataset().len()` examples.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(data::DataLoader::new(data::ListDataset::new([1.0_f32, 2.0, 3.0]), 2).dataset().len(), 3);
    /// ```
    pub fn dataset(&self) -> &D {
        &self.dataset
    }

    /// One pass: the same as `for batch in &loader`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let loader = data::DataLoader::new(data::ListDataset::new([1.0_f32, 2.0, 3.0]), 2);
    /// assert_eq!(loader.iter().next().unwrap().to_vec::<f32>(), [1.0, 2.0]);
    /// ```
    pub fn iter(&self) -> Batches<D, B> {
        Batches {
            pass: Pass::new(&self.plan, self.dataset.len(), &self.fetch),
            dataset: PhantomData,
            batches: PhantomData,
        }
    }
}

impl<D: Dataset, B: Send + 'static> IntoIterator for &DataLoader<D, B> {
    type Item = B;
    type IntoIter = Batches<D, B>;

    fn into_iter(self) -> Batches<D, B> {
        self.iter()
    }
}

impl<D: Dataset, B: Send + 'static> IntoIterator for DataLoader<D, B> {
    type Item = B;
    type IntoIter = Batches<D, B>;

    fn into_iter(self) -> Batches<D, B> {
        self.iter()
    }
}

/// One pass through a [`DataLoader`].
pub struct Batches<D: Dataset, B> {
    pass: Pass,
    dataset: PhantomData<fn() -> D>,
    batches: PhantomData<fn() -> B>,
}

impl<D: Dataset, B: Send + 'static> Iterator for Batches<D, B> {
    type Item = B;

    #[track_caller]
    fn next(&mut self) -> Option<B> {
        let batch = self.pass.next()?;
        Some(*batch.downcast().expect("a loader makes batches of its own type"))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.pass.left(), Some(self.pass.left()))
    }
}

impl<D: Dataset, B: Send + 'static> ExactSizeIterator for Batches<D, B> {}

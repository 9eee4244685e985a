//! Batches of a dataset, one after the other.

mod workers;

use std::sync::Arc;

use self::workers::Workers;
use super::collate::Collate;
use super::dataset::Dataset;
use super::sampler::{BatchSampler, RandomSampler, Sampler, SequentialSampler, at_least_one};
use crate::create::draw_seed;
use crate::error::count;
use crate::interrupt;

/// How the examples of some numbers become a batch.
type Fetch<D, B> = Arc<dyn Fn(&D, &[usize]) -> B + Send + Sync>;

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
    fetch: Fetch<D, B>,
    batch_size: usize,
    order: Order,
    drop_last: bool,
    workers: usize,
}

/// Where the order comes from.
#[derive(Clone)]
enum Order {
    AsTheyAre,
    Shuffled,
    Sampler(Arc<dyn Sampler>),
    Batches(Arc<BatchSampler>),
}

impl<D: Dataset> DataLoader<D, BatchOf<D>>
where
    D::Item: Collate,
{
    /// Batches of `batch_size` examples in their order, the last with what is left.
    #[track_caller]
    pub fn new(dataset: D, batch_size: usize) -> DataLoader<D, BatchOf<D>> {
        DataLoader {
            dataset: Arc::new(dataset),
            fetch: Arc::new(|dataset: &D, indices: &[usize]| {
                let slow = || Collate::collate(indices.iter().map(|&index| dataset.get(index)).collect());
                dataset.gather(indices).unwrap_or_else(slow)
            }),
            batch_size: at_least_one(batch_size),
            order: Order::AsTheyAre,
            drop_last: false,
            workers: 0,
        }
    }
}

impl<D: Dataset, B: Send + 'static> DataLoader<D, B> {
    /// Whether the order is random, and another one in each pass.
    pub fn shuffle(self, shuffle: bool) -> DataLoader<D, B> {
        DataLoader { order: if shuffle { Order::Shuffled } else { Order::AsTheyAre }, ..self }
    }

    /// Whether a last batch with fewer examples is left out.
    pub fn drop_last(self, drop_last: bool) -> DataLoader<D, B> {
        DataLoader { drop_last, ..self }
    }

    /// How many threads prepare batches ahead of the loop; with 0 the loop does it itself.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let loader = data::DataLoader::new(data::ListDataset::new([1.0_f32, 2.0, 3.0]), 2).workers(2);
    /// assert_eq!(loader.into_iter().map(|batch| batch.len()).collect::<Vec<_>>(), [2, 1]);
    /// ```
    #[doc(alias = "num_workers")]
    pub fn workers(self, workers: usize) -> DataLoader<D, B> {
        DataLoader { workers, ..self }
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
        DataLoader { order: Order::Sampler(Arc::new(sampler)), ..self }
    }

    /// Takes whole batches from a sampler; `batch_size` and `drop_last` are its own.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let batches = data::BatchSampler::new(data::SequentialSampler::new(3), 2, true);
    /// assert_eq!(data::DataLoader::new(data::ListDataset::new([1.0_f32, 2.0, 3.0]), 1).batch_sampler(batches).len(), 1);
    /// ```
    pub fn batch_sampler(self, batches: BatchSampler) -> DataLoader<D, B> {
        DataLoader { order: Order::Batches(Arc::new(batches)), ..self }
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
        let fetch: Fetch<D, C> = Arc::new(move |dataset: &D, indices: &[usize]| {
            collate(indices.iter().map(|&index| dataset.get(index)).collect())
        });
        let DataLoader { dataset, batch_size, order, drop_last, workers, .. } = self;
        DataLoader { dataset, fetch, batch_size, order, drop_last, workers }
    }

    /// The number of batches in a pass.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(data::DataLoader::new(data::ListDataset::new([1.0_f32, 2.0, 3.0]), 2).len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        let examples = match &self.order {
            Order::AsTheyAre | Order::Shuffled => self.dataset.len(),
            Order::Sampler(sampler) => sampler.len(),
            Order::Batches(batches) => return batches.len(),
        };
        if self.drop_last { examples / self.batch_size } else { examples.div_ceil(self.batch_size) }
    }

    /// Whether a pass has no batches.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The options that are not the usual ones, and the number of batches.
    pub(super) fn options(&self) -> String {
        let size = format!("batch_size={}", self.batch_size);
        let mut options = match &self.order {
            Order::AsTheyAre => vec![size],
            Order::Shuffled => vec![size, "shuffle=true".into()],
            Order::Sampler(_) => vec![size, "sampler".into()],
            Order::Batches(batches) => vec![format!("{batches:?}")],
        };
        if self.drop_last {
            options.push("drop_last=true".into());
        }
        if self.workers > 0 {
            options.push(format!("workers={}", self.workers));
        }
        options.push(count(self.len(), "batch"));
        options.join(", ")
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
        Batches::of(self)
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
    dataset: Arc<D>,
    fetch: Fetch<D, B>,
    /// What is left to do; drawn when the first batch is asked for, as in PyTorch.
    batches: Option<std::vec::IntoIter<Vec<usize>>>,
    sampler: BatchSampler,
    length: usize,
    workers: Option<Workers<B>>,
}

/// A sampler that the loader keeps.
struct Kept(Arc<dyn Sampler>);

impl Sampler for Kept {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn draw(&self) -> Vec<usize> {
        self.0.draw()
    }
}

impl<D: Dataset, B: Send + 'static> Batches<D, B> {
    fn of(loader: &DataLoader<D, B>) -> Batches<D, B> {
        // PyTorch draws a seed for its workers first, also when there are none.
        let seed = draw_seed();
        let (size, drop_last, examples) = (loader.batch_size, loader.drop_last, loader.dataset.len());
        let mut drawn = None;
        let sampler = match &loader.order {
            Order::AsTheyAre => BatchSampler::new(SequentialSampler::new(examples), size, drop_last),
            Order::Shuffled => BatchSampler::new(RandomSampler::new(examples), size, drop_last),
            Order::Sampler(sampler) => BatchSampler::new(Kept(sampler.clone()), size, drop_last),
            Order::Batches(batches) => {
                drawn = Some(batches.draw().into_iter());
                BatchSampler::new(SequentialSampler::new(0), size, drop_last)
            }
        };
        let (dataset, fetch) = (loader.dataset.clone(), loader.fetch.clone());
        let workers = (loader.workers > 0).then(|| {
            let (dataset, fetch) = (dataset.clone(), fetch.clone());
            Workers::start(loader.workers, seed, Arc::new(move |indices: &[usize]| fetch(&dataset, indices)))
        });
        Batches { dataset, fetch, batches: drawn, sampler, length: loader.len(), workers }
    }
}

impl<D: Dataset, B: Send + 'static> Iterator for Batches<D, B> {
    type Item = B;

    #[track_caller]
    fn next(&mut self) -> Option<B> {
        interrupt::check();
        let batches = self.batches.get_or_insert_with(|| self.sampler.draw().into_iter());
        let batch = match &mut self.workers {
            None => batches.next().map(|indices| (self.fetch)(&self.dataset, &indices)),
            Some(workers) => workers.next(batches),
        };
        self.length = self.length.saturating_sub(1);
        batch
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.length, Some(self.length))
    }
}

impl<D: Dataset, B: Send + 'static> ExactSizeIterator for Batches<D, B> {}

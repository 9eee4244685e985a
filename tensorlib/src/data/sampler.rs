//! In which order a loader takes the examples of a dataset.
//!
//! After [`manual_seed`](crate::manual_seed) the samplers draw what PyTorch's draw.

use crate::create::{OwnGenerator, draw_seed, randint, randperm};
use crate::error::{or_raise, value_error};
use crate::tensor::Tensor;

/// An order of examples, drawn again for each pass.
///
/// ```
/// use tensorlib::prelude::*;
///
/// /// From the last to the first.
/// struct Backwards(usize);
///
/// impl data::Sampler for Backwards {
///     fn len(&self) -> usize {
///         self.0
///     }
///
///     fn draw(&self) -> Vec<usize> {
///         (0..self.0).rev().collect()
///     }
/// }
///
/// let loader = data::DataLoader::new(data::ListDataset::new([1_i32, 2, 3]), 3).sampler(Backwards(3));
/// assert_eq!(loader.into_iter().next().unwrap().to_vec::<i32>(), [3, 2, 1]);
/// ```
pub trait Sampler: Send + Sync + 'static {
    /// How many examples a pass takes.
    fn len(&self) -> usize;

    /// Whether a pass takes none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers of the examples of one pass, in order.
    fn draw(&self) -> Vec<usize>;
}

fn numbers(order: &Tensor) -> Vec<usize> {
    order.to_vec::<i64>().into_iter().map(|number| number as usize).collect()
}

/// All examples in their order.
///
/// ```
/// # use tensorlib::prelude::*;
/// assert_eq!(data::Sampler::draw(&data::SequentialSampler::new(3)), [0, 1, 2]);
/// ```
#[derive(Clone, Debug)]
pub struct SequentialSampler(usize);

impl SequentialSampler {
    /// Of a dataset with `length` examples.
    pub fn new(length: usize) -> SequentialSampler {
        SequentialSampler(length)
    }
}

impl Sampler for SequentialSampler {
    fn len(&self) -> usize {
        self.0
    }

    fn draw(&self) -> Vec<usize> {
        (0..self.0).collect()
    }
}

/// Examples in random order, each once; or as many as wanted, each drawn from all.
///
/// ```
/// use tensorlib::data::{RandomSampler, Sampler};
///
/// let mut order = RandomSampler::new(5).draw();
/// order.sort();
/// assert_eq!(order, [0, 1, 2, 3, 4]);
/// assert_eq!(RandomSampler::new(5).replacement(true).num_samples(100).draw().len(), 100);
/// ```
#[derive(Clone, Debug)]
pub struct RandomSampler {
    length: usize,
    replacement: bool,
    count: usize,
}

impl RandomSampler {
    /// Of a dataset with `length` examples.
    pub fn new(length: usize) -> RandomSampler {
        RandomSampler { length, replacement: false, count: length }
    }

    /// Whether an example may come again before all have come.
    pub fn replacement(self, replacement: bool) -> RandomSampler {
        RandomSampler { replacement, ..self }
    }

    /// How many examples a pass takes.
    pub fn num_samples(self, count: usize) -> RandomSampler {
        RandomSampler { count, ..self }
    }
}

impl Sampler for RandomSampler {
    fn len(&self) -> usize {
        if self.length == 0 { 0 } else { self.count }
    }

    fn draw(&self) -> Vec<usize> {
        if self.is_empty() {
            return Vec::new();
        }
        // As in PyTorch: one number of the process's generator, whatever the dataset's length.
        let _own = OwnGenerator::new(draw_seed());
        if self.replacement {
            return numbers(&randint(self.length as i64, [self.count]));
        }
        let mut order = Vec::with_capacity(self.count);
        while order.len() < self.count {
            order.extend(numbers(&randperm(self.length)).into_iter().take(self.count - order.len()));
        }
        order
    }
}

/// Some examples in random order.
///
/// ```
/// # use tensorlib::prelude::*;
/// let mut order = data::Sampler::draw(&data::SubsetRandomSampler::new([7, 5]));
/// order.sort();
/// assert_eq!(order, [5, 7]);
/// ```
#[derive(Clone, Debug)]
pub struct SubsetRandomSampler(Vec<usize>);

impl SubsetRandomSampler {
    /// The examples of these numbers.
    pub fn new(indices: impl IntoIterator<Item = usize>) -> SubsetRandomSampler {
        SubsetRandomSampler(indices.into_iter().collect())
    }
}

impl Sampler for SubsetRandomSampler {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn draw(&self) -> Vec<usize> {
        numbers(&randperm(self.0.len())).into_iter().map(|place| self.0[place]).collect()
    }
}

/// Examples drawn by weights, which need not add up to 1: what is rare can come as often as what is not.
///
/// ```
/// use tensorlib::data::{Sampler, WeightedRandomSampler};
///
/// let sampler = WeightedRandomSampler::new([0.0, 1.0, 3.0], 20);
/// assert!(sampler.draw().into_iter().all(|index| index > 0));
/// let mut order = WeightedRandomSampler::new([0.5, 1.0, 3.0], 3).replacement(false).draw();
/// order.sort();
/// assert_eq!(order, [0, 1, 2]);
/// ```
#[derive(Clone, Debug)]
pub struct WeightedRandomSampler {
    weights: Vec<f64>,
    count: usize,
    replacement: bool,
}

impl WeightedRandomSampler {
    /// A weight for each example, and how many a pass takes.
    pub fn new(weights: impl Into<Vec<f64>>, num_samples: usize) -> WeightedRandomSampler {
        WeightedRandomSampler { weights: weights.into(), count: num_samples, replacement: true }
    }

    /// Whether an example may come several times, as it may unless this says no.
    pub fn replacement(self, replacement: bool) -> WeightedRandomSampler {
        WeightedRandomSampler { replacement, ..self }
    }
}

impl Sampler for WeightedRandomSampler {
    fn len(&self) -> usize {
        self.count
    }

    #[track_caller]
    fn draw(&self) -> Vec<usize> {
        let weights = Tensor::from(&self.weights[..]).double();
        let drawn = match self.replacement {
            true => weights.try_multinomial_with_replacement(self.count),
            false => weights.try_multinomial(self.count),
        };
        numbers(&or_raise(drawn.map_err(|error| value_error!("WeightedRandomSampler: {error}"))))
    }
}

/// Batches of what another sampler draws.
///
/// ```
/// use tensorlib::data::{BatchSampler, SequentialSampler};
///
/// let batches = BatchSampler::new(SequentialSampler::new(5), 2, false);
/// assert_eq!(batches.draw(), [vec![0, 1], vec![2, 3], vec![4]]);
/// assert_eq!(batches.len(), 3);
/// assert_eq!(BatchSampler::new(SequentialSampler::new(5), 2, true).len(), 2);
/// ```
pub struct BatchSampler {
    sampler: Box<dyn Sampler>,
    batch_size: usize,
    drop_last: bool,
}

impl BatchSampler {
    /// Batches of `batch_size` examples; whether a last one with fewer is left out.
    #[track_caller]
    pub fn new(sampler: impl Sampler, batch_size: usize, drop_last: bool) -> BatchSampler {
        BatchSampler { sampler: Box::new(sampler), batch_size: at_least_one(batch_size), drop_last }
    }

    /// The number of batches in a pass.
    pub fn len(&self) -> usize {
        let examples = self.sampler.len();
        if self.drop_last { examples / self.batch_size } else { examples.div_ceil(self.batch_size) }
    }

    /// Whether a pass has no batches.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The batches of one pass, in order.
    pub fn draw(&self) -> Vec<Vec<usize>> {
        batches(&self.sampler.draw(), self.batch_size, self.drop_last)
    }
}

/// An order of examples in pieces of `batch_size`; whether a last one with fewer is left out.
pub(super) fn batches(order: &[usize], batch_size: usize, drop_last: bool) -> Vec<Vec<usize>> {
    let batches = order.chunks(batch_size).map(<[usize]>::to_vec);
    batches.filter(|batch| !drop_last || batch.len() == batch_size).collect()
}

#[track_caller]
pub(super) fn at_least_one(batch_size: usize) -> usize {
    if batch_size == 0 {
        or_raise(Err(value_error!("DataLoader: a batch must have at least one example, not 0")))
    }
    batch_size
}

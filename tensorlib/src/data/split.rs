//! Parts of a dataset.

use std::sync::Arc;

use super::collate::Collate;
use super::dataset::{Dataset, outside};
use crate::create::randperm;
use crate::error::{Result, or_raise, raise, value_error};

/// Some examples of a dataset, in an order of their own. PyTorch's `Subset`.
///
/// ```
/// # use tensorlib::prelude::*;
/// let odd = data::Subset::new(data::ListDataset::new([0.0, 1.0, 2.0, 3.0]), [3, 1]);
/// assert_eq!((odd.len(), odd.get(0)), (2, 3.0));
/// ```
pub struct Subset<D> {
    dataset: Arc<D>,
    indices: Arc<[usize]>,
}

impl<D: Dataset> Subset<D> {
    /// The examples of these numbers.
    #[track_caller]
    pub fn new(dataset: D, indices: impl IntoIterator<Item = usize>) -> Subset<D> {
        let indices: Arc<[usize]> = indices.into_iter().collect();
        if let Some(&index) = indices.iter().find(|&&index| index >= dataset.len()) {
            raise(outside("Subset", index, dataset.len()));
        }
        Subset { dataset: Arc::new(dataset), indices }
    }

    /// The numbers that the examples have in the whole dataset.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(data::Subset::new(data::ListDataset::new([0.0, 1.0]), [1]).indices(), [1]);
    /// ```
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }

    /// The whole dataset.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(data::Subset::new(data::ListDataset::new([0.0, 1.0]), [1]).dataset().len(), 2);
    /// ```
    pub fn dataset(&self) -> &D {
        &self.dataset
    }
}

impl<D> Clone for Subset<D> {
    /// The same examples of the same dataset.
    fn clone(&self) -> Subset<D> {
        Subset { dataset: self.dataset.clone(), indices: self.indices.clone() }
    }
}

impl<D: Dataset> Dataset for Subset<D> {
    type Item = D::Item;

    fn len(&self) -> usize {
        self.indices.len()
    }

    #[track_caller]
    fn get(&self, index: usize) -> D::Item {
        self.dataset.get(place(&self.indices, index))
    }

    #[track_caller]
    fn batch(&self, indices: &[usize]) -> <D::Item as Collate>::Batch
    where
        D::Item: Collate,
    {
        self.dataset.batch(&places(&self.indices, indices))
    }
}

/// The number that an example of a subset has in the whole dataset.
#[track_caller]
fn place(subset: &[usize], index: usize) -> usize {
    subset.get(index).copied().unwrap_or_else(|| raise(outside("Subset", index, subset.len())))
}

#[track_caller]
fn places(subset: &[usize], indices: &[usize]) -> Vec<usize> {
    indices.iter().map(|&index| place(subset, index)).collect()
}

/// How much of a dataset a part takes: a fraction, or a number of examples.
pub trait Part: Copy {
    /// The fraction, or the number.
    fn value(self) -> std::result::Result<f64, i64>;
}

macro_rules! parts {
    ($($fraction:ty),*; $($count:ty),*) => {
        $(impl Part for $fraction {
            fn value(self) -> std::result::Result<f64, i64> {
                Ok(f64::from(self))
            }
        })*
        $(impl Part for $count {
            fn value(self) -> std::result::Result<f64, i64> {
                Err(self as i64)
            }
        })*
    };
}
parts!(f32, f64; usize, i32, i64);

/// The parts of [`random_split`]: an array of two, three or four gives as many subsets in a tuple, a vector or a slice gives
/// a vector.
pub trait Parts<D> {
    /// The subsets.
    type Subsets;

    /// How much each takes.
    fn values(&self) -> Vec<std::result::Result<f64, i64>>;

    /// The subsets in the form that belongs to the parts.
    fn arrange(subsets: Vec<Subset<D>>) -> Self::Subsets;
}

macro_rules! arrays {
    ($($count:literal: $($name:ident)+;)*) => { $(
        impl<D, P: Part> Parts<D> for [P; $count] {
            type Subsets = ($(arrays!(@subset $name D),)+);

            fn values(&self) -> Vec<std::result::Result<f64, i64>> {
                self.iter().map(|part| part.value()).collect()
            }

            fn arrange(subsets: Vec<Subset<D>>) -> Self::Subsets {
                let mut subsets = subsets.into_iter();
                $(let $name = subsets.next().expect("there are as many subsets as parts");)+
                ($($name,)+)
            }
        }
    )* };
    (@subset $name:ident $D:ident) => { Subset<$D> };
}
arrays! {
    2: a b;
    3: a b c;
    4: a b c d;
}

macro_rules! lists {
    ($($ty:ty),*) => { $(
        impl<D, P: Part> Parts<D> for $ty {
            type Subsets = Vec<Subset<D>>;

            fn values(&self) -> Vec<std::result::Result<f64, i64>> {
                self.iter().map(|part| part.value()).collect()
            }

            fn arrange(subsets: Vec<Subset<D>>) -> Vec<Subset<D>> {
                subsets
            }
        }
    )* };
}
lists!(Vec<P>, &[P], &Vec<P>);

/// Deals the examples out at random: fractions of 1, or numbers of examples that add up to all. PyTorch's `random_split`;
/// after [`manual_seed`](crate::manual_seed) with the same number the parts are PyTorch's.
///
/// ```
/// # use tensorlib::prelude::*;
/// let (train, valid) = data::random_split(data::ListDataset::new([0.0; 10]), [0.8, 0.2]);
/// assert_eq!((train.len(), valid.len()), (8, 2));
/// let (a, b, c) = data::random_split(data::ListDataset::new([0.0; 10]), [5, 3, 2]);
/// assert_eq!((a.len(), b.len(), c.len()), (5, 3, 2));
///
/// let error = data::try_random_split(data::ListDataset::new([0.0; 10]), [5, 3]).err().unwrap();
/// assert_eq!(error.to_string(), "random_split: the parts have 8 examples together, and the dataset has 10");
/// ```
#[track_caller]
pub fn random_split<D: Dataset, P: Parts<D>>(dataset: D, parts: P) -> P::Subsets {
    or_raise(try_random_split(dataset, parts))
}

/// [`random_split`] with the error as a value.
pub fn try_random_split<D: Dataset, P: Parts<D>>(dataset: D, parts: P) -> Result<P::Subsets> {
    let lengths = lengths(&parts.values(), dataset.len())?;
    let order = randperm(dataset.len()).to_vec::<i64>();
    let dataset = Arc::new(dataset);
    let mut start = 0;
    let subsets = lengths.into_iter().map(|length| {
        let indices = order[start..start + length].iter().map(|&index| index as usize).collect();
        start += length;
        Subset { dataset: dataset.clone(), indices }
    });
    Ok(P::arrange(subsets.collect()))
}

fn lengths(parts: &[std::result::Result<f64, i64>], all: usize) -> Result<Vec<usize>> {
    let fractions: Option<Vec<f64>> = parts.iter().map(|part| part.ok()).collect();
    let Some(fractions) = fractions else {
        let numbers = parts.iter().map(|part| {
            let number = part.err().unwrap_or(0);
            usize::try_from(number).map_err(|_| value_error!("random_split: {number} is no number of examples"))
        });
        let numbers = numbers.collect::<Result<Vec<usize>>>()?;
        let sum = numbers.iter().fold(0usize, |sum, &number| sum.saturating_add(number));
        if sum != all {
            return Err(value_error!(
                "random_split: the parts have {sum} examples together, and the dataset has {all}"
            ));
        }
        return Ok(numbers);
    };
    let sum: f64 = fractions.iter().sum();
    if !((sum - 1.0).abs() <= 1e-9 && fractions.iter().all(|fraction| (0.0..=1.0).contains(fraction))) {
        return Err(value_error!("random_split: the fractions {fractions:?} do not add up to 1"));
    }
    let mut lengths: Vec<usize> = fractions.iter().map(|fraction| (all as f64 * fraction).floor() as usize).collect();
    let rest = all.saturating_sub(lengths.iter().sum());
    (0..rest).for_each(|number| lengths[number % parts.len()] += 1);
    Ok(lengths)
}

//! Datasets and loaders as text: what they are, and of how many examples. No example is read for it.

use std::fmt::{Debug, Display, Formatter, Result};

use super::datasets::{FashionMnist, ImageFolder, Mnist};
use super::{BatchSampler, ConcatDataset, DataLoader, Dataset, ListDataset, Subset, TensorDataset};
use crate::error::count;

macro_rules! shown {
    ($($ty:ty, [$($generics:tt)*], $name:literal;)*) => { $(
        impl<$($generics)*> Debug for $ty {
            fn fmt(&self, f: &mut Formatter<'_>) -> Result {
                write!(f, "{}({})", $name, count(self.len(), "example"))
            }
        }
    )* };
}
shown! {
    Mnist, [], "Mnist";
    FashionMnist, [], "FashionMnist";
    ListDataset<T>, [T: Clone + Send + Sync + 'static], "ListDataset";
    ConcatDataset<D>, [D: Dataset], "ConcatDataset";
    Subset<D>, [D: Dataset], "Subset";
}

impl Debug for ImageFolder {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "ImageFolder({} of {})", count(self.len(), "example"), self.classes().join(", "))
    }
}

impl Debug for TensorDataset {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let shapes: Vec<String> = self.tensors().iter().map(|tensor| format!("{:?}", &tensor.size()[1..])).collect();
        write!(f, "TensorDataset({} of {})", count(self.len(), "example"), shapes.join(" and "))
    }
}

impl Debug for BatchSampler {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "BatchSampler({})", count(self.len(), "batch"))
    }
}

impl<D: Dataset, B: Send + 'static> Debug for DataLoader<D, B> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "DataLoader({}, {})", count(self.dataset().len(), "example"), self.options())
    }
}

impl<D: Dataset, B: Send + 'static> Display for DataLoader<D, B> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn datasets_and_loaders_say_what_they_are() {
        let dataset = || data::TensorDataset::new([&rand([10, 3]), &arange(10)]);
        assert_eq!(format!("{:?}", dataset()), "TensorDataset(10 examples of [3] and [])");
        let loader = DataLoader::new(dataset(), 4).shuffle(true);
        assert_eq!(loader.to_string(), "DataLoader(10 examples, batch_size=4, shuffle=true, 3 batches)");
        let loader = DataLoader::new(dataset(), 10).drop_last(true).workers(2);
        assert_eq!(format!("{loader:?}"), "DataLoader(10 examples, batch_size=10, drop_last=true, workers=2, 1 batch)");
        let loader =
            DataLoader::new(dataset(), 1).batch_sampler(BatchSampler::new(data::SequentialSampler::new(4), 2, true));
        assert_eq!(format!("{loader:?}"), "DataLoader(10 examples, BatchSampler(2 batches), 2 batches)");
        let (train, _) = data::random_split(ListDataset::new([1.0_f32, 2.0]), [1, 1]);
        assert_eq!(format!("{train:?}"), "Subset(1 example)");
    }
}

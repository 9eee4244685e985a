//! Examples to learn from: datasets, and loaders that give them in batches.
//!
//! ```
//! use tensorlib::prelude::*;
//!
//! manual_seed(0);
//! let (x, y) = (rand([10, 3]), arange(10));
//! let dataset = data::TensorDataset::new([&x, &y]);
//! let loader = data::DataLoader::new(dataset, 4).shuffle(true);
//! for batch in &loader {
//!     let (inputs, labels) = (&batch[0], &batch[1]);
//!     assert_eq!(inputs.size()[0], labels.size()[0]);
//! }
//! ```
//!
//! A [`Dataset`] knows how many examples it has and gives each by number. [`Collate`] says what a batch of such examples is:
//! of pairs of a picture and a label it is a pair of tensors, of a [`TensorDataset`]'s it is a `Vec` of them. A
//! [`DataLoader`] decides on the order, with a [`Sampler`], and gives batch after batch. None of them borrows from another.

pub mod collate;
pub mod csv;
pub mod dataset;
pub mod datasets;
pub mod loader;
pub mod sampler;
mod show;
pub mod split;
pub mod tensors;
pub mod transforms;

pub use collate::Collate;
pub use csv::{Csv, read_csv};
pub use dataset::{ConcatDataset, Dataset, ListDataset};
pub use datasets::Split;
pub use loader::DataLoader;
pub use sampler::{
    BatchSampler, RandomSampler, Sampler, SequentialSampler, SubsetRandomSampler, WeightedRandomSampler,
};
pub use split::{Subset, random_split, try_random_split};
pub use tensors::TensorDataset;

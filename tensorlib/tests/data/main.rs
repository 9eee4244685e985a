//! Datasets, samplers, loaders.

mod loaders;
mod orders;

//! Datasets, samplers, loaders, pictures.

mod files;
mod loaders;
mod orders;
mod pictures;

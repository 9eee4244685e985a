//! New tensors: from literals and vectors, filled, counted, random.

mod distributions;
mod filled;
mod grids;
pub mod literal;
mod mt19937;
pub(crate) mod random;
mod ranges;

pub(crate) use distributions::bernoulli_noise;
pub use filled::{
    empty, empty_like, from_slice, from_vec, full, full_like, ones, ones_like, scalar, try_empty, try_full, try_ones,
    try_zeros, zeros, zeros_like,
};
pub(crate) use filled::{filled, filled_on};
pub use grids::{
    cartesian_prod, combinations, combinations_with_replacement, logspace, logspace_base, meshgrid, meshgrid_xy,
    tril_indices, tril_indices_offset, triu_indices, triu_indices_offset, try_cartesian_prod, try_combinations,
    try_combinations_with_replacement, try_logspace, try_logspace_base, try_meshgrid, try_meshgrid_xy,
    try_tril_indices, try_tril_indices_offset, try_triu_indices, try_triu_indices_offset,
};
pub use literal::{tensor, try_tensor};
pub use random::{
    IntoBounds, manual_seed, rand, rand_like, randint, randint_like, randn, randn_like, randperm, try_rand,
    try_randint, try_randint_like, try_randn, try_randperm,
};
pub(crate) use random::{OwnGenerator, draw_seed};
pub use ranges::{IntoSteps, Steps, arange, eye, linspace, try_arange, try_eye, try_linspace};

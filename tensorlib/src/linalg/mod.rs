//! Products of vectors, matrices and stacks of matrices.

mod einsum;
mod matmul;

pub use einsum::{einsum, try_einsum};

//! Products of vectors, matrices and stacks of matrices.

mod einsum;
mod matmul;
mod triangle;

pub use einsum::{einsum, try_einsum};

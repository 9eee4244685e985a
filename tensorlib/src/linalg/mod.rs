//! Products of vectors, matrices and stacks of matrices, and matrices taken apart.

pub(crate) mod decompose;
mod distance;
mod einsum;
mod matmul;
mod products;
mod tril_triu;

pub use decompose::{Triangular, lu_unpack, try_lu_unpack};
pub use distance::{cdist, cdist_p, try_cdist, try_cdist_p};
pub use einsum::{einsum, try_einsum};
pub(crate) use matmul::same_type;
pub use products::{
    block_diag, chain_matmul, tensordot, tensordot_dims, try_block_diag, try_chain_matmul, try_tensordot,
    try_tensordot_dims,
};

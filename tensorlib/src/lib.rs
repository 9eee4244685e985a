//! PyTorch's tensor in Rust, on ndarray, and its pictures.

#[macro_use]
pub mod create;
pub mod dtype;
mod element;
pub mod error;
pub mod exchange;
pub mod index;
pub mod interrupt;
mod kernel;
mod layout;
pub mod linalg;
mod list;
#[cfg(feature = "evcxr")]
pub mod notebook;
pub mod operand;
pub mod ops;
pub mod picture;
pub mod plot;
mod recycle;
mod reduce;
pub mod render;
pub mod scalar;
pub mod shape;
pub mod size;
mod storage;
pub mod tensor;

pub use create::literal::{Literal, from_literal, from_literal_of_default_type};
pub use create::*;
pub use dtype::DType;
pub use element::Element;
pub use error::{Error, Result};
pub use exchange::*;
pub use index::{Ellipsis, Index, IndexItem, IntoIndex, NewAxis, Step};
pub use kernel::pool::{get_num_threads, set_num_threads};
pub use linalg::{einsum, try_einsum};
pub use operand::Operand;
pub use ops::{try_where_cond, where_cond};
pub use recycle::empty_cache;
pub use scalar::Scalar;
pub use shape::*;
pub use size::{Int, IntoInts, Ints, Size};
pub use tensor::Tensor;

/// Everything a lesson needs: `use tensorlib::prelude::*;`.
pub mod prelude {
    pub use crate::create::*;
    pub use crate::exchange::*;
    pub use crate::linalg::*;
    pub use crate::ops::{try_where_cond, where_cond};
    pub use crate::shape::*;
    pub use crate::{DType, Ellipsis, NewAxis, Scalar, Size, Step, Tensor, picture, plot, tensor};
}

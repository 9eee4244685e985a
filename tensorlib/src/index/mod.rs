//! Choosing elements: `x.i(…)` and everything that reads or writes by index.
//!
//! Python writes `z[0]` and `z[:, 1:]`. Rust's `z[…]` must return a reference to something that exists already, and a
//! view is a new value, so `[]` cannot give one; the method [`i`](crate::Tensor::i) does, and its argument reads as
//! Python's: a number, a range, `..` for a whole dimension, [`Ellipsis`] for all that are not named, [`NewAxis`], a
//! tensor of truth values or of indices, or a tuple of these.
//!
//! | Python | here |
//! |---|---|
//! | `z[0]` | `z.i(0)` |
//! | `z[:, 1:]` | `z.i((.., 1..))` |
//! | `z[-1, ::2]` | `z.i((-1, (..).step(2)))` |
//! | `z[..., 0]` | `z.i((Ellipsis, 0))` |
//! | `z[:, None]` | `z.i((.., NewAxis))` |
//! | `z[z > 0]` | `z.i(z.gt(0))` |
//! | `z[[2, 0]]` | `z.i([2, 0])` |
//! | `z[0] = 1` | `z.i(0).fill_(1)` or `z.index_put_(0, 1)` |
//!
//! Numbers and ranges give views; masks and index tensors give copies, as in PyTorch. Ranges cut off what lies outside,
//! as Python's do.

mod advanced;
mod basic;
pub mod item;
mod put;
mod scatter;
mod select;

pub use item::{Ellipsis, Index, IndexItem, IntoIndex, NewAxis, Step};
pub(crate) use select::add_along;

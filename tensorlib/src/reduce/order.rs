//! Sorting, and the largest few.

use crate::autograd::formulas;
use crate::autograd::record::{records, unrecorded};
use crate::error::{Result, fallible, value_error};
use crate::layout::{Layout, dimension};
use crate::op::SortOp;
use crate::tensor::Tensor;

/// The first `count` elements along a dimension in order, and their positions.
fn ordered(op: &str, x: &Tensor, dim: usize, count: usize, order: SortOp) -> Result<(Tensor, Tensor)> {
    if !records(&[x]) {
        return ordered_values(op, x, dim, count, order);
    }
    let (values, places) = unrecorded(|| ordered_values(op, x, dim, count, order))?;
    let name = if op.starts_with("topk") { "TopkBackward0" } else { "SortBackward0" };
    Ok((formulas::index::chosen(values, x, dim as i64, &places, true, name), places))
}

fn ordered_values(op: &str, x: &Tensor, dim: usize, count: usize, order: SortOp) -> Result<(Tensor, Tensor)> {
    let mut shape = x.layout.shape.clone();
    if let Some(length) = shape.get_mut(dim) {
        if u32::try_from(*length).is_err() {
            return Err(value_error!("{op}: dimension {dim} has {length} elements, more than can be sorted"));
        }
        *length = count;
    }
    let (values, places) = x.backend().sort(order, x.elements(), dim, count);
    let layout = Layout::contiguous(shape);
    Ok((Tensor::from_storage(values, layout.clone()), Tensor::from_storage(places, layout)))
}

const LAST: i64 = -1;

fn sorted(op: &str, x: &Tensor, dim: i64, order: SortOp) -> Result<(Tensor, Tensor)> {
    let dim = dimension(op, dim, x.ndim())?;
    ordered(op, x, dim, x.layout.shape.get(dim).copied().unwrap_or(1), order)
}

fn few(op: &str, x: &Tensor, k: usize, dim: i64, order: SortOp) -> Result<(Tensor, Tensor)> {
    let dim = dimension(op, dim, x.ndim())?;
    let length = x.layout.shape.get(dim).copied().unwrap_or(1);
    if x.ndim() == 0 && k == 0 {
        // A number has no shape that could become empty: PyTorch gives it back.
        return Ok((x.clone(), crate::create::scalar(0)));
    }
    if k > length {
        return Err(value_error!("{op}: dimension {dim} has {length} elements, fewer than {k}"));
    }
    ordered(op, x, dim, k, order)
}

impl Tensor {
    fallible! {
        /// The elements along the last dimension from the smallest to the largest, and the positions they had. Equal
        /// elements keep their order; NaN counts as the largest.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let (values, places) = tensor![3, 1, 2].sort();
        /// assert_eq!(values.to_vec::<i64>(), [1, 2, 3]);
        /// assert_eq!(places.to_vec::<i64>(), [1, 2, 0]);
        /// ```
        pub fn sort | try_sort(&self) -> (Tensor, Tensor) {
            sorted("sort", self, LAST, SortOp::Ascending)
        }

        /// [`sort`](Tensor::sort) along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[3, 1], [2, 4]].sort_dim(0).0.to_vec::<i64>(), [2, 1, 3, 4]);
        /// ```
        pub fn sort_dim | try_sort_dim(&self, dim: i64) -> (Tensor, Tensor) {
            sorted("sort_dim", self, dim, SortOp::Ascending)
        }

        /// [`sort`](Tensor::sort) from the largest to the smallest.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![3, 1, 2].sort_descending().0.to_vec::<i64>(), [3, 2, 1]);
        /// ```
        pub fn sort_descending | try_sort_descending(&self) -> (Tensor, Tensor) {
            sorted("sort_descending", self, LAST, SortOp::Descending)
        }

        /// [`sort_descending`](Tensor::sort_descending) along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[3, 1], [2, 4]].sort_descending_dim(0).0.to_vec::<i64>(), [3, 4, 2, 1]);
        /// ```
        pub fn sort_descending_dim | try_sort_descending_dim(&self, dim: i64) -> (Tensor, Tensor) {
            sorted("sort_descending_dim", self, dim, SortOp::Descending)
        }

        /// The positions that would put the elements along the last dimension in order, from the smallest to the largest.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![3, 1, 2].argsort().to_vec::<i64>(), [1, 2, 0]);
        /// ```
        pub fn argsort | try_argsort(&self) -> Tensor {
            Ok(sorted("argsort", self, LAST, SortOp::Ascending)?.1)
        }

        /// [`argsort`](Tensor::argsort) along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[3, 1], [2, 4]].argsort_dim(0).to_vec::<i64>(), [1, 0, 0, 1]);
        /// ```
        pub fn argsort_dim | try_argsort_dim(&self, dim: i64) -> Tensor {
            Ok(sorted("argsort_dim", self, dim, SortOp::Ascending)?.1)
        }

        /// [`argsort`](Tensor::argsort) from the largest to the smallest.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![3, 1, 2].argsort_descending().to_vec::<i64>(), [0, 2, 1]);
        /// ```
        pub fn argsort_descending | try_argsort_descending(&self) -> Tensor {
            Ok(sorted("argsort_descending", self, LAST, SortOp::Descending)?.1)
        }

        /// [`argsort_descending`](Tensor::argsort_descending) along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[3, 1], [2, 4]].argsort_descending_dim(0).to_vec::<i64>(), [0, 1, 1, 0]);
        /// ```
        pub fn argsort_descending_dim | try_argsort_descending_dim(&self, dim: i64) -> Tensor {
            Ok(sorted("argsort_descending_dim", self, dim, SortOp::Descending)?.1)
        }

        /// The `k` largest elements along the last dimension, the largest first, and their positions.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let (values, places) = tensor![3, 1, 2].topk(2);
        /// assert_eq!(values.to_vec::<i64>(), [3, 2]);
        /// assert_eq!(places.to_vec::<i64>(), [0, 2]);
        /// ```
        pub fn topk | try_topk(&self, k: usize) -> (Tensor, Tensor) {
            few("topk", self, k, LAST, SortOp::Descending)
        }

        /// [`topk`](Tensor::topk) along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[3, 1], [2, 4]].topk_dim(1, 0).0.to_vec::<i64>(), [3, 4]);
        /// ```
        pub fn topk_dim | try_topk_dim(&self, k: usize, dim: i64) -> (Tensor, Tensor) {
            few("topk_dim", self, k, dim, SortOp::Descending)
        }

        /// The `k` smallest elements along the last dimension, the smallest first, and their positions: PyTorch's `topk`
        /// with `largest=False`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![3, 1, 2].topk_smallest(2).0.to_vec::<i64>(), [1, 2]);
        /// ```
        pub fn topk_smallest | try_topk_smallest(&self, k: usize) -> (Tensor, Tensor) {
            few("topk_smallest", self, k, LAST, SortOp::Ascending)
        }

        /// [`topk_smallest`](Tensor::topk_smallest) along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[3, 1], [2, 4]].topk_smallest_dim(1, 0).0.to_vec::<i64>(), [2, 1]);
        /// ```
        pub fn topk_smallest_dim | try_topk_smallest_dim(&self, k: usize, dim: i64) -> (Tensor, Tensor) {
            few("topk_smallest_dim", self, k, dim, SortOp::Ascending)
        }
    }
}

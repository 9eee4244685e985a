//! Sorting, and the largest few.

use std::cmp::Ordering;

use crate::element::{Element, with_dtype};
use crate::error::{Result, fallible, value_error};
use crate::layout::dimension;
use crate::list::List;
use crate::tensor::Tensor;

/// NaN comes after all numbers, as in PyTorch.
fn compare<T: Element>(a: &T, b: &T) -> Ordering {
    a.partial_cmp(b).unwrap_or_else(|| {
        // Only NaN is not comparable with itself.
        let is_nan = |v: &T| v.partial_cmp(v).is_none();
        is_nan(a).cmp(&is_nan(b))
    })
}

/// The first `count` elements along a dimension in order, and their positions.
fn ordered(x: &Tensor, dim: usize, count: usize, descending: bool) -> (Tensor, Tensor) {
    let last = x.ndim().saturating_sub(1);
    let swap = |x: &Tensor| if x.ndim() == 0 { x.alias() } else { x.with_layout(x.layout.transpose(dim, last)) };
    let rows = swap(x).contiguous();
    let length = rows.layout.shape.last().copied().unwrap_or(1);
    let mut shape: List<usize> = rows.layout.shape.clone();
    if let Some(last) = shape.last_mut() {
        *last = count;
    }
    let numel: usize = shape.iter().product();
    with_dtype!(x.dtype(), T => {
        let (mut values, mut places) = (Vec::<T>::with_capacity(numel), Vec::<i64>::with_capacity(numel));
        let all = rows.to_vec::<T>();
        let mut order: Vec<usize> = Vec::new();
        for row in all.chunks_exact(length.max(1)) {
            crate::interrupt::check();
            order.clear();
            order.extend(0..length);
            // Equal elements keep their order, whichever the direction.
            let by = |&a: &usize, &b: &usize| {
                let order = compare(&row[a], &row[b]);
                (if descending { order.reverse() } else { order }).then(a.cmp(&b))
            };
            if count < length {
                if count > 0 {
                    order.select_nth_unstable_by(count - 1, by);
                }
                order.truncate(count);
            }
            order.sort_unstable_by(by);
            values.extend(order.iter().map(|&at| row[at]));
            places.extend(order.iter().map(|&at| at as i64));
        }
        let finish = |made: Tensor| swap(&made).contiguous();
        (finish(Tensor::from_values(values, shape.clone())), finish(Tensor::from_values(places, shape)))
    })
}

fn sorted(op: &str, x: &Tensor, dim: i64, descending: bool) -> Result<(Tensor, Tensor)> {
    let dim = dimension(op, dim, x.ndim())?;
    Ok(ordered(x, dim, x.layout.shape.get(dim).copied().unwrap_or(1), descending))
}

impl Tensor {
    fallible! {
        /// The elements along a dimension in order, and the positions they had. Equal elements keep their order; NaN
        /// counts as the largest.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let (values, places) = tensor![3, 1, 2].sort(0, false);
        /// assert_eq!(values.to_vec::<i64>(), [1, 2, 3]);
        /// assert_eq!(places.to_vec::<i64>(), [1, 2, 0]);
        /// ```
        pub fn sort | try_sort(&self, dim: i64, descending: bool) -> (Tensor, Tensor) {
            sorted("sort", self, dim, descending)
        }

        /// The positions that would put the elements along a dimension in order.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![3, 1, 2].argsort(0, true).to_vec::<i64>(), [0, 2, 1]);
        /// ```
        pub fn argsort | try_argsort(&self, dim: i64, descending: bool) -> Tensor {
            Ok(sorted("argsort", self, dim, descending)?.1)
        }

        /// The `k` largest (or smallest) elements along a dimension in order, and their positions.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let (values, places) = tensor![3, 1, 2].topk(2, 0, true);
        /// assert_eq!(values.to_vec::<i64>(), [3, 2]);
        /// assert_eq!(places.to_vec::<i64>(), [0, 2]);
        /// ```
        pub fn topk | try_topk(&self, k: usize, dim: i64, largest: bool) -> (Tensor, Tensor) {
            let dim = dimension("topk", dim, self.ndim())?;
            let length = self.layout.shape.get(dim).copied().unwrap_or(1);
            if k > length {
                return Err(value_error!("topk: dimension {dim} has {length} elements, fewer than {k}"));
            }
            Ok(ordered(self, dim, k, largest))
        }
    }
}

//! Sorting, and the largest few.

use crate::autograd::formulas;
use crate::autograd::record::{records, unrecorded};
use crate::backend::cpu::map::PIECE;
use crate::backend::cpu::{pool, sort};
use crate::element::{Stored, with_dtype};
use crate::error::{Result, fallible, value_error};
use crate::layout::dimension;
use crate::list::List;
use crate::memory::allocator;
use crate::tensor::Tensor;

/// The first `count` elements along a dimension in order, and their positions.
fn ordered(op: &str, x: &Tensor, dim: usize, count: usize, descending: bool) -> Result<(Tensor, Tensor)> {
    if !records(&[x]) {
        return ordered_values(op, x, dim, count, descending);
    }
    let (values, places) = unrecorded(|| ordered_values(op, x, dim, count, descending))?;
    let name = if op.starts_with("topk") { "TopkBackward0" } else { "SortBackward0" };
    Ok((formulas::index::chosen(values, x, dim as i64, &places, true, name), places))
}

fn ordered_values(op: &str, x: &Tensor, dim: usize, count: usize, descending: bool) -> Result<(Tensor, Tensor)> {
    let last = x.ndim().saturating_sub(1);
    let swap = |x: &Tensor| if x.ndim() == 0 { x.alias() } else { x.with_layout(x.layout.transpose(dim, last)) };
    let rows = swap(x).contiguous();
    let length = rows.layout.shape.last().copied().unwrap_or(1);
    if u32::try_from(length).is_err() {
        return Err(value_error!("{op}: dimension {dim} has {length} elements, more than can be sorted"));
    }
    let mut shape: List<usize> = rows.layout.shape.clone();
    if let Some(last) = shape.last_mut() {
        *last = count;
    }
    let numel: usize = shape.iter().product();
    with_dtype!(x.dtype(), T => {
        let (mut values, mut places) = (allocator::take::<T>(numel), allocator::take::<i64>(numel));
        if numel > 0 {
            let guard = rows.storage.read();
            let from = &T::of(&guard)[rows.layout.offset..rows.layout.offset + rows.numel()];
            let lines = (PIECE / length).max(1);
            pool::for_pieces(&mut places, lines * count, |first, part| {
                let (mut items, mut room) = (Vec::new(), Vec::new());
                let from = from[first / count * length..].chunks_exact(length);
                for (places, row) in part.chunks_exact_mut(count).zip(from) {
                    let all = row.iter().zip(0..).map(|(&value, at)| (sort::key(value, descending), at));
                    if count < length / 2 {
                        sort::smallest(all, count, &mut items);
                    } else {
                        items.clear();
                        items.extend(all);
                        sort::sort(&mut items, &mut room);
                    }
                    places.iter_mut().zip(&items).for_each(|(place, &(_, at))| *place = i64::from(at));
                }
            });
            pool::for_pieces(&mut values, lines * count, |first, part| {
                let from = from[first / count * length..].chunks_exact(length);
                let rows = part.chunks_exact_mut(count).zip(places[first..].chunks_exact(count)).zip(from);
                for ((values, places), row) in rows {
                    values.iter_mut().zip(places).for_each(|(value, &place)| *value = row[place as usize]);
                }
            });
        }
        let finish = |made: Tensor| if dim == last { made } else { swap(&made).copied() };
        Ok((finish(Tensor::from_values(values, shape.clone())), finish(Tensor::from_values(places, shape))))
    })
}

/// Which elements come first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    Smallest,
    Largest,
}

const LAST: i64 = -1;

fn sorted(op: &str, x: &Tensor, dim: i64, first: First) -> Result<(Tensor, Tensor)> {
    let dim = dimension(op, dim, x.ndim())?;
    ordered(op, x, dim, x.layout.shape.get(dim).copied().unwrap_or(1), first == First::Largest)
}

fn few(op: &str, x: &Tensor, k: usize, dim: i64, first: First) -> Result<(Tensor, Tensor)> {
    let dim = dimension(op, dim, x.ndim())?;
    let length = x.layout.shape.get(dim).copied().unwrap_or(1);
    if x.ndim() == 0 && k == 0 {
        // A number has no shape that could become empty: PyTorch gives it back.
        return Ok((x.clone(), crate::create::scalar(0)));
    }
    if k > length {
        return Err(value_error!("{op}: dimension {dim} has {length} elements, fewer than {k}"));
    }
    ordered(op, x, dim, k, first == First::Largest)
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
            sorted("sort", self, LAST, First::Smallest)
        }

        /// [`sort`](Tensor::sort) along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[3, 1], [2, 4]].sort_dim(0).0.to_vec::<i64>(), [2, 1, 3, 4]);
        /// ```
        pub fn sort_dim | try_sort_dim(&self, dim: i64) -> (Tensor, Tensor) {
            sorted("sort_dim", self, dim, First::Smallest)
        }

        /// [`sort`](Tensor::sort) from the largest to the smallest.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![3, 1, 2].sort_descending().0.to_vec::<i64>(), [3, 2, 1]);
        /// ```
        pub fn sort_descending | try_sort_descending(&self) -> (Tensor, Tensor) {
            sorted("sort_descending", self, LAST, First::Largest)
        }

        /// [`sort_descending`](Tensor::sort_descending) along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[3, 1], [2, 4]].sort_descending_dim(0).0.to_vec::<i64>(), [3, 4, 2, 1]);
        /// ```
        pub fn sort_descending_dim | try_sort_descending_dim(&self, dim: i64) -> (Tensor, Tensor) {
            sorted("sort_descending_dim", self, dim, First::Largest)
        }

        /// The positions that would put the elements along the last dimension in order, from the smallest to the largest.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![3, 1, 2].argsort().to_vec::<i64>(), [1, 2, 0]);
        /// ```
        pub fn argsort | try_argsort(&self) -> Tensor {
            Ok(sorted("argsort", self, LAST, First::Smallest)?.1)
        }

        /// [`argsort`](Tensor::argsort) along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[3, 1], [2, 4]].argsort_dim(0).to_vec::<i64>(), [1, 0, 0, 1]);
        /// ```
        pub fn argsort_dim | try_argsort_dim(&self, dim: i64) -> Tensor {
            Ok(sorted("argsort_dim", self, dim, First::Smallest)?.1)
        }

        /// [`argsort`](Tensor::argsort) from the largest to the smallest.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![3, 1, 2].argsort_descending().to_vec::<i64>(), [0, 2, 1]);
        /// ```
        pub fn argsort_descending | try_argsort_descending(&self) -> Tensor {
            Ok(sorted("argsort_descending", self, LAST, First::Largest)?.1)
        }

        /// [`argsort_descending`](Tensor::argsort_descending) along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[3, 1], [2, 4]].argsort_descending_dim(0).to_vec::<i64>(), [0, 1, 1, 0]);
        /// ```
        pub fn argsort_descending_dim | try_argsort_descending_dim(&self, dim: i64) -> Tensor {
            Ok(sorted("argsort_descending_dim", self, dim, First::Largest)?.1)
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
            few("topk", self, k, LAST, First::Largest)
        }

        /// [`topk`](Tensor::topk) along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[3, 1], [2, 4]].topk_dim(1, 0).0.to_vec::<i64>(), [3, 4]);
        /// ```
        pub fn topk_dim | try_topk_dim(&self, k: usize, dim: i64) -> (Tensor, Tensor) {
            few("topk_dim", self, k, dim, First::Largest)
        }

        /// The `k` smallest elements along the last dimension, the smallest first, and their positions: PyTorch's `topk`
        /// with `largest=False`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![3, 1, 2].topk_smallest(2).0.to_vec::<i64>(), [1, 2]);
        /// ```
        pub fn topk_smallest | try_topk_smallest(&self, k: usize) -> (Tensor, Tensor) {
            few("topk_smallest", self, k, LAST, First::Smallest)
        }

        /// [`topk_smallest`](Tensor::topk_smallest) along a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[3, 1], [2, 4]].topk_smallest_dim(1, 0).0.to_vec::<i64>(), [2, 1]);
        /// ```
        pub fn topk_smallest_dim | try_topk_smallest_dim(&self, k: usize, dim: i64) -> (Tensor, Tensor) {
            few("topk_smallest_dim", self, k, dim, First::Smallest)
        }
    }
}

//! Sorting, and the largest few.

use crate::element::{Stored, with_dtype};
use crate::error::{Result, fallible, value_error};
use crate::kernel::map::PIECE;
use crate::kernel::{pool, sort};
use crate::layout::dimension;
use crate::list::List;
use crate::recycle;
use crate::tensor::Tensor;

/// The first `count` elements along a dimension in order, and their positions.
fn ordered(op: &str, x: &Tensor, dim: usize, count: usize, descending: bool) -> Result<(Tensor, Tensor)> {
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
        let (mut values, mut places) = (recycle::take::<T>(numel), recycle::take::<i64>(numel));
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
        let finish = |made: Tensor| swap(&made).contiguous();
        Ok((finish(Tensor::from_values(values, shape.clone())), finish(Tensor::from_values(places, shape))))
    })
}

fn sorted(op: &str, x: &Tensor, dim: i64, descending: bool) -> Result<(Tensor, Tensor)> {
    let dim = dimension(op, dim, x.ndim())?;
    ordered(op, x, dim, x.layout.shape.get(dim).copied().unwrap_or(1), descending)
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
            if self.ndim() == 0 && k == 0 {
                // A number has no shape that could become empty: PyTorch gives it back.
                return Ok((self.clone(), crate::create::scalar(0)));
            }
            if k > length {
                return Err(value_error!("topk: dimension {dim} has {length} elements, fewer than {k}"));
            }
            ordered("topk", self, dim, k, largest)
        }
    }
}

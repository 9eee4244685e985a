//! Reducing over any dimensions of any layout, by kernels that reduce the middle of `[outer, count, inner]`.

use super::cast::{self, InLine};
use super::reduce::Middle;
use crate::dim_vec::DimVec;
use crate::element::Element;
use crate::layout::Layout;
use crate::memory::allocator;
use crate::memory::buffer::AlignedBuf;

/// A layout as `[outer, count, inner]`, of which the middle is reduced.
struct Arranged {
    layout: Layout,
    /// The first dimension of the middle, and the first behind it.
    split: (usize, usize),
    /// Whether kernels want the elements side by side, however they lie.
    apart: bool,
    count: usize,
    inner: usize,
    /// For each dimension of the `[outer, inner]` result, the dimension that it comes from.
    order: DimVec<usize>,
    lengths: DimVec<usize>,
}

const FEW_COLUMNS: usize = 8;
const LONG_COLUMN: usize = 256;

fn arrange(given: &Layout, dims: &[usize]) -> Arranged {
    let rank = given.rank();
    let reduced = |dim: usize| dims.contains(&dim);
    // In the order of memory, dense elements are contiguous.
    let mut order: DimVec<usize> = (0..rank).collect();
    let permuted = !given.is_contiguous() && given.is_dense();
    if permuted {
        order.sort_by_key(|&dim| std::cmp::Reverse(given.strides[dim]));
    }
    let is_reduced: DimVec<bool> = order.iter().map(|&dim| reduced(dim)).collect();
    let first = is_reduced.iter().position(|&r| r).unwrap_or(rank);
    let last = is_reduced.iter().rposition(|&r| r).map_or(first, |last| last + 1);
    let inner: usize = order[last..].iter().map(|&dim| given.shape[dim]).product();
    let count = dims.iter().map(|&dim| given.shape[dim]).product();
    // A few long columns make poor use of wide instructions: better rows, at the price of a copy.
    let narrow = inner > 1 && inner < FEW_COLUMNS && count >= LONG_COLUMN;
    if narrow || !is_reduced[first..last].iter().all(|&r| r) {
        let kept: DimVec<usize> = (0..rank).filter(|&dim| !reduced(dim)).collect();
        let order: DimVec<usize> = kept.iter().copied().chain((0..rank).filter(|&dim| reduced(dim))).collect();
        return Arranged {
            layout: given.permute(&order),
            split: (kept.len(), rank),
            apart: true,
            count,
            inner: 1,
            lengths: kept.iter().map(|&dim| given.shape[dim]).collect(),
            order: kept,
        };
    }
    let kept: DimVec<usize> = order.iter().copied().filter(|&dim| !reduced(dim)).collect();
    Arranged {
        layout: if permuted { given.permute(&order) } else { given.clone() },
        split: (first, last),
        apart: false,
        count,
        inner,
        lengths: kept.iter().map(|&dim| given.shape[dim]).collect(),
        order: kept,
    }
}

/// Dimensions that can be walked as one: how many elements they have, and how far they are apart.
fn merged(shape: &[usize], strides: &[usize]) -> Option<(usize, usize)> {
    let mut dims = shape.iter().zip(strides).filter(|&(&length, _)| length != 1).rev();
    let Some((&length, &stride)) = dims.next() else { return Some((1, 0)) };
    dims.try_fold((length, stride), |(count, stride), (&length, &next)| {
        (next == count * stride).then_some((count * length, stride))
    })
}

impl Arranged {
    /// How the elements lie, if the kernels can walk them so.
    fn middle(&self) -> Option<Middle> {
        if self.apart || self.layout.numel() == 0 {
            return None;
        }
        let Layout { shape, strides, .. } = &self.layout;
        let (first, last) = self.split;
        let (_, outer_stride) = merged(&shape[..first], &strides[..first])?;
        let (_, stride) = merged(&shape[first..last], &strides[first..last])?;
        let (_, step) = merged(&shape[last..], &strides[last..])?;
        let side_by_side = if self.inner > 1 { step == 1 } else { stride == 1 || self.count == 1 };
        side_by_side.then_some(Middle { count: self.count, inner: self.inner, outer_stride, stride })
    }

    /// The number of results.
    fn results(&self) -> usize {
        self.lengths.iter().product()
    }

    /// Results `[outer, inner]` in the order of the dimensions that are left.
    fn in_order<T: Element>(&self, values: AlignedBuf<T>) -> AlignedBuf<T> {
        if self.order.is_sorted() {
            return values;
        }
        let mut sorted = self.order.clone();
        sorted.sort_unstable();
        let back: DimVec<usize> =
            sorted.iter().map(|dim| self.order.iter().position(|other| other == dim).unwrap_or(0)).collect();
        let mut ordered = allocator::take(values.len());
        cast::gather(&mut ordered, &values, &Layout::contiguous(self.lengths.clone()).permute(&back));
        ordered
    }
}

/// Reduces with a kernel that gets the arrangement of the elements.
pub(super) fn reduced<T: Element, U: Element>(
    from: &[T],
    layout: &Layout,
    dims: &[usize],
    kernel: impl FnOnce(&mut [U], &[T], Middle),
) -> AlignedBuf<U> {
    let arranged = arrange(layout, dims);
    let (from, middle) = match arranged.middle() {
        Some(middle) => (InLine::Given(&from[layout.offset..layout.end()]), middle),
        None => (cast::in_line(from, &arranged.layout), Middle::dense(arranged.count, arranged.inner)),
    };
    let mut values = allocator::take::<U>(arranged.results());
    kernel(&mut values, &from, middle);
    arranged.in_order(values)
}

/// The same with a kernel that needs the elements side by side, in `[outer, count, inner]`, and has two results.
pub(super) fn reduced_to_two<T: Element, U: Element, V: Element>(
    from: &[T],
    layout: &Layout,
    dims: &[usize],
    kernel: impl FnOnce(&mut [U], &mut [V], &[T], usize, usize),
) -> (AlignedBuf<U>, AlignedBuf<V>) {
    let arranged = arrange(layout, dims);
    let (mut first, mut second) = (allocator::take(arranged.results()), allocator::take(arranged.results()));
    kernel(&mut first, &mut second, &cast::in_line(from, &arranged.layout), arranged.count, arranged.inner);
    (arranged.in_order(first), arranged.in_order(second))
}

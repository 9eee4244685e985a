//! Walking several layouts of one shape together, a row at a time.
//!
//! Dimensions that can be walked as one are merged first, so that what is contiguous becomes a single row whatever its
//! rank. Kernels then see a start and a stride for each operand.

use std::ops::Range;

use crate::dim_vec::DimVec;
use crate::layout::Layout;

/// `N` layouts of the same shape, ready to be walked in row-major order.
pub(crate) struct Rows<const N: usize> {
    shape: DimVec<usize>,
    strides: [DimVec<usize>; N],
    offsets: [usize; N],
    /// Elements in a row.
    pub length: usize,
    /// Each operand's stride within a row.
    pub steps: [usize; N],
    pub numel: usize,
}

// Counted loops: closures of iterators would be compiled again for each kernel that walks.
#[allow(clippy::needless_range_loop)]
impl<const N: usize> Rows<N> {
    pub fn new(layouts: [&Layout; N]) -> Rows<N> {
        let given = &layouts[0].shape;
        let mut shape: DimVec<usize> = DimVec::new();
        let mut strides: [DimVec<usize>; N] = std::array::from_fn(|_| DimVec::new());
        for dim in (0..given.len()).rev() {
            let length = given[dim];
            if length == 1 {
                continue;
            }
            // Lists hold the innermost dimension first.
            let merges = shape.last().is_some_and(|&inner| {
                (0..N).all(|n| layouts[n].strides[dim] == inner * strides[n][strides[n].len() - 1])
            });
            if merges {
                let last = shape.len() - 1;
                shape[last] *= length;
            } else {
                shape.push(length);
                for n in 0..N {
                    strides[n].push(layouts[n].strides[dim]);
                }
            }
        }
        let numel = given.iter().product();
        let length = if shape.is_empty() { 1 } else { shape.remove(0) };
        let steps = std::array::from_fn(|n| if strides[n].is_empty() { 1 } else { strides[n].remove(0) });
        Rows { shape, strides, offsets: std::array::from_fn(|n| layouts[n].offset), length, steps, numel }
    }

    /// Whether all rows are the same one, in memory.
    pub fn is_repeated(&self) -> bool {
        self.strides.iter().all(|strides| strides.iter().all(|&stride| stride == 0))
    }

    /// Calls `body(starts, position, count)` for each stretch of a row within a range of elements: where the stretch
    /// starts in each operand, its first element's number in the range, and its length.
    #[inline]
    pub fn walk(&self, range: Range<usize>, mut body: impl FnMut([usize; N], usize, usize)) {
        if range.is_empty() || self.numel == 0 {
            return;
        }
        if self.shape.is_empty() {
            return body(self.starts(&self.offsets, range.start), 0, range.len());
        }
        let mut walk = self.begin(range.start);
        let mut position = 0;
        // Rows along the first of the outer dimensions come one after the other, however short they are.
        loop {
            while walk.row < walk.rows {
                let count = (self.length - walk.within).min(range.len() - position);
                body(self.starts(&walk.bases, walk.within), position, count);
                position += count;
                if position >= range.len() {
                    return;
                }
                walk.step();
            }
            self.turn(&mut walk);
        }
    }

    #[inline]
    fn starts(&self, bases: &[usize; N], within: usize) -> [usize; N] {
        let mut starts = *bases;
        for n in 0..N {
            starts[n] += within * self.steps[n];
        }
        starts
    }

    /// A walk that begins at an element.
    fn begin(&self, first: usize) -> Walk<N> {
        let mut left = first / self.length;
        let mut index: DimVec<usize> = DimVec::filled(0, self.shape.len());
        let mut bases = self.offsets;
        for dim in 0..self.shape.len() {
            index[dim] = left % self.shape[dim];
            left /= self.shape[dim];
            for n in 0..N {
                bases[n] += index[dim] * self.strides[n][dim];
            }
        }
        let strides = std::array::from_fn(|n| self.strides[n][0]);
        Walk { row: index[0], rows: self.shape[0], strides, bases, within: first % self.length, index }
    }

    /// From behind the last row of the first outer dimension to the next row.
    fn turn(&self, walk: &mut Walk<N>) {
        walk.row = 0;
        for n in 0..N {
            walk.bases[n] -= walk.rows * walk.strides[n];
        }
        for dim in 1..self.shape.len() {
            walk.index[dim] += 1;
            if walk.index[dim] < self.shape[dim] {
                for n in 0..N {
                    walk.bases[n] += self.strides[n][dim];
                }
                return;
            }
            walk.index[dim] = 0;
            for n in 0..N {
                walk.bases[n] -= (self.shape[dim] - 1) * self.strides[n][dim];
            }
        }
    }
}

/// Where [`Rows::walk`] is.
struct Walk<const N: usize> {
    /// Of the first outer dimension: where it is, its length, and each operand's stride.
    row: usize,
    rows: usize,
    strides: [usize; N],
    /// Where the row begins in each operand.
    bases: [usize; N],
    /// Where in the row it begins.
    within: usize,
    /// Where it is in the other outer dimensions.
    index: DimVec<usize>,
}

impl<const N: usize> Walk<N> {
    /// On to the next row of the first outer dimension.
    #[inline]
    fn step(&mut self) {
        self.within = 0;
        self.row += 1;
        for n in 0..N {
            self.bases[n] += self.strides[n];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contiguous_tensor_is_one_row() {
        let layout = Layout::contiguous([2, 3, 4].into_iter().collect());
        let rows = Rows::new([&layout, &layout]);
        assert_eq!((rows.length, rows.shape.len()), (24, 0));
    }

    #[test]
    fn a_transposed_tensor_is_walked_in_row_major_order_from_anywhere() {
        let layout = Layout::contiguous([3, 4].into_iter().collect()).transpose(0, 1);
        let rows = Rows::new([&layout]);
        let mut seen = Vec::new();
        rows.walk(2..9, |[start], _, count| seen.extend((0..count).map(|i| start + i * rows.steps[0])));
        assert_eq!(seen, [8, 1, 5, 9, 2, 6, 10]);
    }
}

//! Walking several layouts of one shape together, a row at a time.
//!
//! Dimensions that can be walked as one are merged first, so that what is contiguous becomes a single row whatever its
//! rank. Kernels then see a start and a stride for each operand.

use std::ops::Range;

use crate::layout::Layout;
use crate::list::List;

/// `N` layouts of the same shape, ready to be walked in row-major order.
pub(crate) struct Rows<const N: usize> {
    shape: List<usize>,
    strides: [List<usize>; N],
    offsets: [usize; N],
    /// Elements in a row.
    pub length: usize,
    /// Each operand's stride within a row.
    pub steps: [usize; N],
    pub numel: usize,
}

impl<const N: usize> Rows<N> {
    pub fn new(layouts: [&Layout; N]) -> Rows<N> {
        let given = &layouts[0].shape;
        let mut shape: List<usize> = List::new();
        let mut strides: [List<usize>; N] = std::array::from_fn(|_| List::new());
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

    /// Moves each operand's base along a dimension.
    #[inline(always)]
    fn advance(&self, bases: &mut [usize; N], dim: usize, by: impl Fn(&mut usize, usize)) {
        bases.iter_mut().zip(&self.strides).for_each(|(base, strides)| by(base, strides[dim]));
    }

    /// Calls `body(starts, position, count)` for each stretch of a row within a range of elements: where the stretch
    /// starts in each operand, its first element's number in the range, and its length.
    #[inline]
    pub fn walk(&self, range: Range<usize>, mut body: impl FnMut([usize; N], usize, usize)) {
        if range.is_empty() || self.numel == 0 {
            return;
        }
        if self.shape.is_empty() {
            let starts = std::array::from_fn(|n| self.offsets[n] + range.start * self.steps[n]);
            return body(starts, 0, range.len());
        }
        let mut within = range.start % self.length;
        let mut left = range.start / self.length;
        let mut index: List<usize> = List::filled(0, self.shape.len());
        let mut bases = self.offsets;
        for dim in 0..self.shape.len() {
            index[dim] = left % self.shape[dim];
            left /= self.shape[dim];
            self.advance(&mut bases, dim, |base, stride| *base += index[dim] * stride);
        }
        let mut position = range.start;
        // Rows along the first of the outer dimensions come one after the other, however short they are.
        let (rows, strides): (usize, [usize; N]) = (self.shape[0], std::array::from_fn(|n| self.strides[n][0]));
        let mut row = index[0];
        loop {
            while row < rows {
                let count = (self.length - within).min(range.end - position);
                let starts = std::array::from_fn(|n| bases[n] + within * self.steps[n]);
                body(starts, position - range.start, count);
                position += count;
                if position >= range.end {
                    return;
                }
                within = 0;
                row += 1;
                bases.iter_mut().zip(strides).for_each(|(base, stride)| *base += stride);
            }
            row = 0;
            bases.iter_mut().zip(strides).for_each(|(base, stride)| *base -= rows * stride);
            for dim in 1..self.shape.len() {
                index[dim] += 1;
                if index[dim] < self.shape[dim] {
                    self.advance(&mut bases, dim, |base, stride| *base += stride);
                    break;
                }
                index[dim] = 0;
                self.advance(&mut bases, dim, |base, stride| *base -= (self.shape[dim] - 1) * stride);
            }
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

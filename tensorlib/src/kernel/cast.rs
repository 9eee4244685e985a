//! Copying elements into row-major order, and converting them to another type on the way.

use super::map::{self, Map, Maps};
use super::pool;
use super::rows::Rows;
use super::simd::Narrow;
use crate::element::{Cast, Element};
use crate::layout::Layout;

struct Convert;
impl<T: Cast<U>, U> Map<T, U> for Convert {
    type Width = Narrow;
    #[inline(always)]
    fn of(value: T) -> U {
        value.cast()
    }
}

/// Converts the elements of a layout, in row-major order.
pub(crate) fn convert<T: Element + Cast<U>, U: Element>(to: &mut [U], from: &[T], layout: &Layout) {
    if !to.is_empty() {
        map::map(&Maps::of::<Convert>(), to, from, layout);
    }
}

/// The side of the square blocks in which a transposed matrix is copied: a block's rows and columns stay in the
/// first-level cache.
const BLOCK: usize = 32;

/// Copies the elements of a layout, in row-major order.
pub(crate) fn gather<T: Element>(to: &mut [T], from: &[T], layout: &Layout) {
    if to.is_empty() {
        return;
    }
    if layout.is_contiguous() {
        let from = &from[layout.offset..layout.offset + to.len()];
        return pool::for_pieces(to, map::PIECE, |first, part| part.copy_from_slice(&from[first..first + part.len()]));
    }
    let rank = layout.rank();
    if rank >= 2 && layout.strides[rank - 2] == 1 && layout.strides[rank - 1] > 1 && layout.shape[rank - 2] > 1 {
        return transposed(to, from, layout);
    }
    let rows = Rows::new([layout]);
    let [step] = rows.steps;
    pool::for_pieces(to, map::PIECE, |first, part| {
        rows.walk(first..first + part.len(), |[start], at, count| {
            map::gather(&mut part[at..at + count], from, start, step);
        });
    });
}

/// The innermost two dimensions are a transposed matrix: copy it block by block.
fn transposed<T: Element>(to: &mut [T], from: &[T], layout: &Layout) {
    let rank = layout.rank();
    let (height, width) = (layout.shape[rank - 2], layout.shape[rank - 1]);
    let step = layout.strides[rank - 1];
    // A stripe is BLOCK rows of one matrix; the layout of the stripes' matrices is that of the outer dimensions.
    let outer = Layout {
        shape: layout.shape[..rank - 2].iter().copied().collect(),
        strides: layout.strides[..rank - 2].iter().copied().collect(),
        offset: layout.offset,
    };
    let rows = Rows::new([&outer]);
    let mut starts = Vec::with_capacity(rows.numel);
    rows.walk(0..rows.numel, |[start], _, count| starts.extend((0..count).map(|i| start + i * rows.steps[0])));
    let stripes = height.div_ceil(BLOCK);
    for (matrix, &start) in to.chunks_exact_mut(height * width).zip(&starts) {
        let lines = (map::PIECE / (BLOCK * width)).clamp(1, stripes) * BLOCK;
        pool::for_pieces(matrix, lines * width, |first, part| {
            let first_row = first / width;
            let count = part.len() / width;
            for row in (0..count).step_by(BLOCK) {
                for column in (0..width).step_by(BLOCK) {
                    for r in row..(row + BLOCK).min(count) {
                        let end = (column + BLOCK).min(width);
                        let source = &from[start + first_row + r + column * step..];
                        let target = &mut part[r * width + column..r * width + end];
                        target.iter_mut().zip(source.iter().step_by(step)).for_each(|(to, &value)| *to = value);
                    }
                }
            }
        });
    }
}

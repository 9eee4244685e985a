//! Convolutions over two dimensions: the values, and what multiplies backward through them.
//!
//! Each is a product of matrices, one of which has the elements of the images that each output sees: `channels × taps`
//! for each position. That matrix is never made as a whole. Pieces of work lay out a few images with their padding, in a
//! stretch of memory that the second-level cache holds, and write panels of the matrix in the order in which the kernels
//! of [`gemm`](super::gemm) read them. Pieces do not depend on the number of threads, so results do not either.

mod forward;
mod panel;
mod transposed;
mod weights;

#[cfg(test)]
mod tests;

use std::ops::Range;

pub(crate) use self::forward::forward;
pub(crate) use self::transposed::transposed;
pub(crate) use self::weights::weights;
use super::gemm::{Gemm, TERMS, Tile};
use super::number::Number;
use crate::backend::geometry::ConvGeometry;
use crate::op::ConvolutionOp;

impl ConvGeometry {
    /// Elements of a result.
    pub(super) fn numel(&self, op: ConvolutionOp) -> usize {
        match op {
            ConvolutionOp::Values => self.images * self.groups * self.filters * self.positions(),
            ConvolutionOp::Transposed => self.images * self.groups * self.channels * self.pixels(),
            ConvolutionOp::Weights => self.groups * self.filters * self.taps(),
        }
    }

    /// Terms of a sum.
    fn taps(&self) -> usize {
        self.channels * self.kernel[0] * self.kernel[1]
    }

    /// Outputs of an image and a filter.
    fn positions(&self) -> usize {
        self.output[0] * self.output[1]
    }

    fn pixels(&self) -> usize {
        self.input[0] * self.input[1]
    }

    /// The length along a dimension that `outputs` outputs read.
    fn seen(&self, dim: usize, outputs: usize) -> usize {
        (outputs - 1) * self.stride[dim] + (self.kernel[dim] - 1) * self.dilation[dim] + 1
    }

    /// Of the images that are laid out with `height` rows of `width` elements: where each tap of a position lies, from
    /// where the first does.
    fn offsets(&self, height: usize, width: usize) -> Vec<usize> {
        let mut offsets = Vec::with_capacity(self.taps());
        for channel in 0..self.channels {
            for row in 0..self.kernel[0] {
                for column in 0..self.kernel[1] {
                    offsets.push((channel * height + row * self.dilation[0]) * width + column * self.dilation[1]);
                }
            }
        }
        offsets
    }
}

/// Elements that are copied at a time: what is copied too much is overwritten by what follows.
const CHUNK: usize = 16;
/// Elements of images that a piece lays out, about: 256 KiB of `f32`.
const LAID_OUT: usize = 64 << 10;
/// Pieces that work is cut into at least, if it is worth that.
const PIECES: usize = 8;
/// Multiplications that are worth a piece.
const WORTH_A_PIECE: usize = 1 << 18;

struct Shared<T>(*mut T);
// SAFETY: pieces write disjoint elements of what it points to.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// # Safety
    /// The elements must lie inside what this points to, which must be borrowed for writing, and no one else may use them.
    #[inline(always)]
    #[expect(clippy::mut_from_ref)]
    unsafe fn part(&self, start: usize, count: usize) -> &mut [T] {
        // SAFETY: the caller promises it.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(start), count) }
    }
}

/// The kernel of this processor for products of matrices, or plain loops.
pub(super) fn tile<T: Gemm>() -> Tile<T> {
    T::tile().unwrap_or(Tile { rows: 4, columns: 8, run: plain::<T> })
}

/// A tile of 4 rows of 8, for processors without a special kernel.
unsafe fn plain<T: Number>(a: &[T], b: &[T], to: *mut T, stride: usize, add: bool) {
    let mut sums = [[T::ZERO; 8]; 4];
    for (k, b) in b.as_chunks::<8>().0.iter().enumerate().take(TERMS) {
        for (row, sums) in sums.iter_mut().enumerate() {
            let a = a[row * TERMS + k];
            for (sum, &b) in sums.iter_mut().zip(b) {
                *sum = sum.add(a.mul(b));
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        // SAFETY: the caller promises rows of this length.
        let to = unsafe { std::slice::from_raw_parts_mut(to.add(row * stride), 8) };
        for (to, &sum) in to.iter_mut().zip(sums) {
            *to = if add { to.add(sum) } else { sum };
        }
    }
}

/// A matrix in the order in which kernels read their first operand: blocks of [`TERMS`] terms, of which each has blocks of
/// rows. Element `[row, term]` is found at `row * row_stride + term * term_stride`.
fn packed_rows<T: Number>(
    from: &[T],
    rows: usize,
    terms: usize,
    (row_stride, term_stride): (usize, usize),
    height: usize,
) -> Vec<T> {
    let padded = rows.next_multiple_of(height);
    let mut packed = vec![T::ZERO; padded * terms.next_multiple_of(TERMS)];
    for (block, to) in packed.chunks_exact_mut(padded * TERMS).enumerate() {
        let first = block * TERMS;
        let count = TERMS.min(terms - first);
        for (row, to) in to.chunks_exact_mut(TERMS).enumerate().take(rows) {
            let start = row * row_stride + first * term_stride;
            if term_stride == 1 {
                to[..count].copy_from_slice(&from[start..start + count]);
            } else {
                for (term, to) in to.iter_mut().enumerate().take(count) {
                    *to = from[start + term * term_stride];
                }
            }
        }
    }
    packed
}

/// Some images of a group and some of their output rows.
struct Piece {
    images: Range<usize>,
    rows: Range<usize>,
}

/// How many images and how many output rows make a piece.
fn shares(g: &ConvGeometry, by_rows: bool) -> (usize, usize) {
    let work = g.positions() * g.taps() * g.filters * g.groups;
    let worth = (WORTH_A_PIECE / work.max(1)).max(1);
    let room = g.channels * g.seen(0, g.output[0]) * g.seen(1, g.output[1]);
    let images = (LAID_OUT / room.max(1)).clamp(1, g.images.div_ceil(PIECES).max(1)).max(worth).min(g.images.max(1));
    if images > 1 || !by_rows {
        return (images, g.output[0]);
    }
    let per_row = g.channels * g.stride[0] * g.seen(1, g.output[1]);
    let halo = g.seen(0, 1);
    let fitting = (LAID_OUT / per_row.max(1)).max(2 * halo);
    let even = if g.images >= PIECES { g.output[0] } else { g.output[0].div_ceil(PIECES).max(halo) };
    let rows = fitting.min(even).max(WORTH_A_PIECE * g.output[0] / work.max(1)).clamp(1, g.output[0]);
    (1, rows)
}

fn pieces(g: &ConvGeometry, (images, rows): (usize, usize)) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for image in (0..g.images).step_by(images) {
        for row in (0..g.output[0]).step_by(rows) {
            pieces.push(Piece { images: image..g.images.min(image + images), rows: row..g.output[0].min(row + rows) });
        }
    }
    pieces
}

/// Copies channels of images with zeros around them: as much as some output rows see.
fn lay_out<T: Number>(
    to: &mut [T],
    x: &[T],
    g: &ConvGeometry,
    channels: &Range<usize>,
    piece: &Piece,
    (height, width): (usize, usize),
) {
    let [rows, columns] = g.input;
    let left = g.padding[1].min(width);
    let copied = columns.min(width - left);
    let first = piece.rows.start * g.stride[0];
    let mut planes = to.chunks_exact_mut(height * width);
    for image in piece.images.clone() {
        for channel in channels.clone() {
            let plane = planes.next().expect("one for each image and channel");
            let from = &x[(image * g.groups * g.channels + channel) * rows * columns..][..rows * columns];
            for (line, to) in plane.chunks_exact_mut(width).enumerate() {
                match (first + line).checked_sub(g.padding[0]).filter(|&row| row < rows) {
                    Some(row) => {
                        to[..left].fill(T::ZERO);
                        to[left..left + copied].copy_from_slice(&from[row * columns..][..copied]);
                        to[left + copied..].fill(T::ZERO);
                    }
                    None => to.fill(T::ZERO),
                }
            }
        }
    }
}

//! Large products, cut so that what is read again and again is near.
//!
//! The order of the loops is that of Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (ACM
//! TOMS 34:3, 2008): panels of the second matrix are packed once for all threads; each thread packs blocks of the first
//! that fit its second-level cache, and multiplies them by one panel after the other, which fits the first-level cache.
//! Each element of the result is summed in the same order whatever the number of threads.

use std::ops::Range;

use super::element::Gemm;
use super::matrix::{Matrix, Shared};
use super::pack;
use super::tile::{LARGEST_TILE, TERMS, Tile};
use crate::backend::cpu::pool;
use crate::interrupt;
use crate::memory::allocator;

/// Rows of the first matrix in a block: 240 KiB of f32.
const ROWS: usize = 240;
/// Columns of the second matrix, and terms, that are packed at a time: 16 MiB of f32.
const COLUMNS: usize = 2048;
const PACKED_TERMS: usize = 8 * TERMS;
/// Elements to pack that are worth a thread.
const WORTH_A_THREAD: usize = 32 << 10;
/// Multiplications from which on it pays that threads pack together, and wait for each other once.
const WORTH_WAITING: usize = 1 << 26;

/// The factors of a product, and how to multiply them.
#[derive(Clone, Copy)]
pub(super) struct Product<'a, T> {
    pub a: Matrix<'a, T>,
    pub b: Matrix<'a, T>,
    /// The initial sum of each column; without it, zero.
    pub start: Option<&'a [T]>,
    pub tile: Tile<T>,
}

/// Writes the product to `to`, as [`super::product`] does. The previous contents of `to` do not matter.
pub(super) fn product<T: Gemm>(to: &mut [T], product: Product<T>, threads: usize) {
    let Product { a, b, tile, .. } = product;
    let target = Shared(to.as_mut_ptr());
    let share = b.columns.div_ceil(threads).next_multiple_of(tile.columns);
    let work = a.rows.saturating_mul(a.columns).saturating_mul(b.columns);
    if threads == 1 || work > WORTH_WAITING || share >= b.columns {
        return columns(&target, product, 0..b.columns, threads);
    }
    // Each thread packs what it needs itself, so that none has to wait for the others in between.
    pool::run(b.columns.div_ceil(share), &|piece| {
        let first = piece * share;
        columns(&target, product, first..b.columns.min(first + share), 1);
    });
}

/// Some columns of the product.
fn columns<T: Gemm>(target: &Shared<T>, product: Product<T>, range: Range<usize>, threads: usize) {
    let Product { a, b, start, tile } = product;
    for first_column in range.clone().step_by(COLUMNS) {
        let columns = COLUMNS.min(range.end - first_column);
        for first_term in (0..b.rows).step_by(PACKED_TERMS) {
            // Some tens of milliseconds pass from look to look.
            interrupt::check();
            let terms = PACKED_TERMS.min(b.rows - first_term);
            let part = Part { a, b, start, tile, first_column, columns, first_term, terms };
            allocator::with_scratch(terms * columns.next_multiple_of(tile.columns), |packed| {
                part.pack(packed, threads);
                part.multiply(target, packed, threads);
            });
        }
    }
}

/// The columns and terms that are multiplied at a time.
struct Part<'a, T> {
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    start: Option<&'a [T]>,
    tile: Tile<T>,
    first_column: usize,
    columns: usize,
    first_term: usize,
    terms: usize,
}

impl<T: Gemm> Part<'_, T> {
    /// Copies columns of the second matrix: one panel after the other, each with all terms.
    fn pack(&self, packed: &mut [T], threads: usize) {
        let width = self.tile.columns;
        let panel = self.terms * width;
        let panels = packed.len() / panel;
        let together = if threads == 1 { panels } else { (WORTH_A_THREAD / panel).clamp(1, panels.div_ceil(threads)) };
        pool::for_pieces(packed, together * panel, |start, part| {
            for (number, to) in part.chunks_exact_mut(panel).enumerate() {
                let first = (start / panel + number) * width;
                let columns = width.min(self.columns - first);
                let from = self.b.part(self.first_term, self.terms, self.first_column + first, columns);
                pack::columns(to, width, &from);
            }
        });
    }

    /// Multiplies all rows of the first matrix by what is packed of the second.
    fn multiply(&self, target: &Shared<T>, packed: &[T], threads: usize) {
        // As many blocks of about the same size for each thread; of few rows, several blocks of columns.
        let blocks = self.a.rows.div_ceil(ROWS * threads) * threads;
        let rows = self.a.rows.div_ceil(blocks).next_multiple_of(self.tile.rows);
        let blocks = self.a.rows.div_ceil(rows);
        let panels = self.columns.div_ceil(self.tile.columns);
        let cuts = threads.div_ceil(blocks);
        let share = panels.div_ceil(cuts);
        let cuts = panels.div_ceil(share);
        pool::run(blocks * cuts, &|piece| {
            let (block, cut) = (piece / cuts, piece % cuts);
            let first = block * rows;
            let some = first..self.a.rows.min(first + rows);
            self.block(target, packed, some, cut * share..panels.min((cut + 1) * share));
        });
    }

    /// Multiplies rows of the first matrix by panels of what is packed.
    fn block(&self, target: &Shared<T>, packed: &[T], rows: Range<usize>, panels: Range<usize>) {
        let height = self.tile.rows;
        allocator::with_scratch(rows.len().next_multiple_of(height) * TERMS, |block| {
            for start in (0..self.terms).step_by(TERMS) {
                let terms = TERMS.min(self.terms - start);
                let from = self.a.part(rows.start, rows.len(), self.first_term + start, terms);
                pack::rows(block, TERMS, &from, terms);
                for panel in panels.clone() {
                    let packed = &packed[panel * self.terms * self.tile.columns..][start * self.tile.columns..];
                    let b = &packed[..terms * self.tile.columns];
                    for (a, row) in block.chunks_exact(TERMS * height).zip(rows.clone().step_by(height)) {
                        let lines = row..rows.end.min(row + height);
                        // SAFETY: these rows and columns of the result are this piece's alone.
                        unsafe { self.tile(target, a, b, lines, panel, self.first_term + start > 0) };
                    }
                }
            }
        });
    }

    /// Sets a tile of the result, or adds to it.
    ///
    /// # Safety
    /// No other thread may use these rows and columns of the result meanwhile.
    unsafe fn tile(&self, target: &Shared<T>, a: &[T], b: &[T], rows: Range<usize>, panel: usize, add: bool) {
        let Tile { rows: height, columns: width, run } = self.tile;
        let stride = self.b.columns;
        let columns = width.min(self.columns - panel * width);
        let first = self.first_column + panel * width;
        // SAFETY: the kernel was chosen for this processor, and the tile is inside the result.
        unsafe {
            let to = target.0.add(rows.start * stride + first);
            let start = self.start.filter(|_| !add).map(|start| &start[first..first + columns]);
            if let Some(start) = start {
                for line in 0..rows.len() {
                    std::slice::from_raw_parts_mut(to.add(line * stride), columns).copy_from_slice(start);
                }
            }
            let add = add || start.is_some();
            if rows.len() == height && columns == width {
                return run(a, b, to, stride, add);
            }
            // At an edge.
            let mut whole = [T::ZERO; LARGEST_TILE];
            run(a, b, whole.as_mut_ptr(), width, false);
            for (line, sums) in whole.chunks_exact(width).enumerate().take(rows.len()) {
                let to = std::slice::from_raw_parts_mut(to.add(line * stride), columns);
                for (to, &sum) in to.iter_mut().zip(sums) {
                    *to = if add { to.add(sum) } else { sum };
                }
            }
        }
    }
}

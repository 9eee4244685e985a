//! A matrix by which many others are multiplied, copied once into the order in which the innermost loops read it.

use crate::backend::cpu::conv::tile;
use crate::backend::cpu::gemm::{Gemm, Matrix, TERMS, Tile, pack_columns};
use crate::backend::cpu::pool;
use crate::memory::allocator;
use crate::memory::buffer::AlignedBuf;

/// Elements to copy that are worth a thread.
const WORTH_A_THREAD: usize = 32 << 10;

/// The matrix, one panel of columns after the other, each with all rows.
pub(super) struct Panels<T: Gemm> {
    tile: Tile<T>,
    terms: usize,
    panel: usize,
    packed: AlignedBuf<T>,
}

impl<T: Gemm> Panels<T> {
    /// Copies a matrix that has elements.
    pub fn of(b: Matrix<T>) -> Panels<T> {
        let tile = tile::<T>();
        let (terms, width) = (b.rows, tile.columns);
        let panel = terms * width;
        let mut packed = allocator::take::<T>(terms * b.columns.next_multiple_of(width));
        let together = (WORTH_A_THREAD / panel).max(1);
        pool::for_pieces(&mut packed, together * panel, |start, part| {
            for (number, to) in part.chunks_exact_mut(panel).enumerate() {
                let first = (start / panel + number) * width;
                pack_columns(to, width, &b.part(0, terms, first, width.min(b.columns - first)));
            }
        });
        Panels { tile, terms, panel, packed }
    }

    /// How many rows kernels take at a time.
    pub fn height(&self) -> usize {
        self.tile.rows
    }

    /// The columns of products, with those that fill up the last panel.
    pub fn columns(&self) -> usize {
        self.packed.len() / self.terms
    }

    /// The number of elements of a product with `rows` rows, with those that fill up the last tile.
    pub fn product_room(&self, rows: usize) -> usize {
        rows.next_multiple_of(self.height()) * self.columns()
    }

    /// The number of elements of `rows` rows that are laid out.
    pub fn rows_room(&self, rows: usize) -> usize {
        rows.next_multiple_of(self.height()) * self.terms.next_multiple_of(TERMS)
    }

    /// Lays out a row of a first operand: in blocks of terms, each with as many rows as kernels take at a time.
    #[inline(always)]
    pub fn lay(&self, to: &mut [T], row: usize, terms: &[T]) {
        let height = self.height();
        let first = row / height * self.terms.div_ceil(TERMS);
        for (block, from) in terms.chunks(TERMS).enumerate() {
            to[((first + block) * height + row % height) * TERMS..][..from.len()].copy_from_slice(from);
        }
    }

    /// Sets `to`, or adds to it, the product of rows that are laid out and the matrix.
    #[inline(always)]
    pub fn multiply(&self, a: &[T], rows: usize, to: &mut [T], add: bool) {
        let (height, stride) = (self.height(), self.columns());
        let blocks = self.terms.div_ceil(TERMS);
        let groups = rows.div_ceil(height);
        assert!(to.len() >= self.product_room(rows) && a.len() >= self.rows_room(rows));
        for (number, panel) in self.packed.chunks_exact(self.panel).enumerate() {
            for (block, b) in panel.chunks(TERMS * self.tile.columns).enumerate() {
                for group in 0..groups {
                    let a = &a[(group * blocks + block) * height * TERMS..][..height * TERMS];
                    // SAFETY: the kernel is this processor's, and `to` has whole tiles.
                    unsafe {
                        let to = to.as_mut_ptr().add(group * height * stride + number * self.tile.columns);
                        (self.tile.run)(a, b, to, stride, add || block > 0);
                    }
                }
            }
        }
    }
}

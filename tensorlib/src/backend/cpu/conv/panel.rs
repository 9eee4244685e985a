//! Panels: what outputs side by side see, in the order in which kernels read it.

use std::ops::Range;

use super::CHUNK;
use crate::backend::cpu::number::Number;
use crate::backend::cpu::simd::{Loop, Widest, Width};
use crate::backend::cpu::vectors::{Lanes, Vectorised};

/// Outputs side by side: in a panel from `lane` on, their first taps from `from` on.
#[derive(Clone, Copy, Default)]
pub(super) struct Stretch {
    pub lane: usize,
    pub count: usize,
    pub from: usize,
}

/// The stretches of outputs from number `first` on, of images with `rows` rows of `columns` outputs.
pub(super) fn stretches(
    to: &mut Vec<Stretch>,
    outputs: Range<usize>,
    (rows, columns): (usize, usize),
    (per_image, per_row, per_column): (usize, usize, usize),
) {
    to.clear();
    let mut at = outputs.start;
    while at < outputs.end {
        let (line, column) = (at / columns, at % columns);
        let (image, row) = (line / rows, line % rows);
        let count = (columns - column).min(outputs.end - at);
        let from = image * per_image + row * per_row + column * per_column;
        to.push(Stretch { lane: at - outputs.start, count, from });
        at += count;
    }
}

/// Copies a chunk.
///
/// # Safety
/// [`CHUNK`] elements from `from` on must be valid for reads and as many from `to` on for writes, apart from each other.
#[inline(always)]
unsafe fn copy_chunk<T: Copy>(to: *mut T, from: *const T) {
    // SAFETY: the caller promises it. Elements need not be aligned to more than themselves.
    unsafe { to.cast::<[T; CHUNK]>().write(from.cast::<[T; CHUNK]>().read()) }
}

/// Writes a panel: for each offset, the elements of some stretches. `to` has [`CHUNK`] elements more than the panel.
pub(super) struct Panel<'a, T> {
    pub to: &'a mut [T],
    pub width: usize,
    pub from: &'a [T],
    pub offsets: &'a [usize],
    pub stretches: &'a [Stretch],
    pub step: usize,
}

impl<T: Number> Panel<'_, T> {
    /// Whether whole chunks may be copied: none reaches beyond the slices.
    fn has_room(&self) -> bool {
        let [last, rows] = [self.offsets.iter().max(), Some(&self.offsets.len())].map(|n| n.copied().unwrap_or(0));
        self.step == 1
            && self.stretches.iter().all(|stretch| {
                let whole = stretch.count.next_multiple_of(CHUNK);
                rows > 0
                    && last + stretch.from + whole <= self.from.len()
                    && (rows - 1) * self.width + stretch.lane + whole <= self.to.len()
            })
    }
}

impl<T: Number> Loop for Panel<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        if self.has_room() {
            let (to, from) = (self.to.as_mut_ptr(), self.from.as_ptr());
            for (number, &offset) in self.offsets.iter().enumerate() {
                for stretch in self.stretches {
                    // SAFETY: `has_room` has looked at the last row and the largest offset with each stretch.
                    unsafe {
                        let (to, from) = (to.add(number * self.width + stretch.lane), from.add(offset + stretch.from));
                        copy_chunk(to, from);
                        for at in (CHUNK..stretch.count).step_by(CHUNK) {
                            copy_chunk(to.add(at), from.add(at));
                        }
                    }
                }
            }
            return;
        }
        for (number, &offset) in self.offsets.iter().enumerate() {
            for stretch in self.stretches {
                let to = &mut self.to[number * self.width + stretch.lane..][..stretch.count];
                let from = &self.from[offset + stretch.from..];
                for (to, from) in to.iter_mut().zip(from.iter().step_by(self.step)) {
                    *to = *from;
                }
            }
        }
    }
}

impl<T: Vectorised> Panel<'_, T> {
    /// Writes it with vectors if the processor has them; `lists` is room for what they are told.
    pub fn write(self, lists: &mut [Vec<Lanes>; 2]) {
        let Some(vectors) = T::vectors().filter(|vectors| self.step == 1 && 2 * vectors.lanes == self.width) else {
            return Widest::run(self);
        };
        let last = self.offsets.iter().max().copied().unwrap_or(0);
        assert!(
            self.offsets.len() * self.width <= self.to.len()
                && self.stretches.iter().all(|stretch| last + stretch.from + stretch.count <= self.from.len())
        );
        for (half, list) in lists.iter_mut().enumerate() {
            let start = half * vectors.lanes;
            list.clear();
            for stretch in self.stretches {
                let first = stretch.lane as isize - start as isize;
                let lanes = Lanes::between(first, first + stretch.count as isize, stretch.from as isize - first);
                if lanes.mask != 0 && first < vectors.lanes as isize {
                    list.push(lanes);
                }
            }
        }
        let [first, second] = lists;
        // SAFETY: the processor has the instructions, and the bounds were checked for the largest offset and the last row.
        unsafe { (vectors.panel)(self.to.as_mut_ptr(), self.from.as_ptr(), self.offsets, [first, second]) }
    }
}

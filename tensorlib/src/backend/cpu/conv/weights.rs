//! The gradient of a convolution's weights.

use std::ops::Range;

use super::panel::stretches;
use super::{CHUNK, ConvGeometry, PIECES, Piece, lay_out, pieces, shares, tile};
use crate::backend::cpu::gemm::{TERMS, Tile};
use crate::backend::cpu::number::Number;
use crate::backend::cpu::pool;
use crate::backend::cpu::simd::{Loop, Widest, Width};
use crate::backend::cpu::vectors::Vectorised;
use crate::memory::allocator;

/// The inputs of the outputs, one row of taps for each output, cut into panels of `width` columns that are `pitch`
/// elements apart.
struct TapPanels<'a, T, const COUNT: usize> {
    to: &'a mut [T],
    pitch: usize,
    width: usize,
    /// Room for a row, and a chunk.
    row: &'a mut [T],
    taps: usize,
    from: &'a [T],
    /// Where the first taps lie.
    starts: &'a [usize],
    /// From there, each row of the kernel in each channel.
    offsets: &'a [usize],
    length: usize,
    step: usize,
}

impl<T: Number, const COUNT: usize> Loop for TapPanels<'_, T, COUNT> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let panels = self.taps.div_ceil(self.width);
        let [first, last] = [self.starts, self.offsets].map(|all| all.iter().max().copied().unwrap_or(0));
        assert!(
            first + last + COUNT.max((self.length - 1) * self.step + 1) <= self.from.len()
                && panels * self.width + CHUNK <= self.row.len()
                && self.offsets.len() * self.length == self.taps
                && (panels - 1) * self.pitch + self.starts.len() * self.width <= self.to.len()
                && COUNT <= CHUNK
                && self.width.is_multiple_of(8)
        );
        // One panel can be written at once.
        let at_once = panels == 1 && self.taps - self.length + COUNT.max(self.length) <= self.width;
        for (term, &start) in self.starts.iter().enumerate() {
            let row = match at_once {
                true => self.to[term * self.width..].as_mut_ptr(),
                false => self.row.as_mut_ptr(),
            };
            for (number, &offset) in self.offsets.iter().enumerate() {
                // SAFETY: checked above for the largest start and offset, and for the last row of the kernel.
                unsafe {
                    let to = row.add(number * self.length);
                    let from = self.from.as_ptr().add(start + offset);
                    if COUNT > 0 {
                        // The next write overwrites the surplus.
                        to.cast::<[T; COUNT]>().write(from.cast::<[T; COUNT]>().read());
                    } else {
                        for tap in 0..self.length {
                            *to.add(tap) = *from.add(tap * self.step);
                        }
                    }
                }
            }
            if at_once {
                continue;
            }
            // Whole panels: what is beyond the taps counts for nothing.
            for panel in 0..panels {
                for at in (0..self.width).step_by(8) {
                    // SAFETY: checked above for the last panel and term.
                    unsafe {
                        let to = self.to.as_mut_ptr().add(panel * self.pitch + term * self.width + at);
                        let from = self.row.as_ptr().add(panel * self.width + at);
                        to.cast::<[T; 8]>().write(from.cast::<[T; 8]>().read());
                    }
                }
            }
        }
    }
}

/// The gradient of weights: `to[filter, tap] = Σ y[image, filter, position] x[image, tap of the position]`.
pub(crate) fn weights<T: Vectorised>(to: &mut [T], x: &[T], y: &[T], g: &ConvGeometry) {
    if to.is_empty() {
        return;
    }
    if y.is_empty() {
        return to.fill(T::ZERO);
    }
    let tile = tile::<T>();
    let (images, rows) = shares(g, true);
    let per_channel = g.kernel[0] * g.kernel[1];
    // Many weights: each piece has some channels and goes through all images. Few: each has some images, and separate
    // sums.
    let share = if to.len() > 32 << 10 { 32.min(g.channels) } else { g.channels };
    let cuts = g.channels.div_ceil(share);
    let all = pieces(g, (images, rows));
    let strands = if cuts * g.groups >= PIECES { 1 } else { PIECES.div_ceil(cuts * g.groups).min(all.len()) };
    let padded = g.filters.next_multiple_of(tile.rows);
    let line = (share * per_channel).next_multiple_of(tile.columns);
    let room = padded * line;
    let mut sums = allocator::take::<T>(g.groups * cuts * strands * room);
    pool::for_pieces(&mut sums, room, |start, sums| {
        let number = start / room;
        let (number, strand) = (number / strands, number % strands);
        let (group, cut) = (number / cuts, number % cuts);
        let channels = cut * share..g.channels.min((cut + 1) * share);
        sums.fill(T::ZERO);
        let each = all.len().div_ceil(strands);
        let mine = all.len().min(strand * each)..all.len().min((strand + 1) * each);
        for piece in &all[mine] {
            add_weights(sums, x, y, g, (group, &channels), piece, &tile);
        }
    });
    // The sums of the strands, in their order.
    let share_of = |number: usize| &sums[number * room..(number + 1) * room];
    let taps = g.taps();
    for group in 0..g.groups {
        for cut in 0..cuts {
            let first = cut * share * per_channel;
            let count = share.min(g.channels - cut * share) * per_channel;
            for filter in 0..g.filters {
                let to = &mut to[(group * g.filters + filter) * taps + first..][..count];
                for strand in 0..strands {
                    let from = &share_of((group * cuts + cut) * strands + strand)[filter * line..][..count];
                    if strand == 0 {
                        to.copy_from_slice(from);
                    } else {
                        to.iter_mut().zip(from).for_each(|(to, &from)| *to = to.add(from));
                    }
                }
            }
        }
    }
}

/// Adds what the outputs of a piece contribute to the sums of some channels of a group.
fn add_weights<T: Vectorised>(
    sums: &mut [T],
    x: &[T],
    y: &[T],
    g: &ConvGeometry,
    (group, channels): (usize, &Range<usize>),
    piece: &Piece,
    tile: &Tile<T>,
) {
    let (lines, columns) = (piece.rows.len(), g.output[1]);
    let (height, width) = (g.seen(0, lines), g.seen(1, columns));
    let plane = height * width;
    let [tall, long] = g.kernel;
    let taps = channels.len() * tall * long;
    let line = sums.len() / g.filters.next_multiple_of(tile.rows);
    let panels = taps.div_ceil(tile.columns);
    let per_image = lines * columns;
    let total = piece.images.len() * per_image;
    // Where rows of the kernel begin.
    let offsets: Vec<usize> = (0..channels.len() * tall)
        .map(|number| (number / tall * height + number % tall * g.dilation[0]) * width)
        .collect();
    let padded = g.filters.next_multiple_of(tile.rows);
    let pitch = TERMS * tile.columns;
    allocator::with_scratch(piece.images.len() * channels.len() * plane + CHUNK, |images| {
        let of_group = group * g.channels + channels.start..group * g.channels + channels.end;
        lay_out(images, x, g, &of_group, piece, (height, width));
        allocator::with_scratch(panels * pitch + padded * TERMS, |room| {
            let (seen, gradients) = room.split_at_mut(panels * pitch);
            gradients.fill(T::ZERO);
            let mut row = vec![T::ZERO; panels * tile.columns + CHUNK];
            let (mut parts, mut starts) = (Vec::new(), Vec::with_capacity(TERMS));
            for first in (0..total).step_by(TERMS) {
                let terms = TERMS.min(total - first);
                starts.clear();
                let steps = (channels.len() * plane, g.stride[0] * width, g.stride[1]);
                stretches(&mut parts, first..first + terms, (lines, columns), steps);
                for part in &parts {
                    starts.extend((0..part.count).map(|column| part.from + column * g.stride[1]));
                }
                macro_rules! panels_of {
                    ($count:literal) => {
                        Widest::run(TapPanels::<T, $count> {
                            to: seen,
                            pitch,
                            width: tile.columns,
                            row: &mut row,
                            taps,
                            from: images,
                            starts: &starts,
                            offsets: &offsets,
                            length: long,
                            step: g.dilation[1],
                        })
                    };
                }
                match long {
                    _ if g.dilation[1] != 1 => panels_of!(0),
                    2..=4 => panels_of!(4),
                    5..=8 => panels_of!(8),
                    9..=16 => panels_of!(16),
                    _ => panels_of!(0),
                }
                for filter in 0..g.filters {
                    let to = &mut gradients[filter * TERMS..(filter + 1) * TERMS];
                    let mut at = first;
                    while at < first + terms {
                        let (image, within) = (at / per_image, at % per_image);
                        let some = (per_image - within).min(first + terms - at);
                        let number = (piece.images.start + image) * g.groups * g.filters + group * g.filters + filter;
                        let start = number * g.positions() + piece.rows.start * columns + within;
                        to[at - first..][..some].copy_from_slice(&y[start..start + some]);
                        at += some;
                    }
                }
                for panel in 0..panels {
                    let b = &seen[panel * pitch..][..terms * tile.columns];
                    for row in (0..padded).step_by(tile.rows) {
                        let a = &gradients[row * TERMS..];
                        let to = &mut sums[row * line + panel * tile.columns..];
                        assert!(to.len() >= (tile.rows - 1) * line + tile.columns);
                        // SAFETY: the kernel is this processor's, and the tile lies inside `sums`.
                        unsafe { (tile.run)(a, b, to.as_mut_ptr(), line, true) };
                    }
                }
            }
        });
    });
}

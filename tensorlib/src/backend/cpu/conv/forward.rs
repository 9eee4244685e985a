//! The values of a convolution.

use super::panel::{Panel, stretches};
use super::{CHUNK, ConvGeometry, Shared, lay_out, packed_rows, pieces, shares, tile};
use crate::backend::cpu::gemm::{LARGEST_TILE, TERMS};
use crate::backend::cpu::pool;
use crate::backend::cpu::vectors::{Lanes, Place, Vectorised, Vectors};
use crate::memory::allocator;

/// `to[image, filter, position] = bias[filter] + Σ w[filter, tap] x[image, tap of the position]`, group by group.
pub(crate) fn forward<T: Vectorised>(to: &mut [T], x: &[T], w: &[T], bias: Option<&[T]>, g: &ConvGeometry) {
    let (taps, positions) = (g.taps(), g.positions());
    if to.is_empty() {
        return;
    }
    if let Some(vectors) = T::vectors().filter(|vectors| fills(g, vectors.lanes)) {
        return forward_in_rows(to, x, w, bias, g, &vectors);
    }
    let tile = tile::<T>();
    let padded = g.filters.next_multiple_of(tile.rows);
    let weights: Vec<Vec<T>> = (0..g.groups)
        .map(|group| packed_rows(&w[group * g.filters * taps..], g.filters, taps, (taps, 1), tile.rows))
        .collect();
    let pieces = pieces(g, shares(g, true));
    let target = Shared(to.as_mut_ptr());
    let target = &target;
    pool::run(pieces.len() * g.groups, &|number| {
        let (piece, group) = (&pieces[number / g.groups], number % g.groups);
        let (lines, columns) = (piece.rows.len(), g.output[1]);
        let (height, width) = (g.seen(0, lines), g.seen(1, columns));
        let plane = height * width;
        let offsets = g.offsets(height, width);
        let total = piece.images.len() * lines * columns;
        let room = piece.images.len() * g.channels * plane + CHUNK;
        allocator::with_scratch(room, |images| {
            let channels = group * g.channels..(group + 1) * g.channels;
            lay_out(images, x, g, &channels, piece, (height, width));
            allocator::with_scratch(taps * tile.columns + 2 * CHUNK, |panel| {
                let (mut parts, mut lists) = (Vec::new(), Default::default());
                for first in (0..total).step_by(tile.columns) {
                    let outputs = first..total.min(first + tile.columns);
                    let steps = (g.channels * plane, g.stride[0] * width, g.stride[1]);
                    stretches(&mut parts, outputs.clone(), (lines, columns), steps);
                    let seen = Panel {
                        to: panel,
                        width: tile.columns,
                        from: images,
                        offsets: &offsets,
                        stretches: &parts,
                        step: g.stride[1],
                    };
                    seen.write(&mut lists);
                    let per_image = lines * columns;
                    let whole = outputs.len() == tile.columns && first / per_image == (outputs.end - 1) / per_image;
                    for row in (0..g.filters).step_by(tile.rows) {
                        let count = tile.rows.min(g.filters - row);
                        let filter = group * g.filters + row;
                        let start = |image: usize, line: usize| {
                            ((piece.images.start + image) * g.groups * g.filters + filter + line) * positions
                                + piece.rows.start * columns
                        };
                        let bias = |line: usize| bias.map_or(T::ZERO, |bias| bias[filter + line]);
                        let run = |to: *mut T, stride: usize| {
                            for (block, term) in (0..taps).step_by(TERMS).enumerate() {
                                let a = &weights[group][(block * padded + row) * TERMS..];
                                let b = &panel[term * tile.columns..taps.min(term + TERMS) * tile.columns];
                                // SAFETY: the kernel is this processor's, and the caller gives a whole tile.
                                unsafe { (tile.run)(a, b, to, stride, true) };
                            }
                        };
                        if whole && count == tile.rows {
                            let at = start(first / per_image, 0) + first % per_image;
                            for line in 0..count {
                                // SAFETY: outputs of this piece and group, which no other piece uses.
                                unsafe { target.part(at + line * positions, tile.columns) }.fill(bias(line));
                            }
                            // SAFETY: as above: `rows` lines that are `positions` apart.
                            run(unsafe { target.0.add(at) }, positions);
                            continue;
                        }
                        let mut sums = [T::ZERO; LARGEST_TILE];
                        for (line, sums) in sums.chunks_exact_mut(tile.columns).enumerate().take(count) {
                            sums.fill(bias(line));
                        }
                        run(sums.as_mut_ptr(), tile.columns);
                        for (line, sums) in sums.chunks_exact(tile.columns).enumerate().take(count) {
                            let mut at = outputs.start;
                            while at < outputs.end {
                                let (image, within) = (at / per_image, at % per_image);
                                let some = (per_image - within).min(outputs.end - at);
                                // SAFETY: outputs of this piece and group, which no other piece uses.
                                let to = unsafe { target.part(start(image, line) + within, some) };
                                let from = &sums[at - first..][..some];
                                if some == tile.columns {
                                    // In chunks, which are faster than a call.
                                    let chunks = to.as_chunks_mut::<8>().0.iter_mut().zip(from.as_chunks().0);
                                    chunks.for_each(|(to, from)| *to = *from);
                                } else {
                                    to.copy_from_slice(from);
                                }
                                at += some;
                            }
                        }
                    }
                }
            });
        });
    });
}

/// Whether rows of outputs fill vectors nearly, so that these can be read from the images as they lie.
fn fills(g: &ConvGeometry, lanes: usize) -> bool {
    g.stride[1] == 1 && 5 * g.output[1] >= 4 * g.output[1].next_multiple_of(lanes)
}

/// [`forward`] without panels: vectors of outputs side by side in a row.
fn forward_in_rows<T: Vectorised>(
    to: &mut [T],
    x: &[T],
    w: &[T],
    bias: Option<&[T]>,
    g: &ConvGeometry,
    vectors: &Vectors<T>,
) {
    let (taps, positions) = (g.taps(), g.positions());
    let padded = g.filters.next_multiple_of(vectors.rows);
    let weights: Vec<Vec<T>> = (0..g.groups)
        .map(|group| packed_rows(&w[group * g.filters * taps..], g.filters, taps, (taps, 1), vectors.rows))
        .collect();
    let pieces = pieces(g, shares(g, true));
    let target = Shared(to.as_mut_ptr());
    let target = &target;
    pool::run(pieces.len() * g.groups, &|number| {
        let (piece, group) = (&pieces[number / g.groups], number % g.groups);
        let columns = g.output[1];
        let (height, width) = (g.seen(0, piece.rows.len()), g.seen(1, columns));
        let plane = height * width;
        let offsets = g.offsets(height, width);
        let mut places = Vec::new();
        for image in 0..piece.images.len() {
            for row in piece.rows.clone() {
                for column in (0..columns).step_by(vectors.lanes) {
                    places.push(Place {
                        from: image * g.channels * plane + (row - piece.rows.start) * g.stride[0] * width + column,
                        to: (piece.images.start + image) * g.groups * g.filters * positions + row * columns + column,
                        mask: Lanes::between(0, (columns - column).min(vectors.lanes) as isize, 0).mask,
                    });
                }
            }
        }
        allocator::with_scratch(piece.images.len() * g.channels * plane + CHUNK, |images| {
            let channels = group * g.channels..(group + 1) * g.channels;
            lay_out(images, x, g, &channels, piece, (height, width));
            for pair in places.chunks(2) {
                // The last may be alone.
                let pair = [pair[0], pair.get(1).copied().unwrap_or(Place { mask: 0, ..pair[0] })];
                assert!(pair.iter().all(|place| place.from + offsets[taps - 1] + vectors.lanes <= images.len()));
                for row in (0..g.filters).step_by(vectors.rows) {
                    let count = vectors.rows.min(g.filters - row);
                    let filter = group * g.filters + row;
                    let mut start = [T::ZERO; 8];
                    if let Some(bias) = bias {
                        start[..count].copy_from_slice(&bias[filter..filter + count]);
                    }
                    for (block, term) in (0..taps).step_by(TERMS).enumerate() {
                        let a = &weights[group][(block * padded + row) * TERMS..];
                        let offsets = &offsets[term..taps.min(term + TERMS)];
                        // SAFETY: the processor has the kernel. Whole vectors at the last offset lie inside the images, and
                        // masked outputs belong to this piece and group alone.
                        unsafe {
                            let to = target.0.add(filter * positions);
                            let start = (block == 0).then_some(&start);
                            (vectors.tile)(a, offsets, images.as_ptr(), to, pair, positions, start, count);
                        }
                    }
                }
            }
        });
    });
}

//! Convolutions over two dimensions: the values, and what multiplies backward through them.
//!
//! Each is a product of matrices, one of which has the elements of the images that each output sees: `channels × taps`
//! for each position. That matrix is never made as a whole. Pieces of work lay out a few images with their padding, in a
//! stretch of memory that the second-level cache holds, and write panels of the matrix in the order in which the kernels
//! of [`gemm`](super::gemm) read them. Pieces do not depend on the number of threads, so results do not either.

use std::ops::Range;

use super::gemm::{Gemm, LARGEST_TILE, TERMS, Tile};
use super::number::Number;
use super::pool;
use super::simd::{Loop, Widest, Width};
use super::vectors::{Lanes, Place, Vectorised, Vectors};
use crate::memory::allocator;

/// The sizes of a convolution. Lengths of two dimensions are those of rows and columns.
#[derive(Clone)]
pub(crate) struct Geometry {
    pub images: usize,
    pub groups: usize,
    /// Of the input, in a group.
    pub channels: usize,
    /// Of the output, in a group.
    pub filters: usize,
    pub input: [usize; 2],
    pub output: [usize; 2],
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    /// In front of the first row and column; as much as needed follows the last.
    pub padding: [usize; 2],
    pub dilation: [usize; 2],
}

impl Geometry {
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

    /// The length along a dimension that so many outputs see.
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

/// A tile of 4 rows of 8, for processors without a kernel of their own.
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

/// Outputs side by side: in a panel from `lane` on, their first taps from `from` on.
#[derive(Clone, Copy, Default)]
struct Stretch {
    lane: usize,
    count: usize,
    from: usize,
}

/// The stretches of outputs from number `first` on, of images with `rows` rows of `columns` outputs.
fn stretches(
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
struct Panel<'a, T> {
    to: &'a mut [T],
    width: usize,
    from: &'a [T],
    offsets: &'a [usize],
    stretches: &'a [Stretch],
    step: usize,
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
    fn write(self, lists: &mut [Vec<Lanes>; 2]) {
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

/// Some images of a group and some of their output rows.
struct Piece {
    images: Range<usize>,
    rows: Range<usize>,
}

/// How many images and how many output rows make a piece.
fn shares(g: &Geometry, by_rows: bool) -> (usize, usize) {
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

fn pieces(g: &Geometry, (images, rows): (usize, usize)) -> Vec<Piece> {
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
    g: &Geometry,
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

/// `to[image, filter, position] = bias[filter] + Σ w[filter, tap] x[image, tap of the position]`, group by group.
pub(crate) fn forward<T: Vectorised>(to: &mut [T], x: &[T], w: &[T], bias: Option<&[T]>, g: &Geometry) {
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
                                // SAFETY: outputs of this piece and group, which belong to nobody else.
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
                                // SAFETY: outputs of this piece and group, which belong to nobody else.
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
fn fills(g: &Geometry, lanes: usize) -> bool {
    g.stride[1] == 1 && 5 * g.output[1] >= 4 * g.output[1].next_multiple_of(lanes)
}

/// [`forward`] without panels: vectors of outputs side by side in a row.
fn forward_in_rows<T: Vectorised>(
    to: &mut [T],
    x: &[T],
    w: &[T],
    bias: Option<&[T]>,
    g: &Geometry,
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

/// Adds the rows of a tile to images: those of a panel, for each tap of a row.
struct Scatter<'a, T> {
    to: &'a mut [T],
    rows: &'a [T],
    width: usize,
    offsets: &'a [usize],
    stretches: &'a [Stretch],
    step: usize,
}

impl<T: Number> Loop for Scatter<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let last = self.offsets.iter().max().copied().unwrap_or(0);
        let whole = self.step == 1
            && self.stretches.iter().all(|stretch| {
                let whole = stretch.count.next_multiple_of(CHUNK);
                last + stretch.from + whole <= self.to.len()
                    && self.offsets.len() * self.width + whole <= self.rows.len() + self.width - stretch.lane
            });
        if !whole {
            for (number, &offset) in self.offsets.iter().enumerate() {
                for stretch in self.stretches {
                    let row = &self.rows[number * self.width + stretch.lane..][..stretch.count];
                    let to = &mut self.to[offset + stretch.from..];
                    for (to, &value) in to.iter_mut().step_by(self.step).zip(row) {
                        *to = to.add(value);
                    }
                }
            }
            return;
        }
        for stretch in self.stretches {
            for done in (0..stretch.count).step_by(CHUNK) {
                let count = CHUNK.min(stretch.count - done);
                let lanes: [bool; CHUNK] = std::array::from_fn(|lane| lane < count);
                for (number, &offset) in self.offsets.iter().enumerate() {
                    // SAFETY: chunks up to the last row and the largest offset were found to lie inside the slices.
                    let (to, from) = unsafe {
                        let to = self.to.as_mut_ptr().add(offset + stretch.from + done).cast::<[T; CHUNK]>();
                        let from = self.rows.as_ptr().add(number * self.width + stretch.lane + done);
                        (&mut *to, &*from.cast::<[T; CHUNK]>())
                    };
                    // The rest of a chunk adds zeros.
                    for lane in 0..CHUNK {
                        to[lane] = to[lane].add(if lanes[lane] { from[lane] } else { T::ZERO });
                    }
                }
            }
        }
    }
}

/// The transpose of [`forward`] as a function of the images: `to[image, tap of a position] += w[filter, tap] y[image,
/// filter, position]`, beginning with the bias of each channel. `to` has the shape of the input.
pub(crate) fn transposed<T: Vectorised>(to: &mut [T], y: &[T], w: &[T], bias: Option<&[T]>, g: &Geometry) {
    if to.is_empty() {
        return;
    }
    let positions = g.positions();
    let bias = |channel: usize| bias.map_or(T::ZERO, |bias| bias[channel]);
    if y.is_empty() || g.taps() == 0 {
        let channels = g.groups * g.channels;
        to.chunks_exact_mut(g.pixels()).enumerate().for_each(|(plane, to)| to.fill(bias(plane % channels)));
        return;
    }
    if let Some(flipped) = as_forward(g) {
        return forward_with_flipped(to, y, w, bias, g, &flipped);
    }
    let tile = tile::<T>();
    let per_channel = g.kernel[0] * g.kernel[1];
    let (height, width) = (g.seen(0, g.output[0]), g.seen(1, g.output[1]));
    let plane = height * width;
    let (images, _) = shares(g, false);
    // Of few images, channels apart.
    let groups_of_images = g.images.div_ceil(images);
    let cuts = (PIECES / (groups_of_images * g.groups)).clamp(1, g.channels);
    let share = g.channels.div_ceil(cuts);
    let cuts = g.channels.div_ceil(share);
    // For each group and share of channels: one row for each tap, one term for each filter.
    let weights: Vec<Vec<T>> = (0..g.groups * cuts)
        .map(|number| {
            let (group, first) = (number / cuts, number % cuts * share);
            let rows = share.min(g.channels - first) * per_channel;
            let from = &w[group * g.filters * g.taps() + first * per_channel..];
            packed_rows(from, rows, g.filters, (1, g.taps()), tile.rows)
        })
        .collect();
    let target = Shared(to.as_mut_ptr());
    let target = &target;
    pool::run(groups_of_images * g.groups * cuts, &|number| {
        let (number, cut) = (number / cuts, number % cuts);
        let (number, group) = (number / g.groups, number % g.groups);
        let some = number * images..g.images.min((number + 1) * images);
        let channels = cut * share..g.channels.min((cut + 1) * share);
        let rows = channels.len() * per_channel;
        let padded = rows.next_multiple_of(tile.rows);
        let weights = &weights[group * cuts + cut];
        let offsets = &g.offsets(height, width)[..rows];
        let total = some.len() * positions;
        let per_image = channels.len() * plane;
        allocator::with_scratch(some.len() * per_image + CHUNK, |laid_out| {
            laid_out.fill(T::ZERO);
            allocator::with_scratch(g.filters * tile.columns + 2 * CHUNK, |panel| {
                let (mut parts, mut lists) = (Vec::new(), Default::default());
                let mut sums = [T::ZERO; LARGEST_TILE + CHUNK];
                // The values of a panel, filter by filter.
                let all: Vec<usize> = (0..g.filters).map(|filter| filter * positions).collect();
                let from = &y[(some.start * g.groups + group) * g.filters * positions..];
                let mut fold = Fold::new(g, rows, tile.columns, (height, width));
                let folds = fold.is_some();
                for first in (0..total).step_by(tile.columns) {
                    let outputs = first..total.min(first + tile.columns);
                    let steps = (g.groups * g.filters * positions, 0, 1);
                    stretches(&mut parts, outputs.clone(), (1, positions), steps);
                    let values =
                        Panel { to: panel, width: tile.columns, from, offsets: &all, stretches: &parts, step: 1 };
                    values.write(&mut lists);
                    let steps = (per_image, g.stride[0] * width, g.stride[1]);
                    stretches(&mut parts, outputs, (g.output[0], g.output[1]), steps);
                    for row in (0..rows).step_by(tile.rows) {
                        let sums = match &mut fold {
                            Some(fold) => &mut fold.rows[row * tile.columns..],
                            None => &mut sums[..],
                        };
                        assert!(sums.len() >= tile.rows * tile.columns);
                        for (block, term) in (0..g.filters).step_by(TERMS).enumerate() {
                            let a = &weights[(block * padded + row) * TERMS..];
                            let b = &panel[term * tile.columns..g.filters.min(term + TERMS) * tile.columns];
                            // SAFETY: the kernel is this processor's, and there is room for a tile.
                            unsafe { (tile.run)(a, b, sums.as_mut_ptr(), tile.columns, block > 0) };
                        }
                        if !folds {
                            Widest::run(Scatter {
                                to: laid_out,
                                rows: sums,
                                width: tile.columns,
                                offsets: &offsets[row..rows.min(row + tile.rows)],
                                stretches: &parts,
                                step: g.stride[1],
                            });
                        }
                    }
                    if let Some(fold) = &mut fold {
                        fold.add(laid_out, &parts);
                    }
                }
            });
            for (at, image) in some.clone().enumerate() {
                for (within, channel) in channels.clone().enumerate() {
                    let channel = group * g.channels + channel;
                    let start = (image * g.groups * g.channels + channel) * g.pixels();
                    // SAFETY: a channel of this piece, which belongs to nobody else.
                    let to = unsafe { target.part(start, g.pixels()) };
                    let from = &laid_out[at * per_image + within * plane..][..plane];
                    cut_out(to, from, g, (height, width), bias(channel));
                }
            }
        });
    });
}

/// Adds all taps of a panel to images with vectors, one row of the kernel at a time.
struct Fold<T> {
    vectors: Vectors<T>,
    /// For each tap, a row of the panel.
    rows: Vec<T>,
    width: usize,
    /// Of each row of the kernel in each channel: where it lies.
    offsets: Vec<usize>,
    taps: usize,
    dilation: usize,
    lists: Vec<Lanes>,
}

impl<T: Vectorised> Fold<T> {
    /// For `rows` taps, if the processor can.
    fn new(g: &Geometry, rows: usize, width: usize, (height, long): (usize, usize)) -> Option<Fold<T>> {
        let vectors = T::vectors().filter(|vectors| g.stride[1] == 1 && 2 * vectors.lanes == width)?;
        let [tall, taps] = g.kernel;
        let offsets = (0..rows / taps).map(|number| (number / tall * height + number % tall * g.dilation[0]) * long);
        Some(Fold {
            rows: vec![T::ZERO; rows.next_multiple_of(vectors.rows) * width],
            width,
            offsets: offsets.collect(),
            taps,
            dilation: g.dilation[1],
            lists: Vec::new(),
            vectors,
        })
    }

    fn add(&mut self, to: &mut [T], stretches: &[Stretch]) {
        let Vectors { lanes, fold, .. } = self.vectors;
        let last = self.offsets.iter().max().copied().unwrap_or(0);
        for stretch in stretches {
            let seen = stretch.count + (self.taps - 1) * self.dilation;
            let places = seen.div_ceil(lanes);
            assert!(last + stretch.from + places * lanes <= to.len());
            self.lists.clear();
            for place in 0..places {
                for tap in 0..self.taps {
                    let shift = (tap * self.dilation) as isize - (place * lanes) as isize;
                    let from = (tap * self.width + stretch.lane) as isize - shift;
                    self.lists.push(Lanes::between(shift, shift + stretch.count as isize, from));
                }
            }
            for (rows, &offset) in self.rows.chunks_exact(self.taps * self.width).zip(&self.offsets) {
                // SAFETY: the processor has the kernel. Lanes that are not masked are elements of the stretch in the rows of
                // the taps, and the vectors were found to lie inside the images.
                unsafe { fold(to.as_mut_ptr().add(offset + stretch.from), rows.as_ptr(), &self.lists, self.taps) };
            }
        }
    }
}

/// A channel without its padding, plus a number.
fn cut_out<T: Number>(to: &mut [T], from: &[T], g: &Geometry, (height, width): (usize, usize), bias: T) {
    let left = g.padding[1].min(width);
    let copied = g.input[1].min(width - left);
    for (row, to) in to.chunks_exact_mut(g.input[1]).enumerate() {
        let line = row + g.padding[0];
        to.fill(bias);
        if line < height {
            let from = &from[line * width + left..][..copied];
            to.iter_mut().zip(from).for_each(|(to, &value)| *to = to.add(value));
        }
    }
}

/// The transpose as a convolution of the outputs, when that needs about as many multiplications.
fn as_forward(g: &Geometry) -> Option<Geometry> {
    let mut padding = [0; 2];
    for (dim, padding) in padding.iter_mut().enumerate() {
        *padding = ((g.kernel[dim] - 1) * g.dilation[dim]).checked_sub(g.padding[dim])?;
    }
    let more = 4 * g.pixels() > 5 * g.positions();
    (g.stride == [1, 1] && !more).then(|| Geometry {
        channels: g.filters,
        filters: g.channels,
        input: g.output,
        output: g.input,
        padding,
        ..g.clone()
    })
}

fn forward_with_flipped<T: Vectorised>(
    to: &mut [T],
    y: &[T],
    w: &[T],
    bias: impl Fn(usize) -> T,
    g: &Geometry,
    flipped: &Geometry,
) {
    let area = g.kernel[0] * g.kernel[1];
    let mut turned = allocator::take::<T>(w.len());
    for group in 0..g.groups {
        for filter in 0..g.filters {
            for channel in 0..g.channels {
                let from = &w[((group * g.filters + filter) * g.channels + channel) * area..][..area];
                let to = &mut turned[((group * g.channels + channel) * g.filters + filter) * area..][..area];
                to.iter_mut().zip(from.iter().rev()).for_each(|(to, &from)| *to = from);
            }
        }
    }
    let bias: Vec<T> = (0..g.groups * g.channels).map(bias).collect();
    forward(to, y, &turned, Some(&bias), flipped);
}

/// What outputs see, one row of taps for each, cut into panels of `width` columns that are `pitch` elements apart.
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
                        // What is too much is overwritten by the next.
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
pub(crate) fn weights<T: Vectorised>(to: &mut [T], x: &[T], y: &[T], g: &Geometry) {
    if to.is_empty() {
        return;
    }
    if y.is_empty() {
        return to.fill(T::ZERO);
    }
    let tile = tile::<T>();
    let (images, rows) = shares(g, true);
    let per_channel = g.kernel[0] * g.kernel[1];
    // Many weights: each piece has some channels and goes through all images. Few: each has some images, and sums of its own.
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
    g: &Geometry,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Small whole numbers, whose sums are exact in any order.
    fn numbers(count: usize, seed: usize) -> Vec<f64> {
        (0..count).map(|i| ((i * i + i / 7 + seed * 13) % 7) as f64 - 3.0).collect()
    }

    /// Calls `with(output, input or none, weight)` for each product of a convolution.
    fn each(g: &Geometry, mut with: impl FnMut(usize, usize, usize)) {
        let [rows, columns] = g.output;
        for image in 0..g.images {
            for group in 0..g.groups {
                for filter in 0..g.filters {
                    for row in 0..rows {
                        for column in 0..columns {
                            for channel in 0..g.channels {
                                for i in 0..g.kernel[0] {
                                    for j in 0..g.kernel[1] {
                                        let y = (row * g.stride[0] + i * g.dilation[0]).wrapping_sub(g.padding[0]);
                                        let x = (column * g.stride[1] + j * g.dilation[1]).wrapping_sub(g.padding[1]);
                                        if y >= g.input[0] || x >= g.input[1] {
                                            continue;
                                        }
                                        let filter = group * g.filters + filter;
                                        let out =
                                            ((image * g.groups * g.filters + filter) * rows + row) * columns + column;
                                        let plane = image * g.groups * g.channels + group * g.channels + channel;
                                        let from = (plane * g.input[0] + y) * g.input[1] + x;
                                        let tap = ((filter * g.channels + channel) * g.kernel[0] + i) * g.kernel[1] + j;
                                        with(out, from, tap);
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn geometry(images: usize, groups: usize, channels: usize, filters: usize, input: [usize; 2]) -> Geometry {
        Geometry {
            images,
            groups,
            channels,
            filters,
            input,
            output: [0; 2],
            kernel: [3, 2],
            stride: [1, 1],
            padding: [0, 0],
            dilation: [1, 1],
        }
    }

    fn agrees(mut g: Geometry) {
        for dim in 0..2 {
            let seen = (g.kernel[dim] - 1) * g.dilation[dim] + 1;
            g.output[dim] = (g.input[dim] + 2 * g.padding[dim] - seen) / g.stride[dim] + 1;
        }
        let x = numbers(g.images * g.groups * g.channels * g.pixels(), 1);
        let w = numbers(g.groups * g.filters * g.taps(), 2);
        let y = numbers(g.images * g.groups * g.filters * g.positions(), 3);
        let bias = numbers(g.groups * g.filters, 4);
        let (mut values, mut back, mut of_w) = (vec![0.0; y.len()], vec![0.0; x.len()], vec![0.0; w.len()]);
        each(&g, |out, from, tap| {
            values[out] += x[from] * w[tap];
            back[from] += y[out] * w[tap];
            of_w[tap] += y[out] * x[from];
        });
        for (at, value) in values.iter_mut().enumerate() {
            *value += bias[at / g.positions() % bias.len()];
        }
        fn check<T: Vectorised>(g: &Geometry, from: [&[f64]; 4], to: [&[f64]; 3]) {
            let of = |values: &[f64]| values.iter().map(|&v| T::from_scalar(v.into())).collect::<Vec<T>>();
            let [x, w, y, bias] = from.map(of);
            let [values, back, of_w] = to.map(of);
            let room = |like: &[T]| vec![T::ONE; like.len()];
            let mut made = room(&values);
            forward(&mut made, &x, &w, Some(&bias), g);
            assert!(made == values, "forward");
            let mut made = room(&back);
            transposed(&mut made, &y, &w, None, g);
            assert!(made == back, "transposed");
            let mut made = room(&of_w);
            weights(&mut made, &x, &y, g);
            assert!(made == of_w, "weights");
        }
        check::<f32>(&g, [&x, &w, &y, &bias], [&values, &back, &of_w]);
        check::<f64>(&g, [&x, &w, &y, &bias], [&values, &back, &of_w]);
    }

    #[test]
    fn convolutions_are_sums_of_products_whatever_their_sizes() {
        agrees(geometry(1, 1, 1, 1, [5, 4]));
        agrees(geometry(9, 1, 2, 3, [7, 6]));
        agrees(Geometry { kernel: [5, 5], padding: [2, 2], ..geometry(5, 1, 1, 6, [28, 28]) });
        agrees(Geometry { kernel: [5, 5], ..geometry(17, 1, 6, 16, [14, 14]) });
        agrees(Geometry { kernel: [3, 3], padding: [1, 1], ..geometry(2, 1, 40, 33, [9, 8]) });
        agrees(Geometry { kernel: [3, 3], padding: [1, 1], stride: [2, 2], ..geometry(3, 2, 4, 5, [9, 12]) });
        agrees(Geometry {
            kernel: [2, 3],
            padding: [0, 3],
            stride: [1, 3],
            dilation: [3, 2],
            ..geometry(2, 3, 2, 2, [8, 9])
        });
        agrees(Geometry { kernel: [1, 1], ..geometry(2, 1, 300, 70, [6, 6]) });
        agrees(Geometry { kernel: [1, 17], padding: [0, 8], ..geometry(2, 1, 3, 4, [1, 50]) });
        agrees(Geometry { kernel: [3, 3], padding: [1, 1], ..geometry(1, 1, 3, 8, [64, 64]) });
        agrees(Geometry { kernel: [3, 3], padding: [1, 1], ..geometry(1, 8, 1, 1, [20, 20]) });
    }
}

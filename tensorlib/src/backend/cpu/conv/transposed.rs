//! The transpose of a convolution as a function of its images.

use super::forward::forward;
use super::panel::{Panel, Stretch, stretches};
use super::{CHUNK, ConvGeometry, PIECES, Shared, packed_rows, shares, tile};
use crate::backend::cpu::gemm::{LARGEST_TILE, TERMS};
use crate::backend::cpu::number::Number;
use crate::backend::cpu::pool;
use crate::backend::cpu::simd::{Loop, Widest, Width};
use crate::backend::cpu::vectors::{Lanes, Vectorised, Vectors};
use crate::memory::allocator;

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
pub(crate) fn transposed<T: Vectorised>(to: &mut [T], y: &[T], w: &[T], bias: Option<&[T]>, g: &ConvGeometry) {
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
                    // SAFETY: a channel of this piece, which no other piece uses.
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
    fn new(g: &ConvGeometry, rows: usize, width: usize, (height, long): (usize, usize)) -> Option<Fold<T>> {
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
fn cut_out<T: Number>(to: &mut [T], from: &[T], g: &ConvGeometry, (height, width): (usize, usize), bias: T) {
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
fn as_forward(g: &ConvGeometry) -> Option<ConvGeometry> {
    let mut padding = [0; 2];
    for (dim, padding) in padding.iter_mut().enumerate() {
        *padding = ((g.kernel[dim] - 1) * g.dilation[dim]).checked_sub(g.padding[dim])?;
    }
    let more = 4 * g.pixels() > 5 * g.positions();
    (g.stride == [1, 1] && !more).then(|| ConvGeometry {
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
    g: &ConvGeometry,
    flipped: &ConvGeometry,
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

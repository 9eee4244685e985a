//! Attention: products of queries and keys, their softmax, and with it the mean of values. No matrix of all queries and all
//! keys is made: a few queries go through blocks of keys, and sums that were begun are scaled when a larger score comes
//! (Milakov and Gimelshein, *Online normalizer calculation for softmax*, 2018; Dao et al., *FlashAttention*, 2022). What is
//! kept for the gradient is the logarithm of each query's sum.

use std::ops::Range;

use super::conv::tile;
use super::gemm::{Gemm, TERMS, Tile};
use super::lanes;
use super::number::Floating;
use super::pool;
use super::simd::{Loop, Width};
use super::vectors::Vectorised;
use crate::backend::geometry::AttentionSizes;
use crate::memory::allocator;
use crate::scalar::Scalar;

/// Matrices of one size, somewhere in a slice: rows are side by side within themselves.
#[derive(Clone, Copy)]
pub(crate) struct Stack<'a, T> {
    pub elements: &'a [T],
    /// Where each begins.
    pub starts: &'a [usize],
    /// From one row to the next.
    pub stride: usize,
}

impl<'a, T> Stack<'a, T> {
    #[inline(always)]
    fn row(&self, matrix: usize, row: usize, length: usize) -> &'a [T] {
        &self.elements[self.starts[matrix] + row * self.stride..][..length]
    }
}

/// The numbers added to scores, read with any strides.
#[derive(Clone, Copy)]
pub(crate) struct Mask<'a, T> {
    pub elements: &'a [T],
    pub starts: &'a [usize],
    /// From one query, and from one key, to the next.
    pub strides: [usize; 2],
}

impl AttentionSizes {
    /// How many keys a query sees.
    #[inline(always)]
    fn seen(&self, query: usize) -> usize {
        if self.causal { self.keys.min(query + 1) } else { self.keys }
    }
}

/// Queries of a piece.
const TOGETHER: usize = 128;

struct Shared<T>(*mut T);
// SAFETY: pieces write disjoint elements of what it points to.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// # Safety
    /// The elements must lie inside what this points to, which must be borrowed for writing, and no one else may use them.
    #[expect(clippy::mut_from_ref)]
    unsafe fn part(&self, start: usize, count: usize) -> &mut [T] {
        // SAFETY: the caller promises it.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(start), count) }
    }
}

/// The kernel that wastes least on matrices of few columns.
fn tile_for<T: Vectorised>(s: &AttentionSizes) -> Tile<T> {
    let wide = tile::<T>();
    let rest = |columns: usize| columns % wide.columns;
    let halves = |columns: usize| (1..=wide.columns / 2).contains(&rest(columns));
    match T::vectors() {
        Some(vectors) if halves(s.features) || halves(s.values) => vectors.narrow,
        _ => wide,
    }
}

/// The most rows that a kernel takes.
const HEIGHT: usize = 16;

/// Sets a tile of `to`, or adds to it: the product of rows of terms that are [`TERMS`] apart and of a panel.
#[inline(always)]
fn multiply<T: Gemm>(tile: &Tile<T>, a: &[T], panel: &[T], to: &mut [T], stride: usize, add: bool) {
    assert!(to.len() >= (tile.rows - 1) * stride + tile.columns && a.len() >= tile.rows * TERMS);
    // SAFETY: the kernel is this processor's, and the tile lies inside `to`.
    unsafe { (tile.run)(a, panel, to.as_mut_ptr(), stride, add) }
}

/// Writes the transposes of rows, as panels of `width` rows: element `[term, row]`, for the panel of a row. What is beyond the
/// last row stays as it was, and counts for nothing.
#[inline(always)]
fn transpose<T: Floating>(
    to: &mut [T],
    stack: Stack<T>,
    matrix: usize,
    rows: Range<usize>,
    terms: usize,
    width: usize,
    scale: T,
) {
    for (number, to) in to.chunks_mut(width * terms).enumerate() {
        let first = rows.start + number * width;
        for row in first..rows.end.min(first + width) {
            let to = &mut to[row - first..];
            for (to, &value) in to.iter_mut().step_by(width).zip(stack.row(matrix, row, terms)) {
                *to = value.mul(scale);
            }
        }
    }
}

/// Writes rows as panels of columns: blocks of [`TERMS`] rows, in each the panels one after the other, with as many rows as the
/// block has. Where the panel of a column begins in a block is `block * TERMS * padded columns + panel * rows * width`.
#[inline(always)]
fn cut<T: Floating>(to: &mut [T], stack: Stack<T>, matrix: usize, columns: usize, width: usize, scale: T) {
    let padded = columns.next_multiple_of(width);
    for (block, to) in to.chunks_mut(TERMS * padded).enumerate() {
        let count = to.len() / padded;
        for row in 0..count {
            let from = stack.row(matrix, block * TERMS + row, columns);
            for (panel, from) in from.chunks(width).enumerate() {
                let to = &mut to[(panel * count + row) * width..][..from.len()];
                to.iter_mut().zip(from).for_each(|(to, &from)| *to = from.mul(scale));
            }
        }
    }
}

/// Writes rows for each block of [`TERMS`] terms, in which they are [`TERMS`] apart.
#[inline(always)]
fn lay<T: Floating>(
    to: &mut [T],
    stack: Stack<T>,
    matrix: usize,
    rows: Range<usize>,
    terms: usize,
    height: usize,
    scale: T,
) {
    for (number, row) in rows.enumerate() {
        for (block, from) in stack.row(matrix, row, terms).chunks(TERMS).enumerate() {
            let to = &mut to[(block * height + number) * TERMS..][..from.len()];
            to.iter_mut().zip(from).for_each(|(to, &from)| *to = from.mul(scale));
        }
    }
}

/// Adds up a product over all blocks of terms: `a` from [`lay`], `panel` with `terms` rows.
#[inline(always)]
fn product<T: Gemm>(tile: &Tile<T>, a: &[T], panel: &[T], terms: usize, to: &mut [T], stride: usize) {
    for (block, first) in (0..terms).step_by(TERMS).enumerate() {
        let part = &panel[first * tile.columns..terms.min(first + TERMS) * tile.columns];
        multiply(tile, &a[block * tile.rows * TERMS..], part, to, stride, block > 0);
    }
}

/// Parts of some room, one after the other.
struct Room<'a, T>(&'a mut [T]);

impl<'a, T> Room<'a, T> {
    #[inline(always)]
    fn part(&mut self, count: usize) -> &'a mut [T] {
        let (part, rest) = std::mem::take(&mut self.0).split_at_mut(count);
        self.0 = rest;
        part
    }
}

/// Turns scores of some queries and a block of keys into exponentials, and scales what was summed before.
struct Exponentials<'a, T> {
    /// Rows that are [`TERMS`] apart.
    scores: &'a mut [T],
    /// Of each row, how many keys count.
    counts: &'a [usize],
    terms: usize,
    largest: &'a mut [T],
    sums: &'a mut [T],
    /// The factors of the results so far.
    factors: &'a mut [T],
}

impl<T: Floating> Exponentials<'_, T> {
    #[inline(always)]
    fn run(self) {
        // Whole vectors, of which the rest becomes zeros.
        let padded = self.terms.next_multiple_of(16);
        for (row, &count) in self.counts.iter().enumerate() {
            let scores = &mut self.scores[row * TERMS..][..padded];
            scores[count..].fill(T::LOWEST);
            let before = self.largest[row];
            let largest = before.maximum(lanes::largest(scores));
            // Of nothing but -∞, all is zero.
            let off = if largest == T::LOWEST { T::ZERO } else { largest };
            scores.iter_mut().for_each(|score| *score = score.sub(off).exp());
            let factor = before.sub(off).exp();
            self.factors[row] = factor;
            self.sums[row] = self.sums[row].mul_add(factor, lanes::sum(scores));
            self.largest[row] = largest;
        }
    }
}

/// A piece of the forward pass.
struct Forward<'a, T> {
    to: &'a Shared<T>,
    target: (&'a [usize], usize),
    logs: &'a Shared<T>,
    operands: [Stack<'a, T>; 3],
    mask: Option<Mask<'a, T>>,
    s: AttentionSizes,
    tile: Tile<T>,
    head: usize,
    queries: Range<usize>,
    room: &'a mut [T],
}

/// The room that [`Forward`] needs.
fn room_forward<T>(s: &AttentionSizes, tile: &Tile<T>) -> usize {
    let padded = s.values.next_multiple_of(tile.columns);
    s.keys.next_multiple_of(tile.columns) * s.features
        + s.keys * padded
        + tile.rows * (s.features.next_multiple_of(TERMS) + TERMS + padded)
        + tile.columns
}

impl<T: Gemm + Floating> Loop for Forward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Forward { s, tile, head, queries, mask, .. } = self;
        let [q, k, v] = self.operands;
        let (starts, stride) = self.target;
        let (height, width) = (tile.rows, tile.columns);
        let scale = T::from_scalar(Scalar::Float(s.scale));
        let keys = s.seen(queries.end - 1);
        let padded = s.values.next_multiple_of(width);
        let mut room = Room(self.room);
        let by_panel = room.part(keys.next_multiple_of(width) * s.features);
        transpose(by_panel, k, head, 0..keys, s.features, width, T::ONE);
        let values = room.part(keys * padded);
        cut(values, v, head, s.values, width, T::ONE);
        let some = room.part(height * s.features.next_multiple_of(TERMS));
        let scores = room.part(height * TERMS + width);
        let results = room.part(height * padded);
        let mut state = [[T::ZERO; HEIGHT]; 3];
        for first in queries.clone().step_by(height) {
            let count = height.min(queries.end - first);
            lay(some, q, head, first..first + count, s.features, height, scale);
            let [largest, sums, factors] = &mut state;
            largest.fill(T::LOWEST);
            sums.fill(T::ZERO);
            let last = s.seen(first + count - 1);
            for (block, start) in (0..last).step_by(TERMS).enumerate() {
                let terms = TERMS.min(last - start);
                for panel in 0..terms.div_ceil(width) {
                    let b = &by_panel[(start + panel * width) * s.features..][..s.features * width];
                    product(&tile, some, b, s.features, &mut scores[panel * width..], TERMS);
                }
                let counts: [usize; HEIGHT] =
                    std::array::from_fn(|row| s.seen(first + row.min(count - 1)).saturating_sub(start).min(terms));
                if let Some(mask) = &mask {
                    for (row, &count) in counts.iter().enumerate().take(count) {
                        let from = mask.starts[head] + (first + row) * mask.strides[0] + start * mask.strides[1];
                        for (key, score) in scores[row * TERMS..][..count].iter_mut().enumerate() {
                            *score = score.add(mask.elements[from + key * mask.strides[1]]);
                        }
                    }
                }
                Exponentials { scores: &mut *scores, counts: &counts[..count], terms, largest, sums, factors }.run();
                if block > 0 {
                    for (row, &factor) in results.chunks_exact_mut(padded).zip(factors.iter()) {
                        row.iter_mut().for_each(|value| *value = value.mul(factor));
                    }
                }
                let whole = TERMS.min(keys - start);
                for panel in 0..padded / width {
                    let b = &values[start * padded + panel * whole * width..][..terms * width];
                    multiply(&tile, scores, b, &mut results[panel * width..], padded, block > 0);
                }
            }
            for row in 0..count {
                // SAFETY: a row of this piece, which no other piece uses; `forward` has checked the bounds.
                let to = unsafe { self.to.part(starts[head] + (first + row) * stride, s.values) };
                let factor = if sums[row] == T::ZERO { T::ZERO } else { T::ONE.div(sums[row]) };
                to.iter_mut().zip(&results[row * padded..]).for_each(|(to, &value)| *to = value.mul(factor));
                // A query that sees nothing: all exponentials less infinity are zero.
                let log = if sums[row] == T::ZERO { T::HIGHEST } else { largest[row].add(sums[row].exact_log()) };
                // SAFETY: as above.
                let to = unsafe { self.logs.part(head * s.queries + first + row, 1) };
                to[0] = log;
            }
        }
    }
}

/// `to[head, query] = Σ softmax(scale · q · keys + mask) values`, and the logarithm of the sum of each query's exponentials.
/// Where the rows of `to` lie, `target` says: where those of a head begin, and how far apart they are.
pub(crate) fn forward<T: Vectorised + Floating>(
    to: &mut [T],
    target: (&[usize], usize),
    logs: &mut [T],
    operands: [Stack<T>; 3],
    mask: Option<Mask<T>>,
    s: AttentionSizes,
) {
    let tile = tile_for::<T>(&s);
    let cuts = s.queries.div_ceil(TOGETHER);
    let (starts, stride) = target;
    assert!(
        logs.len() == s.heads * s.queries
            && starts.len() == s.heads
            && starts.iter().all(|start| start + (s.queries - 1) * stride + s.values <= to.len())
            && tile.rows <= HEIGHT
    );
    let (to, logs) = (Shared(to.as_mut_ptr()), Shared(logs.as_mut_ptr()));
    let (to, logs) = (&to, &logs);
    pool::run(s.heads * cuts, &|piece| {
        let (head, cut) = (piece / cuts, piece % cuts);
        let queries = cut * TOGETHER..s.queries.min((cut + 1) * TOGETHER);
        allocator::with_scratch(room_forward(&s, &tile), |room| {
            T::Heavy::run(Forward { to, target, logs, operands, mask, s, tile, head, queries, room });
        });
    });
}

/// Of scores of some keys and a block of queries and the gradients of what they became: probabilities and the gradients of
/// the scores, each in the place of what it is made of.
struct Slopes<'a, T> {
    /// Rows that are [`TERMS`] apart, one for each key.
    scores: &'a mut [T],
    gradients: &'a mut [T],
    /// Of each row, the first query that counts.
    from: &'a [usize],
    first: usize,
    terms: usize,
    /// With room for whole vectors.
    logs: &'a [T],
    sums: &'a [T],
}

impl<T: Floating> Slopes<'_, T> {
    #[inline(always)]
    fn run(self) {
        let (first, end) = (self.first, self.terms.next_multiple_of(16));
        let (logs, sums) = (&self.logs[first..end], &self.sums[first..end]);
        for (row, &from) in self.from.iter().enumerate() {
            let scores = &mut self.scores[row * TERMS..][first..end];
            let gradients = &mut self.gradients[row * TERMS..][first..end];
            let hidden = from.clamp(first, end) - first;
            for (((score, gradient), &log), &sum) in scores.iter_mut().zip(gradients.iter_mut()).zip(logs).zip(sums) {
                let probability = score.sub(log).exp();
                *score = probability;
                *gradient = gradient.sub(sum).mul(probability);
            }
            scores[..hidden].fill(T::ZERO);
            gradients[..hidden].fill(T::ZERO);
        }
    }
}

/// The backward pass of a head.
struct Backward<'a, T> {
    to: &'a [Shared<T>; 3],
    operands: [Stack<'a, T>; 5],
    logs: &'a [T],
    mask: Option<Mask<'a, T>>,
    s: AttentionSizes,
    tile: Tile<T>,
    head: usize,
    room: &'a mut [T],
}

/// The room that [`Backward`] needs.
fn room_backward<T>(s: &AttentionSizes, tile: &Tile<T>) -> usize {
    let (height, width) = (tile.rows, tile.columns);
    let (features, long) = (s.features.next_multiple_of(width), s.values.next_multiple_of(width));
    let (queries, keys) = (s.queries.next_multiple_of(width), s.keys.next_multiple_of(height) + height);
    queries * (s.features + s.values)
        + s.queries * (features + long)
        + keys * (features + long)
        + height * (s.features.next_multiple_of(TERMS) + s.values.next_multiple_of(TERMS))
        + 2 * (s.queries + 16)
        + 2 * (height + 1) * TERMS
        + TERMS * (TERMS + width)
        + 2 * s.features.next_multiple_of(height) * TERMS
        + 2 * width
}

impl<T: Gemm + Floating> Loop for Backward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Backward { s, tile, head, mask, .. } = self;
        let [q, k, v, y, gradient] = self.operands;
        let (height, width) = (tile.rows, tile.columns);
        let scale = T::from_scalar(Scalar::Float(s.scale));
        let lengths = [s.queries * s.features, s.keys * s.features, s.keys * s.values];
        // The last rows of a chunk may be fewer than a kernel takes.
        let of_keys = s.keys.next_multiple_of(height) + height;
        let features = s.features.next_multiple_of(width);
        let long = s.values.next_multiple_of(width);
        let tall = s.features.next_multiple_of(height);
        let mut room = Room(self.room);
        // Both forms of queries and of gradients: as second operands by features, and by queries.
        let queries_by_panel = room.part(s.queries.next_multiple_of(width) * s.features);
        transpose(queries_by_panel, q, head, 0..s.queries, s.features, width, scale);
        let queries = room.part(s.queries * features);
        cut(queries, q, head, s.features, width, scale);
        let slopes_by_panel = room.part(s.queries.next_multiple_of(width) * s.values);
        transpose(slopes_by_panel, gradient, head, 0..s.queries, s.values, width, T::ONE);
        let slopes = room.part(s.queries * long);
        cut(slopes, gradient, head, s.values, width, T::ONE);
        let of_k = room.part(of_keys * features);
        let of_v = room.part(of_keys * long);
        of_k.fill(T::ZERO);
        of_v.fill(T::ZERO);
        let keys = room.part(height * s.features.next_multiple_of(TERMS));
        let values = room.part(height * s.values.next_multiple_of(TERMS));
        let (logs, sums) = (room.part(s.queries + 16), room.part(s.queries + 16));
        logs[..s.queries].copy_from_slice(&self.logs[head * s.queries..][..s.queries]);
        logs[s.queries..].fill(T::HIGHEST);
        for (query, sum) in sums[..s.queries].iter_mut().enumerate() {
            *sum = lanes::dot(y.row(head, query, s.values), gradient.row(head, query, s.values));
        }
        sums[s.queries..].fill(T::ZERO);
        // With room for a row more: offsets into the last one.
        let scores = room.part((height + 1) * TERMS);
        let products = room.part((height + 1) * TERMS);
        let by_panel = room.part(TERMS * (TERMS + width));
        let of_q = room.part(tall * TERMS + width);
        let turned = room.part(tall * TERMS);
        for (block, start) in (0..s.queries).step_by(TERMS).enumerate() {
            let some = TERMS.min(s.queries - start);
            of_q.fill(T::ZERO);
            let seen = s.seen(start + some - 1);
            for chunk in (0..seen).step_by(TERMS) {
                let together = TERMS.min(seen - chunk);
                let pitch = together.next_multiple_of(height) * width;
                for key in (chunk..chunk + together).step_by(height) {
                    let count = height.min(chunk + together - key);
                    lay(keys, k, head, key..key + count, s.features, height, T::ONE);
                    lay(values, v, head, key..key + count, s.values, height, T::ONE);
                    // The queries that see the first of these keys, and from which panel on.
                    let hidden = if s.causal { key.saturating_sub(start) } else { 0 };
                    let panel = hidden / width;
                    let first = panel * width;
                    for panel in panel..some.div_ceil(width) {
                        let at = start + panel * width;
                        let b = &queries_by_panel[at * s.features..][..s.features * width];
                        product(&tile, keys, b, s.features, &mut scores[panel * width..], TERMS);
                        let b = &slopes_by_panel[at * s.values..][..s.values * width];
                        product(&tile, values, b, s.values, &mut products[panel * width..], TERMS);
                    }
                    if let Some(mask) = &mask {
                        for row in 0..count {
                            let from = mask.starts[head] + start * mask.strides[0] + (key + row) * mask.strides[1];
                            for (query, score) in scores[row * TERMS..][..some].iter_mut().enumerate().skip(first) {
                                *score = score.add(mask.elements[from + query * mask.strides[0]]);
                            }
                        }
                    }
                    let from: [usize; HEIGHT] =
                        std::array::from_fn(|row| if s.causal { (key + row).saturating_sub(start) } else { 0 });
                    Slopes {
                        scores: &mut *scores,
                        gradients: &mut *products,
                        from: &from[..count],
                        first,
                        terms: some,
                        logs: &logs[start..],
                        sums: &sums[start..],
                    }
                    .run();
                    scores[count * TERMS..height * TERMS].fill(T::ZERO);
                    products[count * TERMS..height * TERMS].fill(T::ZERO);
                    let terms = some - first;
                    for panel in 0..long / width {
                        let b = &slopes[block * TERMS * long + (panel * some + first) * width..][..terms * width];
                        multiply(&tile, &scores[first..], b, &mut of_v[key * long + panel * width..], long, true);
                    }
                    for panel in 0..features / width {
                        let b = &queries[block * TERMS * features + (panel * some + first) * width..][..terms * width];
                        let to = &mut of_k[key * features + panel * width..];
                        multiply(&tile, &products[first..], b, to, features, true);
                    }
                    for row in 0..height {
                        for panel in panel..some.div_ceil(width) {
                            let from = &products[row * TERMS + panel * width..][..width];
                            let to = &mut by_panel[panel * pitch + (key - chunk + row) * width..][..width];
                            for (to, from) in to.as_chunks_mut::<8>().0.iter_mut().zip(from.as_chunks::<8>().0) {
                                *to = *from;
                            }
                        }
                    }
                }
                // Queries by features: the transposes of keys times the gradients of scores.
                for key in 0..together {
                    let to = turned[key..].iter_mut().step_by(TERMS);
                    to.zip(k.row(head, chunk + key, s.features)).for_each(|(to, &value)| *to = value);
                }
                for panel in 0..some.div_ceil(width) {
                    let end = start + (panel + 1) * width;
                    let terms = if s.causal { together.min(end.saturating_sub(chunk)) } else { together };
                    let b = &by_panel[panel * pitch..][..terms * width];
                    for feature in (0..tall).step_by(height) {
                        let to = &mut of_q[feature * TERMS + panel * width..];
                        multiply(&tile, &turned[feature * TERMS..], b, to, TERMS, true);
                    }
                }
            }
            // SAFETY: the queries of this head.
            let to = unsafe { self.to[0].part(head * lengths[0] + start * s.features, some * s.features) };
            for (query, to) in to.chunks_exact_mut(s.features).enumerate() {
                for (feature, to) in to.iter_mut().enumerate() {
                    *to = of_q[feature * TERMS + query].mul(scale);
                }
            }
        }
        for (number, (sums, padded, columns)) in
            [(of_k, features, s.features), (of_v, long, s.values)].into_iter().enumerate()
        {
            // SAFETY: the keys or values of this head.
            let to = unsafe { self.to[number + 1].part(head * lengths[number + 1], lengths[number + 1]) };
            for (to, from) in to.chunks_exact_mut(columns).zip(sums.chunks_exact(padded)) {
                to.copy_from_slice(&from[..columns]);
            }
        }
    }
}

/// The gradients of queries, keys and values, head by head, each row by row. The operands are queries, keys, values, the result
/// and its gradient.
pub(crate) fn backward<T: Vectorised + Floating>(
    to: [&mut [T]; 3],
    operands: [Stack<T>; 5],
    logs: &[T],
    mask: Option<Mask<T>>,
    s: AttentionSizes,
) {
    let tile = tile_for::<T>(&s);
    let lengths = [s.queries * s.features, s.keys * s.features, s.keys * s.values];
    assert!((0..3).all(|number| to[number].len() == s.heads * lengths[number]) && tile.rows <= HEIGHT);
    let to = &to.map(|to| Shared(to.as_mut_ptr()));
    pool::run(s.heads, &|head| {
        allocator::with_scratch(room_backward(&s, &tile), |room| {
            T::Heavy::run(Backward { to, operands, logs, mask, s, tile, head, room });
        });
    });
}

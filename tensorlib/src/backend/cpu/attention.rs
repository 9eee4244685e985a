//! Attention: products of queries and keys, their softmax, and with it the mean of values. No matrix of all queries and all
//! keys is made: a few queries go through blocks of keys, and sums that were begun are scaled when a larger score comes
//! (Milakov and Gimelshein, *Online normalizer calculation for softmax*, 2018; Dao et al., *FlashAttention*, 2022). What is
//! kept for the gradient is the logarithm of each query's sum.

use super::conv::tile;
use super::gemm::{Gemm, TERMS, Tile};
use super::lanes;
use super::number::Floating;
use super::pool;
use super::simd::{Loop, Width};
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

/// What is added to scores, read by any strides.
#[derive(Clone, Copy)]
pub(crate) struct Mask<'a, T> {
    pub elements: &'a [T],
    pub starts: &'a [usize],
    /// From one query, and from one key, to the next.
    pub strides: [usize; 2],
}

/// The sizes.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub heads: usize,
    pub queries: usize,
    pub keys: usize,
    /// Of queries and keys.
    pub features: usize,
    /// Of values.
    pub values: usize,
    pub scale: f64,
    /// Whether a query sees only keys up to its own number.
    pub causal: bool,
}

impl Sizes {
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

/// Sets a tile of `to`, or adds to it: the product of rows of terms that are [`TERMS`] apart and of a panel.
#[inline]
fn multiply<T: Gemm>(tile: &Tile<T>, a: &[T], panel: &[T], to: &mut [T], stride: usize, add: bool) {
    assert!(to.len() >= (tile.rows - 1) * stride + tile.columns && a.len() >= tile.rows * TERMS);
    // SAFETY: the kernel is this processor's, and the tile lies inside `to`.
    unsafe { (tile.run)(a, panel, to.as_mut_ptr(), stride, add) }
}

/// The transposes of rows, as panels of `width` rows: element `[term, row]`, for the panel of a row.
fn transposed<T: Floating>(
    stack: Stack<T>,
    matrix: usize,
    rows: usize,
    terms: usize,
    width: usize,
    scale: T,
) -> Vec<T> {
    let mut to = vec![T::ZERO; rows.next_multiple_of(width) * terms];
    for row in 0..rows {
        let start = row / width * width * terms + row % width;
        for (term, &value) in stack.row(matrix, row, terms).iter().enumerate() {
            to[start + term * width] = value.mul(scale);
        }
    }
    to
}

/// Rows as panels of columns: blocks of [`TERMS`] rows, in each the panels one after the other, with as many rows as the
/// block has. Where the panel of a column begins in a block is `block * TERMS * padded columns + panel * rows * width`.
fn panels<T: Floating>(stack: Stack<T>, matrix: usize, rows: usize, columns: usize, width: usize, scale: T) -> Vec<T> {
    let padded = columns.next_multiple_of(width);
    let mut to = vec![T::ZERO; rows * padded];
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
    to
}

/// Rows in blocks of `height`, for each block of [`TERMS`] terms, in which they are [`TERMS`] apart.
fn blocks<T: Floating>(stack: Stack<T>, matrix: usize, rows: usize, terms: usize, height: usize, scale: T) -> Vec<T> {
    let padded = rows.next_multiple_of(height);
    let mut to = vec![T::ZERO; padded * terms.next_multiple_of(TERMS)];
    for row in 0..rows {
        for (block, from) in stack.row(matrix, row, terms).chunks(TERMS).enumerate() {
            let to = &mut to[(block * padded + row) * TERMS..][..from.len()];
            to.iter_mut().zip(from).for_each(|(to, &from)| *to = from.mul(scale));
        }
    }
    to
}

/// Adds up a product over all blocks of terms: `a` from [`blocks`] with `padded` rows, from `row` on; `panel` with `terms`
/// rows.
#[inline]
fn product<T: Gemm>(
    tile: &Tile<T>,
    a: &[T],
    (padded, row): (usize, usize),
    panel: &[T],
    terms: usize,
    to: &mut [T],
    stride: usize,
) {
    for (block, first) in (0..terms).step_by(TERMS).enumerate() {
        let part = &panel[first * tile.columns..terms.min(first + TERMS) * tile.columns];
        multiply(tile, &a[(block * padded + row) * TERMS..], part, to, stride, block > 0);
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
    /// What the results so far are to be multiplied by.
    factors: &'a mut [T],
}

impl<T: Floating> Loop for Exponentials<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for (row, &count) in self.counts.iter().enumerate() {
            let scores = &mut self.scores[row * TERMS..][..self.terms];
            let (scores, rest) = scores.split_at_mut(count);
            rest.fill(T::ZERO);
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

/// `to[head, query] = Σ softmax(scale · q · keys + mask) values`, and the logarithm of the sum of each query's exponentials.
/// `to` is laid out as `target` says, which has no elements of its own.
pub(crate) fn forward<T: Gemm + Floating>(
    to: &mut [T],
    target: (&[usize], usize),
    logs: &mut [T],
    [q, k, v]: [Stack<T>; 3],
    mask: Option<Mask<T>>,
    s: Sizes,
) {
    let tile = tile::<T>();
    let (height, width) = (tile.rows, tile.columns);
    let scale = T::from_scalar(Scalar::Float(s.scale));
    let cuts = s.queries.div_ceil(TOGETHER);
    let (starts, stride) = target;
    assert!(
        logs.len() == s.heads * s.queries
            && starts.len() == s.heads
            && starts.iter().all(|start| start + (s.queries - 1) * stride + s.values <= to.len())
    );
    let (to, logs) = (Shared(to.as_mut_ptr()), Shared(logs.as_mut_ptr()));
    let (to, logs) = (&to, &logs);
    pool::run(s.heads * cuts, &|piece| {
        let (head, cut) = (piece / cuts, piece % cuts);
        let queries = cut * TOGETHER..s.queries.min((cut + 1) * TOGETHER);
        let keys = s.seen(queries.end - 1);
        let keys_by_panel = transposed(k, head, keys, s.features, width, T::ONE);
        let values = panels(v, head, keys, s.values, width, T::ONE);
        let padded = s.values.next_multiple_of(width);
        let some = Stack { starts: &[q.starts[head] + queries.start * q.stride], ..q };
        let all = blocks(some, 0, queries.len(), s.features, height, scale);
        let of_all = queries.len().next_multiple_of(height);
        let mut scores = vec![T::ZERO; height * TERMS + width];
        let mut results = vec![T::ZERO; height * padded];
        let mut state = [[T::ZERO; 8]; 3];
        for first in queries.clone().step_by(height) {
            let count = height.min(queries.end - first);
            let [largest, sums, factors] = &mut state;
            largest.fill(T::LOWEST);
            sums.fill(T::ZERO);
            let last = s.seen(first + count - 1);
            for (block, start) in (0..last).step_by(TERMS).enumerate() {
                let terms = TERMS.min(last - start);
                for panel in 0..terms.div_ceil(width) {
                    let b = &keys_by_panel[(start + panel * width) * s.features..][..s.features * width];
                    let row = (of_all, first - queries.start);
                    product(&tile, &all, row, b, s.features, &mut scores[panel * width..], TERMS);
                }
                let counts: [usize; 8] =
                    std::array::from_fn(|row| s.seen(first + row.min(count - 1)).saturating_sub(start).min(terms));
                if let Some(mask) = &mask {
                    for (row, &count) in counts.iter().enumerate().take(count) {
                        let from = mask.starts[head] + (first + row) * mask.strides[0] + start * mask.strides[1];
                        for (key, score) in scores[row * TERMS..][..count].iter_mut().enumerate() {
                            *score = score.add(mask.elements[from + key * mask.strides[1]]);
                        }
                    }
                }
                T::Heavy::run(Exponentials {
                    scores: &mut scores,
                    counts: &counts[..count],
                    terms,
                    largest,
                    sums,
                    factors,
                });
                if block > 0 {
                    for (row, &factor) in results.chunks_exact_mut(padded).zip(factors.iter()) {
                        row.iter_mut().for_each(|value| *value = value.mul(factor));
                    }
                }
                let whole = TERMS.min(keys - start);
                for panel in 0..padded / width {
                    let b = &values[start * padded + panel * whole * width..][..terms * width];
                    multiply(&tile, &scores, b, &mut results[panel * width..], padded, block > 0);
                }
            }
            for row in 0..count {
                // SAFETY: a row of this piece, which belongs to nobody else; checked above.
                let to = unsafe { to.part(starts[head] + (first + row) * stride, s.values) };
                let factor = if sums[row] == T::ZERO { T::ZERO } else { T::ONE.div(sums[row]) };
                to.iter_mut().zip(&results[row * padded..]).for_each(|(to, &value)| *to = value.mul(factor));
                // A query that sees nothing: all exponentials less infinity are zero.
                let log = if sums[row] == T::ZERO { T::HIGHEST } else { largest[row].add(sums[row].exact_log()) };
                // SAFETY: as above.
                let to = unsafe { logs.part(head * s.queries + first + row, 1) };
                to[0] = log;
            }
        }
    });
}

/// Of scores of some keys and a block of queries and the gradients of what they became: probabilities and the gradients of
/// the scores, each in the place of what it is made of.
struct Slopes<'a, T> {
    /// Rows that are [`TERMS`] apart, one for each key.
    scores: &'a mut [T],
    gradients: &'a mut [T],
    /// Of each row, the queries that count.
    from: &'a [usize],
    first: usize,
    terms: usize,
    logs: &'a [T],
    sums: &'a [T],
}

impl<T: Floating> Loop for Slopes<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let (first, end) = (self.first, self.terms);
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

/// The gradients of queries, keys and values, head by head, each row by row. `y` is the result and `gradient` its gradient.
pub(crate) fn backward<T: Gemm + Floating>(
    to: [&mut [T]; 3],
    [q, k, v, y, gradient]: [Stack<T>; 5],
    logs: &[T],
    mask: Option<Mask<T>>,
    s: Sizes,
) {
    let tile = tile::<T>();
    let (height, width) = (tile.rows, tile.columns);
    let scale = T::from_scalar(Scalar::Float(s.scale));
    let lengths = [s.queries * s.features, s.keys * s.features, s.keys * s.values];
    let to = to.map(|to| Shared(to.as_mut_ptr()));
    let to = &to;
    pool::run(s.heads, &|head| {
        // Both forms of queries and of gradients: as second operands by features, and by queries.
        let queries_by_panel = transposed(q, head, s.queries, s.features, width, scale);
        let queries = panels(q, head, s.queries, s.features, width, scale);
        let slopes_by_panel = transposed(gradient, head, s.queries, s.values, width, T::ONE);
        let slopes = panels(gradient, head, s.queries, s.values, width, T::ONE);
        let keys = blocks(k, head, s.keys, s.features, height, T::ONE);
        let values = blocks(v, head, s.keys, s.values, height, T::ONE);
        let of_keys = s.keys.next_multiple_of(height);
        let features = s.features.next_multiple_of(width);
        let long = s.values.next_multiple_of(width);
        let tall = s.features.next_multiple_of(height);
        let mut of_k = vec![T::ZERO; of_keys * features];
        let mut of_v = vec![T::ZERO; of_keys * long];
        let sums: Vec<T> = (0..s.queries)
            .map(|query| lanes::dot(y.row(head, query, s.values), gradient.row(head, query, s.values)))
            .collect();
        // Each with room for a panel more: offsets into the last row.
        let mut scores = vec![T::ZERO; height * TERMS + TERMS];
        let mut products = vec![T::ZERO; height * TERMS + TERMS];
        let mut by_panel =
            vec![T::ZERO; TERMS.min(s.queries.next_multiple_of(width)) * TERMS.min(s.keys.next_multiple_of(height))];
        let mut of_q = vec![T::ZERO; tall * TERMS + width];
        for (block, start) in (0..s.queries).step_by(TERMS).enumerate() {
            let some = TERMS.min(s.queries - start);
            of_q.fill(T::ZERO);
            let seen = s.seen(start + some - 1);
            for chunk in (0..seen).step_by(TERMS) {
                let together = TERMS.min(seen - chunk);
                let pitch = together.next_multiple_of(height) * width;
                for key in (chunk..chunk + together).step_by(height) {
                    let count = height.min(s.keys - key);
                    // The queries that see the first of these keys, and from which panel on.
                    let hidden = if s.causal { key.saturating_sub(start) } else { 0 };
                    let panel = hidden / width;
                    let first = panel * width;
                    for panel in panel..some.div_ceil(width) {
                        let at = start + panel * width;
                        let b = &queries_by_panel[at * s.features..][..s.features * width];
                        product(&tile, &keys, (of_keys, key), b, s.features, &mut scores[panel * width..], TERMS);
                        let b = &slopes_by_panel[at * s.values..][..s.values * width];
                        product(&tile, &values, (of_keys, key), b, s.values, &mut products[panel * width..], TERMS);
                    }
                    if let Some(mask) = &mask {
                        for row in 0..count {
                            let from = mask.starts[head] + start * mask.strides[0] + (key + row) * mask.strides[1];
                            for (query, score) in scores[row * TERMS..][..some].iter_mut().enumerate().skip(first) {
                                *score = score.add(mask.elements[from + query * mask.strides[0]]);
                            }
                        }
                    }
                    let from: [usize; 8] =
                        std::array::from_fn(|row| if s.causal { (key + row).saturating_sub(start) } else { 0 });
                    T::Heavy::run(Slopes {
                        scores: &mut scores,
                        gradients: &mut products,
                        from: &from[..count],
                        first,
                        terms: some,
                        logs: &logs[head * s.queries + start..][..some],
                        sums: &sums[start..start + some],
                    });
                    for row in count..height {
                        scores[row * TERMS..(row + 1) * TERMS].fill(T::ZERO);
                        products[row * TERMS..(row + 1) * TERMS].fill(T::ZERO);
                    }
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
                            by_panel[panel * pitch + (key - chunk + row) * width..][..width].copy_from_slice(from);
                        }
                    }
                }
                // Queries by features: the transposes of keys times the gradients of scores.
                let mut turned = vec![T::ZERO; tall * TERMS];
                for key in 0..together {
                    for (feature, &value) in k.row(head, chunk + key, s.features).iter().enumerate() {
                        turned[feature * TERMS + key] = value;
                    }
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
            let to = unsafe { to[0].part(head * lengths[0] + start * s.features, some * s.features) };
            for (query, to) in to.chunks_exact_mut(s.features).enumerate() {
                for (feature, to) in to.iter_mut().enumerate() {
                    *to = of_q[feature * TERMS + query].mul(scale);
                }
            }
        }
        for (number, (sums, padded, columns)) in
            [(&of_k, features, s.features), (&of_v, long, s.values)].into_iter().enumerate()
        {
            // SAFETY: the keys or values of this head.
            let to = unsafe { to[number + 1].part(head * lengths[number + 1], lengths[number + 1]) };
            for (to, from) in to.chunks_exact_mut(columns).zip(sums.chunks_exact(padded)) {
                to.copy_from_slice(&from[..columns]);
            }
        }
    });
}

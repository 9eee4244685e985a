//! Loops that make few values of many.
//!
//! Input comes as `[outer, count, inner]` in row-major order, and the middle is reduced. Numbers are combined in a
//! fixed tree: lanes side by side, blocks two by two. So rounding errors grow with the logarithm of the count, and
//! results depend neither on the number of threads nor on the width of instructions.

use std::marker::PhantomData;

use super::number::{Floating, Number};
use super::pool;
use super::simd::{Loop, Width};
use crate::element::Element;

/// Values combined side by side.
const LANES: usize = 32;
/// Elements that are combined without regard to rounding.
const BLOCK: usize = 4096;
/// Elements a thread takes at a time.
pub(super) const PIECE: usize = 64 << 10;

/// A way to combine values.
pub(crate) trait Fold<T>: Sync {
    fn start() -> T;
    /// Takes one more element in.
    fn push(so_far: T, value: T) -> T;
    /// Joins what two groups of elements gave.
    fn merge(a: T, b: T) -> T;
}

macro_rules! folds {
    ($($(#[$doc:meta])* $name:ident<$T:ident: $bound:ident>: $start:expr, |$a:ident, $v:ident| $push:expr, |$x:ident, $y:ident| $merge:expr;)*) => { $(
        $(#[$doc])*
        pub(crate) struct $name;
        impl<$T: $bound> Fold<$T> for $name {
            #[inline(always)]
            fn start() -> $T { $start }
            #[inline(always)]
            fn push($a: $T, $v: $T) -> $T { $push }
            #[inline(always)]
            fn merge($x: $T, $y: $T) -> $T { $merge }
        }
    )* };
}

folds! {
    Sum<T: Number>: T::ZERO, |a, v| a.add(v), |x, y| x.add(y);
    Prod<T: Number>: T::ONE, |a, v| a.mul(v), |x, y| x.mul(y);
    /// NaN wins.
    Max<T: Number>: T::LOWEST, |a, v| a.maximum(v), |x, y| x.maximum(y);
    /// NaN wins.
    Min<T: Number>: T::HIGHEST, |a, v| a.minimum(v), |x, y| x.minimum(y);
    /// The sum of absolute values.
    SumAbs<T: Number>: T::ZERO, |a, v| a.add(v.magnitude()), |x, y| x.add(y);
    /// The sum of squares.
    SumSquares<T: Number>: T::ZERO, |a, v| a.add(v.mul(v)), |x, y| x.add(y);
    /// The sum of what is not NaN.
    SumNumbers<T: Floating>: T::ZERO, |a, v| a.add(if v.is_nan() { T::ZERO } else { v }), |x, y| x.add(y);
    /// The sum of exponentials.
    SumExp<T: Floating>: T::ZERO, |a, v| a.add(v.exp()), |x, y| x.add(y);
}

struct Block<'a, T, F>(&'a [T], PhantomData<F>);

impl<T: Element, F: Fold<T>> Loop for Block<'_, T, F> {
    type Output = T;
    #[inline(always)]
    fn run(self) -> T {
        let mut lanes = [F::start(); LANES];
        let chunks = self.0.chunks_exact(LANES);
        let rest = chunks.remainder();
        for chunk in chunks {
            for lane in 0..LANES {
                lanes[lane] = F::push(lanes[lane], chunk[lane]);
            }
        }
        for (lane, &value) in lanes.iter_mut().zip(rest) {
            *lane = F::push(*lane, value);
        }
        let mut width = LANES / 2;
        while width > 0 {
            for lane in 0..width {
                lanes[lane] = F::merge(lanes[lane], lanes[lane + width]);
            }
            width /= 2;
        }
        lanes[0]
    }
}

/// All elements of a row as one.
pub(crate) fn row<T: Element, F: Fold<T>>(values: &[T]) -> T {
    if values.len() <= BLOCK {
        if values.len() < LANES {
            return short_row::<T, F>(values);
        }
        return T::Width::run(Block::<T, F>(values, PhantomData));
    }
    let middle = values.len().div_ceil(2).next_multiple_of(BLOCK);
    F::merge(row::<T, F>(&values[..middle]), row::<T, F>(&values[middle..]))
}

/// All elements of a row too short for lanes as one, by pairs of neighbours.
#[inline]
fn short_row<T: Element, F: Fold<T>>(values: &[T]) -> T {
    let mut two = [F::start(); 2];
    let pairs = values.chunks_exact(2);
    let rest = pairs.remainder();
    for pair in pairs {
        two = [F::push(two[0], pair[0]), F::push(two[1], pair[1])];
    }
    let sum = F::merge(two[0], two[1]);
    rest.iter().fold(sum, |so_far, &value| F::push(so_far, value))
}

/// All elements of a long row as one, by several threads.
fn long_row<T: Element, F: Fold<T>>(values: &[T]) -> T {
    let mut parts = vec![F::start(); values.len().div_ceil(PIECE)];
    pool::for_pieces(&mut parts, 1, |number, part| {
        let start = number * PIECE;
        part[0] = row::<T, F>(&values[start..(start + PIECE).min(values.len())]);
    });
    while parts.len() > 1 {
        parts = parts.chunks(2).map(|pair| pair.iter().copied().reduce(F::merge).unwrap_or_else(F::start)).collect();
    }
    parts[0]
}

/// Rows that are combined among themselves before they meet the result.
pub(super) const ROWS: usize = 8;

/// Takes `ROWS` rows `width` apart into `to`, two by two.
struct PushRows<'a, T, F>(&'a mut [T], &'a [T], usize, PhantomData<F>);

impl<T: Element, F: Fold<T>> Loop for PushRows<'_, T, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let PushRows(to, from, width, _) = self;
        let length = to.len();
        let rows: [&[T]; ROWS] = std::array::from_fn(|row| &from[row * width..row * width + length]);
        for column in 0..length {
            let first = |row: usize| F::push(F::push(F::start(), rows[row][column]), rows[row + 1][column]);
            let four = |row: usize| F::merge(first(row), first(row + 2));
            to[column] = F::merge(to[column], F::merge(four(0), four(4)));
        }
    }
}

struct PushRow<'a, T, F>(&'a mut [T], &'a [T], PhantomData<F>);

impl<T: Element, F: Fold<T>> Loop for PushRow<'_, T, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        self.0.iter_mut().zip(self.1).for_each(|(to, &value)| *to = F::push(*to, value));
    }
}

struct MergeRow<'a, T, F>(&'a mut [T], &'a [T], PhantomData<F>);

impl<T: Element, F: Fold<T>> Loop for MergeRow<'_, T, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        self.0.iter_mut().zip(self.1).for_each(|(to, &value)| *to = F::merge(*to, value));
    }
}

/// A stretch of columns: `to[i]` gets what column `i` of `count` rows `width` apart makes.
fn columns<T: Element, F: Fold<T>>(to: &mut [T], from: &[T], count: usize, width: usize) {
    const TOGETHER: usize = 64 * ROWS;
    if count > TOGETHER {
        let middle = count.div_ceil(2).next_multiple_of(TOGETHER);
        let mut rest = vec![F::start(); to.len()];
        columns::<T, F>(to, from, middle, width);
        columns::<T, F>(&mut rest, &from[middle * width..], count - middle, width);
        return T::Width::run(MergeRow::<T, F>(to, &rest, PhantomData));
    }
    to.fill(F::start());
    let whole = count / ROWS * ROWS;
    for row in (0..whole).step_by(ROWS) {
        T::Width::run(PushRows::<T, F>(to, &from[row * width..], width, PhantomData));
    }
    for row in whole..count {
        T::Width::run(PushRow::<T, F>(to, &from[row * width..row * width + to.len()], PhantomData));
    }
}

/// Columns that are reduced together: their results stay in the first-level cache.
pub(super) const WIDTH: usize = 4096;

/// How the elements to be reduced lie: `[outer, count, inner]`, where the innermost dimension with more than one element
/// lies side by side.
#[derive(Clone, Copy)]
pub(crate) struct Middle {
    pub count: usize,
    pub inner: usize,
    /// From one of the outer to the next.
    pub outer_stride: usize,
    /// From one of those that are reduced to the next.
    pub stride: usize,
}

impl Middle {
    /// Without gaps.
    pub fn dense(count: usize, inner: usize) -> Middle {
        Middle { count, inner, outer_stride: count * inner, stride: inner }
    }
}

/// Reduces the middle of `[outer, count, inner]`; `to` is `[outer, inner]`.
pub(crate) fn fold<T: Element, F: Fold<T>>(to: &mut [T], from: &[T], middle: Middle) {
    let Middle { count, inner, outer_stride, stride } = middle;
    if to.is_empty() {
        return;
    }
    if count == 0 {
        return to.fill(F::start());
    }
    let outer = to.len() / inner;
    if inner == 1 {
        if outer == 1 {
            to[0] = if count > PIECE { long_row::<T, F>(&from[..count]) } else { row::<T, F>(&from[..count]) };
            return;
        }
        let rows = (PIECE / 2 / count).max(1);
        return pool::for_pieces(to, rows, |first, part| {
            for (line, to) in part.iter_mut().enumerate() {
                let start = (first + line) * outer_stride;
                *to = row::<T, F>(&from[start..start + count]);
            }
        });
    }
    let block = count * inner;
    if outer > 1 && block <= PIECE {
        let blocks = PIECE / block;
        return pool::for_pieces(to, blocks * inner, |first, part| {
            for (line, to) in part.chunks_exact_mut(inner).enumerate() {
                columns::<T, F>(to, &from[(first / inner + line) * outer_stride..], count, stride);
            }
        });
    }
    for (number, to) in to.chunks_exact_mut(inner).enumerate() {
        let from = &from[number * outer_stride..];
        if inner > WIDTH {
            pool::for_pieces(to, WIDTH, |first, part| columns::<T, F>(part, &from[first..], count, stride));
            continue;
        }
        // Each thread takes whole rows, which lie side by side in memory.
        let rows = (PIECE / inner).max(ROWS).next_multiple_of(ROWS);
        let mut parts = vec![F::start(); count.div_ceil(rows) * inner];
        pool::for_pieces(&mut parts, inner, |first, part| {
            let start = first / inner * rows;
            columns::<T, F>(part, &from[start * stride..], rows.min(count - start), stride);
        });
        to.fill(F::start());
        parts.chunks_exact(inner).for_each(|part| T::Width::run(MergeRow::<T, F>(to, part, PhantomData)));
    }
}

/// Where the largest (or, with `MIN`, the smallest) element of the middle is; NaN counts as the largest and the
/// smallest, and of equals the first is meant. Also gives the elements.
pub(crate) fn extreme<T: Number, const MIN: bool>(
    values: &mut [T],
    places: &mut [i64],
    from: &[T],
    count: usize,
    inner: usize,
) {
    if values.is_empty() {
        return;
    }
    let beats = |new: T, old: T| (if MIN { new < old } else { new > old }) || (new.is_nan() && !old.is_nan());
    if inner == 1 {
        for (line, (value, place)) in values.iter_mut().zip(places).enumerate() {
            let from = &from[line * count..(line + 1) * count];
            let best = if MIN { row::<T, Min>(from) } else { row::<T, Max>(from) };
            let found = from.iter().position(|&v| v == best || (v.is_nan() && best.is_nan()));
            (*value, *place) = (best, found.unwrap_or(0) as i64);
        }
        return;
    }
    for (block, (values, places)) in values.chunks_exact_mut(inner).zip(places.chunks_exact_mut(inner)).enumerate() {
        let from = &from[block * count * inner..(block + 1) * count * inner];
        values.copy_from_slice(&from[..inner]);
        places.fill(0);
        for (number, line) in from.chunks_exact(inner).enumerate().skip(1) {
            for ((value, place), &new) in values.iter_mut().zip(&mut *places).zip(line) {
                if beats(new, *value) {
                    (*value, *place) = (new, number as i64);
                }
            }
        }
    }
}

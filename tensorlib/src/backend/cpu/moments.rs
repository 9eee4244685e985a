//! Sums of squared distances from the mean, in double precision and in two passes: the mean first, then the distances.
//!
//! Both passes see what an element has beyond the first one of its kind. So what all of them have in common costs no
//! digits, however large it is, and equal elements have no distance at all.

use super::number::Number;
use super::pool;
use super::reduce::{Middle, PIECE, ROWS, WIDTH};
use super::simd::{Loop, Width};

/// Values added side by side.
const LANES: usize = 16;
/// Elements that are added without regard to rounding.
const BLOCK: usize = 4096;

/// The term that a pass adds up: an element minus the `origin`, minus the `mean` of that, and with `SQUARE` its square.
#[inline(always)]
fn term<T: Number<Wide = f64>, const SQUARE: bool>(value: T, origin: f64, mean: f64) -> f64 {
    let distance = (value.widened() - origin) - mean;
    if SQUARE { distance * distance } else { distance }
}

/// The terms of a block as one.
struct Block<'a, T, const SQUARE: bool>(&'a [T], f64, f64);

impl<T: Number<Wide = f64>, const SQUARE: bool> Loop for Block<'_, T, SQUARE> {
    type Output = f64;
    #[inline(always)]
    fn run(self) -> f64 {
        let Block(values, origin, mean) = self;
        let mut lanes = [0.0; LANES];
        let chunks = values.chunks_exact(LANES);
        let rest = chunks.remainder();
        for chunk in chunks {
            for lane in 0..LANES {
                lanes[lane] += term::<T, SQUARE>(chunk[lane], origin, mean);
            }
        }
        for (lane, &value) in lanes.iter_mut().zip(rest) {
            *lane += term::<T, SQUARE>(value, origin, mean);
        }
        lanes.iter().sum()
    }
}

fn row_sum<T: Number<Wide = f64>, const SQUARE: bool>(values: &[T], origin: f64, mean: f64) -> f64 {
    values.chunks(BLOCK).map(|block| T::Width::run(Block::<T, SQUARE>(block, origin, mean))).sum()
}

/// As [`row_sum`], by several threads.
fn long_row_sum<T: Number<Wide = f64>, const SQUARE: bool>(values: &[T], origin: f64, mean: f64) -> f64 {
    let mut parts = vec![0.0; values.len().div_ceil(PIECE)];
    pool::for_pieces(&mut parts, 1, |number, part| {
        let start = number * PIECE;
        part[0] = row_sum::<T, SQUARE>(&values[start..(start + PIECE).min(values.len())], origin, mean);
    });
    parts.iter().sum()
}

/// The sum of squared distances of a row from its mean; `sum` and `sum_of_squares` are the two passes.
#[inline(always)]
fn row<T: Number<Wide = f64>>(values: &[T], sum: fn(&[T], f64, f64) -> f64, squares: fn(&[T], f64, f64) -> f64) -> f64 {
    let origin = values[0].widened();
    let mean = sum(values, origin, 0.0) / values.len() as f64;
    squares(values, origin, mean)
}

/// The terms of a row of at most [`LANES`] elements, in the order in which [`Block`] adds them.
#[inline(always)]
fn short_row_sum<T: Number<Wide = f64>, const SQUARE: bool>(values: &[T], origin: f64, mean: f64) -> f64 {
    values.iter().map(|&value| term::<T, SQUARE>(value, origin, mean)).sum()
}

/// [`row`] for many rows of at most [`LANES`] elements, `stride` apart: to begin a [`Block`] for each of them would take
/// longer than to add it up.
struct ShortRows<'a, T> {
    to: &'a mut [f64],
    from: &'a [T],
    count: usize,
    stride: usize,
}

impl<T: Number<Wide = f64>> Loop for ShortRows<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for (line, to) in self.to.iter_mut().enumerate() {
            let values = &self.from[line * self.stride..][..self.count];
            *to = row(values, short_row_sum::<T, false>, short_row_sum::<T, true>);
        }
    }
}

/// Adds the terms of rows `width` apart to `to`, column by column.
struct AddRows<'a, T, const SQUARE: bool> {
    to: &'a mut [f64],
    from: &'a [T],
    rows: usize,
    width: usize,
    origins: &'a [f64],
    means: &'a [f64],
}

impl<T: Number<Wide = f64>, const SQUARE: bool> Loop for AddRows<'_, T, SQUARE> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let AddRows { to, from, rows, width, .. } = self;
        let length = to.len();
        let (origins, means) = (&self.origins[..length], &self.means[..length]);
        let line = |row: usize| &from[row * width..row * width + length];
        let together = rows / ROWS * ROWS;
        for first in (0..together).step_by(ROWS) {
            let lines: [&[T]; ROWS] = std::array::from_fn(|row| line(first + row));
            for column in 0..length {
                let (origin, mean) = (origins[column], means[column]);
                let mut sum = 0.0;
                for line in &lines {
                    sum += term::<T, SQUARE>(line[column], origin, mean);
                }
                to[column] += sum;
            }
        }
        for row in together..rows {
            let line = line(row);
            for column in 0..length {
                to[column] += term::<T, SQUARE>(line[column], origins[column], means[column]);
            }
        }
    }
}

/// The columns of `count` rows `width` apart, in groups of rows.
struct Columns<'a, T> {
    from: &'a [T],
    count: usize,
    width: usize,
    /// Rows that one thread takes at a time.
    group: usize,
}

impl<T: Number<Wide = f64>> Columns<'_, T> {
    /// One pass over all rows.
    fn sums<const SQUARE: bool>(&self, to: &mut [f64], origins: &[f64], means: &[f64]) {
        let &Columns { from, count, width, group } = self;
        let inner = to.len();
        let add = |to: &mut [f64], first: usize| {
            let rows = group.min(count - first);
            T::Width::run(AddRows::<T, SQUARE> { to, from: &from[first * width..], rows, width, origins, means });
        };
        to.fill(0.0);
        if group >= count {
            return add(to, 0);
        }
        let mut parts = vec![0.0; count.div_ceil(group) * inner];
        pool::for_pieces(&mut parts, inner, |first, part| add(part, first / inner * group));
        for part in parts.chunks_exact(inner) {
            to.iter_mut().zip(part).for_each(|(to, &part)| *to += part);
        }
    }

    /// The sums of squared distances.
    fn squares(&self, to: &mut [f64]) {
        let origins: Vec<f64> = self.from[..to.len()].iter().map(|&value| value.widened()).collect();
        let mut means = vec![0.0; to.len()];
        self.sums::<false>(&mut means, &origins, &vec![0.0; to.len()]);
        means.iter_mut().for_each(|mean| *mean /= self.count as f64);
        self.sums::<true>(to, &origins, &means);
    }
}

/// For the middle of `[outer, count, inner]` the sum of squared distances from its mean; `to` is `[outer, inner]`.
pub(crate) fn squared_distances<T: Number<Wide = f64>>(to: &mut [f64], from: &[T], middle: Middle) {
    let Middle { count, inner, outer_stride, stride } = middle;
    if to.is_empty() || count == 0 {
        return to.fill(0.0);
    }
    let outer = to.len() / inner;
    let short = |values: &[T]| row(values, row_sum::<T, false>, row_sum::<T, true>);
    if inner == 1 {
        if outer == 1 || count > PIECE {
            for (line, to) in to.iter_mut().enumerate() {
                let values = &from[line * outer_stride..line * outer_stride + count];
                *to = if count > PIECE {
                    row(values, long_row_sum::<T, false>, long_row_sum::<T, true>)
                } else {
                    short(values)
                };
            }
            return;
        }
        return pool::for_pieces(to, (PIECE / 2 / count).max(1), |first, part| {
            if count <= LANES {
                let from = &from[first * outer_stride..];
                return T::Width::run(ShortRows { to: part, from, count, stride: outer_stride });
            }
            for (line, to) in part.iter_mut().enumerate() {
                let start = (first + line) * outer_stride;
                *to = short(&from[start..start + count]);
            }
        });
    }
    let block = count * inner;
    if outer > 1 && block <= PIECE {
        return pool::for_pieces(to, PIECE / block * inner, |first, part| {
            for (line, to) in part.chunks_exact_mut(inner).enumerate() {
                let from = &from[(first / inner + line) * outer_stride..];
                Columns { from, count, width: stride, group: count }.squares(to);
            }
        });
    }
    for (number, to) in to.chunks_exact_mut(inner).enumerate() {
        let from = &from[number * outer_stride..];
        if inner > WIDTH {
            pool::for_pieces(to, WIDTH, |first, part| {
                Columns { from: &from[first..], count, width: stride, group: count }.squares(part);
            });
            continue;
        }
        let group = (PIECE / inner).max(ROWS).next_multiple_of(ROWS);
        Columns { from, count, width: stride, group }.squares(to);
    }
}

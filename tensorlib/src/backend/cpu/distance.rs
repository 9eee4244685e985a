//! Distances between all pairs of rows.

use std::marker::PhantomData;

use super::double::Double;
use super::map::PIECE;
use super::number::{Floating, Number};
use super::pool;
use super::simd::{Loop, Width};

/// Sums that run side by side, so that the compiler can do them at once.
const LANES: usize = 16;

/// The norm that combines the differences of two rows.
trait Norm<T> {
    fn step(so_far: T, distance: T) -> T;
    /// Joins what two parts of the rows gave.
    #[inline(always)]
    fn join(a: f64, b: f64) -> f64 {
        a + b
    }
    #[inline(always)]
    fn finish(sum: T) -> T {
        sum
    }
}

struct Sum;
struct Squares;
struct Largest;

impl<T: Number> Norm<T> for Sum {
    #[inline(always)]
    fn step(so_far: T, distance: T) -> T {
        so_far.add(distance)
    }
}

impl<T: Floating> Norm<T> for Squares {
    #[inline(always)]
    fn step(so_far: T, distance: T) -> T {
        so_far.add(distance.mul(distance))
    }
    #[inline(always)]
    fn finish(sum: T) -> T {
        sum.sqrt()
    }
}

impl<T: Number> Norm<T> for Largest {
    #[inline(always)]
    fn step(so_far: T, distance: T) -> T {
        so_far.maximum(distance)
    }
    #[inline(always)]
    fn join(a: f64, b: f64) -> f64 {
        Number::maximum(a, b)
    }
}

struct Pair<'a, T, N>(&'a [T], &'a [T], PhantomData<N>);

impl<T: Number, N: Norm<T>> Loop for Pair<'_, T, N> {
    type Output = [T; LANES];
    #[inline(always)]
    fn run(self) -> [T; LANES] {
        let Pair(a, b, _) = self;
        let mut lanes = [T::ZERO; LANES];
        let whole = a.len() / LANES * LANES;
        for (a, b) in a[..whole].chunks_exact(LANES).zip(b[..whole].chunks_exact(LANES)) {
            for lane in 0..LANES {
                lanes[lane] = N::step(lanes[lane], a[lane].sub(b[lane]).magnitude());
            }
        }
        for ((lane, &a), &b) in lanes.iter_mut().zip(&a[whole..]).zip(&b[whole..]) {
            *lane = N::step(*lane, a.sub(b).magnitude());
        }
        lanes
    }
}

fn lanes<T: Double, N: Norm<T>>(a: &[T], b: &[T]) -> impl Iterator<Item = f64> {
    T::Heavy::run(Pair::<T, N>(a, b, PhantomData)).into_iter().map(T::double)
}

/// Rows that are compared with another one side by side.
const STRIP: usize = 32;
/// Elements of rows that are added up without regard to rounding.
const ROUND: usize = 128;

/// The distances of one row and a strip of others, which lies in memory column by column.
struct Beside<'a, T, N>(&'a [T], &'a [[T; STRIP]], PhantomData<N>);

impl<T: Double, N: Norm<T>> Loop for Beside<'_, T, N> {
    type Output = [T; STRIP];
    #[inline(always)]
    fn run(self) -> [T; STRIP] {
        let mut totals = [0.0; STRIP];
        for (row, strip) in self.0.chunks(ROUND).zip(self.1.chunks(ROUND)) {
            let mut sums = [T::ZERO; STRIP];
            for (&value, others) in row.iter().zip(strip) {
                for lane in 0..STRIP {
                    sums[lane] = N::step(sums[lane], value.sub(others[lane]).magnitude());
                }
            }
            for lane in 0..STRIP {
                totals[lane] = N::join(totals[lane], sums[lane].double());
            }
        }
        totals.map(|total| N::finish(T::rounded(total)))
    }
}

/// [`pairs`] for many rows of `b`: they are packed into strips.
fn strips<T: Double, N: Norm<T>>(to: &mut [T], a: &[T], b: &[T], columns: usize, width: usize) {
    let packed = |rows: &[T]| {
        let mut strip = vec![[T::ZERO; STRIP]; width];
        for (lane, row) in rows.chunks_exact(width).enumerate() {
            strip.iter_mut().zip(row).for_each(|(column, &value)| column[lane] = value);
        }
        strip
    };
    let strips: Vec<Vec<[T; STRIP]>> = b.chunks(STRIP * width).map(packed).collect();
    let rows = (PIECE / (width * columns)).max(1);
    pool::for_pieces(to, rows * columns, |first, part| {
        let a = &a[first / columns * width..];
        for (number, strip) in strips.iter().enumerate() {
            for (to, a) in part.chunks_exact_mut(columns).zip(a.chunks_exact(width)) {
                let distances = T::Heavy::run(Beside::<T, N>(a, strip, PhantomData));
                to[number * STRIP..].iter_mut().zip(distances).for_each(|(to, distance)| *to = distance);
            }
        }
    });
}

/// `to[i, j]` is the `p`-norm of `a[i] - b[j]`, of rows of `width` elements.
pub(crate) fn pairs<T: Double>(to: &mut [T], a: &[T], b: &[T], columns: usize, width: usize, p: f64) {
    if columns >= STRIP / 4 && width > 0 {
        match p {
            1.0 => return strips::<T, Sum>(to, a, b, columns, width),
            2.0 => return strips::<T, Squares>(to, a, b, columns, width),
            f64::INFINITY => return strips::<T, Largest>(to, a, b, columns, width),
            _ => {}
        }
    }
    let piece = (PIECE / width.max(1)).max(1);
    pool::for_pieces(to, piece, |first, part| {
        for (number, to) in part.iter_mut().enumerate() {
            let (i, j) = ((first + number) / columns, (first + number) % columns);
            let (a, b) = (&a[i * width..(i + 1) * width], &b[j * width..(j + 1) * width]);
            let norm = if p == 1.0 {
                lanes::<T, Sum>(a, b).sum()
            } else if p == 2.0 {
                lanes::<T, Squares>(a, b).sum::<f64>().sqrt()
            } else if p.is_infinite() {
                lanes::<T, Largest>(a, b).fold(0.0, <f64 as Number>::maximum)
            } else {
                let distances = a.iter().zip(b).map(|(&a, &b)| (a.double() - b.double()).abs());
                match p {
                    0.0 => distances.filter(|&distance| distance != 0.0).count() as f64,
                    p => distances.map(|distance| distance.powf(p)).sum::<f64>().powf(1.0 / p),
                }
            };
            *to = T::rounded(norm);
        }
    });
}

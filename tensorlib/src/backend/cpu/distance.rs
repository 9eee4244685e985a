//! Distances between all pairs of rows.

use super::map::PIECE;
use super::number::Number;
use super::pool;
use super::simd::{Loop, Width};
use super::special::Double;

/// Sums that run side by side, so that the compiler can do them at once.
const LANES: usize = 16;

/// What the differences of two rows are put together by.
trait Norm<T> {
    fn step(so_far: T, distance: T) -> T;
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

impl<T: Number> Norm<T> for Squares {
    #[inline(always)]
    fn step(so_far: T, distance: T) -> T {
        so_far.add(distance.mul(distance))
    }
}

impl<T: Number> Norm<T> for Largest {
    #[inline(always)]
    fn step(so_far: T, distance: T) -> T {
        so_far.maximum(distance)
    }
}

struct Pair<'a, T, N>(&'a [T], &'a [T], std::marker::PhantomData<N>);

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
    T::Heavy::run(Pair::<T, N>(a, b, std::marker::PhantomData)).into_iter().map(T::double)
}

/// `to[i, j]` is the `p`-norm of `a[i] - b[j]`, of rows of `width` elements.
pub(crate) fn pairs<T: Double>(to: &mut [T], a: &[T], b: &[T], columns: usize, width: usize, p: f64) {
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

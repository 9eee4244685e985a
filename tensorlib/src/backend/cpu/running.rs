//! Running sums, products and extremes along the middle of `[outer, count, inner]`.

use super::number::Number;
use super::pool;
use crate::element::Element;
use crate::scalar::Scalar;

/// Elements a thread takes at a time.
const PIECE: usize = 32 << 10;

/// `to[o, i, …]` is the sum (or product) of `from[o, ..=i, …]`.
pub(crate) fn run<T: Number, const PRODUCT: bool>(to: &mut [T], from: &[T], count: usize, inner: usize) {
    let step = |so_far: T::Wide, value: T| {
        if PRODUCT { so_far.mul(value.widened()) } else { so_far.add(value.widened()) }
    };
    let block = count * inner;
    let blocks = (PIECE / block.max(1)).max(1);
    pool::for_pieces(to, blocks * block, |first, part| {
        for (to, from) in part.chunks_exact_mut(block).zip(from[first..].chunks_exact(block)) {
            to[..inner].copy_from_slice(&from[..inner]);
            if inner == 1 {
                let mut so_far = from[0].widened();
                for (to, &value) in to.iter_mut().zip(from).skip(1) {
                    so_far = step(so_far, value);
                    *to = T::narrowed(so_far);
                }
                continue;
            }
            let mut so_far: Vec<T::Wide> = from[..inner].iter().map(|value| value.widened()).collect();
            for (to, from) in to.chunks_exact_mut(inner).zip(from.chunks_exact(inner)).skip(1) {
                for ((to, &value), so_far) in to.iter_mut().zip(from).zip(&mut so_far) {
                    *so_far = step(*so_far, value);
                    *to = T::narrowed(*so_far);
                }
            }
        }
    });
}

/// The logarithm of the sum of exponentials, in double precision.
pub(crate) fn log_sums<T: Number>(to: &mut [T], from: &[T], count: usize, inner: usize) {
    let block = count * inner;
    let blocks = (PIECE / block.max(1)).max(1);
    pool::for_pieces(to, blocks * block, |first, part| {
        for (to, from) in part.chunks_exact_mut(block).zip(from[first..].chunks_exact(block)) {
            let mut so_far = vec![f64::NEG_INFINITY; inner];
            for (to, from) in to.chunks_exact_mut(inner).zip(from.chunks_exact(inner)) {
                for ((to, &value), so_far) in to.iter_mut().zip(from).zip(&mut so_far) {
                    *so_far = log_add(*so_far, value.to_scalar().to_f64());
                    *to = T::from_scalar(Scalar::Float(*so_far));
                }
            }
        }
    });
}

fn log_add(a: f64, b: f64) -> f64 {
    let (low, high) = if a > b { (b, a) } else { (a, b) };
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if low == high && low.is_infinite() {
        low
    } else {
        high + (low - high).exp().ln_1p()
    }
}

/// For each element, the position of the largest (or smallest) up to it: of equals the last. Once NaN, always NaN.
pub(crate) fn extremes<T: Element>(places: &mut [i64], from: &[T], count: usize, inner: usize, min: bool) {
    #[allow(clippy::eq_op)]
    let is_nan = |value: T| value != value;
    let block = count * inner;
    let blocks = (PIECE / block.max(1)).max(1);
    pool::for_pieces(places, blocks * block, |first, part| {
        for (places, from) in part.chunks_exact_mut(block).zip(from[first..].chunks_exact(block)) {
            if inner == 1 {
                let mut at = 0;
                while at < count {
                    // It stays the extreme up to the next one that wins: most are no more than looked at.
                    let so_far = from[at];
                    let wins = |&value: &T| is_nan(value) || if min { value <= so_far } else { value >= so_far };
                    let later = &from[at + 1..];
                    let end = at + 1 + later.iter().position(wins).unwrap_or(later.len());
                    places[at..end].fill(at as i64);
                    at = end;
                }
                continue;
            }
            let mut best = vec![0; inner];
            for (step, (places, row)) in places.chunks_exact_mut(inner).zip(from.chunks_exact(inner)).enumerate() {
                for (column, ((place, &value), best)) in places.iter_mut().zip(row).zip(&mut best).enumerate() {
                    let so_far = from[*best * inner + column];
                    let wins = if min { value <= so_far } else { value >= so_far };
                    if is_nan(value) || (!is_nan(so_far) && wins) {
                        *best = step;
                    }
                    *place = *best as i64;
                }
            }
        }
    });
}

//! Parts of loops over rows, to be inlined into a [`Loop`](super::simd::Loop).

use super::number::{Floating, Number};

const LANES: usize = 16;

/// All elements as one: lanes side by side first. `start` changes nothing when it is combined.
#[inline(always)]
pub(super) fn fold<T: Copy>(values: &[T], start: T, take: impl Fn(T, T) -> T, merge: impl Fn(T, T) -> T) -> T {
    let (chunks, rest) = values.as_chunks::<LANES>();
    if chunks.is_empty() {
        return rest.iter().fold(start, |so_far, &value| take(so_far, value));
    }
    let mut lanes = [start; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] = take(lanes[lane], chunk[lane]);
        }
    }
    for (lane, &value) in lanes.iter_mut().zip(rest) {
        *lane = take(*lane, value);
    }
    merged(lanes, merge)
}

/// The same of two rows of one length, whose elements are taken in pairs.
#[inline(always)]
pub(super) fn fold2<T: Copy>(a: &[T], b: &[T], start: T, take: impl Fn(T, T, T) -> T, merge: impl Fn(T, T) -> T) -> T {
    let b = &b[..a.len()];
    let ((a, rest_a), (b, rest_b)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    if a.is_empty() {
        return rest_a.iter().zip(rest_b).fold(start, |so_far, (&a, &b)| take(so_far, a, b));
    }
    let mut lanes = [start; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] = take(lanes[lane], a[lane], b[lane]);
        }
    }
    for ((lane, &a), &b) in lanes.iter_mut().zip(rest_a).zip(rest_b) {
        *lane = take(*lane, a, b);
    }
    merged(lanes, merge)
}

#[inline(always)]
fn merged<T: Copy>(lanes: [T; LANES], merge: impl Fn(T, T) -> T) -> T {
    // Lengths that are constants stay in registers.
    let eight: [T; 8] = std::array::from_fn(|lane| merge(lanes[lane], lanes[lane + 8]));
    let four: [T; 4] = std::array::from_fn(|lane| merge(eight[lane], eight[lane + 4]));
    let two: [T; 2] = std::array::from_fn(|lane| merge(four[lane], four[lane + 2]));
    merge(two[0], two[1])
}

#[inline(always)]
pub(super) fn sum<T: Number>(values: &[T]) -> T {
    fold(values, T::ZERO, |a, b| a.add(b), |a, b| a.add(b))
}

/// NaN wins.
#[inline(always)]
pub(super) fn largest<T: Number>(values: &[T]) -> T {
    fold(values, T::LOWEST, |a, b| a.maximum(b), |a, b| a.maximum(b))
}

#[inline(always)]
pub(super) fn dot<T: Floating>(a: &[T], b: &[T]) -> T {
    fold2(a, b, T::ZERO, |sum, a, b| a.mul_add(b, sum), |a, b| a.add(b))
}

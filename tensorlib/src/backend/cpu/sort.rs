//! Sorting by keys: whole numbers in the order of the elements, each with the position its element had.
//!
//! Long rows are sorted digit by digit, which takes time in proportion to their length and keeps equal elements in order.

use super::map::PIECE;
use super::pool;
use crate::element::Element;
use crate::scalar::Scalar;

/// A key and a position; ordered by the key, then by the position.
pub(super) type Item = (u64, u32);

/// From this length on digits are faster than comparisons.
const LONG: usize = 256;
/// From this length on a digit has 11 bits instead of 8: fewer passes, at the price of more counters.
const VERY_LONG: usize = 8192;

/// A whole number that orders elements: NaN comes after all numbers, and zeros are equal.
#[inline(always)]
pub(super) fn key<T: Element>(value: T, descending: bool) -> u64 {
    const SIGN: u64 = 1 << 63;
    let key = match value.to_scalar() {
        Scalar::Bool(value) => u64::from(value),
        Scalar::Int(value) => value as u64 ^ SIGN,
        Scalar::Float(value) if value.is_nan() => u64::MAX,
        Scalar::Float(value) => {
            // -0 + 0 = 0. Negative numbers grow with their bits.
            let bits = (value + 0.0).to_bits();
            if bits & SIGN == 0 { bits ^ SIGN } else { !bits }
        }
    };
    if descending { !key } else { key }
}

/// The first `count` elements of each row of `length` in order, and their positions in it. There are some.
pub(crate) fn rows<T: Element>(
    values: &mut [T],
    places: &mut [i64],
    from: &[T],
    length: usize,
    count: usize,
    descending: bool,
) {
    let lines = (PIECE / length).max(1);
    pool::for_pieces(places, lines * count, |first, part| {
        let (mut items, mut room) = (Vec::new(), Vec::new());
        let from = from[first / count * length..].chunks_exact(length);
        for (places, row) in part.chunks_exact_mut(count).zip(from) {
            let all = row.iter().zip(0..).map(|(&value, at)| (key(value, descending), at));
            if count < length / 2 {
                smallest(all, count, &mut items);
            } else {
                items.clear();
                items.extend(all);
                sort(&mut items, &mut room);
            }
            places.iter_mut().zip(&items).for_each(|(place, &(_, at))| *place = i64::from(at));
        }
    });
    pool::for_pieces(values, lines * count, |first, part| {
        let from = from[first / count * length..].chunks_exact(length);
        let rows = part.chunks_exact_mut(count).zip(places[first..].chunks_exact(count)).zip(from);
        for ((values, places), row) in rows {
            values.iter_mut().zip(places).for_each(|(value, &place)| *value = row[place as usize]);
        }
    });
}

/// Sorts items whose positions ascend; `room` is for as many.
pub(super) fn sort(items: &mut Vec<Item>, room: &mut Vec<Item>) {
    match items.len() {
        0..LONG => items.sort_unstable(),
        LONG..VERY_LONG => by_digits::<8>(items, room),
        _ => by_digits::<11>(items, room),
    }
}

fn by_digits<const BITS: u32>(items: &mut Vec<Item>, room: &mut Vec<Item>) {
    let digits = 1usize << BITS;
    let passes = u64::BITS.div_ceil(BITS) as usize;
    let digit = |key: u64, pass: usize| (key >> (pass as u32 * BITS)) as usize & (digits - 1);
    let mut counts = vec![0u32; digits * passes];
    // Bits in which keys do not differ need no pass.
    let first = items[0].0;
    let differing = items.iter().fold(0, |differing, &(key, _)| differing | (key ^ first));
    let needed: Vec<usize> = (0..passes).filter(|&pass| digit(differing, pass) != 0).collect();
    for &(key, _) in items.iter() {
        for &pass in &needed {
            counts[pass * digits + digit(key, pass)] += 1;
        }
    }
    room.clear();
    room.resize(items.len(), (0, 0));
    for pass in needed {
        let places = &mut counts[pass * digits..(pass + 1) * digits];
        let mut next = 0;
        for place in places.iter_mut() {
            (next, *place) = (next + *place, next);
        }
        for &item in items.iter() {
            let place = &mut places[digit(item.0, pass)];
            room[*place as usize] = item;
            *place += 1;
        }
        std::mem::swap(items, room);
    }
}

/// The `count` smallest of the items `all`, in order. Keeps at most twice as many at a time, so that it takes time in
/// proportion to the number of items.
fn smallest(all: impl Iterator<Item = Item>, count: usize, kept: &mut Vec<Item>) {
    kept.clear();
    if count == 0 {
        return;
    }
    let room = 2 * count.max(32);
    let mut limit = u64::MAX;
    for item in all {
        // Of equal keys the first positions count, and those have come already.
        if item.0 < limit || kept.len() < count {
            kept.push(item);
            if kept.len() == room {
                kept.select_nth_unstable(count - 1);
                kept.truncate(count);
                limit = kept[count - 1].0;
            }
        }
    }
    kept.sort_unstable();
    kept.truncate(count);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(keys: impl Iterator<Item = u64>) -> Vec<Item> {
        keys.zip(0..).collect()
    }

    #[test]
    fn rows_of_any_length_are_sorted_and_equals_keep_their_order() {
        for length in [0, 1, 5, 300, 10_000] {
            for keys in [7, u64::MAX] {
                let random = (0..length).map(|i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) % keys);
                let mut sorted = items(random);
                let mut expected = sorted.clone();
                expected.sort();
                sort(&mut sorted, &mut Vec::new());
                assert_eq!(sorted, expected, "{length} of {keys}");
            }
        }
    }

    #[test]
    fn the_smallest_are_the_first_of_all_in_order() {
        for (length, count) in [(0, 0), (10, 3), (1000, 1), (1000, 100), (1000, 1000)] {
            for keys in [3, u64::MAX] {
                let random = items((0..length).map(|i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) % keys));
                let mut expected = random.clone();
                expected.sort();
                let mut kept = Vec::new();
                smallest(random.into_iter(), count, &mut kept);
                assert_eq!(kept, expected[..count], "{count} of {length}");
            }
        }
    }

    #[test]
    fn keys_order_elements() {
        let ascending = [f64::NEG_INFINITY, -2.0, -1e-310, 0.0, 1e-310, 3.0, f64::INFINITY, f64::NAN];
        assert!(ascending.windows(2).all(|pair| key(pair[0], false) < key(pair[1], false)));
        assert!(ascending.windows(2).all(|pair| key(pair[0], true) > key(pair[1], true)));
        assert_eq!(key(0.0f32, false), key(-0.0f32, false));
        assert!(key(i64::MIN, false) < key(-1i64, false) && key(-1i64, false) < key(i64::MAX, false));
        assert!(key(false, false) < key(true, false));
    }
}

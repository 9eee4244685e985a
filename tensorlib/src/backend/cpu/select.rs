//! Elements at positions that follow no pattern: by row, along a dimension, by mask.

use super::map::PIECE;
use super::number::Number;
use super::pool;
use super::rows::Rows;
use crate::element::Element;
use crate::layout::Layout;

/// Where rows start in a buffer: at every sum of one of `outer` and one of `chosen`, the latter varying faster.
pub(crate) struct Starts {
    pub outer: Vec<usize>,
    pub chosen: Vec<usize>,
}

impl Starts {
    /// The starts from number `first` on.
    fn from(&self, first: usize) -> impl Iterator<Item = usize> {
        let count = self.chosen.len();
        let (outer, chosen) = (first / count, first % count);
        let rest = self.outer[outer + 1..].iter().flat_map(|&outer| self.chosen.iter().map(move |&at| outer + at));
        let this = self.outer[outer];
        self.chosen[chosen..].iter().map(move |&at| this + at).chain(rest)
    }
}

/// Copies the rows of a layout (whose offset does not count) from all starts.
pub(crate) fn take<T: Element>(to: &mut [T], from: &[T], starts: &Starts, row: &Layout) {
    let length = row.numel();
    if to.is_empty() {
        return;
    }
    let rows = Rows::new([row]);
    let [step] = rows.steps;
    pool::for_pieces(to, (PIECE / 2 / length).max(1) * length, |first, part| {
        let starts = starts.from(first / length);
        if length == 1 {
            part.iter_mut().zip(starts).for_each(|(to, start)| *to = from[start]);
        } else if row.is_contiguous() {
            part.chunks_exact_mut(length)
                .zip(starts)
                .for_each(|(to, start)| to.copy_from_slice(&from[start..start + length]));
        } else {
            for (to, start) in part.chunks_exact_mut(length).zip(starts) {
                rows.walk(0..length, |[within], at, count| {
                    super::reader::gather(&mut to[at..at + count], from, start + within - row.offset, step);
                });
            }
        }
    });
}

/// Copies `from` to the rows of a layout at all starts, in their order: of several for one place the last stays.
pub(crate) fn put<T: Element>(to: &mut [T], from: &[T], starts: &Starts, row: &Layout) {
    let length = row.numel();
    if from.is_empty() {
        return;
    }
    if length == 1 {
        return from.iter().zip(starts.from(0)).for_each(|(&value, start)| to[start] = value);
    }
    let rows = Rows::new([row]);
    let [step] = rows.steps;
    for (from, start) in from.chunks_exact(length).zip(starts.from(0)) {
        rows.walk(0..length, |[within], at, count| {
            super::map::scatter(to, start + within - row.offset, step, &from[at..at + count]);
        });
    }
}

/// [`put`] that combines new elements with the present ones.
pub(crate) fn combine<T: Number>(to: &mut [T], from: &[T], starts: &Starts, row: &Layout, f: impl Fn(T, T) -> T) {
    let length = row.numel();
    if from.is_empty() {
        return;
    }
    let rows = Rows::new([row]);
    let [step] = rows.steps;
    for (from, start) in from.chunks_exact(length).zip(starts.from(0)) {
        rows.walk(0..length, |[within], at, count| {
            let first = start + within - row.offset;
            if step == 1 {
                let to = to[first..first + count].iter_mut();
                to.zip(&from[at..at + count]).for_each(|(to, &value)| *to = f(*to, value));
            } else {
                for (i, &value) in from[at..at + count].iter().enumerate() {
                    to[first + i * step] = f(to[first + i * step], value);
                }
            }
        });
    }
}

/// For each element of a layout (in which the dimension that is indexed has stride 0), the one `index · stride` further.
pub(crate) fn take_along<T: Element>(to: &mut [T], from: &[T], layout: &Layout, index: &[i64], stride: usize) {
    let rows = Rows::new([layout]);
    let [step] = rows.steps;
    pool::for_pieces(to, PIECE, |first, part| {
        rows.walk(first..first + part.len(), |[start], at, count| {
            let index = &index[first + at..first + at + count];
            for (i, (to, &index)) in part[at..at + count].iter_mut().zip(index).enumerate() {
                *to = from[start + i * step + index as usize * stride];
            }
        });
    });
}

/// The reverse of [`take_along`].
pub(crate) fn put_along<T: Element>(to: &mut [T], from: &[T], layout: &Layout, index: &[i64], stride: usize) {
    let rows = Rows::new([layout]);
    let [step] = rows.steps;
    rows.walk(0..rows.numel, |[start], at, count| {
        for (i, (&value, &index)) in from[at..at + count].iter().zip(&index[at..at + count]).enumerate() {
            to[start + i * step + index as usize * stride] = value;
        }
    });
}

/// [`put_along`] that combines new elements with the present ones.
pub(crate) fn combine_along<T: Number>(
    to: &mut [T],
    from: &[T],
    layout: &Layout,
    index: &[i64],
    stride: usize,
    f: impl Fn(T, T) -> T,
) {
    let rows = Rows::new([layout]);
    let [step] = rows.steps;
    rows.walk(0..rows.numel, |[start], at, count| {
        for (i, (&value, &index)) in from[at..at + count].iter().zip(&index[at..at + count]).enumerate() {
            let place = &mut to[start + i * step + index as usize * stride];
            *place = f(*place, value);
        }
    });
}

/// How many are true.
pub(crate) fn count(mask: &[bool]) -> usize {
    // Blocks that a byte can count.
    mask.chunks(255).map(|block| usize::from(block.iter().map(|&set| u8::from(set)).sum::<u8>())).sum()
}

/// The elements whose mask is true.
pub(crate) fn compress<T: Element>(from: impl Iterator<Item = T>, mask: &[bool]) -> Vec<T> {
    // One more: each element is written, and stays when the next is written behind it. No branch to guess.
    let mut values = vec![T::default(); count(mask) + 1];
    let mut next = 0;
    for (value, &set) in from.zip(mask) {
        values[next] = value;
        next += usize::from(set);
    }
    values.truncate(next);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_go_on_from_anywhere() {
        let starts = Starts { outer: vec![0, 100, 200], chosen: vec![3, 1] };
        let all: Vec<usize> = starts.from(0).collect();
        assert_eq!(all, [3, 1, 103, 101, 203, 201]);
        for first in 0..all.len() {
            assert!(starts.from(first).eq(all[first..].iter().copied()));
        }
    }

    #[test]
    fn a_mask_keeps_what_is_true() {
        let mask: Vec<bool> = (0..1000).map(|i| i % 3 == 0).collect();
        assert_eq!(count(&mask), 334);
        let kept = compress(0..1000i64, &mask);
        assert!(kept.len() == 334 && kept.iter().all(|v| v % 3 == 0));
        assert_eq!(count(&[true; 1000]), 1000);
    }
}

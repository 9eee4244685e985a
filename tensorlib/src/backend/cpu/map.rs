//! Elementwise operations on operands that lie in memory in any way: out of place or in place.

use super::loops::{Maps, Maps2, Updates};
use super::number::Number;
use super::pool;
use super::reader::{Reader, gather};
use super::rows::Rows;
use super::simd::{Loop, Width};
use crate::element::Element;
use crate::layout::Layout;
use crate::memory::allocator;

/// Elements a thread takes at a time: enough that handing them out costs little.
pub(crate) const PIECE: usize = 32 << 10;
/// Up to this many elements are gathered without allocating.
const SMALL: usize = 256;
/// Rows from this length on are worth a call each.
const LONG: usize = 64;

/// Gives `work` elements of an operand, from number `first` on: as they lie, or gathered. A piece of a transposed matrix
/// has whole cache lines of each of its columns, and stays in the second-level cache.
#[inline]
fn with_part<T: Element>(reader: &Reader<T>, first: usize, count: usize, work: impl FnOnce(&[T])) {
    if let Some(part) = reader.line(first, count) {
        work(part);
    } else if count <= SMALL {
        work(reader.copied(&mut [T::default(); SMALL], first, count));
    } else {
        work(reader.copied(&mut allocator::take::<T>(count), first, count));
    }
}

/// `to[i] = f(from[i])`, with `to` in row-major order.
pub(crate) fn map<T: Element, U: Element>(maps: &Maps<T, U>, to: &mut [U], from: &[T], layout: &Layout) {
    read_and_apply(to, from, layout, |to, from| (maps.to)(to, from));
}

/// Applies a loop to blocks of `to` and the elements of a layout.
#[inline]
pub(super) fn read_and_apply<T: Element, U: Element>(
    to: &mut [U],
    from: &[T],
    layout: &Layout,
    apply: impl Fn(&mut [U], &[T]) + Sync,
) {
    if layout.is_contiguous() {
        let from = &from[layout.offset..layout.offset + to.len()];
        return pool::for_pieces(to, PIECE, |first, part| apply(part, &from[first..first + part.len()]));
    }
    let reader = Reader::new(from, layout);
    pool::for_pieces(to, PIECE, |first, part| with_part(&reader, first, part.len(), |from| apply(part, from)));
}

/// `to[i] = min(max(from[i], low), high)`; NaN stays, and is what a limit of NaN gives.
struct Clamp<'a, T>(&'a mut [T], &'a [T], T, T);

impl<T: Number> Loop for Clamp<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Clamp(to, from, low, high) = self;
        for (to, &value) in to.iter_mut().zip(from) {
            *to = value.maximum(low).minimum(high);
        }
    }
}

/// The elements of a layout between two limits, in row-major order.
pub(crate) fn clamp<T: Number>(to: &mut [T], from: &[T], layout: &Layout, low: T, high: T) {
    read_and_apply(to, from, layout, |to, from| T::Width::run(Clamp(to, from, low, high)));
}

/// `to[i] = if condition[i] { a[i] } else { b[i] }`.
struct Choose<'a, T>(&'a mut [T], &'a [bool], &'a [T], &'a [T]);

impl<T: Element> Loop for Choose<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let count = self.0.len();
        let (condition, a, b) = (&self.1[..count], &self.2[..count], &self.3[..count]);
        for i in 0..count {
            self.0[i] = if condition[i] { a[i] } else { b[i] };
        }
    }
}

/// Elements of `a` where `condition` is true and of `b` elsewhere, in row-major order. Layouts have the same shape.
pub(crate) fn choose<T: Element>(to: &mut [T], condition: Operand<bool>, a: Operand<T>, b: Operand<T>) {
    let (condition, a, b) = (condition.reader(), a.reader(), b.reader());
    pool::for_pieces(to, PIECE, |first, part| {
        let count = part.len();
        with_part(&condition, first, count, |condition| {
            with_part(&a, first, count, |a| {
                with_part(&b, first, count, |b| T::Width::run(Choose(part, condition, a, b)));
            });
        });
    });
}

/// The elements of a layout.
pub(crate) struct Operand<'a, T>(pub &'a [T], pub &'a Layout);

impl<'a, T: Element> Operand<'a, T> {
    fn reader(&self) -> Reader<'a, T> {
        Reader::new(self.0, self.1)
    }
}

/// `x[i] = if mask[i] { value } else { x[i] }`.
struct FillWhere<'a, T>(&'a mut [T], &'a [bool], T);

impl<T: Element> Loop for FillWhere<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for (to, &set) in self.0.iter_mut().zip(self.1) {
            *to = if set { self.2 } else { *to };
        }
    }
}

/// Writes `value` where the mask is true. Both layouts have the same shape.
pub(crate) fn fill_where<T: Element>(to: &mut [T], of_to: &Layout, mask: Operand<bool>, value: T) {
    let numel = of_to.numel();
    if numel == 0 {
        return;
    }
    let mask = mask.reader();
    if of_to.is_contiguous() {
        let to = &mut to[of_to.offset..of_to.offset + numel];
        return pool::for_pieces(to, PIECE, |first, part| {
            with_part(&mask, first, part.len(), |mask| T::Width::run(FillWhere(part, mask, value)));
        });
    }
    let rows = Rows::new([of_to]);
    rows.walk(0..numel, |[start], at, count| {
        with_part(&mask, at, count, |mask| {
            for (i, _) in mask.iter().enumerate().filter(|&(_, &set)| set) {
                to[start + i * rows.steps[0]] = value;
            }
        });
    });
}

/// `x[i] = f(x[i])` for the elements of a slice.
pub(crate) fn map_in_place<T: Element>(maps: &Maps<T, T>, x: &mut [T]) {
    pool::for_pieces(x, PIECE, |_, part| {
        let mut room = [T::default(); 4 * SMALL];
        for part in part.chunks_mut(4 * SMALL) {
            let from = &mut room[..part.len()];
            from.copy_from_slice(part);
            (maps.to)(part, from);
        }
    });
}

/// An operand of [`map2`]: elements, or the same number everywhere.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a, T> {
    Elements(&'a [T], &'a Layout),
    Number(T),
}

/// `to[i] = f(a[i], b[i])`, with `to` in row-major order. Layouts have the same shape as the result.
pub(crate) fn map2<T: Element, U: Element>(maps: &Maps2<T, U>, to: &mut [U], a: Source<T>, b: Source<T>) {
    match (a, b) {
        (Source::Elements(a, of_a), Source::Elements(b, of_b)) => {
            if of_a.is_contiguous() && of_b.is_contiguous() {
                let (a, b) = (&a[of_a.offset..of_a.offset + to.len()], &b[of_b.offset..of_b.offset + to.len()]);
                return pool::for_pieces(to, PIECE, |first, part| {
                    let range = first..first + part.len();
                    (maps.both)(part, &a[range.clone()], &b[range]);
                });
            }
            map2_strided(maps, to, a, of_a, b, of_b);
        }
        (Source::Elements(a, layout), Source::Number(b)) => {
            read_and_apply(to, a, layout, |to, a| (maps.left)(to, a, b));
        }
        (Source::Number(a), Source::Elements(b, layout)) => {
            read_and_apply(to, b, layout, |to, b| (maps.right)(to, a, b));
        }
        (Source::Number(a), Source::Number(b)) => to.fill_with(|| {
            let mut one = [U::default()];
            (maps.left)(&mut one, &[a], b);
            one[0]
        }),
    }
}

fn map2_strided<T: Element, U: Element>(
    maps: &Maps2<T, U>,
    to: &mut [U],
    a: &[T],
    of_a: &Layout,
    b: &[T],
    of_b: &Layout,
) {
    let rows = Rows::new([of_a, of_b]);
    if rows.length >= LONG && matches!(rows.steps, [1, 1] | [1, 0] | [0, 1]) {
        return pool::for_pieces(to, PIECE, |first, part| {
            rows.walk(first..first + part.len(), |[at_a, at_b], at, count| {
                let to = &mut part[at..at + count];
                match rows.steps {
                    [1, 1] => (maps.both)(to, &a[at_a..at_a + count], &b[at_b..at_b + count]),
                    [1, _] => (maps.left)(to, &a[at_a..at_a + count], b[at_b]),
                    _ => (maps.right)(to, a[at_a], &b[at_b..at_b + count]),
                }
            });
        });
    }
    let (a, b) = (Reader::new(a, of_a), Reader::new(b, of_b));
    pool::for_pieces(to, PIECE, |first, part| {
        let count = part.len();
        with_part(&a, first, count, |a| with_part(&b, first, count, |b| (maps.both)(part, a, b)));
    });
}

/// `to[i] = f(to[i], b[i])` where `to` is the elements of a layout. Both layouts have the same shape.
pub(crate) fn update<T: Element>(updates: &Updates<T>, to: &mut [T], of_to: &Layout, b: Source<T>) {
    let numel = of_to.numel();
    if numel == 0 {
        return;
    }
    if of_to.is_contiguous() {
        let to = &mut to[of_to.offset..of_to.offset + numel];
        return match b {
            Source::Number(b) => pool::for_pieces(to, PIECE, |_, part| (updates.left)(part, b)),
            Source::Elements(b, of_b) if of_b.is_contiguous() => {
                let b = &b[of_b.offset..of_b.offset + numel];
                pool::for_pieces(to, PIECE, |first, part| (updates.both)(part, &b[first..first + part.len()]));
            }
            Source::Elements(b, of_b) => update_line(updates, to, b, of_b),
        };
    }
    match b {
        Source::Number(b) => update_strided(to, of_to, of_to, |part, _| (updates.left)(part, b)),
        Source::Elements(b, of_b) => update_strided(to, of_to, of_b, |part, (start, step)| match step {
            0 => (updates.left)(part, b[start]),
            1 => (updates.both)(part, &b[start..start + part.len()]),
            _ => {
                let mut room = [T::default(); SMALL];
                for (block, part) in part.chunks_mut(SMALL).enumerate() {
                    let room = &mut room[..part.len()];
                    gather(room, b, start + block * SMALL * step, step);
                    (updates.both)(part, room);
                }
            }
        }),
    }
}

/// [`update`] of elements side by side with those of a layout.
fn update_line<T: Element>(updates: &Updates<T>, to: &mut [T], b: &[T], of_b: &Layout) {
    let rows = Rows::new([of_b]);
    if rows.length >= LONG && rows.steps[0] <= 1 {
        return pool::for_pieces(to, PIECE, |first, part| {
            rows.walk(first..first + part.len(), |[start], at, count| {
                let to = &mut part[at..at + count];
                if rows.steps[0] == 0 {
                    (updates.left)(to, b[start])
                } else {
                    (updates.both)(to, &b[start..start + count])
                }
            });
        });
    }
    let b = Reader::new(b, of_b);
    pool::for_pieces(to, PIECE, |first, part| with_part(&b, first, part.len(), |b| (updates.both)(part, b)));
}

/// Updates a strided target in stretches of rows, with where the operand's stretch starts, and its step. What is not side
/// by side is brought together first and put back.
fn update_strided<T: Element>(to: &mut [T], of_to: &Layout, of_b: &Layout, apply: impl Fn(&mut [T], (usize, usize))) {
    let rows = Rows::new([of_to, of_b]);
    let [step_to, step_b] = rows.steps;
    let mut room = [T::default(); SMALL];
    rows.walk(0..rows.numel, |[at_to, at_b], _, count| {
        if step_to == 1 {
            return apply(&mut to[at_to..at_to + count], (at_b, step_b));
        }
        for done in (0..count).step_by(SMALL) {
            let count = SMALL.min(count - done);
            let start_to = at_to + done * step_to;
            let part = &mut room[..count];
            gather(part, to, start_to, step_to);
            apply(part, (at_b + done * step_b, step_b));
            scatter(to, start_to, step_to, part);
        }
    });
}

/// Copies values to a strided stretch.
#[inline]
pub(crate) fn scatter<T: Element>(to: &mut [T], start: usize, step: usize, values: &[T]) {
    match step {
        1 => to[start..start + values.len()].copy_from_slice(values),
        0 => to[start] = values[values.len() - 1],
        _ => to[start..].iter_mut().step_by(step).zip(values).for_each(|(to, &value)| *to = value),
    }
}

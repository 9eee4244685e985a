//! Elementwise loops: one or two operands, out of place or in place.
//!
//! A function of elements is a type ([`Map`], [`Map2`]), so that its loops can be compiled for it; a table of such
//! loops ([`Maps2`]) is then chosen once, outside of them.

use std::marker::PhantomData;

use super::pool;
use super::rows::Rows;
use super::simd::{Loop, Width};
use crate::element::Element;
use crate::layout::Layout;

/// Elements a thread takes at a time: enough that handing them out costs little.
pub(crate) const PIECE: usize = 32 << 10;
/// Elements of a strided operand that are gathered at a time, to be used from the first-level cache.
const GATHER: usize = 256;

/// A function of one element. Implementations are `#[inline(always)]`.
pub(crate) trait Map<T, U> {
    /// The instruction sets that its loop is compiled for.
    type Width: Width;
    fn of(value: T) -> U;
}

/// A function of two elements. Implementations are `#[inline(always)]`.
pub(crate) trait Map2<T, U> {
    /// The instruction sets that its loops are compiled for.
    type Width: Width;
    fn of(a: T, b: T) -> U;
}

/// The loops of a function of one element.
pub(crate) struct Maps<T, U> {
    pub to: fn(&mut [U], &[T]),
}

/// The loops of a function of two elements: both vary, or one of them stays the same.
pub(crate) struct Maps2<T, U> {
    pub both: fn(&mut [U], &[T], &[T]),
    pub left: fn(&mut [U], &[T], T),
    pub right: fn(&mut [U], T, &[T]),
}

/// The loops that write over the first operand.
pub(crate) struct Updates<T> {
    pub both: fn(&mut [T], &[T]),
    pub left: fn(&mut [T], T),
}

/// One loop: what it borrows, and the function it applies.
struct Over<Parts, F>(Parts, PhantomData<F>);

impl<T: Element, U: Element, F: Map<T, U>> Loop for Over<(&mut [U], &[T]), F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let (to, from) = self.0;
        to.iter_mut().zip(from).for_each(|(to, &from)| *to = F::of(from));
    }
}

impl<T: Element, U: Element, F: Map2<T, U>> Loop for Over<(&mut [U], &[T], &[T]), F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let (to, a, b) = self.0;
        let count = to.len().min(a.len()).min(b.len());
        let (to, a, b) = (&mut to[..count], &a[..count], &b[..count]);
        for i in 0..count {
            to[i] = F::of(a[i], b[i]);
        }
    }
}

impl<T: Element, U: Element, F: Map2<T, U>> Loop for Over<(&mut [U], &[T], T), F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let (to, a, b) = self.0;
        to.iter_mut().zip(a).for_each(|(to, &a)| *to = F::of(a, b));
    }
}

impl<T: Element, U: Element, F: Map2<T, U>> Loop for Over<(&mut [U], T, &[T]), F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let (to, a, b) = self.0;
        to.iter_mut().zip(b).for_each(|(to, &b)| *to = F::of(a, b));
    }
}

/// A loop that writes over its first operand.
struct InPlace<Parts, F>(Parts, PhantomData<F>);

impl<T: Element, F: Map2<T, T>> Loop for InPlace<(&mut [T], &[T]), F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let (to, b) = self.0;
        to.iter_mut().zip(b).for_each(|(to, &b)| *to = F::of(*to, b));
    }
}

impl<T: Element, F: Map2<T, T>> Loop for InPlace<(&mut [T], T), F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let (to, b) = self.0;
        to.iter_mut().for_each(|to| *to = F::of(*to, b));
    }
}

impl<T: Element, U: Element> Maps<T, U> {
    pub fn of<F: Map<T, U>>() -> Maps<T, U> {
        fn to<T: Element, U: Element, F: Map<T, U>>(to: &mut [U], from: &[T]) {
            F::Width::run(Over::<_, F>((to, from), PhantomData));
        }
        Maps { to: to::<T, U, F> }
    }
}

impl<T: Element, U: Element> Maps2<T, U> {
    pub fn of<F: Map2<T, U>>() -> Maps2<T, U> {
        Maps2 {
            both: |to, a, b| F::Width::run(Over::<_, F>((to, a, b), PhantomData)),
            left: |to, a, b| F::Width::run(Over::<_, F>((to, a, b), PhantomData)),
            right: |to, a, b| F::Width::run(Over::<_, F>((to, a, b), PhantomData)),
        }
    }
}

impl<T: Element> Updates<T> {
    pub fn of<F: Map2<T, T>>() -> Updates<T> {
        Updates {
            both: |to, b| F::Width::run(InPlace::<_, F>((to, b), PhantomData)),
            left: |to, b| F::Width::run(InPlace::<_, F>((to, b), PhantomData)),
        }
    }
}

/// Copies a strided stretch to `into`.
#[inline]
pub(crate) fn gather<T: Element>(into: &mut [T], from: &[T], start: usize, step: usize) {
    match step {
        0 => into.fill(from[start]),
        1 => into.copy_from_slice(&from[start..start + into.len()]),
        _ => into.iter_mut().zip(from[start..].iter().step_by(step)).for_each(|(to, &value)| *to = value),
    }
}

/// `to[i] = f(from[i])`, with `to` in row-major order.
pub(crate) fn map<T: Element, U: Element>(maps: &Maps<T, U>, to: &mut [U], from: &[T], layout: &Layout) {
    if to.len() <= GATHER && layout.is_contiguous() {
        return (maps.to)(to, &from[layout.offset..layout.offset + to.len()]);
    }
    let rows = Rows::new([layout]);
    let [step] = rows.steps;
    pool::for_pieces(to, PIECE, |first, part| {
        rows.walk(first..first + part.len(), |[start], at, count| {
            let to = &mut part[at..at + count];
            if step == 1 {
                return (maps.to)(to, &from[start..start + count]);
            }
            let mut gathered = [T::default(); GATHER];
            for (block, to) in to.chunks_mut(GATHER).enumerate() {
                let gathered = &mut gathered[..to.len()];
                gather(gathered, from, start + block * GATHER * step, step);
                (maps.to)(to, gathered);
            }
        });
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
        (Source::Elements(a, layout), Source::Number(b)) => with_number(to, a, layout, |to, a| (maps.left)(to, a, b)),
        (Source::Number(a), Source::Elements(b, layout)) => with_number(to, b, layout, |to, b| (maps.right)(to, a, b)),
        (Source::Number(a), Source::Number(b)) => to.fill_with(|| {
            let mut one = [U::default()];
            (maps.left)(&mut one, &[a], b);
            one[0]
        }),
    }
}

fn with_number<T: Element, U: Element>(
    to: &mut [U],
    from: &[T],
    layout: &Layout,
    apply: impl Fn(&mut [U], &[T]) + Sync,
) {
    if layout.is_contiguous() {
        let from = &from[layout.offset..layout.offset + to.len()];
        return pool::for_pieces(to, PIECE, |first, part| apply(part, &from[first..first + part.len()]));
    }
    let rows = Rows::new([layout]);
    let [step] = rows.steps;
    pool::for_pieces(to, PIECE, |first, part| {
        rows.walk(first..first + part.len(), |[start], at, count| {
            let mut gathered = [T::default(); GATHER];
            for (block, to) in part[at..at + count].chunks_mut(GATHER).enumerate() {
                let from = stretch(&mut gathered, from, start + block * GATHER * step, step, to.len());
                apply(to, from);
            }
        });
    });
}

/// A stretch of an operand as a slice, gathered when it is not one already.
#[inline]
fn stretch<'a, T: Element>(
    room: &'a mut [T; GATHER],
    from: &'a [T],
    start: usize,
    step: usize,
    count: usize,
) -> &'a [T] {
    if step == 1 {
        return &from[start..start + count];
    }
    gather(&mut room[..count], from, start, step);
    &room[..count]
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
    let [step_a, step_b] = rows.steps;
    pool::for_pieces(to, PIECE, |first, part| {
        rows.walk(first..first + part.len(), |[at_a, at_b], at, count| {
            let to = &mut part[at..at + count];
            match (step_a, step_b) {
                (1, 1) => (maps.both)(to, &a[at_a..at_a + count], &b[at_b..at_b + count]),
                (1, 0) => (maps.left)(to, &a[at_a..at_a + count], b[at_b]),
                (0, 1) => (maps.right)(to, a[at_a], &b[at_b..at_b + count]),
                _ => {
                    let (mut room_a, mut room_b) = ([T::default(); GATHER], [T::default(); GATHER]);
                    for (block, to) in to.chunks_mut(GATHER).enumerate() {
                        let done = block * GATHER;
                        let a = stretch(&mut room_a, a, at_a + done * step_a, step_a, to.len());
                        let b = stretch(&mut room_b, b, at_b + done * step_b, step_b, to.len());
                        (maps.both)(to, a, b);
                    }
                }
            }
        });
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
        match b {
            Source::Number(b) => return pool::for_pieces(to, PIECE, |_, part| (updates.left)(part, b)),
            Source::Elements(b, of_b) if of_b.is_contiguous() => {
                let b = &b[of_b.offset..of_b.offset + numel];
                return pool::for_pieces(to, PIECE, |first, part| (updates.both)(part, &b[first..first + part.len()]));
            }
            Source::Elements(b, of_b) => {
                let rows = Rows::new([of_b]);
                let [step] = rows.steps;
                return pool::for_pieces(to, PIECE, |first, part| {
                    rows.walk(first..first + part.len(), |[start], at, count| {
                        let to = &mut part[at..at + count];
                        if step == 0 {
                            return (updates.left)(to, b[start]);
                        }
                        let mut room = [T::default(); GATHER];
                        for (block, to) in to.chunks_mut(GATHER).enumerate() {
                            let count = to.len();
                            (updates.both)(to, stretch(&mut room, b, start + block * GATHER * step, step, count));
                        }
                    });
                });
            }
        }
    }
    match b {
        Source::Number(b) => update_strided(to, of_to, of_to, |part, _| (updates.left)(part, b)),
        Source::Elements(b, of_b) => update_strided(to, of_to, of_b, |part, (start, step)| {
            let mut room = [T::default(); GATHER];
            (updates.both)(part, stretch(&mut room, b, start, step, part.len()));
        }),
    }
}

/// Brings elements of a strided target together, updates them (given where the operand's stretch starts, and its
/// step), and puts them back.
fn update_strided<T: Element>(to: &mut [T], of_to: &Layout, of_b: &Layout, apply: impl Fn(&mut [T], (usize, usize))) {
    let rows = Rows::new([of_to, of_b]);
    let [step_to, step_b] = rows.steps;
    let mut room = [T::default(); GATHER];
    rows.walk(0..rows.numel, |[at_to, at_b], _, count| {
        for done in (0..count).step_by(GATHER) {
            let count = GATHER.min(count - done);
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

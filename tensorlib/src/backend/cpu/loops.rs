//! Functions of elements, and the loops that apply them to slices.
//!
//! A function of elements is a type ([`Map`], [`Map2`]), so that its loops can be compiled for it; a table of such
//! loops ([`Maps2`]) is then chosen once, outside of them.

use std::marker::PhantomData;

use super::simd::{Loop, Width};
use crate::element::Element;

/// A function of one element. Implementations are `#[inline(always)]`.
pub(crate) trait Map<T, U> {
    /// The instruction sets that its loop is compiled for.
    type Width: Width;
    fn of(value: T) -> U;
    /// Whether there are arguments for which `of` is wrong and `hard`, which may call the library, is right.
    const HAS_HARD: bool = false;
    #[inline(always)]
    fn is_hard(_: T) -> bool {
        false
    }
    fn hard(value: T) -> U {
        Self::of(value)
    }
}

/// A function of two elements. Implementations are `#[inline(always)]`.
pub(crate) trait Map2<T, U> {
    /// The instruction sets that its loops are compiled for.
    type Width: Width;
    fn of(a: T, b: T) -> U;
    /// As in [`Map`].
    const HAS_HARD: bool = false;
    #[inline(always)]
    fn is_hard(_: T, _: T) -> bool {
        false
    }
    fn hard(a: T, b: T) -> U {
        Self::of(a, b)
    }
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

/// One of the operands of a loop.
trait Stretch<T>: Copy {
    /// The first `count` elements; shows the compiler that there are as many.
    fn first(self, count: usize) -> Self;
    /// The elements from `start` on.
    fn from(self, start: usize) -> Self;
    fn at(self, i: usize) -> T;
}

impl<T: Copy> Stretch<T> for &[T] {
    #[inline(always)]
    fn first(self, count: usize) -> Self {
        &self[..count]
    }
    #[inline(always)]
    fn from(self, start: usize) -> Self {
        &self[start..]
    }
    #[inline(always)]
    fn at(self, i: usize) -> T {
        self[i]
    }
}

/// The same number everywhere.
#[derive(Clone, Copy)]
struct Same<T>(T);

impl<T: Copy> Stretch<T> for Same<T> {
    #[inline(always)]
    fn first(self, _: usize) -> Self {
        self
    }
    #[inline(always)]
    fn from(self, _: usize) -> Self {
        self
    }
    #[inline(always)]
    fn at(self, _: usize) -> T {
        self.0
    }
}

/// Elements after which a loop looks whether some of them were hard.
const LOOK: usize = 128;

/// One loop: what it borrows, and the function it applies.
struct Over<Parts, F>(Parts, PhantomData<F>);

impl<T: Element, U: Element, F: Map<T, U>> Loop for Over<(&mut [U], &[T]), F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let (to, from) = self.0;
        if !F::HAS_HARD {
            // Not `for_each`: a closure may be left out of line, and then without the wider instructions.
            for (to, &from) in to.iter_mut().zip(from) {
                *to = F::of(from);
            }
            return;
        }
        for (to, from) in to.chunks_mut(LOOK).zip(from.chunks(LOOK)) {
            for (to, &from) in to.iter_mut().zip(from) {
                *to = F::of(from);
            }
            if from.iter().fold(false, |any, &from| any | F::is_hard(from)) {
                let hard = to.iter_mut().zip(from).filter(|&(_, &from)| F::is_hard(from));
                hard.for_each(|(to, &from)| *to = F::hard(from));
            }
        }
    }
}

/// [`Over`] two operands of type `T`.
struct Over2<'a, T, U, A, B, F>(&'a mut [U], A, B, PhantomData<(T, F)>);

// Counted loops: with iterators the compiler does not see that all stretches are of one length.
#[allow(clippy::needless_range_loop)]
impl<T: Element, U: Element, A: Stretch<T>, B: Stretch<T>, F: Map2<T, U>> Loop for Over2<'_, T, U, A, B, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Over2(to, a, b, _) = self;
        if !F::HAS_HARD {
            let (a, b) = (a.first(to.len()), b.first(to.len()));
            for (i, to) in to.iter_mut().enumerate() {
                *to = F::of(a.at(i), b.at(i));
            }
            return;
        }
        for (number, to) in to.chunks_mut(LOOK).enumerate() {
            let (a, b) = (a.from(number * LOOK).first(to.len()), b.from(number * LOOK).first(to.len()));
            let mut any = false;
            for (i, to) in to.iter_mut().enumerate() {
                *to = F::of(a.at(i), b.at(i));
                any |= F::is_hard(a.at(i), b.at(i));
            }
            if any {
                for i in (0..to.len()).filter(|&i| F::is_hard(a.at(i), b.at(i))) {
                    to[i] = F::hard(a.at(i), b.at(i));
                }
            }
        }
    }
}

/// A loop that writes over its first operand.
struct InPlace<Parts, F>(Parts, PhantomData<F>);

// As above.
#[allow(clippy::needless_range_loop)]
impl<T: Element, B: Stretch<T>, F: Map2<T, T>> Loop for InPlace<(&mut [T], B), F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let (to, b) = self.0;
        if !F::HAS_HARD {
            let b = b.first(to.len());
            for (i, to) in to.iter_mut().enumerate() {
                *to = F::of(*to, b.at(i));
            }
            return;
        }
        let mut room = [T::default(); LOOK];
        for (number, to) in to.chunks_mut(LOOK).enumerate() {
            let a = &mut room[..to.len()];
            a.copy_from_slice(to);
            Over2::<_, _, _, _, F>(to, &*a, b.from(number * LOOK), PhantomData).run();
        }
    }
}

impl<T: Element, U: Element> Maps<T, U> {
    pub fn of<F: Map<T, U>>() -> Maps<T, U> {
        Maps { to: |to, from| F::Width::run(Over::<_, F>((to, from), PhantomData)) }
    }
}

impl<T: Element, U: Element> Maps2<T, U> {
    pub fn of<F: Map2<T, U>>() -> Maps2<T, U> {
        Maps2 {
            both: |to, a, b| F::Width::run(Over2::<_, _, _, _, F>(to, a, b, PhantomData)),
            left: |to, a, b| F::Width::run(Over2::<_, _, _, _, F>(to, a, Same(b), PhantomData)),
            right: |to, a, b| F::Width::run(Over2::<_, _, _, _, F>(to, Same(a), b, PhantomData)),
        }
    }
}

impl<T: Element> Updates<T> {
    pub fn of<F: Map2<T, T>>() -> Updates<T> {
        Updates {
            both: |to, b| F::Width::run(InPlace::<_, F>((to, b), PhantomData)),
            left: |to, b| F::Width::run(InPlace::<_, F>((to, Same(b)), PhantomData)),
        }
    }
}

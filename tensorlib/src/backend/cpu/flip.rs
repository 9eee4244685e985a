//! Copies with dimensions reversed.

use super::map::PIECE;
use super::pool;
use crate::element::Element;

/// Copies a tensor in row-major order with some dimensions reversed. There are elements.
pub(crate) fn flip<T: Element>(to: &mut [T], from: &[T], shape: &[usize], flips: &[bool]) {
    let length = shape.last().copied().unwrap_or(1);
    let backwards = flips.last().copied().unwrap_or(false);
    let outer = shape.len().saturating_sub(1);
    pool::for_pieces(to, (PIECE / length).max(1) * length, |first, part| {
        for (line, to) in part.chunks_exact_mut(length).enumerate() {
            let (mut left, mut row, mut rows) = (first / length + line, 0, 1);
            for dim in (0..outer).rev() {
                let index = left % shape[dim];
                left /= shape[dim];
                row += rows * if flips[dim] { shape[dim] - 1 - index } else { index };
                rows *= shape[dim];
            }
            let from = &from[row * length..(row + 1) * length];
            if backwards {
                to.iter_mut().zip(from.iter().rev()).for_each(|(to, &value)| *to = value);
            } else {
                to.copy_from_slice(from);
            }
        }
    });
}

//! Copies of a matrix in the order in which the innermost loops read it.

use super::matrix::Matrix;
use crate::backend::cpu::number::Number;
use crate::backend::cpu::reader;
use crate::backend::cpu::simd::{Loop, Width};

/// Copies the start of some rows, `length` elements each, into rows that are `stride` elements apart.
pub(super) fn rows<T: Number>(to: &mut [T], stride: usize, from: &Matrix<T>, length: usize) {
    if from.row_stride == 1 && from.column_stride != 1 {
        return turned_rows(to, stride, from, length);
    }
    for (row, to) in to.chunks_exact_mut(stride).enumerate().take(from.rows) {
        let start = from.row(row);
        match from.column_stride {
            1 => to[..length].copy_from_slice(&from.elements[start..start + length]),
            step => reader::gather(&mut to[..length], from.elements, start, step),
        }
    }
}

/// [`rows`] of a matrix whose columns are side by side within themselves: a strip of rows at a time, whose ends stay near.
fn turned_rows<T: Number>(to: &mut [T], stride: usize, from: &Matrix<T>, length: usize) {
    for (first, to) in (0..from.rows).step_by(STRIP).zip(to.chunks_mut(STRIP * stride)) {
        let count = STRIP.min(from.rows - first);
        for term in 0..length {
            let start = from.row(first) + term * from.column_stride;
            for (row, &element) in from.elements[start..start + count].iter().enumerate() {
                to[row * stride + term] = element;
            }
        }
    }
}

/// Copies columns side by side into rows of `width` elements; zeros stand for columns that there are not.
pub(in crate::backend::cpu) fn columns<T: Number>(to: &mut [T], width: usize, from: &Matrix<T>) {
    match width {
        8 => T::Width::run(Columns::<T, 8>(to, from)),
        16 => T::Width::run(Columns::<T, 16>(to, from)),
        32 => T::Width::run(Columns::<T, 32>(to, from)),
        _ => unreachable!("tensorlib: no kernel takes {width} columns; please report this"),
    }
}

struct Columns<'a, T, const WIDTH: usize>(&'a mut [T], &'a Matrix<'a, T>);

/// Elements of a column that are read at a time.
const STRIP: usize = 16;

impl<T: Number, const WIDTH: usize> Loop for Columns<'_, T, WIDTH> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Columns(to, from) = self;
        let to = &mut to.as_chunks_mut::<WIDTH>().0[..from.rows];
        if from.columns == WIDTH && from.column_stride == 1 {
            for (row, to) in to.iter_mut().enumerate() {
                let start = from.row(row);
                to.copy_from_slice(&from.elements[start..start + WIDTH]);
            }
            return;
        }
        if from.columns < WIDTH {
            to.as_flattened_mut().fill(T::ZERO);
        }
        for (number, strip) in to.chunks_mut(STRIP).enumerate() {
            for column in 0..from.columns {
                let start = from.row(number * STRIP) + column * from.column_stride;
                if from.row_stride == 1 {
                    for (to, &element) in strip.iter_mut().zip(&from.elements[start..]) {
                        to[column] = element;
                    }
                } else {
                    for (row, to) in strip.iter_mut().enumerate() {
                        to[column] = from.elements[start + row * from.row_stride];
                    }
                }
            }
        }
    }
}

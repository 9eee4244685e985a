//! Reading any part of a strided operand as a slice in row-major order.

use super::rows::Rows;
use crate::element::Element;
use crate::layout::Layout;

/// The side of the square blocks in which a transposed matrix is copied: a block's rows and columns stay in the
/// first-level cache.
const BLOCK: usize = 32;

/// The elements of a layout, ready to be read from anywhere.
pub(crate) struct Reader<'a, T> {
    from: &'a [T],
    way: Way,
}

enum Way {
    /// Side by side, from here on.
    Line(usize),
    /// By rows.
    Rows(Rows<1>),
    /// The innermost two dimensions are a transposed matrix.
    Transposed(Matrices),
    /// One row again and again.
    Repeated { start: usize, step: usize, length: usize },
}

/// Transposed matrices: neighbours in a column lie side by side, neighbours in a row `step` apart.
struct Matrices {
    height: usize,
    width: usize,
    step: usize,
    outer: Layout,
}

impl Matrices {
    /// Where a matrix starts.
    fn start(&self, number: usize) -> usize {
        let mut left = number;
        let dims = self.outer.shape.iter().zip(&*self.outer.strides).rev();
        dims.fold(self.outer.offset, |start, (&length, &stride)| {
            let index = left % length;
            left /= length;
            start + index * stride
        })
    }

    fn read<T: Element>(&self, to: &mut [T], from: &[T], first: usize) {
        let Matrices { height, width, step, .. } = *self;
        let mut done = 0;
        while done < to.len() {
            let (matrix, within) = ((first + done) / (height * width), (first + done) % (height * width));
            let (row, column) = (within / width, within % width);
            let start = self.start(matrix) + row + column * step;
            let left = to.len() - done;
            if column > 0 || left < width {
                let count = (width - column).min(left);
                gather(&mut to[done..done + count], from, start, step);
                done += count;
            } else {
                let rows = (left / width).min(height - row);
                transpose(&mut to[done..done + rows * width], from, start, step, width);
                done += rows * width;
            }
        }
    }
}

/// Copies whole rows of a transposed matrix, block by block.
fn transpose<T: Element>(to: &mut [T], from: &[T], start: usize, step: usize, width: usize) {
    let rows = to.len() / width;
    for row in (0..rows).step_by(BLOCK) {
        for column in (0..width).step_by(BLOCK) {
            let end = (column + BLOCK).min(width);
            for r in row..(row + BLOCK).min(rows) {
                let source = &from[start + r + column * step..];
                let target = &mut to[r * width + column..r * width + end];
                target.iter_mut().zip(source.iter().step_by(step)).for_each(|(to, &value)| *to = value);
            }
        }
    }
}

impl<'a, T: Element> Reader<'a, T> {
    pub fn new(from: &'a [T], layout: &Layout) -> Reader<'a, T> {
        if layout.is_contiguous() {
            return Reader { from, way: Way::Line(layout.offset) };
        }
        let rank = layout.rank();
        if rank >= 2 && layout.strides[rank - 2] == 1 && layout.strides[rank - 1] > 1 && layout.shape[rank - 2] > 1 {
            let outer = Layout {
                shape: layout.shape[..rank - 2].iter().copied().collect(),
                strides: layout.strides[..rank - 2].iter().copied().collect(),
                offset: layout.offset,
            };
            let (height, width) = (layout.shape[rank - 2], layout.shape[rank - 1]);
            return Reader {
                from,
                way: Way::Transposed(Matrices { height, width, step: layout.strides[rank - 1], outer }),
            };
        }
        let rows = Rows::new([layout]);
        let way = match rows.is_repeated() {
            true => Way::Repeated { start: layout.offset, step: rows.steps[0], length: rows.length },
            false => Way::Rows(rows),
        };
        Reader { from, way }
    }

    /// `count` elements from number `first` on, if they lie side by side.
    #[inline]
    pub fn line(&self, first: usize, count: usize) -> Option<&'a [T]> {
        match self.way {
            Way::Line(offset) => Some(&self.from[offset + first..offset + first + count]),
            _ => None,
        }
    }

    /// `count` elements from number `first` on, copied to `room`.
    #[inline]
    pub fn copied<'r>(&self, room: &'r mut [T], first: usize, count: usize) -> &'r [T] {
        self.copy(&mut room[..count], first);
        &room[..count]
    }

    /// Copies elements from number `first` on.
    pub fn copy(&self, to: &mut [T], first: usize) {
        match &self.way {
            Way::Line(offset) => to.copy_from_slice(&self.from[offset + first..offset + first + to.len()]),
            Way::Rows(rows) => rows.walk(first..first + to.len(), |[start], at, count| {
                gather(&mut to[at..at + count], self.from, start, rows.steps[0]);
            }),
            Way::Transposed(matrices) => matrices.read(to, self.from, first),
            Way::Repeated { start, step, length } => {
                // The first period, from the middle of the row to its end and from its beginning to the middle; then
                // twice as much each time.
                let middle = first % length;
                let period = (*length).min(to.len());
                let until_end = (length - middle).min(period);
                gather(&mut to[..until_end], self.from, start + middle * step, *step);
                gather(&mut to[until_end..period], self.from, *start, *step);
                let mut done = period;
                while done < to.len() {
                    let count = done.min(to.len() - done);
                    to.copy_within(..count, done);
                    done += count;
                }
            }
        }
    }
}

/// Copies a strided stretch.
#[inline]
pub(crate) fn gather<T: Element>(to: &mut [T], from: &[T], start: usize, step: usize) {
    match step {
        0 => to.fill(if to.is_empty() { T::default() } else { from[start] }),
        1 => to.copy_from_slice(&from[start..start + to.len()]),
        _ => to.iter_mut().zip(from[start..].iter().step_by(step)).for_each(|(to, &value)| *to = value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dim_vec::DimVec;

    /// Every part of a layout, read and indexed.
    fn parts_are_as_indexed(shape: &[usize], strides: &[usize]) {
        let layout = Layout { shape: DimVec::from_slice(shape), strides: DimVec::from_slice(strides), offset: 2 };
        let from: Vec<i32> = (0..layout.end() as i32).collect();
        let all: Vec<i32> = (0..layout.numel())
            .map(|number| {
                let mut left = number;
                let place = (0..shape.len()).rev().map(|dim| {
                    let index = left % shape[dim];
                    left /= shape[dim];
                    index * strides[dim]
                });
                from[2 + place.sum::<usize>()]
            })
            .collect();
        let reader = Reader::new(&from, &layout);
        for first in 0..all.len() {
            for count in 1..=all.len() - first {
                let mut room = vec![0; count];
                reader.copy(&mut room, first);
                assert_eq!(room, &all[first..first + count], "{shape:?} {strides:?}");
            }
        }
    }

    #[test]
    fn any_part_can_be_read_however_the_operand_lies() {
        parts_are_as_indexed(&[3, 4], &[4, 1]);
        parts_are_as_indexed(&[3, 4], &[8, 2]);
        parts_are_as_indexed(&[3, 4], &[1, 3]);
        parts_are_as_indexed(&[2, 3, 4], &[12, 1, 3]);
        parts_are_as_indexed(&[3, 2, 4], &[1, 3, 6]);
        parts_are_as_indexed(&[2, 2, 3, 2], &[0, 12, 1, 3]);
        parts_are_as_indexed(&[5, 3], &[0, 1]);
        parts_are_as_indexed(&[5, 3], &[0, 2]);
        parts_are_as_indexed(&[5, 3], &[1, 0]);
        parts_are_as_indexed(&[2, 3, 4], &[4, 0, 1]);
    }
}

//! Elements by a map for each dimension, as padding needs them; and patches of images as columns.

use super::number::Number;
use super::pool;
use crate::backend::geometry::{PadMaps, Patches};
use crate::element::Element;

/// Elements of a row that lie side by side in the source, too.
struct Run {
    to: usize,
    from: usize,
    count: usize,
}

impl PadMaps {
    fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (to, &from) in self.dims.last().into_iter().flatten().enumerate() {
            let Ok(from) = usize::try_from(from) else { continue };
            match runs.last_mut() {
                Some(run) if run.to + run.count == to && run.from + run.count == from => run.count += 1,
                _ => runs.push(Run { to, from, count: 1 }),
            }
        }
        runs
    }

    /// How many dimensions in front are as in the source.
    fn unchanged(&self) -> usize {
        let is_same = |(map, &length): (&Vec<isize>, &usize)| {
            map.len() == length && map.iter().enumerate().all(|(at, &from)| from == at as isize)
        };
        let rows = self.dims.len().saturating_sub(1);
        self.dims[..rows].iter().zip(&self.source).take_while(|&pair| is_same(pair)).count()
    }

    /// The source's row for a row of the result, counted within dimensions from `first` on.
    fn row(&self, mut number: usize, first: usize) -> Option<usize> {
        let (mut row, mut step) = (0, 1);
        for dim in (first..self.dims.len() - 1).rev() {
            let map = &self.dims[dim];
            row += usize::try_from(map[number % map.len()]).ok()? * step;
            step *= self.source[dim];
            number /= map.len();
        }
        Some(row)
    }

    fn lengths(&self, first: usize) -> [usize; 4] {
        let last = self.dims.len() - 1;
        let rows = self.dims[first..last].iter().map(Vec::len).product();
        let source = self.source[first..last].iter().product();
        [rows, self.dims[last].len(), source, self.source[last]]
    }
}

/// The elements that the maps find; `fill` where there are none.
pub(crate) fn gather<T: Element>(to: &mut [T], from: &[T], maps: &PadMaps, fill: T) {
    if to.is_empty() {
        return;
    }
    let runs = maps.runs();
    let [_, long, _, length] = maps.lengths(0);
    let together = (16_384 / long).max(1);
    pool::for_pieces(to, together * long, |start, to| {
        for (number, to) in to.chunks_exact_mut(long).enumerate() {
            let Some(row) = maps.row(start / long + number, 0) else {
                to.fill(fill);
                continue;
            };
            let from = &from[row * length..][..length];
            let mut done = 0;
            for run in &runs {
                to[done..run.to].fill(fill);
                done = run.to + run.count;
                to[run.to..done].copy_from_slice(&from[run.from..run.from + run.count]);
            }
            to[done..].fill(fill);
        }
    });
}

/// The transpose of [`gather`]: each element is added where the maps find it.
pub(crate) fn scatter<T: Number>(to: &mut [T], from: &[T], maps: &PadMaps) {
    if to.is_empty() {
        return;
    }
    let runs = maps.runs();
    let first = maps.unchanged();
    let [rows, long, source, length] = maps.lengths(first);
    pool::for_pieces(to, source * length, |start, to| {
        to.fill(T::ZERO);
        let from = &from[start / (source * length) * rows * long..][..rows * long];
        for (number, from) in from.chunks_exact(long.max(1)).enumerate() {
            let Some(row) = maps.row(number, first) else { continue };
            for run in &runs {
                let to = &mut to[row * length + run.from..][..run.count];
                to.iter_mut().zip(&from[run.to..]).for_each(|(to, &value)| *to = to.add(value));
            }
        }
    });
}

impl Patches {
    /// Calls for each row of patches: where it lies among columns, and which elements of the image it is, or none.
    fn each(&self, mut with: impl FnMut(usize, Option<(usize, std::ops::Range<usize>, usize)>)) {
        let ([height, width], [rows, columns]) = (self.input, self.output);
        for tap in 0..self.kernel[0] * self.kernel[1] {
            let (down, right) = (tap / self.kernel[1] * self.dilation[0], tap % self.kernel[1] * self.dilation[1]);
            // Which outputs see the image with this tap.
            let before = self.padding[1].saturating_sub(right).div_ceil(self.stride[1]).min(columns);
            let limit = (width + self.padding[1]).saturating_sub(right);
            let after = limit.div_ceil(self.stride[1]).clamp(before, columns);
            for row in 0..rows {
                let at = (tap * rows + row) * columns;
                let line = (row * self.stride[0] + down).checked_sub(self.padding[0]).filter(|&line| line < height);
                let found = line.filter(|_| before < after).map(|line| {
                    let first = before * self.stride[1] + right - self.padding[1];
                    (line * width + first, before..after, self.stride[1])
                });
                with(at, found);
            }
        }
    }

    pub(super) fn area(&self) -> usize {
        self.input[0] * self.input[1]
    }

    pub(super) fn columns(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.output[0] * self.output[1]
    }
}

/// The patches of each plane as columns: `[planes, taps, positions]`.
pub(crate) fn unfold<T: Number>(to: &mut [T], x: &[T], g: &Patches) {
    let long = g.output[1];
    pool::for_pieces(to, g.columns(), |start, to| {
        let plane = &x[start / g.columns() * g.area()..][..g.area()];
        g.each(|at, found| {
            let to = &mut to[at..at + long];
            let Some((from, range, step)) = found else { return to.fill(T::ZERO) };
            to[..range.start].fill(T::ZERO);
            to[range.end..].fill(T::ZERO);
            to[range].iter_mut().zip(plane[from..].iter().step_by(step)).for_each(|(to, &value)| *to = value);
        });
    });
}

/// The transpose of [`unfold`]: columns are added up where they came from.
pub(crate) fn fold<T: Number>(to: &mut [T], columns: &[T], g: &Patches) {
    pool::for_pieces(to, g.area(), |start, to| {
        to.fill(T::ZERO);
        let columns = &columns[start / g.area() * g.columns()..][..g.columns()];
        g.each(|at, found| {
            let Some((from, range, step)) = found else { return };
            let values = &columns[at + range.start..at + range.end];
            to[from..].iter_mut().step_by(step).zip(values).for_each(|(to, &value)| *to = to.add(value));
        });
    });
}

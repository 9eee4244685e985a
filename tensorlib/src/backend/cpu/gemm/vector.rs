//! Sums of products of rows, and products of matrices and vectors.

use super::matrix::Matrix;
use crate::backend::cpu::number::Number;
use crate::backend::cpu::pool;
use crate::backend::cpu::simd::{Loop, Width};

const LANES: usize = 32;
/// Multiplications that are worth a thread: each element of the matrix is read for one.
const WORTH_A_THREAD: usize = 64 << 10;

struct Dot<'a, T>(&'a [T], &'a [T]);

impl<T: Number> Loop for Dot<'_, T> {
    type Output = T;
    #[inline(always)]
    fn run(self) -> T {
        let mut lanes = [T::ZERO; LANES];
        let (a, b) = (self.0.chunks_exact(LANES), self.1.chunks_exact(LANES));
        let rest = (a.remainder(), b.remainder());
        for (a, b) in a.zip(b) {
            for lane in 0..LANES {
                lanes[lane] = lanes[lane].add(a[lane].mul(b[lane]));
            }
        }
        for (lane, (&a, &b)) in rest.0.iter().zip(rest.1).enumerate() {
            lanes[lane] = lanes[lane].add(a.mul(b));
        }
        let mut width = LANES / 2;
        while width > 0 {
            for lane in 0..width {
                lanes[lane] = lanes[lane].add(lanes[lane + width]);
            }
            width /= 2;
        }
        lanes[0]
    }
}

/// Terms that are added up in one go.
const DOT_BLOCK: usize = 8192;

/// The sum of products of two rows of one length.
pub(crate) fn dot<T: Number>(a: &[T], b: &[T]) -> T {
    if a.len() <= DOT_BLOCK {
        return T::Width::run(Dot(a, b));
    }
    let middle = a.len().div_ceil(2).next_multiple_of(DOT_BLOCK);
    dot(&a[..middle], &b[..middle]).add(dot(&a[middle..], &b[middle..]))
}

/// The sums of products of rows, `stride` elements apart, and one row. Some rows at a time share what is read of that.
struct Dots<'a, T> {
    to: &'a mut [T],
    rows: &'a [T],
    stride: usize,
    x: &'a [T],
}

/// Rows at a time, and sums of each: as many as registers hold.
const ROWS: usize = 4;
const SUMS: usize = 16;

impl<T: Number> Loop for Dots<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Dots { to, rows, stride, x } = self;
        let row = |line: usize| &rows[line * stride..][..x.len()];
        let (together, rest) = to.as_chunks_mut::<ROWS>();
        let done = together.len() * ROWS;
        for (number, to) in together.iter_mut().enumerate() {
            let line = number * ROWS;
            *to = sums_of_products([row(line), row(line + 1), row(line + 2), row(line + 3)], x);
        }
        for (line, to) in rest.iter_mut().enumerate() {
            [*to] = sums_of_products([row(done + line)], x);
        }
    }
}

/// For each row the same sum, however many there are.
#[inline(always)]
fn sums_of_products<T: Number, const COUNT: usize>(rows: [&[T]; COUNT], x: &[T]) -> [T; COUNT] {
    let (chunks, last) = x.as_chunks::<SUMS>();
    let of_rows = rows.map(|row| &row.as_chunks::<SUMS>().0[..chunks.len()]);
    let mut sums = [[T::ZERO; SUMS]; COUNT];
    for (at, x) in chunks.iter().enumerate() {
        for (sums, row) in sums.iter_mut().zip(&of_rows) {
            for lane in 0..SUMS {
                sums[lane] = sums[lane].add(row[at][lane].mul(x[lane]));
            }
        }
    }
    let mut line = 0;
    sums.map(|sums| {
        let eight: [T; 8] = std::array::from_fn(|at| sums[at].add(sums[at + 8]));
        let four: [T; 4] = std::array::from_fn(|at| eight[at].add(eight[at + 4]));
        let sum = four[0].add(four[2]).add(four[1].add(four[3]));
        let rest = &rows[line][chunks.len() * SUMS..];
        line += 1;
        rest.iter().zip(last).fold(sum, |sum, (&a, &b)| sum.add(a.mul(b)))
    })
}

/// Adds a multiple of one row to another.
pub(super) struct AddScaled<'a, T>(pub &'a mut [T], pub &'a [T], pub T);

impl<T: Number> Loop for AddScaled<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let AddScaled(to, from, factor) = self;
        for (to, &value) in to.iter_mut().zip(from) {
            *to = to.add(value.mul(factor));
        }
    }
}

/// `to = a x`, where `x` starts at `offset` of `elements`.
pub(super) fn matrix_vector<T: Number>(to: &mut [T], a: Matrix<T>, elements: &[T], offset: usize, stride: usize) {
    let x: Vec<T> = (0..a.columns).map(|column| elements[offset + column * stride]).collect();
    let share = (WORTH_A_THREAD / a.columns).max(1).next_multiple_of(TOGETHER);
    if a.column_stride == 1 || a.row_stride != 1 {
        pool::for_pieces(to, share, |first, part| {
            let start = a.row(first);
            if a.column_stride == 1 && a.columns <= DOT_BLOCK {
                return T::Width::run(Dots { to: part, rows: &a.elements[start..], stride: a.row_stride, x: &x });
            }
            let mut room = Vec::new();
            for (line, to) in part.iter_mut().enumerate() {
                let start = a.row(first + line);
                *to = if a.column_stride == 1 {
                    dot(&a.elements[start..start + a.columns], &x)
                } else {
                    room.clear();
                    room.extend((0..a.columns).map(|column| a.elements[start + column * a.column_stride]));
                    dot(&room, &x)
                };
            }
        });
        return;
    }
    // Rows lie side by side in memory: add up columns.
    pool::for_pieces(to, share, |first, part| {
        T::Width::run(AddColumns(part, &a.elements[a.row(first)..], a.column_stride, &x));
    });
}

/// Sets a column to the sum of multiples of columns that begin `step` elements apart.
struct AddColumns<'a, T>(&'a mut [T], &'a [T], usize, &'a [T]);

/// Rows whose sums stay in registers.
const TOGETHER: usize = 64;

impl<T: Number> Loop for AddColumns<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let AddColumns(to, from, step, factors) = self;
        let (blocks, rest) = to.as_chunks_mut::<TOGETHER>();
        let done = blocks.len() * TOGETHER;
        for (number, block) in blocks.iter_mut().enumerate() {
            let mut sums = [T::ZERO; TOGETHER];
            for (column, &factor) in factors.iter().enumerate() {
                let start = column * step + number * TOGETHER;
                let from: &[T; TOGETHER] = from[start..].first_chunk().expect("a whole column");
                for (sum, &element) in sums.iter_mut().zip(from) {
                    *sum = sum.add(element.mul(factor));
                }
            }
            *block = sums;
        }
        rest.fill(T::ZERO);
        for (column, &factor) in factors.iter().enumerate() {
            AddScaled(rest, &from[column * step + done..][..rest.len()], factor).run();
        }
    }
}

//! Products of matrices, and of matrices and vectors.
//!
//! Floating-point matrices go to `matrixmultiply`, cut into blocks of the result for the threads of our own pool (its
//! own pool does not start anew after a fork). Each element of the result is summed in the same order whatever the cut.

use super::number::Number;
use super::pool;
use super::reader;
use super::simd::{Loop, Width};
use crate::element::Stored;

/// A matrix inside a slice.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a, T> {
    pub elements: &'a [T],
    pub offset: usize,
    pub rows: usize,
    pub columns: usize,
    pub row_stride: usize,
    pub column_stride: usize,
}

impl<T> Matrix<'_, T> {
    fn is_inside(&self) -> bool {
        self.rows == 0
            || self.columns == 0
            || self.offset + (self.rows - 1) * self.row_stride + (self.columns - 1) * self.column_stride
                < self.elements.len()
    }

    fn row(&self, row: usize) -> usize {
        self.offset + row * self.row_stride
    }
}

/// Element types with a matrix product.
pub(crate) trait Gemm: Number {
    /// `to = a b`, where `to` has `a.rows` rows of `stride` elements and `b.columns` columns, and is zero.
    ///
    /// # Safety
    /// `to` must be valid for writes of these elements, and nobody else may use them; both matrices must lie inside
    /// their slices.
    unsafe fn block(to: *mut Self, stride: usize, a: Matrix<Self>, b: Matrix<Self>);
}

macro_rules! floating {
    ($($ty:ty: $gemm:path;)*) => { $(
        impl Gemm for $ty {
            unsafe fn block(to: *mut $ty, stride: usize, a: Matrix<$ty>, b: Matrix<$ty>) {
                // SAFETY: the caller promises that all three lie inside valid memory, and that `to` is not shared.
                // Strides fit: they are at most the lengths of slices.
                unsafe {
                    $gemm(
                        a.rows,
                        a.columns,
                        b.columns,
                        1.0,
                        a.elements.as_ptr().add(a.offset),
                        a.row_stride as isize,
                        a.column_stride as isize,
                        b.elements.as_ptr().add(b.offset),
                        b.row_stride as isize,
                        b.column_stride as isize,
                        0.0,
                        to,
                        stride as isize,
                        1,
                    );
                }
            }
        }
    )* };
}
floating! {
    f32: matrixmultiply::sgemm;
    f64: matrixmultiply::dgemm;
}

macro_rules! whole {
    ($($ty:ty)*) => { $(
        impl Gemm for $ty {
            unsafe fn block(to: *mut $ty, stride: usize, a: Matrix<$ty>, b: Matrix<$ty>) {
                let mut room = vec![0; if b.column_stride == 1 { 0 } else { b.rows * b.columns }];
                for (k, row) in room.chunks_exact_mut(b.columns).enumerate() {
                    reader::gather(row, b.elements, b.row(k), b.column_stride);
                }
                for row in 0..a.rows {
                    // SAFETY: the caller promises that each row of `to` is valid and not shared.
                    let to = unsafe { std::slice::from_raw_parts_mut(to.add(row * stride), b.columns) };
                    for k in 0..a.columns {
                        let factor = a.elements[a.row(row) + k * a.column_stride];
                        let start = b.row(k);
                        let from = match b.column_stride {
                            1 => &b.elements[start..start + b.columns],
                            _ => &room[k * b.columns..(k + 1) * b.columns],
                        };
                        <$ty as Stored>::Width::run(AddScaled(to, from, factor));
                    }
                }
            }
        }
    )* };
}
whole!(u8 i32 i64);

/// Multiplications that are worth a thread.
const WORTH_A_THREAD: usize = 48 * 48 * 48;
/// Multiplications after which an interrupt is looked for: some tens of milliseconds.
const LONGEST: usize = 1 << 32;

struct Shared<T>(*mut T);
// SAFETY: threads write disjoint blocks of what it points to.
unsafe impl<T: Send> Sync for Shared<T> {}

/// `to = a b`, row by row; `to` holds `a.rows * b.columns` elements, all zero.
pub(crate) fn product<T: Gemm>(to: &mut [T], a: Matrix<T>, b: Matrix<T>) {
    assert!(
        a.is_inside() && b.is_inside() && a.columns == b.rows && to.len() == a.rows * b.columns,
        "tensorlib: matrices do not fit their memory; please report this"
    );
    let (rows, columns) = (a.rows, b.columns);
    if to.is_empty() || a.columns == 0 {
        return;
    }
    if columns == 1 {
        return matrix_vector(to, a, b.elements, b.offset, b.row_stride);
    }
    if rows == 1 {
        let transposed =
            Matrix { rows: columns, columns: b.rows, row_stride: b.column_stride, column_stride: b.row_stride, ..b };
        return matrix_vector(to, transposed, a.elements, a.offset, a.column_stride);
    }
    let work = rows.saturating_mul(columns).saturating_mul(a.columns);
    let parts = (work / WORTH_A_THREAD).clamp(1, pool::threads()).max(work / LONGEST);
    if parts == 1 {
        // SAFETY: checked above; `to` is borrowed for writing.
        return unsafe { T::block(to.as_mut_ptr(), columns, a, b) };
    }
    let target = Shared(to.as_mut_ptr());
    let target = &target;
    // Multiples of what kernels do at a time.
    let by_rows = rows >= columns;
    let share = if by_rows { rows } else { columns }.div_ceil(parts).next_multiple_of(64);
    let pieces = if by_rows { rows } else { columns }.div_ceil(share);
    pool::run(pieces, &|piece| {
        let first = piece * share;
        if by_rows {
            let part = Matrix { rows: share.min(rows - first), offset: a.row(first), ..a };
            // SAFETY: checked above; pieces are different rows of `to`, which stays borrowed until `run` returns.
            unsafe { T::block(target.0.add(first * columns), columns, part, b) };
        } else {
            let offset = b.offset + first * b.column_stride;
            let part = Matrix { columns: share.min(columns - first), offset, ..b };
            // SAFETY: checked above; pieces are different columns of `to`, which stays borrowed until `run` returns.
            unsafe { T::block(target.0.add(first), columns, a, part) };
        }
    });
}

const LANES: usize = 32;

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

/// The sum of products of two rows of one length.
pub(crate) fn dot<T: Number>(a: &[T], b: &[T]) -> T {
    const BLOCK: usize = 8192;
    if a.len() <= BLOCK {
        return T::Width::run(Dot(a, b));
    }
    let middle = a.len().div_ceil(2).next_multiple_of(BLOCK);
    dot(&a[..middle], &b[..middle]).add(dot(&a[middle..], &b[middle..]))
}

struct AddScaled<'a, T>(&'a mut [T], &'a [T], T);

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
fn matrix_vector<T: Number>(to: &mut [T], a: Matrix<T>, elements: &[T], offset: usize, stride: usize) {
    let x: Vec<T> = (0..a.columns).map(|column| elements[offset + column * stride]).collect();
    let share = (WORTH_A_THREAD / 2 / a.columns).max(64);
    if a.column_stride == 1 || a.row_stride != 1 {
        pool::for_pieces(to, share, |first, part| {
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
        part.fill(T::ZERO);
        for (column, &factor) in x.iter().enumerate() {
            let start = a.row(first) + column * a.column_stride;
            T::Width::run(AddScaled(part, &a.elements[start..start + part.len()], factor));
        }
    });
}

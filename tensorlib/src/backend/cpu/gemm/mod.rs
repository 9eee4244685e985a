//! Products of matrices, and of matrices and vectors.
//!
//! On processors with AVX2 or AVX-512, floating-point matrices are multiplied by [`blocks`]. On others they go to
//! `matrixmultiply`, cut into blocks of the result for the threads of our own pool (its own pool does not start again
//! after a fork). Each element of the result is summed in the same order whatever the number of threads.

mod blocks;
mod element;
mod matrix;
mod pack;
mod tile;
mod vector;

pub(crate) use self::element::Gemm;
pub(crate) use self::matrix::Matrix;
use self::matrix::Shared;
pub(super) use self::pack::columns as pack_columns;
pub(crate) use self::tile::{LARGEST_TILE, TERMS, Tile};
pub(crate) use self::vector::dot;
use self::vector::{AddScaled, matrix_vector};
use super::pool;
use super::simd::Width;
use crate::element::Stored;

/// Multiplications of matrices that are worth a thread: ten microseconds.
const WORTH_A_THREAD: usize = 1 << 20;
/// Multiplications after which an interrupt is looked for: some tens of milliseconds.
const LONGEST: usize = 1 << 32;

/// `to = a b`, row by row; `to` holds `a.rows * b.columns` elements, all zero.
pub(crate) fn product<T: Gemm>(to: &mut [T], a: Matrix<T>, b: Matrix<T>) {
    assert_fits(to, &a, &b);
    if to.is_empty() || a.columns == 0 {
        return;
    }
    match T::tile() {
        Some(tile) if a.rows > 1 && b.columns > 1 => {
            blocks::product(to, blocks::Product { a, b, start: None, tile }, threads(&a, &b));
        }
        _ => without_blocks(to, a, b),
    }
}

/// [`product`] whose rows have `start` added.
pub(crate) fn product_from<T: Gemm>(to: &mut [T], a: Matrix<T>, b: Matrix<T>, start: &[T]) {
    assert_fits(to, &a, &b);
    assert!(start.len() == b.columns, "tensorlib: a row does not fit its matrix; please report this");
    if to.is_empty() {
        return;
    }
    match T::tile() {
        Some(tile) if a.rows > 1 && b.columns > 1 && a.columns > 0 => {
            blocks::product(to, blocks::Product { a, b, start: Some(start), tile }, threads(&a, &b));
        }
        _ => {
            if a.columns > 0 {
                without_blocks(to, a, b);
            }
            for row in to.chunks_exact_mut(start.len()) {
                <T as Stored>::Width::run(AddScaled(row, start, T::ONE));
            }
        }
    }
}

fn assert_fits<T: Copy>(to: &[T], a: &Matrix<T>, b: &Matrix<T>) {
    assert!(
        a.is_inside() && b.is_inside() && a.columns == b.rows && to.len() == a.rows * b.columns,
        "tensorlib: matrices do not fit their memory; please report this"
    );
}

fn work<T>(a: &Matrix<T>, b: &Matrix<T>) -> usize {
    a.rows.saturating_mul(b.columns).saturating_mul(a.columns)
}

/// How many threads a product is worth.
fn threads<T>(a: &Matrix<T>, b: &Matrix<T>) -> usize {
    (work(a, b) / WORTH_A_THREAD).clamp(1, pool::threads())
}

/// [`product`] of matrices one of which is a vector, or for which there is no kernel.
fn without_blocks<T: Gemm>(to: &mut [T], a: Matrix<T>, b: Matrix<T>) {
    let (rows, columns) = (a.rows, b.columns);
    if columns == 1 {
        return matrix_vector(to, a, b.elements, b.offset, b.row_stride);
    }
    if rows == 1 {
        let transposed =
            Matrix { rows: columns, columns: b.rows, row_stride: b.column_stride, column_stride: b.row_stride, ..b };
        return matrix_vector(to, transposed, a.elements, a.offset, a.column_stride);
    }
    let parts = threads(&a, &b).max(work(&a, &b) / LONGEST);
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

#[cfg(test)]
mod tests {
    use super::super::number::Number;
    use super::*;

    /// Whole numbers, whose sums are exact in any order.
    fn numbers<T: Number>(count: usize) -> Vec<T> {
        let small = [T::ZERO, T::ONE, T::ONE.add(T::ONE), T::ZERO.sub(T::ONE)];
        (0..count).map(|i| small[(i * i + i / 7) % 4]).collect()
    }

    fn expected<T: Number>(a: &Matrix<T>, b: &Matrix<T>) -> Vec<T> {
        let at = |m: &Matrix<T>, row, column| m.elements[m.row(row) + column * m.column_stride];
        let sum = |row, column| (0..a.columns).fold(T::ZERO, |sum, k| sum.add(at(a, row, k).mul(at(b, k, column))));
        (0..a.rows).flat_map(|row| (0..b.columns).map(move |column| (row, column))).map(|(r, c)| sum(r, c)).collect()
    }

    /// A matrix whose rows, or columns, lie `gap` further apart than they must.
    fn matrix<T>(elements: &[T], rows: usize, columns: usize, by_columns: bool, gap: usize) -> Matrix<'_, T> {
        let (row_stride, column_stride) = if by_columns { (1, rows + gap) } else { (columns + gap, 1) };
        Matrix { elements, offset: gap, rows, columns, row_stride, column_stride }
    }

    /// Sizes around those of tiles, and of what is packed at a time.
    const SIZES: [(usize, usize, usize); 9] = [
        (2, 3, 2),
        (7, 5, 9),
        (8, 16, 32),
        (9, 256, 33),
        (64, 64, 64),
        (241, 257, 65),
        (500, 40, 31),
        (3, 2050, 5),
        (5, 3, 2100),
    ];

    fn kernels_agree<T: Gemm>(tile: Option<Tile<T>>) {
        let elements = numbers::<T>(500_000);
        for (m, k, n) in SIZES {
            if cfg!(miri) && m * k * n > 5000 {
                continue;
            }
            for layout in 0..4 {
                let a = matrix(&elements, m, k, layout & 1 == 1, 3);
                let b = matrix(&elements, k, n, layout & 2 == 2, 1);
                let expected = expected(&a, &b);
                for threads in [1, 3] {
                    let mut to = vec![T::ONE; m * n];
                    match tile {
                        Some(tile) => blocks::product(&mut to, blocks::Product { a, b, start: None, tile }, threads),
                        None => {
                            to.fill(T::ZERO);
                            product(&mut to, a, b);
                        }
                    }
                    assert!(to == expected, "{m} x {k} x {n}, layout {layout}, {threads} threads");
                }
            }
        }
    }

    #[test]
    fn every_kernel_that_this_processor_has_gives_the_product() {
        tile::singles().iter().for_each(|tile| kernels_agree(Some(*tile)));
        tile::doubles().iter().for_each(|tile| kernels_agree(Some(*tile)));
    }

    #[test]
    fn products_of_every_type_are_right_whatever_the_layout() {
        kernels_agree::<f32>(None);
        kernels_agree::<f64>(None);
        kernels_agree::<i32>(None);
        kernels_agree::<i64>(None);
        kernels_agree::<u8>(None);
    }

    fn rows_are_added<T: Gemm>() {
        let elements = numbers::<T>(500_000);
        for (m, k, n) in SIZES.into_iter().chain([(1, 40, 70), (70, 40, 1), (3, 0, 4), (0, 2, 3)]) {
            if cfg!(miri) && m * k * n > 5000 {
                continue;
            }
            let (a, b) = (matrix(&elements, m, k, false, 3), matrix(&elements, k, n, true, 1));
            let start = &numbers::<T>(n + 1)[1..];
            let mut expected = expected(&a, &b);
            expected.iter_mut().enumerate().for_each(|(at, to)| *to = to.add(start[at % n]));
            let mut to = vec![T::ZERO; m * n];
            product_from(&mut to, a, b, start);
            assert!(to == expected, "{m} x {k} x {n}");
        }
    }

    #[test]
    fn a_row_is_added_to_the_product_of_every_type() {
        rows_are_added::<f32>();
        rows_are_added::<f64>();
        rows_are_added::<i64>();
    }

    #[test]
    fn other_processors_have_the_products_of_matrixmultiply() {
        let elements = numbers::<f32>(5000);
        let (a, b) = (matrix(&elements, 30, 20, false, 2), matrix(&elements, 20, 40, true, 1));
        let mut to = vec![0.0; 1200];
        // SAFETY: the matrices lie inside their slices, and `to` is borrowed for writing.
        unsafe { f32::block(to.as_mut_ptr(), 40, a, b) };
        assert_eq!(to, expected(&a, &b));
    }
}

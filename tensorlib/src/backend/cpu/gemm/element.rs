//! Which elements can be multiplied as matrices, and by which kernels.

use super::matrix::Matrix;
use super::tile::{self, Tile};
use super::vector::AddScaled;
use crate::backend::cpu::number::Number;
use crate::backend::cpu::reader;
use crate::backend::cpu::simd::Width;
use crate::element::Stored;

/// Element types with a matrix product.
pub(crate) trait Gemm: Number {
    /// The kernel for [`blocks`](super::blocks), if there is one.
    fn tile() -> Option<Tile<Self>> {
        None
    }

    /// `to = a b`, where `to` has `a.rows` rows of `stride` elements and `b.columns` columns, and is zero.
    ///
    /// # Safety
    /// `to` must be valid for writes of these elements, and no other code may use them; both matrices must lie inside
    /// their slices.
    unsafe fn block(to: *mut Self, stride: usize, a: Matrix<Self>, b: Matrix<Self>);
}

macro_rules! floating {
    ($($ty:ty: $gemm:path, $tiles:path;)*) => { $(
        impl Gemm for $ty {
            fn tile() -> Option<Tile<$ty>> {
                $tiles().first().copied()
            }

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
    f32: matrixmultiply::sgemm, tile::singles;
    f64: matrixmultiply::dgemm, tile::doubles;
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

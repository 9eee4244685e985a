//! The innermost loops: a few rows times a few columns, all sums in registers.
//!
//! With two fused multiplications and additions a clock cycle, each of which takes four cycles, there must be eight sums
//! that do not wait for each other, and each vector that is loaded should serve many of them. So a tile is as large as
//! the registers allow: 6 rows of two vectors with the 16 registers of AVX2. With the 32 of AVX-512 there is room for 12
//! rows, but 8 are as fast, and sizes that are multiples of 8 leave no edge.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

#[cfg(target_arch = "x86_64")]
use crate::backend::cpu::simd;

/// Terms that are summed in registers at most: a panel of `b` this long is 32 KiB, which the first-level cache holds. A
/// constant, so that the rows of `a` are at constant distances and need one address together.
pub(crate) const TERMS: usize = 256;

/// Elements of the largest tile.
pub(crate) const LARGEST_TILE: usize = 8 * 32;

/// A kernel for one size of tiles.
#[derive(Clone, Copy)]
pub(crate) struct Tile<T> {
    /// How many rows of the first matrix it takes at a time.
    pub rows: usize,
    /// How many columns of the second.
    pub columns: usize,
    /// Sets `to[i][j]`, or adds to it, `Σₖ a[i][k] b[k][j]`. The rows of `a` are [`TERMS`] elements apart, of which as
    /// many count as `b` has rows; those of `b` are `columns` elements long and follow each other.
    ///
    /// # Safety
    /// The processor must have the kernel's instructions; `to` must be valid for reads and writes of `rows` rows of
    /// `columns` elements that lie `stride` apart, and no other code may use them.
    pub run: unsafe fn(a: &[T], b: &[T], to: *mut T, stride: usize, add: bool),
}

#[cfg(target_arch = "x86_64")]
macro_rules! kernel {
    (
        $name:ident: $element:ty, $features:literal, $rows:literal rows of 2 vectors of $lanes:literal,
        $zero:ident $spread:ident $load:ident $store:ident $add:ident $multiply_add:ident
    ) => {
        #[target_feature(enable = $features)]
        unsafe fn $name(a: &[$element], b: &[$element], to: *mut $element, stride: usize, add: bool) {
            let mut sums = [[$zero(); 2]; $rows];
            let a: &[[$element; TERMS]; $rows] = a.as_chunks().0.as_chunks().0.first().expect("rows");
            let b = b.as_chunks::<{ 2 * $lanes }>().0;
            for (k, b) in b.iter().enumerate().take(TERMS) {
                // SAFETY: `b` holds two vectors.
                let b = unsafe { [$load(b.as_ptr()), $load(b.as_ptr().add($lanes))] };
                for (sums, a) in sums.iter_mut().zip(a) {
                    let a = $spread(a[k]);
                    *sums = [$multiply_add(a, b[0], sums[0]), $multiply_add(a, b[1], sums[1])];
                }
            }
            for (row, sums) in sums.into_iter().enumerate() {
                for (half, sum) in sums.into_iter().enumerate() {
                    // SAFETY: the caller promises that the tile is valid and not shared.
                    unsafe {
                        let to = to.add(row * stride + half * $lanes);
                        $store(to, if add { $add($load(to), sum) } else { sum });
                    }
                }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
kernel! {
    single_avx512: f32, "fma,avx512f", 8 rows of 2 vectors of 16,
    _mm512_setzero_ps _mm512_set1_ps _mm512_loadu_ps _mm512_storeu_ps _mm512_add_ps _mm512_fmadd_ps
}
#[cfg(target_arch = "x86_64")]
kernel! {
    double_avx512: f64, "fma,avx512f", 8 rows of 2 vectors of 8,
    _mm512_setzero_pd _mm512_set1_pd _mm512_loadu_pd _mm512_storeu_pd _mm512_add_pd _mm512_fmadd_pd
}
#[cfg(target_arch = "x86_64")]
kernel! {
    single_avx2: f32, "fma,avx2", 6 rows of 2 vectors of 8,
    _mm256_setzero_ps _mm256_set1_ps _mm256_loadu_ps _mm256_storeu_ps _mm256_add_ps _mm256_fmadd_ps
}
#[cfg(target_arch = "x86_64")]
kernel! {
    double_avx2: f64, "fma,avx2", 6 rows of 2 vectors of 4,
    _mm256_setzero_pd _mm256_set1_pd _mm256_loadu_pd _mm256_storeu_pd _mm256_add_pd _mm256_fmadd_pd
}

macro_rules! kernels {
    ($name:ident: $element:ty, $avx512:ident $columns_512:literal, $avx2:ident $columns_2:literal) => {
        /// The kernels that this processor can run, the best one first.
        pub(super) fn $name() -> &'static [Tile<$element>] {
            #[cfg(target_arch = "x86_64")]
            {
                const ALL: &[Tile<$element>] = &[
                    Tile { rows: 8, columns: $columns_512, run: $avx512 },
                    Tile { rows: 6, columns: $columns_2, run: $avx2 },
                ];
                match simd::level() {
                    simd::AVX512 => ALL,
                    simd::AVX2 => &ALL[1..],
                    _ => &[],
                }
            }
            #[cfg(not(target_arch = "x86_64"))]
            &[]
        }
    };
}
kernels!(singles: f32, single_avx512 32, single_avx2 16);
kernels!(doubles: f64, double_avx512 16, double_avx2 8);

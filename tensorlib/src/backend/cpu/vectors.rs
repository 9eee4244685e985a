//! Code of convolutions and attention with vectors of 512 bits, some of whose lanes are masked. Processors without
//! AVX-512 do without.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use super::gemm::{Gemm, Tile};
#[cfg(target_arch = "x86_64")]
use super::{gemm::TERMS, simd};

/// Some lanes of a vector, and where its first lane lies, counted from an element that is known later.
#[derive(Clone, Copy, Default)]
pub(crate) struct Lanes {
    pub mask: u16,
    pub from: isize,
}

impl Lanes {
    /// Lanes from `start` up to `end`.
    pub fn between(start: isize, end: isize, from: isize) -> Lanes {
        let below = |lane: isize| (1u32 << lane.clamp(0, 16)) - 1;
        Lanes { mask: (below(end) & !below(start)) as u16, from }
    }
}

/// A place of results: where the first taps lie, where the results go, and how many they are.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place {
    pub from: usize,
    pub to: usize,
    pub mask: u16,
}

/// Kernels for one type of element.
#[derive(Clone, Copy)]
pub(crate) struct Vectors<T> {
    pub lanes: usize,
    /// Filters that [`tile`](Vectors::tile) takes at a time.
    pub rows: usize,
    /// Writes rows of two vectors: for each offset, what two lists of lanes say, from there.
    ///
    /// # Safety
    /// The processor must have AVX-512. All lanes that are not masked must be valid for reads, and the rows for writes.
    pub panel: unsafe fn(to: *mut T, from: *const T, offsets: &[usize], lists: [&[Lanes]; 2]),
    /// Adds to one vector after the other, at `to`, what the lists of lanes say.
    ///
    /// # Safety
    /// As of `panel`; the vectors must be valid for reads and writes.
    pub fold: unsafe fn(to: *mut T, from: *const T, lists: &[Lanes], taps: usize),
    /// Sets results of some filters at two places to `Σₖ a[filter][k] from[offsets[k]]`, plus a number for each filter, or
    /// plus what is there. The rows of `a` are [`TERMS`] elements apart.
    ///
    /// # Safety
    /// The processor must have AVX-512. From each place, whole vectors at each offset must be valid for reads. Lanes that
    /// are not masked must be valid for writes, for `filters` lines that are `stride` elements apart.
    pub tile: RowTile<T>,
    /// Products of matrices of which the second has few columns.
    pub narrow: Tile<T>,
}

type RowTile<T> = unsafe fn(
    a: &[T],
    offsets: &[usize],
    from: *const T,
    to: *mut T,
    places: [Place; 2],
    stride: usize,
    start: Option<&[T; 8]>,
    filters: usize,
);

/// Element types that have kernels.
pub(crate) trait Vectorised: Gemm {
    fn vectors() -> Option<Vectors<Self>>;
}

#[cfg(target_arch = "x86_64")]
macro_rules! kernels {
    (
        $ty:ty, $module:ident, $lanes:literal lanes of $vector:ty, $mask:ty:
        $zero:ident $spread:ident $load:ident $masked:ident $merged:ident $store:ident $store_masked:ident $add:ident $multiply_add:ident
    ) => {
        mod $module {
            use super::*;

            const ROWS: usize = 8;

            #[target_feature(enable = "avx512f")]
            unsafe fn panel(to: *mut $ty, from: *const $ty, offsets: &[usize], lists: [&[Lanes]; 2]) {
                for (row, &offset) in offsets.iter().enumerate() {
                    let from = from.wrapping_add(offset);
                    for (half, list) in lists.iter().enumerate() {
                        let mut vector = $zero();
                        for lanes in *list {
                            // SAFETY: lanes that are not masked are valid, as the caller promises.
                            vector = unsafe { $merged(vector, lanes.mask as $mask, from.wrapping_offset(lanes.from)) };
                        }
                        // SAFETY: the caller promises room for the rows.
                        unsafe { $store(to.add((2 * row + half) * $lanes), vector) };
                    }
                }
            }

            #[target_feature(enable = "avx512f")]
            unsafe fn fold(to: *mut $ty, from: *const $ty, lists: &[Lanes], taps: usize) {
                for (number, list) in lists.chunks_exact(taps).enumerate() {
                    // SAFETY: the caller promises that the vector is valid, and the lanes that are not masked.
                    unsafe {
                        let to = to.add(number * $lanes);
                        let mut sum = $load(to);
                        for lanes in list {
                            sum = $add(sum, $masked(lanes.mask as $mask, from.wrapping_offset(lanes.from)));
                        }
                        $store(to, sum);
                    }
                }
            }

            #[target_feature(enable = "avx512f,fma")]
            #[expect(clippy::too_many_arguments)]
            unsafe fn tile(
                a: &[$ty],
                offsets: &[usize],
                from: *const $ty,
                to: *mut $ty,
                places: [Place; 2],
                stride: usize,
                start: Option<&[$ty; 8]>,
                filters: usize,
            ) {
                let a: &[[$ty; TERMS]; ROWS] = a.as_chunks().0.as_chunks().0.first().expect("rows");
                let mut sums: [[$vector; 2]; ROWS] = [[$zero(); 2]; ROWS];
                let [first, second] = places.map(|place| from.wrapping_add(place.from));
                for (k, &offset) in offsets.iter().enumerate().take(TERMS) {
                    // SAFETY: the caller promises whole vectors at each offset.
                    let b = unsafe { [$load(first.add(offset)), $load(second.add(offset))] };
                    for (sums, a) in sums.iter_mut().zip(a) {
                        let a = $spread(a[k]);
                        *sums = [$multiply_add(a, b[0], sums[0]), $multiply_add(a, b[1], sums[1])];
                    }
                }
                for (row, sums) in sums.into_iter().enumerate() {
                    if row < filters {
                        for (sum, place) in sums.into_iter().zip(places) {
                            // SAFETY: the caller promises that these lanes are valid and not shared.
                            unsafe {
                                let to = to.add(place.to + row * stride);
                                let before = match start {
                                    Some(start) => $spread(start[row]),
                                    None => $masked(place.mask as $mask, to),
                                };
                                $store_masked(to, place.mask as $mask, $add(before, sum));
                            }
                        }
                    }
                }
            }

            const TALL: usize = 16;

            #[target_feature(enable = "avx512f,fma")]
            unsafe fn narrow(a: &[$ty], b: &[$ty], to: *mut $ty, stride: usize, add: bool) {
                let a: &[[$ty; TERMS]; TALL] = a.as_chunks().0.as_chunks().0.first().expect("rows");
                let mut sums: [$vector; TALL] = [$zero(); TALL];
                for (k, b) in b.as_chunks::<$lanes>().0.iter().enumerate().take(TERMS) {
                    // SAFETY: a whole vector.
                    let b = unsafe { $load(b.as_ptr()) };
                    for (sum, a) in sums.iter_mut().zip(a) {
                        *sum = $multiply_add($spread(a[k]), b, *sum);
                    }
                }
                for (row, sum) in sums.into_iter().enumerate() {
                    // SAFETY: the caller promises that the tile is valid and not shared.
                    unsafe {
                        let to = to.add(row * stride);
                        $store(to, if add { $add($load(to), sum) } else { sum });
                    }
                }
            }

            impl Vectorised for $ty {
                fn vectors() -> Option<Vectors<$ty>> {
                    let narrow = Tile { rows: TALL, columns: $lanes, run: narrow };
                    (simd::level() >= simd::AVX512).then_some(Vectors {
                        lanes: $lanes,
                        rows: ROWS,
                        panel,
                        fold,
                        tile,
                        narrow,
                    })
                }
            }
        }
    };
}
#[cfg(target_arch = "x86_64")]
kernels! {
    f32, singles, 16 lanes of __m512, __mmask16:
    _mm512_setzero_ps _mm512_set1_ps _mm512_loadu_ps _mm512_maskz_loadu_ps _mm512_mask_loadu_ps _mm512_storeu_ps
    _mm512_mask_storeu_ps _mm512_add_ps _mm512_fmadd_ps
}
#[cfg(target_arch = "x86_64")]
kernels! {
    f64, doubles, 8 lanes of __m512d, __mmask8:
    _mm512_setzero_pd _mm512_set1_pd _mm512_loadu_pd _mm512_maskz_loadu_pd _mm512_mask_loadu_pd _mm512_storeu_pd
    _mm512_mask_storeu_pd _mm512_add_pd _mm512_fmadd_pd
}

#[cfg(not(target_arch = "x86_64"))]
mod without {
    use super::{Vectorised, Vectors};

    impl Vectorised for f32 {
        fn vectors() -> Option<Vectors<f32>> {
            None
        }
    }

    impl Vectorised for f64 {
        fn vectors() -> Option<Vectors<f64>> {
            None
        }
    }
}

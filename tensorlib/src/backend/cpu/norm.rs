//! Normalisation: of rows, by their own mean and variance, and of channels, by those of a batch.

use super::lanes;
use super::number::{Floating, Number};
use super::pool;
use super::simd::{Loop, Width};
use crate::backend::geometry::{NormPlanes, NormRows};
use crate::memory::allocator;
use crate::scalar::Scalar;

struct Shared<T>(*mut T);
// SAFETY: pieces write disjoint elements of what it points to.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// # Safety
    /// The elements must lie inside what this points to, which must be borrowed for writing, and no one else may use them.
    #[expect(clippy::mut_from_ref)]
    unsafe fn part(&self, start: usize, count: usize) -> &mut [T] {
        // SAFETY: the caller promises it.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(start), count) }
    }
}

fn number<T: Floating>(value: f64) -> T {
    T::from_scalar(Scalar::Float(value))
}

fn wide<T: Floating>(value: T) -> f64 {
    value.to_scalar().to_f64()
}

impl NormRows {
    fn length(&self) -> usize {
        self.channels * self.inner
    }

    /// NormRows that are worth a piece.
    fn together(&self) -> usize {
        (16_384 / self.length().max(1)).max(1)
    }
}

struct Forward<'a, T> {
    g: NormRows,
    to: &'a mut [T],
    /// Mean and reciprocal of the deviation of each row.
    moments: &'a mut [T],
    x: &'a [T],
    weight: Option<&'a [T]>,
    bias: Option<&'a [T]>,
    first: usize,
}

impl<T: Floating> Loop for Forward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let NormRows { groups, channels, inner, centered, eps, .. } = self.g;
        let length = self.g.length();
        let (share, eps) = (number::<T>(1.0 / length as f64), number::<T>(eps));
        let rows =
            self.to.chunks_exact_mut(length).zip(self.x.chunks_exact(length)).zip(self.moments.chunks_exact_mut(2));
        for (line, ((to, x), moments)) in rows.enumerate() {
            let mean = if centered { lanes::sum(x).mul(share) } else { T::ZERO };
            let squares = lanes::fold(
                x,
                T::ZERO,
                |sum, x| {
                    let off = x.sub(mean);
                    off.mul_add(off, sum)
                },
                |a, b| a.add(b),
            );
            let rate = T::ONE.div(squares.mul(share).add(eps).sqrt());
            moments.copy_from_slice(&[mean, rate]);
            let channel = (self.first + line) % groups * channels;
            let of = |all: Option<&'_ [T]>, other: T, at: usize| all.map_or(other, |all| all[channel + at]);
            if inner == 1 {
                match (self.weight, self.bias) {
                    (Some(weight), Some(bias)) => {
                        let (weight, bias) = (&weight[channel..][..length], &bias[channel..][..length]);
                        for (((to, &x), &weight), &bias) in to.iter_mut().zip(x).zip(weight).zip(bias) {
                            *to = x.sub(mean).mul(rate).mul_add(weight, bias);
                        }
                    }
                    (Some(weight), None) => {
                        for ((to, &x), &weight) in to.iter_mut().zip(x).zip(&weight[channel..][..length]) {
                            *to = x.sub(mean).mul(rate).mul(weight);
                        }
                    }
                    (None, bias) => {
                        for (at, (to, &x)) in to.iter_mut().zip(x).enumerate() {
                            *to = x.sub(mean).mul(rate).add(of(bias, T::ZERO, at));
                        }
                    }
                }
                continue;
            }
            for (at, (to, x)) in to.chunks_exact_mut(inner).zip(x.chunks_exact(inner)).enumerate() {
                let (weight, bias) = (of(self.weight, T::ONE, at), of(self.bias, T::ZERO, at));
                for (to, &x) in to.iter_mut().zip(x) {
                    *to = x.sub(mean).mul(rate).mul_add(weight, bias);
                }
            }
        }
    }
}

/// Normalised rows, and of each the mean and the reciprocal of the deviation.
pub(crate) fn rows<T: Floating>(
    to: &mut [T],
    moments: &mut [T],
    x: &[T],
    weight: Option<&[T]>,
    bias: Option<&[T]>,
    g: NormRows,
) {
    let length = g.length();
    let kept = Shared(moments.as_mut_ptr());
    assert!(moments.len() == 2 * g.rows && x.len() == to.len() && to.len() == g.rows * length);
    let kept = &kept;
    pool::for_pieces(to, g.together() * length, |start, to| {
        let (first, count) = (start / length, to.len() / length);
        // SAFETY: those of the rows of this piece.
        let moments = unsafe { kept.part(2 * first, 2 * count) };
        let x = &x[start..start + to.len()];
        T::Width::run(Forward { g, to, moments, x, weight, bias, first });
    });
}

struct Backward<'a, T> {
    g: NormRows,
    to: Option<&'a mut [T]>,
    /// Sums for weight and bias.
    sums: &'a mut [T],
    moments: &'a [T],
    x: &'a [T],
    gradient: &'a [T],
    weight: Option<&'a [T]>,
    first: usize,
    /// Room for a row.
    room: &'a mut [T],
}

impl<T: Floating> Loop for Backward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let NormRows { groups, channels, inner, centered, .. } = self.g;
        let length = self.g.length();
        let share = number::<T>(1.0 / length as f64);
        let (of_weight, of_bias) = self.sums.split_at_mut(groups * channels);
        let mut to = self.to;
        let rows =
            self.gradient.chunks_exact(length).zip(self.x.chunks_exact(length)).zip(self.moments.chunks_exact(2));
        for (line, ((gradient, x), moments)) in rows.enumerate() {
            let (mean, rate) = (moments[0], moments[1]);
            let channel = (self.first + line) % groups * channels;
            let of_weight = &mut of_weight[channel..][..channels];
            let of_bias = &mut of_bias[channel..][..channels];
            let weight = self.weight.map(|weight| &weight[channel..][..channels]);
            let room = &mut *self.room;
            for (to, &x) in room.iter_mut().zip(x) {
                *to = x.sub(mean).mul(rate);
            }
            // The means of the gradient of what is normalised, and of its product with that.
            let (mut sum, mut product) = (T::ZERO, T::ZERO);
            if inner == 1 {
                for ((((of_weight, of_bias), &gradient), &x), _) in
                    of_weight.iter_mut().zip(of_bias.iter_mut()).zip(gradient).zip(room.iter()).zip(0..channels)
                {
                    *of_weight = gradient.mul_add(x, *of_weight);
                    *of_bias = of_bias.add(gradient);
                }
                let Some(to) = to.as_deref_mut() else { continue };
                let to = &mut to[line * length..][..length];
                match weight {
                    Some(weight) => {
                        for ((to, &gradient), &weight) in to.iter_mut().zip(gradient).zip(weight) {
                            *to = gradient.mul(weight);
                        }
                    }
                    None => to.copy_from_slice(gradient),
                }
                product = lanes::dot(to, room).mul(share);
                if centered {
                    sum = lanes::sum(to).mul(share);
                }
                for (to, &x) in to.iter_mut().zip(room.iter()) {
                    *to = to.sub(sum).sub(x.mul(product)).mul(rate);
                }
                continue;
            }
            for (at, (gradient, x)) in gradient.chunks_exact(inner).zip(room.chunks_exact(inner)).enumerate() {
                let (plain, by_x) = (lanes::sum(gradient), lanes::dot(gradient, x));
                of_weight[at] = of_weight[at].add(by_x);
                of_bias[at] = of_bias[at].add(plain);
                let weight = weight.map_or(T::ONE, |weight| weight[at]);
                sum = weight.mul_add(plain, sum);
                product = weight.mul_add(by_x, product);
            }
            let Some(to) = to.as_deref_mut() else { continue };
            let to = &mut to[line * length..][..length];
            let (sum, product) = (if centered { sum.mul(share) } else { T::ZERO }, product.mul(share));
            let parts = to.chunks_exact_mut(inner).zip(gradient.chunks_exact(inner)).zip(room.chunks_exact(inner));
            for (at, ((to, gradient), x)) in parts.enumerate() {
                let weight = weight.map_or(T::ONE, |weight| weight[at]);
                for ((to, &gradient), &x) in to.iter_mut().zip(gradient).zip(x) {
                    *to = gradient.mul(weight).sub(sum).sub(x.mul(product)).mul(rate);
                }
            }
        }
    }
}

/// The gradients of [`rows`]: of `x`, if it is asked for, and of weight and bias, one after the other in `sums`.
pub(crate) fn rows_backward<T: Floating>(
    to: Option<&mut [T]>,
    sums: &mut [T],
    moments: &[T],
    x: &[T],
    gradient: &[T],
    weight: Option<&[T]>,
    g: NormRows,
) {
    let length = g.length();
    let target = to.map(|to| {
        assert!(to.len() == x.len());
        Shared(to.as_mut_ptr())
    });
    let target = &target;
    assert!(x.len() == gradient.len() && x.len() == g.rows * length && moments.len() == 2 * g.rows);
    // Each piece has its own sums; the pieces are so large that these sums cost little.
    let together = g.together().max(g.rows.div_ceil(16)).max(1);
    let pieces = g.rows.div_ceil(together).max(1);
    let mut parts = allocator::take::<T>(pieces * sums.len());
    let room = sums.len();
    pool::for_pieces(&mut parts, room, |start, sums| {
        sums.fill(T::ZERO);
        let first = start / room * together;
        let count = together.min(g.rows - first.min(g.rows));
        let part = first * length..(first + count) * length;
        // SAFETY: the rows of this piece.
        let to = target.as_ref().map(|target| unsafe { target.part(part.start, part.len()) });
        let moments = &moments[2 * first..2 * (first + count)];
        let (x, gradient) = (&x[part.clone()], &gradient[part]);
        allocator::with_scratch(length, |room| {
            T::Width::run(Backward { g, to, sums, moments, x, gradient, weight, first, room });
        });
    });
    sums.fill(T::ZERO);
    for part in parts.chunks_exact(room) {
        sums.iter_mut().zip(part).for_each(|(sum, &part)| *sum = sum.add(part));
    }
}

impl NormPlanes {
    fn plane(&self, image: usize, channel: usize) -> std::ops::Range<usize> {
        let start = (image * self.channels + channel) * self.inner;
        start..start + self.inner
    }

    /// Channels that are worth a piece.
    fn together(&self) -> usize {
        (16_384 / self.count().max(1)).max(1)
    }
}

/// Elements that are summed in their own type.
const BLOCK: usize = 2048;

struct SumOff<'a, T>(&'a [T], T);

impl<T: Floating> Loop for SumOff<'_, T> {
    type Output = T;
    #[inline(always)]
    fn run(self) -> T {
        let off = self.1;
        lanes::fold(self.0, T::ZERO, |sum, x| sum.add(x.sub(off)), |a, b| a.add(b))
    }
}

struct SquaresOff<'a, T>(&'a [T], T);

impl<T: Floating> Loop for SquaresOff<'_, T> {
    type Output = T;
    #[inline(always)]
    fn run(self) -> T {
        let off = self.1;
        lanes::fold(
            self.0,
            T::ZERO,
            |sum, x| {
                let off = x.sub(off);
                off.mul_add(off, sum)
            },
            |a, b| a.add(b),
        )
    }
}

struct ProductsOff<'a, T>(&'a [T], &'a [T], T);

impl<T: Floating> Loop for ProductsOff<'_, T> {
    type Output = T;
    #[inline(always)]
    fn run(self) -> T {
        let off = self.2;
        lanes::fold2(self.0, self.1, T::ZERO, |sum, a, b| a.mul_add(b.sub(off), sum), |a, b| a.add(b))
    }
}

/// The sum over all blocks of a channel.
fn over_channel(g: &NormPlanes, channel: usize, of: impl Fn(std::ops::Range<usize>) -> f64) -> f64 {
    let mut sum = 0.0;
    for image in 0..g.images {
        let plane = g.plane(image, channel);
        for start in plane.clone().step_by(BLOCK) {
            sum += of(start..plane.end.min(start + BLOCK));
        }
    }
    sum
}

/// Mean and variance (with the count as divisor) of each channel, one after the other.
pub(crate) fn channel_moments<T: Floating>(to: &mut [f64], x: &[T], g: &NormPlanes) {
    pool::for_pieces(to, 2 * g.together(), |start, to| {
        for (at, to) in to.chunks_exact_mut(2).enumerate() {
            let channel = start / 2 + at;
            let count = g.count() as f64;
            let sum = over_channel(g, channel, |part| wide(T::Width::run(SumOff(&x[part], T::ZERO))));
            let mean = sum / count;
            let off = number::<T>(mean);
            let squares = over_channel(g, channel, |part| wide(T::Width::run(SquaresOff(&x[part], off))));
            // The mean was rounded.
            let rest = mean - wide(off);
            *to.first_mut().expect("two") = mean;
            to[1] = squares / count - rest * rest;
        }
    });
}

/// `to = x * factor + summand`, with a pair for each channel.
struct Affine<'a, T>(&'a mut [T], &'a [T], T, T);

impl<T: Number> Loop for Affine<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Affine(to, x, off, factor) = self;
        for (to, &x) in to.iter_mut().zip(x) {
            *to = x.sub(off).mul(factor);
        }
    }
}

struct AddAffine<'a, T>(&'a mut [T], &'a [T], [T; 3]);

impl<T: Floating> Loop for AddAffine<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let AddAffine(to, x, [off, factor, summand]) = self;
        for (to, &x) in to.iter_mut().zip(x) {
            *to = x.sub(off).mul_add(factor, summand);
        }
    }
}

/// `to = (x - mean) * factor + bias`, with these three for each channel.
pub(crate) fn channels<T: Floating>(to: &mut [T], x: &[T], by: &[[T; 3]], g: &NormPlanes) {
    let planes = (16_384 / g.inner.max(1)).max(1);
    pool::for_pieces(to, planes * g.inner, |start, to| {
        for (at, to) in to.chunks_exact_mut(g.inner).enumerate() {
            let start = start + at * g.inner;
            let x = &x[start..start + g.inner];
            let by = by[start / g.inner % g.channels];
            if by[2] == T::ZERO {
                T::Width::run(Affine(to, x, by[0], by[1]));
            } else {
                T::Width::run(AddAffine(to, x, by));
            }
        }
    });
}

/// The sum of each channel.
pub(crate) fn channel_totals<T: Floating>(to: &mut [T], x: &[T], g: &NormPlanes) {
    pool::for_pieces(to, g.together(), |start, to| {
        for (at, to) in to.iter_mut().enumerate() {
            let sum = over_channel(g, start + at, |part| wide(T::Width::run(SumOff(&x[part], T::ZERO))));
            *to = number(sum);
        }
    });
}

/// For each channel the sum of the gradient, and of its product with `x - mean`.
pub(crate) fn channel_sums<T: Floating>(to: &mut [f64], x: &[T], gradient: &[T], means: &[f64], g: &NormPlanes) {
    pool::for_pieces(to, 2 * g.together(), |start, to| {
        for (at, to) in to.chunks_exact_mut(2).enumerate() {
            let channel = start / 2 + at;
            let mean = means[channel];
            let off = number::<T>(mean);
            let sum = over_channel(g, channel, |part| wide(T::Width::run(SumOff(&gradient[part], T::ZERO))));
            let product = over_channel(g, channel, |part| {
                wide(T::Width::run(ProductsOff(&gradient[part.clone()], &x[part], off)))
            });
            to.copy_from_slice(&[sum, product - (mean - wide(off)) * sum]);
        }
    });
}

struct Combine<'a, T>(&'a mut [T], &'a [T], &'a [T], [T; 4]);

impl<T: Floating> Loop for Combine<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Combine(to, gradient, x, [factor, of_sum, of_x, mean]) = self;
        for ((to, &gradient), &x) in to.iter_mut().zip(gradient).zip(x) {
            *to = gradient.sub(of_sum).sub(x.sub(mean).mul(of_x)).mul(factor);
        }
    }
}

/// `to = (gradient - a - (x - mean) * b) * factor`, with `[factor, a, b, mean]` for each channel.
pub(crate) fn channels_backward<T: Floating>(to: &mut [T], gradient: &[T], x: &[T], by: &[[T; 4]], g: &NormPlanes) {
    let planes = (16_384 / g.inner.max(1)).max(1);
    pool::for_pieces(to, planes * g.inner, |start, to| {
        for (at, to) in to.chunks_exact_mut(g.inner).enumerate() {
            let start = start + at * g.inner;
            let part = start..start + g.inner;
            let by = by[start / g.inner % g.channels];
            T::Width::run(Combine(to, &gradient[part.clone()], &x[part], by));
        }
    });
}

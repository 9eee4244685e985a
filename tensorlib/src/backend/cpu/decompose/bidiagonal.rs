//! Bidiagonal matrices: how a matrix becomes one, and how that becomes diagonal.

use super::parts::{AddScaled, add_scaled, dot_inside, largest};
use super::reflections::Reflections;
use super::rotations::{Rotated, Sweep, narrowed, rotation};
use super::{PATIENCE, Real, Result};
use crate::backend::cpu::simd::{Loop, Width};
use crate::interrupt;
use crate::op::Failure;

/// Reflections from the left and from the right that make a matrix bidiagonal, its diagonal and what lies above that.
pub(super) fn bidiagonalize<T: Real>(
    a: &mut [T],
    rows: usize,
    columns: usize,
) -> (Reflections<T>, Reflections<T>, Vec<f64>, Vec<f64>) {
    let (mut left, mut right) = (Reflections::new(rows, 0), Reflections::new(columns, 1));
    let (mut d, mut e) = (Vec::with_capacity(columns), Vec::with_capacity(columns));
    let mut sums = vec![T::ZERO; columns];
    for k in 0..columns {
        interrupt::check();
        d.push(left.push((k..rows).map(|row| a[row * columns + k])).widened());
        if k + 1 == columns {
            break;
        }
        let (vector, scale) = left.last();
        let sums = &mut sums[k + 1..];
        sums.fill(T::ZERO);
        let rest = &mut a[k * columns..];
        T::Width::run(Sums { rows: rest, width: columns, first: k + 1, vector, sums });
        let (row, below) = rest.split_at_mut(columns);
        add_scaled(&mut row[k + 1..], sums, -(vector[0] * scale));
        e.push(right.push(row[k + 1..].iter().copied()).widened());
        T::Width::run(ReflectBoth {
            rows: below,
            width: columns,
            first: k + 1,
            left: &vector[1..],
            left_scale: scale,
            sums,
            right: right.last().0,
            right_scale: right.last().1,
        });
    }
    (left, right, d, e)
}

/// Adds up multiples of rows.
struct Sums<'a, T> {
    rows: &'a [T],
    width: usize,
    first: usize,
    vector: &'a [T],
    sums: &'a mut [T],
}

impl<T: Real> Loop for Sums<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for (row, &factor) in self.rows.chunks_exact(self.width).zip(self.vector) {
            AddScaled(self.sums, &row[self.first..], factor).run();
        }
    }
}

/// Reflects rows from the left, where the sums are known, and then from the right, while each is in the cache.
struct ReflectBoth<'a, T> {
    rows: &'a mut [T],
    width: usize,
    first: usize,
    left: &'a [T],
    left_scale: T,
    sums: &'a [T],
    right: &'a [T],
    right_scale: T,
}

impl<T: Real> Loop for ReflectBoth<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let ReflectBoth { rows, width, first, left, left_scale, sums, right, right_scale } = self;
        for (row, &factor) in rows.chunks_exact_mut(width).zip(left) {
            let row = &mut row[first..];
            AddScaled(row, sums, -(factor * left_scale)).run();
            let sum = dot_inside(row, right);
            AddScaled(row, right, -(sum * right_scale)).run();
        }
    }
}

/// Makes a bidiagonal matrix diagonal and says which of its values were negative. Rotations go to rows of the pair.
pub(super) fn iterate_bidiagonal<T: Real>(
    d: &mut [f64],
    e: &mut [f64],
    vectors: &mut Option<(Rotated<T>, Rotated<T>)>,
) -> Result<Vec<bool>> {
    let n = d.len();
    // Singular values change by no more than what is taken for zero, so all of them are as exact as the largest one.
    let epsilon = T::EPSILON.widened();
    let negligible = (0.5 * epsilon * largest(d).max(largest(e))).max(f64::MIN_POSITIVE);
    // Beside large values, a step itself rounds by more than that.
    let is_small =
        |d: &[f64], e: &[f64], k: usize| e[k].abs() <= negligible.max(2.0 * epsilon * (d[k].abs() + d[k + 1].abs()));
    let mut steps = PATIENCE * n;
    let (mut before, mut upwards) = (0..0, false);
    let mut end = n;
    while end > 1 {
        if is_small(d, e, end - 2) {
            e[end - 2] = 0.0;
            end -= 1;
            continue;
        }
        let mut start = end - 2;
        while start > 0 && !is_small(d, e, start - 1) {
            start -= 1;
        }
        if start > 0 {
            e[start - 1] = 0.0;
        }
        // From the larger end to the smaller. The other way round, the matrix is mirrored at its other diagonal, and
        // what is left becomes right.
        if start >= before.end || end <= before.start {
            upwards = d[start].abs() < d[end - 1].abs();
        }
        before = start..end;
        let mut part = Part { d, e, first: start, last: end - 1, upwards };
        let first = part.at(0);
        let (left, right) = part.step(negligible, epsilon);
        if let Some((u, v)) = vectors {
            let (for_u, for_v) = if upwards { (right, left) } else { (left, right) };
            let sweep =
                |rotations: Vec<_>| Sweep { first, upwards, rotations: rotations.into_iter().map(narrowed).collect() };
            u.push(sweep(for_u));
            v.push(sweep(for_v));
        }
        steps -= 1;
        if steps == 0 {
            return Err(Failure::NoConvergence);
        }
    }
    let negative = d.iter().map(|&value| value < 0.0).collect();
    d.iter_mut().for_each(|value| *value = value.abs());
    Ok(negative)
}

/// Cosines and sines.
type Rotations = Vec<(f64, f64)>;

/// A part of a bidiagonal matrix that does not fall apart. Places are counted from the end where a step begins.
struct Part<'a> {
    d: &'a mut [f64],
    e: &'a mut [f64],
    first: usize,
    last: usize,
    upwards: bool,
}

impl Part<'_> {
    fn size(&self) -> usize {
        self.last - self.first
    }

    /// Where in the diagonal a place is.
    fn at(&self, k: usize) -> usize {
        if self.upwards { self.last - k } else { self.first + k }
    }

    /// Where in what lies above the diagonal the one between a place and the next is.
    fn beside(&self, k: usize) -> usize {
        if self.upwards { self.last - 1 - k } else { self.first + k }
    }

    /// A step of the iteration: its rotations from the left and from the right.
    fn step(&mut self, negligible: f64, epsilon: f64) -> (Rotations, Rotations) {
        let size = self.size();
        let head = self.d[self.at(0)];
        let (near, far) = (self.d[self.at(size - 1)], self.d[self.at(size)]);
        let shift = lesser_singular_value(near, self.e[self.beside(size - 1)], far);
        let ratio = shift / head.abs();
        let is_singular = self.d[self.first..=self.last].iter().any(|value| value.abs() <= negligible);
        if is_singular || ratio * ratio < epsilon { self.unshifted() } else { self.shifted(shift) }
    }

    /// Without a shift: one such step splits a value of zero off, and small values stay exact.
    fn unshifted(&mut self) -> (Rotations, Rotations) {
        let size = self.size();
        let (mut left, mut right) = (Vec::with_capacity(size), Vec::with_capacity(size));
        let (mut cosine, mut old_cosine, mut old_sine) = (1.0, 1.0, 0.0);
        for k in 0..size {
            let (at, next, beside) = (self.at(k), self.at(k + 1), self.beside(k));
            let (sine, image);
            (cosine, sine, image) = rotation(self.d[at] * cosine, self.e[beside]);
            if k > 0 {
                let before = self.beside(k - 1);
                self.e[before] = old_sine * image;
            }
            right.push((cosine, sine));
            (old_cosine, old_sine, self.d[at]) = rotation(old_cosine * image, self.d[next] * sine);
            left.push((old_cosine, old_sine));
        }
        let (end, beside) = (self.at(size), self.beside(size - 1));
        let rest = self.d[end] * cosine;
        self.d[end] = rest * old_cosine;
        self.e[beside] = rest * old_sine;
        (left, right)
    }

    fn shifted(&mut self, shift: f64) -> (Rotations, Rotations) {
        let size = self.size();
        let (mut left, mut right) = (Vec::with_capacity(size), Vec::with_capacity(size));
        let head = self.d[self.at(0)];
        let mut x = (head.abs() - shift) * (1.0f64.copysign(head) + shift / head);
        let mut y = self.e[self.beside(0)];
        for k in 0..size {
            let (at, next, beside) = (self.at(k), self.at(k + 1), self.beside(k));
            let (cosine, sine, image) = rotation(x, y);
            if k > 0 {
                let before = self.beside(k - 1);
                self.e[before] = image;
            }
            right.push((cosine, sine));
            let (here, between) = (self.d[at], self.e[beside]);
            let between_turned = cosine * between - sine * here;
            let next_turned = cosine * self.d[next];
            let (cosine, sine, image) = rotation(cosine * here + sine * between, sine * self.d[next]);
            left.push((cosine, sine));
            self.d[at] = image;
            x = cosine * between_turned + sine * next_turned;
            self.d[next] = cosine * next_turned - sine * between_turned;
            if k + 1 < size {
                let after = self.beside(k + 1);
                y = sine * self.e[after];
                self.e[after] *= cosine;
            }
        }
        let beside = self.beside(size - 1);
        self.e[beside] = x;
        (left, right)
    }
}

/// The lesser singular value of the triangle with f and h on its diagonal and g above.
fn lesser_singular_value(f: f64, g: f64, h: f64) -> f64 {
    let (f, g, h) = (f.abs(), g.abs(), h.abs());
    let (small, large) = if f < h { (f, h) } else { (h, f) };
    if small == 0.0 {
        return 0.0;
    }
    let (sum, difference) = (1.0 + small / large, (large - small) / large);
    if g < large {
        let square = (g / large) * (g / large);
        let divisor = (sum * sum + square).sqrt() + (difference * difference + square).sqrt();
        return small * (2.0 / divisor);
    }
    let ratio = large / g;
    if ratio == 0.0 {
        return small * large / g;
    }
    let one = (1.0 + sum * ratio * (sum * ratio)).sqrt();
    let other = (1.0 + difference * ratio * (difference * ratio)).sqrt();
    let value = small * ratio * (1.0 / (one + other));
    value + value
}

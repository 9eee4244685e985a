//! Householder's reflections, many of them as one product of matrices.

use std::ops::Range;

use super::parts::{AddScaled, largest, length, multiplied, part, safe_scale, subtract, turned, whole};
use super::{BLOCK, Real};
use crate::backend::cpu::gemm::Matrix;
use crate::backend::cpu::simd::Loop;

/// Reflections `1 - s v v^T`, to be multiplied in this order.
pub(super) struct Reflections<T> {
    /// The vectors v, one a row. They are zero at first, then 1.
    vectors: Vec<T>,
    length: usize,
    /// The number of zeros at the start of the first vector; each further one has one more.
    zeros: usize,
    scales: Vec<T>,
}

impl<T: Real> Reflections<T> {
    pub fn new(length: usize, zeros: usize) -> Self {
        Reflections { vectors: Vec::new(), length, zeros, scales: Vec::new() }
    }

    /// Adds the reflection that maps a vector to a multiple of the first unit vector, and gives the factor. The vector is
    /// what follows the zeros of the next vector. As in LAPACK, nothing is reflected if it is such a multiple already.
    pub fn push(&mut self, x: impl ExactSizeIterator<Item = T>) -> T {
        let start = self.vectors.len() + self.length - x.len();
        self.vectors.resize(start, T::ZERO);
        self.vectors.extend(x);
        let (head, tail) = self.vectors[start..].split_first_mut().expect("a vector has elements");
        let size = largest(tail);
        if size == T::ZERO {
            self.scales.push(T::ZERO);
            return std::mem::replace(head, T::ONE);
        }
        let scale = safe_scale(size.maximum(head.magnitude()));
        tail.iter_mut().for_each(|value| *value = *value * scale);
        let first = *head * scale;
        // Far smaller elements may vanish when they are squared, so what is compared is brought to one size first.
        let size = size * scale;
        let ratio = T::ONE / size;
        let rest = if ratio < T::HIGHEST {
            tail.iter().fold(T::ZERO, |sum, &value| sum + (value * ratio) * (value * ratio)).sqrt() * size
        } else {
            size
        };
        let image = -length(first, rest).copysign(first);
        let divisor = first - image;
        tail.iter_mut().for_each(|value| *value = *value / divisor);
        *head = T::ONE;
        self.scales.push((image - first) / image);
        image / scale
    }

    /// The number of reflections.
    pub fn count(&self) -> usize {
        self.scales.len()
    }

    /// The vector that was added last, without its zeros, and its scale.
    pub fn last(&self) -> (&[T], T) {
        let number = self.scales.len() - 1;
        (&self.vectors[number * self.length + self.zeros + number..], self.scales[number])
    }

    /// Multiplies some columns of a matrix of `length` rows by the product of some reflections, or by its transpose.
    pub fn apply(&self, numbers: Range<usize>, is_transposed: bool, to: &mut [T], width: usize, columns: Range<usize>) {
        let blocks = numbers.len().div_ceil(BLOCK);
        for block in 0..blocks {
            let block = if is_transposed { block } else { blocks - 1 - block };
            let first = numbers.start + block * BLOCK;
            let last = (first + BLOCK).min(numbers.end);
            let zeros = self.zeros + first;
            let vectors = part(&self.vectors, self.length, first..last, zeros..self.length);
            let triangle = self.triangle(vectors, &self.scales[first..last]);
            let triangle = whole(&triangle, last - first, last - first);
            let rows = part(to, width, zeros..self.length, columns.clone());
            let sums = multiplied(vectors, rows);
            let sums = multiplied(
                if is_transposed { turned(triangle) } else { triangle },
                whole(&sums, last - first, columns.len()),
            );
            let update = multiplied(turned(vectors), whole(&sums, last - first, columns.len()));
            subtract(&mut to[zeros * width..], width, columns.clone(), &update);
        }
    }

    /// The upper triangle T with which the product of all reflections is `1 - V^T T V`.
    fn triangle(&self, vectors: Matrix<T>, scales: &[T]) -> Vec<T> {
        let n = scales.len();
        let products = multiplied(vectors, turned(vectors));
        let mut triangle = vec![T::ZERO; n * n];
        for (j, &scale) in scales.iter().enumerate() {
            for row in 0..j {
                let sum = (row..j).fold(T::ZERO, |sum, k| sum + triangle[row * n + k] * products[k * n + j]);
                triangle[row * n + j] = -scale * sum;
            }
            triangle[j * n + j] = scale;
        }
        triangle
    }
}

/// Multiplies some columns of rows by one reflection from the left.
pub(super) struct Reflect<'a, T> {
    pub rows: &'a mut [T],
    pub width: usize,
    pub columns: Range<usize>,
    pub vector: &'a [T],
    pub scale: T,
    pub sums: &'a mut [T],
}

impl<T: Real> Loop for Reflect<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Reflect { rows, width, columns, vector, scale, sums } = self;
        sums.fill(T::ZERO);
        for (row, &factor) in rows.chunks_exact(width).zip(vector) {
            AddScaled(sums, &row[columns.clone()], factor).run();
        }
        for (row, &factor) in rows.chunks_exact_mut(width).zip(vector) {
            AddScaled(&mut row[columns.clone()], sums, -(factor * scale)).run();
        }
    }
}

//! Matrices taken apart: LU, Cholesky, QR, eigenvalues of symmetric matrices, singular values, and the exponential. Matrices
//! are slices of rows; a stack of matrices is the caller's loop.
//!
//! The algorithms are LAPACK's: partial pivoting, Householder's reflections in blocks, and QR iteration with implicit
//! shifts on what is tridiagonal or bidiagonal. Products do most of the work of large matrices, so it goes to
//! [`gemm`](super::gemm) and its threads; results do not depend on their number.
//!
//! Signs: Q and R have LAPACK's, as in PyTorch (R's diagonal may be negative). A column of eigenvectors, or a pair of
//! singular vectors, may have the other sign than in PyTorch, and where values repeat, any basis of their space is right.

mod bidiagonal;
mod cholesky;
mod eigen;
mod exponential;
mod lu;
mod parts;
mod qr;
mod reflections;
mod rotations;
mod svd;
#[cfg(test)]
mod tests;
mod triangle;

use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

pub(crate) use self::cholesky::cholesky;
pub(crate) use self::eigen::{Eigen, eigh};
pub(crate) use self::exponential::exponential;
pub(crate) use self::lu::{Lu, exchanged};
pub(crate) use self::qr::{Qr, qr};
pub(crate) use self::svd::{Svd, svd};
pub(crate) use self::triangle::solve_triangle;
use super::gemm::Gemm;
use super::number::{Floating, Number};
use crate::op::Failure;

type Result<T> = std::result::Result<T, Failure>;

/// `f32` and `f64` as numbers to calculate with.
pub(crate) trait Real:
    Floating
    + Number<Wide = f64>
    + Gemm
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
{
    const EPSILON: Self;
    /// The smallest normal number.
    const TINY: Self;
    /// A power of two. Squares of numbers between its root and the inverse of that are far from overflow and underflow,
    /// and any other number is brought there by one multiplication with it or its inverse.
    const SCALE: Self;
    const ROOT_SCALE: Self;
}

impl Real for f32 {
    const EPSILON: f32 = f32::EPSILON;
    const TINY: f32 = f32::MIN_POSITIVE;
    const SCALE: f32 = (1u128 << 100) as f32;
    const ROOT_SCALE: f32 = (1u128 << 50) as f32;
}

impl Real for f64 {
    const EPSILON: f64 = f64::EPSILON;
    const TINY: f64 = f64::MIN_POSITIVE;
    // Exponents have a bias of 1023.
    const SCALE: f64 = f64::from_bits((1023 + 900) << 52);
    const ROOT_SCALE: f64 = f64::from_bits((1023 + 450) << 52);
}

/// Rows or columns that are worked on at a time, so that the rest can be a product of matrices.
const BLOCK: usize = 32;

/// Steps per value after which an iteration is given up; two are usual.
const PATIENCE: usize = 30;

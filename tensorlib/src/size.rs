//! The shape of a tensor, and everything that can be given where a shape is asked for.

use std::fmt;
use std::ops::Deref;

use crate::dim_vec::DimVec;
use crate::error::{Result, shape_error};

/// A shape: the length of every dimension. Reads as a slice of `usize`, prints as `[3, 2]`.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let size = zeros([3, 2]).size();
/// assert_eq!(size.to_string(), "[3, 2]");
/// assert_eq!(size, [3, 2]);
/// assert_eq!(size[1], 2);
/// assert_eq!(ones(size).numel(), 6);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Size(pub(crate) DimVec<usize>);

impl Size {
    /// The number of elements of a tensor with this shape.
    pub fn numel(&self) -> usize {
        self.iter().product()
    }
}

impl Deref for Size {
    type Target = [usize];

    #[inline]
    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl From<&[usize]> for Size {
    fn from(lengths: &[usize]) -> Size {
        Size(DimVec::from_slice(lengths))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &self[..])
    }
}

impl fmt::Debug for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const N: usize> PartialEq<[usize; N]> for Size {
    fn eq(&self, other: &[usize; N]) -> bool {
        self[..] == other[..]
    }
}

impl PartialEq<&[usize]> for Size {
    fn eq(&self, other: &&[usize]) -> bool {
        self[..] == **other
    }
}

impl PartialEq<Vec<usize>> for Size {
    fn eq(&self, other: &Vec<usize>) -> bool {
        self[..] == other[..]
    }
}

/// A list of whole numbers as an argument: lengths of dimensions, or dimensions.
#[derive(Clone)]
pub struct Ints(pub(crate) DimVec<i64>);

impl Deref for Ints {
    type Target = [i64];

    fn deref(&self) -> &[i64] {
        &self.0
    }
}

/// A value that can be given as a shape or a list of dimensions: `[2, 3]`, `(2, 3)`, `2`, a slice, a `Vec`,
/// a [`Size`]. `[]` needs a type, so write `()` for the shape of rank zero.
pub trait IntoInts {
    /// The numbers.
    fn into_ints(self) -> Ints;
}

/// Whole numbers that can stand in shapes and indices.
pub trait Int: Copy {
    /// The value; what does not fit is the largest `i64`, which every check refuses.
    fn as_i64(self) -> i64;
}

macro_rules! int {
    ($($ty:ty),*) => { $(
        impl Int for $ty {
            #[inline]
            fn as_i64(self) -> i64 {
                i64::try_from(self).unwrap_or(i64::MAX)
            }
        }
        impl IntoInts for $ty {
            fn into_ints(self) -> Ints {
                Ints(DimVec::from_slice(&[self.as_i64()]))
            }
        }
    )* };
}
int!(i32, i64, usize, u32, isize);

impl IntoInts for Ints {
    fn into_ints(self) -> Ints {
        self
    }
}

impl IntoInts for () {
    fn into_ints(self) -> Ints {
        Ints(DimVec::new())
    }
}

impl IntoInts for Size {
    fn into_ints(self) -> Ints {
        (&self).into_ints()
    }
}

impl IntoInts for &Size {
    fn into_ints(self) -> Ints {
        self[..].into_ints()
    }
}

impl<T: Int> IntoInts for &[T] {
    fn into_ints(self) -> Ints {
        Ints(self.iter().map(|n| n.as_i64()).collect())
    }
}

impl<T: Int> IntoInts for Vec<T> {
    fn into_ints(self) -> Ints {
        self[..].into_ints()
    }
}

impl<T: Int> IntoInts for &Vec<T> {
    fn into_ints(self) -> Ints {
        self[..].into_ints()
    }
}

impl<T: Int, const N: usize> IntoInts for [T; N] {
    #[inline]
    fn into_ints(self) -> Ints {
        self[..].into_ints()
    }
}

impl<T: Int, const N: usize> IntoInts for &[T; N] {
    fn into_ints(self) -> Ints {
        self[..].into_ints()
    }
}

macro_rules! tuple {
    ($($name:ident),+) => {
        impl<$($name: Int),+> IntoInts for ($($name,)+) {
            #[allow(non_snake_case)]
            fn into_ints(self) -> Ints {
                let ($($name,)+) = self;
                Ints([$($name.as_i64()),+].into_iter().collect())
            }
        }
    };
}
tuple!(A);
tuple!(A, B);
tuple!(A, B, C);
tuple!(A, B, C, D);
tuple!(A, B, C, D, E);
tuple!(A, B, C, D, E, F);

/// The product of the lengths when it, and its size in bytes for the widest element, can be addressed.
pub(crate) fn checked_numel(op: &str, lengths: &[usize]) -> Result<usize> {
    let mut numel: usize = 1;
    let mut empty = false;
    for &length in lengths {
        if length == 0 {
            empty = true;
            continue;
        }
        numel = numel
            .checked_mul(length)
            .filter(|&n| n <= isize::MAX as usize / 8)
            .ok_or_else(|| shape_error!("{op}: shape {lengths:?} has more elements than memory can address"))?;
    }
    Ok(if empty { 0 } else { numel })
}

/// A shape without negative lengths.
pub(crate) fn lengths(op: &str, ints: &[i64]) -> Result<DimVec<usize>> {
    let lengths: DimVec<usize> = ints
        .iter()
        .map(|&length| {
            usize::try_from(length).map_err(|_| {
                shape_error!("{op}: shape {ints:?} has a negative length, {length}; lengths are 0 or more")
            })
        })
        .collect::<Result<DimVec<usize>>>()?;
    checked_numel(op, &lengths)?;
    Ok(lengths)
}

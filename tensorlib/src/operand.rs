//! What can stand beside a tensor in an operation.

use crate::dtype::{DType, Rank};
use crate::scalar::Scalar;
use crate::tensor::Tensor;

/// The other side of `x.add(…)`: a tensor, borrowed or owned, or a number.
pub enum Operand<'a> {
    /// A borrowed tensor.
    Borrowed(&'a Tensor),
    /// An owned tensor.
    Owned(Tensor),
    /// A number.
    Number(Scalar),
}

impl Operand<'_> {
    /// The tensor, unless it is a number.
    pub(crate) fn tensor(&self) -> Option<&Tensor> {
        match self {
            Operand::Borrowed(tensor) => Some(tensor),
            Operand::Owned(tensor) => Some(tensor),
            Operand::Number(_) => None,
        }
    }

    pub(crate) fn promotion(&self) -> (DType, Rank) {
        match self {
            Operand::Borrowed(tensor) => tensor.promotion(),
            Operand::Owned(tensor) => tensor.promotion(),
            Operand::Number(number) => (number.dtype(), Rank::Number),
        }
    }

    /// As a tensor of the given type; a number gets rank zero.
    pub(crate) fn to_tensor(&self, dtype: DType) -> Tensor {
        match self {
            Operand::Borrowed(tensor) => tensor.to(dtype),
            Operand::Owned(tensor) => tensor.to(dtype),
            Operand::Number(number) => crate::create::filled(crate::list::List::new(), dtype, *number),
        }
    }
}

impl<'a> From<&'a Tensor> for Operand<'a> {
    #[inline]
    fn from(tensor: &'a Tensor) -> Operand<'a> {
        Operand::Borrowed(tensor)
    }
}

impl From<Tensor> for Operand<'_> {
    #[inline]
    fn from(tensor: Tensor) -> Self {
        Operand::Owned(tensor)
    }
}

macro_rules! numbers {
    ($($ty:ty),*) => { $(
        impl From<$ty> for Operand<'_> {
            #[inline]
            fn from(number: $ty) -> Self {
                Operand::Number(number.into())
            }
        }
    )* };
}
numbers!(f64, f32, i64, i32, u8, usize, bool, Scalar);

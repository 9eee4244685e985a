//! Operands: values that can stand beside a tensor in an operation, and wherever a tensor is read.
//!
//! | given | read as |
//! |---|---|
//! | [`Tensor`], `&Tensor`, also in a `Box`, `Rc` or `Arc` | itself |
//! | a number or a [`Scalar`] | a number, which leaves the other side its element type |
//! | `[1.0, 2.0]`, `vec![…]`, a slice, nested too | what [`tensor!`](crate::tensor!) makes of it: decimals are `f32` (or `f64` beside an `f64` tensor), whole numbers `i64` |
//! | `0..5`, `0..=4`, with whole numbers | [`arange`](crate::arange) |
//! | an ndarray array, its view, a [`SharedArray`] | its elements in their own type |
//!
//! ```
//! use tensorlib::prelude::*;
//!
//! let x = tensor![[1.0, 2.0], [3.0, 4.0]];
//! assert_eq!((&x + [10.0, 20.0]).to_vec::<f32>(), [11.0, 22.0, 13.0, 24.0]);
//! assert_eq!(x.matmul(vec![1.0, 1.0]).to_vec::<f32>(), [3.0, 7.0]);
//! assert!(x.sum_dim(0).allclose([4.0, 6.0]));
//! assert_eq!((x.double() + [0.1, 0.2]).i((0, 0)).item::<f64>(), 1.1); // not rounded to f32 on the way
//! ```

use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};
use std::rc::Rc;
use std::sync::Arc;

use ndarray::{Array, ArrayView, Dimension};

use crate::create::literal::{Literal, try_from_literal, try_from_literal_as_written};
use crate::dtype::DType;
use crate::element::Element;
use crate::error::{Error, Result};
use crate::interop::SharedArray;
use crate::promotion::{PromotionPriority, result_type};
use crate::scalar::Scalar;
use crate::size::Int;
use crate::tensor::Tensor;

/// The other side of `x.add(…)`: a tensor, borrowed or owned, a number, or what can be read as a tensor; see
/// [`operand`](crate::operand).
pub enum Operand<'a> {
    /// A borrowed tensor.
    Borrowed(&'a Tensor),
    /// An owned tensor.
    Owned(Tensor),
    /// A number.
    Number(Scalar),
    /// Decimals that were written in the program, as `f64`: they leave the other side its floating-point type.
    Decimals(Tensor),
    /// Rows of different lengths, and the sentence that says so: no operation takes them.
    Refused(Error),
}

impl<'a> Operand<'a> {
    /// The error, if the value is not an operand.
    #[inline]
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Operand::Refused(error) => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// The tensor, unless it is a number.
    #[inline]
    pub(crate) fn tensor(&self) -> Option<&Tensor> {
        match self {
            Operand::Borrowed(tensor) => Some(tensor),
            Operand::Owned(tensor) | Operand::Decimals(tensor) => Some(tensor),
            Operand::Number(_) | Operand::Refused(_) => None,
        }
    }

    #[inline]
    pub(crate) fn promotion(&self) -> (DType, PromotionPriority) {
        match self {
            Operand::Borrowed(tensor) => tensor.promotion(),
            Operand::Owned(tensor) => tensor.promotion(),
            Operand::Number(number) => (number.dtype(), PromotionPriority::Number),
            Operand::Decimals(_) | Operand::Refused(_) => (DType::F32, PromotionPriority::Number),
        }
    }

    /// As a tensor of the given type; a number gets rank zero.
    pub(crate) fn to_tensor(&self, dtype: DType) -> Result<Tensor> {
        match self {
            Operand::Borrowed(tensor) => Ok(tensor.to_dtype(dtype)),
            Operand::Owned(tensor) | Operand::Decimals(tensor) => Ok(tensor.to_dtype(dtype)),
            Operand::Number(number) => Ok(crate::create::filled(crate::dim_vec::DimVec::new(), dtype, *number)),
            Operand::Refused(error) => Err(error.clone()),
        }
    }

    /// As a tensor by itself: decimals become `f32`, a number gets rank zero and its own type.
    pub(crate) fn into_tensor(self) -> Result<Tensor> {
        match self {
            Operand::Owned(tensor) => Ok(tensor),
            Operand::Borrowed(tensor) => Ok(tensor.alias()),
            operand => operand.to_tensor(operand.promotion().0),
        }
    }

    /// As a tensor beside another one, whose type numbers and decimals take as in arithmetic.
    pub(crate) fn beside(self, other: &Tensor) -> Result<Cow<'a, Tensor>> {
        Ok(match self {
            Operand::Borrowed(tensor) => Cow::Borrowed(tensor),
            Operand::Owned(tensor) => Cow::Owned(tensor),
            operand => Cow::Owned(operand.to_tensor(result_type(operand.promotion(), other.promotion()))?),
        })
    }

    /// All values in row-major order, and the tensor they were read from.
    pub(crate) fn values(self) -> Result<(Tensor, Vec<f64>)> {
        let tensor = match self {
            Operand::Decimals(tensor) => tensor,
            Operand::Number(number) => crate::create::filled(crate::dim_vec::DimVec::new(), DType::F64, number),
            operand => operand.into_tensor()?,
        };
        let values = tensor.to_vec::<f64>();
        Ok((tensor, values))
    }
}

/// A value that can stand beside a tensor, and wherever a tensor is read; the table is in [`operand`](crate::operand).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read as a tensor",
    label = "neither a tensor nor numbers",
    note = "tensors, numbers, and arrays, vectors, slices and ranges of numbers, can stand here"
)]
pub trait IntoOperand<'a> {
    /// The tensor or number.
    fn into_operand(self) -> Operand<'a>;
}

impl<'a> IntoOperand<'a> for Operand<'a> {
    #[inline]
    fn into_operand(self) -> Operand<'a> {
        self
    }
}

impl<'a> IntoOperand<'a> for &'a Tensor {
    #[inline]
    fn into_operand(self) -> Operand<'a> {
        Operand::Borrowed(self)
    }
}

impl<'a> IntoOperand<'a> for Tensor {
    #[inline]
    fn into_operand(self) -> Operand<'a> {
        Operand::Owned(self)
    }
}

// A generic argument does not follow references by itself, as one of type `&Tensor` does.
macro_rules! behind {
    ($($ty:ty),*) => { $(
        impl<'a> IntoOperand<'a> for &'a $ty {
            #[inline]
            fn into_operand(self) -> Operand<'a> {
                Operand::Borrowed(self)
            }
        }
    )* };
}
behind!(&Tensor, &mut Tensor, Box<Tensor>, Rc<Tensor>, Arc<Tensor>);

impl<'a> IntoOperand<'a> for &'a mut Tensor {
    #[inline]
    fn into_operand(self) -> Operand<'a> {
        Operand::Borrowed(self)
    }
}

macro_rules! numbers {
    ($($ty:ty),*) => { $(
        impl<'a> IntoOperand<'a> for $ty {
            #[inline]
            fn into_operand(self) -> Operand<'a> {
                Operand::Number(self.into())
            }
        }

        impl From<$ty> for Tensor {
            /// A tensor of rank zero, as [`scalar`](crate::scalar()).
            fn from(number: $ty) -> Tensor {
                crate::create::scalar(number)
            }
        }
    )* };
}
numbers!(f64, f32, i64, i32, u8, usize, bool, Scalar);

/// The tensor or, of rows of different lengths, the error.
fn made(tensor: Result<Tensor>) -> Operand<'static> {
    tensor.map_or_else(Operand::Refused, Operand::Owned)
}

/// A list that was written in the program.
fn written<L: Literal>(list: L) -> Operand<'static> {
    if L::Written::DTYPE == DType::F64 {
        return try_from_literal_as_written(list).map_or_else(Operand::Refused, Operand::Decimals);
    }
    made(try_from_literal::<L, L::Default>(list))
}

macro_rules! lists {
    ($($ty:ty, [$($generics:tt)*];)*) => { $(
        impl<'a, T: Literal, $($generics)*> IntoOperand<'a> for $ty {
            fn into_operand(self) -> Operand<'a> {
                written(self)
            }
        }

        impl<T: Literal, $($generics)*> From<$ty> for Tensor {
            /// The values as [`tensor`](crate::tensor()) reads them: decimals as `f32`, whole numbers as `i64`.
            ///
            /// # Panics
            /// If rows have different lengths.
            #[track_caller]
            fn from(list: $ty) -> Tensor {
                crate::create::literal::tensor(list)
            }
        }
    )* };
}
lists! {
    [T; N], [const N: usize];
    &[T; N], [const N: usize];
    &[T], [];
    Vec<T>, [];
    &Vec<T>, [];
}

impl<'a, T: Int> IntoOperand<'a> for Range<T> {
    fn into_operand(self) -> Operand<'a> {
        made(crate::create::try_arange(self.start.as_i64()..self.end.as_i64()))
    }
}

impl<'a, T: Int> IntoOperand<'a> for RangeInclusive<T> {
    fn into_operand(self) -> Operand<'a> {
        made(crate::create::try_arange(self.start().as_i64()..=self.end().as_i64()))
    }
}

impl<'a, T: Element, D: Dimension> IntoOperand<'a> for Array<T, D> {
    fn into_operand(self) -> Operand<'a> {
        Operand::Owned(self.into())
    }
}

impl<'a, T: Element, D: Dimension> IntoOperand<'a> for &Array<T, D> {
    fn into_operand(self) -> Operand<'a> {
        Operand::Owned(self.into())
    }
}

impl<'a, T: Element, D: Dimension> IntoOperand<'a> for ArrayView<'_, T, D> {
    fn into_operand(self) -> Operand<'a> {
        Operand::Owned(self.into())
    }
}

impl<'a> IntoOperand<'a> for &SharedArray {
    fn into_operand(self) -> Operand<'a> {
        Operand::Owned(crate::interop::from_ndarray(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn lists_keep_the_type_of_the_tensor_beside_them() {
        let x = tensor![1.0, 2.0];
        assert_eq!((&x + vec![1.0, 2.0]).dtype(), DType::F32);
        assert_eq!((x.double() + vec![1.0, 2.0]).dtype(), DType::F64);
        assert_eq!((x.long() + [0.5, 0.5]).dtype(), DType::F32);
        assert_eq!((&x + [1, 2]).dtype(), DType::F32);
        assert_eq!(x.double().matmul([0.1, 0.2]).item::<f64>(), 0.1 + 0.2 * 2.0);
        assert_eq!([0.1].into_operand().into_tensor().unwrap().dtype(), DType::F32);
        assert_eq!(2.0.into_operand().into_tensor().unwrap().dtype(), DType::F32);
        assert_eq!(true.into_operand().into_tensor().unwrap().dtype(), DType::Bool);
    }

    #[test]
    fn rows_of_different_lengths_are_refused_with_a_sentence() {
        let ragged = || vec![vec![1.0, 2.0], vec![3.0]];
        let sentence = "tensor: rows have different lengths; the first ones say [2, 2], and all must agree";
        let x = ones([2]);
        assert_eq!(x.try_add(ragged()).unwrap_err().to_string(), sentence);
        assert_eq!(x.try_add_(ragged()).unwrap_err().to_string(), sentence);
        assert_eq!(x.try_eq(ragged()).unwrap_err().to_string(), sentence);
        assert_eq!(x.try_matmul(ragged()).unwrap_err().to_string(), sentence);
        assert_eq!(x.try_copy_(ragged()).unwrap_err().to_string(), sentence);
        assert_eq!(x.try_clamp(ragged(), 1.0).unwrap_err().to_string(), sentence);
        assert_eq!(try_tensor(ragged()).unwrap_err().to_string(), sentence);
    }

    #[test]
    fn tensors_are_found_behind_references_and_pointers() {
        let mut x = ones([2]);
        let shared = Arc::new(ones([2]));
        let list = [&x];
        assert!(list.iter().all(|y| x.equal(y)));
        assert!(x.equal(&shared));
        assert!(x.equal(&Box::new(ones([2]))));
        assert!(shared.equal(&mut x));
    }
}

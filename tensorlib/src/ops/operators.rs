//! `+`, `-`, `*`, `/`, `%` between owned and borrowed tensors and numbers on either side, and their assigning forms.
//!
//! On the right stands whatever can be read as a tensor: see [`operand`](crate::operand). On the left stand `f64`, `i32` and [`Scalar`] only, and that is what
//! makes formulas work: in `(2.0 * &x).sum()` the compiler must know the type of `2.0` before it looks for `sum`. With
//! `f64` as the only floating-point type and `i32` as the only whole one it has no choice; with a second of a kind it
//! would ask for annotations. The two are what literals become where nothing else is known, so `let rate = 0.1;` on one
//! line and `rate * &x` on the next agree. Other numbers stand on the right, `&x * rate`, or are converted:
//! `f64::from(rate) * &x`.
//!
//! ```
//! use tensorlib::prelude::*;
//!
//! let x = tensor![1.0, 2.0];
//! assert_eq!((2.0 * &x).sum().item::<f32>(), 6.0);
//! assert_eq!((1 - &x).abs().to_vec::<f32>(), [0.0, 1.0]);
//! let logistic = 1.0 / (1.0 + (-&x).exp());
//! assert!(logistic.allclose(x.sigmoid()));
//! let parts = [&x * 0.25, &x * 0.75];
//! assert!(parts.iter().sum::<Tensor>().equal(&x));
//! ```

use std::iter::Sum;
use std::ops;

use crate::dtype::DType;
use crate::error::{dtype_error, or_raise};
use crate::op::BinaryOp;
use crate::operand::{IntoOperand, Operand};
use crate::ops::binary;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

macro_rules! operators {
    ($($trait:ident $method:ident $assign_trait:ident $assign:ident $function:ident;)*) => { $(
        impl<'a, T: IntoOperand<'a>> ops::$trait<T> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: T) -> Tensor {
                or_raise(Tensor::operate(stringify!($method), BinaryOp::$function, Operand::Owned(self), other.into_operand()))
            }
        }

        impl<'a, T: IntoOperand<'a>> ops::$trait<T> for &Tensor {
            type Output = Tensor;
            #[inline]
            #[track_caller]
            fn $method(self, other: T) -> Tensor {
                or_raise(binary::arithmetic(stringify!($method), BinaryOp::$function, &Operand::Borrowed(self), &other.into_operand()))
            }
        }

        impl<'a, T: IntoOperand<'a>> ops::$assign_trait<T> for Tensor {
            #[track_caller]
            fn $assign(&mut self, other: T) {
                or_raise(binary::arithmetic_in_place(stringify!($method), BinaryOp::$function, self, &other.into_operand()));
            }
        }

        // One type of each kind, no more: see above.
        operators!(@numbers $trait $method $function: f64 i32 Scalar);
    )* };
    (@numbers $trait:ident $method:ident $function:ident: $($number:ty)*) => { $(
        impl ops::$trait<Tensor> for $number {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Tensor) -> Tensor {
                or_raise(binary::arithmetic(stringify!($method), BinaryOp::$function, &self.into_operand(), &Operand::Owned(other)))
            }
        }
        impl ops::$trait<&Tensor> for $number {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: &Tensor) -> Tensor {
                or_raise(binary::arithmetic(stringify!($method), BinaryOp::$function, &self.into_operand(), &Operand::Borrowed(other)))
            }
        }
    )* };
}

operators! {
    Add add AddAssign add_assign Add;
    Sub sub SubAssign sub_assign Sub;
    Mul mul MulAssign mul_assign Mul;
    Div div DivAssign div_assign Div;
    Rem rem RemAssign rem_assign Remainder;
}

impl ops::Neg for Tensor {
    type Output = Tensor;
    #[track_caller]
    fn neg(self) -> Tensor {
        or_raise(self.try_neg())
    }
}

/// `!mask`: the opposite of booleans, and of whole numbers all bits turned over, as PyTorch's `~`.
///
/// Panics for numbers with a fraction.
impl ops::Not for &Tensor {
    type Output = Tensor;
    #[track_caller]
    fn not(self) -> Tensor {
        or_raise(match self.dtype() {
            DType::Bool => Ok(self.logical_not()),
            dtype if dtype.is_floating_point() => {
                Err(dtype_error!("not: not defined for {}; compare first, as in `!x.gt(0)`", dtype.name()))
            }
            _ => self.try_neg().and_then(|x| x.try_sub(1)),
        })
    }
}

/// `x.gt(1) & x.lt(3)`, `a | b` of booleans, as in PyTorch; of numbers see [`logical_and`](Tensor::logical_and).
macro_rules! of_booleans {
    ($($trait:ident $method:ident $logical:ident;)*) => { $(
        of_booleans! { @sides $trait $method $logical: (Tensor, Tensor) (Tensor, &Tensor) (&Tensor, Tensor) (&Tensor, &Tensor) }
    )* };
    (@sides $trait:ident $method:ident $logical:ident: $(($left:ty, $right:ty))*) => { $(
        impl ops::$trait<$right> for $left {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: $right) -> Tensor {
                let are_booleans = self.dtype() == DType::Bool && other.dtype() == DType::Bool;
                or_raise(if are_booleans {
                    self.$logical(&other)
                } else {
                    let (left, right) = (self.dtype().name(), other.dtype().name());
                    Err(dtype_error!(
                        "{}: not defined for {left} and {right}, only for bool; compare first, as in `x.gt(0)`",
                        stringify!($method)
                    ))
                })
            }
        }
    )* };
}

of_booleans! {
    BitAnd bitand try_logical_and;
    BitOr bitor try_logical_or;
}

impl ops::Not for Tensor {
    type Output = Tensor;
    #[track_caller]
    fn not(self) -> Tensor {
        !&self
    }
}

impl ops::Neg for &Tensor {
    type Output = Tensor;
    #[track_caller]
    fn neg(self) -> Tensor {
        or_raise(self.try_neg())
    }
}

impl Sum<Tensor> for Tensor {
    /// One after the other, from the number 0, as Python's `sum`.
    #[track_caller]
    fn sum<I: Iterator<Item = Tensor>>(mut tensors: I) -> Tensor {
        let Some(first) = tensors.next() else { return crate::create::scalar(0) };
        tensors.fold(0 + first, |sum, tensor| sum + tensor)
    }
}

impl<'a> Sum<&'a Tensor> for Tensor {
    /// One after the other, from the number 0, as Python's `sum`.
    #[track_caller]
    fn sum<I: Iterator<Item = &'a Tensor>>(mut tensors: I) -> Tensor {
        let Some(first) = tensors.next() else { return crate::create::scalar(0) };
        tensors.fold(0 + first, |sum, tensor| sum + tensor)
    }
}

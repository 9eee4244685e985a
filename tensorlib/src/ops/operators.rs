//! `+`, `-`, `*`, `/`, `%` between owned and borrowed tensors and numbers on either side, and their assigning forms.

use std::ops;

use crate::error::or_raise;
use crate::kernel::functions::Arithmetic;
use crate::operand::Operand;
use crate::ops::binary;
use crate::tensor::Tensor;

macro_rules! operators {
    ($($trait:ident $method:ident $assign_trait:ident $assign:ident $function:ident;)*) => { $(
        impl<'a, T: Into<Operand<'a>>> ops::$trait<T> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: T) -> Tensor {
                or_raise(Tensor::operate(stringify!($method), Arithmetic::$function, Operand::Owned(self), other.into()))
            }
        }

        impl<'a, T: Into<Operand<'a>>> ops::$trait<T> for &Tensor {
            type Output = Tensor;
            #[inline]
            #[track_caller]
            fn $method(self, other: T) -> Tensor {
                or_raise(binary::arithmetic(stringify!($method), Arithmetic::$function, &Operand::Borrowed(self), &other.into()))
            }
        }

        impl<'a, T: Into<Operand<'a>>> ops::$assign_trait<T> for Tensor {
            #[track_caller]
            fn $assign(&mut self, other: T) {
                or_raise(binary::arithmetic_in_place(stringify!($method), Arithmetic::$function, self, &other.into()));
            }
        }

        operators!(@numbers $trait $method $function: f64 f32 i64 i32);
    )* };
    (@numbers $trait:ident $method:ident $function:ident: $($number:ty)*) => { $(
        impl ops::$trait<Tensor> for $number {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Tensor) -> Tensor {
                or_raise(binary::arithmetic(stringify!($method), Arithmetic::$function, &self.into(), &Operand::Owned(other)))
            }
        }
        impl ops::$trait<&Tensor> for $number {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: &Tensor) -> Tensor {
                or_raise(binary::arithmetic(stringify!($method), Arithmetic::$function, &self.into(), &Operand::Borrowed(other)))
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

impl ops::Neg for &Tensor {
    type Output = Tensor;
    #[track_caller]
    fn neg(self) -> Tensor {
        or_raise(self.try_neg())
    }
}

//! BinaryOp between tensors and numbers, as methods.

use crate::error::{Result, fallible};
use crate::op::BinaryOp;
use crate::operand::{IntoOperand, Operand};
use crate::ops::{binary, unary};
use crate::tensor::Tensor;

macro_rules! arithmetic {
    ($($(#[$doc:meta])* $name:ident $try_name:ident $(#[$of_twin:meta])* $name_:ident $try_name_:ident $function:ident;)*) => {
        impl Tensor { $(
            fallible! {
                $(#[$doc])*
                pub fn $name | $try_name<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
                    let other = other.into_operand();
                    binary::arithmetic(stringify!($name), BinaryOp::$function, &Operand::Borrowed(self), &other)
                }

                #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") in place: changes this tensor and everything that shares its memory, and returns a handle on it.")]
                $(#[$of_twin])*
                pub fn $name_ | $try_name_<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
                    binary::arithmetic_in_place(stringify!($name_), BinaryOp::$function, self, &other.into_operand())?;
                    Ok(self.alias())
                }
            }
        )* }
    };
}

arithmetic! {
    /// The sum, element by element; shapes broadcast.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let z = ones([2]);
    /// assert_eq!(z.add(1.0).to_vec::<f32>(), [2.0, 2.0]);
    /// assert_eq!(z.to_vec::<f32>(), [1.0, 1.0]); // unchanged
    /// z.add_(1.0);
    /// assert_eq!(z.to_vec::<f32>(), [2.0, 2.0]);
    /// ```
    add try_add add_ try_add_ Add;
    /// The difference, element by element; shapes broadcast.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![5, 7].sub(&tensor![1, 2]).to_vec::<i64>(), [4, 5]);
    /// ```
    sub try_sub
    sub_ try_sub_ Sub;
    /// The product, element by element; shapes broadcast. For matrices see [`matmul`](Tensor::matmul).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![2, 3].mul(10).to_vec::<i64>(), [20, 30]);
    /// ```
    mul try_mul
    mul_ try_mul_ Mul;
    /// The quotient, element by element; whole numbers give `f32`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1, 3].div(2).to_vec::<f32>(), [0.5, 1.5]);
    /// ```
    div try_div
    div_ try_div_ Div;
    /// The quotient, rounded down.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![7, -7].floor_divide(2).to_vec::<i64>(), [3, -4]);
    /// ```
    floor_divide try_floor_divide floor_divide_ try_floor_divide_ FloorDivide;
    /// The remainder of a division, with the sign of the divisor, as Python's `%`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![7, -7].remainder(3).to_vec::<i64>(), [1, 2]);
    /// ```
    #[doc(alias = "mod")]
    #[doc(alias = "rem")]
    remainder try_remainder remainder_ try_remainder_ Remainder;
    /// The larger of two, element by element; NaN wins.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1, 5].maximum(&tensor![3, 4]).to_vec::<i64>(), [3, 5]);
    /// ```
    maximum try_maximum maximum_ try_maximum_ Maximum;
    /// The smaller of two, element by element; NaN wins.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1, 5].minimum(&tensor![3, 4]).to_vec::<i64>(), [1, 4]);
    /// ```
    minimum try_minimum minimum_ try_minimum_ Minimum;
}

impl Tensor {
    fallible! {
        /// This tensor to a power, element by element.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1.0, 2.0, 3.0].pow(2).to_vec::<f32>(), [1.0, 4.0, 9.0]);
        /// ```
        #[doc(alias = "power")]
        #[doc(alias = "powf")]
        #[doc(alias = "powi")]
        pub fn pow | try_pow<'a>(&self, exponent: impl IntoOperand<'a>) -> Tensor {
            let exponent = exponent.into_operand();
            if let Operand::Number(number) = &exponent
                && self.dtype().is_floating_point()
                && let Some(power) = unary::simple_power(self, number.to_f64())
            {
                return Ok(binary::recorded(BinaryOp::Pow, power, &Operand::Borrowed(self), &exponent));
            }
            binary::arithmetic("pow", BinaryOp::Pow, &Operand::Borrowed(self), &exponent)
        }

        /// [`pow`](Tensor::pow) in place.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![2.0, 3.0].pow_(3).to_vec::<f32>(), [8.0, 27.0]);
        /// ```
        pub fn pow_ | try_pow_<'a>(&self, exponent: impl IntoOperand<'a>) -> Tensor {
            binary::arithmetic_in_place("pow_", BinaryOp::Pow, self, &exponent.into_operand())?;
            Ok(self.alias())
        }
    }

    /// [`try_add`](Tensor::try_add) and similar methods for the operators, whose errors name the operator.
    pub(crate) fn operate(op: &str, function: BinaryOp, a: Operand, b: Operand) -> Result<Tensor> {
        binary::arithmetic_owned(op, function, a, b)
    }
}

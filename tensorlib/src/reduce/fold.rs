//! Sums, products, truth of all or any, norms.

use crate::autograd::formulas::reduce as formulas;
use crate::dtype::DType;
use crate::error::{Result, dtype_error, shape_error};
use crate::layout::Layout;
use crate::op::{BinaryOp, ReduceOp};
use crate::operand::{IntoOperand, Operand};
use crate::ops::binary;
use crate::reduce::over::Over;
use crate::size::IntoInts;
use crate::tensor::Tensor;

/// Reduces with one operation, in the element type of `x`.
pub(crate) fn reduced(op: ReduceOp, x: &Tensor, over: &Over) -> Tensor {
    Tensor::from_storage(x.backend().reduce(op, x.elements(), &over.dims), Layout::contiguous(over.shape(x)))
}

/// Sums and products: of whole numbers and booleans in `i64`.
fn total(op: ReduceOp, x: &Tensor, over: &Over) -> Tensor {
    reduced(op, x.typed(x.dtype().to_sum(), &mut None), over)
}

pub(crate) fn sum(x: &Tensor, over: &Over) -> Tensor {
    total(ReduceOp::Sum, x, over)
}

/// The truth of any, or all.
fn truth(x: &Tensor, over: &Over, all: bool) -> Tensor {
    // As in PyTorch, bytes stay bytes.
    let result = if x.dtype() == DType::U8 { DType::U8 } else { DType::Bool };
    let x = x.bool().byte();
    // No elements: all are true, none is.
    reduced(if all { ReduceOp::Prod } else { ReduceOp::Max }, &x, over).to_dtype(result)
}

pub(crate) fn floating(op: &str, x: &Tensor) -> Result<()> {
    if x.dtype().is_floating_point() {
        return Ok(());
    }
    Err(dtype_error!("{op}: needs floating-point elements, not {}; use x.float().{op}(…)", x.dtype()))
}

/// The `p`-norm of the elements.
fn norm(op: &str, x: &Tensor, over: &Over, p: f64) -> Result<Tensor> {
    floating(op, x)?;
    let count = over.count(x);
    if count == 0 && (p < 0.0 || p.is_infinite()) {
        return Err(shape_error!("{op}: no elements have no norm of order {p}"));
    }
    // A single number is its own length, also where its square would overflow.
    if p == 1.0 || (count == 1 && p != 0.0) {
        return Ok(reduced(ReduceOp::SumAbs, x, over));
    }
    if p == 2.0 {
        return Ok(reduced(ReduceOp::SumSquares, x, over).sqrt());
    }
    if p.is_infinite() {
        return Ok(reduced(if p > 0.0 { ReduceOp::Max } else { ReduceOp::Min }, &x.abs(), over));
    }
    if p == 0.0 {
        return Ok(sum(&x.ne(0.0).to_dtype(x.dtype()), over));
    }
    let magnitudes = x.abs();
    let powers = if p > 0.0 {
        magnitudes.try_pow(p)?
    } else {
        // Not `try_pow`, whose short cut for negative powers overflows on the way.
        binary::arithmetic(op, BinaryOp::Pow, &Operand::Owned(magnitudes), &p.into_operand())?
    };
    sum(&powers, over).try_pow(1.0 / p)
}

/// Declares a reduction in its three forms. The body makes a tensor of the tensor and the [`Over`].
macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident, $name_dim:ident $try_dim:ident, $name_keep:ident $try_keep:ident: |$x:ident, $over:ident| $body:expr;)*) => { $(
        const _: () = {
        // Without type parameters: compiled once, whatever the dimensions are given as.
        fn reduce($x: &Tensor, $over: &crate::reduce::over::Over) -> Tensor {
            $body
        }

        impl Tensor {
            $(#[$doc])*
            pub fn $name(&self) -> Tensor {
                reduce(self, &crate::reduce::over::Over::all(self))
            }

            crate::error::fallible! {
                #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") over the given dimensions.")]
                pub fn $name_dim | $try_dim(&self, dims: impl IntoInts) -> Tensor {
                    Ok(reduce(self, &crate::reduce::over::Over::dims(stringify!($name), self, &dims.into_ints(), false)?))
                }

                #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") over the given dimensions, which stay with length 1.")]
                pub fn $name_keep | $try_keep(&self, dims: impl IntoInts) -> Tensor {
                    Ok(reduce(self, &crate::reduce::over::Over::dims(stringify!($name), self, &dims.into_ints(), true)?))
                }
            }
        }
        };
    )* };
}

/// [`reductions`] that can fail in every form.
macro_rules! fallible_reductions {
    ($($(#[$doc:meta])* $name:ident $try_name:ident, $name_dim:ident $try_dim:ident, $name_keep:ident $try_keep:ident: |$x:ident, $over:ident| $body:expr;)*) => { $(
        const _: () = {
        fn reduce($x: &Tensor, $over: &crate::reduce::over::Over) -> crate::error::Result<Tensor> {
            $body
        }

        impl Tensor { crate::error::fallible! {
            $(#[$doc])*
            pub fn $name | $try_name(&self) -> Tensor {
                reduce(self, &crate::reduce::over::Over::all(self))
            }

            #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") over the given dimensions.")]
            pub fn $name_dim | $try_dim(&self, dims: impl IntoInts) -> Tensor {
                reduce(self, &crate::reduce::over::Over::dims(stringify!($name), self, &dims.into_ints(), false)?)
            }

            #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") over the given dimensions, which stay with length 1.")]
            pub fn $name_keep | $try_keep(&self, dims: impl IntoInts) -> Tensor {
                reduce(self, &crate::reduce::over::Over::dims(stringify!($name), self, &dims.into_ints(), true)?)
            }
        } }
        };
    )* };
}

/// [`fallible_reductions`] with a number as their first argument.
macro_rules! fallible_reductions_by {
    ($($(#[$doc:meta])* $name:ident $try_name:ident, $name_dim:ident $try_dim:ident, $name_keep:ident $try_keep:ident: |$x:ident, $over:ident, $by:ident| $body:expr;)*) => { $(
        const _: () = {
        fn reduce($x: &Tensor, $over: &crate::reduce::over::Over, $by: f64) -> crate::error::Result<Tensor> {
            $body
        }

        impl Tensor { crate::error::fallible! {
            $(#[$doc])*
            pub fn $name | $try_name(&self, $by: impl Into<crate::scalar::Scalar>) -> Tensor {
                reduce(self, &crate::reduce::over::Over::all(self), $by.into().to_f64())
            }

            #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") over the given dimensions.")]
            pub fn $name_dim | $try_dim(&self, $by: impl Into<crate::scalar::Scalar>, dims: impl IntoInts) -> Tensor {
                let over = &crate::reduce::over::Over::dims(stringify!($name), self, &dims.into_ints(), false)?;
                reduce(self, over, $by.into().to_f64())
            }

            #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") over the given dimensions, which stay with length 1.")]
            pub fn $name_keep | $try_keep(&self, $by: impl Into<crate::scalar::Scalar>, dims: impl IntoInts) -> Tensor {
                let over = &crate::reduce::over::Over::dims(stringify!($name), self, &dims.into_ints(), true)?;
                reduce(self, over, $by.into().to_f64())
            }
        } }
        };
    )* };
}
pub(crate) use {fallible_reductions, fallible_reductions_by};

reductions! {
    /// The sum of all elements; whole numbers and booleans give `i64`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = tensor![[1, 2], [3, 4]];
    /// assert_eq!(x.sum().item::<i64>(), 10);
    /// assert_eq!(x.sum_dim(0).to_vec::<i64>(), [4, 6]);
    /// assert_eq!(x.sum_keepdim(1).size(), [2, 1]);
    /// ```
    sum, sum_dim try_sum_dim, sum_keepdim try_sum_keepdim:
        |x, over| formulas::total(x, || sum(x, over), |y| formulas::sum(y, x, over));
    /// The product of all elements; whole numbers and booleans give `i64`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![2, 3, 4].prod().item::<i64>(), 24);
    /// ```
    prod, prod_dim try_prod_dim, prod_keepdim try_prod_keepdim:
        |x, over| formulas::total(x, || total(ReduceOp::Prod, x, over), |y| formulas::prod(y, x, over));
    /// Whether any element is true (not zero).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(tensor![0, 2].any().item::<bool>());
    /// ```
    any, any_dim try_any_dim, any_keepdim try_any_keepdim: |x, over| truth(x, over, false);
    /// Whether all elements are true (not zero).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(!tensor![0, 2].all().item::<bool>());
    /// ```
    all, all_dim try_all_dim, all_keepdim try_all_keepdim: |x, over| truth(x, over, true);
    /// How many elements are not zero, as `i64`.
    count_nonzero, count_nonzero_dim try_count_nonzero_dim, count_nonzero_keepdim try_count_nonzero_keepdim:
        |x, over| sum(&x.bool(), over);
}

fallible_reductions! {
    /// The Euclidean length of all elements as one vector. For other norms see [`norm_p`](Tensor::norm_p).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![3.0, 4.0].norm().item::<f32>(), 5.0);
    /// ```
    #[doc(alias = "vector_norm")]
    norm try_norm, norm_dim try_norm_dim, norm_keepdim try_norm_keepdim:
        |x, over| formulas::reduced(x, || norm("norm", x, over, 2.0), |y| formulas::norm(y, x, over, 2.0));
}

fallible_reductions_by! {
    /// The `p`-norm of all elements as one vector: the `p`-th root of the sum of absolute values to the power `p`. `p` may be
    /// infinite.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = tensor![[3.0, -4.0], [1.0, 2.0]];
    /// assert_eq!(x.norm_p(1).item::<f32>(), 10.0);
    /// assert_eq!(x.norm_p_dim(1, 1).to_vec::<f32>(), [7.0, 3.0]);
    /// assert_eq!(x.norm_p_keepdim(f64::INFINITY, 1).to_vec::<f32>(), [4.0, 2.0]);
    /// ```
    norm_p try_norm_p, norm_p_dim try_norm_p_dim, norm_p_keepdim try_norm_p_keepdim:
        |x, over, p| formulas::reduced(x, || norm("norm_p", x, over, p), |y| formulas::norm(y, x, over, p));
}

/// The values in the type in which extremes are compared: booleans as `u8`.
pub(crate) fn comparable<'a>(x: &'a Tensor, room: &'a mut Option<Tensor>) -> &'a Tensor {
    x.typed(if x.dtype() == DType::Bool { DType::U8 } else { x.dtype() }, room)
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn sums_of_long_rows_are_exact_to_rounding() {
        let x = full([1 << 22], 0.1);
        let sum = x.sum().item::<f64>();
        assert!((sum / (0.1f32 as f64 * (1 << 22) as f64) - 1.0).abs() < 1e-6, "{sum}");
    }

    #[test]
    fn dimensions_that_are_not_side_by_side_reduce_together() {
        let x = arange(24).reshape([2, 3, 4]);
        assert_eq!(x.sum_dim([0, 2]).to_vec::<i64>(), [60, 92, 124]);
        assert_eq!(x.permute([2, 0, 1]).sum_dim([0, 1]).to_vec::<i64>(), [60, 92, 124]);
    }
}

//! Choosing between two tensors, element by element.

use crate::dtype::{DType, result_type};
use crate::element::{Stored, with_dtype};
use crate::error::{Result, dtype_error, or_raise};
use crate::layout::broadcast;
use crate::operand::Operand;
use crate::recycle;
use crate::size::checked_numel;
use crate::tensor::Tensor;

/// The elements of `a` where `condition` is true and those of `b` elsewhere; all three broadcast. PyTorch's
/// `torch.where`, whose name is a keyword in Rust.
///
/// ```
/// # use tensorlib::prelude::*;
/// let x = tensor![-1.0, 2.0];
/// assert_eq!(where_cond(&x.gt(0.0), &x, 0.0).to_vec::<f32>(), [0.0, 2.0]);
/// ```
#[track_caller]
pub fn where_cond<'a, 'b>(condition: &Tensor, a: impl Into<Operand<'a>>, b: impl Into<Operand<'b>>) -> Tensor {
    or_raise(try_where_cond(condition, a, b))
}

/// [`where_cond`] with the error as a value.
pub fn try_where_cond<'a, 'b>(
    condition: &Tensor,
    a: impl Into<Operand<'a>>,
    b: impl Into<Operand<'b>>,
) -> Result<Tensor> {
    if condition.dtype() != DType::Bool {
        return Err(dtype_error!(
            "where: the condition must be bool, not {}; compare, as in x.gt(0)",
            condition.dtype()
        ));
    }
    let (a, b) = (a.into(), b.into());
    let dtype = result_type(a.promotion(), b.promotion());
    let (a, b) = (a.to_tensor(dtype), b.to_tensor(dtype));
    let shape = broadcast("where", &a.layout.shape, &b.layout.shape)?;
    let shape = broadcast("where", &condition.layout.shape, &shape)?;
    let numel = checked_numel("where", &shape)?;
    let spread = |x: &Tensor| -> Result<Tensor> { Ok(x.with_layout(x.layout.expand("where", &shape)?).contiguous()) };
    let (condition, a, b) = (spread(condition)?, spread(&a)?, spread(&b)?);
    with_dtype!(dtype, T => {
        let mut values = recycle::take::<T>(numel);
        if numel > 0 {
            // One storage at a time: first `b` everywhere, then `a` where the condition holds.
            values.copy_from_slice(&T::of(&b.storage.read())[b.layout.offset..][..numel]);
            let chosen = condition.to_vec::<bool>();
            let guard = a.storage.read();
            for ((to, &value), chosen) in values.iter_mut().zip(&T::of(&guard)[a.layout.offset..]).zip(chosen) {
                *to = if chosen { value } else { *to };
            }
        }
        Ok(Tensor::from_values(values, shape))
    })
}

impl Tensor {
    /// These elements where `condition` is true and those of `other` elsewhere; PyTorch's method `where`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = tensor![-1.0, 2.0];
    /// assert_eq!(x.r#where(&x.gt(0.0), 0.0).to_vec::<f32>(), [0.0, 2.0]);
    /// ```
    #[track_caller]
    pub fn r#where<'a>(&self, condition: &Tensor, other: impl Into<Operand<'a>>) -> Tensor {
        where_cond(condition, self, other)
    }
}

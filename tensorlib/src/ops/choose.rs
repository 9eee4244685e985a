//! Choosing between two tensors, element by element.

use crate::autograd::record::{Saved, record_sides, records_sides, unrecorded};
use crate::backend::backend_of;
use crate::dtype::DType;
use crate::error::{Result, dtype_error, fallible, or_raise};
use crate::layout::{Layout, broadcast, memory_order};
use crate::operand::{IntoOperand, Operand};
use crate::promotion::result_type;
use crate::size::checked_numel;
use crate::tensor::Tensor;

/// The elements of `a` where `condition` is true and those of `b` elsewhere; all three broadcast. PyTorch's
/// `torch.where`, whose name is a keyword in Rust.
///
/// ```
/// # use tensorlib::prelude::*;
/// let x = tensor![-1.0, 2.0];
/// assert_eq!(where_cond(x.gt(0.0), &x, 0.0).to_vec::<f32>(), [0.0, 2.0]);
/// ```
#[doc(alias = "where")]
#[track_caller]
pub fn where_cond<'a>(condition: impl IntoOperand<'a>, a: impl IntoOperand<'a>, b: impl IntoOperand<'a>) -> Tensor {
    or_raise(try_where_cond(condition, a, b))
}

/// [`where_cond`] with the error as a value.
pub fn try_where_cond<'a>(
    condition: impl IntoOperand<'a>,
    a: impl IntoOperand<'a>,
    b: impl IntoOperand<'a>,
) -> Result<Tensor> {
    choose(&condition.into_operand().into_tensor()?, a.into_operand(), b.into_operand())
}

fn choose(condition: &Tensor, a: Operand, b: Operand) -> Result<Tensor> {
    let result = chosen(condition, &a, &b)?;
    if !records_sides(&a, &b) {
        return Ok(result);
    }
    let condition = Saved::operand(condition);
    Ok(record_sides(result, "WhereBackward0", &a, &b, true, move |pass, gradient| {
        let condition = pass.get(&condition)?;
        pass.give(0, || gradient.where_cond(&condition, 0));
        pass.give(1, || gradient.masked_fill(&condition, 0));
        Ok(())
    }))
}

fn chosen(condition: &Tensor, a: &Operand, b: &Operand) -> Result<Tensor> {
    if condition.dtype() != DType::Bool {
        return Err(dtype_error!(
            "where: the condition must be bool, not {}; compare, as in x.gt(0)",
            condition.dtype()
        ));
    }
    a.check()?;
    b.check()?;
    let dtype = result_type(a.promotion(), b.promotion());
    let (a, b) = unrecorded(|| Ok((a.to_tensor(dtype)?, b.to_tensor(dtype)?)))?;
    let shape = broadcast("where", &a.layout.shape, &b.layout.shape)?;
    let shape = broadcast("where", &condition.layout.shape, &shape)?;
    checked_numel("where", &shape)?;
    let backend = backend_of("where", &[condition, &a, &b])?;
    let (of_condition, of_a, of_b) = (
        condition.layout.expand("where", &shape)?,
        a.layout.expand("where", &shape)?,
        b.layout.expand("where", &shape)?,
    );
    let order = memory_order(&[&of_condition, &of_a, &of_b]);
    let (of_condition, of_a, of_b) = (of_condition.permute(&order), of_a.permute(&order), of_b.permute(&order));
    let values = backend.choose(condition.elements_as(&of_condition), a.elements_as(&of_a), b.elements_as(&of_b));
    Ok(Tensor::from_storage(values, Layout::ordered(&shape, &order)))
}

impl Tensor {
    fallible! {
        /// These elements where `condition` is true and those of `other` elsewhere; PyTorch's method `where`, whose name is a
        /// keyword in Rust.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = tensor![-1.0, 2.0];
        /// assert_eq!(x.where_cond(x.gt(0.0), 0.0).to_vec::<f32>(), [0.0, 2.0]);
        /// ```
        #[doc(alias = "where")]
        pub fn where_cond | try_where_cond<'a>(&self, condition: impl IntoOperand<'a>, other: impl IntoOperand<'a>) -> Tensor {
            choose(&condition.into_operand().into_tensor()?, Operand::Borrowed(self), other.into_operand())
        }
    }
}

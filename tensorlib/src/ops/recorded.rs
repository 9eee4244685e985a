//! Functions of one tensor with the formulas of their gradients.

use crate::autograd::record::{Saved, record, records};
use crate::tensor::Tensor;

/// The result of a function of `x`, whose gradient `formula` makes of the result's and of `x`.
pub(super) fn recorded(
    result: Tensor,
    name: &'static str,
    x: &Tensor,
    formula: impl Fn(&Tensor, &Tensor) -> Tensor + Send + Sync + 'static,
) -> Tensor {
    if !records(&[x]) {
        return result;
    }
    let kept = Saved::operand(x);
    record(result, name, &[x], move |pass, gradient| {
        let x = pass.get(&kept)?;
        pass.give(0, || formula(&gradient, &x));
        Ok(())
    })
}

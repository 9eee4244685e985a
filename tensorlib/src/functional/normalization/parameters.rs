//! Checks of the weights and biases of a normalisation.

use crate::error::{Result, shape_error};
use crate::functional::floating;
use crate::tensor::Tensor;

/// Weight and bias must have a shape.
pub(super) fn parameters(op: &str, x: &Tensor, given: [Option<&Tensor>; 2], shape: &[usize]) -> Result<()> {
    let mut operands = vec![x];
    operands.extend(given.iter().flatten());
    floating(op, &operands)?;
    for (name, given) in ["weight", "bias"].into_iter().zip(given) {
        if let Some(given) = given.filter(|given| given.layout.shape[..] != *shape) {
            return Err(shape_error!(
                "{op}: the {name} for an input of shape {} needs shape {shape:?}, not {}",
                x.size(),
                given.size()
            ));
        }
    }
    Ok(())
}

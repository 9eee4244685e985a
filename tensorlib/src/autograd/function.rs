//! Operations with a backward form that a user wrote.

use super::mode::{Mode, is_grad_enabled};
use super::record::{Saved, record, records, unrecorded};
use crate::error::value_error;
use crate::size::Size;
use crate::tensor::Tensor;

/// The values that a [`Function`] keeps from its forward form for its backward form: PyTorch's `ctx`.
#[derive(Default)]
pub struct Context {
    saved: Vec<Tensor>,
    needed: Vec<bool>,
}

impl Context {
    /// Keeps operands or results. That they are not changed in place until they are needed is checked.
    pub fn save_for_backward(&mut self, tensors: &[&Tensor]) {
        self.saved = tensors.iter().map(|tensor| tensor.alias()).collect();
    }

    /// The kept tensors.
    pub fn saved_tensors(&self) -> &[Tensor] {
        &self.saved
    }

    /// For each operand, whether its gradient is asked for.
    pub fn needs_input_grad(&self) -> &[bool] {
        &self.needed
    }
}

/// An operation with its own backward form: PyTorch's `torch.autograd.Function`.
///
/// The backward form gives a gradient for each operand, or `None`. Written in operations on tensors, it can be
/// differentiated in its turn.
///
/// ```
/// use tensorlib::autograd::{Context, Function};
/// use tensorlib::prelude::*;
///
/// /// Rounds, but lets gradients pass as if it did not.
/// struct StraightThrough;
///
/// impl Function for StraightThrough {
///     fn forward(&self, _: &mut Context, inputs: &[&Tensor]) -> Tensor {
///         inputs[0].round()
///     }
///
///     fn backward(&self, _: &Context, gradient: &Tensor) -> Vec<Option<Tensor>> {
///         vec![Some(gradient.alias())]
///     }
/// }
///
/// let x = tensor![0.4, 1.6].requires_grad_(true);
/// let y = StraightThrough.apply(&[&x]);
/// assert_eq!(y.to_vec::<f32>(), [0.0, 2.0]);
/// y.sum().backward();
/// assert_eq!(x.grad().to_vec::<f32>(), [1.0, 1.0]);
/// ```
pub trait Function: Send + Sync + 'static {
    /// The result. Nothing in here is recorded.
    fn forward(&self, context: &mut Context, inputs: &[&Tensor]) -> Tensor;

    /// The gradients of the operands, given that of the result.
    fn backward(&self, context: &Context, gradient: &Tensor) -> Vec<Option<Tensor>>;

    /// The name that [`Tensor::grad_fn`] tells.
    fn name(&self) -> &'static str {
        "FunctionBackward"
    }

    /// Computes the result and records the operation.
    fn apply(self, inputs: &[&Tensor]) -> Tensor
    where
        Self: Sized,
    {
        let mut context = Context { needed: inputs.iter().map(|x| x.requires_grad()).collect(), ..Context::default() };
        let result = unrecorded(|| self.forward(&mut context, inputs));
        if !records(inputs) || !result.dtype().is_floating_point() {
            return result;
        }
        // An operand, a view of one or another tensor that is not new: its memory has a history of its own.
        let is_known = result.storage.lineage().is_some() || inputs.iter().any(|x| x.shares_memory(&result));
        let result = if is_known { result.values().clone() } else { result };
        let saved: Vec<Saved> = std::mem::take(&mut context.saved)
            .iter()
            .map(|kept| match kept.shares_memory(&result) && kept.layout == result.layout {
                true => Saved::result(&result),
                false => Saved::operand(kept),
            })
            .collect();
        let shapes: Vec<Size> = inputs.iter().map(|x| x.size()).collect();
        let name = self.name();
        let needed = context.needed;
        record(result, name, inputs, move |pass, gradient| {
            let context = Context {
                saved: saved.iter().map(|saved| Ok(pass.get(saved)?.for_user())).collect::<crate::Result<_>>()?,
                needed: needed.clone(),
            };
            let gradients = {
                let _mode = Mode::set(is_grad_enabled());
                self.backward(&context, &gradient)
            };
            if gradients.len() != shapes.len() {
                return Err(value_error!(
                    "backward: {name} gave {} gradients for {} operands; give one for each, or None",
                    gradients.len(),
                    shapes.len()
                ));
            }
            for (operand, (gradient, shape)) in gradients.into_iter().zip(&shapes).enumerate() {
                let Some(gradient) = gradient else { continue };
                // Of a larger shape that broadcasting made, it is summed.
                let gradient = gradient.try_sum_to_size(&shape[..]).map_err(|_| {
                    value_error!(
                        "backward: {name} gave a gradient of shape {} for operand {operand}, which has shape {shape}; give one of that shape",
                        gradient.size()
                    )
                })?;
                pass.give(operand, || gradient);
            }
            Ok(())
        })
    }
}

//! Operations with a backward form that a user wrote.

use super::record::{Saved, record, records, unrecorded};
use crate::error::value_error;
use crate::tensor::Tensor;

/// What a [`Function`] keeps from its forward form for its backward form: PyTorch's `ctx`.
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

    /// What was kept.
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
        if !records(inputs) {
            return result;
        }
        // The result may be one of the operands, which has a history of its own.
        let result = if result.has_history() { result.values().clone() } else { result };
        let saved: Vec<Saved> = std::mem::take(&mut context.saved)
            .iter()
            .map(|kept| match kept.shares_memory(&result) && kept.layout == result.layout {
                true => Saved::result(&result),
                false => Saved::operand(kept),
            })
            .collect();
        let count = inputs.len();
        let name = self.name();
        let needed = context.needed;
        record(result, name, inputs, move |pass, gradient| {
            let context = Context {
                saved: saved.iter().map(|saved| pass.get(saved)).collect::<crate::Result<_>>()?,
                needed: needed.clone(),
            };
            let gradients = self.backward(&context, &gradient);
            if gradients.len() != count {
                return Err(value_error!(
                    "backward: {name} gave {} gradients for {count} operands; give one for each, or None",
                    gradients.len()
                ));
            }
            for (operand, gradient) in gradients.into_iter().enumerate() {
                if let Some(gradient) = gradient {
                    pass.give(operand, || gradient);
                }
            }
            Ok(())
        })
    }
}

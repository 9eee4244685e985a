//! Gradients compared with finite differences.

use super::{backward, no_grad};
use crate::error::{Result, or_raise, value_error};
use crate::tensor::Tensor;

/// How far an input is moved, and how far gradients may be off: PyTorch's `eps`, `atol` and `rtol`.
const STEP: f64 = 1e-6;
const ATOL: f64 = 1e-5;
const RTOL: f64 = 1e-3;

/// Compares the gradients of `f` with finite differences, as PyTorch's `torch.autograd.gradcheck`: each input is moved up
/// and down a little. Inputs are `f64`, since single precision is too coarse for that, and those that require gradients are
/// looked at.
///
/// # Panics
/// When a gradient is off, with a sentence that says which; [`try_gradcheck`] returns it.
///
/// ```
/// # use tensorlib::prelude::*;
/// let x = randn([3, 2]).double().requires_grad_(true);
/// autograd::gradcheck(|x| x[0].sin() * &x[0], &[&x]);
/// ```
#[track_caller]
pub fn gradcheck(f: impl Fn(&[&Tensor]) -> Tensor, inputs: &[&Tensor]) {
    or_raise(try_gradcheck(f, inputs));
}

/// [`gradcheck`] with the error as a value.
pub fn try_gradcheck(f: impl Fn(&[&Tensor]) -> Tensor, inputs: &[&Tensor]) -> Result<()> {
    check("gradcheck", &f, inputs)
}

/// [`gradcheck`] of the gradients of `f`: whether they can be differentiated in their turn.
///
/// ```
/// # use tensorlib::prelude::*;
/// let x = randn([3]).double().requires_grad_(true);
/// autograd::gradgradcheck(|x| x[0].exp(), &[&x]);
/// ```
#[track_caller]
pub fn gradgradcheck(f: impl Fn(&[&Tensor]) -> Tensor, inputs: &[&Tensor]) {
    or_raise(try_gradgradcheck(f, inputs));
}

/// [`gradgradcheck`] with the error as a value.
pub fn try_gradgradcheck(f: impl Fn(&[&Tensor]) -> Tensor, inputs: &[&Tensor]) -> Result<()> {
    // Weights that make every element count in another way.
    let weights = |y: &Tensor| {
        let count = y.numel();
        no_grad(|| (crate::create::arange(count).double() * 0.7).sin().add(0.3).reshape(y.size()).to(y.dtype()))
    };
    let watched: Vec<usize> = (0..inputs.len()).filter(|&at| inputs[at].requires_grad()).collect();
    let first = |given: &[&Tensor]| -> Tensor {
        let y = f(given);
        let of: Vec<&Tensor> = watched.iter().map(|&at| given[at]).collect();
        if !y.requires_grad() {
            return crate::create::zeros_like(given[watched[0]]).sum();
        }
        let gradients = backward(&[&y]).gradient(&[&weights(&y)]).create_graph(true).allow_unused(true).grad(&of);
        gradients.iter().map(|gradient| (gradient * weights(gradient)).sum()).sum()
    };
    check("gradgradcheck", &|given: &[&Tensor]| crate::autograd::enable_grad(|| first(given)), inputs)
}

fn check(op: &str, f: &dyn Fn(&[&Tensor]) -> Tensor, inputs: &[&Tensor]) -> Result<()> {
    if let Some(input) = inputs.iter().find(|input| input.requires_grad() && input.dtype() != crate::DType::F64) {
        return Err(value_error!("{op}: inputs must be f64, not {}; use x.double()", input.dtype()));
    }
    let result = f(inputs);
    let numel = result.numel();
    for (number, input) in inputs.iter().enumerate().filter(|(_, input)| input.requires_grad()) {
        let analytic = analytic(&result, input)?;
        for place in 0..input.numel() {
            let numeric = numeric(f, inputs, number, place);
            for output in 0..numel {
                let (a, n) = (analytic[output * input.numel() + place], numeric[output]);
                let near = (a - n).abs() <= ATOL + RTOL * n.abs() || (a.is_nan() && n.is_nan());
                if !near {
                    return Err(value_error!(
                        "{op}: the gradient of element {output} of the result by element {place} of input {number} is {a}, but finite differences give {n}"
                    ));
                }
            }
        }
    }
    Ok(())
}

/// The derivative of each element of a result by each of an input.
fn analytic(result: &Tensor, input: &Tensor) -> Result<Vec<f64>> {
    let mut all = Vec::new();
    for output in 0..result.numel() {
        if !result.requires_grad() {
            all.extend(std::iter::repeat_n(0.0, input.numel()));
            continue;
        }
        let one = no_grad(|| {
            let one = crate::create::zeros_like(result).reshape([-1]);
            one.select(0, output as i64).fill_(1);
            one.reshape(result.size())
        });
        let gradients =
            backward(&[result]).gradient(&[&one]).retain_graph(true).allow_unused(true).try_grad(&[input])?;
        all.extend(gradients[0].to_vec::<f64>());
    }
    Ok(all)
}

/// The same by moving one element of an input.
fn numeric(f: &dyn Fn(&[&Tensor]) -> Tensor, inputs: &[&Tensor], number: usize, place: usize) -> Vec<f64> {
    let moved = |by: f64| {
        let changed = no_grad(|| {
            let changed = inputs[number].detach().clone().contiguous();
            changed.view([-1]).select(0, place as i64).add_(by);
            changed
        });
        // The gradient's gradient asks for a graph.
        let changed = changed.requires_grad_(true);
        let mut given = inputs.to_vec();
        given[number] = &changed;
        no_grad(|| f(&given)).to_vec::<f64>()
    };
    let (up, down) = (moved(STEP), moved(-STEP));
    up.iter().zip(&down).map(|(up, down)| (up - down) / (2.0 * STEP)).collect()
}

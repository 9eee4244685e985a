//! Recurrent layers in operations that can be differentiated any number of times.

use super::given::Given;
use crate::autograd::backward;
use crate::create::filled;
use crate::dim_vec::DimVec;
use crate::error::Result;
use crate::functional::try_linear;
use crate::op::{Recurrence, RecurrentOp};
use crate::scalar::Scalar;
use crate::tensor::Tensor;

/// The gradients that are wanted: the layer is computed anew, and its operations give them.
pub(super) fn slopes_by_hand(
    given: &Given,
    gradients: &[Option<Tensor>],
    wanted: &[usize],
    r: &Recurrence,
) -> Result<Vec<Tensor>> {
    // Operands may be made from each other; here each gets a separate node, at which the inner pass ends.
    let ends = given.tensors.iter().map(|x| x.view_of(x.layout.clone(), "AliasBackward0", |gradient| gradient));
    let given = given.with(ends.collect());
    let results = by_hand(&given, r)?;
    let pairs = results.iter().zip(gradients).filter_map(|(result, gradient)| Some((result, gradient.as_ref()?)));
    let (roots, gradients): (Vec<&Tensor>, Vec<&Tensor>) = pairs.unzip();
    let wanted: Vec<&Tensor> = wanted.iter().map(|&operand| &given.tensors[operand]).collect();
    backward(&roots).gradient(&gradients).create_graph(true).allow_unused(true).try_grad(&wanted)
}

/// The layer step by step.
pub(super) fn by_hand(given: &Given, r: &Recurrence) -> Result<Vec<Tensor>> {
    let time = i64::from(r.batch_first);
    let [weight_ih, weight_hh] = given.weights();
    let [bias_ih, bias_hh] = given.biases().map_or([None; 2], |biases| biases.map(Some));
    let from_inputs = try_linear(given.x(), weight_ih, bias_ih)?;
    let zeros = || filled(DimVec::from_slice(&[r.batch, r.hidden]), given.x().dtype(), Scalar::Int(0));
    let [mut output, mut cell] = given.states().map(|state| state.map_or_else(zeros, Tensor::alias));
    let mut outputs = Vec::with_capacity(r.steps);
    for number in 0..r.steps {
        let step = if r.reverse { r.steps - 1 - number } else { number };
        let x = from_inputs.try_select(time, step as i64)?;
        let h = try_linear(&output, weight_hh, bias_hh)?;
        let part = |x: &Tensor, gate: usize| x.narrow(1, gate * r.hidden, r.hidden);
        let sum = |gate: usize| part(&x, gate) + part(&h, gate);
        output = match r.op {
            RecurrentOp::Tanh => sum(0).tanh(),
            RecurrentOp::Relu => sum(0).relu(),
            RecurrentOp::Lstm => {
                cell = sum(1).sigmoid() * &cell + sum(0).sigmoid() * sum(2).tanh();
                sum(3).sigmoid() * cell.tanh()
            }
            RecurrentOp::Gru => {
                let new = (part(&x, 2) + sum(0).sigmoid() * part(&h, 2)).tanh();
                &new + sum(1).sigmoid() * (&output - &new)
            }
        };
        outputs.push(output.alias());
    }
    if r.reverse {
        outputs.reverse();
    }
    let outputs = crate::shape::try_stack_dim(&outputs[..], time)?;
    Ok(if r.op == RecurrentOp::Lstm { vec![outputs, output, cell] } else { vec![outputs, output] })
}

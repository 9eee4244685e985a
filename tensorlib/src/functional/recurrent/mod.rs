//! Recurrent layers: whole sequences as one operation. What users call is in [`nn`](crate::nn).

mod by_hand;
mod given;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use self::by_hand::slopes_by_hand;
use self::given::Given;
use super::floating;
use crate::autograd::is_grad_enabled;
use crate::autograd::record::{Saved, record_several, records, unrecorded};
use crate::backend::{Elements, RecurrentSlopes, backend_of};
use crate::dim_vec::DimVec;
use crate::error::{Result, shape_error};
use crate::layout::Layout;
use crate::op::{Recurrence, RecurrentOp};
use crate::storage::Storage;
use crate::tensor::Tensor;

/// A layer in one direction.
#[derive(Clone, Copy)]
pub(crate) struct Direction<'a> {
    pub op: RecurrentOp,
    /// `[gates · hidden, inputs]` and `[gates · hidden, hidden]`.
    pub weights: [&'a Tensor; 2],
    /// `[gates · hidden]` each.
    pub biases: Option<[&'a Tensor; 2]>,
    pub batch_first: bool,
    pub reverse: bool,
}

impl RecurrentOp {
    fn word(self) -> &'static str {
        match self {
            RecurrentOp::Tanh => "rnn_tanh",
            RecurrentOp::Relu => "rnn_relu",
            RecurrentOp::Lstm => "lstm",
            RecurrentOp::Gru => "gru",
        }
    }

    fn node(self) -> &'static str {
        match self {
            RecurrentOp::Tanh => "RnnTanhBackward0",
            RecurrentOp::Relu => "RnnReluBackward0",
            RecurrentOp::Lstm => "LstmBackward0",
            RecurrentOp::Gru => "GruBackward0",
        }
    }
}

fn needs(name: &str, x: &Tensor, shape: &[usize]) -> Result<()> {
    match x.layout.shape[..] == *shape {
        true => Ok(()),
        false => Err(shape_error!("{name} needs shape {shape:?}, not {}", x.size())),
    }
}

/// Refuses what does not fit. The input has three dimensions.
fn fitting(given: &Given, d: &Direction) -> Result<Recurrence> {
    let [weight_ih, weight_hh] = given.weights();
    floating(d.op.word(), &given.tensors.iter().collect::<Vec<_>>())?;
    let shape = &given.x().layout.shape;
    let (batch, steps) = if d.batch_first { (shape[0], shape[1]) } else { (shape[1], shape[0]) };
    let hidden = weight_hh.layout.shape.last().copied().unwrap_or(0);
    let r = Recurrence { op: d.op, batch, steps, hidden, batch_first: d.batch_first, reverse: d.reverse };
    needs("weight_ih", weight_ih, &[r.width(), shape[2]])?;
    needs("weight_hh", weight_hh, &[r.width(), hidden])?;
    for (name, bias) in ["bias_ih", "bias_hh"].iter().zip(given.biases().into_iter().flatten()) {
        needs(name, bias, &[r.width()])?;
    }
    for (name, state) in ["the state h_0", "the state c_0"].iter().zip(given.states().into_iter().flatten()) {
        needs(name, state, &[batch, hidden])?;
    }
    Ok(r)
}

/// Sends a sequence through a layer in one direction: outputs of all steps, `[length, batch, hidden]`, or `[batch, length,
/// hidden]`; the last of them; and of LSTM, the last cell. States are `[batch, hidden]`.
pub(crate) fn recurrent(x: &Tensor, states: &[&Tensor], d: &Direction) -> Result<Vec<Tensor>> {
    let mut tensors = vec![x.alias(), d.weights[0].alias(), d.weights[1].alias()];
    tensors.extend(d.biases.into_iter().flatten().map(Tensor::alias));
    tensors.extend(states.iter().map(|state| state.alias()));
    let given = Given { tensors, has_biases: d.biases.is_some(), states: states.len() };
    let r = fitting(&given, d)?;
    let made = Made::of(&given, &r)?;
    let results = made.results(&r, &given.x().layout.shape);
    let operands: Vec<&Tensor> = given.tensors.iter().collect();
    Ok(if records(&operands) { recorded(results, given.with(vec![]), &operands, made.kept(), r) } else { results })
}

/// A tensor of a storage.
fn tensor(storage: &Arc<Storage>, shape: &[usize]) -> Tensor {
    Tensor::from_storage(storage.clone(), Layout::contiguous(DimVec::from_slice(shape)))
}

/// The results of the backend, by rows.
struct Made {
    gates: Arc<Storage>,
    outputs: Arc<Storage>,
    beside: Arc<Storage>,
}

impl Made {
    fn of(given: &Given, r: &Recurrence) -> Result<Made> {
        unrecorded(|| {
            let backend = backend_of(r.op.word(), &given.tensors.iter().collect::<Vec<_>>())?;
            let x = given.rows(r);
            let [weight_ih, weight_hh] = given.weights();
            let is_gru = r.op == RecurrentOp::Gru;
            // Both biases are added to the same sums, except that the reset gate takes a share of one.
            let bias = given.biases().map(|[of_inputs, of_outputs]| match is_gru {
                true => of_inputs.values(),
                false => of_inputs + of_outputs,
            });
            let gates = backend.linear(x.elements(), weight_ih.elements(), bias.as_ref().map(Tensor::elements));
            let of_outputs = given.biases().filter(|_| is_gru).map(|[_, of_outputs]| of_outputs.elements());
            let layout = Layout::contiguous(DimVec::from_slice(&[r.rows(), r.width()]));
            let [outputs, beside] = backend.recur_(
                r,
                Elements { storage: &gates, layout: &layout },
                given.states().map(|state| state.map(Tensor::elements)),
                weight_hh.elements(),
                of_outputs,
            );
            Ok(Made { gates, outputs, beside })
        })
    }

    /// The results that users get. The last step is copied, since it is a separate result.
    fn results(&self, r: &Recurrence, shape: &[usize]) -> Vec<Tensor> {
        let shape = [shape[0], shape[1], r.hidden];
        let last = if r.reverse { 0 } else { r.steps as i64 - 1 };
        let last = |x: &Tensor| unrecorded(|| x.select(i64::from(r.batch_first), last).copied());
        let outputs = tensor(&self.outputs, &shape);
        let mut results = vec![last(&outputs)];
        if r.op == RecurrentOp::Lstm {
            results.push(last(&tensor(&self.beside, &shape)));
        }
        results.insert(0, outputs);
        results
    }

    /// The part that the backward pass needs. Users get the outputs, which their own node must not hold.
    fn kept(self) -> Kept {
        let has_gates = !Arc::ptr_eq(&self.gates, &self.outputs);
        Kept { gates: has_gates.then_some(self.gates), beside: self.beside }
    }
}

/// The values kept beside the outputs; no gates where these are the outputs.
struct Kept {
    gates: Option<Arc<Storage>>,
    beside: Arc<Storage>,
}

impl Kept {
    /// Back through the steps.
    fn slopes(&self, given: &Given, outputs: &Tensor, gradients: &[Option<Tensor>], r: &Recurrence) -> RecurrentSlopes {
        let gates = self.gates.as_ref().map_or_else(|| outputs.values(), |gates| tensor(gates, &[r.rows(), r.width()]));
        let beside = tensor(&self.beside, &[self.beside.len()]);
        let gradients = std::array::from_fn(|at| Some(gradients.get(at)?.as_ref()?.elements()));
        given.x().backend().recur_gradient(
            r,
            [gates.elements(), outputs.elements(), beside.elements()],
            given.states().map(|state| state.map(Tensor::elements)),
            given.weights()[1].elements(),
            gradients,
        )
    }
}

fn recorded(results: Vec<Tensor>, given: Given, operands: &[&Tensor], made: Kept, r: Recurrence) -> Vec<Tensor> {
    let kept: Vec<Saved> = operands.iter().map(|operand| Saved::operand(operand)).collect();
    let outputs = Saved::result(&results[0]);
    record_several(results, r.op.node(), operands, move |pass, gradients| {
        let given = given.with(kept.iter().map(|kept| pass.get(kept)).collect::<Result<_>>()?);
        if is_grad_enabled() {
            let wanted: Vec<usize> = (0..given.tensors.len()).filter(|&operand| pass.wants(operand)).collect();
            for (&operand, gradient) in wanted.iter().zip(slopes_by_hand(&given, &gradients, &wanted, &r)?) {
                pass.give(operand, || gradient);
            }
            return Ok(());
        }
        let slopes = made.slopes(&given, &pass.get(&outputs)?, &gradients, &r);
        let rows = |storage: &Arc<Storage>| tensor(storage, &[r.rows(), r.width()]);
        let gates = rows(&slopes.gates);
        let from_outputs = slopes.from_outputs.as_ref().map(rows);
        let before = tensor(&slopes.before, &[r.rows(), r.hidden]);
        pass.give(0, || gates.matmul(given.weights()[0]).view(&given.x().layout.shape[..]));
        if pass.wants(1) || pass.wants(2) {
            let (x, inputs) = (given.rows(&r), given.x().layout.shape[2]);
            // Transposed, since gates are more than what they are made of, and are then read as they lie.
            let (of_inputs, of_outputs) = match &from_outputs {
                Some(from_outputs) => (x.t().matmul(&gates), before.t().matmul(from_outputs)),
                None => {
                    let both = crate::shape::try_cat_dim([&x, &before], 1)?.t().matmul(&gates);
                    (both.narrow(0, 0, inputs), both.narrow(0, inputs, r.hidden))
                }
            };
            pass.give(1, || of_inputs.t());
            pass.give(2, || of_outputs.t());
        }
        if given.has_biases {
            pass.give(3, || gates.sum_dim(0));
            pass.give(4, || from_outputs.as_ref().unwrap_or(&gates).sum_dim(0));
        }
        for (state, slope) in slopes.states.iter().enumerate().take(given.states) {
            pass.give(given.first_state() + state, || tensor(slope, &[r.batch, r.hidden]));
        }
        Ok(())
    })
}

//! Layers that go through sequences step by step, and single steps of them.

#[doc(hidden)]
pub mod cells;
#[doc(hidden)]
pub mod layers;
mod stack;

pub use cells::{GRUCell, LSTMCell, RNNCell};
pub use layers::{GRU, LSTM, RNN};

use super::{Parameter, init};
use crate::create::empty;
use crate::functional::recurrent::Direction;
use crate::op::RecurrentOp;
use crate::tensor::Tensor;

/// The parameters of a layer in one direction.
#[derive(Clone)]
struct Weights {
    /// `[gates · hidden, inputs]` and `[gates · hidden, hidden]`.
    weights: [Parameter; 2],
    /// `[gates · hidden]` each, if there are any.
    biases: Option<[Parameter; 2]>,
}

impl Weights {
    /// PyTorch's first values: uniform in ±1/√`hidden`.
    fn drawn(op: RecurrentOp, inputs: usize, hidden: usize, has_bias: bool) -> Weights {
        let (bound, width) = (1.0 / (hidden as f64).sqrt(), op.gates() * hidden);
        let parameter = |shape: &[usize]| Parameter::new(init::uniform_(&empty(shape), -bound, bound));
        let weights = [parameter(&[width, inputs]), parameter(&[width, hidden])];
        Weights { weights, biases: has_bias.then(|| [parameter(&[width]), parameter(&[width])]) }
    }

    fn direction(&self, op: RecurrentOp, batch_first: bool, reverse: bool) -> Direction<'_> {
        let biases = self.biases.as_ref().map(|biases| biases.each_ref().map(|bias| -> &Tensor { bias }));
        Direction {
            op,
            weights: self.weights.each_ref().map(|weight| -> &Tensor { weight }),
            biases,
            batch_first,
            reverse,
        }
    }
}

/// The functions that an RNN knows, by their names.
#[track_caller]
fn nonlinearity(word: &str, name: &str) -> RecurrentOp {
    match name {
        "tanh" => RecurrentOp::Tanh,
        "relu" => RecurrentOp::Relu,
        _ => panic!("{word}: nonlinearity {name:?} is unknown; give \"tanh\" or \"relu\""),
    }
}

#[track_caller]
fn check_sizes(word: &str, input_size: usize, hidden_size: usize) {
    let fits = input_size > 0 && hidden_size > 0;
    assert!(fits, "{word}: input_size {input_size} and hidden_size {hidden_size} must be 1 or more");
}

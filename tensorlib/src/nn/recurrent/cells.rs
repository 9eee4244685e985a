//! Single steps.

use super::{Weights, check_sizes, nonlinearity};
use crate::create::random::Draws;
use crate::error::{Result, fallible, shape_error};
use crate::functional::recurrent::{Direction, recurrent};
use crate::nn::show::described;
use crate::nn::{Module, Parameter};
use crate::op::RecurrentOp;
use crate::tensor::Tensor;

/// Declares a cell.
macro_rules! cells {
    ($($(#[$doc:meta])* $name:ident: $op:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Module)]
        #[module(extra_repr = Self::text)]
        pub struct $name {
            /// The weight of inputs, shape `[gates · hidden_size, input_size]`.
            pub weight_ih: Parameter,
            /// The weight of the last output, shape `[gates · hidden_size, hidden_size]`.
            pub weight_hh: Parameter,
            /// The bias of inputs, shape `[gates · hidden_size]`, if there is one.
            pub bias_ih: Option<Parameter>,
            /// The bias of the last output, shape `[gates · hidden_size]`, if there is one.
            pub bias_hh: Option<Parameter>,
            #[module(skip)]
            op: RecurrentOp,
            #[module(skip)]
            draws: Draws,
        }

        impl $name {
            /// A step with biases, for inputs of `input_size` features and outputs of `hidden_size`.
            ///
            /// # Panics
            /// If one of them is 0.
            #[track_caller]
            pub fn new(input_size: usize, hidden_size: usize) -> $name {
                check_sizes(stringify!($name), input_size, hidden_size);
                let op = RecurrentOp::$op;
                let (drawn, draws) = Draws::of(|| Weights::drawn(op, input_size, hidden_size, true));
                let ([weight_ih, weight_hh], [bias_ih, bias_hh]) = (drawn.weights, biases(drawn.biases));
                $name { weight_ih, weight_hh, bias_ih, bias_hh, op, draws }
            }

            /// With or without biases. The cell's weights are drawn again.
            #[must_use = "this gives the layer"]
            pub fn bias(mut self, has_bias: bool) -> $name {
                let (inputs, hidden) = (self.input_size(), self.hidden_size());
                let drawn = self.draws.again(|| Weights::drawn(self.op, inputs, hidden, has_bias));
                [self.weight_ih, self.weight_hh] = drawn.weights;
                [self.bias_ih, self.bias_hh] = biases(drawn.biases);
                self
            }

            /// The number of features of an input.
            pub fn input_size(&self) -> usize {
                self.weight_ih.layout.shape[1]
            }

            /// The number of features of an output.
            pub fn hidden_size(&self) -> usize {
                self.weight_hh.layout.shape[1]
            }

            fn text(&self) -> String {
                let mut text = format!("{}, {}", self.input_size(), self.hidden_size());
                if self.bias_ih.is_none() {
                    text += ", bias=false";
                }
                if self.op == RecurrentOp::Relu {
                    text += ", nonlinearity=relu";
                }
                text
            }

            fn run(&self, x: &Tensor, states: &[&Tensor]) -> Result<Vec<Tensor>> {
                let biases = match (&self.bias_ih, &self.bias_hh) {
                    (Some(of_inputs), Some(of_outputs)) => Some([&**of_inputs, &**of_outputs]),
                    _ => None,
                };
                let weights = [&*self.weight_ih, &*self.weight_hh];
                step(x, states, Direction { op: self.op, weights, biases, batch_first: false, reverse: false })
                    .map_err(|error| error.within(&described(self)))
            }
        }
    )* };
}

fn biases(drawn: Option<[Parameter; 2]>) -> [Option<Parameter>; 2] {
    drawn.map_or([None, None], |biases| biases.map(Some))
}

/// A sequence of one step: the output and, of LSTM, the cell.
fn step(x: &Tensor, states: &[&Tensor], direction: Direction) -> Result<Vec<Tensor>> {
    let (inputs, hidden) = (direction.weights[0].layout.shape[1], direction.weights[1].layout.shape[1]);
    let rank = x.ndim();
    if !(rank == 1 || rank == 2) || x.layout.shape[rank - 1] != inputs {
        return Err(shape_error!(
            "needs an input [batch, {inputs}], or [{inputs}] of one example, not shape {}",
            x.size()
        ));
    }
    let mut shape = x.layout.shape.clone();
    shape[rank - 1] = hidden;
    if let Some(state) = states.iter().find(|state| state.layout.shape != shape) {
        return Err(shape_error!("the state needs shape {:?}, not {}", &shape[..], state.size()));
    }
    let with_batch = |x: &Tensor| if rank == 2 { x.alias() } else { x.unsqueeze(0) };
    let states: Vec<Tensor> = states.iter().map(|state| with_batch(state)).collect();
    let mut made = recurrent(&with_batch(x).unsqueeze(0), &states.iter().collect::<Vec<_>>(), &direction)?;
    made.remove(0);
    Ok(if rank == 2 { made } else { made.iter().map(|result| result.squeeze_dim(0)).collect() })
}

cells! {
    /// A step of an [`RNN`](super::RNN): `h' = tanh(W x + b + U h + c)`.
    ///
    /// | | shape |
    /// |---|---|
    /// | input | `[batch, input_size]`, or `[input_size]` |
    /// | output | `[batch, hidden_size]`, or `[hidden_size]` |
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let cell = nn::RNNCell::new(3, 4).nonlinearity("relu");
    /// let mut h = zeros([2, 4]);
    /// for x in randn([5, 2, 3]).unbind() {
    ///     h = cell.forward_with(&x, &h);
    /// }
    /// assert_eq!(h.size(), [2, 4]);
    /// ```
    RNNCell: Tanh;

    /// A step of an [`LSTM`](super::LSTM), which gives an output and a cell.
    ///
    /// | | shape |
    /// |---|---|
    /// | input | `[batch, input_size]`, or `[input_size]` |
    /// | output, cell | `[batch, hidden_size]`, or `[hidden_size]` |
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let cell = nn::LSTMCell::new(3, 4);
    /// let (mut h, mut c) = (zeros([2, 4]), zeros([2, 4]));
    /// for x in randn([5, 2, 3]).unbind() {
    ///     (h, c) = cell.forward_with(&x, (&h, &c));
    /// }
    /// assert_eq!(h.size(), [2, 4]);
    /// assert_eq!(c.size(), [2, 4]);
    /// ```
    LSTMCell: Lstm;

    /// A step of a [`GRU`](super::GRU).
    ///
    /// | | shape |
    /// |---|---|
    /// | input | `[batch, input_size]`, or `[input_size]` |
    /// | output | `[batch, hidden_size]`, or `[hidden_size]` |
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let cell = nn::GRUCell::new(3, 4);
    /// let h = cell.forward(&randn([2, 3]));
    /// assert_eq!(cell.forward_with(&randn([2, 3]), &h).size(), [2, 4]);
    /// ```
    GRUCell: Gru;
}

impl RNNCell {
    /// The function of the step: `"tanh"`, which it is by default, or `"relu"`.
    ///
    /// # Panics
    /// If the name is another one.
    #[must_use = "this gives the layer"]
    #[track_caller]
    pub fn nonlinearity(mut self, name: &str) -> RNNCell {
        self.op = nonlinearity("RNNCell", name);
        self
    }
}

/// The forms of cells that give one tensor.
macro_rules! forwards {
    ($($name:ident)*) => { $(
        impl $name {
            fallible! {
                /// The output of a first step, whose state is zeros.
                pub fn forward | try_forward(&self, x: &Tensor) -> Tensor {
                    Ok(self.run(x, &[])?.remove(0))
                }

                /// The output of a step, given the one before.
                pub fn forward_with | try_forward_with(&self, x: &Tensor, h: &Tensor) -> Tensor {
                    Ok(self.run(x, &[h])?.remove(0))
                }
            }
        }
    )* };
}
forwards!(RNNCell GRUCell);

fn pair(made: Vec<Tensor>) -> (Tensor, Tensor) {
    made.try_into()
        .map(|[output, cell]: [Tensor; 2]| (output, cell))
        .unwrap_or_else(|_| unreachable!("there is a cell"))
}

impl LSTMCell {
    fallible! {
        /// The output and the cell of a first step, whose state is zeros.
        pub fn forward | try_forward(&self, x: &Tensor) -> (Tensor, Tensor) {
            self.run(x, &[]).map(pair)
        }

        /// The output and the cell of a step, given those of the one before.
        pub fn forward_with | try_forward_with(&self, x: &Tensor, states: (&Tensor, &Tensor)) -> (Tensor, Tensor) {
            self.run(x, &[states.0, states.1]).map(pair)
        }
    }
}

//! Recurrent layers on top of each other, in one direction or in both.

use super::Weights;
use crate::create::random::Draws;
use crate::error::{Result, shape_error, value_error};
use crate::functional::{recurrent::recurrent, try_dropout};
use crate::nn::{Field, Training, Visitor};
use crate::op::RecurrentOp;
use crate::shape::{try_cat_dim, try_stack};
use crate::tensor::Tensor;

/// The options of a stack.
#[derive(Clone, Copy)]
pub(super) struct Options {
    pub op: RecurrentOp,
    pub input_size: usize,
    pub hidden_size: usize,
    pub num_layers: usize,
    pub has_bias: bool,
    pub batch_first: bool,
    pub dropout: f64,
    pub bidirectional: bool,
}

impl Options {
    fn directions(&self) -> usize {
        1 + usize::from(self.bidirectional)
    }

    /// For each layer, for each direction.
    fn drawn(&self) -> Vec<Weights> {
        let inputs = |layer: usize| if layer == 0 { self.input_size } else { self.hidden_size * self.directions() };
        (0..self.num_layers * self.directions())
            .map(|number| Weights::drawn(self.op, inputs(number / self.directions()), self.hidden_size, self.has_bias))
            .collect()
    }

    /// As PyTorch prints them.
    pub fn text(&self) -> String {
        let mut text = format!("{}, {}", self.input_size, self.hidden_size);
        if self.num_layers != 1 {
            text += &format!(", num_layers={}", self.num_layers);
        }
        if !self.has_bias {
            text += ", bias=false";
        }
        if self.batch_first {
            text += ", batch_first=true";
        }
        if self.dropout != 0.0 {
            text += &format!(", dropout={}", self.dropout);
        }
        if self.bidirectional {
            text += ", bidirectional=true";
        }
        text
    }
}

/// The layers, each of which reads the outputs of the one before.
#[derive(Clone)]
pub(super) struct Stack {
    pub options: Options,
    weights: Vec<Weights>,
    training: Training,
    draws: Draws,
}

/// Shows the parameters under PyTorch's names, as those of the layer that it is a field of.
impl Field for Stack {
    fn show(&self, _name: &str, visitor: &mut dyn Visitor) {
        let directions = self.options.directions();
        for (number, weights) in self.weights.iter().enumerate() {
            let end = if number % directions == 0 { "" } else { "_reverse" };
            let layer = number / directions;
            for (word, weight) in ["ih", "hh"].iter().zip(&weights.weights) {
                visitor.parameter(&format!("weight_{word}_l{layer}{end}"), weight);
            }
            for (word, bias) in ["ih", "hh"].iter().zip(weights.biases.iter().flatten()) {
                visitor.parameter(&format!("bias_{word}_l{layer}{end}"), bias);
            }
        }
        visitor.training(&self.training);
    }
}

impl Stack {
    pub fn new(op: RecurrentOp, input_size: usize, hidden_size: usize) -> Stack {
        let options = Options {
            op,
            input_size,
            hidden_size,
            num_layers: 1,
            has_bias: true,
            batch_first: false,
            dropout: 0.0,
            bidirectional: false,
        };
        let (weights, draws) = Draws::of(|| options.drawn());
        Stack { options, weights, training: Training::default(), draws }
    }

    /// With options that decide what is drawn.
    pub fn again(mut self, change: impl FnOnce(&mut Options)) -> Stack {
        change(&mut self.options);
        self.weights = self.draws.again(|| self.options.drawn());
        self
    }

    /// The outputs of all steps, and the last ones of each layer and direction: outputs and, of LSTM, cells.
    pub fn run(&self, x: &Tensor, states: &[&Tensor]) -> Result<Vec<Tensor>> {
        let o = &self.options;
        let is_batch = self.takes(x)?;
        // Beside a batch of one.
        let of_batch = i64::from(!o.batch_first);
        let with_batch = |x: &Tensor, dim: i64| if is_batch { x.alias() } else { x.unsqueeze(dim) };
        let x = with_batch(x, of_batch);
        let states = states.iter().zip(["h_0", "c_0"]).map(|(state, name)| {
            self.takes_state(name, state, is_batch.then(|| x.layout.shape[of_batch as usize]))?;
            Ok(with_batch(state, 1))
        });
        let states: Vec<Tensor> = states.collect::<Result<_>>()?;
        let mut results = self.through(x, &states)?;
        if !is_batch {
            for (number, result) in results.iter_mut().enumerate() {
                *result = result.try_squeeze_dim(if number == 0 { of_batch } else { 1 })?;
            }
        }
        Ok(results)
    }

    /// Of a batch.
    fn through(&self, mut x: Tensor, states: &[Tensor]) -> Result<Vec<Tensor>> {
        let (o, directions) = (&self.options, self.options.directions());
        let mut last: [Vec<Tensor>; 2] = Default::default();
        for (layer, weights) in self.weights.chunks(directions).enumerate() {
            if layer > 0 {
                x = self.dropped(x)?;
            }
            let mut outputs = Vec::with_capacity(directions);
            for (direction, weights) in weights.iter().enumerate() {
                let number = (layer * directions + direction) as i64;
                let own: Vec<Tensor> = states.iter().map(|state| state.try_select(0, number)).collect::<Result<_>>()?;
                let direction = weights.direction(o.op, o.batch_first, direction == 1);
                let mut made = recurrent(&x, &own.iter().collect::<Vec<_>>(), &direction)?.into_iter();
                outputs.extend(made.next());
                last.iter_mut().zip(made).for_each(|(last, made)| last.push(made));
            }
            x = if directions == 1 { outputs.remove(0) } else { try_cat_dim(&outputs[..], -1)? };
        }
        let mut results = vec![x];
        for last in last.iter().filter(|last| !last.is_empty()) {
            results.push(if last.len() == 1 { last[0].unsqueeze(0) } else { try_stack(&last[..])? });
        }
        Ok(results)
    }

    /// In training, leaves out a share of what goes from layer to layer. Random numbers are drawn step by step, as in PyTorch,
    /// in whatever order the examples are.
    fn dropped(&self, x: Tensor) -> Result<Tensor> {
        let share = self.options.dropout;
        if share == 0.0 || !self.training.get() {
            return Ok(x);
        }
        if !self.options.batch_first {
            return try_dropout(&x, share);
        }
        Ok(try_dropout(&x.transpose(0, 1).contiguous(), share)?.transpose(0, 1))
    }

    /// Whether the input is a batch.
    fn takes(&self, x: &Tensor) -> Result<bool> {
        let (o, shape) = (&self.options, &x.layout.shape);
        let order = if o.batch_first { "batch, length" } else { "length, batch" };
        let wanted = format!("[{order}, {}], or [length, {}] of one sequence", o.input_size, o.input_size);
        if shape.len() != 2 && shape.len() != 3 {
            return Err(shape_error!("needs an input {wanted}, not shape {}", x.size()));
        }
        let last = shape[shape.len() - 1];
        if last != o.input_size {
            return Err(shape_error!(
                "needs an input {wanted}, but the last dimension of shape {} is {last}",
                x.size()
            ));
        }
        let is_batch = shape.len() == 3;
        if shape[usize::from(is_batch && o.batch_first)] == 0 {
            return Err(value_error!("needs a sequence of 1 step or more, not an input of shape {}", x.size()));
        }
        Ok(is_batch)
    }

    fn takes_state(&self, name: &str, state: &Tensor, batch: Option<usize>) -> Result<()> {
        let o = &self.options;
        let count = o.num_layers * o.directions();
        let wanted = match batch {
            Some(batch) => vec![count, batch, o.hidden_size],
            None => vec![count, o.hidden_size],
        };
        match state.layout.shape[..] == wanted[..] {
            true => Ok(()),
            false => Err(shape_error!(
                "the state {name} needs shape {wanted:?}, one row for each layer and direction, not {}",
                state.size()
            )),
        }
    }
}

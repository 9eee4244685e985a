//! Whole sequences.

use super::stack::Stack;
use super::{check_sizes, nonlinearity};
use crate::error::{Result, fallible};
use crate::nn::Module;
use crate::nn::trace::traced;
use crate::op::RecurrentOp;
use crate::tensor::Tensor;

/// Declares a layer and the options that all have.
macro_rules! layers {
    ($($(#[$doc:meta])* $name:ident: $op:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Module)]
        #[module(extra_repr = Self::text)]
        pub struct $name {
            stack: Stack,
        }

        impl $name {
            /// One layer with biases, from the first step to the last, for inputs of `input_size` features and outputs
            /// of `hidden_size`.
            ///
            /// # Panics
            /// If one of them is 0.
            #[track_caller]
            pub fn new(input_size: usize, hidden_size: usize) -> $name {
                check_sizes(stringify!($name), input_size, hidden_size);
                $name { stack: Stack::new(RecurrentOp::$op, input_size, hidden_size) }
            }

            /// The number of layers on top of each other, each of which reads the outputs of the one before; 1 by
            /// default. Their weights are drawn again.
            ///
            /// # Panics
            /// If it is 0.
            #[must_use = "this gives the layer"]
            #[track_caller]
            pub fn num_layers(self, num_layers: usize) -> $name {
                let name = stringify!($name);
                assert!(num_layers > 0, "{name}: num_layers must be 1 or more");
                $name { stack: self.stack.again(|options| options.num_layers = num_layers) }
            }

            /// With or without biases. The layer's weights are drawn again.
            #[must_use = "this gives the layer"]
            pub fn bias(self, has_bias: bool) -> $name {
                $name { stack: self.stack.again(|options| options.has_bias = has_bias) }
            }

            /// Whether each layer also goes from the last step to the first, with separate weights: outputs of both
            /// directions stand side by side. The layer's weights are drawn again.
            #[must_use = "this gives the layer"]
            pub fn bidirectional(self, bidirectional: bool) -> $name {
                $name { stack: self.stack.again(|options| options.bidirectional = bidirectional) }
            }

            /// Whether dimension 0 of inputs and outputs counts examples and dimension 1 steps; by default it is the other way
            /// around, as in PyTorch. States are always `[layers, batch, hidden_size]`.
            #[must_use = "this gives the layer"]
            pub fn batch_first(mut self, batch_first: bool) -> $name {
                self.stack.options.batch_first = batch_first;
                self
            }

            /// The share of outputs that is left out in training on the way from layer to layer; 0 by default.
            ///
            /// # Panics
            /// If it is not from 0 to 1.
            #[must_use = "this gives the layer"]
            #[track_caller]
            pub fn dropout(mut self, p: f64) -> $name {
                let name = stringify!($name);
                assert!((0.0..=1.0).contains(&p), "{name}: the share that is left out must be from 0 to 1, not {p}");
                self.stack.options.dropout = p;
                self
            }

            fn text(&self) -> String {
                self.stack.options.text()
            }

            /// The outputs of all steps, and what is left at the end.
            fn run(&self, x: &Tensor, states: &[&Tensor]) -> Result<(Tensor, Vec<Tensor>)> {
                let mut last = Vec::new();
                let output = traced(self, x, || {
                    let mut made = self.stack.run(x, states)?;
                    last = made.split_off(1);
                    Ok(made.remove(0))
                })?;
                Ok((output, last))
            }
        }
    )* };
}

layers! {
    /// A recurrent layer: `hₜ = tanh(W xₜ + b + U hₜ₋₁ + c)`. Elman, *Finding Structure in Time*, 1990.
    ///
    /// | | shape |
    /// |---|---|
    /// | input | `[length, batch, input_size]`, with `batch_first` `[batch, length, input_size]`, or `[length, input_size]` |
    /// | outputs | those of the input with `hidden_size`, of both directions `2 · hidden_size`, for `input_size` |
    /// | states | `[layers · directions, batch, hidden_size]`, or `[layers · directions, hidden_size]` |
    ///
    /// Parameters are named as in PyTorch: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, with `_reverse` behind
    /// for the second direction. First values are uniform in ±1/√`hidden_size`, PyTorch's own for the same seed.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let layer = nn::RNN::new(3, 4).batch_first(true);
    /// let (outputs, last) = layer.forward(&randn([2, 5, 3]));
    /// assert_eq!(outputs.size(), [2, 5, 4]);
    /// assert!(outputs.i((.., -1)).equal(last.i(0)));
    /// assert_eq!(layer.to_string(), "RNN(3, 4, batch_first=true)");
    /// ```
    RNN: Tanh;

    /// A recurrent layer with cells, which keep what gates let in until gates let go of it. Hochreiter and Schmidhuber, *Long
    /// Short-Term Memory*, 1997; Gers et al., *Learning to Forget*, 2000.
    ///
    /// | | |
    /// |---|---|
    /// | gates | `i, f, o = σ(W xₜ + b + U hₜ₋₁ + c)`, `g = tanh(…)`, weights in the order `i f g o` |
    /// | cell | `cₜ = f · cₜ₋₁ + i · g` |
    /// | output | `hₜ = o · tanh(cₜ)` |
    ///
    /// Shapes, names and first values of parameters are as of [`RNN`].
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let layer = nn::LSTM::new(32, 128).num_layers(2).batch_first(true);
    /// let (outputs, (last, cells)) = layer.forward(&randn([8, 16, 32]));
    /// assert_eq!(outputs.size(), [8, 16, 128]);
    /// assert_eq!(last.size(), [2, 8, 128]);
    /// assert_eq!(cells.size(), [2, 8, 128]);
    /// assert_eq!(layer.to_string(), "LSTM(32, 128, num_layers=2, batch_first=true)");
    /// assert_eq!(layer.named_parameters()[0].0, "weight_ih_l0");
    /// ```
    LSTM: Lstm;

    /// A recurrent layer whose gates say what is kept of the last output. Cho et al., *Learning Phrase Representations using RNN
    /// Encoder-Decoder*, 2014; the reset gate stands behind the product, as in PyTorch.
    ///
    /// | | |
    /// |---|---|
    /// | gates | `r, z = σ(W xₜ + b + U hₜ₋₁ + c)`, weights in the order `r z n` |
    /// | new value | `n = tanh(W xₜ + b + r · (U hₜ₋₁ + c))` |
    /// | output | `hₜ = (1 - z) · n + z · hₜ₋₁` |
    ///
    /// Shapes, names and first values of parameters are as of [`RNN`].
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let layer = nn::GRU::new(3, 4).bidirectional(true);
    /// let (outputs, last) = layer.forward(&randn([5, 2, 3]));
    /// assert_eq!(outputs.size(), [5, 2, 8]);
    /// assert_eq!(last.size(), [2, 2, 4]);
    /// ```
    GRU: Gru;
}

impl RNN {
    /// The function of a step: `"tanh"`, which it is by default, or `"relu"`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let layer = nn::RNN::new(3, 4).nonlinearity("relu");
    /// assert!(layer.forward(&randn([5, 3])).0.ge(0).all().item::<bool>());
    /// ```
    ///
    /// # Panics
    /// If the name is another one.
    #[must_use = "this gives the layer"]
    #[track_caller]
    pub fn nonlinearity(mut self, name: &str) -> RNN {
        self.stack.options.op = nonlinearity("RNN", name);
        self
    }
}

/// The forms of layers without cells.
macro_rules! forwards {
    ($($name:ident)*) => { $(
        impl $name {
            fallible! {
                /// The outputs of all steps, and the last of each layer and direction, beginning with states of zeros.
                pub fn forward | try_forward(&self, x: &Tensor) -> (Tensor, Tensor) {
                    let (outputs, mut last) = self.run(x, &[])?;
                    Ok((outputs, last.remove(0)))
                }

                /// [`forward`](Self::forward) beginning with states, such as those that were left of the sequence before.
                #[doc = concat!(
                    "```\n# use tensorlib::prelude::*;\nlet layer = nn::", stringify!($name), "::new(3, 4);\n",
                    "let x = randn([6, 2, 3]);\nlet (whole, _) = layer.forward(&x);\n",
                    "let (_, state) = layer.forward(&x.i(..4));\n",
                    "let (rest, _) = layer.forward_with(&x.i(4..), &state);\n",
                    "assert!(rest.allclose_within(whole.i(4..), 1e-4, 1e-6));\n```"
                )]
                pub fn forward_with | try_forward_with(&self, x: &Tensor, h_0: &Tensor) -> (Tensor, Tensor) {
                    let (outputs, mut last) = self.run(x, &[h_0])?;
                    Ok((outputs, last.remove(0)))
                }
            }
        }
    )* };
}
forwards!(RNN GRU);

fn with_cells((outputs, last): (Tensor, Vec<Tensor>)) -> (Tensor, (Tensor, Tensor)) {
    let [output, cell] = last.try_into().unwrap_or_else(|_| unreachable!("outputs and cells are left"));
    (outputs, (output, cell))
}

impl LSTM {
    fallible! {
        /// The outputs of all steps, and the last outputs and cells of each layer and direction, beginning with states of zeros.
        pub fn forward | try_forward(&self, x: &Tensor) -> (Tensor, (Tensor, Tensor)) {
            self.run(x, &[]).map(with_cells)
        }

        /// [`forward`](Self::forward) beginning with outputs and cells, such as those that were left of the sequence before.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let layer = nn::LSTM::new(3, 4);
        /// let x = randn([6, 2, 3]);
        /// let (whole, _) = layer.forward(&x);
        /// let (_, (h, c)) = layer.forward(&x.i(..4));
        /// let (rest, _) = layer.forward_with(&x.i(4..), (&h, &c));
        /// assert!(rest.allclose_within(whole.i(4..), 1e-4, 1e-6));
        /// ```
        pub fn forward_with | try_forward_with(&self, x: &Tensor, states: (&Tensor, &Tensor)) -> (Tensor, (Tensor, Tensor)) {
            self.run(x, &[states.0, states.1]).map(with_cells)
        }
    }
}

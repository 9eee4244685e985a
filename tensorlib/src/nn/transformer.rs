//! Layers of transformers.

use super::attention::{Attend, MultiheadAttention};
use super::forward::Forward;
use super::{Dropout, LayerNorm, Linear, Module};
use crate::create::random::Draws;
use crate::error::{Result, fallible, or_raise};
use crate::tensor::Tensor;

/// The function between the two linear layers of a [`TransformerEncoderLayer`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FeedForward {
    /// The positive part.
    #[default]
    Relu,
    /// `x Φ(x)`.
    Gelu,
}

/// Self-attention and two linear layers, each with a way around it, normalised. Vaswani et al., *Attention Is All You Need*,
/// 2017.
///
/// | | shape |
/// |---|---|
/// | input | `[length, batch, d_model]`, with `batch_first` `[batch, length, d_model]` |
/// | result | that of the input |
///
/// ```
/// use tensorlib::prelude::*;
///
/// let layer = nn::TransformerEncoderLayer::new(32, 4).dim_feedforward(64).batch_first(true);
/// assert_eq!(layer.forward(&randn([2, 5, 32])).size(), [2, 5, 32]);
/// ```
#[derive(Clone, Module)]
pub struct TransformerEncoderLayer {
    /// The attention that reads the other positions.
    pub self_attn: MultiheadAttention,
    /// From `d_model` to `dim_feedforward`.
    pub linear1: Linear,
    dropout: Dropout,
    /// And back.
    pub linear2: Linear,
    /// After attention, or before it with `norm_first`.
    pub norm1: LayerNorm,
    /// After the linear layers, or before them with `norm_first`.
    pub norm2: LayerNorm,
    dropout1: Dropout,
    dropout2: Dropout,
    #[module(skip)]
    options: Options,
    #[module(skip)]
    draws: Draws,
}

#[derive(Clone, Copy)]
struct Options {
    d_model: usize,
    nhead: usize,
    dim_feedforward: usize,
    dropout: f64,
    activation: FeedForward,
    layer_norm_eps: f64,
    batch_first: bool,
    norm_first: bool,
    has_bias: bool,
}

impl Options {
    fn drawn(&self) -> (MultiheadAttention, Linear, Linear) {
        let attention = MultiheadAttention::new(self.d_model, self.nhead).bias(self.has_bias);
        let attention = attention.dropout(self.dropout).batch_first(self.batch_first);
        let linear1 = Linear::new(self.d_model, self.dim_feedforward).bias(self.has_bias);
        (attention, linear1, Linear::new(self.dim_feedforward, self.d_model).bias(self.has_bias))
    }

    fn norm(&self) -> LayerNorm {
        LayerNorm::new(self.d_model).eps(self.layer_norm_eps).bias(self.has_bias)
    }
}

impl TransformerEncoderLayer {
    /// A layer with PyTorch's options: 2048 features between the linear layers, dropout 0.1, ReLU.
    ///
    /// # Panics
    /// If the heads do not divide the features.
    #[track_caller]
    pub fn new(d_model: usize, nhead: usize) -> TransformerEncoderLayer {
        let options = Options {
            d_model,
            nhead,
            dim_feedforward: 2048,
            dropout: 0.1,
            activation: FeedForward::Relu,
            layer_norm_eps: 1e-5,
            batch_first: false,
            norm_first: false,
            has_bias: true,
        };
        let ((self_attn, linear1, linear2), draws) = Draws::of(|| options.drawn());
        let dropout = || Dropout::new(options.dropout);
        TransformerEncoderLayer {
            self_attn,
            linear1,
            dropout: dropout(),
            linear2,
            norm1: options.norm(),
            norm2: options.norm(),
            dropout1: dropout(),
            dropout2: dropout(),
            options,
            draws,
        }
    }

    fn again(mut self) -> TransformerEncoderLayer {
        (self.self_attn, self.linear1, self.linear2) = self.draws.again(|| self.options.drawn());
        (self.norm1, self.norm2) = (self.options.norm(), self.options.norm());
        self
    }

    /// The number of features between the linear layers; 2048 by default. The layer's weights are drawn again.
    #[must_use = "this gives the layer"]
    pub fn dim_feedforward(mut self, features: usize) -> TransformerEncoderLayer {
        self.options.dim_feedforward = features;
        self.again()
    }

    /// The share that is left out in training, at three places and of the weights of attention; 0.1 by default.
    ///
    /// # Panics
    /// If it is not from 0 to 1.
    #[must_use = "this gives the layer"]
    #[track_caller]
    pub fn dropout(mut self, p: f64) -> TransformerEncoderLayer {
        self.options.dropout = p;
        self.self_attn = self.self_attn.dropout(p);
        [&mut self.dropout, &mut self.dropout1, &mut self.dropout2]
            .into_iter()
            .for_each(|place| *place = Dropout::new(p));
        self
    }

    /// The function between the linear layers; ReLU by default.
    #[must_use = "this gives the layer"]
    pub fn activation(mut self, activation: FeedForward) -> TransformerEncoderLayer {
        self.options.activation = activation;
        self
    }

    /// The number added to variances; 1e-5 by default.
    #[must_use = "this gives the layer"]
    pub fn layer_norm_eps(mut self, eps: f64) -> TransformerEncoderLayer {
        self.options.layer_norm_eps = eps;
        (self.norm1, self.norm2) = (self.norm1.eps(eps), self.norm2.eps(eps));
        self
    }

    /// Whether dimension 0 counts examples.
    #[must_use = "this gives the layer"]
    pub fn batch_first(mut self, batch_first: bool) -> TransformerEncoderLayer {
        self.options.batch_first = batch_first;
        self.self_attn = self.self_attn.batch_first(batch_first);
        self
    }

    /// Whether to normalise before attention and linear layers instead of after them. Xiong et al., *On Layer Normalization in
    /// the Transformer Architecture*, 2020.
    #[must_use = "this gives the layer"]
    pub fn norm_first(mut self, norm_first: bool) -> TransformerEncoderLayer {
        self.options.norm_first = norm_first;
        self
    }

    /// With or without biases. The layer's weights are drawn again.
    #[must_use = "this gives the layer"]
    pub fn bias(mut self, has_bias: bool) -> TransformerEncoderLayer {
        self.options.has_bias = has_bias;
        self.again()
    }

    fallible! {
        /// The result with places hidden: see [`Attend`]. Weights are never computed.
        pub fn forward_with | try_forward_with(&self, x: &Tensor, options: Attend<'_>) -> Tensor {
            let options = options.need_weights(false);
            let attend = |x: &Tensor| -> Result<Tensor> {
                let (y, _) = self.self_attn.try_forward_with(x, x, x, options.clone())?;
                self.dropout1.try_forward(&y)
            };
            if self.options.norm_first {
                let x = x.try_add(attend(&self.norm1.try_forward(x)?)?)?;
                let y = self.feed_forward(&self.norm2.try_forward(&x)?)?;
                return x.try_add(y);
            }
            let x = self.norm1.try_forward(&x.try_add(attend(x)?)?)?;
            let y = self.feed_forward(&x)?;
            self.norm2.try_forward(&x.try_add(y)?)
        }
    }

    fn feed_forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = self.linear1.try_forward(x)?;
        let y = match self.options.activation {
            FeedForward::Relu => y.try_relu()?,
            FeedForward::Gelu => y.gelu(),
        };
        self.dropout2.try_forward(&self.linear2.try_forward(&self.dropout.try_forward(&y)?)?)
    }
}

impl Forward for TransformerEncoderLayer {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        or_raise(self.try_forward(x))
    }

    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        self.try_forward_with(x, Attend::new())
    }
}

/// Encoder layers one after the other. They begin as copies of one, with the same values, as in PyTorch.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let layer = nn::TransformerEncoderLayer::new(16, 2).dim_feedforward(32).batch_first(true);
/// let encoder = nn::TransformerEncoder::new(&layer, 3);
/// assert_eq!(encoder.forward(&randn([2, 5, 16])).size(), [2, 5, 16]);
/// assert_eq!(encoder.num_parameters(), 3 * layer.num_parameters());
/// ```
#[derive(Clone, Module)]
pub struct TransformerEncoder {
    layers: Vec<TransformerEncoderLayer>,
    norm: Option<LayerNorm>,
}

impl TransformerEncoder {
    /// An encoder of `num_layers` copies of a layer.
    pub fn new(layer: &TransformerEncoderLayer, num_layers: usize) -> TransformerEncoder {
        TransformerEncoder { layers: vec![layer.clone(); num_layers], norm: None }
    }

    /// With a normalisation at the end.
    #[must_use = "this gives the encoder"]
    pub fn norm(mut self, norm: LayerNorm) -> TransformerEncoder {
        self.norm = Some(norm);
        self
    }

    fallible! {
        /// The result with places hidden: see [`Attend`].
        pub fn forward_with | try_forward_with(&self, x: &Tensor, options: Attend<'_>) -> Tensor {
            let mut x = x.alias();
            for layer in &self.layers {
                x = layer.try_forward_with(&x, options.clone())?;
            }
            match &self.norm {
                Some(norm) => norm.try_forward(&x),
                None => Ok(x),
            }
        }
    }
}

impl Forward for TransformerEncoder {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        or_raise(self.try_forward(x))
    }

    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        self.try_forward_with(x, Attend::new())
    }
}

//! Attention of several heads.

use super::{Forward, Linear, Module, Parameter, Training, init};
use crate::create::random::Draws;
use crate::create::{empty, zeros};
use crate::error::{Result, fallible, shape_error};
use crate::functional::{self as F, Attention};
use crate::ops::try_where_cond;
use crate::tensor::Tensor;

/// Attention of several heads: each reads the sequences through its own projections. Vaswani et al., *Attention Is All
/// You Need*, 2017.
///
/// | | shape |
/// |---|---|
/// | query | `[length, batch, embed_dim]`, with `batch_first` `[batch, length, embed_dim]`, or `[length, embed_dim]` |
/// | key, value | the same with another length |
/// | result | that of the query |
/// | weights | `[batch, query length, key length]`, the mean of all heads |
///
/// ```
/// use tensorlib::prelude::*;
///
/// let attention = nn::MultiheadAttention::new(32, 4).batch_first(true);
/// let x = randn([2, 5, 32]);
/// let (y, weights) = attention.forward(&x, &x, &x);
/// assert_eq!(y.size(), [2, 5, 32]);
/// assert!(weights.sum_dim(-1).allclose(ones([2, 5])));
/// ```
#[derive(Clone, Module)]
pub struct MultiheadAttention {
    /// The projections of query, key and value one below the other, shape `[3 · embed_dim, embed_dim]`.
    pub in_proj_weight: Parameter,
    /// Their bias, shape `[3 · embed_dim]`.
    pub in_proj_bias: Option<Parameter>,
    /// The projection of what the heads found.
    pub out_proj: Linear,
    embed_dim: usize,
    num_heads: usize,
    dropout: f64,
    batch_first: bool,
    training: Training,
    #[module(skip)]
    draws: Draws,
}

/// Which keys a query may attend to, and what [`MultiheadAttention::forward_with`] returns.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let attention = nn::MultiheadAttention::new(8, 2).batch_first(true);
/// let x = randn([1, 4, 8]);
/// let hidden = tensor![[false, false, false, true]]; // the last is padding
/// let (_, weights) = attention.forward_with(&x, &x, &x, nn::Attend::new().key_padding_mask(&hidden));
/// assert!(weights.unwrap().i((.., .., 3)).eq(0.0).all().item::<bool>());
/// ```
#[derive(Clone, Default)]
#[must_use = "options do nothing by themselves"]
pub struct Attend<'a> {
    attn_mask: Option<&'a Tensor>,
    key_padding_mask: Option<&'a Tensor>,
    is_causal: bool,
    without_weights: bool,
    each_head: bool,
}

impl<'a> Attend<'a> {
    /// All may see all.
    pub fn new() -> Attend<'a> {
        Attend::default()
    }

    /// `true` where a query must **not** look, as in PyTorch's module (its function has it the other way around), or numbers that
    /// are added to the scores; shape `[queries, keys]` or `[batch · heads, queries, keys]`.
    pub fn attn_mask(mut self, mask: &'a Tensor) -> Attend<'a> {
        self.attn_mask = Some(mask);
        self
    }

    /// `true` for keys that no query may attend to, shape `[batch, keys]`.
    pub fn key_padding_mask(mut self, mask: &'a Tensor) -> Attend<'a> {
        self.key_padding_mask = Some(mask);
        self
    }

    /// Whether a query sees only keys up to its own number.
    pub fn is_causal(mut self, is_causal: bool) -> Attend<'a> {
        self.is_causal = is_causal;
        self
    }

    /// Whether to give the weights; without them, attention is faster and needs less memory. They are by default.
    pub fn need_weights(mut self, needs: bool) -> Attend<'a> {
        self.without_weights = !needs;
        self
    }

    /// Whether to give the mean weights of all heads, as by default, or those of each, shape `[batch, heads, queries, keys]`.
    pub fn average_attn_weights(mut self, averages: bool) -> Attend<'a> {
        self.each_head = !averages;
        self
    }
}

impl MultiheadAttention {
    /// Attention of `num_heads` heads, which share the features among them.
    ///
    /// # Panics
    /// If the heads do not divide the features.
    #[track_caller]
    pub fn new(embed_dim: usize, num_heads: usize) -> MultiheadAttention {
        let fits = num_heads > 0 && embed_dim.is_multiple_of(num_heads);
        assert!(fits, "MultiheadAttention: {num_heads} heads do not divide {embed_dim} features");
        let ((in_proj_weight, in_proj_bias, out_proj), draws) = Draws::of(|| drawn(embed_dim, true));
        MultiheadAttention {
            in_proj_weight,
            in_proj_bias,
            out_proj,
            embed_dim,
            num_heads,
            dropout: 0.0,
            batch_first: false,
            training: Training::default(),
            draws,
        }
    }

    /// The share of weights that is left out in training; 0 by default.
    #[must_use = "this gives the layer"]
    pub fn dropout(mut self, p: f64) -> MultiheadAttention {
        self.dropout = p;
        self
    }

    /// Whether dimension 0 counts examples and dimension 1 places; by default it is the other way around, as in PyTorch.
    #[must_use = "this gives the layer"]
    pub fn batch_first(mut self, batch_first: bool) -> MultiheadAttention {
        self.batch_first = batch_first;
        self
    }

    /// With or without biases. The layer's weights are drawn again.
    #[must_use = "this gives the layer"]
    pub fn bias(mut self, has_bias: bool) -> MultiheadAttention {
        (self.in_proj_weight, self.in_proj_bias, self.out_proj) = self.draws.again(|| drawn(self.embed_dim, has_bias));
        self
    }

    fallible! {
        /// The result, and the mean weights of all heads.
        pub fn forward | try_forward(&self, query: &Tensor, key: &Tensor, value: &Tensor) -> (Tensor, Tensor) {
            let (y, weights) = self.try_forward_with(query, key, value, Attend::new())?;
            Ok((y, weights.expect("they were asked for")))
        }

        /// [`forward`](Self::forward) with options: the result, and the weights if they are asked for.
        pub fn forward_with | try_forward_with(&self, query: &Tensor, key: &Tensor, value: &Tensor, options: Attend<'_>) -> (Tensor, Option<Tensor>) {
            self.attended(query, key, value, &options).map_err(|error| error.within(&super::show::described(self)))
        }
    }

    fn attended(
        &self,
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
        options: &Attend,
    ) -> Result<(Tensor, Option<Tensor>)> {
        let is_batch = query.ndim() == 3;
        let [q, k, v] = self.projected([query, key, value])?;
        let mask = self.mask(&q, &k, options)?;
        let share = if self.training.get() { self.dropout } else { 0.0 };
        let (y, weights) = if options.without_weights {
            let mut attention = Attention::new().dropout_p(share).is_causal(options.is_causal && mask.is_none());
            if let Some(mask) = &mask {
                attention = attention.attn_mask(mask);
            }
            (F::try_scaled_dot_product_attention_with(&q, &k, &v, attention)?, None)
        } else {
            let scale = 1.0 / ((self.embed_dim / self.num_heads) as f64).sqrt();
            let mut scores = (&q * scale).try_matmul(k.transpose(-2, -1))?;
            if let Some(mask) = &mask {
                scores = scores.try_add(mask)?;
            } else if options.is_causal {
                scores = scores.try_add(causal(&q, &k))?;
            }
            let weights = scores.try_softmax(-1)?;
            let kept = if share > 0.0 { F::try_dropout(&weights, share)? } else { weights.alias() };
            (kept.try_matmul(&v)?, Some(if options.each_head { weights } else { weights.mean_dim(1) }))
        };
        let y = self.together(&y, share > 0.0)?;
        let y = match (is_batch, self.batch_first) {
            (false, _) => y.squeeze_dim(0),
            (true, true) => y,
            (true, false) => y.transpose(0, 1),
        };
        Ok((y, weights.map(|weights| if is_batch { weights } else { weights.squeeze_dim(0) })))
    }

    /// The results of the heads, `[batch, heads, length, features]`, side by side and projected:
    /// `[batch, length, embed_dim]`.
    ///
    /// PyTorch's result lies in memory by length first, and what drops out of it later is drawn in the order of memory. So it
    /// does here where something drops out; otherwise by batch, which is one copy less.
    fn together(&self, y: &Tensor, lies_by_length: bool) -> Result<Tensor> {
        let y = if lies_by_length { y.permute([2, 0, 1, 3]) } else { y.transpose(1, 2) };
        let y = y.try_reshape([y.size()[0], y.size()[1], self.embed_dim])?;
        let y = self.out_proj.try_forward(&y)?;
        Ok(if lies_by_length { y.transpose(0, 1) } else { y })
    }

    /// Query, key and value, each projected and cut into heads: `[batch, heads, length, features]`.
    fn projected(&self, given: [&Tensor; 3]) -> Result<[Tensor; 3]> {
        let [query, key, value] = given;
        let rank = query.ndim();
        let fits = (rank == 2 || rank == 3)
            && given.iter().all(|x| x.ndim() == rank && x.size()[rank - 1] == self.embed_dim)
            && key.size() == value.size();
        if !fits {
            let order = if self.batch_first { "[batch, length" } else { "[length, batch" };
            return Err(shape_error!(
                "needs query, key and value of shape {order}, {}], key and value alike, not {}, {} and {}",
                self.embed_dim,
                query.size(),
                key.size(),
                value.size()
            ));
        }
        let is_same = |a: &Tensor, b: &Tensor| std::ptr::eq(a, b);
        let projected: Vec<Tensor> = if is_same(query, key) && is_same(key, value) {
            // All in one product.
            F::try_linear(query, &self.in_proj_weight, self.in_proj_bias.as_deref())?.try_chunk_dim(3, -1)?
        } else {
            let weights = self.in_proj_weight.chunk(3);
            let biases = self.in_proj_bias.as_ref().map(|bias| bias.chunk(3));
            let one = |(number, x): (usize, &Tensor)| {
                F::try_linear(x, &weights[number], biases.as_ref().map(|biases| &biases[number]))
            };
            given.into_iter().enumerate().map(one).collect::<Result<_>>()?
        };
        let heads = |x: &Tensor| {
            let x = match (rank, self.batch_first) {
                (2, _) => x.unsqueeze(0),
                (_, true) => x.alias(),
                (_, false) => x.transpose(0, 1),
            };
            let (batch, length) = (x.size()[0], x.size()[1]);
            let x = x.try_reshape([batch, length, self.num_heads, self.embed_dim / self.num_heads])?;
            Ok(x.transpose(1, 2))
        };
        Ok([heads(&projected[0])?, heads(&projected[1])?, heads(&projected[2])?])
    }

    /// All that is masked, as numbers to add to scores.
    fn mask(&self, q: &Tensor, k: &Tensor, options: &Attend) -> Result<Option<Tensor>> {
        let (batch, queries, keys) = (q.size()[0], q.size()[2], k.size()[2]);
        let added = |mask: &Tensor| -> Result<Tensor> {
            match mask.dtype().is_floating_point() {
                true => Ok(mask.alias()),
                false => try_where_cond(mask.bool(), f64::NEG_INFINITY, zeros([1]).to_dtype(q.dtype())),
            }
        };
        let mut sum: Option<Tensor> = None;
        if let Some(mask) = options.attn_mask {
            let shape = mask.size();
            let mask = match shape[..] {
                [a, b] if (a, b) == (queries, keys) => added(mask)?,
                [n, a, b] if n == batch * self.num_heads && (a, b) == (queries, keys) => {
                    added(mask)?.try_reshape([batch, self.num_heads, queries, keys])?
                }
                _ => {
                    return Err(shape_error!(
                        "attn_mask needs shape [{queries}, {keys}] or [{}, {queries}, {keys}], not {shape}",
                        batch * self.num_heads
                    ));
                }
            };
            sum = Some(mask);
        }
        if let Some(mask) = options.key_padding_mask {
            let mask = if mask.ndim() == 1 { mask.unsqueeze(0) } else { mask.alias() };
            if mask.size() != [batch, keys] {
                return Err(shape_error!("key_padding_mask needs shape [{batch}, {keys}], not {}", mask.size()));
            }
            let mask = added(&mask)?.try_reshape([batch, 1, 1, keys])?;
            sum = Some(match sum {
                Some(sum) => sum.try_add(&mask)?,
                None => mask,
            });
        }
        match sum {
            Some(sum) if options.is_causal => Ok(Some(sum.try_add(causal(q, k))?)),
            sum => Ok(sum),
        }
    }
}

/// Numbers to add so that a query sees only keys up to its own number.
fn causal(q: &Tensor, k: &Tensor) -> Tensor {
    let shape = [q.size()[2], k.size()[2]];
    crate::create::full(shape, f64::NEG_INFINITY).to_dtype(q.dtype()).triu_diagonal(1)
}

fn drawn(embed_dim: usize, has_bias: bool) -> (Parameter, Option<Parameter>, Linear) {
    let in_proj_weight = Parameter::new(empty([3 * embed_dim, embed_dim]));
    let out_proj = Linear::new(embed_dim, embed_dim).bias(has_bias);
    init::xavier_uniform_(&in_proj_weight, 1.0);
    if let Some(bias) = &out_proj.bias {
        init::zeros_(bias);
    }
    (in_proj_weight, has_bias.then(|| Parameter::new(zeros([3 * embed_dim]))), out_proj)
}

//! Attention.

use super::floating;
use super::options::options;
use crate::autograd::is_grad_enabled;
use crate::autograd::record::{Saved, record, records};
use crate::backend::backend_of;
use crate::backend::geometry::{AttentionCall, AttentionSizes};
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::error::{Result, dtype_error, fallible, shape_error, value_error};
use crate::layout::{Layout, broadcast};
use crate::tensor::Tensor;

options! {
    /// The options of [`scaled_dot_product_attention_with`].
    pub struct Attention<'a> {
        /// Which keys queries may attend to, in a shape that broadcasts to `[…, queries, keys]`: `true` where they may,
        /// or numbers that are added to the scores.
        attn_mask: Option<&'a Tensor>, None, |mask: &'a Tensor| Some(mask);
        /// The share of weights that is left out, as by [`dropout`](super::dropout()); 0 by default.
        dropout_p: f64, 0.0, |share: f64| share;
        /// Whether a query sees only keys up to its own number; `false` by default.
        is_causal: bool, false, |is_causal: bool| is_causal;
        /// The factor of the scores; by default 1 over the root of the number of features.
        scale: Option<f64>, None, |scale: f64| Some(scale);
    }
}

/// A tensor whose rows are side by side within themselves, as values only.
fn with_rows(x: &Tensor) -> Tensor {
    let last = x.ndim() - 1;
    if x.layout.strides[last] == 1 || x.layout.shape[last] == 1 { x.values() } else { x.copied() }
}

fn checked(op: &str, [q, k, v]: [&Tensor; 3], options: &Attention) -> Result<AttentionSizes> {
    floating(op, &[q, k, v])?;
    let rank = q.ndim();
    if rank < 2 || k.ndim() < 2 || v.ndim() < 2 {
        return Err(shape_error!(
            "{op}: needs queries […, queries, features], keys […, keys, features] and values […, keys, values], not shapes {}, {} and {}",
            q.size(),
            k.size(),
            v.size()
        ));
    }
    let ends = |x: &Tensor| [x.layout.shape[x.ndim() - 2], x.layout.shape[x.ndim() - 1]];
    let ([queries, features], [keys, of_keys], [of_values, values]) = (ends(q), ends(k), ends(v));
    if features != of_keys || keys != of_values {
        return Err(shape_error!(
            "{op}: queries of shape {}, keys of {} and values of {} do not fit: queries and keys need as many features, keys and values as many rows",
            q.size(),
            k.size(),
            v.size()
        ));
    }
    if options.is_causal && options.attn_mask.is_some() {
        return Err(value_error!("{op}: is_causal is itself a mask; give either it or attn_mask"));
    }
    if !(0.0..=1.0).contains(&options.dropout_p) {
        return Err(value_error!("{op}: dropout_p must be from 0 to 1, not {}", options.dropout_p));
    }
    let scale = options.scale.unwrap_or(1.0 / (features as f64).sqrt());
    Ok(AttentionSizes { heads: 0, queries, keys, features, values, scale, causal: options.is_causal })
}

/// The mask as numbers to add, expanded; and whether it asks for a gradient.
fn numbers(op: &str, mask: &Tensor, dtype: DType, shape: &[usize]) -> Result<Tensor> {
    let mask = match mask.dtype() {
        DType::Bool => {
            let zeros = crate::create::filled(mask.layout.shape.clone(), dtype, crate::Scalar::Int(0));
            zeros.try_masked_fill(mask.logical_not(), f64::NEG_INFINITY)?
        }
        DType::F32 | DType::F64 => mask.to(dtype),
        other => return Err(dtype_error!("{op}: a mask is of bool, or of numbers that are added, not of {other}")),
    };
    match mask.layout.expand(op, shape) {
        Ok(_) => mask.try_expand(shape),
        Err(_) => Err(shape_error!("{op}: a mask of shape {} does not broadcast to {shape:?}", mask.size())),
    }
}

fn attend(q: &Tensor, k: &Tensor, v: &Tensor, options: &Attention) -> Result<Tensor> {
    let op = "scaled_dot_product_attention";
    let mut sizes = checked(op, [q, k, v], options)?;
    let front = |x: &Tensor| DimVec::<usize>::from_slice(&x.layout.shape[..x.ndim() - 2]);
    let batch = broadcast(op, &broadcast(op, &front(q), &front(k))?, &front(v))?;
    let expanded = |x: &Tensor| -> Result<Tensor> {
        let mut shape = batch.clone();
        shape.push(x.layout.shape[x.ndim() - 2]);
        shape.push(x.layout.shape[x.ndim() - 1]);
        if x.layout.shape == shape { Ok(x.alias()) } else { x.try_expand(&shape[..]) }
    };
    let (q, k, v) = (&expanded(q)?, &expanded(k)?, &expanded(v)?);
    sizes.heads = batch.iter().product();
    let mut shape = batch.clone();
    shape.push(sizes.queries);
    shape.push(sizes.keys);
    let mask = options.attn_mask.map(|mask| numbers(op, mask, q.dtype(), &shape)).transpose()?;
    let learns_mask = mask.as_ref().is_some_and(|mask| records(&[mask]));
    let empty = q.numel() == 0 || k.numel() == 0 || v.numel() == 0;
    if learns_mask || options.dropout_p > 0.0 || empty {
        return by_hand(q, k, v, mask.as_ref(), &sizes, options.dropout_p);
    }
    fused(q, k, v, mask.map(|mask| mask.values()), sizes)
}

/// Attention in operations that can be differentiated any number of times.
fn by_hand(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    mask: Option<&Tensor>,
    s: &AttentionSizes,
    dropout: f64,
) -> Result<Tensor> {
    let mut weights = weights(q, k, mask, s);
    if dropout > 0.0 {
        weights = super::try_dropout(&weights, dropout)?;
    }
    weights.try_matmul(v)
}

/// How much each query takes of each key.
fn weights(q: &Tensor, k: &Tensor, mask: Option<&Tensor>, s: &AttentionSizes) -> Tensor {
    let mut scores = (q * s.scale).matmul(k.transpose(-2, -1));
    if let Some(mask) = mask {
        scores += mask;
    }
    if s.causal {
        let hidden = crate::create::ones([s.queries, s.keys]).tril().eq(0);
        scores = scores.masked_fill(hidden, f64::NEG_INFINITY);
    }
    let weights = scores.softmax(-1);
    // Of a query that sees nothing, nothing is taken.
    let blind = scores.detach().eq(f64::NEG_INFINITY).all_keepdim(-1);
    if blind.any().item::<bool>() { weights.masked_fill(blind, 0) } else { weights }
}

/// A call of a backend, of tensors whose rows are side by side within themselves.
fn call<'a>([q, k, v]: &'a [Tensor; 3], mask: Option<&'a Tensor>, sizes: AttentionSizes) -> AttentionCall<'a> {
    let [queries, keys, values] = [q, k, v].map(Tensor::elements);
    AttentionCall { queries, keys, values, mask: mask.map(Tensor::elements), sizes }
}

/// How the result lies in memory: heads side by side, `[batch, queries, heads, values]`, as what follows wants them.
fn result_layout(q: &Tensor, s: &AttentionSizes) -> Layout {
    let mut shape = q.layout.shape.clone();
    let rank = shape.len();
    shape[rank - 1] = s.values;
    let mut order: DimVec<usize> = (0..rank).collect();
    if rank > 3 {
        order.swap(rank - 3, rank - 2);
    }
    Layout::ordered(&shape, &order)
}

fn fused(q: &Tensor, k: &Tensor, v: &Tensor, mask: Option<Tensor>, s: AttentionSizes) -> Result<Tensor> {
    let operands = [q, k, v].map(with_rows);
    let backend = backend_of("scaled_dot_product_attention", &[q, k, v, mask.as_ref().unwrap_or(q)])?;
    let layout = result_layout(q, &s);
    let (values, logs) = backend.attention(&call(&operands, mask.as_ref(), s), &layout);
    let result = Tensor::from_storage(values, layout);
    if !records(&[q, k, v]) {
        return Ok(result);
    }
    let kept = [Saved::operand(q), Saved::operand(k), Saved::operand(v), Saved::result(&result)];
    Ok(record(result, "ScaledDotProductFlashAttentionForCpuBackward0", &[q, k, v], move |pass, gradient| {
        let all = [pass.get(&kept[0])?, pass.get(&kept[1])?, pass.get(&kept[2])?];
        let gradients = if is_grad_enabled() {
            slopes_by_hand(&all, &gradient, mask.as_ref(), &s)
        } else {
            let (result, gradient) = (with_rows(&pass.get(&kept[3])?), with_rows(&gradient));
            let all = all.each_ref().map(with_rows);
            let call = call(&all, mask.as_ref(), s);
            let values = gradient.backend().attention_gradient(&call, result.elements(), &logs, gradient.elements());
            let mut shapes = all.iter().map(|x| Layout::contiguous(x.layout.shape.clone()));
            values.map(|values| Tensor::from_storage(values, shapes.next().expect("three")))
        };
        for (operand, gradient) in gradients.into_iter().enumerate() {
            pass.give(operand, || gradient);
        }
        Ok(())
    }))
}

/// The gradients in operations that can be differentiated.
fn slopes_by_hand(
    [q, k, v]: &[Tensor; 3],
    gradient: &Tensor,
    mask: Option<&Tensor>,
    s: &AttentionSizes,
) -> [Tensor; 3] {
    let weights = weights(q, k, mask, s);
    let of_v = weights.transpose(-2, -1).matmul(gradient);
    let of_weights = gradient.matmul(v.transpose(-2, -1));
    let of_scores = &weights * (&of_weights - (&of_weights * &weights).sum_keepdim(-1)) * s.scale;
    [of_scores.matmul(k), of_scores.transpose(-2, -1).matmul(q), of_v]
}

fallible! {
    /// Of each query the mean of the values, weighted by how well their keys fit it: `softmax(q k^T / √features) v`. Vaswani et
    /// al., *Attention Is All You Need*, 2017.
    ///
    /// | | shape |
    /// |---|---|
    /// | `q` | `[…, queries, features]` |
    /// | `k` | `[…, keys, features]` |
    /// | `v` | `[…, keys, values]` |
    /// | result | `[…, queries, values]` |
    ///
    /// The matrix of all weights is never kept.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let (q, k, v) = (randn([2, 3, 4]), randn([2, 5, 4]), randn([2, 5, 6]));
    /// let by_hand = (q.matmul(k.transpose(-2, -1)) / 2).softmax(-1).matmul(&v);
    /// assert!(F::scaled_dot_product_attention(&q, &k, &v).allclose_within(by_hand, 1e-4, 1e-6));
    /// ```
    pub fn scaled_dot_product_attention | try_scaled_dot_product_attention(q: &Tensor, k: &Tensor, v: &Tensor) -> Tensor {
        attend(q, k, v, &Attention::new())
    }

    /// [`scaled_dot_product_attention`] with options.
    ///
    /// ```
    /// # use tensorlib::{functional::{self as F, Attention}, prelude::*};
    /// let x = randn([1, 2, 8, 4]);
    /// let causal = F::scaled_dot_product_attention_with(&x, &x, &x, Attention::new().is_causal(true));
    /// assert!(causal.i((.., .., 0)).allclose(x.i((.., .., 0)))); // the first sees itself alone
    /// let mask = ones([8, 8]).tril().bool();
    /// let masked = F::scaled_dot_product_attention_with(&x, &x, &x, Attention::new().attn_mask(&mask));
    /// assert!(causal.allclose_within(masked, 1e-4, 1e-6));
    /// ```
    pub fn scaled_dot_product_attention_with | try_scaled_dot_product_attention_with(
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        options: Attention<'_>,
    ) -> Tensor {
        attend(q, k, v, &options)
    }
}

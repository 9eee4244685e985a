//! Attention.

use super::options::options;
use super::{floating, read};
use crate::autograd::is_grad_enabled;
use crate::autograd::record::{Saved, record, records};
use crate::backend::cpu::attention::{self, Mask, Sizes, Stack};
use crate::backend::cpu::rows;
use crate::dtype::DType;
use crate::element::{Element, with_floating};
use crate::error::{Result, dtype_error, fallible, shape_error, value_error};
use crate::layout::{Layout, broadcast};
use crate::list::List;
use crate::memory::allocator;
use crate::tensor::Tensor;

options! {
    /// The options of [`scaled_dot_product_attention_with`].
    pub struct Attention<'a> {
        /// What queries may see, in a shape that broadcasts to `[…, queries, keys]`: `true` where they may, or numbers that
        /// are added to the scores.
        attn_mask: Option<&'a Tensor>, None, |mask: &'a Tensor| Some(mask);
        /// The share of weights that is left out, as by [`dropout`](super::dropout()); 0 by default.
        dropout_p: f64, 0.0, |share: f64| share;
        /// Whether a query sees only keys up to its own number; `false` by default.
        is_causal: bool, false, |is_causal: bool| is_causal;
        /// What scores are multiplied by; by default 1 over the root of the number of features.
        scale: Option<f64>, None, |scale: f64| Some(scale);
    }
}

/// Where each matrix of a stack begins, of a layout whose first dimensions are `batch`.
fn starts(layout: &Layout, batch: &[usize]) -> Vec<usize> {
    let dims = batch.len();
    let layout = Layout {
        shape: List::from_slice(batch),
        strides: List::from_slice(&layout.strides[..dims]),
        offset: layout.offset,
    };
    let mut starts = Vec::with_capacity(layout.numel());
    let walked = rows::Rows::new([&layout]);
    walked.walk(0..walked.numel, |[start], _, count| starts.extend((0..count).map(|at| start + at * walked.steps[0])));
    starts
}

/// A tensor whose rows are side by side within themselves, as values only.
fn with_rows(x: &Tensor) -> Tensor {
    let last = x.ndim() - 1;
    if x.layout.strides[last] == 1 || x.layout.shape[last] == 1 { x.values() } else { x.copied() }
}

/// The operands of a call that has been checked.
struct Call {
    sizes: Sizes,
    batch: List<usize>,
    /// Numbers to add, in the shape `[batch, queries, keys]` by strides.
    mask: Option<Tensor>,
}

/// A tensor's elements and how its matrices lie, for kernels.
macro_rules! stack {
    ($x:expr, $elements:expr, $starts:expr) => {
        Stack { elements: $elements, starts: $starts, stride: $x.layout.strides[$x.ndim() - 2] }
    };
}

/// All elements of the storages, since layouts begin anywhere.
fn whole(x: &Tensor) -> Tensor {
    let layout = Layout::contiguous(List::from_slice(&[x.storage.len()]));
    x.with_layout(layout)
}

fn checked(op: &str, [q, k, v]: [&Tensor; 3], options: &Attention) -> Result<Sizes> {
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
        return Err(value_error!("{op}: is_causal is a mask of its own; give either it or attn_mask"));
    }
    if !(0.0..=1.0).contains(&options.dropout_p) {
        return Err(value_error!("{op}: dropout_p must be from 0 to 1, not {}", options.dropout_p));
    }
    let scale = options.scale.unwrap_or(1.0 / (features as f64).sqrt());
    Ok(Sizes { heads: 0, queries, keys, features, values, scale, causal: options.is_causal })
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
    let front = |x: &Tensor| List::<usize>::from_slice(&x.layout.shape[..x.ndim() - 2]);
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
    let call = Call { sizes, batch, mask: mask.map(|mask| mask.values()) };
    Ok(fused(q, k, v, call))
}

/// Attention in operations that can be differentiated any number of times.
fn by_hand(q: &Tensor, k: &Tensor, v: &Tensor, mask: Option<&Tensor>, s: &Sizes, dropout: f64) -> Result<Tensor> {
    let mut weights = weights(q, k, mask, s);
    if dropout > 0.0 {
        weights = super::try_dropout(&weights, dropout)?;
    }
    weights.try_matmul(v)
}

/// How much each query takes of each key.
fn weights(q: &Tensor, k: &Tensor, mask: Option<&Tensor>, s: &Sizes) -> Tensor {
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

fn fused(q: &Tensor, k: &Tensor, v: &Tensor, call: Call) -> Tensor {
    let s = call.sizes;
    let [of_q, of_k, of_v] = [q, k, v].map(with_rows);
    // Heads side by side in memory, as what follows wants them: `[batch, queries, heads, values]`.
    let mut shape = call.batch.clone();
    shape.push(s.queries);
    shape.push(s.values);
    let rank = shape.len();
    let mut order: List<usize> = (0..rank).collect();
    if rank > 3 {
        order[rank - 3] = rank - 2;
        order[rank - 2] = rank - 3;
    }
    let layout = Layout::ordered(&shape, &order);
    let mask = call.mask.as_ref();
    let batch = &call.batch;
    let (result, logs) = with_floating!(q.dtype(), T => {
        let mut values = allocator::take::<T>(shape.iter().product());
        let mut logs = allocator::take::<T>(s.heads * s.queries);
        let [from_q, from_k, from_v, from_mask] = [&of_q, &of_k, &of_v, mask.unwrap_or(&of_q)].map(|x| starts(&x.layout, batch));
        let target = starts(&layout, batch);
        read::<T, _, 4>([&whole(&of_q), &whole(&of_k), &whole(&of_v), &whole(mask.unwrap_or(&of_q))], |[a, b, c, d]| {
            let stacks = [stack!(of_q, a, &from_q), stack!(of_k, b, &from_k), stack!(of_v, c, &from_v)];
            let mask = mask.map(|mask| added(mask, d, &from_mask));
            attention::forward(&mut values, (&target, layout.strides[rank - 2]), &mut logs, stacks, mask, s);
        });
        let logs = Tensor::from_values(logs, List::from_slice(&[s.heads * s.queries]));
        (Tensor::from_values(values, List::from_slice(&[shape.iter().product()])).laid_out(layout), logs)
    }, else unreachable!("checked by the caller"));
    if !records(&[q, k, v]) {
        return result;
    }
    let kept = [Saved::operand(q), Saved::operand(k), Saved::operand(v), Saved::result(&result)];
    record(result, "ScaledDotProductFlashAttentionForCpuBackward0", &[q, k, v], move |pass, gradient| {
        let all = [pass.get(&kept[0])?, pass.get(&kept[1])?, pass.get(&kept[2])?];
        let gradients = if is_grad_enabled() {
            slopes_by_hand(&all, &gradient, call.mask.as_ref(), &s)
        } else {
            slopes(&all, &pass.get(&kept[3])?, &gradient, &logs, &call)
        };
        for (operand, gradient) in gradients.into_iter().enumerate() {
            pass.give(operand, || gradient);
        }
        Ok(())
    })
}

fn added<'a, T: Element>(mask: &Tensor, elements: &'a [T], starts: &'a [usize]) -> Mask<'a, T> {
    let strides = &mask.layout.strides;
    Mask { elements, starts, strides: [strides[strides.len() - 2], strides[strides.len() - 1]] }
}

/// The gradients by the kernel.
fn slopes(all: &[Tensor; 3], y: &Tensor, gradient: &Tensor, logs: &Tensor, call: &Call) -> [Tensor; 3] {
    let s = call.sizes;
    let [q, k, v] = all.each_ref().map(with_rows);
    let (y, gradient) = (with_rows(y), with_rows(gradient));
    let mask = call.mask.as_ref();
    let batch = &call.batch;
    let operands = [&q, &k, &v, &y, &gradient, logs, mask.unwrap_or(&q)];
    let shapes = [&q, &k, &v].map(|x| x.layout.shape.clone());
    with_floating!(q.dtype(), T => {
        let mut values = shapes.each_ref().map(|shape| allocator::take::<T>(shape.iter().product()));
        let from = [&q, &k, &v, &y, &gradient, mask.unwrap_or(&q)].map(|x| starts(&x.layout, batch));
        let wholes = operands.map(whole);
        read::<T, _, 7>(wholes.each_ref(), |[a, b, c, d, e, logs, of_mask]| {
            let stacks = [
                stack!(q, a, &from[0]),
                stack!(k, b, &from[1]),
                stack!(v, c, &from[2]),
                stack!(y, d, &from[3]),
                stack!(gradient, e, &from[4]),
            ];
            let mask = mask.map(|mask| added(mask, of_mask, &from[5]));
            let [of_q, of_k, of_v] = &mut values;
            attention::backward([of_q, of_k, of_v], stacks, logs, mask, s);
        });
        let mut shapes = shapes.into_iter();
        values.map(|values| Tensor::from_values(values, shapes.next().expect("three")))
    }, else unreachable!("checked by the caller"))
}

/// The gradients in operations that can be differentiated.
fn slopes_by_hand([q, k, v]: &[Tensor; 3], gradient: &Tensor, mask: Option<&Tensor>, s: &Sizes) -> [Tensor; 3] {
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

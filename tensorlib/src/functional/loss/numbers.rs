//! Losses of numbers, element by element or vector by vector.

use super::options::{Binary, CosineSimilarity, Huber, KlDiv, Margin, SmoothL1};
use super::reduction::Reduction;
use crate::autograd::record::{Saved, record, records};
use crate::error::{Result, shape_error, value_error};
use crate::functional::floating;
use crate::layout::dimension;
use crate::tensor::Tensor;

/// Operands that must have one shape and be floating-point.
pub(super) fn alike(op: &str, x: &Tensor, target: &Tensor) -> Result<()> {
    floating(op, &[x, target])?;
    if x.layout.shape != target.layout.shape {
        return Err(shape_error!(
            "{op}: the shapes {} and {} differ; expand or reshape one of them",
            x.size(),
            target.size()
        ));
    }
    Ok(())
}

/// 0 where the difference is less than a limit, and linear beyond.
fn bent(x: &Tensor, target: &Tensor, limit: f64, scale: f64) -> Result<Tensor> {
    let far = x.try_sub(target)?.abs();
    let near = far.square() * (0.5 * scale);
    let line = (&far - 0.5 * limit) * (limit * scale);
    crate::ops::try_where_cond(far.try_lt(limit)?, near, line)
}

pub(super) fn smooth_l1(x: &Tensor, target: &Tensor, options: &SmoothL1) -> Result<Tensor> {
    alike("smooth_l1_loss", x, target)?;
    if options.beta < 0.0 {
        return Err(value_error!("smooth_l1_loss: beta must not be negative, and {} is", options.beta));
    }
    if options.beta == 0.0 {
        return options.reduction.of(&x.try_sub(target)?.abs());
    }
    options.reduction.of(&bent(x, target, options.beta, 1.0 / options.beta)?)
}

pub(super) fn huber(x: &Tensor, target: &Tensor, options: &Huber) -> Result<Tensor> {
    alike("huber_loss", x, target)?;
    if options.delta <= 0.0 {
        return Err(value_error!("huber_loss: delta must be greater than 0, not {}", options.delta));
    }
    options.reduction.of(&bent(x, target, options.delta, 1.0)?)
}

fn weighted(losses: Tensor, options: &Binary) -> Result<Tensor> {
    match options.weight {
        Some(weight) => options.reduction.of(&losses.try_mul(weight)?),
        None => options.reduction.of(&losses),
    }
}

pub(super) fn binary(x: &Tensor, target: &Tensor, options: &Binary) -> Result<Tensor> {
    let op = "binary_cross_entropy";
    alike(op, x, target)?;
    if options.pos_weight.is_some() {
        return Err(value_error!("{op}: pos_weight is an option of binary_cross_entropy_with_logits"));
    }
    let outside = x.detach().try_ge(0)?.logical_and(x.detach().try_le(1)?).logical_not().any().item::<bool>();
    if outside {
        return Err(value_error!(
            "{op}: probabilities must be from 0 to 1; of scores, use binary_cross_entropy_with_logits"
        ));
    }
    let logs = |x: &Tensor| [x.log(), (1 - x).log()].map(|log| log.clamp(-100, f64::INFINITY));
    let [of_one, of_zero] = logs(&x.values());
    let losses = -(&of_zero + (of_one - &of_zero) * target.values());
    if !records(&[x, target]) {
        return weighted(losses, options);
    }
    let kept = [Saved::operand(x), Saved::operand(target)];
    let losses = record(losses, "BinaryCrossEntropyBackward0", &[x, target], move |pass, gradient| {
        let (x, target) = (pass.get(&kept[0])?, pass.get(&kept[1])?);
        pass.give(0, || &gradient * (&x - &target) / ((1 - &x) * &x).clamp(1e-12, f64::INFINITY));
        pass.give(1, || {
            let [of_one, of_zero] = logs(&x);
            &gradient * (of_zero - of_one)
        });
        Ok(())
    });
    weighted(losses, options)
}

/// log(1 + exp(-x)), exactly.
fn log_of_sigmoid(x: &Tensor) -> Tensor {
    (-x.abs()).exp().log1p() + (-x).relu()
}

pub(super) fn binary_with_logits(x: &Tensor, target: &Tensor, options: &Binary) -> Result<Tensor> {
    alike("binary_cross_entropy_with_logits", x, target)?;
    // The loss of a target of 1 counts so much.
    let factor = |target: &Tensor, weight: &Option<Tensor>| weight.as_ref().map(|weight| (weight - 1) * target + 1);
    let weight = options.pos_weight.map(Tensor::detach);
    let losses = {
        let (x, target) = (x.values(), target.values());
        let curve = log_of_sigmoid(&x);
        let curve = match factor(&target, &weight) {
            Some(factor) => factor * curve,
            None => curve,
        };
        (1 - target) * x + curve
    };
    if !records(&[x, target]) {
        return weighted(losses, options);
    }
    let kept = [Saved::operand(x), Saved::operand(target)];
    let losses = record(losses, "BinaryCrossEntropyWithLogitsBackward0", &[x, target], move |pass, gradient| {
        let (x, target) = (pass.get(&kept[0])?, pass.get(&kept[1])?);
        pass.give(0, || match factor(&target, &weight) {
            None => &gradient * (x.sigmoid() - &target),
            Some(factor) => &gradient * (1 - &target - factor * (-&x).sigmoid()),
        });
        pass.give(1, || match &weight {
            None => -(&gradient * &x),
            Some(weight) => &gradient * ((weight - 1) * log_of_sigmoid(&x) - &x),
        });
        Ok(())
    });
    weighted(losses, options)
}

pub(super) fn divergence(x: &Tensor, target: &Tensor, options: &KlDiv) -> Result<Tensor> {
    let op = "kl_div";
    floating(op, &[x, target])?;
    let losses = if options.log_target {
        target.exp() * target.try_sub(x)?
    } else {
        // 0 · log 0 is 0.
        let logs = crate::ops::try_where_cond(target.try_gt(0)?, target, 1)?.log();
        target * logs - target.try_mul(x)?
    };
    match options.reduction {
        Reduction::BatchMean => {
            let examples = x.layout.shape.first().copied().unwrap_or(1);
            losses.sum().try_div(examples as f64)
        }
        reduction => reduction.of(&losses),
    }
}

pub(super) fn similarity(a: &Tensor, b: &Tensor, options: &CosineSimilarity) -> Result<Tensor> {
    let op = "cosine_similarity";
    floating(op, &[a, b])?;
    let shape = crate::layout::broadcast(op, &a.layout.shape, &b.layout.shape)?;
    let dim = dimension(op, options.dim, shape.len())? as i64;
    let (a, b) = (a.try_expand(&shape[..])?, b.try_expand(&shape[..])?);
    let unit = |x: &Tensor| -> Result<Tensor> {
        let norms = x.try_norm_keepdim(dim)?;
        x.try_div(norms.try_clamp(options.eps, f64::INFINITY)?)
    };
    unit(&a)?.try_mul(unit(&b)?)?.try_sum_dim(dim)
}

fn signs<'a>(op: &str, target: &'a Tensor, like: &Tensor) -> Result<&'a Tensor> {
    crate::layout::broadcast(op, &target.layout.shape, &like.layout.shape)?;
    Ok(target)
}

pub(super) fn embedded(a: &Tensor, b: &Tensor, target: &Tensor, options: &Margin) -> Result<Tensor> {
    let op = "cosine_embedding_loss";
    floating(op, &[a, b])?;
    if a.ndim() != b.ndim() || a.ndim() == 0 || a.ndim() > 2 || target.ndim() + 1 != a.ndim() {
        return Err(shape_error!(
            "{op}: needs [batch, features] twice and targets [batch], or [features] twice and a number, not shapes {}, {} and {}",
            a.size(),
            b.size(),
            target.size()
        ));
    }
    let cosine = similarity_for_loss(a, b)?;
    let apart = (&cosine - options.margin.unwrap_or(0.0)).relu();
    let losses = crate::ops::try_where_cond(
        target.try_eq(1)?,
        1 - cosine,
        crate::ops::try_where_cond(target.try_eq(-1)?, apart, 0)?,
    )?;
    options.reduction.of(&losses)
}

/// The cosine as PyTorch's loss computes it: squares with 1e-12 added, so that zeros have a gradient.
fn similarity_for_loss(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let squares = |x: &Tensor| -> Result<Tensor> { Ok(x.square().try_sum_dim(-1)? + 1e-12) };
    let product = a.try_mul(b)?.try_sum_dim(-1)?;
    product.try_div(squares(a)?.try_mul(squares(b)?)?.sqrt())
}

pub(super) fn hinge(x: &Tensor, target: &Tensor, options: &Margin) -> Result<Tensor> {
    let op = "hinge_embedding_loss";
    floating(op, &[x])?;
    let target = signs(op, target, x)?;
    let apart = (options.margin.unwrap_or(1.0) - x).relu();
    // Targets that are neither 1 nor -1 count as both, as in PyTorch.
    let of_one = crate::ops::try_where_cond(target.try_ne(-1)?, x, 0)?;
    let of_other = crate::ops::try_where_cond(target.try_ne(1)?, apart, 0)?;
    options.reduction.of(&of_one.try_add(of_other)?)
}

pub(super) fn ranking(a: &Tensor, b: &Tensor, target: &Tensor, options: &Margin) -> Result<Tensor> {
    let op = "margin_ranking_loss";
    floating(op, &[a, b])?;
    let difference = a.try_sub(b)?;
    let target = signs(op, target, &difference)?;
    let losses = (-(target.try_mul(difference)?) + options.margin.unwrap_or(0.0)).relu();
    options.reduction.of(&losses)
}

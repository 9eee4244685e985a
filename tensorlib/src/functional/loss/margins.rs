//! Losses with margins, and likelihoods of counts and of numbers with an uncertainty.

use super::classes::{in_rows, labels, weight_of};
use super::numbers::alike;
use super::options::{GaussianNll, MultiMargin, PoissonNll, Triplet};
use super::reduction::Reduction;
use crate::error::{Result, dtype_error, shape_error, value_error};
use crate::functional::floating;
use crate::tensor::Tensor;

/// The distances of vectors along the last dimension.
fn distances(a: &Tensor, b: &Tensor, options: &Triplet) -> Result<Tensor> {
    (a.try_sub(b)? + options.eps).try_norm_p_dim(options.p, -1)
}

pub(super) fn triplet(anchor: &Tensor, positive: &Tensor, negative: &Tensor, options: &Triplet) -> Result<Tensor> {
    let op = "triplet_margin_loss";
    floating(op, &[anchor, positive, negative])?;
    if anchor.ndim() == 0 || anchor.ndim() != positive.ndim() || anchor.ndim() != negative.ndim() {
        return Err(shape_error!(
            "{op}: needs three times [batch, features], or [features], not shapes {}, {} and {}",
            anchor.size(),
            positive.size(),
            negative.size()
        ));
    }
    let near = distances(anchor, positive, options)?;
    let mut far = distances(anchor, negative, options)?;
    if options.swap {
        far = far.try_minimum(distances(positive, negative, options)?)?;
    }
    options.reduction.of(&(near - far + options.margin).try_clamp(0, None)?)
}

pub(super) fn multi_margin(x: &Tensor, target: &Tensor, options: &MultiMargin) -> Result<Tensor> {
    let op = "multi_margin_loss";
    let mut operands = vec![x];
    operands.extend(options.weight);
    floating(op, &operands)?;
    if x.ndim() > 2 {
        return Err(shape_error!("{op}: needs scores [batch, classes], or [classes], not shape {}", x.size()));
    }
    if options.p != 1 && options.p != 2 {
        return Err(value_error!("{op}: p must be 1 or 2, not {}", options.p));
    }
    if target.dtype().is_floating_point() {
        return Err(dtype_error!("{op}: labels are whole numbers, not {}; convert them with long()", target.dtype()));
    }
    let (rows, shape) = in_rows(op, x)?;
    let classes = rows.layout.shape[1];
    weight_of(op, options.weight, classes)?;
    let labels = crate::create::from_vec(labels(op, x, target, &shape, classes, None)?);
    let of_label = rows.try_gather(1, labels.unsqueeze(1))?;
    let mut losses = (&rows - of_label + options.margin).relu();
    if options.p == 2 {
        losses = losses.square();
    }
    let own = crate::create::arange(classes as i64).eq(labels.unsqueeze(1));
    losses = losses.masked_fill(own, 0).sum_dim(1) / classes as f64;
    if let Some(weight) = options.weight {
        losses *= weight.try_index_select(0, &labels)?;
    }
    match options.reduction {
        Reduction::None => losses.try_reshape(&shape[..]),
        reduction => reduction.of(&losses),
    }
}

pub(super) fn poisson(x: &Tensor, target: &Tensor, options: &PoissonNll) -> Result<Tensor> {
    alike("poisson_nll_loss", x, target)?;
    let mut losses = match options.log_input {
        true => x.exp() - target * x,
        false => x - target * (x + options.eps).log(),
    };
    if options.full {
        // Stirling's approximation of the logarithm of the factorial.
        let stirling = target * target.log() - target + (target * std::f64::consts::TAU).log() * 0.5;
        losses += stirling.masked_fill(target.le(1), 0);
    }
    options.reduction.of(&losses)
}

pub(super) fn gaussian(x: &Tensor, target: &Tensor, variance: &Tensor, options: &GaussianNll) -> Result<Tensor> {
    let op = "gaussian_nll_loss";
    alike(op, x, target)?;
    floating(op, &[x, variance])?;
    let (shape, of_variance) = (&x.layout.shape[..], &variance.layout.shape[..]);
    let variance = match (shape, of_variance) {
        _ if shape == of_variance || variance.numel() == 1 => variance.alias(),
        ([front @ .., _], _) if front == of_variance => variance.unsqueeze(-1),
        ([front @ .., _], [before @ .., 1]) if front == before => variance.alias(),
        _ => {
            return Err(shape_error!(
                "{op}: an input of shape {} needs variances of that shape, or one for each row, not shape {}",
                x.size(),
                variance.size()
            ));
        }
    };
    if variance.detach().lt(0).any().item::<bool>() {
        return Err(value_error!("{op}: variances must not be negative; take the exponential of what a network gives"));
    }
    // Small ones are raised, and have gradients as if they were not.
    let values = variance.detach();
    let variance = &variance + (values.try_clamp(options.eps, None)? - &values);
    let mut losses = (variance.log() + (x - target).square() / &variance) * 0.5;
    if options.full {
        losses += 0.5 * std::f64::consts::TAU.ln();
    }
    options.reduction.of(&losses)
}

pub(super) fn soft_margin(x: &Tensor, target: &Tensor, reduction: Reduction) -> Result<Tensor> {
    alike("soft_margin_loss", x, target)?;
    reduction.of(&-(target * x).logsigmoid())
}

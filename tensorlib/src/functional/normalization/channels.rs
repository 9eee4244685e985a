//! Normalisation of channels by the mean and variance of a batch.

use std::sync::Arc;

use super::options::BatchNorm;
use super::parameters::parameters;
use crate::autograd::is_grad_enabled;
use crate::autograd::record::{Saved, record, records, unrecorded};
use crate::backend::backend_of;
use crate::backend::geometry::{ChannelNorm, NormPlanes};
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::error::{Result, shape_error, value_error};
use crate::layout::Layout;
use crate::storage::Storage;
use crate::tensor::Tensor;

/// Moves running values towards those of a batch.
fn moved(running: &Tensor, values: &Tensor, momentum: f64) -> Result<()> {
    unrecorded(|| {
        let moved = running.to(DType::F64) * (1.0 - momentum) + values * momentum;
        running.try_copy_(moved.to(running.dtype()))
    })?;
    Ok(())
}

/// The mean and the variance of each channel, as `f64`.
struct Moments {
    mean: Tensor,
    variance: Tensor,
    /// Whether they are those of the operand, and not constants.
    of_operand: bool,
}

impl Moments {
    /// Those of a batch, towards which the running ones move.
    fn of_batch(op: &str, x: &Tensor, g: NormPlanes, options: &BatchNorm) -> Result<Moments> {
        if g.count() <= 1 && g.channels > 0 {
            return Err(value_error!(
                "{op}: an input of shape {} has {} values for each channel, and training needs more than one",
                x.size(),
                g.count()
            ));
        }
        let (mean, variance) = x.backend().channel_moments(x.elements(), g);
        let [mean, variance] = [mean, variance].map(|of| channel_values(of, g.channels));
        let count = g.count() as f64;
        if let Some(running) = options.running_mean {
            moved(running, &mean, options.momentum)?;
        }
        if let Some(running) = options.running_var {
            moved(running, &(&variance * count / (count - 1.0)), options.momentum)?;
        }
        Ok(Moments { mean, variance, of_operand: true })
    }

    /// The running ones as they are now.
    fn running(op: &str, options: &BatchNorm) -> Result<Moments> {
        let (Some(mean), Some(variance)) = (options.running_mean, options.running_var) else {
            return Err(value_error!(
                "{op}: outside training it needs a running mean and variance: BatchNorm::new().running_mean(&mean).running_var(&variance)"
            ));
        };
        let [mean, variance] = [mean, variance].map(|of| of.converted(DType::F64));
        Ok(Moments { mean, variance, of_operand: false })
    }

    fn norm<'a>(&'a self, planes: NormPlanes, weight: Option<&'a Tensor>, eps: f64) -> ChannelNorm<'a> {
        let Moments { mean, variance, of_operand } = self;
        let (mean, variance) = (mean.elements(), variance.elements());
        ChannelNorm { planes, mean, variance, of_operand: *of_operand, weight: weight.map(Tensor::elements), eps }
    }
}

fn channel_values(values: Arc<Storage>, channels: usize) -> Tensor {
    Tensor::from_storage(values, Layout::contiguous(DimVec::from_slice(&[channels])))
}

pub(super) fn batch(x: &Tensor, options: &BatchNorm) -> Result<Tensor> {
    let op = "batch_norm";
    if x.ndim() < 2 {
        return Err(shape_error!("{op}: needs an input [batch, channels, …], not shape {}", x.size()));
    }
    let channels = x.layout.shape[1];
    parameters(op, x, [options.weight, options.bias], &[channels])?;
    for running in [options.running_mean, options.running_var].into_iter().flatten() {
        if running.layout.shape[..] != [channels] || !running.dtype().is_floating_point() {
            return Err(shape_error!(
                "{op}: running values for an input of shape {} are floating-point numbers of shape [{channels}], not {} of {}",
                x.size(),
                running.size(),
                running.dtype()
            ));
        }
    }
    let inner: usize = x.layout.shape[2..].iter().product();
    // Channels of single elements lie apart: bring the batch to the end.
    if inner == 1 && x.layout.shape[0] > 1 {
        let turned = x.reshape([x.layout.shape[0], channels]).t().unsqueeze(0);
        let size = x.size();
        return batch(&turned, options)?.try_squeeze_dim(0)?.t().contiguous().try_reshape(size);
    }
    let g = NormPlanes { images: x.layout.shape[0], channels, inner };
    let moments = if options.training { Moments::of_batch(op, x, g, options)? } else { Moments::running(op, options)? };
    of_channels(op, x, options, moments, g)
}

/// Normalises channels as one recorded operation.
fn of_channels(op: &str, x: &Tensor, options: &BatchNorm, moments: Moments, g: NormPlanes) -> Result<Tensor> {
    let &BatchNorm { weight, bias, eps, .. } = options;
    let backend = backend_of(op, &[x, weight.unwrap_or(x), bias.unwrap_or(x)])?;
    let values = backend.normalize_channels(x.elements(), bias.map(Tensor::elements), &moments.norm(g, weight, eps));
    let result = Tensor::from_storage(values, Layout::contiguous(x.layout.shape.clone()));
    let given = [Some(x), weight, bias];
    let order: Vec<usize> = (0..3).filter(|&at| given[at].is_some()).collect();
    let operands: Vec<&Tensor> = given.into_iter().flatten().collect();
    if !records(&operands) {
        return Ok(result);
    }
    let place = move |operand: usize| order.iter().position(|&at| at == operand);
    let kept = Saved::operand(x);
    let kept_weight = weight.map(Saved::operand);
    Ok(record(result, "NativeBatchNormBackward0", &operands, move |pass, gradient| {
        let x = pass.get(&kept)?;
        let weight = kept_weight.as_ref().map(|kept| pass.get(kept)).transpose()?;
        let all = if is_grad_enabled() {
            by_hand(&x, weight.as_ref(), &gradient, &moments, &g, eps).map(Some)
        } else {
            let norm = moments.norm(g, weight.as_ref(), eps);
            let wants_x = pass.wants(0);
            let (of_x, sums) =
                x.backend().normalize_channels_gradient(wants_x, gradient.elements(), x.elements(), &norm);
            let of_x = of_x.map(|values| Tensor::from_storage(values, Layout::contiguous(x.layout.shape.clone())));
            let sums = Tensor::from_storage(sums, Layout::contiguous(DimVec::from_slice(&[2, g.channels])));
            [of_x, Some(sums.select(0, 0)), Some(sums.select(0, 1))]
        };
        for (operand, given) in all.into_iter().enumerate() {
            if let (Some(place), Some(given)) = (place(operand), given) {
                pass.give(place, || given);
            }
        }
        Ok(())
    }))
}

/// The gradients of [`of_channels`] in operations that can be differentiated.
fn by_hand(
    x: &Tensor,
    weight: Option<&Tensor>,
    gradient: &Tensor,
    moments: &Moments,
    g: &NormPlanes,
    eps: f64,
) -> [Tensor; 3] {
    let apart = [g.images, g.channels, g.inner];
    let (size, x, gradient) = (x.size(), x.reshape(apart), gradient.reshape(apart));
    let over = [0, 2];
    let constant = |of: &Tensor| of.reshape([g.channels, 1]).to(x.dtype());
    let (off, rate) = if moments.of_operand {
        let off = &x - x.mean_keepdim(over);
        let rate = (off.square().mean_keepdim(over) + eps).rsqrt();
        (off, rate)
    } else {
        (&x - constant(&moments.mean), (constant(&moments.variance) + eps).rsqrt())
    };
    let unit = &off * &rate;
    let mut rest = gradient.alias();
    if moments.of_operand {
        rest = rest - gradient.mean_keepdim(over) - &unit * (&gradient * &unit).mean_keepdim(over);
    }
    let mut of_x = rest * rate;
    if let Some(weight) = weight {
        of_x *= weight.reshape([g.channels, 1]);
    }
    [of_x.reshape(size), (&gradient * unit).sum_dim(over), gradient.sum_dim(over)]
}

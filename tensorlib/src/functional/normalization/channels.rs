//! Normalisation of channels by the mean and variance of a batch.

use super::{BatchNorm, parameters};
use crate::autograd::is_grad_enabled;
use crate::autograd::record::{Saved, record, records};
use crate::backend::cpu::norm::{self, Planes};
use crate::element::{Element, with_floating};
use crate::error::{Result, shape_error, value_error};
use crate::functional::{lined_up, read};
use crate::memory::allocator;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

/// Moves running values towards those of a batch.
fn moved(running: &Tensor, values: impl Iterator<Item = f64>, momentum: f64) -> Result<()> {
    let dtype = running.dtype();
    let values = crate::create::from_vec(values.collect::<Vec<f64>>());
    let moved = crate::autograd::no_grad(|| running.to(crate::DType::F64) * (1.0 - momentum) + values * momentum);
    crate::autograd::no_grad(|| running.try_copy_(moved.to(dtype)))?;
    Ok(())
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
    let g = Planes { images: x.layout.shape[0], channels, inner };
    let training = options.training;
    let moments: Vec<f64> = if training {
        if g.count() <= 1 && channels > 0 {
            return Err(value_error!(
                "{op}: an input of shape {} has {} values for each channel, and training needs more than one",
                x.size(),
                g.count()
            ));
        }
        let mut moments = vec![0.0; 2 * channels];
        let line = lined_up(x);
        with_floating!(x.dtype(), T => read::<T, _, 1>([&line], |[x]| norm::channel_moments(&mut moments, x, &g)),
            else unreachable!("checked above"));
        let count = g.count() as f64;
        if let Some(running) = options.running_mean {
            moved(running, moments.iter().step_by(2).copied(), options.momentum)?;
        }
        if let Some(running) = options.running_var {
            let unbiased = moments.iter().skip(1).step_by(2).map(|variance| variance * count / (count - 1.0));
            moved(running, unbiased, options.momentum)?;
        }
        moments
    } else {
        let (Some(mean), Some(variance)) = (options.running_mean, options.running_var) else {
            return Err(value_error!(
                "{op}: outside training it needs a running mean and variance: BatchNorm::new().running_mean(&mean).running_var(&variance)"
            ));
        };
        let (mean, variance) = (mean.to_vec::<f64>(), variance.to_vec::<f64>());
        mean.into_iter().zip(variance).flat_map(|(mean, variance)| [mean, variance]).collect()
    };
    Ok(of_channels(x, options.weight, options.bias, moments, g, training, options.eps))
}

/// Normalises channels as one recorded operation.
fn of_channels(
    x: &Tensor,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    moments: Vec<f64>,
    g: Planes,
    training: bool,
    eps: f64,
) -> Tensor {
    let rate = move |moments: &[f64], channel: usize| 1.0 / (moments[2 * channel + 1] + eps).sqrt();
    let numbers = |given: Option<&Tensor>, other: f64| match given {
        Some(given) => given.to_vec::<f64>(),
        None => vec![other; g.channels],
    };
    let (factors, summands) = (numbers(weight, 1.0), numbers(bias, 0.0));
    let line = lined_up(x);
    let shape = x.layout.shape.clone();
    let result = with_floating!(x.dtype(), T => {
        let number = |value: f64| T::from_scalar(Scalar::Float(value));
        let by: Vec<[T; 3]> = (0..g.channels)
            .map(|at| [number(moments[2 * at]), number(rate(&moments, at) * factors[at]), number(summands[at])])
            .collect();
        let mut values = allocator::take::<T>(x.numel());
        read::<T, _, 1>([&line], |[x]| norm::channels(&mut values, x, &by, &g));
        Tensor::from_values(values, shape)
    }, else unreachable!("checked by the caller"));
    let given = [Some(x), weight, bias];
    let order: Vec<usize> = (0..3).filter(|&at| given[at].is_some()).collect();
    let operands: Vec<&Tensor> = given.into_iter().flatten().collect();
    if !records(&operands) {
        return result;
    }
    let place = move |operand: usize| order.iter().position(|&at| at == operand);
    let kept = Saved::operand(x);
    let kept_weight = weight.map(Saved::operand);
    record(result, "NativeBatchNormBackward0", &operands, move |pass, gradient| {
        let x = pass.get(&kept)?;
        let weight = kept_weight.as_ref().map(|kept| pass.get(kept)).transpose()?;
        if is_grad_enabled() {
            let all = channels_by_hand(&x, weight.as_ref(), &gradient, &moments, &g, training, eps);
            for (operand, given) in all.into_iter().enumerate() {
                if let Some(place) = place(operand) {
                    pass.give(place, || given);
                }
            }
            return Ok(());
        }
        let factors = weight.as_ref().map_or_else(|| vec![1.0; g.channels], |weight| weight.to_vec::<f64>());
        let (line, gradient) = (lined_up(&x), lined_up(&gradient));
        let means: Vec<f64> = moments.iter().step_by(2).copied().collect();
        let mut sums = vec![0.0; 2 * g.channels];
        let wants = pass.wants(0);
        let shape = x.layout.shape.clone();
        let of_x = with_floating!(x.dtype(), T => read::<T, _, 2>([&line, &gradient], |[x, gradient]| {
            norm::channel_sums(&mut sums, x, gradient, &means, &g);
            wants.then(|| {
                let number = |value: f64| T::from_scalar(Scalar::Float(value));
                let share = if training { 1.0 / g.count() as f64 } else { 0.0 };
                let by: Vec<[T; 4]> = (0..g.channels)
                    .map(|at| {
                        let rate = rate(&moments, at);
                        let by = [rate * factors[at], sums[2 * at] * share, sums[2 * at + 1] * share * rate * rate, means[at]];
                        by.map(number)
                    })
                    .collect();
                let mut values = allocator::take::<T>(x.len());
                norm::channels_backward(&mut values, gradient, x, &by, &g);
                Tensor::from_values(values, shape.clone())
            })
        }), else unreachable!("checked by the caller"));
        if let Some(of_x) = of_x {
            pass.give(0, || of_x);
        }
        for operand in 1..3 {
            if let Some(place) = place(operand) {
                pass.give(place, || {
                    let sum = |at: usize| match operand {
                        1 => sums[2 * at + 1] * rate(&moments, at),
                        _ => sums[2 * at],
                    };
                    crate::create::from_vec((0..g.channels).map(sum).collect::<Vec<f64>>())
                });
            }
        }
        Ok(())
    })
}

/// The gradients of [`of_channels`] in operations that can be differentiated.
fn channels_by_hand(
    x: &Tensor,
    weight: Option<&Tensor>,
    gradient: &Tensor,
    moments: &[f64],
    g: &Planes,
    training: bool,
    eps: f64,
) -> [Tensor; 3] {
    let apart = [g.images, g.channels, g.inner];
    let (size, x, gradient) = (x.size(), x.reshape(apart), gradient.reshape(apart));
    let over = [0, 2];
    let constant = |at: usize| {
        let values: Vec<f64> = moments.iter().skip(at).step_by(2).copied().collect();
        crate::create::from_vec(values).reshape([g.channels, 1]).to(x.dtype())
    };
    let (off, rate) = if training {
        let off = &x - x.mean_keepdim(over);
        let rate = (off.square().mean_keepdim(over) + eps).rsqrt();
        (off, rate)
    } else {
        (&x - constant(0), (constant(1) + eps).rsqrt())
    };
    let unit = &off * &rate;
    let mut rest = gradient.alias();
    if training {
        rest = rest - gradient.mean_keepdim(over) - &unit * (&gradient * &unit).mean_keepdim(over);
    }
    let mut of_x = rest * rate;
    if let Some(weight) = weight {
        of_x *= weight.reshape([g.channels, 1]);
    }
    [of_x.reshape(size), (&gradient * unit).sum_dim(over), gradient.sum_dim(over)]
}

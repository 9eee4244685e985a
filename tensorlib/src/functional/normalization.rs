//! Normalisation by mean and variance: of rows, of groups of channels, of batches.

use super::options::options;
use super::{floating, lined_up, read};
use crate::autograd::is_grad_enabled;
use crate::autograd::record::{Saved, record, records};
use crate::backend::cpu::norm::{self, Planes, Rows};
use crate::element::{Element, with_floating};
use crate::error::{Result, fallible, shape_error, value_error};
use crate::list::List;
use crate::memory::allocator;
use crate::scalar::Scalar;
use crate::size::{IntoInts, Ints, lengths};
use crate::tensor::Tensor;

options! {
    /// The options of [`layer_norm_with`], [`group_norm_with`], [`instance_norm_with`] and [`rms_norm_with`].
    pub struct Norm<'a> {
        /// Factors for what was normalised.
        weight: Option<&'a Tensor>, None, |weight: &'a Tensor| Some(weight);
        /// What is added in the end. Not for [`rms_norm_with`].
        bias: Option<&'a Tensor>, None, |bias: &'a Tensor| Some(bias);
        /// What is added to the variance, so that nothing is divided by zero; 1e-5 by default, and for [`rms_norm_with`] the
        /// distance from 1 to the next number of the type.
        eps: Option<f64>, None, |eps: f64| Some(eps);
    }

    /// The options of [`batch_norm_with`].
    pub struct BatchNorm<'a> {
        /// Running mean of each channel, shape `[channels]`: used in evaluation, and moved in training.
        running_mean: Option<&'a Tensor>, None, |mean: &'a Tensor| Some(mean);
        /// Running variance of each channel, shape `[channels]`: used in evaluation, and moved in training.
        running_var: Option<&'a Tensor>, None, |variance: &'a Tensor| Some(variance);
        /// Factors for what was normalised, shape `[channels]`.
        weight: Option<&'a Tensor>, None, |weight: &'a Tensor| Some(weight);
        /// What is added in the end, shape `[channels]`.
        bias: Option<&'a Tensor>, None, |bias: &'a Tensor| Some(bias);
        /// Whether the batch's own mean and variance count, and move the running ones; `false` by default.
        training: bool, false, |training: bool| training;
        /// How far running values move towards those of the batch; 0.1 by default.
        momentum: f64, 0.1, |momentum: f64| momentum;
        /// What is added to the variance, so that nothing is divided by zero; 1e-5 by default.
        eps: f64, 1e-5, |eps: f64| eps;
    }
}

/// Weight and bias must have a shape.
fn parameters(op: &str, x: &Tensor, given: [Option<&Tensor>; 2], shape: &[usize]) -> Result<()> {
    let mut operands = vec![x];
    operands.extend(given.iter().flatten());
    floating(op, &operands)?;
    for (name, given) in ["weight", "bias"].into_iter().zip(given) {
        if let Some(given) = given.filter(|given| given.layout.shape[..] != *shape) {
            return Err(shape_error!(
                "{op}: the {name} for an input of shape {} needs shape {shape:?}, not {}",
                x.size(),
                given.size()
            ));
        }
    }
    Ok(())
}

/// Normalises rows as one recorded operation. `x` is seen as `[rows, channels, inner]`.
fn normalized(name: &'static str, x: &Tensor, weight: Option<&Tensor>, bias: Option<&Tensor>, g: Rows) -> Tensor {
    // A gradient of few is asked for most of the time: operands that are missing have no edge.
    let operands = [x, weight.unwrap_or(x), bias.unwrap_or(x)];
    let [line, of_weight, of_bias] = operands.map(lined_up);
    let shape = x.layout.shape.clone();
    let (result, moments) = with_floating!(x.dtype(), T => {
        let mut values = allocator::take::<T>(x.numel());
        let mut moments = allocator::take::<T>(2 * g.rows);
        read::<T, _, 3>([&line, &of_weight, &of_bias], |[x, of_weight, of_bias]| {
            norm::rows(&mut values, &mut moments, x, weight.map(|_| of_weight), bias.map(|_| of_bias), g);
        });
        (Tensor::from_values(values, shape), Tensor::from_values(moments, List::from_slice(&[g.rows, 2])))
    }, else unreachable!("checked by the caller"));
    let given = [Some(x), weight, bias];
    // Which operand each gradient is for.
    let order: Vec<usize> = (0..3).filter(|&at| given[at].is_some()).collect();
    let operands: Vec<&Tensor> = given.into_iter().flatten().collect();
    if !records(&operands) {
        return result;
    }
    let kept = [Saved::operand(x), Saved::operand(&moments)];
    let kept_weight = weight.map(Saved::operand);
    let of_bias = bias.map_or_else(|| vec![g.groups * g.channels], |bias| bias.size().to_vec());
    let place = move |operand: usize| order.iter().position(|&at| at == operand);
    record(result, name, &operands, move |pass, gradient| {
        let (x, moments) = (pass.get(&kept[0])?, pass.get(&kept[1])?);
        let weight = kept_weight.as_ref().map(|kept| pass.get(kept)).transpose()?;
        if is_grad_enabled() {
            let [of_x, of_weight, summed] = by_hand(&x, weight.as_ref(), &gradient, g);
            for (operand, given) in [of_x, of_weight, summed.reshape(&of_bias)].into_iter().enumerate() {
                if let Some(place) = place(operand) {
                    pass.give(place, || given);
                }
            }
            return Ok(());
        }
        let wants = pass.wants(0);
        let (line, gradient) = (lined_up(&x), lined_up(&gradient));
        let of_weight = lined_up(weight.as_ref().unwrap_or(&x));
        let channels = g.groups * g.channels;
        let shape = x.layout.shape.clone();
        let (of_x, sums) = with_floating!(x.dtype(), T => {
            let mut values = wants.then(|| allocator::take::<T>(x.numel()));
            let mut sums = allocator::take::<T>(2 * channels);
            read::<T, _, 4>([&line, &gradient, &of_weight, &moments], |[x, gradient, of_weight, moments]| {
                let weight = weight.as_ref().map(|_| of_weight);
                norm::rows_backward(values.as_deref_mut(), &mut sums, moments, x, gradient, weight, g);
            });
            let sums = Tensor::from_values(sums, List::from_slice(&[2, channels]));
            (values.map(|values| Tensor::from_values(values, shape)), sums)
        }, else unreachable!("checked by the caller"));
        if let Some(of_x) = of_x {
            pass.give(0, || of_x);
        }
        for operand in 1..3 {
            if let Some(place) = place(operand) {
                let shape = match &weight {
                    Some(weight) if operand == 1 => weight.size().to_vec(),
                    _ => of_bias.clone(),
                };
                pass.give(place, || sums.select(0, operand as i64 - 1).reshape(shape));
            }
        }
        Ok(())
    })
}

/// The gradients of [`normalized`] in operations that can be differentiated: of `x`, of the weight and of the bias.
fn by_hand(x: &Tensor, weight: Option<&Tensor>, gradient: &Tensor, g: Rows) -> [Tensor; 3] {
    let batch = g.rows / g.groups.max(1);
    let apart = [batch, g.groups, g.channels, g.inner];
    let (size, x, gradient) = (x.size(), x.reshape(apart), gradient.reshape(apart));
    let over = [2, 3];
    let off = if g.centered { &x - x.mean_keepdim(over) } else { x };
    let rate = (off.square().mean_keepdim(over) + g.eps).rsqrt();
    let unit = &off * &rate;
    let scaled = match weight {
        Some(weight) => &gradient * weight.reshape([g.groups, g.channels, 1]),
        None => gradient.alias(),
    };
    let mut rest = &scaled - &unit * (&scaled * &unit).mean_keepdim(over);
    if g.centered {
        rest -= scaled.mean_keepdim(over);
    }
    let of_x = (rest * rate).reshape(size);
    let shape = weight.map_or_else(|| vec![g.groups * g.channels], |weight| weight.size().to_vec());
    let of_weight = (&gradient * unit).sum_dim([0, 3]).reshape(shape);
    let of_bias = gradient.sum_dim([0, 3]).reshape([g.groups * g.channels]);
    [of_x, of_weight, of_bias]
}

/// The rows of `x` whose shape ends with `shape`.
fn rows_of(op: &str, x: &Tensor, shape: &Ints) -> Result<(usize, usize, List<usize>)> {
    let shape = lengths(op, shape)?;
    let whole = &x.layout.shape;
    if shape.is_empty() || shape.len() > whole.len() || whole[whole.len() - shape.len()..] != shape[..] {
        return Err(shape_error!("{op}: the shape of an input {} does not end with {:?}", x.size(), &shape[..]));
    }
    Ok((whole[..whole.len() - shape.len()].iter().product(), shape.iter().product(), shape))
}

fn layer(x: &Tensor, shape: &Ints, options: &Norm) -> Result<Tensor> {
    let op = "layer_norm";
    let (rows, channels, shape) = rows_of(op, x, shape)?;
    parameters(op, x, [options.weight, options.bias], &shape)?;
    if x.numel() == 0 {
        return Ok(x.clone());
    }
    let eps = options.eps.unwrap_or(1e-5);
    let g = Rows { rows, groups: 1, channels, inner: 1, centered: true, eps };
    Ok(normalized("NativeLayerNormBackward0", x, options.weight, options.bias, g))
}

fn root_mean_square(x: &Tensor, shape: &Ints, options: &Norm) -> Result<Tensor> {
    let op = "rms_norm";
    let (rows, channels, shape) = rows_of(op, x, shape)?;
    if options.bias.is_some() {
        return Err(value_error!("{op}: has no bias; add one to the result"));
    }
    parameters(op, x, [options.weight, None], &shape)?;
    if x.numel() == 0 {
        return Ok(x.clone());
    }
    let least = if x.dtype() == crate::DType::F64 { f64::EPSILON } else { f64::from(f32::EPSILON) };
    let g = Rows { rows, groups: 1, channels, inner: 1, centered: false, eps: options.eps.unwrap_or(least) };
    Ok(normalized("FusedRmsNormBackward0", x, options.weight, None, g))
}

fn in_groups(op: &str, x: &Tensor, groups: usize, options: &Norm) -> Result<Tensor> {
    if x.ndim() < 2 || groups == 0 || !x.layout.shape[1].is_multiple_of(groups) {
        return Err(shape_error!(
            "{op}: needs an input [batch, channels, …] whose channels {groups} groups divide, not shape {}",
            x.size()
        ));
    }
    let channels = x.layout.shape[1];
    parameters(op, x, [options.weight, options.bias], &[channels])?;
    if x.numel() == 0 {
        return Ok(x.clone());
    }
    let inner = x.layout.shape[2..].iter().product();
    let rows = x.layout.shape[0] * groups;
    let eps = options.eps.unwrap_or(1e-5);
    let g = Rows { rows, groups, channels: channels / groups, inner, centered: true, eps };
    Ok(normalized("NativeGroupNormBackward0", x, options.weight, options.bias, g))
}

/// Moves running values towards those of a batch.
fn moved(running: &Tensor, values: impl Iterator<Item = f64>, momentum: f64) -> Result<()> {
    let dtype = running.dtype();
    let values = crate::create::from_vec(values.collect::<Vec<f64>>());
    let moved = crate::autograd::no_grad(|| running.to(crate::DType::F64) * (1.0 - momentum) + values * momentum);
    crate::autograd::no_grad(|| running.try_copy_(moved.to(dtype)))?;
    Ok(())
}

fn batch(x: &Tensor, options: &BatchNorm) -> Result<Tensor> {
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

fallible! {
    /// Rows with mean 0 and variance 1: a row is what has the given shape, at the end of that of `x`. Ba, Kiros and Hinton,
    /// *Layer Normalization*, 2016.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[…, shape]` |
    /// | weight and bias, if given | `shape` |
    /// | result | that of `x` |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let y = F::layer_norm(&tensor![[1.0, 3.0], [10.0, 30.0]], 2);
    /// assert!(y.allclose_within([[-1.0, 1.0], [-1.0, 1.0]], 1e-4, 0.0));
    /// ```
    pub fn layer_norm | try_layer_norm(x: &Tensor, shape: impl IntoInts) -> Tensor {
        layer(x, &shape.into_ints(), &Norm::new())
    }

    /// [`layer_norm`] with options.
    ///
    /// ```
    /// # use tensorlib::{functional::{self as F, Norm}, prelude::*};
    /// let (weight, bias) = (tensor![1.0, 2.0], tensor![0.0, 5.0]);
    /// let y = F::layer_norm_with(&tensor![[1.0, 3.0]], 2, Norm::new().weight(&weight).bias(&bias));
    /// assert!(y.allclose_within([[-1.0, 7.0]], 1e-4, 0.0));
    /// ```
    pub fn layer_norm_with | try_layer_norm_with(x: &Tensor, shape: impl IntoInts, options: Norm<'_>) -> Tensor {
        layer(x, &shape.into_ints(), &options)
    }

    /// Rows divided by the root of the mean of their squares. Zhang and Sennrich, *Root Mean Square Layer Normalization*, 2019.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[…, shape]` |
    /// | weight, if given | `shape` |
    /// | result | that of `x` |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// assert!(F::rms_norm(&tensor![[3.0, 3.0, -3.0]], 3).allclose([[1.0, 1.0, -1.0]]));
    /// ```
    pub fn rms_norm | try_rms_norm(x: &Tensor, shape: impl IntoInts) -> Tensor {
        root_mean_square(x, &shape.into_ints(), &Norm::new())
    }

    /// [`rms_norm`] with options.
    pub fn rms_norm_with | try_rms_norm_with(x: &Tensor, shape: impl IntoInts, options: Norm<'_>) -> Tensor {
        root_mean_square(x, &shape.into_ints(), &options)
    }

    /// Groups of channels of each example with mean 0 and variance 1. Wu and He, *Group Normalization*, 2018.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[batch, channels, …]`, of which `groups` divides the channels |
    /// | weight and bias, if given | `[channels]` |
    /// | result | that of `x` |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let y = F::group_norm(&randn([2, 6, 4]), 3);
    /// assert!(y.view([2, 3, 8]).mean_dim(2).abs().lt(1e-5).all().item::<bool>());
    /// ```
    pub fn group_norm | try_group_norm(x: &Tensor, groups: usize) -> Tensor {
        in_groups("group_norm", x, groups, &Norm::new())
    }

    /// [`group_norm`] with options.
    pub fn group_norm_with | try_group_norm_with(x: &Tensor, groups: usize, options: Norm<'_>) -> Tensor {
        in_groups("group_norm", x, groups, &options)
    }

    /// Each channel of each example with mean 0 and variance 1: [`group_norm`] with a group for each channel. Ulyanov, Vedaldi
    /// and Lempitsky, *Instance Normalization*, 2016.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let x = randn([2, 3, 5]);
    /// assert!(F::instance_norm(&x).allclose(F::group_norm(&x, 3)));
    /// ```
    pub fn instance_norm | try_instance_norm(x: &Tensor) -> Tensor {
        in_groups("instance_norm", x, x.layout.shape.get(1).copied().unwrap_or(0), &Norm::new())
    }

    /// [`instance_norm`] with options.
    pub fn instance_norm_with | try_instance_norm_with(x: &Tensor, options: Norm<'_>) -> Tensor {
        in_groups("instance_norm", x, x.layout.shape.get(1).copied().unwrap_or(0), &options)
    }

    /// Each channel with the mean and variance of a whole batch taken off, as measured before: evaluation. In training use
    /// [`batch_norm_with`]. Ioffe and Szegedy, *Batch Normalization*, 2015.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[batch, channels, …]` |
    /// | `running_mean`, `running_var` | `[channels]` |
    /// | result | that of `x` |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let y = F::batch_norm(&tensor![[3.0, 1.0]], &tensor![1.0, 1.0], &tensor![4.0, 1.0]);
    /// assert!(y.allclose_within([[1.0, 0.0]], 1e-4, 1e-6));
    /// ```
    pub fn batch_norm | try_batch_norm(x: &Tensor, running_mean: &Tensor, running_var: &Tensor) -> Tensor {
        batch(x, &BatchNorm::new().running_mean(running_mean).running_var(running_var))
    }

    /// [`batch_norm`] with options; in training, running values are changed in place.
    ///
    /// ```
    /// # use tensorlib::{functional::{self as F, BatchNorm}, prelude::*};
    /// let (mean, variance) = (zeros([1]), ones([1]));
    /// let options = BatchNorm::new().running_mean(&mean).running_var(&variance).training(true);
    /// let y = F::batch_norm_with(&tensor![[1.0], [3.0]], options);
    /// assert!(y.allclose_within([[-1.0], [1.0]], 1e-4, 0.0));
    /// assert!(mean.allclose([0.2]) && variance.allclose([1.1]));
    /// ```
    pub fn batch_norm_with | try_batch_norm_with(x: &Tensor, options: BatchNorm<'_>) -> Tensor {
        batch(x, &options)
    }
}

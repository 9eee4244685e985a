//! Normalisation of rows by their own mean and variance.

use super::options::Norm;
use super::parameters::parameters;
use crate::autograd::is_grad_enabled;
use crate::autograd::record::{Saved, record, records};
use crate::backend::backend_of;
use crate::backend::geometry::NormRows;
use crate::dim_vec::DimVec;
use crate::error::{Result, shape_error, value_error};
use crate::layout::Layout;
use crate::size::{Ints, lengths};
use crate::tensor::Tensor;

/// Normalises rows as one recorded operation. `x` is seen as `[rows, channels, inner]`.
fn normalized(
    op: &str,
    name: &'static str,
    x: &Tensor,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    g: NormRows,
) -> Result<Tensor> {
    let backend = backend_of(op, &[x, weight.unwrap_or(x), bias.unwrap_or(x)])?;
    let (values, moments) =
        backend.normalize_rows(x.elements(), weight.map(Tensor::elements), bias.map(Tensor::elements), g);
    let result = Tensor::from_storage(values, Layout::contiguous(x.layout.shape.clone()));
    let moments = Tensor::from_storage(moments, Layout::contiguous(DimVec::from_slice(&[g.rows, 2])));
    let given = [Some(x), weight, bias];
    // Which operand each gradient is for.
    let order: Vec<usize> = (0..3).filter(|&at| given[at].is_some()).collect();
    let operands: Vec<&Tensor> = given.into_iter().flatten().collect();
    if !records(&operands) {
        return Ok(result);
    }
    let kept = [Saved::operand(x), Saved::operand(&moments)];
    let kept_weight = weight.map(Saved::operand);
    let of_bias = bias.map_or_else(|| vec![g.groups * g.channels], |bias| bias.size().to_vec());
    let place = move |operand: usize| order.iter().position(|&at| at == operand);
    Ok(record(result, name, &operands, move |pass, gradient| {
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
        let of_weight = weight.as_ref().map(Tensor::elements);
        let (of_x, sums) = x.backend().normalize_rows_gradient(
            pass.wants(0),
            gradient.elements(),
            x.elements(),
            of_weight,
            moments.elements(),
            g,
        );
        let sums = Tensor::from_storage(sums, Layout::contiguous(DimVec::from_slice(&[2, g.groups * g.channels])));
        let shape = x.layout.shape.clone();
        if let Some(of_x) = of_x {
            pass.give(0, || Tensor::from_storage(of_x, Layout::contiguous(shape)));
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
    }))
}

/// The gradients of [`normalized`] in operations that can be differentiated: of `x`, of the weight and of the bias.
fn by_hand(x: &Tensor, weight: Option<&Tensor>, gradient: &Tensor, g: NormRows) -> [Tensor; 3] {
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
fn rows_of(op: &str, x: &Tensor, shape: &Ints) -> Result<(usize, usize, DimVec<usize>)> {
    let shape = lengths(op, shape)?;
    let whole = &x.layout.shape;
    if shape.is_empty() || shape.len() > whole.len() || whole[whole.len() - shape.len()..] != shape[..] {
        return Err(shape_error!("{op}: the shape of an input {} does not end with {:?}", x.size(), &shape[..]));
    }
    Ok((whole[..whole.len() - shape.len()].iter().product(), shape.iter().product(), shape))
}

pub(super) fn layer(x: &Tensor, shape: &Ints, options: &Norm) -> Result<Tensor> {
    let op = "layer_norm";
    let (rows, channels, shape) = rows_of(op, x, shape)?;
    parameters(op, x, [options.weight, options.bias], &shape)?;
    if x.numel() == 0 {
        return Ok(x.clone());
    }
    let eps = options.eps.unwrap_or(1e-5);
    let g = NormRows { rows, groups: 1, channels, inner: 1, centered: true, eps };
    normalized(op, "NativeLayerNormBackward0", x, options.weight, options.bias, g)
}

pub(super) fn root_mean_square(x: &Tensor, shape: &Ints, options: &Norm) -> Result<Tensor> {
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
    let g = NormRows { rows, groups: 1, channels, inner: 1, centered: false, eps: options.eps.unwrap_or(least) };
    normalized(op, "FusedRmsNormBackward0", x, options.weight, None, g)
}

pub(super) fn in_groups(op: &str, x: &Tensor, groups: usize, options: &Norm) -> Result<Tensor> {
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
    let g = NormRows { rows, groups, channels: channels / groups, inner, centered: true, eps };
    normalized(op, "NativeGroupNormBackward0", x, options.weight, options.bias, g)
}

//! Reductions: how one gradient becomes the gradients of many elements.

use crate::autograd::is_grad_enabled;
use crate::autograd::record::{Saved, record, record_linear, records, unrecorded};
use crate::create::{full_like, ones_like};
use crate::dim_vec::DimVec;
use crate::error::Result;
use crate::layout::{Layout, dimension};
use crate::op::SoftmaxOp;
use crate::reduce::over::Over;
use crate::shape::cat_dim;
use crate::tensor::Tensor;

/// A reduction: its values, and, when it is recorded, its formula.
#[inline]
pub(crate) fn reduced(
    x: &Tensor,
    values: impl FnOnce() -> Result<Tensor>,
    recorded: impl FnOnce(Tensor) -> Tensor,
) -> Result<Tensor> {
    if !x.dtype().is_floating_point() || !records(&[x]) {
        return values();
    }
    Ok(recorded(unrecorded(values)?))
}

/// [`reduced`] for a reduction that cannot fail.
#[inline]
pub(crate) fn total(x: &Tensor, values: impl FnOnce() -> Tensor, recorded: impl FnOnce(Tensor) -> Tensor) -> Tensor {
    if !x.dtype().is_floating_point() || !records(&[x]) {
        return values();
    }
    recorded(unrecorded(values))
}

/// How gradients of results are laid beside the elements they came from.
#[derive(Clone)]
struct Spread {
    /// The shape of the operand.
    shape: DimVec<usize>,
    /// The same with the reduced dimensions at length 1.
    kept: DimVec<usize>,
    dims: DimVec<i64>,
    count: usize,
}

impl Spread {
    fn new(x: &Tensor, over: &Over) -> Spread {
        let shape = x.layout.shape.clone();
        let kept = (0..x.ndim()).map(|dim| if over.dims.contains(&dim) { 1 } else { shape[dim] }).collect();
        Spread { kept, shape, dims: over.dims.iter().map(|&dim| dim as i64).collect(), count: over.count(x) }
    }

    /// With the reduced dimensions at length 1.
    fn keep(&self, gradient: &Tensor) -> Tensor {
        gradient.reshape(&self.kept[..])
    }

    /// In the shape of the operand.
    fn out(&self, gradient: &Tensor) -> Tensor {
        self.keep(gradient).expand(&self.shape[..])
    }

    fn sum(&self, x: &Tensor) -> Tensor {
        if self.dims.is_empty() { x.alias() } else { x.sum_keepdim(&self.dims[..]) }
    }

    fn mean(&self, x: &Tensor) -> Tensor {
        self.sum(x) / self.count as f64
    }
}

pub(crate) fn sum(y: Tensor, x: &Tensor, over: &Over) -> Tensor {
    let spread = Spread::new(x, over);
    record_linear(y, "SumBackward0", &[x], move |pass, gradient| {
        pass.give(0, || spread.out(&gradient));
        Ok(())
    })
}

pub(crate) fn mean(y: Tensor, x: &Tensor, over: &Over) -> Tensor {
    let spread = Spread::new(x, over);
    record_linear(y, "MeanBackward0", &[x], move |pass, gradient| {
        pass.give(0, || spread.out(&(gradient / spread.count as f64)));
        Ok(())
    })
}

pub(crate) fn prod(y: Tensor, x: &Tensor, over: &Over) -> Tensor {
    let spread = Spread::new(x, over);
    let (x_kept, y_kept) = (Saved::operand(x), Saved::result(&y));
    record(y, "ProdBackward0", &[x], move |pass, gradient| {
        let (x, y) = (pass.get(&x_kept)?, pass.get(&y_kept)?);
        pass.give(0, || {
            if unrecorded(|| x.eq(0.0).any().item::<bool>()) {
                spread.keep(&gradient) * products_of_others(&x, &spread)
            } else {
                spread.keep(&(gradient * y)) / x
            }
        });
        Ok(())
    })
}

/// For each element, the product of those that are reduced with it, itself left out.
fn products_of_others(x: &Tensor, spread: &Spread) -> Tensor {
    let rank = x.ndim();
    let others = (0..rank).filter(|&dim| !spread.dims.contains(&(dim as i64)));
    let order: Vec<i64> = others.map(|dim| dim as i64).chain(spread.dims.iter().copied()).collect();
    let apart = x.permute(&order[..]);
    let rows = apart.reshape([apart.numel() / spread.count.max(1), spread.count]);
    let one = ones_like(&rows.narrow(1, 0, 1));
    let before = |rows: &Tensor| cat_dim([&one, &rows.narrow(1, 0, spread.count - 1)], 1).cumprod(1);
    let products = before(&rows) * before(&rows.flip(1)).flip(1);
    let mut back = vec![0; rank];
    order.iter().enumerate().for_each(|(to, &from)| back[from as usize] = to as i64);
    products.reshape(apart.size()).permute(back)
}

/// The variance, or, as `is_deviation` says, its root.
pub(crate) fn spread_of(y: Tensor, x: &Tensor, over: &Over, correction: f64, is_deviation: bool) -> Tensor {
    let spread = Spread::new(x, over);
    let kept = Saved::operand(x);
    let result = is_deviation.then(|| Saved::result(&y));
    record(y, if is_deviation { "StdBackward0" } else { "VarBackward0" }, &[x], move |pass, gradient| {
        let x = pass.get(&kept)?;
        let y = result.as_ref().map(|result| pass.get(result)).transpose()?;
        pass.give(0, || {
            let of_variance = match y {
                Some(y) => (gradient / (&y * 2.0)).masked_fill(y.eq(0.0), 0),
                None => gradient,
            };
            let distance = &x - spread.mean(&x);
            spread.keep(&(of_variance * (2.0 / (spread.count as f64 - correction)))) * distance
        });
        Ok(())
    })
}

pub(crate) fn norm(y: Tensor, x: &Tensor, over: &Over, p: f64) -> Tensor {
    let spread = Spread::new(x, over);
    let (x_kept, y_kept) = (Saved::operand(x), Saved::result(&y));
    record(y, "LinalgVectorNormBackward0", &[x], move |pass, gradient| {
        let (x, y) = (pass.get(&x_kept)?, pass.get(&y_kept)?);
        pass.give(0, || of_norm(&spread.keep(&gradient), &x, &spread.keep(&y), p, &spread));
        Ok(())
    })
}

/// The gradient of a norm; where the norm is 0 it is 0, which is one of its slopes there.
fn of_norm(gradient: &Tensor, x: &Tensor, norm: &Tensor, p: f64, spread: &Spread) -> Tensor {
    if p == 0.0 {
        return x * 0.0 * gradient;
    }
    if p == 1.0 {
        return x.sign() * gradient;
    }
    if p == 2.0 {
        return x * (gradient / norm).masked_fill(norm.eq(0.0), 0);
    }
    if p.is_infinite() {
        let extreme = x.abs().eq(norm).logical_or(x.isnan().logical_and(norm.isnan())).to(x.dtype());
        return x.sign() * &extreme * (gradient / spread.sum(&extreme));
    }
    if p < 1.0 {
        let slope = x.sign() * x.abs().pow(p - 1.0).masked_fill(x.eq(0.0), 0);
        return slope * gradient * norm.pow(1.0 - p);
    }
    let slope = if p < 2.0 { x.sign() * x.abs().pow(p - 1.0) } else { x * x.abs().pow(p - 2.0) };
    slope * (gradient / norm.pow(p - 1.0)).masked_fill(norm.eq(0.0), 0)
}

/// The largest or smallest: equals share the gradient.
pub(crate) fn extreme(y: Tensor, x: &Tensor, over: &Over, name: &'static str) -> Tensor {
    let of_all = matches!(name, "MaxBackward1" | "MinBackward1");
    let spread = Spread::new(x, over);
    let (x_kept, y_kept) = (Saved::operand(x), Saved::result(&y));
    record(y, name, &[x], move |pass, gradient| {
        let (x, y) = (pass.get(&x_kept)?, pass.get(&y_kept)?);
        pass.give(0, || {
            let y = spread.keep(&y);
            // Over dimensions NaN equals nothing, as in PyTorch, and all gradients are NaN.
            let extreme = x.eq(&y);
            let extreme = if of_all { extreme.logical_or(x.isnan().logical_and(y.isnan())) } else { extreme };
            let extreme = extreme.to(x.dtype());
            let shares = spread.keep(&gradient) / spread.sum(&extreme);
            extreme * shares
        });
        Ok(())
    })
}

pub(crate) fn logsumexp(y: Tensor, x: &Tensor, over: &Over) -> Tensor {
    let spread = Spread::new(x, over);
    let (x_kept, y_kept) = (Saved::operand(x), Saved::result(&y));
    record(y, "LogsumexpBackward0", &[x], move |pass, gradient| {
        let (x, y) = (pass.get(&x_kept)?, pass.get(&y_kept)?);
        pass.give(0, || spread.keep(&gradient) * (x - spread.keep(&y)).exp());
        Ok(())
    })
}

pub(crate) fn softmax(y: Tensor, x: &Tensor, dim: i64, op: SoftmaxOp) -> Tensor {
    let kept = Saved::result(&y);
    let name = if op == SoftmaxOp::Log { "LogSoftmaxBackward0" } else { "SoftmaxBackward0" };
    record(y, name, &[x], move |pass, gradient| {
        let y = pass.get(&kept)?;
        pass.give(0, || of_softmax(gradient, y, dim, op));
        Ok(())
    })
}

fn of_softmax(gradient: Tensor, y: Tensor, dim: i64, op: SoftmaxOp) -> Tensor {
    let sum = |x: &Tensor| if x.ndim() == 0 { x.alias() } else { x.sum_keepdim(dim) };
    if !is_grad_enabled() && y.ndim() > 0 && y.numel() > 0 {
        let dim = dimension("softmax", dim, y.ndim()).unwrap_or(0);
        let made = y.backend().softmax_gradient(op, gradient.elements(), y.elements(), dim);
        return Tensor::from_storage(made, Layout::contiguous(y.layout.shape.clone()));
    }
    match op {
        SoftmaxOp::Plain => {
            let weighted = &gradient * &y;
            let sum = sum(&weighted);
            weighted - y * sum
        }
        SoftmaxOp::Log => {
            let sum = sum(&gradient);
            gradient - y.exp() * sum
        }
    }
}

/// The sum from each element to the last.
fn sum_from_behind(x: &Tensor, dim: i64) -> Tensor {
    if x.ndim() == 0 { x.alias() } else { x.flip(dim).cumsum(dim).flip(dim) }
}

pub(crate) fn cumsum(y: Tensor, x: &Tensor, dim: i64) -> Tensor {
    record_linear(y, "CumsumBackward0", &[x], move |pass, gradient| {
        pass.give(0, || sum_from_behind(&gradient, dim));
        Ok(())
    })
}

pub(crate) fn cumprod(y: Tensor, x: &Tensor, dim: i64) -> Tensor {
    let (x_kept, y_kept) = (Saved::operand(x), Saved::result(&y));
    record(y, "CumprodBackward0", &[x], move |pass, gradient| {
        let (x, y) = (pass.get(&x_kept)?, pass.get(&y_kept)?);
        pass.give(0, || {
            if x.ndim() == 0 || x.numel() == 0 {
                gradient
            } else if unrecorded(|| x.eq(0.0).any().item::<bool>()) {
                of_cumprod_with_zeros(&gradient, &x, dim)
            } else {
                sum_from_behind(&(gradient * y), dim) / x
            }
        });
        Ok(())
    })
}

/// Backwards through `y[i] = y[i - 1] · x[i]`, without a division.
fn of_cumprod_with_zeros(gradient: &Tensor, x: &Tensor, dim: i64) -> Tensor {
    let count = x.size()[dimension("cumprod", dim, x.ndim()).unwrap_or(0)];
    let (g, x_at) = (gradient.unbind_dim(dim), x.unbind_dim(dim));
    let y = x.cumprod(dim).unbind_dim(dim);
    let mut gradients = Vec::new();
    let mut of_y: Option<Tensor> = None;
    for at in (0..count).rev() {
        let total = match of_y {
            None => g[at].alias(),
            Some(later) => &g[at] + later * &x_at[at + 1],
        };
        let before = if at == 0 { full_like(&g[at], 1) } else { y[at - 1].alias() };
        gradients.push(&total * before);
        of_y = Some(total);
    }
    gradients.reverse();
    crate::shape::stack_dim(gradients, dim)
}

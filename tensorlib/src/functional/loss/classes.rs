//! Losses of scores of classes.

use super::options::{CrossEntropy, NllLoss};
use super::reduction::Reduction;
use crate::autograd::is_grad_enabled;
use crate::autograd::record::{Saved, record, records};
use crate::backend::backend_of;
use crate::backend::geometry::{ClassLabels, IGNORED};
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::error::{Result, dtype_error, index_error, shape_error, value_error};
use crate::functional::floating;
use crate::layout::Layout;
use crate::tensor::Tensor;

/// Scores as rows, `[examples, classes]`, and the shape of labels.
pub(super) fn in_rows(op: &str, x: &Tensor) -> Result<(Tensor, DimVec<usize>)> {
    let rank = x.ndim();
    if rank == 0 {
        return Err(shape_error!("{op}: scores need a dimension of classes, and a number has none"));
    }
    let of_classes = usize::from(rank > 1);
    let mut shape = x.layout.shape.clone();
    let classes = shape.remove(of_classes);
    if classes == 0 {
        return Err(shape_error!("{op}: scores of shape {} have no classes", x.size()));
    }
    let rows = match rank {
        1 => x.try_unsqueeze(0)?,
        2 => x.alias(),
        _ => x.try_movedim(1, -1)?.try_reshape([shape.iter().product(), classes])?,
    };
    Ok((rows, shape))
}

/// The labels as positions; those that do not count are [`IGNORED`].
pub(super) fn labels(
    op: &str,
    x: &Tensor,
    target: &Tensor,
    shape: &[usize],
    classes: usize,
    ignored: Option<i64>,
) -> Result<Vec<i64>> {
    if target.layout.shape[..] != *shape {
        return Err(shape_error!(
            "{op}: scores of shape {} need labels of shape {shape:?}, not {}",
            x.size(),
            target.size()
        ));
    }
    let mut labels = target.to_vec::<i64>();
    for (at, label) in labels.iter_mut().enumerate() {
        if Some(*label) == ignored {
            *label = IGNORED;
        } else if !(0..classes as i64).contains(label) {
            return Err(index_error!(
                "{op}: label {label} at position {at} is not one of the {classes} classes of scores of shape {}; labels are 0 to {}",
                x.size(),
                classes - 1
            ));
        }
    }
    Ok(labels)
}

pub(super) fn weight_of(op: &str, weight: Option<&Tensor>, classes: usize) -> Result<()> {
    match weight {
        Some(weight) if weight.layout.shape[..] != [classes] => {
            Err(shape_error!("{op}: {classes} classes need weights of shape [{classes}], not {}", weight.size()))
        }
        _ => Ok(()),
    }
}

pub(super) fn cross_entropy_of(x: &Tensor, target: &Tensor, options: &CrossEntropy) -> Result<Tensor> {
    let op = "cross_entropy";
    let mut operands = vec![x];
    operands.extend(options.weight);
    floating(op, &operands)?;
    if !(0.0..=1.0).contains(&options.label_smoothing) {
        return Err(value_error!("{op}: label_smoothing must be from 0 to 1, not {}", options.label_smoothing));
    }
    let (rows, shape) = in_rows(op, x)?;
    let classes = rows.layout.shape[1];
    weight_of(op, options.weight, classes)?;
    if target.dtype().is_floating_point() {
        return of_probabilities(x, &rows, &shape, target, options);
    }
    if target.dtype() == DType::Bool {
        return Err(dtype_error!("{op}: labels are whole numbers, or probabilities, not bool; convert them with to()"));
    }
    let labels = labels(op, x, target, &shape, classes, Some(options.ignore_index))?;
    let losses = entropy_of_rows(&rows, labels, options)?;
    match options.reduction {
        Reduction::None => losses.try_reshape(&shape[..]),
        _ => Ok(losses),
    }
}

/// The targets of the rows of a cross entropy.
struct Wanted {
    /// For each row a class or [`IGNORED`].
    labels: Tensor,
    weight: Option<Tensor>,
    smoothing: f64,
    /// The weight of each loss in the result, if all losses give one result.
    share: Option<f64>,
}

impl Wanted {
    fn of(labels: Vec<i64>, options: &CrossEntropy) -> Wanted {
        let weights = options.weight.map(|weight| weight.to_vec::<f64>());
        let counted = |&label: &i64| match &weights {
            _ if label == IGNORED => 0.0,
            Some(weights) => weights[label as usize],
            None => 1.0,
        };
        let share = match options.reduction {
            Reduction::None => None,
            Reduction::Sum => Some(1.0),
            Reduction::Mean | Reduction::BatchMean => Some(1.0 / labels.iter().map(counted).sum::<f64>()),
        };
        Wanted {
            labels: crate::create::from_vec(labels),
            weight: options.weight.map(Tensor::detach),
            smoothing: options.label_smoothing,
            share,
        }
    }

    fn as_labels(&self) -> ClassLabels<'_> {
        ClassLabels {
            of_rows: &self.labels.storage,
            weight: self.weight.as_ref().map(Tensor::elements),
            smoothing: self.smoothing,
            share: self.share,
        }
    }

    /// The target probability of each class in each row of scores, as constants.
    fn shares(&self, x: &Tensor) -> Tensor {
        let classes = x.layout.shape[1];
        let ones = crate::create::filled(DimVec::from_slice(&[classes]), x.dtype(), crate::Scalar::Int(1));
        let weight = self.weight.as_ref().unwrap_or(&ones);
        let counted = self.labels.ne(IGNORED).unsqueeze(1);
        let of_label = crate::create::arange(classes as i64).eq(self.labels.unsqueeze(1)) * (1.0 - self.smoothing);
        (of_label.to(x.dtype()) + self.smoothing / classes as f64) * weight * counted
    }
}

/// Of rows of scores: recorded as one operation, which keeps the probabilities.
fn entropy_of_rows(x: &Tensor, labels: Vec<i64>, options: &CrossEntropy) -> Result<Tensor> {
    let wanted = Wanted::of(labels, options);
    let backend = backend_of("cross_entropy", &[x, options.weight.unwrap_or(x)])?;
    let (values, probabilities) = backend.cross_entropy(x.elements(), &wanted.as_labels(), records(&[x]));
    let shape = if wanted.share.is_none() { &x.layout.shape[..1] } else { &[] };
    let result = Tensor::from_storage(values, Layout::contiguous(DimVec::from_slice(shape)));
    let Some(probabilities) = probabilities else { return Ok(result) };
    let probabilities = Tensor::from_storage(probabilities, Layout::contiguous(x.layout.shape.clone()));
    let kept = [Saved::operand(&probabilities), Saved::operand(x)];
    Ok(record(result, "NllLossBackward0", &[x], move |pass, gradient| {
        if is_grad_enabled() {
            let x = pass.get(&kept[1])?;
            let gradient = match wanted.share {
                Some(share) => gradient * share,
                None => gradient.unsqueeze(1),
            };
            pass.give(0, || {
                let shares = wanted.shares(&x);
                (x.softmax(1) * shares.sum_keepdim(1) - shares) * gradient
            });
            return Ok(());
        }
        let probabilities = pass.get(&kept[0])?;
        let labels = wanted.as_labels();
        let values =
            probabilities.backend().cross_entropy_gradient(gradient.elements(), probabilities.elements(), &labels);
        pass.give(0, || Tensor::from_storage(values, probabilities.layout));
        Ok(())
    }))
}

fn of_probabilities(
    x: &Tensor,
    rows: &Tensor,
    shape: &[usize],
    target: &Tensor,
    options: &CrossEntropy,
) -> Result<Tensor> {
    let op = "cross_entropy";
    floating(op, &[x, target])?;
    if target.layout.shape != x.layout.shape {
        return Err(shape_error!(
            "{op}: scores of shape {} need probabilities of that shape, not {}, or whole numbers as labels",
            x.size(),
            target.size()
        ));
    }
    let (mut wanted, _) = in_rows(op, target)?;
    let classes = rows.layout.shape[1] as f64;
    if options.label_smoothing > 0.0 {
        wanted = wanted * (1.0 - options.label_smoothing) + options.label_smoothing / classes;
    }
    if let Some(weight) = options.weight {
        wanted *= weight;
    }
    let losses = -(rows.try_log_softmax(1)? * wanted).try_sum_dim(1)?;
    match options.reduction {
        Reduction::None => losses.try_reshape(shape),
        reduction => reduction.of(&losses),
    }
}

pub(super) fn nll(x: &Tensor, target: &Tensor, options: &NllLoss) -> Result<Tensor> {
    let op = "nll_loss";
    let mut operands = vec![x];
    operands.extend(options.weight);
    floating(op, &operands)?;
    if matches!(target.dtype(), DType::Bool | DType::F32 | DType::F64) {
        return Err(dtype_error!("{op}: labels are whole numbers, not {}; convert them with long()", target.dtype()));
    }
    let (rows, shape) = in_rows(op, x)?;
    let classes = rows.layout.shape[1];
    weight_of(op, options.weight, classes)?;
    let labels = labels(op, x, target, &shape, classes, Some(options.ignore_index))?;
    let positions: Vec<i64> = labels.iter().map(|&label| if label == IGNORED { 0 } else { label }).collect();
    let ignored: Vec<bool> = labels.iter().map(|&label| label == IGNORED).collect();
    let any = ignored.contains(&true);
    let (positions, ignored) = (crate::create::from_vec(positions), crate::create::from_vec(ignored));
    let picked = rows.try_gather(1, positions.try_unsqueeze(1)?)?.try_squeeze_dim(1)?;
    let mut losses = -picked;
    let mut counted = None;
    if let Some(weight) = options.weight {
        let weights = weight.try_index_select(0, &positions)?;
        losses *= &weights;
        counted = Some(weights);
    }
    if any {
        losses = losses.try_masked_fill(&ignored, 0)?;
        let weights = counted.unwrap_or_else(|| crate::create::ones_like(&losses));
        counted = Some(weights.try_masked_fill(&ignored, 0)?);
    }
    match (options.reduction, counted) {
        (Reduction::None, _) => losses.try_reshape(&shape[..]),
        (Reduction::Mean | Reduction::BatchMean, Some(counted)) => losses.sum().try_div(counted.sum()),
        (reduction, _) => reduction.of(&losses),
    }
}

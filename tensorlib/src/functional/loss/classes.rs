//! Losses of scores of classes.

use super::{CrossEntropy, NllLoss, Reduction};
use crate::autograd::is_grad_enabled;
use crate::autograd::record::{Saved, record, records};
use crate::backend::cpu::loss::{self, IGNORED, Labels};
use crate::backend::cpu::reduce;
use crate::dtype::DType;
use crate::element::{Element, with_floating};
use crate::error::{Result, dtype_error, index_error, shape_error, value_error};
use crate::functional::{floating, lined_up, read};
use crate::list::List;
use crate::memory::allocator;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

/// Scores as rows, `[examples, classes]`, and the shape of labels.
fn in_rows(op: &str, x: &Tensor) -> Result<(Tensor, List<usize>)> {
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
fn labels(op: &str, x: &Tensor, target: &Tensor, shape: &[usize], classes: usize, ignored: i64) -> Result<Vec<usize>> {
    if target.layout.shape[..] != *shape {
        return Err(shape_error!(
            "{op}: scores of shape {} need labels of shape {shape:?}, not {}",
            x.size(),
            target.size()
        ));
    }
    let given = target.to_vec::<i64>();
    let position = |(at, &label): (usize, &i64)| match usize::try_from(label) {
        _ if label == ignored => Ok(IGNORED),
        Ok(position) if position < classes => Ok(position),
        _ => Err(index_error!(
            "{op}: label {label}, number {at}, is none of the {classes} classes of scores of shape {}; labels are 0 to {}",
            x.size(),
            classes - 1
        )),
    };
    given.iter().enumerate().map(position).collect()
}

fn weight_of(op: &str, weight: Option<&Tensor>, classes: usize) -> Result<()> {
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
    let labels = labels(op, x, target, &shape, classes, options.ignore_index)?;
    let losses = entropy_of_rows(&rows, labels, options);
    match options.reduction {
        Reduction::None => losses.try_reshape(&shape[..]),
        _ => Ok(losses),
    }
}

/// What the formula of a cross entropy needs besides the scores.
struct Entropy {
    labels: Vec<usize>,
    weight: Option<Tensor>,
    smoothing: f64,
    /// What each loss counts in the result, when there is one for all.
    share: Option<f64>,
    classes: usize,
}

impl Entropy {
    /// Calls with the labels as kernels want them.
    fn with<T: Element, R>(&self, body: impl FnOnce(&Labels<T>) -> R) -> R {
        let weight = self.weight.as_ref().map(|weight| weight.to_vec::<T>());
        body(&Labels { of_rows: &self.labels, weight: weight.as_deref(), smoothing: self.smoothing })
    }

    /// What each class should have of each row, as constants.
    fn wanted(&self, dtype: DType) -> Tensor {
        let share = self.smoothing / self.classes as f64;
        let weight = self.weight.as_ref().map(|weight| weight.to_vec::<f64>());
        let weight = |class: usize| weight.as_ref().map_or(1.0, |weight| weight[class]);
        let mut values = vec![0.0; self.labels.len() * self.classes];
        for (row, &label) in values.chunks_exact_mut(self.classes).zip(&self.labels) {
            if label != IGNORED {
                row.iter_mut().enumerate().for_each(|(class, value)| *value = share * weight(class));
                row[label] += (1.0 - self.smoothing) * weight(label);
            }
        }
        crate::create::from_vec(values).view([self.labels.len(), self.classes]).to(dtype)
    }
}

/// Of rows of scores: recorded as one operation, which keeps the probabilities.
fn entropy_of_rows(x: &Tensor, labels: Vec<usize>, options: &CrossEntropy) -> Tensor {
    let classes = x.layout.shape[1];
    let is_recorded = records(&[x]);
    let line = lined_up(x);
    let weights = options.weight.map(|weight| weight.to_vec::<f64>());
    let counted = |&label: &usize| match &weights {
        _ if label == IGNORED => 0.0,
        Some(weights) => weights[label],
        None => 1.0,
    };
    let share = match options.reduction {
        Reduction::None => None,
        Reduction::Sum => Some(1.0),
        Reduction::Mean | Reduction::BatchMean => Some(1.0 / labels.iter().map(counted).sum::<f64>()),
    };
    let rest = Entropy {
        labels,
        weight: options.weight.map(Tensor::detach),
        smoothing: options.label_smoothing,
        share,
        classes,
    };
    let (result, probabilities) = with_floating!(x.dtype(), T => {
        let mut losses = allocator::take::<T>(rest.labels.len());
        let mut probabilities = is_recorded.then(|| allocator::take::<T>(line.numel()));
        rest.with::<T, _>(|labels| read::<T, _, 1>([&line], |[x]| {
            loss::cross_entropy(&mut losses, probabilities.as_deref_mut(), x, classes, labels);
        }));
        let shape = line.layout.shape.clone();
        let result = match share {
            None => Tensor::from_values(losses, List::from_slice(&shape[..1])),
            Some(share) => {
                let sum = reduce::row::<T, reduce::Sum>(&losses).to_scalar().to_f64();
                Tensor::from_values(vec![T::from_scalar(Scalar::Float(sum * share))], List::new())
            }
        };
        (result, probabilities.map(|values| Tensor::from_values(values, shape)))
    }, else unreachable!("checked by the caller"));
    let Some(probabilities) = probabilities else { return result };
    let kept = [Saved::operand(&probabilities), Saved::operand(x)];
    record(result, "NllLossBackward0", &[x], move |pass, gradient| {
        if is_grad_enabled() {
            let x = pass.get(&kept[1])?;
            let wanted = rest.wanted(x.dtype());
            let gradient = match rest.share {
                Some(share) => gradient * share,
                None => gradient.unsqueeze(1),
            };
            pass.give(0, || (x.softmax(1) * wanted.sum_keepdim(1) - wanted) * gradient);
            return Ok(());
        }
        let probabilities = pass.get(&kept[0])?;
        let shape = probabilities.layout.shape.clone();
        pass.give(0, || {
            with_floating!(probabilities.dtype(), T => {
            let mut values = allocator::take::<T>(probabilities.numel());
            let gradients: Vec<T> = match rest.share {
                Some(share) => vec![T::from_scalar(Scalar::Float(gradient.item::<f64>() * share))],
                None => gradient.to_vec(),
            };
            rest.with::<T, _>(|labels| read::<T, _, 1>([&probabilities], |[probabilities]| {
                loss::cross_entropy_backward(&mut values, probabilities, classes, labels, &gradients);
            }));
            Tensor::from_values(values, shape)
        }, else unreachable!("checked by the caller"))
        });
        Ok(())
    })
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
    let labels = labels(op, x, target, &shape, classes, options.ignore_index)?;
    let positions: Vec<i64> = labels.iter().map(|&label| if label == IGNORED { 0 } else { label as i64 }).collect();
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

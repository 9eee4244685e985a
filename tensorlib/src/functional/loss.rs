//! Losses: how far a result is from what it should be, as one number.

use super::options::options;
use super::{floating, lined_up, read};
use crate::autograd::is_grad_enabled;
use crate::autograd::record::{Saved, record, records};
use crate::backend::cpu::loss::{self, IGNORED, Labels};
use crate::backend::cpu::reduce;
use crate::dtype::DType;
use crate::element::{Element, with_floating};
use crate::error::{Result, dtype_error, index_error, shape_error, value_error};
use crate::layout::dimension;
use crate::list::List;
use crate::memory::allocator;
use crate::operand::IntoOperand;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

/// What is made of the losses of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// Nothing: one for each element, or for each example.
    None,
    /// Their mean; where they have weights, the weighted mean.
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// Of [`kl_div`]: their sum, divided by the length of dimension 0. For other losses the same as `Mean`.
    BatchMean,
}

impl Reduction {
    fn of(self, losses: &Tensor) -> Result<Tensor> {
        match self {
            Reduction::None => Ok(losses.alias()),
            Reduction::Mean | Reduction::BatchMean => losses.try_mean(),
            Reduction::Sum => Ok(losses.sum()),
        }
    }
}

options! {
    /// The options of [`cross_entropy_with`].
    ///
    /// ```
    /// use tensorlib::functional::{self as F, CrossEntropy, Reduction};
    /// use tensorlib::prelude::*;
    ///
    /// let (scores, labels) = (zeros([3, 4]), tensor![0, 3, -100]);
    /// let each = F::cross_entropy_with(&scores, &labels, CrossEntropy::new().reduction(Reduction::None));
    /// assert!(each.allclose([4.0f64.ln(), 4.0f64.ln(), 0.0]));
    /// ```
    pub struct CrossEntropy<'a> {
        /// A weight for each class, shape `[classes]`.
        weight: Option<&'a Tensor>, None, |weight: &'a Tensor| Some(weight);
        /// A label of examples that do not count; -100 by default.
        ignore_index: i64, -100, |label: i64| label;
        /// How much of the probability is taken from the label and spread over all classes (Szegedy et al., *Rethinking the
        /// Inception Architecture for Computer Vision*, 2016); 0 by default.
        label_smoothing: f64, 0.0, |share: f64| share;
        /// What is made of the losses of all examples; their mean by default.
        reduction: Reduction, Reduction::Mean, |reduction: Reduction| reduction;
    }

    /// The options of [`nll_loss_with`].
    pub struct NllLoss<'a> {
        /// A weight for each class, shape `[classes]`.
        weight: Option<&'a Tensor>, None, |weight: &'a Tensor| Some(weight);
        /// A label of examples that do not count; -100 by default.
        ignore_index: i64, -100, |label: i64| label;
        /// What is made of the losses of all examples; their mean by default.
        reduction: Reduction, Reduction::Mean, |reduction: Reduction| reduction;
    }

    /// The options of [`smooth_l1_loss_with`].
    pub struct SmoothL1<'a> {
        /// The difference from which on the loss is linear; 1 by default.
        beta: f64, 1.0, |beta: f64| beta;
        /// What is made of the losses of all elements; their mean by default.
        reduction: Reduction, Reduction::Mean, |reduction: Reduction| reduction;
    }

    /// The options of [`huber_loss_with`].
    pub struct Huber<'a> {
        /// The difference from which on the loss is linear; 1 by default.
        delta: f64, 1.0, |delta: f64| delta;
        /// What is made of the losses of all elements; their mean by default.
        reduction: Reduction, Reduction::Mean, |reduction: Reduction| reduction;
    }

    /// The options of [`binary_cross_entropy_with`] and [`binary_cross_entropy_with_logits_with`].
    pub struct Binary<'a> {
        /// A factor for each loss; its shape broadcasts.
        weight: Option<&'a Tensor>, None, |weight: &'a Tensor| Some(weight);
        /// With logits: how much more an example counts whose target is 1; its shape broadcasts.
        pos_weight: Option<&'a Tensor>, None, |weight: &'a Tensor| Some(weight);
        /// What is made of the losses of all elements; their mean by default.
        reduction: Reduction, Reduction::Mean, |reduction: Reduction| reduction;
    }

    /// The options of [`kl_div_with`].
    pub struct KlDiv<'a> {
        /// Whether the target, too, is given as logarithms.
        log_target: bool, false, |is_log: bool| is_log;
        /// What is made of the losses of all elements; their mean by default, though `BatchMean` is the divergence.
        reduction: Reduction, Reduction::Mean, |reduction: Reduction| reduction;
    }

    /// The options of [`cosine_similarity_with`].
    pub struct CosineSimilarity<'a> {
        /// The dimension of the vectors; 1 by default.
        dim: i64, 1, |dim: i64| dim;
        /// The least norm that is divided by; 1e-8 by default.
        eps: f64, 1e-8, |eps: f64| eps;
    }

    /// The options of losses with a margin: [`cosine_embedding_loss_with`], [`hinge_embedding_loss_with`] and
    /// [`margin_ranking_loss_with`].
    pub struct Margin<'a> {
        /// The margin; each loss has its own by default.
        margin: Option<f64>, None, |margin: f64| Some(margin);
        /// What is made of the losses of all elements; their mean by default.
        reduction: Reduction, Reduction::Mean, |reduction: Reduction| reduction;
    }
}

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

fn cross_entropy_of(x: &Tensor, target: &Tensor, options: &CrossEntropy) -> Result<Tensor> {
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

fn nll(x: &Tensor, target: &Tensor, options: &NllLoss) -> Result<Tensor> {
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

/// Operands that must have one shape and be floating-point.
fn alike(op: &str, x: &Tensor, target: &Tensor) -> Result<()> {
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

fn smooth_l1(x: &Tensor, target: &Tensor, options: &SmoothL1) -> Result<Tensor> {
    alike("smooth_l1_loss", x, target)?;
    if options.beta < 0.0 {
        return Err(value_error!("smooth_l1_loss: beta must not be negative, and {} is", options.beta));
    }
    if options.beta == 0.0 {
        return options.reduction.of(&x.try_sub(target)?.abs());
    }
    options.reduction.of(&bent(x, target, options.beta, 1.0 / options.beta)?)
}

fn huber(x: &Tensor, target: &Tensor, options: &Huber) -> Result<Tensor> {
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

fn binary(x: &Tensor, target: &Tensor, options: &Binary) -> Result<Tensor> {
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

fn binary_with_logits(x: &Tensor, target: &Tensor, options: &Binary) -> Result<Tensor> {
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

fn divergence(x: &Tensor, target: &Tensor, options: &KlDiv) -> Result<Tensor> {
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

fn similarity(a: &Tensor, b: &Tensor, options: &CosineSimilarity) -> Result<Tensor> {
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

fn embedded(a: &Tensor, b: &Tensor, target: &Tensor, options: &Margin) -> Result<Tensor> {
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

fn hinge(x: &Tensor, target: &Tensor, options: &Margin) -> Result<Tensor> {
    let op = "hinge_embedding_loss";
    floating(op, &[x])?;
    let target = signs(op, target, x)?;
    let apart = (options.margin.unwrap_or(1.0) - x).relu();
    // Targets that are neither 1 nor -1 count as both, as in PyTorch.
    let of_one = crate::ops::try_where_cond(target.try_ne(-1)?, x, 0)?;
    let of_other = crate::ops::try_where_cond(target.try_ne(1)?, apart, 0)?;
    options.reduction.of(&of_one.try_add(of_other)?)
}

fn ranking(a: &Tensor, b: &Tensor, target: &Tensor, options: &Margin) -> Result<Tensor> {
    let op = "margin_ranking_loss";
    floating(op, &[a, b])?;
    let difference = a.try_sub(b)?;
    let target = signs(op, target, &difference)?;
    let losses = (-(target.try_mul(difference)?) + options.margin.unwrap_or(0.0)).relu();
    options.reduction.of(&losses)
}

fn target_of<'a>(
    x: &Tensor,
    target: impl IntoOperand<'a>,
    body: impl FnOnce(&Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    target.into_operand().beside(x, body)
}

fn labels_of<'a>(target: impl IntoOperand<'a>, body: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    body(&target.into_operand().into_tensor()?)
}

/// Declares losses: `name`, `try_name`, and the same with options.
macro_rules! losses {
    ($(
        $(#[$meta:meta])*
        $name:ident | $try_name:ident, $(#[$with_meta:meta])* $with:ident | $try_with:ident ($($operand:ident),+; $target:ident; $reads:ident $($beside:ident)?; $options:ident: $kind:ty) $call:expr;
    )*) => { $(
        $(#[$meta])*
        #[track_caller]
        pub fn $name<'a>($($operand: &Tensor,)+ $target: impl IntoOperand<'a>) -> Tensor {
            crate::error::or_raise($try_name($($operand,)+ $target))
        }

        #[doc = concat!("[`", stringify!($name), "`] with the error as a value.")]
        pub fn $try_name<'a>($($operand: &Tensor,)+ $target: impl IntoOperand<'a>) -> Result<Tensor> {
            $try_with($($operand,)+ $target, Default::default())
        }

        $(#[$with_meta])*
        #[track_caller]
        pub fn $with<'a>($($operand: &Tensor,)+ $target: impl IntoOperand<'a>, $options: $kind) -> Tensor {
            crate::error::or_raise($try_with($($operand,)+ $target, $options))
        }

        #[doc = concat!("[`", stringify!($with), "`] with the error as a value.")]
        pub fn $try_with<'a>($($operand: &Tensor,)+ $target: impl IntoOperand<'a>, $options: $kind) -> Result<Tensor> {
            $reads($($beside,)? $target, |$target| $call)
        }
    )* };
}

losses! {
    /// The cross entropy of classes: how surprised probabilities made of scores are by the labels.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | scores, not normalised: `[batch, classes]`, `[classes]` or `[batch, classes, …]` |
    /// | `target` | the label of each, whole numbers: `[batch]`, `[]` or `[batch, …]`; or probabilities, in the shape of `x` |
    /// | result | `[]`: the mean over the batch |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let scores = tensor![[2.0, 0.0, 0.0], [0.0, 0.0, 3.0]];
    /// let loss = F::cross_entropy(&scores, [0, 2]);
    /// assert!(loss.allclose(-scores.log_softmax(1).gather(1, [[0], [2]]).mean()));
    /// assert_eq!(
    ///     F::try_cross_entropy(&scores, [0, 3]).unwrap_err().to_string(),
    ///     "cross_entropy: label 3, number 1, is none of the 3 classes of scores of shape [2, 3]; labels are 0 to 2"
    /// );
    /// ```
    cross_entropy | try_cross_entropy,
    /// [`cross_entropy`] with options.
    ///
    /// ```
    /// # use tensorlib::{functional::{self as F, CrossEntropy}, prelude::*};
    /// let scores = tensor![[2.0, 0.0], [0.0, 3.0]];
    /// let options = CrossEntropy::new().label_smoothing(0.1).ignore_index(-1);
    /// assert!(F::cross_entropy_with(&scores, [0, -1], options).item::<f32>() > 0.1);
    /// ```
    cross_entropy_with | try_cross_entropy_with (x; target; labels_of; options: CrossEntropy<'_>) cross_entropy_of(x, target, &options);

    /// The negative log likelihood: what logarithms of probabilities say at the labels.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | logarithms of probabilities: `[batch, classes]`, `[classes]` or `[batch, classes, …]` |
    /// | `target` | the label of each: `[batch]`, `[]` or `[batch, …]` |
    /// | result | `[]`: the mean over the batch |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let scores = tensor![[2.0, 0.0], [0.0, 3.0]];
    /// assert!(F::nll_loss(&scores.log_softmax(1), [0, 1]).allclose(F::cross_entropy(&scores, [0, 1])));
    /// ```
    nll_loss | try_nll_loss,
    /// [`nll_loss`] with options.
    nll_loss_with | try_nll_loss_with (x; target; labels_of; options: NllLoss<'_>) nll(x, target, &options);

    /// The mean of the squares of differences, of two tensors of one shape.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// assert_eq!(F::mse_loss(&tensor![1.0, 2.0], [1.0, 4.0]).item::<f32>(), 2.0);
    /// ```
    mse_loss | try_mse_loss,
    /// [`mse_loss`] with another reduction than the mean.
    mse_loss_with | try_mse_loss_with (x; target; target_of x; reduction: Reduction) {
        alike("mse_loss", x, target)?;
        reduction.of(&x.try_sub(target)?.square())
    };

    /// The mean of absolute differences, of two tensors of one shape.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// assert_eq!(F::l1_loss(&tensor![1.0, 2.0], [1.0, 4.0]).item::<f32>(), 1.0);
    /// ```
    l1_loss | try_l1_loss,
    /// [`l1_loss`] with another reduction than the mean.
    l1_loss_with | try_l1_loss_with (x; target; target_of x; reduction: Reduction) {
        alike("l1_loss", x, target)?;
        reduction.of(&x.try_sub(target)?.abs())
    };

    /// Half the square of small differences, divided by `beta`, and the absolute value of others less half of `beta`: the
    /// mean over two tensors of one shape. Girshick, *Fast R-CNN*, 2015.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// assert_eq!(F::smooth_l1_loss(&tensor![0.0, 3.0], [1.0, 0.0]).item::<f32>(), 1.5);
    /// ```
    smooth_l1_loss | try_smooth_l1_loss,
    /// [`smooth_l1_loss`] with options.
    smooth_l1_loss_with | try_smooth_l1_loss_with (x; target; target_of x; options: SmoothL1<'_>) smooth_l1(x, target, &options);

    /// Half the square of small differences and a line beyond `delta`: the mean over two tensors of one shape. Huber, *Robust
    /// Estimation of a Location Parameter*, 1964.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// assert_eq!(F::huber_loss(&tensor![0.0, 3.0], [1.0, 0.0]).item::<f32>(), 1.5);
    /// ```
    huber_loss | try_huber_loss,
    /// [`huber_loss`] with options.
    huber_loss_with | try_huber_loss_with (x; target; target_of x; options: Huber<'_>) huber(x, target, &options);

    /// The cross entropy of yes and no, of probabilities and targets from 0 to 1 of one shape. Logarithms stop at -100, as in
    /// PyTorch.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// assert!(F::binary_cross_entropy(&tensor![0.5, 0.5], [0.0, 1.0]).allclose(2.0f64.ln()));
    /// ```
    binary_cross_entropy | try_binary_cross_entropy,
    /// [`binary_cross_entropy`] with options.
    binary_cross_entropy_with | try_binary_cross_entropy_with (x; target; target_of x; options: Binary<'_>) binary(x, target, &options);

    /// [`binary_cross_entropy`] of `x.sigmoid()`, without losing small probabilities.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let scores = tensor![-1.0, 2.0];
    /// let loss = F::binary_cross_entropy_with_logits(&scores, [0.0, 1.0]);
    /// assert!(loss.allclose(F::binary_cross_entropy(&scores.sigmoid(), [0.0, 1.0])));
    /// ```
    binary_cross_entropy_with_logits | try_binary_cross_entropy_with_logits,
    /// [`binary_cross_entropy_with_logits`] with options.
    binary_cross_entropy_with_logits_with | try_binary_cross_entropy_with_logits_with (x; target; target_of x; options: Binary<'_>) binary_with_logits(x, target, &options);

    /// The divergence of Kullback and Leibler from `x`, logarithms of probabilities, to `target`, probabilities: `target *
    /// (target.log() - x)`, of which the mean over all elements is taken. Divided by the batch alone
    /// ([`Reduction::BatchMean`]) it is the divergence.
    ///
    /// ```
    /// # use tensorlib::{functional::{self as F, KlDiv, Reduction}, prelude::*};
    /// let (p, q) = (tensor![[0.5, 0.5]], tensor![[0.25, 0.75]]);
    /// let divergence = F::kl_div_with(&q.log(), &p, KlDiv::new().reduction(Reduction::BatchMean));
    /// assert!(divergence.allclose((&p * (&p / &q).log()).sum()));
    /// ```
    kl_div | try_kl_div,
    /// [`kl_div`] with options.
    kl_div_with | try_kl_div_with (x; target; target_of x; options: KlDiv<'_>) divergence(x, target, &options);

    /// The cosine of the angle between vectors: those along dimension 1 of two tensors whose shapes broadcast.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let cosines = F::cosine_similarity(&tensor![[1.0, 0.0], [1.0, 1.0]], [[2.0, 0.0], [1.0, -1.0]]);
    /// assert_eq!(cosines.to_vec::<f32>(), [1.0, 0.0]);
    /// ```
    cosine_similarity | try_cosine_similarity,
    /// [`cosine_similarity`] with options.
    cosine_similarity_with | try_cosine_similarity_with (x; other; target_of x; options: CosineSimilarity<'_>) similarity(x, other, &options);

    /// Brings vectors together whose target is 1, and apart whose target is -1: `1 - cos`, or `cos - margin` where that is
    /// positive (0 by default). Shapes are `[batch, features]` twice and `[batch]`; the mean is taken.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let x = tensor![[1.0, 0.0], [1.0, 0.0]];
    /// assert_eq!(F::cosine_embedding_loss(&x, &x, [1, -1]).item::<f32>(), 0.5);
    /// ```
    cosine_embedding_loss | try_cosine_embedding_loss,
    /// [`cosine_embedding_loss`] with options.
    cosine_embedding_loss_with | try_cosine_embedding_loss_with (a, b; target; labels_of; options: Margin<'_>) embedded(a, b, target, &options);

    /// Of distances: themselves where the target is 1, and `margin - x` (1 by default), if positive, where it is -1. The mean
    /// is taken.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// assert_eq!(F::hinge_embedding_loss(&tensor![0.5, 0.25], [1, -1]).item::<f32>(), 0.625);
    /// ```
    hinge_embedding_loss | try_hinge_embedding_loss,
    /// [`hinge_embedding_loss`] with options.
    hinge_embedding_loss_with | try_hinge_embedding_loss_with (x; target; labels_of; options: Margin<'_>) hinge(x, target, &options);

    /// Whether `a` is larger than `b` (target 1) or smaller (-1): `-target * (a - b) + margin` (0 by default), if positive. The
    /// mean is taken.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// assert_eq!(F::margin_ranking_loss(&tensor![2.0, 1.0], &tensor![1.0, 2.0], [1, 1]).item::<f32>(), 0.5);
    /// ```
    margin_ranking_loss | try_margin_ranking_loss,
    /// [`margin_ranking_loss`] with options.
    margin_ranking_loss_with | try_margin_ranking_loss_with (a, b; target; labels_of; options: Margin<'_>) ranking(a, b, target, &options);
}

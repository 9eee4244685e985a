//! The options of losses.

use super::reduction::Reduction;
use crate::functional::options::options;
use crate::tensor::Tensor;

options! {
    /// The options of [`cross_entropy_with`](super::cross_entropy_with).
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
        /// How the losses of all examples are reduced: to their mean by default.
        reduction: Reduction, Reduction::Mean, |reduction: Reduction| reduction;
    }

    /// The options of [`nll_loss_with`](super::nll_loss_with).
    pub struct NllLoss<'a> {
        /// A weight for each class, shape `[classes]`.
        weight: Option<&'a Tensor>, None, |weight: &'a Tensor| Some(weight);
        /// A label of examples that do not count; -100 by default.
        ignore_index: i64, -100, |label: i64| label;
        /// How the losses of all examples are reduced: to their mean by default.
        reduction: Reduction, Reduction::Mean, |reduction: Reduction| reduction;
    }

    /// The options of [`smooth_l1_loss_with`](super::smooth_l1_loss_with).
    pub struct SmoothL1<'a> {
        /// The difference from which on the loss is linear; 1 by default.
        beta: f64, 1.0, |beta: f64| beta;
        /// How the losses of all elements are reduced: to their mean by default.
        reduction: Reduction, Reduction::Mean, |reduction: Reduction| reduction;
    }

    /// The options of [`huber_loss_with`](super::huber_loss_with).
    pub struct Huber<'a> {
        /// The difference from which on the loss is linear; 1 by default.
        delta: f64, 1.0, |delta: f64| delta;
        /// How the losses of all elements are reduced: to their mean by default.
        reduction: Reduction, Reduction::Mean, |reduction: Reduction| reduction;
    }

    /// The options of [`binary_cross_entropy_with`](super::binary_cross_entropy_with) and
    /// [`binary_cross_entropy_with_logits_with`](super::binary_cross_entropy_with_logits_with).
    pub struct Binary<'a> {
        /// A factor for each loss; its shape broadcasts.
        weight: Option<&'a Tensor>, None, |weight: &'a Tensor| Some(weight);
        /// With logits: how much more an example counts whose target is 1; its shape broadcasts.
        pos_weight: Option<&'a Tensor>, None, |weight: &'a Tensor| Some(weight);
        /// How the losses of all elements are reduced: to their mean by default.
        reduction: Reduction, Reduction::Mean, |reduction: Reduction| reduction;
    }

    /// The options of [`kl_div_with`](super::kl_div_with).
    pub struct KlDiv<'a> {
        /// Whether the target, too, is given as logarithms.
        log_target: bool, false, |is_log: bool| is_log;
        /// How the losses of all elements are reduced: to their mean by default, though `BatchMean` is the divergence.
        reduction: Reduction, Reduction::Mean, |reduction: Reduction| reduction;
    }

    /// The options of [`cosine_similarity_with`](super::cosine_similarity_with).
    pub struct CosineSimilarity<'a> {
        /// The dimension of the vectors; 1 by default.
        dim: i64, 1, |dim: i64| dim;
        /// The least norm that is divided by; 1e-8 by default.
        eps: f64, 1e-8, |eps: f64| eps;
    }

    /// The options of losses with a margin: [`cosine_embedding_loss_with`](super::cosine_embedding_loss_with),
    /// [`hinge_embedding_loss_with`](super::hinge_embedding_loss_with) and
    /// [`margin_ranking_loss_with`](super::margin_ranking_loss_with).
    pub struct Margin<'a> {
        /// The margin; each loss has its own by default.
        margin: Option<f64>, None, |margin: f64| Some(margin);
        /// How the losses of all elements are reduced: to their mean by default.
        reduction: Reduction, Reduction::Mean, |reduction: Reduction| reduction;
    }

    /// The options of [`triplet_margin_loss_with`](super::triplet_margin_loss_with).
    pub struct Triplet<'a> {
        /// How much further away the other one should be; 1 by default.
        margin: f64, 1.0, |margin: f64| margin;
        /// By which norm distances are measured; 2 by default.
        p: f64, 2.0, |p: impl Into<f64>| p.into();
        /// The number added to each coordinate of a difference; 1e-6 by default.
        eps: f64, 1e-6, |eps: f64| eps;
        /// Whether the distance of the two others counts, too, if it is less; `false` by default (Balntas et al., *Learning
        /// shallow convolutional feature descriptors with triplet losses*, 2016).
        swap: bool, false, |swap: bool| swap;
        /// How the losses of all examples are reduced: to their mean by default.
        reduction: Reduction, Reduction::Mean, |reduction: Reduction| reduction;
    }

    /// The options of [`multi_margin_loss_with`](super::multi_margin_loss_with).
    pub struct MultiMargin<'a> {
        /// The power of what is missing to the margin, 1 or 2; 1 by default.
        p: i64, 1, |p: i64| p;
        /// How much larger the score of the label should be than the others; 1 by default.
        margin: f64, 1.0, |margin: f64| margin;
        /// A weight for each class, shape `[classes]`.
        weight: Option<&'a Tensor>, None, |weight: &'a Tensor| Some(weight);
        /// How the losses of all examples are reduced: to their mean by default.
        reduction: Reduction, Reduction::Mean, |reduction: Reduction| reduction;
    }

    /// The options of [`poisson_nll_loss_with`](super::poisson_nll_loss_with).
    pub struct PoissonNll<'a> {
        /// Whether the input is the logarithm of the rate, and not the rate; `true` by default.
        log_input: bool, true, |is_log: bool| is_log;
        /// Whether the part that depends on the target alone is added, by Stirling's approximation; `false` by default.
        full: bool, false, |full: bool| full;
        /// The number added to a rate before its logarithm is taken; 1e-8 by default.
        eps: f64, 1e-8, |eps: f64| eps;
        /// How the losses of all elements are reduced: to their mean by default.
        reduction: Reduction, Reduction::Mean, |reduction: Reduction| reduction;
    }

    /// The options of [`gaussian_nll_loss_with`](super::gaussian_nll_loss_with).
    pub struct GaussianNll<'a> {
        /// Whether the constant part is added; `false` by default.
        full: bool, false, |full: bool| full;
        /// The least variance; 1e-6 by default.
        eps: f64, 1e-6, |eps: f64| eps;
        /// How the losses of all elements are reduced: to their mean by default.
        reduction: Reduction, Reduction::Mean, |reduction: Reduction| reduction;
    }
}

//! Losses: how far a result is from what it should be, as one number.

mod classes;
mod margins;
mod numbers;
mod options;
mod reduction;

use std::borrow::Cow;

pub use self::options::{
    Binary, CosineSimilarity, CrossEntropy, GaussianNll, Huber, KlDiv, Margin, MultiMargin, NllLoss, PoissonNll,
    SmoothL1, Triplet,
};
pub use self::reduction::Reduction;

use self::classes::{cross_entropy_of, nll};
use self::margins::{gaussian, multi_margin, poisson, soft_margin, triplet};
use self::numbers::{
    alike, binary, binary_with_logits, divergence, embedded, hinge, huber, ranking, similarity, smooth_l1,
};
use crate::error::Result;
use crate::operand::{IntoOperand, Operand};
use crate::tensor::Tensor;

/// Numbers beside scores, of their type.
fn target_of<'a>(x: &Tensor, target: Operand<'a>) -> Result<Cow<'a, Tensor>> {
    target.beside(x)
}

/// Labels, which keep their type.
fn labels_of(target: Operand<'_>) -> Result<Cow<'_, Tensor>> {
    Ok(Cow::Owned(target.into_tensor()?))
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
            // Without type parameters: compiled once, whatever the target is.
            fn loss<'a>($($operand: &Tensor,)+ $target: Operand<'a>, $options: $kind) -> Result<Tensor> {
                let $target = &*$reads($($beside,)? $target)?;
                $call
            }
            loss($($operand,)+ $target.into_operand(), $options)
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
    ///     "cross_entropy: label 3 at position 1 is not one of the 3 classes of scores of shape [2, 3]; labels are 0 to 2"
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

    /// Brings a vector nearer to one that it belongs to than to another: `distance to positive - distance to negative + margin`
    /// (1 by default), if positive. Shapes are `[batch, features]` or `[features]`; the mean is taken. Schroff, Kalenichenko and
    /// Philbin, *FaceNet: A Unified Embedding for Face Recognition and Clustering*, 2015.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let (anchor, positive, negative) = (tensor![[0.0, 0.0]], tensor![[3.0, 4.0]], tensor![[6.0, 8.0]]);
    /// assert_eq!(F::triplet_margin_loss(&anchor, &positive, &negative).item::<f32>(), 0.0);
    /// assert!(F::triplet_margin_loss(&anchor, &negative, &positive).allclose(6.0));
    /// ```
    triplet_margin_loss | try_triplet_margin_loss,
    /// [`triplet_margin_loss`] with options.
    triplet_margin_loss_with | try_triplet_margin_loss_with (anchor, positive; negative; target_of anchor; options: Triplet<'_>) triplet(anchor, positive, negative, &options);

    /// Makes the score of the label larger than the others by a margin (1 by default): the sum of what is missing, over the
    /// number of classes. Shapes are those of [`cross_entropy`] without dimensions behind; the mean is taken.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(F::multi_margin_loss(&tensor![[0.0, 2.0, 1.5, 0.5]], [1]).item::<f32>(), 0.125);
    /// ```
    multi_margin_loss | try_multi_margin_loss,
    /// [`multi_margin_loss`] with options.
    multi_margin_loss_with | try_multi_margin_loss_with (x; target; labels_of; options: MultiMargin<'_>) multi_margin(x, target, &options);

    /// How unlikely counts are of which `x` is the logarithm of the rate, by Poisson's distribution: `exp(x) - target * x`, of
    /// which the mean is taken.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(F::poisson_nll_loss(&tensor![0.0, 0.0], [1.0, 3.0]).item::<f32>(), 1.0);
    /// ```
    poisson_nll_loss | try_poisson_nll_loss,
    /// [`poisson_nll_loss`] with options.
    poisson_nll_loss_with | try_poisson_nll_loss_with (x; target; target_of x; options: PoissonNll<'_>) poisson(x, target, &options);

    /// How unlikely targets are around `x`, with a variance for each or for each row, by the normal distribution:
    /// `(log(variance) + (x - target)² / variance) / 2`, of which the mean is taken. Nix and Weigend, *Estimating the mean and
    /// variance of the target probability distribution*, 1994.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(F::gaussian_nll_loss(&tensor![1.0, 2.0], &tensor![1.0, 4.0], [1.0, 1.0]).item::<f32>(), 1.0);
    /// ```
    gaussian_nll_loss | try_gaussian_nll_loss,
    /// [`gaussian_nll_loss`] with options.
    gaussian_nll_loss_with | try_gaussian_nll_loss_with (x, target; variance; target_of x; options: GaussianNll<'_>) gaussian(x, target, variance, &options);

    /// The cross entropy of yes (1) and no (-1), of scores: `log(1 + exp(-target * x))`, of which the mean is taken.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(F::soft_margin_loss(&tensor![0.0, 0.0], [1.0, -1.0]).allclose(2.0f64.ln()));
    /// ```
    soft_margin_loss | try_soft_margin_loss,
    /// [`soft_margin_loss`] with another reduction than the mean.
    soft_margin_loss_with | try_soft_margin_loss_with (x; target; target_of x; reduction: Reduction) soft_margin(x, target, reduction);
}

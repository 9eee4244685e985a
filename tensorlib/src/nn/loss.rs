//! Losses: how far results are from what they should be.

use super::{Buffer, Module};
use crate::error::Result;
use crate::functional::{self as F, Binary, CrossEntropy, Huber, KlDiv, Margin, NllLoss, Reduction, SmoothL1};
use crate::operand::IntoOperand;
use crate::tensor::Tensor;

/// The options of a function that takes a [`Reduction`] alone.
struct Reduced;

impl Reduced {
    fn new() -> Reduced {
        Reduced
    }

    fn reduction(self, reduction: Reduction) -> Reduction {
        reduction
    }
}

/// Declares losses of results and targets: a type with the options of a function, and `forward`.
macro_rules! losses {
    ($(
        $(#[$doc:meta])*
        $name:ident ($($operand:ident),+): $function:ident | $try_function:ident, $options:ident {
            $($(#[$option_doc:meta])* $option:ident: $ty:ty = $default:expr),*
        }
        $(buffers { $($(#[$buffer_doc:meta])* $buffer:ident),+ })?;
    )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Module)]
        pub struct $name {
            $(#[module(skip)] $option: $ty,)*
            $($($buffer: Option<Buffer>,)+)?
        }

        impl Default for $name {
            fn default() -> $name {
                $name { $($option: $default,)* $($($buffer: None,)+)? }
            }
        }

        impl $name {
            /// The loss with nothing special about it.
            pub fn new() -> $name {
                $name::default()
            }

            $(
                $(#[$option_doc])*
                #[must_use = "this gives the loss"]
                pub fn $option(mut self, $option: $ty) -> $name {
                    self.$option = $option;
                    self
                }
            )*

            $($(
                $(#[$buffer_doc])*
                #[must_use = "this gives the loss"]
                #[track_caller]
                pub fn $buffer<'a>(mut self, $buffer: impl IntoOperand<'a>) -> $name {
                    self.$buffer = Some(Buffer::new($buffer));
                    self
                }
            )+)?

            #[doc = concat!("The loss, as [`F::", stringify!($function), "`](crate::functional::", stringify!($function), ").")]
            ///
            /// # Panics
            /// If shapes or types do not fit; the sentence says how they must be.
            #[track_caller]
            pub fn forward<'a>(&self, $($operand: &Tensor,)+ target: impl IntoOperand<'a>) -> Tensor {
                crate::error::or_raise(self.try_forward($($operand,)+ target))
            }

            /// [`forward`](Self::forward) with the error as a value.
            pub fn try_forward<'a>(&self, $($operand: &Tensor,)+ target: impl IntoOperand<'a>) -> Result<Tensor> {
                #[allow(unused_mut)]
                let mut options = $options::new()$(.$option(self.$option))*;
                $($(
                    if let Some(buffer) = &self.$buffer {
                        options = options.$buffer(buffer);
                    }
                )+)?
                F::$try_function($($operand,)+ target, options)
            }
        }
    )* };
}

losses! {
    /// The cross entropy of scores, before any softmax, and labels: what a classifier is trained with.
    ///
    /// | | shape |
    /// |---|---|
    /// | scores | `[batch, classes]`, or `[batch, classes, …]` |
    /// | labels | `[batch]` (`[batch, …]`) of whole numbers, or probabilities of the shape of the scores |
    /// | result | one number, unless `reduction` says otherwise |
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let criterion = nn::CrossEntropyLoss::new().label_smoothing(0.1);
    /// let loss = criterion.forward(&zeros([3, 4]), [0, 3, 1]);
    /// assert!(loss.allclose(4f64.ln()));
    /// ```
    CrossEntropyLoss(scores): cross_entropy | try_cross_entropy_with, CrossEntropy {
        /// A label of examples that do not count; -100 by default.
        ignore_index: i64 = -100,
        /// How much of the probability is spread over all classes; 0 by default.
        label_smoothing: f64 = 0.0,
        /// How the losses of all examples are reduced: to their mean by default.
        reduction: Reduction = Reduction::Mean
    } buffers {
        /// A weight for each class, shape `[classes]`.
        weight
    };

    /// The negative of the log-probability of the label: with [`LogSoftmax`](super::LogSoftmax) in front,
    /// [`CrossEntropyLoss`].
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let logs = zeros([3, 4]).log_softmax(1);
    /// assert!(nn::NLLLoss::new().forward(&logs, [0, 3, 1]).allclose(4f64.ln()));
    /// ```
    NLLLoss(scores): nll_loss | try_nll_loss_with, NllLoss {
        /// A label of examples that do not count; -100 by default.
        ignore_index: i64 = -100,
        /// How the losses of all examples are reduced: to their mean by default.
        reduction: Reduction = Reduction::Mean
    } buffers {
        /// A weight for each class, shape `[classes]`.
        weight
    };

    /// The mean of squared differences.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::MSELoss::new().forward(&tensor![1.0, 2.0], [1.0, 4.0]).item::<f32>(), 2.0);
    /// ```
    MSELoss(x): mse_loss | try_mse_loss_with, Reduced {
        /// How the losses of all elements are reduced: to their mean by default.
        reduction: Reduction = Reduction::Mean
    };

    /// The mean of the sizes of differences.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::L1Loss::new().forward(&tensor![1.0, 2.0], [1.0, 4.0]).item::<f32>(), 1.0);
    /// ```
    L1Loss(x): l1_loss | try_l1_loss_with, Reduced {
        /// How the losses of all elements are reduced: to their mean by default.
        reduction: Reduction = Reduction::Mean
    };

    /// Squares of small differences, sizes of large ones. Girshick, *Fast R-CNN*, 2015.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::SmoothL1Loss::new().forward(&tensor![0.0], [2.0]).item::<f32>(), 1.5);
    /// ```
    SmoothL1Loss(x): smooth_l1_loss | try_smooth_l1_loss_with, SmoothL1 {
        /// The difference from which on the loss is linear; 1 by default.
        beta: f64 = 1.0,
        /// How the losses of all elements are reduced: to their mean by default.
        reduction: Reduction = Reduction::Mean
    };

    /// [`SmoothL1Loss`] times `delta`. Huber, *Robust estimation of a location parameter*, 1964.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::HuberLoss::new().forward(&tensor![0.0], [2.0]).item::<f32>(), 1.5);
    /// ```
    HuberLoss(x): huber_loss | try_huber_loss_with, Huber {
        /// The difference from which on the loss is linear; 1 by default.
        delta: f64 = 1.0,
        /// How the losses of all elements are reduced: to their mean by default.
        reduction: Reduction = Reduction::Mean
    };

    /// The cross entropy of probabilities of yes and answers, 0 or 1. Give [`BCEWithLogitsLoss`] the scores instead, if you
    /// have them: it is exact where probabilities are nearly 0 or 1.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert!(nn::BCELoss::new().forward(&tensor![0.5], [1.0]).allclose(2f64.ln()));
    /// ```
    BCELoss(x): binary_cross_entropy | try_binary_cross_entropy_with, Binary {
        /// How the losses of all elements are reduced: to their mean by default.
        reduction: Reduction = Reduction::Mean
    } buffers {
        /// A factor for each loss; its shape broadcasts.
        weight
    };

    /// [`BCELoss`] of scores, before any sigmoid.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert!(nn::BCEWithLogitsLoss::new().forward(&tensor![0.0], [1.0]).allclose(2f64.ln()));
    /// ```
    BCEWithLogitsLoss(scores): binary_cross_entropy_with_logits | try_binary_cross_entropy_with_logits_with, Binary {
        /// How the losses of all elements are reduced: to their mean by default.
        reduction: Reduction = Reduction::Mean
    } buffers {
        /// A factor for each loss; its shape broadcasts.
        weight,
        /// How much more an example counts whose target is 1; its shape broadcasts.
        pos_weight
    };

    /// The divergence of a distribution, given as logarithms, from a target. Kullback and Leibler, 1951.
    ///
    /// ```
    /// use tensorlib::{functional::Reduction, prelude::*};
    ///
    /// let criterion = nn::KLDivLoss::new().reduction(Reduction::BatchMean);
    /// assert!(criterion.forward(&tensor![[0.5, 0.5]].log(), [[0.5, 0.5]]).allclose(0.0));
    /// ```
    KLDivLoss(logs): kl_div | try_kl_div_with, KlDiv {
        /// Whether the target, too, is given as logarithms.
        log_target: bool = false,
        /// How the losses of all elements are reduced: to their mean by default, though `BatchMean` is the divergence.
        reduction: Reduction = Reduction::Mean
    };

    /// `1 - cos` of two vectors whose target is 1, and `max(0, cos - margin)` where it is -1.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let loss = nn::CosineEmbeddingLoss::new().forward(&tensor![[1.0, 0.0]], &tensor![[0.0, 1.0]], [1]);
    /// assert_eq!(loss.item::<f32>(), 1.0);
    /// ```
    CosineEmbeddingLoss(a, b): cosine_embedding_loss | try_cosine_embedding_loss_with, Margin {
        /// The margin; 0 by default.
        margin: f64 = 0.0,
        /// How the losses of all examples are reduced: to their mean by default.
        reduction: Reduction = Reduction::Mean
    };

    /// `x` where the target is 1, and `max(0, margin - x)` where it is -1.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::HingeEmbeddingLoss::new().forward(&tensor![0.5, 0.5], [1, -1]).item::<f32>(), 0.5);
    /// ```
    HingeEmbeddingLoss(x): hinge_embedding_loss | try_hinge_embedding_loss_with, Margin {
        /// The margin; 1 by default.
        margin: f64 = 1.0,
        /// How the losses of all elements are reduced: to their mean by default.
        reduction: Reduction = Reduction::Mean
    };

    /// `max(0, margin - y (a - b))`: whether `a` should be above `b` (`y` is 1) or below (-1).
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::MarginRankingLoss::new().forward(&tensor![2.0], &tensor![3.0], [1]).item::<f32>(), 1.0);
    /// ```
    MarginRankingLoss(a, b): margin_ranking_loss | try_margin_ranking_loss_with, Margin {
        /// The margin; 0 by default.
        margin: f64 = 0.0,
        /// How the losses of all elements are reduced: to their mean by default.
        reduction: Reduction = Reduction::Mean
    };
}

/// The cosine of the angle between vectors, as [`F::cosine_similarity`](crate::functional::cosine_similarity()).
///
/// ```
/// use tensorlib::prelude::*;
///
/// assert_eq!(nn::CosineSimilarity::new(1).forward(&tensor![[1.0, 0.0]], [[2.0, 0.0]]).item::<f32>(), 1.0);
/// ```
#[derive(Clone, Copy, Debug, Module)]
pub struct CosineSimilarity {
    dim: i64,
}

impl CosineSimilarity {
    /// Of vectors along a dimension.
    pub fn new(dim: i64) -> CosineSimilarity {
        CosineSimilarity { dim }
    }

    /// The cosine for each pair of vectors.
    ///
    /// # Panics
    /// If shapes do not fit.
    #[track_caller]
    pub fn forward<'a>(&self, a: &Tensor, b: impl IntoOperand<'a>) -> Tensor {
        F::cosine_similarity_with(a, b, F::CosineSimilarity::new().dim(self.dim))
    }
}

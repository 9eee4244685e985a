//! The expressions by name; `expressions.py` has the same for PyTorch.

use tensorlib::functional::{self as F, *};
use tensorlib::prelude::*;

fn mask() -> Tensor {
    let rows = [[true, false, true, true, false], [true; 5], [false; 5], [false, true, false, true, true]];
    tensor(rows)
}

/// Literals in the type of a tensor.
fn beside(values: &Tensor, x: &Tensor) -> Tensor {
    values.to(x.dtype())
}

/// Batch normalisation, and the running values after it.
fn batch<'a>(x: &[Tensor], options: BatchNorm<'a>, given: impl FnOnce(BatchNorm<'_>) -> Tensor) -> Vec<Tensor> {
    let (mean, var) = (beside(&tensor![0.5, -0.5, 1.0; f64], &x[0]), beside(&tensor![1.0, 2.0, 0.5; f64], &x[0]));
    let y = given(BatchNorm::running_var(BatchNorm::running_mean(shortened(options), &mean), &var));
    vec![y, mean, var]
}

fn shortened<'b, 'a: 'b>(options: BatchNorm<'a>) -> BatchNorm<'b> {
    options
}

fn linear(name: &str, x: &[Tensor]) -> Option<Tensor> {
    match x {
        [x, weight] if name.starts_with("linear") => Some(F::linear(x, weight, None)),
        [x, weight, bias] if name.starts_with("linear") => Some(F::linear(x, weight, bias)),
        _ => None,
    }
}

fn convolution(name: &str, x: &[Tensor]) -> Option<Tensor> {
    let [x, w, rest @ ..] = x else { return None };
    Some(match name {
        "conv1d" => F::conv1d(x, w),
        "conv1d_options" => F::conv1d_with(x, w, Conv::new().bias(&rest[0]).stride(2).padding(3).dilation(2)),
        "conv1d_same" => F::conv1d_with(x, w, Conv::new().padding("same")),
        "conv1d_groups" => F::conv1d_with(x, w, Conv::new().groups(2)),
        "conv2d" | "conv2d_one" | "conv2d_unbatched" => F::conv2d(x, w),
        "conv2d_bias" => F::conv2d_with(x, w, Conv::new().bias(&rest[0]).padding(1)),
        "conv2d_stride" => F::conv2d_with(x, w, Conv::new().stride((2, 1)).padding((1, 2))),
        "conv2d_dilation" => F::conv2d_with(x, w, Conv::new().stride(2).padding(2).dilation((2, 3))),
        "conv2d_same" => F::conv2d_with(x, w, Conv::new().padding("same").dilation((1, 2))),
        "conv2d_groups" => F::conv2d_with(x, w, Conv::new().bias(&rest[0]).groups(2).padding(1)),
        "conv2d_depthwise" => F::conv2d_with(x, w, Conv::new().groups(3).stride(2)),
        "conv_transpose1d" => F::conv_transpose1d(x, w),
        "conv_transpose1d_options" => {
            let options = Conv::new().bias(&rest[0]).stride(3).padding(2).output_padding(1).groups(2).dilation(2);
            F::conv_transpose1d_with(x, w, options)
        }
        "conv_transpose2d" => F::conv_transpose2d(x, w),
        "conv_transpose2d_options" => {
            let options = Conv::new().bias(&rest[0]).stride(2).padding(1).output_padding((1, 0));
            F::conv_transpose2d_with(x, w, options)
        }
        "conv_transpose2d_dilation" => {
            F::conv_transpose2d_with(x, w, Conv::new().stride((1, 2)).padding((0, 2)).groups(2).dilation((3, 2)))
        }
        _ => return None,
    })
}

fn pooling(name: &str, x: &[Tensor]) -> Option<Vec<Tensor>> {
    let x = x.first()?;
    let infinite = f64::INFINITY;
    let pair = |(values, places)| vec![values, places];
    let one = match name {
        "max_pool2d_nan" => return Some(pair(F::max_pool2d_with_indices(x, 2, MaxPool::new()))),
        "max_pool2d_nan_wide" => return Some(pair(F::max_pool2d_with_indices(x, 3, MaxPool::new().stride(1)))),
        "max_pool2d_infinite" => {
            return Some(pair(F::max_pool2d_with_indices(&(x * infinite), 3, MaxPool::new().stride(1).padding(1))));
        }
        "max_pool2d_nothing" => {
            return Some(pair(F::max_pool2d_with_indices(&(x * -infinite), 3, MaxPool::new().stride(2).padding(1))));
        }
        "max_pool2d_indices" => return Some(pair(F::max_pool2d_with_indices(x, 3, MaxPool::new().stride(2)))),
        "max_pool1d" => F::max_pool1d(x, 2),
        "max_pool1d_options" => F::max_pool1d_with(x, 3, MaxPool::new().stride(2).padding(1).ceil_mode(true)),
        "max_pool2d" | "max_pool2d_strided" => F::max_pool2d(x, 2),
        "max_pool2d_options" => {
            F::max_pool2d_with(x, (3, 2), MaxPool::new().stride((2, 1)).padding(1).dilation((2, 1)))
        }
        "max_pool2d_ceil" => F::max_pool2d_with(x, 3, MaxPool::new().stride(2).ceil_mode(true).padding(1)),
        "avg_pool1d" => F::avg_pool1d_with(x, 4, AvgPool::new().stride(3).padding(2)),
        "avg_pool2d" => F::avg_pool2d(x, 2),
        "avg_pool2d_ceil" => F::avg_pool2d_with(x, 3, AvgPool::new().stride(2).padding(1).ceil_mode(true)),
        "avg_pool2d_without_padding" => {
            let options = AvgPool::new().stride(2).padding(1).ceil_mode(true).count_include_pad(false);
            F::avg_pool2d_with(x, 3, options)
        }
        "avg_pool2d_divisor" => F::avg_pool2d_with(x, (2, 3), AvgPool::new().divisor_override(5)),
        "adaptive_avg_pool1d" => F::adaptive_avg_pool1d(x, 4),
        "adaptive_avg_pool2d" => F::adaptive_avg_pool2d(x, (3, 4)),
        "adaptive_avg_pool2d_whole" => F::adaptive_avg_pool2d(x, 1),
        "adaptive_max_pool1d" => F::adaptive_max_pool1d(x, 4),
        "adaptive_max_pool2d" => F::adaptive_max_pool2d(x, (3, 4)),
        _ => return None,
    };
    Some(vec![one])
}

fn places(name: &str, x: &[Tensor]) -> Option<Tensor> {
    match name {
        "one_hot" => return Some(F::one_hot(&tensor![[2, 0], [1, 1]], 4)),
        "one_hot_open" => return Some(F::one_hot(&tensor![2, 0], -1)),
        _ => {}
    }
    let x = x.first()?;
    Some(match name {
        "pad" => F::pad(x, (1, 2)),
        "pad_two" => F::pad(x, [1, 0, 2, 1]),
        "pad_negative" => F::pad(x, [-1, 2, 1, -2]),
        "pad_value" => F::pad_with(x, [0, 1, 1, 0], PadMode::Constant(2.5)),
        "pad_reflect" => F::pad_with(x, [2, 1, 1, 3], PadMode::Reflect),
        "pad_replicate" => F::pad_with(x, [2, 4, 1, 3], PadMode::Replicate),
        "pad_circular" => F::pad_with(x, [2, 1, 3, 0], PadMode::Circular),
        "windows" => x.unfold(1, 3, 2),
        "windows_overlapping" => x.unfold(0, 4, 1) * x.sum(),
        "unfold" => F::unfold(x, (2, 3)),
        "unfold_options" => F::unfold_with(x, 2, Unfold::new().dilation((2, 3)).padding((1, 2)).stride((2, 3))),
        "fold" => F::fold(x, (3, 4), 2),
        "fold_options" => F::fold_with(x, (5, 6), 2, Unfold::new().dilation(2).padding(1).stride(2)),
        "pixel_shuffle" => F::pixel_shuffle(x, 2),
        "pixel_unshuffle" => F::pixel_unshuffle(x, 2),
        "embedding" => F::embedding(&tensor![[1, 5], [0, 1], [1, 4]], x),
        "embedding_padding" => F::embedding_with(&tensor![1, 5, 0, 1, 5], x, Embedding::new().padding_idx(-1)),
        _ => return None,
    })
}

fn attention(name: &str, x: &[Tensor]) -> Option<Tensor> {
    let [q, k, v, rest @ ..] = x else { return None };
    let with = |options| F::scaled_dot_product_attention_with(q, k, v, options);
    Some(match name {
        "attention" | "attention_one_key" => F::scaled_dot_product_attention(q, k, v),
        "attention_causal" | "attention_causal_wide" => with(Attention::new().is_causal(true)),
        "attention_mask" => with(Attention::new().attn_mask(&mask())),
        "attention_numbers" => with(Attention::new().attn_mask(&rest[0]).scale(0.25)),
        "attention_learned" => with(Attention::new().attn_mask(&rest[0])),
        "attention_turned" => {
            let [q, k, v] = [q, k, v].map(|x| x.transpose(1, 2));
            F::scaled_dot_product_attention(&q, &k, &v)
        }
        "attention_long" => F::scaled_dot_product_attention(&(q / 4), &(k / 4), v),
        "attention_long_causal" => {
            F::scaled_dot_product_attention_with(&(q / 4), &(k / 4), v, Attention::new().is_causal(true))
        }
        _ => return None,
    })
}

fn normalisation(name: &str, x: &[Tensor]) -> Option<Vec<Tensor>> {
    let given = x;
    let [x, rest @ ..] = x else { return None };
    let with = |norm: Norm<'static>| norm;
    let one = match name {
        "layer_norm" => F::layer_norm(x, 7),
        "layer_norm_options" => F::layer_norm_with(x, 20, Norm::new().weight(&rest[0]).bias(&rest[1]).eps(0.125)),
        "layer_norm_two" => F::layer_norm_with(x, (2, 3), Norm::new().weight(&rest[0]).bias(&rest[1])),
        "layer_norm_weight" => F::layer_norm_with(x, 7, Norm::new().weight(&rest[0])),
        "layer_norm_bias" => F::layer_norm_with(x, 7, Norm::new().bias(&rest[0])),
        // The least number depends on the type, which is another where single precision is tested.
        "rms_norm" => F::rms_norm_with(x, 7, with(Norm::new()).eps(f64::EPSILON)),
        "rms_norm_options" => F::rms_norm_with(x, (3, 4), Norm::new().weight(&rest[0]).eps(0.5)),
        "group_norm" => F::group_norm_with(x, 3, Norm::new().weight(&rest[0]).bias(&rest[1])),
        "group_norm_flat" => F::group_norm_with(x, 2, Norm::new().weight(&rest[0])),
        "group_norm_plain" => F::group_norm(x, 1),
        "instance_norm" => F::instance_norm_with(x, Norm::new().weight(&rest[0]).bias(&rest[1])),
        "batch_norm" => {
            return Some(batch(given, BatchNorm::new(), |o| {
                F::batch_norm_with(x, shortened(o).weight(&rest[0]).bias(&rest[1]))
            }));
        }
        "batch_norm_training" => {
            return Some(batch(given, BatchNorm::new().training(true), |o| {
                F::batch_norm_with(x, shortened(o).weight(&rest[0]).bias(&rest[1]))
            }));
        }
        "batch_norm_flat" => {
            return Some(batch(given, BatchNorm::new().training(true).momentum(0.3).eps(0.01), |o| {
                F::batch_norm_with(x, shortened(o).weight(&rest[0]).bias(&rest[1]))
            }));
        }
        "batch_norm_alone" => F::batch_norm_with(x, BatchNorm::new().training(true)),
        "batch_norm_flat_evaluation" => return Some(batch(given, BatchNorm::new(), |o| F::batch_norm_with(x, o))),
        _ => return None,
    };
    Some(vec![one])
}

fn classes(name: &str, x: &[Tensor]) -> Option<Tensor> {
    let [x, rest @ ..] = x else { return None };
    let images = tensor![[[0, 1, 2], [3, 0, 1]], [[2, 3, 0], [1, -100, 3]]];
    let entropy = |labels: [i64; 4], options| F::cross_entropy_with(x, labels, options);
    let options = CrossEntropy::new;
    Some(match name {
        "cross_entropy" => F::cross_entropy(x, [0, 4, 2, 2]),
        "cross_entropy_weight" => entropy([0, 4, 2, 2], options().weight(&rest[0])),
        "cross_entropy_ignored" => entropy([0, -100, 2, -100], options().weight(&rest[0])),
        "cross_entropy_smooth" => entropy([0, 1, 2, 1], options().ignore_index(1).label_smoothing(0.25)),
        "cross_entropy_smooth_weight" => {
            entropy([0, 1, 2, 3], options().weight(&rest[0]).ignore_index(2).label_smoothing(0.25))
        }
        "cross_entropy_none" => entropy([0, -100, 2, 3], options().reduction(Reduction::None).label_smoothing(0.1)),
        "cross_entropy_sum" => entropy([0, 4, 2, 3], options().reduction(Reduction::Sum)),
        "cross_entropy_one" => F::cross_entropy(x, 3),
        "cross_entropy_images" => F::cross_entropy_with(x, images, options().reduction(Reduction::None)),
        "cross_entropy_images_mean" => {
            F::cross_entropy_with(x, images, options().weight(&rest[0]).label_smoothing(0.1))
        }
        "cross_entropy_probabilities" => F::cross_entropy(x, rest[0].softmax(1)),
        "cross_entropy_probabilities_options" => {
            F::cross_entropy_with(x, rest[0].softmax(1), options().weight(&rest[1]).label_smoothing(0.2))
        }
        "cross_entropy_probabilities_images" => {
            F::cross_entropy_with(x, rest[0].softmax(1), options().reduction(Reduction::None))
        }
        "cross_entropy_large" => F::cross_entropy(&(x * 1000), [0, 4, 2, 3]),
        "cross_entropy_all_ignored" => F::cross_entropy(x, [-100; 4]),
        "nll_loss" => F::nll_loss(&x.log_softmax(1), [0, 4, 2, 2]),
        "nll_loss_options" => F::nll_loss_with(x, [0, 1, 2, 2], NllLoss::new().weight(&rest[0]).ignore_index(1)),
        "nll_loss_ignored" => F::nll_loss_with(x, [0, 1, 2, 2], NllLoss::new().ignore_index(2)),
        "nll_loss_images" => {
            let options = NllLoss::new().reduction(Reduction::None).ignore_index(1);
            F::nll_loss_with(x, [[0, 1, 2, 0], [2, 1, 0, 1]], options)
        }
        _ => return None,
    })
}

fn losses(name: &str, x: &[Tensor]) -> Option<Tensor> {
    let [x, rest @ ..] = x else { return None };
    match name {
        "binary_cross_entropy_edges" => {
            let target = beside(&tensor![[0.0, 1.0, 0.5]; f64], x).expand([3, 3]);
            let x = x.gt(0).to(x.dtype()) + x.mul(0);
            return Some(F::binary_cross_entropy_with(&x, target, Binary::new().reduction(Reduction::None)));
        }
        "kl_div_zero" => {
            let target = beside(&tensor![0.0, 0.5, 0.0, 0.25, 0.25; f64], x);
            return Some(F::kl_div_with(x, target, KlDiv::new().reduction(Reduction::None)));
        }
        "hinge_embedding_loss" => {
            return Some(F::hinge_embedding_loss_with(x, [1, -1, 1, -1, 1], Margin::new().margin(2.0)));
        }
        _ => {}
    }
    let [y, rest @ ..] = rest else { return None };
    Some(match name {
        "mse_loss" => F::mse_loss(x, y),
        "mse_loss_sum" => F::mse_loss_with(x, y, Reduction::Sum),
        "mse_loss_none" => F::mse_loss_with(x, y, Reduction::None),
        "l1_loss" => F::l1_loss(x, y),
        "smooth_l1_loss" => F::smooth_l1_loss(x, y),
        "smooth_l1_loss_options" => F::smooth_l1_loss_with(x, y, SmoothL1::new().beta(2.0).reduction(Reduction::None)),
        "smooth_l1_loss_zero" => F::smooth_l1_loss_with(x, y, SmoothL1::new().beta(0.0)),
        "huber_loss" => F::huber_loss_with(x, y, Huber::new().delta(1.5)),
        "binary_cross_entropy" => F::binary_cross_entropy(&x.sigmoid(), y.sigmoid()),
        "binary_cross_entropy_weight" => {
            let options = Binary::new().weight(&rest[0]).reduction(Reduction::None);
            F::binary_cross_entropy_with(&x.sigmoid(), y.sigmoid(), options)
        }
        "binary_cross_entropy_with_logits" => F::binary_cross_entropy_with_logits(&(x * 20), y.sigmoid()),
        "binary_cross_entropy_with_logits_options" => {
            let options = Binary::new().weight(&rest[0]).pos_weight(&rest[1]).reduction(Reduction::Sum);
            F::binary_cross_entropy_with_logits_with(x, y.sigmoid(), options)
        }
        "kl_div" => F::kl_div(&x.log_softmax(1), y.softmax(1)),
        "kl_div_batch" => {
            let options = KlDiv::new().reduction(Reduction::BatchMean).log_target(true);
            F::kl_div_with(&x.log_softmax(1), y.log_softmax(1), options)
        }
        "cosine_similarity" => F::cosine_similarity(x, y),
        "cosine_similarity_options" => F::cosine_similarity_with(x, y, CosineSimilarity::new().dim(0).eps(0.5)),
        "cosine_embedding_loss" => F::cosine_embedding_loss_with(x, y, [1, -1, 1, -1], Margin::new().margin(-0.5)),
        "margin_ranking_loss" => F::margin_ranking_loss_with(x, y, [1, -1, 1, -1, 1], Margin::new().margin(0.75)),
        _ => return None,
    })
}

fn margins(name: &str, x: &[Tensor]) -> Option<Tensor> {
    let [x, rest @ ..] = x else { return None };
    let triplet = || Triplet::new().margin(2.5).p(1).eps(0.25).swap(true).reduction(Reduction::None);
    let rates = || PoissonNll::new().log_input(false).full(true).eps(0.125).reduction(Reduction::Sum);
    Some(match name {
        "triplet_margin_loss" | "triplet_margin_loss_one" => F::triplet_margin_loss(x, &rest[0], &rest[1]),
        "triplet_margin_loss_options" => F::triplet_margin_loss_with(x, &rest[0], &rest[1], triplet()),
        "multi_margin_loss" => F::multi_margin_loss(x, [0, 4, 2, 2]),
        "multi_margin_loss_options" => {
            let options = MultiMargin::new().p(2).margin(0.5).weight(&rest[0]).reduction(Reduction::None);
            F::multi_margin_loss_with(x, [1, 4, 0, 2], options)
        }
        "multi_margin_loss_one" => {
            F::multi_margin_loss_with(x, scalar(3), MultiMargin::new().reduction(Reduction::Sum))
        }
        "poisson_nll_loss" => F::poisson_nll_loss(x, &rest[0]),
        "poisson_nll_loss_rates" => F::poisson_nll_loss_with(x, &rest[0], rates()),
        "poisson_nll_loss_full" => {
            F::poisson_nll_loss_with(x, &rest[0] - 1, PoissonNll::new().full(true).reduction(Reduction::None))
        }
        "gaussian_nll_loss" => F::gaussian_nll_loss(x, &rest[0], &rest[1]),
        "gaussian_nll_loss_rows" => {
            let options = GaussianNll::new().full(true).reduction(Reduction::None);
            F::gaussian_nll_loss_with(x, &rest[0], &rest[1], options)
        }
        "gaussian_nll_loss_kept" => {
            F::gaussian_nll_loss_with(x, &rest[0], &rest[1], GaussianNll::new().eps(3.0).reduction(Reduction::Sum))
        }
        "soft_margin_loss" => F::soft_margin_loss(x, rest[0].sign()),
        "softmin" => F::softmin(x, 1),
        "normalize" => F::normalize(x),
        "normalize_options" => F::normalize_with(x, Normalize::new().p(3).dim(0).eps(5.0)),
        "pairwise_distance" => F::pairwise_distance(x, &rest[0]),
        "pairwise_distance_one" => F::pairwise_distance_p(x, &rest[0], 1),
        "rrelu" => F::rrelu_with(x, RRelu::new().lower(0.25).upper(0.75)),
        _ => return None,
    })
}

/// The results of an expression.
pub fn results(name: &str, x: &[Tensor]) -> Vec<Tensor> {
    let one =
        [linear, convolution, places, attention, classes, losses, margins].iter().find_map(|family| family(name, x));
    one.map(|one| vec![one])
        .or_else(|| pooling(name, x))
        .or_else(|| normalisation(name, x))
        .unwrap_or_else(|| panic!("no expression {name}"))
}

/// The random numbers of an expression.
pub fn random(name: &str) -> Tensor {
    const LONG: usize = 40;
    let single = |count: usize| zeros([count]);
    let double = |count: usize| zeros([count]).double();
    let weights = || tensor![0.1, 2.0, 0.7, 0.5];
    let mixed = || tensor![[1.0, -2.0, 0.0, -0.5, 3.0], [-1.0, -4.0, 0.5, 2.0, -3.0]];
    let training = || RRelu::new().training(true);
    match name {
        "rrelu" => F::rrelu_with(&mixed(), training()),
        "rrelu_double" => F::rrelu_with(&mixed().double(), training().lower(0.25).upper(0.5)),
        "gumbel_softmax" => F::gumbel_softmax(&mixed()),
        "gumbel_softmax_options" => F::gumbel_softmax_with(&mixed().double(), GumbelSoftmax::new().tau(0.5).dim(0)),
        "gumbel_softmax_hard" => F::gumbel_softmax_with(&mixed(), GumbelSoftmax::new().hard(true)),
        "uniform" => single(11).uniform_(-2.0, 3.0),
        "uniform_double" => double(11).uniform_(-2.0, 3.0),
        "normal_small" => single(11).normal_(1.0, 2.0),
        "normal_large" => single(LONG + 3).normal_(1.0, 2.0),
        "normal_small_double" => double(11).normal_(1.0, 2.0),
        "normal_large_double" => double(LONG + 3).normal_(1.0, 2.0),
        "bernoulli" => single(LONG).bernoulli_(0.3),
        "bernoulli_double" => double(LONG).bernoulli_(0.3),
        "bernoulli_whole" => single(LONG).long().bernoulli_(0.3),
        "bernoulli_of" => full([LONG], 0.3).bernoulli(),
        "bernoulli_of_double" => from_vec(vec![0.3f64; LONG]).bernoulli(),
        "exponential" => single(11).exponential_(1.5),
        "exponential_double" => double(LONG).exponential_(1.5),
        "log_normal" => double(11).log_normal_(0.5, 0.25),
        "cauchy" => double(11).cauchy_(1.0, 2.0),
        "geometric" => single(11).geometric_(0.3),
        "random" => single(11).random_all_(),
        "random_double" => double(11).random_all_(),
        "random_long" => single(11).long().random_all_(),
        "random_int" => single(11).int().random_all_(),
        "random_byte" => single(11).byte().random_all_(),
        "random_bounds" => single(11).random_(3..20),
        "random_to" => single(11).long().random_(6),
        "random_wide" => single(11).long().random_((-(1i64 << 40), 1i64 << 40)),
        "multinomial" => tensor![0.1, 2.0, 0.7, 0.5, 1.0].multinomial(3),
        "multinomial_one" => tensor![[0.1, 2.0, 0.7], [1.0, 1.0, 0.0]].multinomial(1),
        "multinomial_rows" => tensor![[0.1, 2.0, 0.7], [1.0, 1.0, 3.0]; f64].multinomial(2),
        "multinomial_again" => weights().multinomial_with_replacement(20),
        "multinomial_again_rows" => tensor![[0.1, 2.0, 0.7], [1.0, 0.0, 3.0]; f64].multinomial_with_replacement(9),
        "multinomial_again_once" => weights().multinomial_with_replacement(1),
        "turned" => zeros([4, 3]).t().uniform_(0.0, 1.0),
        "dropout" => F::dropout(&ones([LONG]), 0.3),
        "dropout_double" => F::dropout(&ones([LONG]).double(), 0.3),
        "dropout2d" => F::dropout2d(&ones([2, 5, 2, 2]), 0.4),
        "dropout1d" => F::dropout1d(&ones([2, 5, 2]), 0.4),
        "alpha_dropout" => F::alpha_dropout(&ones([LONG]), 0.3),
        "one_after_the_other" => {
            let parts = [
                rand([3]),
                single(5).normal_(0.0, 1.0),
                single(3).bernoulli_(0.5),
                single(2).normal_(0.0, 1.0),
                randn([20]),
                single(2).log_normal_(1.0, 2.0),
                randperm(4),
            ];
            cat(parts.iter().map(|part| part.double()).collect::<Vec<_>>())
        }
        _ => panic!("no random numbers {name}"),
    }
}

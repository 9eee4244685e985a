//! Gradients, and gradients of gradients, compared with finite differences.

use tensorlib::autograd::{gradcheck, gradgradcheck};
use tensorlib::functional::{self as F, *};
use tensorlib::prelude::*;

/// Numbers without ties, the same every time, that ask for gradients.
fn numbers(shape: &[usize], seed: usize) -> Tensor {
    let count: usize = shape.iter().product();
    let values: Vec<f64> = (0..count).map(|at| ((at * 37 + seed * 11) % 101) as f64 / 25.0 - 2.0).collect();
    from_vec(values).view(shape).requires_grad_(true)
}

fn check(f: impl Fn(&[&Tensor]) -> Tensor, shapes: &[&[usize]]) {
    let inputs: Vec<Tensor> = shapes.iter().enumerate().map(|(seed, shape)| numbers(shape, seed)).collect();
    let inputs: Vec<&Tensor> = inputs.iter().collect();
    gradcheck(&f, &inputs);
    gradgradcheck(&f, &inputs);
}

#[test]
fn linear_layers_have_gradients_of_every_order() {
    check(|x| F::linear(x[0], x[1], x[2]), &[&[3, 4], &[2, 4], &[2]]);
    check(|x| F::linear(x[0], x[1], None).square(), &[&[2, 2, 3], &[4, 3]]);
    check(|x| F::linear(x[0], x[1], x[2]).square(), &[&[3], &[2, 3], &[2]]);
}

#[test]
fn convolutions_have_gradients_of_every_order() {
    let options = || Conv::new().stride((1, 2)).padding((1, 0)).dilation((1, 2));
    check(|x| F::conv2d_with(x[0], x[1], options().bias(x[2]).groups(2)), &[&[1, 2, 4, 5], &[2, 1, 2, 2], &[2]]);
    check(|x| F::conv_transpose2d_with(x[0], x[1], options().bias(x[2])), &[&[1, 2, 2, 3], &[2, 1, 2, 2], &[1]]);
    check(|x| F::conv1d_with(x[0], x[1], Conv::new().padding("same")), &[&[2, 2, 4], &[1, 2, 3]]);
    check(|x| F::conv_transpose1d(x[0], x[1]), &[&[2, 3], &[2, 1, 2]]);
}

#[test]
fn pooling_has_gradients_of_every_order() {
    check(|x| F::max_pool2d(x[0], 2).square(), &[&[1, 2, 4, 5]]);
    check(|x| F::max_pool1d_with(x[0], 3, MaxPool::new().stride(1).padding(1)).square(), &[&[2, 5]]);
    check(|x| F::avg_pool2d_with(x[0], 3, AvgPool::new().stride(2).padding(1)).square(), &[&[1, 1, 4, 5]]);
    check(|x| F::adaptive_avg_pool2d(x[0], (2, 3)).square(), &[&[1, 1, 3, 5]]);
    check(|x| F::adaptive_max_pool2d(x[0], (2, 3)).square(), &[&[1, 1, 3, 5]]);
}

#[test]
fn padding_and_patches_have_gradients_of_every_order() {
    for mode in [PadMode::Constant(1.0), PadMode::Reflect, PadMode::Replicate, PadMode::Circular] {
        check(move |x| F::pad_with(x[0], [1, 2, 0, 1], mode).square(), &[&[3, 3]]);
    }
    check(|x| x[0].unfold(1, 3, 1).square(), &[&[2, 5]]);
    check(|x| F::unfold_with(x[0], 2, Unfold::new().padding(1)).square(), &[&[1, 2, 2, 3]]);
    check(|x| F::fold(x[0], (2, 3), 2).square(), &[&[1, 4, 2]]);
    check(|x| F::pixel_shuffle(x[0], 2).square(), &[&[4, 1, 2]]);
}

#[test]
fn embeddings_have_gradients_of_every_order() {
    check(|x| F::embedding(&tensor![2, 0, 2], x[0]).square(), &[&[4, 2]]);
}

#[test]
fn attention_has_gradients_of_every_order() {
    let mask = tensor![[true, false, true], [true, true, true]];
    let shapes: [&[usize]; 3] = [&[2, 2, 2], &[2, 3, 2], &[2, 3, 1]];
    check(|x| F::scaled_dot_product_attention(x[0], x[1], x[2]), &shapes);
    check(|x| F::scaled_dot_product_attention_with(x[0], x[1], x[2], Attention::new().is_causal(true)), &shapes);
    check(|x| F::scaled_dot_product_attention_with(x[0], x[1], x[2], Attention::new().attn_mask(&mask)), &shapes);
}

#[test]
fn normalisation_has_gradients_of_every_order() {
    let shapes: [&[usize]; 3] = [&[2, 4], &[4], &[4]];
    check(|x| F::layer_norm_with(x[0], 4, Norm::new().weight(x[1]).bias(x[2])), &shapes);
    check(|x| F::rms_norm_with(x[0], 4, Norm::new().weight(x[1])), &shapes[..2]);
    check(|x| F::group_norm_with(x[0], 2, Norm::new().weight(x[1]).bias(x[2])), &[&[2, 4, 2], &[4], &[4]]);
    check(|x| F::instance_norm(x[0]), &[&[1, 2, 3]]);
    let batch = |x: &[&Tensor]| F::batch_norm_with(x[0], BatchNorm::new().weight(x[1]).bias(x[2]).training(true));
    check(batch, &[&[2, 2, 3], &[2], &[2]]);
    check(batch, &[&[4, 2], &[2], &[2]]);
    let (mean, var) = (tensor![0.5, 1.0; f64], tensor![2.0, 0.5; f64]);
    let options = || BatchNorm::new().running_mean(&mean).running_var(&var);
    check(|x| F::batch_norm_with(x[0], options().weight(x[1])).square(), &[&[2, 2, 2], &[2]]);
}

#[test]
fn losses_have_gradients_of_every_order() {
    let weight = tensor![1.0, 0.5, 2.0; f64];
    let smooth = || CrossEntropy::new().weight(&weight).label_smoothing(0.25).ignore_index(1);
    let rows: [&[usize]; 2] = [&[3, 3], &[3, 3]];
    check(|x| F::cross_entropy(x[0], [0, 2, 1]), &rows[..1]);
    check(|x| F::cross_entropy_with(x[0], [0, 2, 1], smooth()), &rows[..1]);
    check(|x| F::cross_entropy_with(x[0], [0, 2, 1], smooth().reduction(Reduction::None)), &rows[..1]);
    check(|x| F::cross_entropy(x[0], x[1].softmax(1)), &rows);
    check(|x| F::nll_loss(&x[0].log_softmax(1), [0, 2, 1]), &rows[..1]);
    check(|x| F::mse_loss(x[0], x[1]), &rows);
    check(|x| F::smooth_l1_loss(x[0], x[1]), &rows);
    check(|x| F::huber_loss(x[0], x[1]), &rows);
    check(|x| F::binary_cross_entropy(&x[0].sigmoid(), x[1].sigmoid()), &rows);
    check(|x| F::binary_cross_entropy_with_logits(x[0], x[1].sigmoid()), &rows);
    let weighted = || Binary::new().pos_weight(&weight);
    check(|x| F::binary_cross_entropy_with_logits_with(x[0], x[1].sigmoid(), weighted()), &rows);
    check(|x| F::kl_div(&x[0].log_softmax(1), x[1].softmax(1)), &rows);
    check(|x| F::cosine_similarity(x[0], x[1]), &rows);
    check(|x| F::cosine_embedding_loss(x[0], x[1], [1, -1, 1]), &rows);
    let three: [&[usize]; 3] = [&[3, 3], &[3, 3], &[3, 3]];
    check(|x| F::triplet_margin_loss(x[0], x[1], x[2]), &three);
    check(|x| F::multi_margin_loss_with(x[0], [0, 2, 1], MultiMargin::new().p(2)), &rows[..1]);
    check(|x| F::poisson_nll_loss(x[0], x[1].exp()), &rows);
    check(|x| F::gaussian_nll_loss(x[0], x[1], x[2].exp()), &three);
    check(|x| F::soft_margin_loss(x[0], x[1]), &rows);
}

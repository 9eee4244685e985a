//! Layers and losses are PyTorch's, and so are their gradients: every expression of `cases.txt`, which `make.py` wrote with
//! PyTorch, is computed here and compared, in double and in single precision. Gradients of gradients are compared with finite
//! differences.

mod differentiable;
mod expressions;
#[path = "../golden/source.rs"]
mod source;

use std::sync::{Mutex, MutexGuard, PoisonError};

use tensorlib::prelude::*;

use source::Kinds;

/// There is one generator of random numbers: tests that count on its numbers take turns.
fn generator() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

const CASES: &str = include_str!("cases.txt");

/// How far numbers may be off, as a share of the largest beside them.
const DOUBLE: f64 = 1e-10;
const SINGLE: f64 = 2e-5;

/// What differs between elements that were made and those that were expected, if anything does.
fn difference(made: &[f64], expected: &str, tolerance: f64) -> Option<String> {
    let expected: Vec<f64> = expected.split(' ').filter(|text| !text.is_empty()).map(number).collect();
    if made.len() != expected.len() {
        return Some(format!("{} elements, not {}", made.len(), expected.len()));
    }
    let scale = expected.iter().filter(|value| value.is_finite()).fold(1.0, |scale: f64, value| scale.max(value.abs()));
    let wrong = (0..made.len()).find(|&at| {
        let (a, b) = (made[at], expected[at]);
        let same = a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * scale;
        !same
    })?;
    Some(format!("element {wrong} is {} and not {}", made[wrong], expected[wrong]))
}

fn number(text: &str) -> f64 {
    match text {
        "nan" => f64::NAN,
        "inf" => f64::INFINITY,
        "-inf" => f64::NEG_INFINITY,
        _ => text.parse().unwrap_or_else(|_| panic!("number {text}")),
    }
}

fn inputs(specs: &str, dtype: DType) -> Vec<Tensor> {
    let input = |spec: &str| {
        let x = source::source(spec.trim_end_matches('!'), &Kinds::new());
        let x = if x.dtype().is_floating_point() { x.to(dtype) } else { x };
        x.requires_grad_(!spec.ends_with('!'))
    };
    specs.split(',').filter(|spec| !spec.is_empty()).map(input).collect()
}

/// What is wrong with a case, if anything is.
fn check(parts: &[&str], dtype: DType, tolerance: f64) -> Option<String> {
    let &[name, specs, expected, gradients] = parts else { panic!("case {parts:?}") };
    let inputs = inputs(specs, dtype);
    let made = expressions::results(name, &inputs);
    for (number, (made, expected)) in made.iter().zip(expected.split('|')).enumerate() {
        let [of_type, shape, elements] = expected.split(':').collect::<Vec<_>>()[..] else { panic!("{expected}") };
        let wanted = if of_type == "f64" { dtype } else { source::dtype(of_type) };
        if made.dtype() != wanted || made.size() != source::lengths(shape) {
            return Some(format!("{name}: result {number} is {} of {}", made.size(), made.dtype()));
        }
        if let Some(difference) = difference(&made.to_vec::<f64>(), elements, tolerance) {
            return Some(format!("{name}: result {number}: {difference}"));
        }
    }
    if gradients.is_empty() {
        return None;
    }
    let shape: Vec<String> = made[0].size().iter().map(ToString::to_string).collect();
    let w = source::source(&format!("f64:{}:c:77", shape.join("x")), &Kinds::new()).to(dtype);
    let asking: Vec<&Tensor> = inputs.iter().filter(|x| x.requires_grad()).collect();
    let made = autograd::backward(&[&made[0]]).gradient(&[&w]).allow_unused(true).grad(&asking);
    for (number, (made, expected)) in made.iter().zip(gradients.split('|')).enumerate() {
        if let Some(difference) = difference(&made.to_vec::<f64>(), expected, tolerance) {
            return Some(format!("{name}: gradient {number}: {difference}"));
        }
    }
    None
}

fn report(wrong: &[String], count: usize, least: usize) {
    assert!(count >= least, "only {count} cases");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn cases(kind: &str) -> Vec<Vec<&'static str>> {
    let parts = CASES.lines().map(|line| line.split(';').collect::<Vec<_>>());
    parts.filter(|parts| parts[0] == kind).map(|parts| parts[1..].to_vec()).collect()
}

#[test]
fn values_and_gradients_are_those_of_pytorch() {
    let cases = cases("case");
    let wrong: Vec<String> = cases.iter().filter_map(|case| check(case, DType::F64, DOUBLE)).collect();
    report(&wrong, cases.len(), 120);
}

#[test]
fn single_precision_differs_by_rounding_alone() {
    let cases = cases("case");
    let wrong: Vec<String> = cases.iter().filter_map(|case| check(case, DType::F32, SINGLE)).collect();
    report(&wrong, cases.len(), 120);
}

#[test]
fn random_numbers_are_those_of_pytorch() {
    let _turn = generator();
    let cases = cases("random");
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let [name, expected] = case[..] else { panic!("case {case:?}") };
            let [of_type, shape, elements] = expected.split(':').collect::<Vec<_>>()[..] else { panic!("{expected}") };
            manual_seed(7);
            let made = expressions::random(name);
            if made.dtype().name() != of_type || made.size() != source::lengths(shape) {
                return Some(format!("{name}: {} of {}", made.size(), made.dtype()));
            }
            let difference = difference(&made.to_vec::<f64>(), elements, 1e-6);
            difference.map(|difference| format!("{name}: {difference}"))
        })
        .collect();
    report(&wrong, cases.len(), 35);
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let _turn = generator();
    use tensorlib::functional::{self as F, Attention, BatchNorm, Conv, Norm};
    manual_seed(0);
    let leaf = |shape: &[usize]| randn(shape).requires_grad_(true);
    let (x, w, b) = (leaf(&[9, 3, 17, 18]), leaf(&[10, 3, 3, 3]), leaf(&[10]));
    let (deep, wide) = (leaf(&[10, 12, 5, 5]), leaf(&[300, 70]));
    let (q, weight) = (leaf(&[2, 3, 150, 20]), leaf(&[70]));
    let square = leaf(&[70, 70]);
    let leaves = [&x, &w, &b, &deep, &wide, &q, &weight, &square];
    let all = || {
        let y = F::conv2d_with(&x, &w, Conv::new().bias(&b).padding(1));
        let y = F::batch_norm_with(&y, BatchNorm::new().training(true)).relu();
        let y = F::conv_transpose2d_with(&F::max_pool2d(&y, 2), &deep, Conv::new().stride(2));
        let wide = F::linear(&wide, &square, &weight);
        let rows = F::layer_norm_with(&wide, 70, Norm::new().weight(&weight));
        let loss = F::cross_entropy(&rows, arange(300) % 70);
        let seen = F::scaled_dot_product_attention_with(&q, &q, &q, Attention::new().is_causal(true));
        autograd::grad(&(y.square().mean() + loss + seen.square().mean()), &leaves)
    };
    tensorlib::set_num_threads(1);
    let alone = all();
    tensorlib::set_num_threads(3);
    let together = all();
    assert!(alone.iter().zip(&together).all(|(a, b)| a.equal(b)));
}

#[test]
fn random_numbers_in_place_are_new_values_for_gradients() {
    let _turn = generator();
    let x = ones([3]).requires_grad_(true);
    let refused = x.try_uniform_(0.0, 1.0).unwrap_err().to_string();
    assert!(refused.starts_with("uniform_: this tensor requires gradients and is a leaf"), "{refused}");
    let y = &x * 2;
    y.i(0).normal_(0.0, 1.0);
    y.sum().backward();
    assert_eq!(x.grad().to_vec::<f32>(), [0.0, 2.0, 2.0]);
    // What a backward pass needs must not have changed.
    let z = (&x * 1).exp();
    let kept = z.exp();
    z.bernoulli_(0.5);
    assert!(kept.sum().try_backward().is_err());
}

#[test]
fn what_does_not_fit_is_refused_with_a_sentence() {
    let _turn = generator();
    use tensorlib::functional::{self as F, Attention, AvgPool, Conv, MaxPool, Norm, PadMode};
    let images = zeros([2, 3, 8, 8]);
    let refused = |result: tensorlib::Result<Tensor>| result.unwrap_err().to_string();
    let sentences = [
        refused(F::try_linear(&images, &zeros([10, 192]), None)),
        refused(F::try_linear(&images.i(0), &zeros([10, 192]), None)),
        refused(F::try_linear(&zeros([2, 5]), &zeros([10, 4]), None)),
        refused(F::try_linear(&zeros([2, 4]), &zeros([4, 10]), None)),
        refused(F::try_linear(&zeros([2, 4]), &zeros([10, 4]), &zeros([4]))),
        refused(F::try_linear(&zeros([2, 4]).double(), &zeros([10, 4]), None)),
        refused(F::try_linear(&tensor![1.0].i(0), &zeros([10, 4]), None)),
        refused(F::try_linear(&zeros([2, 4]), &zeros([1, 10, 4]), None)),
        refused(F::try_conv2d(&images, &zeros([4, 3, 9, 9]))),
        refused(F::try_conv2d(&zeros([8, 8]), &zeros([4, 3, 3, 3]))),
        refused(F::try_conv2d(&images.double(), &zeros([4, 3, 3, 3]))),
        refused(F::try_conv2d_with(&images, &zeros([4, 3, 3, 3]), Conv::new().bias(&zeros([3])))),
        refused(F::try_conv2d_with(&images, &zeros([4, 3, 3, 3]), Conv::new().padding("same").stride(2))),
        refused(F::try_conv2d_with(&images, &zeros([4, 3, 3, 3]), Conv::new().padding("smae"))),
        refused(F::try_conv2d_with(&images, &zeros([4, 3, 3, 3]), Conv::new().stride((1, 2, 3)))),
        refused(F::try_conv2d_with(&images, &zeros([4, 1, 3, 3]), Conv::new().groups(3))),
        refused(F::try_conv_transpose2d_with(&images, &zeros([3, 4, 3, 3]), Conv::new().output_padding(1))),
        refused(F::try_max_pool2d_with(&images, 2, MaxPool::new().padding(2))),
        refused(F::try_avg_pool2d_with(&images, 2, AvgPool::new().divisor_override(0))),
        refused(F::try_pad_with(&images, [8, 0], PadMode::Reflect)),
        refused(F::try_pad(&images, [1])),
        refused(F::try_layer_norm(&images, 7)),
        refused(F::try_layer_norm_with(&images, 8, Norm::new().weight(&zeros([7])))),
        refused(F::try_group_norm(&images, 2)),
        refused(F::try_cross_entropy(&zeros([2, 3]), [0, 1, 2])),
        refused(F::try_mse_loss(&zeros([2, 3]), zeros([3]))),
        refused(F::try_multi_margin_loss(&zeros([2, 3]), [0, -1])),
        refused(F::try_triplet_margin_loss(&zeros([2, 3]), &zeros([3]), zeros([2, 3]))),
        refused(F::try_gaussian_nll_loss(&zeros([2, 3]), &zeros([2, 3]), zeros([3]))),
        refused(F::try_gaussian_nll_loss(&zeros([2]), &zeros([2]), [1.0, -1.0])),
        refused(F::try_gumbel_softmax_with(&zeros([2]), F::GumbelSoftmax::new().tau(0))),
        refused(F::try_scaled_dot_product_attention(&zeros([2, 4]), &zeros([3, 5]), &zeros([3, 4]))),
        refused(F::try_scaled_dot_product_attention_with(
            &zeros([2, 4]),
            &zeros([3, 4]),
            &zeros([3, 4]),
            Attention::new().attn_mask(&zeros([4, 3])),
        )),
        refused(F::try_dropout(&images, 1.5)),
        refused(tensor![0.0, 0.0].try_multinomial(1)),
        refused(arange(5).try_unfold(0, 6, 1)),
        refused(F::try_fold(&zeros([1, 8, 5]), (3, 3), 2)),
    ];
    let expected = [
        "linear: the input's last dimension is 8, but the weight of shape [10, 192] takes 192; an image needs flatten_dims(1, -1) first",
        "linear: the input's last dimension is 8, but the weight of shape [10, 192] takes 192; an image needs flatten() first",
        "linear: the input's last dimension is 5, but the weight of shape [10, 4] takes 4",
        "linear: the input's last dimension is 4, but the weight of shape [4, 10] takes 10; the weight has shape [out, in]",
        "linear: the bias needs shape [10], not [4]",
        "linear: element types f64 and f32 differ; convert one with to()",
        "linear: needs an input […, 4], not one number; use * for numbers",
        "linear: needs a weight [out, in], not shape [1, 10, 4]",
        "conv2d: a kernel that spans 9 does not fit into dimension 2 of an input of shape [2, 3, 8, 8], 8 with padding",
        "conv2d: needs an input [batch, in, height, width] and a weight [out, in / groups, size, size], not shapes [8, 8] and [4, 3, 3, 3]",
        "conv2d: element types f64 and f32 differ; convert one with to()",
        "conv2d: the bias needs shape [4], not [3]",
        "conv2d: padding \"same\" needs a stride of 1, not [2, 2]",
        "conv2d: padding \"smae\" is unknown; give \"same\", \"valid\" or numbers",
        "conv2d: stride [1, 2, 3] needs one number, or 2",
        "conv2d: an input of shape [2, 3, 8, 8] has 3 channels, but a weight of shape [4, 1, 3, 3] with 3 groups has 4 filters, which 3 does not divide",
        "conv_transpose2d: output_padding [1, 1] must be less than the stride [1, 1] or the dilation [1, 1]",
        "max_pool2d: a padding of 2 is more than half the window's length of 2",
        "avg_pool2d: divisor_override must not be 0",
        "pad: reflecting padding of 8 is too much for dimension 3 of shape [2, 3, 8, 8]; at most 7",
        "pad: padding [1] needs two numbers for each of at most 4 dimensions, the last one first",
        "layer_norm: the shape of an input [2, 3, 8, 8] does not end with [7]",
        "layer_norm: the weight for an input of shape [2, 3, 8, 8] needs shape [8], not [7]",
        "group_norm: needs an input [batch, channels, …] whose channels 2 groups divide, not shape [2, 3, 8, 8]",
        "cross_entropy: scores of shape [2, 3] need labels of shape [2], not [3]",
        "mse_loss: the shapes [2, 3] and [3] differ; expand or reshape one of them",
        "multi_margin_loss: label -1 at position 1 is not one of the 3 classes of scores of shape [2, 3]; labels are 0 to 2",
        "triplet_margin_loss: needs three times [batch, features], or [features], not shapes [2, 3], [3] and [2, 3]",
        "gaussian_nll_loss: an input of shape [2, 3] needs variances of that shape, or one for each row, not shape [3]",
        "gaussian_nll_loss: variances must not be negative; take the exponential of what a network gives",
        "gumbel_softmax: tau must be greater than 0, not 0",
        "scaled_dot_product_attention: queries of shape [2, 4], keys of [3, 5] and values of [3, 4] do not fit: queries and keys need as many features, keys and values as many rows",
        "scaled_dot_product_attention: a mask of shape [4, 3] does not broadcast to [2, 3]",
        "dropout: the share that is left out must be from 0 to 1, not 1.5",
        "multinomial: weights must not be negative or infinite, and each row needs one that is greater than 0",
        "unfold: windows of 6 with step 1 do not fit into dimension 0 of shape [5]; the step must be 1 or more",
        "fold: patches of [2, 2] of images of [3, 3] need shape [batch, channels * 4, 4], not [1, 8, 5]",
    ];
    for (made, expected) in sentences.iter().zip(expected) {
        assert_eq!(made, expected);
    }
}

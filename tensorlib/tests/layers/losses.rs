//! Losses by name and options.

use super::Parts;
use super::options::Options;
use tensorlib::functional::Reduction;
use tensorlib::prelude::*;

fn given(kind: &str, shape: &[usize]) -> Tensor {
    match kind {
        "normal" => randn(shape),
        "logs" => randn(shape).log_softmax(1),
        "shares" => randn(shape).softmax(1),
        "unit" => rand(shape) * 0.9 + 0.05,
        "bits" => randint(2, shape).float(),
        "signs" => randint(2, shape).float() * 2.0 - 1.0,
        "labels" => randint(4, shape),
        _ => panic!("no input {kind}"),
    }
}

fn reduction(o: &Options) -> Reduction {
    match o.text("r") {
        "mean" => Reduction::Mean,
        "sum" => Reduction::Sum,
        "none" => Reduction::None,
        _ => Reduction::BatchMean,
    }
}

/// A loss with its reduction and, where they are asked for, weights.
macro_rules! weighted {
    ($loss:expr, $o:ident, $x:ident, $target:ident) => {{
        let loss = $loss.reduction(reduction($o));
        let loss = if $o.is("w") { loss.weight([0.5, 1.0, 2.0, 0.25]) } else { loss };
        loss.forward(&$x[0], &$target)
    }};
}

pub fn made(kind: &str, o: &Options, shapes: &[Vec<usize>]) -> Parts {
    let inputs = o.text("inputs").split('+').zip(shapes);
    let x: Vec<Tensor> = inputs.map(|(kind, shape)| given(kind, shape).requires_grad_(true)).collect();
    let target = given(o.text("target"), &shapes[x.len()]);
    let r = reduction(o);
    let result = match kind {
        "CrossEntropyLoss" => {
            let loss = nn::CrossEntropyLoss::new().ignore_index(o.ints("ignore")[0]).label_smoothing(o.float("smooth"));
            weighted!(loss, o, x, target)
        }
        "NLLLoss" => weighted!(nn::NLLLoss::new().ignore_index(o.ints("ignore")[0]), o, x, target),
        "MSELoss" => nn::MSELoss::new().reduction(r).forward(&x[0], &target),
        "L1Loss" => nn::L1Loss::new().reduction(r).forward(&x[0], &target),
        "SmoothL1Loss" => nn::SmoothL1Loss::new().reduction(r).beta(o.float("a")).forward(&x[0], &target),
        "HuberLoss" => nn::HuberLoss::new().reduction(r).delta(o.float("a")).forward(&x[0], &target),
        "BCELoss" => weighted!(nn::BCELoss::new(), o, x, target),
        "BCEWithLogitsLoss" => {
            let loss = nn::BCEWithLogitsLoss::new();
            let loss = if o.is("p") { loss.pos_weight([0.5, 1.0, 2.0, 0.25]) } else { loss };
            weighted!(loss, o, x, target)
        }
        "KLDivLoss" => nn::KLDivLoss::new().reduction(r).log_target(o.is("log")).forward(&x[0], &target),
        "CosineEmbeddingLoss" => {
            nn::CosineEmbeddingLoss::new().reduction(r).margin(o.float("a")).forward(&x[0], &x[1], &target)
        }
        "MarginRankingLoss" => {
            nn::MarginRankingLoss::new().reduction(r).margin(o.float("a")).forward(&x[0], &x[1], &target)
        }
        "HingeEmbeddingLoss" => nn::HingeEmbeddingLoss::new().reduction(r).margin(o.float("a")).forward(&x[0], &target),
        _ => panic!("no loss {kind}"),
    };
    let leaves: Vec<&Tensor> = x.iter().collect();
    let gradients = autograd::grad(&(&result * randn(result.size())).sum(), &leaves);
    [vec![], vec![result], gradients, vec![], vec![]]
}

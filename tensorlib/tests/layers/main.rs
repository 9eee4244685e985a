//! Layers and losses beside PyTorch's: first values, results, all gradients, and what is kept, in nearly a thousand cases with
//! options crossed. `golden.py` says what a case is.

mod losses;
mod make;
mod options;

use options::Options;
use tensorlib::prelude::*;

const CASES: &str = include_str!("cases.txt");

/// Of each tensor three numbers are compared: its products with two waves, and its norm.
pub fn numbers(tensor: &Tensor) -> [f64; 3] {
    let values = tensor.detach().to_vec::<f64>();
    let wave = |step: f64, start: f64| {
        let products = values.iter().enumerate().map(|(at, value)| value * (step * at as f64 + start).cos());
        products.sum::<f64>()
    };
    [wave(0.7, 0.3), wave(1.9, 1.1), values.iter().map(|value| value * value).sum::<f64>().sqrt()]
}

/// What a case gave: first parameters, results, gradients of inputs and of parameters, buffers.
pub type Parts = [Vec<Tensor>; 5];

const NAMES: [&str; 5] = ["first value", "result", "gradient of input", "gradient of parameter", "buffer"];

fn difference(made: &Parts, expected: &str) -> Option<String> {
    for ((name, made), expected) in NAMES.iter().zip(made).zip(expected.split('|')) {
        let expected: Vec<&str> = expected.split(':').filter(|part| !part.is_empty()).collect();
        if made.len() != expected.len() {
            return Some(format!("{} of {name} and not {}", made.len(), expected.len()));
        }
        for (number, (made, expected)) in made.iter().zip(expected).enumerate() {
            let expected: Vec<f64> = expected.split(',').map(|part| part.parse().expect("a number")).collect();
            let made = numbers(made);
            let norm = expected[2];
            // Of sums that cancel, what is left is the rounding of what was added.
            let tolerance = if *name == "first value" { 1e-6 } else { 2e-4 } * norm + 2e-5;
            if made.iter().zip(&expected).any(|(made, expected)| (made - expected).abs() > tolerance) {
                return Some(format!("{name} {number}: {made:?} and not {expected:?}"));
            }
        }
    }
    None
}

#[test]
fn layers_and_losses_are_those_of_pytorch() {
    let cases: Vec<&str> = CASES.lines().filter(|line| !line.starts_with('#')).collect();
    let mut wrong = Vec::new();
    for case in &cases {
        let [kind, options, shapes, expected] = case.split(';').collect::<Vec<_>>()[..] else { panic!("{case}") };
        let options = Options::of(options);
        let shapes: Vec<Vec<usize>> = shapes.split('/').map(options::lengths).collect();
        manual_seed(7);
        let made = if kind.ends_with("Loss") {
            losses::made(kind, &options, &shapes)
        } else {
            make::made(kind, &options, &shapes)
        };
        wrong.extend(
            difference(&made, expected).map(|difference| format!("{}: {difference}", &case[..case.len().min(90)])),
        );
    }
    assert!(cases.len() > 900, "only {} cases", cases.len());
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

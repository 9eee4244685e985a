//! Special functions, activations, writing by position, quantiles, products and their kin are PyTorch's: every line of
//! `cases.txt`, which `make.py` wrote with PyTorch, is computed here and compared, values and gradients.

mod call;
mod gradients;
mod printing;
mod twins;

use std::collections::HashMap;
use std::panic::catch_unwind;

use tensorlib::prelude::*;

const CASES: &str = include_str!("cases.txt");

fn dtype(name: &str) -> DType {
    DType::ALL.into_iter().find(|dtype| dtype.name() == name).unwrap()
}

/// A tensor written as `dtype:shape:values`.
fn read(text: &str) -> Tensor {
    let [name, shape, values] = text.split(':').collect::<Vec<_>>()[..] else { panic!("tensor {text}") };
    let shape: Vec<usize> = shape.split('x').filter(|n| !n.is_empty()).map(|n| n.parse().unwrap()).collect();
    let words = || values.split(' ').filter(|word| !word.is_empty());
    let dtype = dtype(name);
    let flat = match dtype.is_floating_point() {
        true => from_vec(words().map(|word| word.parse::<f64>().unwrap()).collect()),
        false => from_vec(words().map(|word| word.parse::<i64>().unwrap()).collect()),
    };
    flat.to(dtype).view(shape)
}

/// How far values may be apart: special functions of PyTorch are off by some units themselves.
fn tolerance(op: &str, dtype: DType) -> (f64, f64) {
    match op {
        "polygamma" if dtype == DType::F32 => (1e-6, 1e-5),
        // PyTorch's series for the derivative of digamma ends early.
        "polygamma" | "grad polygamma" | "grad digamma" => (1e-8, 1e-9),
        // PyTorch has their constants in single precision.
        "grad hardsigmoid" | "grad celu_alpha" => (1e-6, 1e-7),
        _ if dtype == DType::F32 => (2e-6, 1e-7),
        _ => (2e-12, 2e-14),
    }
}

/// Whether zeros have the sign that PyTorch's have. Gradients need not; of 0 and -0 either is the larger; and the sign of what
/// `softshrink` makes zero depends on the place in PyTorch's tensor.
fn has_signs(op: &str) -> bool {
    !["grad ", "relu6", "fmax", "fmin", "softshrink"].iter().any(|name| op.starts_with(name))
}

/// What differs between two tensors.
fn difference(op: &str, made: &Tensor, expected: &Tensor) -> Option<String> {
    if made.dtype() != expected.dtype() || made.size() != expected.size() {
        let [a, b] = [made, expected].map(|x| format!("{} of shape {}", x.dtype(), x.size()));
        return Some(format!("is {a}, not {b}"));
    }
    let (rtol, atol) = tolerance(op, made.dtype());
    let (ours, theirs) = (made.to_vec::<f64>(), expected.to_vec::<f64>());
    let far = |(a, b): (&f64, &f64)| {
        let near = a == b || (a - b).abs() <= atol + rtol * b.abs() || (a.is_nan() && b.is_nan());
        !near || (has_signs(op) && *a == 0.0 && *b == 0.0 && a.is_sign_negative() != b.is_sign_negative())
    };
    let at = ours.iter().zip(&theirs).position(far)?;
    let all = ours.iter().zip(&theirs).filter(|&pair| far(pair)).count();
    Some(format!("has {:?} at {at}, not {:?} ({all} differ)", ours[at], theirs[at]))
}

/// The sum of all results, each element with another weight.
fn weighted(results: &[Tensor]) -> Tensor {
    let of = |y: &Tensor| {
        let weights = (arange(y.numel()).double() * 0.7).sin() + 0.3;
        (y * weights.reshape(y.size()).to(y.dtype())).sum()
    };
    results.iter().filter(|y| y.requires_grad()).map(of).sum()
}

fn gradients(op: &str, inputs: &[Tensor], args: &[&str]) -> Vec<Tensor> {
    let leaves: Vec<Tensor> = inputs
        .iter()
        .map(|x| if x.dtype().is_floating_point() { x.clone().requires_grad_(true) } else { x.alias() })
        .collect();
    weighted(&call::results(op, &leaves, args)).backward();
    let of = |x: &Tensor| x.try_grad().unwrap_or_else(|_| zeros_like(&x.detach()));
    leaves.iter().filter(|x| x.requires_grad()).map(of).collect()
}

#[test]
fn results_and_gradients_are_those_of_pytorch() {
    let mut inputs: HashMap<&str, Tensor> = HashMap::new();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for line in CASES.lines() {
        let parts: Vec<&str> = line.split(';').collect();
        if let ["input", name, tensor] = parts[..] {
            inputs.insert(name, read(tensor));
            continue;
        }
        let [op, args, names, expected] = parts[..] else { panic!("{line}") };
        count += 1;
        let args: Vec<&str> = args.split(' ').filter(|arg| !arg.is_empty()).collect();
        let given: Vec<Tensor> = names.split(' ').filter(|n| !n.is_empty()).map(|n| inputs[n].clone()).collect();
        let made = catch_unwind(|| match op.strip_prefix("grad ") {
            Some(op) => gradients(op, &given, &args),
            None => call::results(op, &given, &args),
        });
        let expected: Vec<&str> = expected.split('|').collect();
        let why = match made {
            Err(panic) => Some(format!("panics: {}", panic.downcast_ref::<String>().map_or("", |sentence| sentence))),
            Ok(made) if made.len() != expected.len() => {
                Some(format!("gives {} tensors, not {}", made.len(), expected.len()))
            }
            Ok(made) => made.iter().zip(expected).find_map(|(made, expected)| difference(op, made, &read(expected))),
        };
        wrong.extend(why.map(|why| format!("{op} {args:?} of {names} {why}")));
    }
    assert!(count >= 1000, "only {count} cases");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}

//! Layers and losses are PyTorch's, and so are their gradients: every expression of `cases.txt`, which `make.py` wrote with
//! PyTorch, is computed here and compared, in double and in single precision. Gradients of gradients are compared with finite
//! differences.

mod differentiable;
mod expressions;
#[path = "../golden/source.rs"]
mod source;

use tensorlib::prelude::*;

use source::Kinds;

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

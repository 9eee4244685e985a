//! Matrices taken apart as by PyTorch: what `cases.txt` has, which `make.py` wrote with PyTorch, is computed here and compared,
//! with gradients, in double and in single precision. What is wrong is said in a sentence, and gradients of gradients are
//! compared with finite differences.

mod differentiable;
mod expressions;
mod refused;
#[path = "../golden/source.rs"]
mod source;

use std::panic::catch_unwind;

use tensorlib::prelude::*;

use source::Kinds;

const CASES: &str = include_str!("cases.txt");

/// The rounding errors that numbers may be off besides those that PyTorch's are.
fn allowed(dtype: DType, amplified: f64) -> f64 {
    let rounding = if dtype == DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    // The file has twelve digits.
    (rounding * (40.0 + 20.0 * amplified)).max(2e-11)
}

/// What differs between elements that were made and those that were expected, if anything does.
fn difference(made: &Tensor, expected: &str, tolerance: f64) -> Option<String> {
    let made = made.to_vec::<f64>();
    let expected: Vec<f64> =
        expected.split(' ').filter(|text| !text.is_empty()).map(|text| text.parse().unwrap()).collect();
    if made.len() != expected.len() {
        return Some(format!("{} elements, not {}", made.len(), expected.len()));
    }
    let scale = expected.iter().filter(|value| value.is_finite()).fold(1.0, |scale: f64, value| scale.max(value.abs()));
    let same = |(a, b): (&f64, &f64)| a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * scale;
    let wrong = made.iter().zip(&expected).position(|pair| !same(pair))?;
    Some(format!("element {wrong} is {} and not {}, of {scale:e}", made[wrong], expected[wrong]))
}

struct Case<'a> {
    call: &'a str,
    made: &'a str,
    inputs: &'a str,
    amplified: f64,
    results: &'a str,
    gradients: &'a str,
}

impl<'a> Case<'a> {
    fn of(line: &'a str) -> Case<'a> {
        let [call, made, inputs, amplified, results, gradients] = line.split(';').collect::<Vec<_>>()[..] else {
            panic!("case {line}")
        };
        Case { call, made, inputs, amplified: amplified.parse().unwrap(), results, gradients }
    }

    fn leaves(&self, dtype: DType) -> Vec<Tensor> {
        let leaf = |spec: &str| {
            let x = source::source(spec.trim_end_matches('!'), &Kinds::new()).to(dtype);
            x.requires_grad_(!spec.ends_with('!'))
        };
        self.inputs.split(',').map(leaf).collect()
    }

    /// What is wrong, if anything is.
    fn check(&self, dtype: DType) -> Option<String> {
        let tolerance = allowed(dtype, self.amplified);
        let leaves = self.leaves(dtype);
        let mut operands: Vec<Tensor> = leaves.iter().map(Tensor::alias).collect();
        operands[0] = expressions::made(self.made, &operands[0]);
        let results = expressions::results(self.call, &operands);
        for (number, (result, expected)) in results.iter().zip(self.results.split('|')).enumerate() {
            let [name, shape, elements] = expected.split(':').collect::<Vec<_>>()[..] else { panic!("{expected}") };
            let wanted = if name == "f64" { dtype } else { source::dtype(name) };
            if result.dtype() != wanted || result.size() != source::lengths(shape) {
                return Some(format!("result {number} is {} of {}", result.dtype(), result.size()));
            }
            if let Some(difference) = difference(result, elements, tolerance) {
                return Some(format!("result {number}: {difference}"));
            }
        }
        if self.gradients.is_empty() {
            return None;
        }
        let loss = |(seed, result): (usize, &Tensor)| {
            let shape: Vec<String> = result.size().iter().map(ToString::to_string).collect();
            let w = source::source(&format!("f64:{}:c:{}", shape.join("x"), 77 + seed), &Kinds::new()).to(dtype);
            result.requires_grad().then(|| (result * w).sum())
        };
        let loss: Tensor = results.iter().enumerate().filter_map(loss).sum();
        if !loss.requires_grad() {
            // What does not depend on the inputs has gradients in PyTorch, of zeros.
            let zeros = self.gradients.split([' ', '|']).all(|text| text == "0");
            return (!zeros).then(|| "has no gradient".to_owned());
        }
        let asking: Vec<&Tensor> = leaves.iter().filter(|leaf| leaf.requires_grad()).collect();
        let found = autograd::backward(&[&loss]).allow_unused(true).grad(&asking);
        found.iter().zip(self.gradients.split('|')).enumerate().find_map(|(number, (found, expected))| {
            difference(found, expected, tolerance).map(|why| format!("gradient {number}: {why}"))
        })
    }
}

fn compare(dtype: DType) {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for line in CASES.lines() {
        let case = Case::of(line);
        count += 1;
        let why = catch_unwind(|| case.check(dtype)).unwrap_or_else(|panic| {
            Some(format!("panics: {}", panic.downcast_ref::<String>().map_or("", |sentence| sentence)))
        });
        wrong.extend(why.map(|why| format!("{} {} of {}: {why}", case.call, case.made, case.inputs)));
    }
    assert!(count >= 400, "only {count} cases");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn matrices_are_taken_apart_as_by_pytorch() {
    compare(DType::F64);
}

#[test]
fn single_precision_differs_by_rounding_alone() {
    compare(DType::F32);
}

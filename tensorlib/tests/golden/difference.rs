//! How far a result may be from PyTorch's.

use tensorlib::prelude::*;

use crate::operation;
use crate::source::{dtype, lengths};

/// Equal, or as near as another order of additions brings it.
fn near(a: f64, b: f64, dtype: DType) -> bool {
    if a == b || (a.is_nan() && b.is_nan()) {
        return true;
    }
    let tolerance = match dtype {
        DType::F32 => 2e-6,
        DType::F64 => 1e-12,
        _ => 0.0,
    };
    (a - b).abs() <= tolerance * (1.0 + b.abs())
}

fn same_type(made: &Tensor, name: &str, shape: &str) -> Result<(), String> {
    if made.dtype() != dtype(name) || made.size() != lengths(shape) {
        return Err(format!("is {} of shape {}, not {name} of shape {shape}", made.dtype(), made.size()));
    }
    Ok(())
}

/// Results for ordinary numbers, with a margin.
pub fn roughly(made: &Tensor, expected: &str) -> Result<(), String> {
    let parts: Vec<&str> = expected.split(':').collect();
    let [name, shape, values] = parts[..] else { panic!("result {expected}") };
    same_type(made, name, shape)?;
    let expected: Vec<f64> = values.split_whitespace().map(|value| value.parse().unwrap()).collect();
    let found = made.to_vec::<f64>();
    if found.len() != expected.len() || found.iter().zip(&expected).any(|(&a, &b)| !near(a, b, dtype(name))) {
        return Err(format!("is {found:?}, not {expected:?}"));
    }
    Ok(())
}

/// What may differ, beside the bits of NaN.
enum Margin {
    /// Nothing.
    None,
    /// The sign of zero: PyTorch's own depends on where in the tensor the element is.
    SignOfZero,
    /// Units in the last place.
    Units(f64),
    /// As much, for each element.
    Slack(Vec<Option<f64>>),
}

/// The distance from a number to the next.
fn unit(x: f64, dtype: DType) -> f64 {
    match dtype {
        DType::F32 => {
            let x = (x as f32).abs().min(f32::MAX.next_down());
            (x.next_up() - x).into()
        }
        _ => {
            let x = x.abs().min(f64::MAX.next_down());
            x.next_up() - x
        }
    }
}

fn epsilon(dtype: DType) -> f64 {
    if dtype == DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON }
}

/// The margin of sums: a share of the sum of magnitudes, which is the largest that could have been added up. Where that
/// overflows, the result depends on the order.
fn of_sums(op: &str, args: &[&str], inputs: &[Tensor], made: &Tensor) -> Margin {
    let magnitudes: Vec<Tensor> = inputs.iter().map(|x| x.double().abs()).collect();
    let magnitudes: Vec<Tensor> = magnitudes.iter().map(|x| x.masked_fill(x.isfinite().logical_not(), 0.0)).collect();
    let largest = if made.dtype() == DType::F32 { f64::from(f32::MAX) } else { f64::MAX };
    let sums = operation::result(op, &magnitudes, args)[0].to_vec::<f64>();
    let divisor = if op.starts_with("mean") { inputs[0].numel() as f64 / made.numel() as f64 } else { 1.0 };
    let slack = |sum: f64| {
        (sum < largest / 4.0 / divisor).then(|| 16.0 * epsilon(made.dtype()) * sum + unit(0.0, made.dtype()))
    };
    Margin::Slack(sums.into_iter().map(slack).collect())
}

/// The margin of products. Where factors above 1 overflow by themselves, or those below vanish, the result depends on the
/// order.
fn of_products(op: &str, args: &[&str], inputs: &[Tensor], made: &Tensor) -> Margin {
    let magnitude = inputs[0].double().abs();
    let magnitude = magnitude.masked_fill(magnitude.isfinite().logical_not(), 1.0);
    let product = |factors: Tensor| operation::result(op, &[factors], args)[0].to_vec::<f64>();
    let up = product(magnitude.maximum(1.0));
    let down = product(magnitude.minimum(1.0));
    let vanishing = product(magnitude.masked_fill(magnitude.eq(0.0), 1.0).minimum(1.0));
    let single = made.dtype() == DType::F32;
    let (least, most) =
        if single { (f32::MIN_POSITIVE.into(), f32::MAX.into()) } else { (f64::MIN_POSITIVE, f64::MAX) };
    each(made, |at, value| {
        let ambiguous = (up[at] > most / 4.0 && down[at] < 1.0) || (vanishing[at] < least && up[at] > 1.0);
        (!ambiguous).then(|| inputs[0].numel() as f64 * unit(value, made.dtype()))
    })
}

/// The margin of each element, from the result and PyTorch's.
fn each(made: &Tensor, slack: impl Fn(usize, f64) -> Option<f64>) -> Margin {
    Margin::Slack(made.to_vec::<f64>().into_iter().enumerate().map(|(at, value)| slack(at, value)).collect())
}

/// The margin of a variance: that of PyTorch's own. Over all elements it sums `f32` in single precision for the mean,
/// which may overflow, and equal elements may have a variance.
fn of_variance(inputs: &[Tensor], made: &Tensor, variance: f64) -> Option<f64> {
    let dtype = made.dtype();
    let magnitudes = inputs[0].double().abs().to_vec::<f64>().into_iter().filter(|x| x.is_finite());
    let (largest, sum) = magnitudes.fold((0.0, 0.0), |(largest, sum), x| (f64::max(largest, x), sum + x));
    let single = made.numel() == 1 && dtype == DType::F32;
    let of_mean = 4.0 * largest * if single { epsilon(dtype) } else { f64::EPSILON };
    let of_mean = of_mean * of_mean;
    let overflows = single && (sum > f64::from(f32::MAX) / 4.0 || of_mean > f64::from(f32::MAX));
    let overflows = overflows || largest > 1e150;
    let of_sums = 64.0 * f64::EPSILON * (variance + variance.sqrt() * largest);
    (!overflows).then(|| 4.0 * unit(variance, dtype) + of_sums + of_mean)
}

fn margin(op: &str, args: &[&str], inputs: &[Tensor], made: &Tensor) -> Margin {
    let dtype = made.dtype();
    if !dtype.is_floating_point() {
        return Margin::None;
    }
    let stem = ["_dims", "_keepdim", "_dim", "_number", "_"].iter().find_map(|end| op.strip_suffix(end)).unwrap_or(op);
    match stem {
        "sum" | "mean" | "cumsum" | "matmul" | "mm" | "bmm" | "mv" | "dot" => of_sums(op, args, inputs, made),
        "prod" | "cumprod" => of_products(op, args, inputs, made),
        "max" | "min" | "amax" | "amin" | "maximum" | "minimum" | "relu" | "clamp" | "topk_values" => {
            Margin::SignOfZero
        }
        // PyTorch's is an approximation here.
        "sqrt" => Margin::Units(1.0),
        "exp" | "exp2" | "expm1" | "log" | "log2" | "log10" | "log1p" | "rsqrt" | "sigmoid" | "tanh" | "sin"
        | "cos" | "tan" | "asin" | "acos" | "atan" | "softplus" | "silu" => Margin::Units(4.0),
        "gelu" => {
            // Beyond, PyTorch's overflows.
            let x = inputs[0].to_vec::<f64>();
            each(made, |at, value| (value < 1e18).then(|| 4.0 * epsilon(dtype) * x[at].abs()))
        }
        // PyTorch's overflows early.
        "sinh" | "cosh" => each(made, |_, value| (value.abs() < f64::MAX / 2.0).then(|| 4.0 * unit(value, dtype))),
        "remainder" | "rem" | "floor_divide" => {
            // PyTorch's gives up where the quotient overflows.
            let quotient =
                operation::result(&op.replace(stem, if stem == "rem" { "rdiv" } else { "div" }), inputs, args);
            let quotient = quotient[0].to_vec::<f64>();
            each(made, |at, value| (value.is_nan() || quotient[at].is_finite()).then_some(0.0))
        }
        "pow" => Margin::Units(if dtype == DType::F32 { 16.0 } else { 2.0 }),
        "softmax" => Margin::Units(16.0),
        // PyTorch squares a single number if it has no dimension.
        "norm" | "norm_p" if inputs[0].ndim() == 0 => each(made, |_, _| None),
        "norm" | "norm_p" => Margin::Units(16.0 + inputs[0].numel() as f64 / 4.0),
        "log_softmax" | "logsumexp" => each(made, |_, value| Some(8.0 * epsilon(dtype) * (1.0 + value.abs()))),
        // Of equal elements nothing by nothing; PyTorch's rounding error by nothing.
        "var_correction" if args[1] == "100.0" => {
            each(made, |_, value| if value.is_nan() { None } else { of_variance(inputs, made, value) })
        }
        "var" | "var_correction" => each(made, |_, value| of_variance(inputs, made, value)),
        "std" => each(made, |_, value| {
            let slack = of_variance(inputs, made, value * value)?;
            Some(4.0 * unit(value, dtype) + (value * value + slack).sqrt() - value)
        }),
        _ => Margin::None,
    }
}

/// Results for special values: the same to the last bit, or within what the operation's accuracy allows.
pub fn exactly(op: &str, args: &[&str], inputs: &[Tensor], made: &Tensor, expected: &str) -> Result<(), String> {
    let parts: Vec<&str> = expected.split(':').collect();
    let [name, shape, step, values] = parts[..] else { panic!("result {expected}") };
    same_type(made, name, shape)?;
    let step: usize = step.parse().unwrap();
    let values = values.split(' ').filter(|value| !value.is_empty());
    if !made.dtype().is_floating_point() {
        let found = made.to_vec::<i64>();
        for (at, text) in (0..).step_by(step).zip(values) {
            if found[at] != text.parse::<i64>().unwrap() {
                return Err(format!("at {at} is {}, not {text}", found[at]));
            }
        }
        return Ok(());
    }
    let found = made.to_vec::<f64>();
    let margin = margin(op, args, inputs, made);
    for (at, text) in (0..).step_by(step).zip(values) {
        let a = found[at];
        let b: f64 =
            if made.dtype() == DType::F32 { text.parse::<f32>().unwrap().into() } else { text.parse().unwrap() };
        let units = (a - b).abs() / unit(a.abs().max(b.abs()), made.dtype());
        let same = a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
        let near = match &margin {
            Margin::None => false,
            Margin::SignOfZero => a == b,
            Margin::Units(most) => a.is_sign_negative() == b.is_sign_negative() && units <= *most,
            Margin::Slack(slack) => slack[at].is_none_or(|slack| a == b || (a - b).abs() <= slack),
        };
        if !same && !near {
            return Err(format!("at {at} is {a:e}, not {b:e}: {units} units"));
        }
    }
    Ok(())
}

//! `to_text` against what PyTorch printed: `printing/golden.txt`, made by `printing/make_golden.py`. Element types and
//! `true` are written there as in Rust.

use tensorlib::prelude::*;
use tensorlib::render::to_text;

/// One printed tensor of the golden file.
struct Case<'a> {
    header: &'a str,
    dtype: DType,
    shape: Vec<usize>,
    values: &'a str,
    made: &'a str,
    printed: &'a str,
}

fn cases(golden: &str) -> Vec<Case<'_>> {
    let blocks = golden.split("=== ").skip(1);
    blocks
        .map(|block| {
            let (header, printed) = block.split_once('\n').expect("a header line");
            let parts: Vec<&str> = header.split('|').map(str::trim).collect();
            let [dtype, shape, values, made] = parts[..] else { panic!("four parts in `{header}`") };
            let dtype = match dtype {
                "f32" => DType::F32,
                "f64" => DType::F64,
                "i64" => DType::I64,
                "i32" => DType::I32,
                "u8" => DType::U8,
                "bool" => DType::Bool,
                other => panic!("unknown dtype {other}"),
            };
            let shape = shape.split_whitespace().map(|n| n.parse().expect("a length")).collect();
            Case { header, dtype, shape, values, made, printed: printed.trim_end_matches('\n') }
        })
        .collect()
}

/// The listed values, or those of `range start step`.
fn numbers<T>(case: &Case<'_>, parse: impl Fn(&str) -> T, at: impl Fn(T, T, usize) -> T) -> Vec<T> {
    let count = case.shape.iter().product();
    match case.values.strip_prefix("range ") {
        Some(range) => {
            let (start, step) = range.split_once(' ').expect("a start and a step");
            (0..count).map(|i| at(parse(start), parse(step), i)).collect()
        }
        None => case.values.split_whitespace().map(parse).collect(),
    }
}

fn tensor_of(case: &Case<'_>) -> Tensor {
    let float = |text: &str| text.parse::<f64>().expect("a number");
    let whole = |text: &str| text.parse::<i64>().expect("a whole number");
    let shape = &case.shape[..];
    match case.dtype {
        DType::F64 => from_vec(numbers(case, float, |a, b, i| a + b * i as f64)).view(shape),
        DType::F32 => {
            let values = numbers(case, float, |a, b, i| a + b * i as f64);
            from_vec(values.into_iter().map(|v| v as f32).collect::<Vec<_>>()).view(shape)
        }
        DType::I64 => from_vec(numbers(case, whole, |a, b, i| a + b * i as i64)).view(shape),
        DType::I32 => {
            let values = numbers(case, whole, |a, b, i| a + b * i as i64);
            from_vec(values.into_iter().map(|v| v as i32).collect::<Vec<_>>()).view(shape)
        }
        DType::U8 => {
            let values = numbers(case, whole, |a, b, i| a + b * i as i64);
            from_vec(values.into_iter().map(|v| v as u8).collect::<Vec<_>>()).view(shape)
        }
        DType::Bool => from_vec(case.values.split_whitespace().map(|v| v == "True").collect::<Vec<_>>()).view(shape),
    }
}

/// What is printed of a tensor: as MADE in make_golden.py.
fn made(made: &str, x: Tensor) -> Tensor {
    if made == "plain" {
        return x;
    }
    let x = x.requires_grad_(true);
    match made {
        "leaf" => x,
        "frozen" => x.requires_grad_(false),
        "detached" => x.detach(),
        "unrecorded" => no_grad(|| &x * 2),
        "view_unrecorded" => no_grad(|| x.i(0)),
        "after_backward" => {
            (&x * 2).sum().backward();
            x
        }
        "changed_in_place" => {
            let y = &x * 1;
            y.i(0).fill_(7);
            y
        }
        "added_in_place" => zeros_like(&x).add_(&x),
        "mul" => &x * 2,
        "sum" => x.sum(),
        "mean" => x.mean(),
        "relu" => x.relu(),
        "log_softmax" => x.log_softmax(-1),
        "select" => x.i(0),
        "slice" => x.i(1..),
        "flatten" => x.view([-1]),
        "max_dim" => x.max_dim(0).0,
        "gt" => x.gt(0),
        other => panic!("unknown: {other}"),
    }
}

#[test]
fn tensors_print_as_in_pytorch() {
    let cases = cases(include_str!("printing/golden.txt"));
    assert!(cases.len() >= 170, "the golden file is complete; it has {} cases", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let printed = to_text(&made(case.made, tensor_of(case)));
        if printed != case.printed {
            wrong.push(format!("{}\nPyTorch:\n{}\nhere:\n{printed}\n", case.header, case.printed));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

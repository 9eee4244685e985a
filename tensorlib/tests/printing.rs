//! `to_text` against what PyTorch printed: `printing/golden.txt`, made by `printing/make_golden.py`.

use tensorlib::prelude::*;
use tensorlib::render::to_text;

/// One printed tensor of the golden file.
struct Case<'a> {
    header: &'a str,
    dtype: DType,
    shape: Vec<usize>,
    values: &'a str,
    printed: &'a str,
}

fn cases(golden: &str) -> Vec<Case<'_>> {
    let blocks = golden.split("=== ").skip(1);
    blocks
        .map(|block| {
            let (header, printed) = block.split_once('\n').expect("a header line");
            let parts: Vec<&str> = header.split('|').map(str::trim).collect();
            let [dtype, shape, values] = parts[..] else { panic!("three parts in `{header}`") };
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
            Case { header, dtype, shape, values, printed: printed.trim_end_matches('\n') }
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

/// PyTorch's text with the one thing that is different here: element types have the names that Rust has for them, and
/// these, being shorter, more often have room on the last line.
fn with_names_of_rust(printed: &str) -> String {
    let names =
        [("float32", "f32"), ("float64", "f64"), ("int64", "i64"), ("int32", "i32"), ("uint8", "u8"), ("bool", "bool")];
    let text = names.iter().fold(printed.to_owned(), |text, (python, rust)| {
        text.replace(&format!("dtype=torch.{python})"), &format!("dtype={rust})"))
    });
    let Some((body, suffix)) = text.rsplit_once(",\n       dtype=") else { return text };
    let joined = format!("{body}, dtype={suffix}");
    if joined.lines().last().is_some_and(|line| line.len() <= 79) { joined } else { text }
}

#[test]
fn tensors_print_as_in_pytorch() {
    let cases = cases(include_str!("printing/golden.txt"));
    assert!(cases.len() >= 80, "the golden file is complete; it has {} cases", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let printed = to_text(&tensor_of(case));
        let expected = with_names_of_rust(case.printed);
        if printed != expected {
            wrong.push(format!("{}\nPyTorch:\n{expected}\nhere:\n{printed}\n", case.header));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

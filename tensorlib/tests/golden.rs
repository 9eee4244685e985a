//! Results are PyTorch's: every line of `golden/cases.txt`, which `golden/make.py` wrote with PyTorch, is computed here
//! and compared.

use tensorlib::prelude::*;

const CASES: &str = include_str!("golden/cases.txt");

/// The rule by which both sides make inputs; see `values` in `make.py`.
fn values(dtype: &str, count: usize, seed: i64) -> Vec<f64> {
    let mut state = seed * 7919 + 17;
    (0..count)
        .map(|_| {
            state = (state * 1_103_515_245 + 12_345) % (1 << 31);
            let n = (state >> 16) % 41;
            match dtype {
                "f32" | "f64" => (n - 20) as f64 / 4.0,
                "bool" => f64::from(u8::from(n % 2 == 0)),
                "u8" => (n % 11) as f64,
                _ => (n % 11 - 5) as f64,
            }
        })
        .collect()
}

fn dtype(name: &str) -> DType {
    DType::ALL.into_iter().find(|dtype| dtype.name() == name).unwrap_or_else(|| panic!("dtype {name}"))
}

fn lengths(text: &str) -> Vec<usize> {
    text.split('x').filter(|length| !length.is_empty()).map(|length| length.parse().unwrap()).collect()
}

/// A tensor by rule: `dtype:shape:view:seed`.
fn source(spec: &str) -> Tensor {
    let parts: Vec<&str> = spec.split(':').collect();
    let [name, shape, view, seed] = parts[..] else { panic!("input {spec}") };
    let shape = lengths(shape);
    let mut stored = shape.clone();
    let rank = stored.len();
    match view {
        "t" => stored.swap(rank - 1, rank - 2),
        "s" => stored[rank - 1] *= 2,
        "o" => stored[0] += 2,
        "e" => stored[0] = 1,
        _ => {}
    }
    let made = values(name, stored.iter().product(), seed.parse().unwrap());
    let x = from_vec(made, &stored).to(dtype(name));
    match view {
        "t" => x.transpose(-1, -2),
        "s" => x.i((Ellipsis, (..).step(2))),
        "o" => x.i(2..),
        "e" => x.expand(&shape),
        "p" if name == "bool" => x,
        "p" => x.abs() + 1,
        "n" => {
            x.view([-1]).i(2).fill_(f64::NAN);
            x
        }
        _ => x,
    }
}

fn index(x: &Tensor, name: &str) -> Tensor {
    match name {
        "first" => x.i(0),
        "last" => x.i(-1),
        "column" => x.i((.., 1)),
        "tail" => x.i((.., 1..)),
        "steps" => x.i(((..).step(2), (1..).step(2))),
        "beyond" => x.i((1..100, -2..)),
        "ellipsis" => x.i((Ellipsis, 0)),
        "newaxis" => x.i((.., NewAxis, 1..)),
        "element" => x.i((1, 2)),
        "mask" => x.i(x.gt(0)),
        "list" => x.i([2, 0]),
        "list_column" => x.i((.., [2, 0, -1])),
        "pairs" => x.i(([0, 2], [1, -1])),
        "grid" => x.i((tensor![[0], [2]], tensor![1, 3])),
        "row_mask" => x.i(tensor![true, false, true]),
        "empty" => x.i(2..2),
        other => panic!("index {other}"),
    }
}

macro_rules! call {
    ($x:ident, $op:expr, [$($name:ident)*] $args:tt) => {
        match $op { $(stringify!($name) => Some($x.$name $args),)* _ => None }
    };
}

/// A method by name, with the arguments that its form takes.
fn method(op: &str, x: &[Tensor], args: &[f64]) -> Option<Tensor> {
    let a = x.first()?;
    let dim = args.first().map_or(0, |&dim| dim as i64);
    let dims: Vec<i64> = args.iter().map(|&dim| dim as i64).collect();
    if let Some(b) = x.get(1) {
        return call!(a, op, [add sub mul div pow floor_divide remainder maximum minimum eq ne lt le gt ge logical_and
            logical_or logical_xor matmul mm bmm mv dot outer](b));
    }
    if let Some(op) = op.strip_suffix("_dim") {
        return call!(a, &format!("{op}_dim")[..], [sum_dim prod_dim mean_dim var_dim std_dim any_dim all_dim norm_dim argmax_dim argmin_dim](dim))
            .or_else(|| call!(a, op, [amax amin](dim, false)));
    }
    if let Some(op) = op.strip_suffix("_keepdim") {
        return call!(a, &format!("{op}_keepdim")[..], [sum_keepdim prod_keepdim mean_keepdim var_keepdim std_keepdim any_keepdim all_keepdim norm_keepdim argmax_keepdim argmin_keepdim](dim))
            .or_else(|| call!(a, op, [amax amin](dim, true)));
    }
    if let Some(op) = op.strip_suffix("_dims") {
        return call!(a, &format!("{op}_dim")[..], [sum_dim mean_dim var_dim](&dims[..]))
            .or_else(|| call!(a, op, [amax](&dims[..], false)));
    }
    call!(a, op, [exp sigmoid tanh sin cos tan atan sinh cosh expm1 exp2 log log2 log10 log1p sqrt rsqrt reciprocal
        abs neg sign square relu floor ceil round trunc gelu silu softplus logical_not isnan sum prod mean var std max min
        argmax argmin any all norm count_nonzero t squeeze contiguous nonzero tril triu diag]())
    .or_else(|| call!(a, op, [cumsum cumprod softmax log_softmax unsqueeze](dim)))
    .or_else(|| call!(a, op, [permute reshape repeat expand flip](&dims[..])))
}

fn result(op: &str, x: &[Tensor], args: &[&str]) -> Vec<Tensor> {
    let number = |at: usize| -> f64 { args[at].parse().unwrap_or(f64::NAN) };
    let whole = |at: usize| -> i64 { number(at) as i64 };
    let is_whole = |at: usize| !args[at].contains('.');
    let numbers: Vec<f64> = (0..args.len()).map(number).collect();
    let with_number = |whole_form: &dyn Fn(i64) -> Tensor, form: &dyn Fn(f64) -> Tensor| {
        if is_whole(0) { whole_form(whole(0)) } else { form(number(0)) }
    };
    let pair = |(values, places): (Tensor, Tensor)| vec![values, places];
    let one = match op {
        "add" if args == ["corner"] => (&x[0] + &x[1]).i(((..).step(23), (..).step(31))),
        "add_number" => with_number(&|n| &x[0] + n, &|n| &x[0] + n),
        "mul_number" => with_number(&|n| &x[0] * n, &|n| &x[0] * n),
        "div_number" => &x[0] / whole(0),
        "rdiv_number" => whole(0) / &x[0],
        "rsub_number" => whole(0) - &x[0],
        "pow_number" => x[0].pow(whole(0)),
        "floor_divide_number" => x[0].floor_divide(whole(0)),
        "remainder_number" => &x[0] % whole(0),
        "add_" => x[0].clone().add_(&x[1]),
        "mul_" => x[0].clone().mul_(&x[1]),
        "add_transposed_" => x[0].add_(x[0].t()),
        "where" => where_cond(&x[0], &x[1], &x[2]),
        "asin" => (&x[0] / 5).asin(),
        "acos" => (&x[0] / 5).acos(),
        "clamp" if is_whole(0) => x[0].clamp(whole(0), whole(1)),
        "clamp" => x[0].clamp(number(0), number(1)),
        "max_dim" => return pair(x[0].max_dim(whole(0))),
        "min_dim" => return pair(x[0].min_dim(whole(0))),
        "max_keepdim" => return pair(x[0].max_keepdim(whole(0))),
        "min_keepdim" => return pair(x[0].min_keepdim(whole(0))),
        "norm_p" => x[0].norm_p(number(0), whole(1), false),
        "sort" => return pair(x[0].sort(whole(0), whole(1) == 1)),
        "argsort" => x[0].argsort(whole(0), whole(1) == 1),
        "topk_values" => x[0].topk(whole(0) as usize, whole(1), whole(2) == 1).0,
        "logsumexp" => x[0].logsumexp(whole(0), false),
        "einsum" => einsum(args[0], x),
        "flatten" => x[0].flatten(whole(0), whole(1)),
        "transpose" => x[0].transpose(whole(0), whole(1)),
        "split" => return x[0].split(whole(0), whole(1)),
        "chunk" => return x[0].chunk(whole(0) as usize, whole(1)),
        "cat" => cat(x, whole(0)),
        "stack" => stack(x, whole(0)),
        "index" => index(&x[0], args[0]),
        "gather" => x[0].gather(1, &tensor![[0, 3], [1, 1], [2, 0]]),
        "index_select" => x[0].index_select(1, &tensor![3, 0]),
        "masked_fill" => x[0].masked_fill(&x[0].gt(1), -9.0),
        "masked_select" => x[0].masked_select(&x[0].gt(1)),
        "scatter" => x[0].clone().scatter_(1, &tensor![[2], [0]], 9.0),
        "index_put" => match args[0] {
            "tail" => x[0].index_put_((.., 1..), 7.0),
            "mask" => x[0].index_put_(x[0].gt(0), 0.5),
            _ => x[0].index_put_(([0, 2], [1, -1]), 5.0),
        },
        "to" => x[0].to(dtype(args[0])),
        "arange" => arange(number(0), number(1), number(2)),
        "linspace" => linspace(number(0), number(1), whole(2)),
        "rand" | "randn" | "randint" | "randperm" => {
            manual_seed(whole(0) as u64);
            match op {
                "rand" => rand([3, 3]),
                "randn" => randn(whole(1)),
                "randint" => randint(-3, 9, 8),
                _ => randperm(9),
            }
        }
        _ => method(op, x, &numbers).unwrap_or_else(|| panic!("operation {op}")),
    };
    vec![one]
}

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

fn compare(result: &Tensor, expected: &str) -> Result<(), String> {
    let parts: Vec<&str> = expected.split(':').collect();
    let [name, shape, values] = parts[..] else { panic!("result {expected}") };
    if result.dtype() != dtype(name) || result.size() != lengths(shape) {
        return Err(format!("is {} of shape {}, not {name} of shape {shape}", result.dtype(), result.size()));
    }
    let expected: Vec<f64> = values.split_whitespace().map(|value| value.parse().unwrap()).collect();
    let found = result.to_vec::<f64>();
    if found.len() != expected.len() || found.iter().zip(&expected).any(|(&a, &b)| !near(a, b, dtype(name))) {
        return Err(format!("is {found:?}, not {expected:?}"));
    }
    Ok(())
}

#[test]
fn results_are_those_of_pytorch() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in CASES.lines() {
        let parts: Vec<&str> = line.split(';').collect();
        let [op, args, inputs, outputs] = parts[..] else { panic!("case {line}") };
        let x: Vec<Tensor> = inputs.split(',').filter(|spec| !spec.is_empty()).map(source).collect();
        let args: Vec<&str> = args.split(' ').filter(|arg| !arg.is_empty()).collect();
        count += 1;
        let results = std::panic::catch_unwind(|| result(op, &x, &args));
        let outputs: Vec<&str> = outputs.split('|').collect();
        match results {
            Err(_) => wrong.push(format!("{op} {args:?} of {inputs} panics")),
            Ok(results) if results.len() != outputs.len() => {
                wrong.push(format!("{op} {args:?} of {inputs} gives {} tensors, not {}", results.len(), outputs.len()));
            }
            Ok(results) => {
                for (result, expected) in results.iter().zip(outputs) {
                    if let Err(why) = compare(result, expected) {
                        wrong.push(format!("{op} {args:?} of {inputs} {why}"));
                    }
                }
            }
        }
    }
    assert!(count >= 1000, "only {count} cases");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}

//! Operations by the names that the cases give them.

use tensorlib::prelude::*;

use crate::source::dtype;

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
            logical_or logical_xor matmul mm bmm mv dot outer add_ sub_ mul_ div_ pow_ floor_divide_ remainder_](b));
    }
    if let Some(op) = op.strip_suffix("_dim") {
        return call!(a, &format!("{op}_dim")[..], [sum_dim prod_dim mean_dim var_dim std_dim any_dim all_dim norm_dim argmax_dim argmin_dim count_nonzero_dim amax_dim amin_dim](dim));
    }
    if let Some(op) = op.strip_suffix("_keepdim") {
        return call!(a, &format!("{op}_keepdim")[..], [sum_keepdim prod_keepdim mean_keepdim var_keepdim std_keepdim any_keepdim all_keepdim norm_keepdim argmax_keepdim argmin_keepdim amax_keepdim amin_keepdim](dim));
    }
    if let Some(op) = op.strip_suffix("_dims") {
        return call!(a, &format!("{op}_dim")[..], [sum_dim mean_dim var_dim std_dim norm_dim amax_dim](&dims[..]));
    }
    call!(a, op, [exp sigmoid tanh sin cos tan asin acos atan sinh cosh expm1 exp2 log log2 log10 log1p sqrt rsqrt
        reciprocal abs neg sign square relu floor ceil round trunc gelu silu softplus logical_not isnan isinf isfinite sum
        prod mean var std max min argmax argmin any all norm count_nonzero t squeeze contiguous nonzero tril triu diag
        exp_ sigmoid_ tanh_ sin_ cos_ tan_ asin_ acos_ atan_ sinh_ cosh_ expm1_ exp2_ log_ log2_ log10_ log1p_ sqrt_
        rsqrt_ reciprocal_ abs_ neg_ sign_ square_ floor_ ceil_ round_ trunc_]())
    .or_else(|| call!(a, op, [cumsum cumprod softmax log_softmax unsqueeze](dim)))
    .or_else(|| call!(a, op, [permute reshape repeat expand flip](&dims[..])))
}

/// A number that the case writes: without a point or an exponent it is whole.
fn scalar_of(text: &str) -> Scalar {
    text.parse::<i64>().map_or_else(|_| Scalar::Float(text.parse().unwrap()), Scalar::Int)
}

/// An operation with a number, by the name of the operation.
fn with_number(op: &str, x: &Tensor, number: &str) -> Option<Tensor> {
    let n = scalar_of(number);
    let reversed = |whole: fn(i32, &Tensor) -> Tensor,
                    floating: fn(f64, &Tensor) -> Tensor,
                    any: fn(Scalar, &Tensor) -> Tensor| match n {
        Scalar::Float(n) => floating(n, x),
        Scalar::Int(number) => i32::try_from(number).map_or_else(|_| any(n, x), |n| whole(n, x)),
        n => any(n, x),
    };
    Some(match op {
        "radd" => reversed(|n, x| n + x, |n, x| n + x, |n, x| n + x),
        "rsub" => reversed(|n, x| n - x, |n, x| n - x, |n, x| n - x),
        "rmul" => reversed(|n, x| n * x, |n, x| n * x, |n, x| n * x),
        "rdiv" => reversed(|n, x| n / x, |n, x| n / x, |n, x| n / x),
        "rem" => reversed(|n, x| n % x, |n, x| n % x, |n, x| n % x),
        _ => return call!(x, op, [add sub mul div pow floor_divide remainder eq ne lt le gt ge](n)),
    })
}

/// A limit of `clamp`.
fn clamped(x: &Tensor, limits: &[&str]) -> Tensor {
    match (limits[0], limits[1]) {
        ("None", max) => x.clamp(None, scalar_of(max)),
        (min, "None") => x.clamp(scalar_of(min), None),
        (min, max) => x.clamp(scalar_of(min), scalar_of(max)),
    }
}

/// What an operation gives.
pub fn result(op: &str, x: &[Tensor], args: &[&str]) -> Vec<Tensor> {
    let number = |at: usize| -> f64 { args[at].parse().unwrap_or(f64::NAN) };
    let whole = |at: usize| -> i64 { number(at) as i64 };
    let numbers: Vec<f64> = (0..args.len()).map(number).collect();
    let pair = |(values, places): (Tensor, Tensor)| vec![values, places];
    let one = match op {
        "add" if args == ["corner"] => (&x[0] + &x[1]).i(((..).step(23), (..).step(31))),
        "add_transposed_" => x[0].add_(x[0].t()),
        "where" => where_cond(&x[0], &x[1], &x[2]),
        "asin_of_fifth" => (&x[0] / 5).asin(),
        "acos_of_fifth" => (&x[0] / 5).acos(),
        "clamp" => clamped(&x[0], args),
        "max_dim" => return pair(x[0].max_dim(whole(0))),
        "min_dim" => return pair(x[0].min_dim(whole(0))),
        "max_keepdim" => return pair(x[0].max_keepdim(whole(0))),
        "min_keepdim" => return pair(x[0].min_keepdim(whole(0))),
        "var_correction" => x[0].var_correction_dim(number(1), whole(0)),
        "allclose" => scalar(x[0].allclose(&x[1])),
        "norm_p" => x[0].norm_p_dim(number(0), whole(1)),
        "sort" if whole(1) == 1 => return pair(x[0].sort_descending_dim(whole(0))),
        "sort" => return pair(x[0].sort_dim(whole(0))),
        "argsort" if whole(1) == 1 => x[0].argsort_descending_dim(whole(0)),
        "argsort" => x[0].argsort_dim(whole(0)),
        "topk_values" if whole(2) == 1 => x[0].topk_dim(whole(0) as usize, whole(1)).0,
        "topk_values" => x[0].topk_smallest_dim(whole(0) as usize, whole(1)).0,
        "logsumexp" => x[0].logsumexp(whole(0)),
        "einsum" => einsum(args[0], x),
        "flatten_all" => x[0].flatten(),
        "sort_last" => return pair(x[0].sort()),
        "sort_last_descending" => return pair(x[0].sort_descending()),
        "argsort_last" => x[0].argsort(),
        "argsort_last_descending" => x[0].argsort_descending(),
        "topk_last" => x[0].topk(whole(0) as usize).0,
        "topk_last_smallest" => x[0].topk_smallest(whole(0) as usize).0,
        "std_correction" => x[0].std_correction(whole(0)),
        "std_correction_dim" => x[0].std_correction_dim(whole(0), whole(1)),
        "norm_p_all" => x[0].norm_p(whole(0)),
        "unbind_first" => return x[0].unbind(),
        "split_first" => return x[0].split(whole(0)),
        "chunk_first" => return x[0].chunk(whole(0) as usize),
        "isclose" => x[0].isclose(&x[1]),
        "where_method" => x[0].where_cond(x[0].gt(0), -1.0),
        "tile" => x[0].tile(numbers.iter().map(|&times| times as i64).collect::<Vec<_>>()),
        "hstack" => hstack(x),
        "vstack" => vstack(x),
        "dstack" => dstack(x),
        "column_stack" => column_stack(x),
        "add_decimals" => &x[0] + [0.5, 2.0],
        "add_whole" => &x[0] + vec![1, 2],
        "flatten" => x[0].flatten_dims(whole(0), whole(1)),
        "transpose" => x[0].transpose(whole(0), whole(1)),
        "split" => return x[0].split_dim(whole(0), whole(1)),
        "chunk" => return x[0].chunk_dim(whole(0) as usize, whole(1)),
        "cat" => cat_dim(x, whole(0)),
        "stack" => stack_dim(x, whole(0)),
        "index" => index(&x[0], args[0]),
        "gather" => x[0].gather(1, tensor![[0, 3], [1, 1], [2, 0]]),
        "index_select" => x[0].index_select(1, tensor![3, 0]),
        "masked_fill" => x[0].masked_fill(x[0].gt(1), -9.0),
        "masked_select" => x[0].masked_select(x[0].gt(1)),
        "scatter" => x[0].clone().scatter_(1, tensor![[2], [0]], 9.0),
        "index_put" => match args[0] {
            "tail" => x[0].index_put_((.., 1..), 7.0),
            "mask" => x[0].index_put_(x[0].gt(0), 0.5),
            _ => x[0].index_put_(([0, 2], [1, -1]), 5.0),
        },
        "to" => x[0].to(dtype(args[0])),
        "arange" => arange((number(0), number(1), number(2))),
        "linspace" => linspace(number(0), number(1), whole(2)),
        "rand" | "randn" | "randint" | "randperm" => {
            manual_seed(whole(0) as u64);
            match op {
                "rand" => rand([3, 3]),
                "randn" => randn(whole(1)),
                "randint" => randint(-3..9, 8),
                _ => randperm(9),
            }
        }
        _ => {
            let by_number = op.strip_suffix("_number").and_then(|op| with_number(op, &x[0], args[0]));
            by_number.or_else(|| method(op, x, &numbers)).unwrap_or_else(|| panic!("operation {op}"))
        }
    };
    vec![one]
}

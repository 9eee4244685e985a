//! Operations by the names that the cases give them; `operations.py` has the same for PyTorch.

use tensorlib::prelude::*;

use crate::expression;
use crate::source::dtype;

/// A method that is named, if it is one of those listed.
macro_rules! call {
    ($x:expr, $op:expr, [$($name:ident)*] $args:tt) => {
        match $op { $(stringify!($name) => Some($x.$name $args),)* _ => None }
    };
}

fn index(x: &Tensor, name: &str) -> Tensor {
    match name {
        "first" => x.i(0),
        "last" => x.i(-1),
        "element" => x.i((1, 2)),
        "column" => x.i((.., 1)),
        "tail" => x.i((.., 1..)),
        "steps" => x.i(((..).step(2), (1..).step(2))),
        "beyond" => x.i((1..100, -2..)),
        "none" => x.i(2..2),
        "ellipsis" => x.i((Ellipsis, 0)),
        "newaxis" => x.i((.., NewAxis, 1..)),
        "mask" => x.i(x.gt(0)),
        "row_mask" => x.i(tensor![true, false, true]),
        "column_mask" => x.i((.., tensor![true, false, true, true])),
        "list" => x.i([2, 0]),
        "again" => x.i([0, 2, 0, 0]),
        "list_column" => x.i((.., [2, 0, -1, 2])),
        "pairs" => x.i(([0, 2, 0], [1, -1, 1])),
        "grid" => x.i((tensor![[0], [2]], tensor![1, 3])),
        "number_list" => x.i((1, [0, 2, 0])),
        "range_list" => x.i((1.., [3, 3])),
        "apart" => x.i(([0, 1, 1], .., [1, 0, 1])),
        "between" => x.i((.., [0, 2], 1..)),
        "plane_mask" => x.i(tensor![[true, false, true], [false, true, false]]),
        other => panic!("index {other}"),
    }
}

/// Writes to a part: a tensor or a number.
fn index_put<'a>(x: &Tensor, name: &str, value: impl tensorlib::IntoOperand<'a>) -> Tensor {
    match name {
        "first" => x.index_put_(0, value),
        "tail" => x.index_put_((.., 1..), value),
        "steps" => x.index_put_(((..).step(2), (1..).step(2)), value),
        "ellipsis" => x.index_put_((Ellipsis, 0), value),
        "list" => x.index_put_([2, 0], value),
        "list_column" => x.index_put_((.., [2, 0]), value),
        "pairs" => x.index_put_(([0, 2], [1, -1]), value),
        "mask" => x.index_put_(x.detach().gt(0), value),
        "row_mask" => x.index_put_(tensor![true, false, true], value),
        "grid" => x.index_put_((tensor![[0], [2]], tensor![1, 3]), value),
        "number_list" => x.index_put_((1, [0, 2]), value),
        other => panic!("index {other}"),
    }
}

/// A part of a matrix, as a view.
fn part(x: &Tensor, name: &str) -> Tensor {
    match name {
        "whole" => x.alias(),
        "row" => x.i(0),
        "column" => x.i((.., 1)),
        "steps" => x.i(((..).step(2), (1..).step(2))),
        "row_part" => x.i(1).i(1..3),
        "element" => x.i((2, 3)),
        "transposed" => x.t(),
        "flat" => x.view([-1]),
        "narrow" => x.narrow(1, 1, 2),
        "unsqueezed" => x.unsqueeze(1),
        "permuted" => x.permute([1, 0]).i(1..),
        "unflattened" => x.unflatten(1, [2, 2]).i((.., 1)),
        other => panic!("part {other}"),
    }
}

/// A number that the case writes: without a point or an exponent it is whole.
fn scalar_of(text: &str) -> Scalar {
    text.parse::<i64>().map_or_else(|_| Scalar::Float(text.parse().unwrap()), Scalar::Int)
}

fn unary(op: &str, x: &Tensor) -> Option<Tensor> {
    call!(x, op, [exp exp2 expm1 log log2 log10 log1p sqrt rsqrt reciprocal sigmoid tanh sin cos tan asin acos atan sinh
        cosh floor ceil round trunc softplus gelu silu neg abs sign square relu t squeeze flatten contiguous clone alias
        tril triu diag float double]())
}

fn binary(op: &str, x: &Tensor, others: &[Tensor], numbers: &[Scalar]) -> Option<Tensor> {
    if let [y, ..] = others {
        return call!(x, op, [add sub mul div remainder pow maximum minimum matmul mm bmm mv dot outer masked_select](y))
            .or_else(|| call!(x, op, [view_as reshape_as expand_as](y)).map(|x| x * y));
    }
    let &[n, ..] = numbers else { return None };
    call!(x, op, [add sub mul div remainder pow](n)).or_else(|| {
        Some(match op {
            "radd" => n + x,
            "rsub" => n - x,
            "rmul" => n * x,
            "rdiv" => n / x,
            "rremainder" => n % x,
            "maximum_number" => x.maximum(n),
            "minimum_number" => x.minimum(n),
            _ => return None,
        })
    })
}

/// Changes the target, by a tensor or a number where the operation needs one.
fn in_place(op: &str, x: &Tensor, others: &[Tensor], numbers: &[Scalar]) -> Option<Tensor> {
    let alone = call!(x, op, [exp_ exp2_ expm1_ log_ log2_ log10_ log1p_ sqrt_ rsqrt_ reciprocal_ sigmoid_ tanh_ sin_
        cos_ tan_ asin_ acos_ atan_ sinh_ cosh_ floor_ ceil_ round_ trunc_ softplus_ gelu_ silu_ neg_ abs_ sign_ square_
        relu_ zero_]());
    alone
        .or_else(|| call!(x, op, [add_ sub_ mul_ div_ remainder_ pow_ maximum_ minimum_ copy_](others.first()?)))
        .or_else(|| call!(x, op, [add_ sub_ mul_ div_ remainder_ pow_ maximum_ minimum_ fill_](*numbers.first()?)))
}

/// Over all elements, over some dimensions, or over those and keeping them.
fn reduction(op: &str, x: &Tensor, args: &[&str]) -> Option<Tensor> {
    let dims: Vec<i64> = args.iter().filter_map(|arg| arg.parse().ok()).collect();
    let over = &dims[..];
    if let Some(&by) = args.first()
        && ["norm_p", "var_correction", "std_correction"].iter().any(|start| op.starts_with(start))
    {
        let dims: Vec<i64> = args[1..].iter().map(|arg| arg.parse().unwrap()).collect();
        let (by, over) = (scalar_of(by), &dims[..]);
        return call!(x, op, [norm_p var_correction std_correction](by)).or_else(|| {
            call!(x, op, [norm_p_dim norm_p_keepdim var_correction_dim var_correction_keepdim std_correction_dim
                std_correction_keepdim](by, over))
        });
    }
    call!(x, op, [sum prod mean var std norm amax amin max min]())
        .or_else(|| {
            call!(x, op, [sum_dim prod_dim mean_dim var_dim std_dim norm_dim amax_dim amin_dim sum_keepdim prod_keepdim
                mean_keepdim var_keepdim std_keepdim norm_keepdim amax_keepdim amin_keepdim logsumexp
                logsumexp_keepdim](over))
        })
        .or_else(|| call!(x, op, [max_dim min_dim max_keepdim min_keepdim](*over.first()?)).map(|(values, _)| values))
}

/// What whole numbers say: a dimension, several, or a shape.
fn by_whole_numbers(op: &str, x: &Tensor, args: &[i64]) -> Option<Tensor> {
    let several = call!(x, op, [view reshape permute squeeze_dim expand flip repeat tile](args));
    let two = || match *args {
        [a, b] => call!(x, op, [transpose movedim flatten_dims select](a, b)),
        _ => None,
    };
    several.or_else(two).or_else(|| call!(x, op, [cumsum cumprod softmax log_softmax unsqueeze](*args.first()?)))
}

/// Several tensors of one.
fn parts(op: &str, x: &Tensor, args: &[i64]) -> Option<Vec<Tensor>> {
    Some(match (op, args) {
        ("split", sizes) => x.split(sizes),
        ("split_dim", [dim, sizes @ ..]) => x.split_dim(sizes, *dim),
        ("chunk", &[count]) => x.chunk(count as usize),
        ("chunk_dim", &[dim, count]) => x.chunk_dim(count as usize, dim),
        ("unbind", _) => x.unbind(),
        ("unbind_dim", &[dim]) => x.unbind_dim(dim),
        _ => return None,
    })
}

/// The clone of the first input after an operation in place; before it a part may be taken of the clone, and what is
/// changed is the clone or the part.
fn on_a_clone(op: &str, x: &[Tensor], args: &[&str], numbers: &[Scalar]) -> Option<Vec<Tensor>> {
    let clone = |whole: &Tensor| Some((whole.clone(), args.first()?));
    let change = |target: &Tensor, others: &[Tensor]| in_place(args.get(1)?, target, others, numbers.get(2..)?);
    Some(match op {
        "in_part" => {
            let (y, name) = clone(&x[0])?;
            change(&part(&y, name), &x[1..])?;
            vec![y]
        }
        "in_part_seen" => {
            let (y, name) = clone(&x[0])?;
            let seen = part(&y, name);
            change(&seen, &x[1..])?;
            vec![seen, y]
        }
        "in_base" => {
            let (y, name) = clone(&x[0])?;
            let seen = part(&y, name);
            change(&y, &x[1..])?;
            vec![seen]
        }
        "in_zeros" => {
            let y = zeros([3, 4]).to(x[0].dtype());
            change(&part(&y, args.first()?), x)?;
            vec![y]
        }
        _ => return None,
    })
}

/// A limit of `clamp` that is a number or absent.
fn clamp(x: &Tensor, limits: &[&str]) -> Tensor {
    match (limits[0], limits[1]) {
        ("None", high) => x.clamp(None, scalar_of(high)),
        (low, "None") => x.clamp(scalar_of(low), None),
        (low, high) => x.clamp(scalar_of(low), scalar_of(high)),
    }
}

/// The same in place.
fn clamp_(x: &Tensor, limits: &[&str]) -> Tensor {
    match (limits[0], limits[1]) {
        ("None", high) => x.clamp_(None, scalar_of(high)),
        (low, "None") => x.clamp_(scalar_of(low), None),
        (low, high) => x.clamp_(scalar_of(low), scalar_of(high)),
    }
}

/// What an operation gives for its inputs and arguments.
pub fn result(op: &str, x: &[Tensor], args: &[&str]) -> Vec<Tensor> {
    let whole: Vec<i64> = args.iter().filter_map(|arg| arg.parse().ok()).collect();
    let numbers: Vec<Scalar> =
        args.iter().map(|arg| if arg.parse::<f64>().is_ok() { scalar_of(arg) } else { Scalar::Bool(false) }).collect();
    let dim = whole.last().copied().unwrap_or_default();
    let first = &x[0];
    let one = match op {
        "expression" => return expression::result(args[0], x),
        "in_part" | "in_part_seen" | "in_base" | "in_zeros" => {
            return on_a_clone(op, x, args, &numbers).unwrap_or_else(|| panic!("operation {op} {args:?}"));
        }
        "einsum" => einsum(args[0], x),
        // A list of tensors.
        "cat" => cat(x),
        "stack" => stack(x),
        "cat_dim" => cat_dim(x, dim),
        "stack_dim" => stack_dim(x, dim),
        "hstack" => hstack(x),
        "vstack" => vstack(x),
        "dstack" => dstack(x),
        "column_stack" => column_stack(x),
        // Parts.
        "i" => index(first, args[0]),
        "narrow" => first.narrow(whole[0], whole[1] as usize, whole[2] as usize),
        "unflatten" => first.unflatten(whole[0], &whole[1..]),
        "sort" => first.sort_dim(dim).0,
        "sort_descending" => first.sort_descending_dim(dim).0,
        "topk" => first.topk_dim(whole[0] as usize, dim).0,
        "topk_smallest" => first.topk_smallest_dim(whole[0] as usize, dim).0,
        // Limits and choice.
        "clamp" => clamp(first, args),
        "clamp_" => clamp_(&first.clone(), args),
        "clamp_tensors" => first.clamp(&x[1], &x[2]),
        "clamp_low" => first.clamp(&x[1], None),
        "clamp_high" => first.clamp(None, &x[1]),
        "where_cond" => where_cond(first, &x[1], &x[2]),
        "where_number" => where_cond(first, &x[1], numbers[0]),
        "number_where" => where_cond(first, numbers[0], &x[1]),
        // Positions.
        "index_select" => first.index_select(dim, &x[1]),
        "gather" => first.gather(dim, &x[1]),
        "masked_fill" if x.len() == 3 => first.masked_fill(&x[1], &x[2]),
        "masked_fill" => first.masked_fill(&x[1], numbers[0]),
        // Written to a clone.
        "masked_fill_" if x.len() == 3 => first.clone().masked_fill_(&x[1], &x[2]),
        "masked_fill_" => first.clone().masked_fill_(&x[1], numbers[0]),
        "index_put_" if x.len() == 2 => index_put(&first.clone(), args[0], &x[1]),
        "index_put_" => index_put(&first.clone(), args[1], numbers[0]),
        "scatter_" if x.len() == 3 => first.clone().scatter_(dim, &x[1], &x[2]),
        "scatter_" => first.clone().scatter_(dim, &x[1], numbers[0]),
        "index_copy_" => first.clone().index_copy_(dim, &x[1], &x[2]),
        "cumsum_" => first.clone().cumsum_(dim),
        "cumprod_" => first.clone().cumprod_(dim),
        // Other types.
        "to" => first.to(dtype(args[0])),
        "there_and_back" => first.double().float() * first,
        _ => {
            if let Some(parts) = parts(op, first, &whole) {
                return parts;
            }
            let in_place = || in_place(op, &first.clone(), &x[1..], &numbers);
            reduction(op, first, args)
                .or_else(|| unary(op, first))
                .or_else(|| binary(op, first, &x[1..], &numbers))
                .or_else(|| by_whole_numbers(op, first, &whole))
                .or_else(in_place)
                .unwrap_or_else(|| panic!("operation {op}"))
        }
    };
    vec![one]
}

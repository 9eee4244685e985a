//! Operations by the names that the cases give them.

use tensorlib::prelude::*;

/// A list of numbers, `1,2`.
fn list(text: &str) -> Vec<i64> {
    text.split(',').map(|n| n.parse().unwrap()).collect()
}

fn scalar_of(text: &str) -> Scalar {
    text.parse::<i64>().map_or_else(|_| Scalar::Float(text.parse().unwrap()), Scalar::Int)
}

fn interpolation(name: &str) -> Interpolation {
    match name {
        "linear" => Interpolation::Linear,
        "lower" => Interpolation::Lower,
        "higher" => Interpolation::Higher,
        "nearest" => Interpolation::Nearest,
        _ => Interpolation::Midpoint,
    }
}

/// One of several methods of the same form.
macro_rules! one_of {
    ($op:ident, $x:expr, [$($name:ident)*] $args:tt) => {
        match $op { $(stringify!($name) => Some(vec![$x.$name $args]),)* _ => None }
    };
}

fn pair((a, b): (Tensor, Tensor)) -> Vec<Tensor> {
    vec![a, b]
}

fn triple((a, b, c): (Tensor, Tensor, Tensor)) -> Vec<Tensor> {
    vec![a, b, c]
}

/// Methods without arguments.
fn unary(op: &str, x: &Tensor) -> Option<Vec<Tensor>> {
    one_of!(op, x, [acosh asinh atanh erf erfc erfinv lgamma digamma i0 sinc frac deg2rad rad2deg logit angle nan_to_num
        absolute sgn negative arccos arccosh arcsin arcsinh arctan arctanh fix signbit isposinf isneginf isreal positive
        bitwise_not relu6 hardtanh hardsigmoid hardswish leaky_relu rrelu elu selu celu mish logsigmoid softsign tanhshrink
        softshrink hardshrink gelu_tanh diagonal diag_embed diagflat trace rot90 fliplr flipud median nanmedian nansum
        nanmean msort diff bincount unique cov corrcoef]())
}

/// Methods of two tensors.
fn binary(op: &str, x: &Tensor, y: &Tensor) -> Option<Vec<Tensor>> {
    one_of!(op, x, [atan2 arctan2 hypot copysign nextafter logaddexp logaddexp2 xlogy fmod fmax fmin heaviside ldexp
        float_power subtract multiply divide true_divide not_equal less less_equal greater greater_equal bitwise_and
        bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift gcd lcm clamp_min clamp_max prelu diagonal_scatter
        inner vdot ger kron cross dist take bincount_weights quantile nanquantile](y))
}

/// Methods of three tensors.
fn ternary(op: &str, x: &Tensor, y: &Tensor, z: &Tensor) -> Option<Vec<Tensor>> {
    one_of!(op, x, [lerp addcmul addcdiv addmm addmv addr addbmm baddbmm masked_scatter put put_accumulate index_put
        index_put_accumulate](y, z))
}

/// Methods by a dimension.
fn by_dim(op: &str, x: &[Tensor], dim: i64) -> Option<Vec<Tensor>> {
    let first = x.first()?;
    if let [_, y] = x {
        return one_of!(op, first, [take_along_dim quantile_dim quantile_keepdim nanquantile_dim nanquantile_keepdim
            cosine_similarity cross_dim](y, dim));
    }
    if let [_, y, z] = x {
        return one_of!(op, first, [scatter scatter_add index_add index_copy index_fill](dim, y, z));
    }
    one_of!(op, first, [logcumsumexp diff_dim nansum_dim nanmean_dim glu polygamma mvlgamma diagonal_offset
        diagflat_offset tril_diagonal triu_diagonal roll](dim))
}

/// What an operation gives.
pub fn results(op: &str, x: &[Tensor], args: &[&str]) -> Vec<Tensor> {
    let number = |at: usize| -> f64 { args[at].parse().unwrap() };
    let whole = |at: usize| -> i64 { args[at].parse().unwrap() };
    let count = |at: usize| -> usize { args[at].parse().unwrap() };
    let scalar = |at: usize| scalar_of(args[at]);
    let one = match op {
        "leaky_relu_slope" => x[0].leaky_relu_slope(number(0)),
        "elu_alpha" => x[0].elu_alpha(number(0)),
        "celu_alpha" => x[0].celu_alpha(number(0)),
        "softplus_beta" => x[0].softplus_beta(number(0), number(1)),
        "softshrink_lambda" => x[0].softshrink_lambda(number(0)),
        "hardshrink_lambda" => x[0].hardshrink_lambda(number(0)),
        "threshold" => x[0].threshold(number(0), number(1)),
        "hardtanh_between" => x[0].hardtanh_between(number(0), number(1)),
        "logit_eps" => x[0].logit_eps(number(0)),
        "nan_to_num_with" => x[0].nan_to_num_with(number(0), number(1), number(2)),
        "addcmul_scaled" => x[0].addcmul_scaled(&x[1], &x[2], scalar(0)),
        "addcdiv_scaled" => x[0].addcdiv_scaled(&x[1], &x[2], scalar(0)),
        "frexp" => return pair(x[0].frexp()),
        "diagonal_dims" => x[0].diagonal_dims(whole(0), whole(1), whole(2)),
        "diag_embed_dims" => x[0].diag_embed_dims(whole(0), whole(1), whole(2)),
        "diagonal_scatter_dims" => x[0].diagonal_scatter_dims(&x[1], whole(0), whole(1), whole(2)),
        "select_scatter" => x[0].select_scatter(&x[1], whole(0), whole(1)),
        "slice_scatter" => x[0].slice_scatter(&x[1], whole(0), (whole(1)..whole(2)).step(whole(3))),
        "roll_dim" => x[0].roll_dim(list(args[0]), list(args[1])),
        "rot90_dims" => x[0].rot90_dims(whole(0), whole(1), whole(2)),
        "tensor_split_dim" => return x[0].tensor_split_dim(whole(0), whole(1)),
        "tensor_split_list" => return x[0].tensor_split_dim(list(args[0]), whole(1)),
        "hsplit" => return x[0].hsplit(whole(0)),
        "vsplit" => return x[0].vsplit(whole(0)),
        "dsplit" => return x[0].dsplit(whole(0)),
        "split_with_sizes_dim" => return x[0].split_with_sizes_dim(list(args[0]), whole(1)),
        "repeat_interleave" => x[0].repeat_interleave(whole(0)),
        "repeat_interleave_list" => x[0].repeat_interleave_dim(&x[1], whole(0)),
        "scatter_value" => x[0].scatter(whole(0), &x[1], scalar(1)),
        "scatter_reduce" => x[0].scatter_reduce(whole(0), &x[1], &x[2], args[1]),
        "scatter_reduce_alone" => x[0].scatter_reduce_alone(whole(0), &x[1], &x[2], args[1]),
        "index_reduce" => x[0].index_reduce(whole(0), &x[1], &x[2], args[1]),
        "index_reduce_alone" => x[0].index_reduce_alone(whole(0), &x[1], &x[2], args[1]),
        "index_add" if args.len() == 2 => x[0].t().index_add(whole(0), &x[1], &x[2]),
        "index_add_scaled" => x[0].index_add_scaled(whole(0), &x[1], &x[2], scalar(1)),
        "aminmax" => return pair(x[0].aminmax()),
        "aminmax_dim" => return pair(x[0].aminmax_dim(whole(0))),
        "median_dim" => x[0].median_dim(whole(0)).0,
        "nanmedian_dim" => x[0].nanmedian_dim(whole(0)).0,
        "kthvalue_dim" => x[0].kthvalue_dim(count(0), whole(1)).0,
        "mode_dim" => return pair(x[0].mode_dim(whole(0))),
        "cummax" => return pair(x[0].cummax(whole(0))),
        "cummin" => return pair(x[0].cummin(whole(0))),
        "diff_n" => x[0].diff_n(count(0), whole(1)),
        "quantile_interpolated" => x[0].quantile_interpolated(&x[1], whole(0), interpolation(args[1])),
        "nanquantile_interpolated" => x[0].nanquantile_interpolated(&x[1], whole(0), interpolation(args[1])),
        "histc" => x[0].histc(count(0)),
        "histc_between" => x[0].histc_between(count(0), number(1), number(2)),
        "histogram" => return pair(x[0].histogram(whole(0))),
        "histogram_between" => return pair(x[0].histogram_between(whole(0), number(1), number(2))),
        "histogram_edges" => return pair(x[0].histogram(&x[1])),
        "bincount_minlength" => x[0].bincount_minlength(count(0)),
        "unique_all" => return triple(x[0].unique_all()),
        "unique_consecutive_all" => return triple(x[0].unique_consecutive_all()),
        "unique_all_dim" => return triple(x[0].unique_all_dim(whole(0))),
        "unique_consecutive_all_dim" => return triple(x[0].unique_consecutive_all_dim(whole(0))),
        "searchsorted" => searchsorted(&x[0], &x[1]),
        "searchsorted_right" => searchsorted_right(&x[0], &x[1]),
        "bucketize" => bucketize(&x[0], &x[1]),
        "bucketize_right" => bucketize_right(&x[0], &x[1]),
        "addmm_scaled" => x[0].addmm_scaled(&x[1], &x[2], scalar(0), scalar(1)),
        "addmv_scaled" => x[0].addmv_scaled(&x[1], &x[2], scalar(0), scalar(1)),
        "addr_scaled" => x[0].addr_scaled(&x[1], &x[2], scalar(0), scalar(1)),
        "addbmm_scaled" => x[0].addbmm_scaled(&x[1], &x[2], scalar(0), scalar(1)),
        "baddbmm_scaled" => x[0].baddbmm_scaled(&x[1], &x[2], scalar(0), scalar(1)),
        "tensordot" => tensordot(&x[0], &x[1], count(0)),
        "tensordot_dims" => tensordot_dims(&x[0], &x[1], list(args[0]), list(args[1])),
        "block_diag" => block_diag(x),
        "chain_matmul" => chain_matmul(x),
        "cdist" => cdist(&x[0], &x[1]),
        "cdist_p" => cdist_p(&x[0], &x[1], number(0)),
        "dist_p" => x[0].dist_p(&x[1], number(0)),
        "renorm" => x[0].renorm(number(0), whole(1), number(2)),
        "normalize_p" => x[0].normalize_p(number(0), whole(1)),
        "pairwise_distance_p" => x[0].pairwise_distance_p(&x[1], number(0)),
        "cov_correction" => x[0].cov_correction(whole(0)),
        "triu_indices_offset" => triu_indices_offset(whole(0), whole(1), whole(2)),
        "tril_indices_offset" => tril_indices_offset(whole(0), whole(1), whole(2)),
        "logspace" => logspace(number(0), number(1), count(2)),
        "logspace_base" => logspace_base(number(0), number(1), count(2), number(3)),
        "meshgrid" => return meshgrid(x),
        "meshgrid_xy" => return meshgrid_xy(x),
        "cartesian_prod" => cartesian_prod(x),
        "combinations" => combinations(&x[0], count(0)),
        "combinations_with_replacement" => combinations_with_replacement(&x[0], count(0)),
        _ => {
            let made = match (x, args) {
                ([x], []) => unary(op, x),
                ([x, y], []) => binary(op, x, y),
                ([x, y, z], []) => ternary(op, x, y, z),
                (_, [dim]) => by_dim(op, x, dim.parse().unwrap()),
                _ => None,
            };
            return made.unwrap_or_else(|| panic!("operation {op}"));
        }
    };
    vec![one]
}

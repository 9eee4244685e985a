//! First and second gradients against finite differences.

use tensorlib::prelude::*;

fn check(name: &str, f: impl Fn(&[&Tensor]) -> Tensor, inputs: &[&Tensor]) {
    autograd::try_gradcheck(&f, inputs).unwrap_or_else(|error| panic!("{name}: {error}"));
    autograd::try_gradgradcheck(&f, inputs).unwrap_or_else(|error| panic!("{name}: {error}"));
}

macro_rules! checks {
    ($inputs:expr; $($name:literal: |$x:ident| $body:expr;)*) => { $(check($name, |$x| $body, $inputs);)* };
}

fn leaf(values: &[f64]) -> Tensor {
    from_slice(values).requires_grad_(true)
}

#[test]
fn functions_of_one_tensor() {
    let x = leaf(&[0.3, -0.7, 1.4, 0.9, -2.2]);
    checks! { &[&x];
        "asinh": |x| x[0].asinh();
        "erf": |x| x[0].erf();
        "erfc": |x| x[0].erfc();
        "lgamma": |x| x[0].lgamma();
        "digamma": |x| x[0].digamma();
        "polygamma": |x| x[0].polygamma(2);
        "i0": |x| x[0].i0();
        "sinc": |x| x[0].sinc();
        "frac": |x| x[0].frac() * x[0];
        "deg2rad": |x| x[0].deg2rad().sin();
        "leaky_relu": |x| x[0].leaky_relu() * x[0];
        "elu": |x| x[0].elu_alpha(0.7);
        "selu": |x| x[0].selu();
        "celu": |x| x[0].celu_alpha(0.7);
        "softplus": |x| x[0].softplus_beta(2.0, 20.0);
        "mish": |x| x[0].mish();
        "logsigmoid": |x| x[0].logsigmoid();
        "hardsigmoid": |x| x[0].hardsigmoid() * x[0];
        "hardswish": |x| x[0].hardswish();
        "softsign": |x| x[0].softsign();
        "tanhshrink": |x| x[0].tanhshrink();
        "softshrink": |x| x[0].softshrink() * x[0];
        "hardshrink": |x| x[0].hardshrink() * x[0];
        "threshold": |x| x[0].threshold(0.5, 2.0) * x[0];
        "hardtanh": |x| x[0].hardtanh() * x[0];
        "gelu_tanh": |x| x[0].gelu_tanh();
        "logcumsumexp": |x| x[0].logcumsumexp(0);
        "cummax": |x| x[0].cummax(0).0 * x[0];
        "diff": |x| x[0].diff().square();
        "roll": |x| x[0].roll(2) * x[0];
        "diagflat": |x| x[0].diagflat().matmul(x[0]);
        "combinations": |x| combinations(x[0], 2).prod_dim(1);
        "cov": |x| stack([x[0], &x[0].square()]).cov();
        "quantile": |x| x[0].quantile([0.3, 0.8]) * x[0].sum();
        "median": |x| x[0].median() * x[0];
        "kthvalue": |x| x[0].kthvalue(2).0 * x[0];
        "nansum": |x| x[0].square().nansum();
        "nanmean": |x| x[0].square().nanmean();
        "normalize": |x| x[0].normalize(0);
        "take": |x| x[0].take([[0, 1], [1, 4]]).square();
        "index_fill": |x| x[0].index_fill(0, [1, 2], 3.0).square();
    }
    let between = leaf(&[0.2, 0.55, 0.9]);
    checks! { &[&between];
        "acosh": |x| (x[0] + 1.0).acosh();
        "atanh": |x| x[0].atanh();
        "erfinv": |x| x[0].erfinv();
        "logit": |x| x[0].logit();
        "logit_eps": |x| x[0].logit_eps(0.3);
        "mvlgamma": |x| (x[0] + 1.0).mvlgamma(2);
        "float_power": |x| x[0].float_power(2.5);
    }
    let m = leaf(&[1.5, -0.7, 0.4, 2.2, 0.9, -1.3]).reshape([2, 3]).detach().requires_grad_(true);
    checks! { &[&m];
        "diagonal": |x| x[0].diagonal_offset(1).square();
        "diag_embed": |x| x[0].diag_embed().square();
        "tril": |x| x[0].tril_diagonal(1).square();
        "renorm": |x| x[0].renorm(2, 0, 1.0);
        "corrcoef": |x| x[0].corrcoef();
        "glu": |x| x[0].glu(0);
        "rot90": |x| x[0].rot90().square();
        "repeat_interleave": |x| x[0].repeat_interleave_dim([1, 0, 2], 1).square();
        "block_diag": |x| block_diag([x[0], &x[0].square()]);
        "cartesian_prod": |x| cartesian_prod([x[0].i(0), x[0].i(1)]).prod_dim(1);
    }
}

#[test]
fn functions_of_two_tensors() {
    let a = leaf(&[0.4, -1.1, 2.3, 0.8]);
    let b = leaf(&[1.7, 0.6, -0.9, 1.2]);
    checks! { &[&a, &b];
        "atan2": |x| x[0].atan2(x[1]);
        "hypot": |x| x[0].hypot(x[1]);
        "copysign": |x| x[0].copysign(x[1]) * x[0];
        "logaddexp": |x| x[0].logaddexp(x[1]);
        "logaddexp2": |x| x[0].logaddexp2(x[1]);
        "xlogy": |x| x[0].xlogy(x[1].square());
        "fmod": |x| x[0].fmod(x[1]) * x[0];
        "fmax": |x| x[0].fmax(x[1]) * x[0];
        "fmin": |x| x[0].fmin(x[1]) * x[0];
        "ldexp": |x| x[0].ldexp(x[1]);
        "lerp": |x| x[0].lerp(x[1], x[0].sigmoid());
        "addcmul": |x| x[0].addcmul_scaled(x[1], x[0], 0.5);
        "addcdiv": |x| x[0].addcdiv_scaled(x[0], x[1], 0.5);
        "prelu": |x| x[0].prelu(x[1].sum()) * x[1];
        "dist": |x| x[0].dist(x[1]);
        "cosine_similarity": |x| x[0].cosine_similarity(x[1], 0);
        "pairwise_distance": |x| x[0].pairwise_distance(x[1]);
        "scatter": |x| x[0].scatter(0, [2, 0], x[1]).square();
        "scatter_add": |x| x[0].scatter_add(0, [2, 0, 2, 1], x[1]).square();
        "scatter_mean": |x| x[0].scatter_reduce(0, [2, 0, 2, 1], x[1], "mean").square();
        "scatter_prod": |x| x[0].scatter_reduce(0, [2, 0, 2, 1], x[1], "prod");
        "scatter_amax": |x| x[0].scatter_reduce(0, [2, 0, 2, 1], x[1], "amax").square();
        "scatter_alone": |x| x[0].scatter_reduce_alone(0, [2, 0, 2, 1], x[1], "amin").square();
        "index_add": |x| x[0].index_add_scaled(0, [2, 0, 2, 1], x[1], 2.0).square();
        "index_copy": |x| x[0].index_copy(0, [2, 0, 3, 1], x[1]).square();
        "index_put": |x| x[0].index_put([2, 0], x[1].i(..2)).square();
        "index_put_accumulate": |x| x[0].index_put_accumulate([2, 2], x[1].i(..2)).square();
        "masked_scatter": |x| x[0].masked_scatter([true, false, true, false], x[1]).square();
        "put": |x| x[0].put([2, 0], x[1].i(..2)).square();
        "slice_scatter": |x| x[0].slice_scatter(x[1].i(..2), 0, 1..3).square();
        "select_scatter": |x| x[0].select_scatter(x[1].i(0), 0, 1).square();
        "kron": |x| x[0].kron(x[1]);
        "tensordot": |x| tensordot(x[0], x[1], 0);
        "addr": |x| zeros([4, 4]).double().addr_scaled(x[0], x[1], 1.0, 0.5);
    }
    let square = |x: &Tensor| x.detach().reshape([2, 2]).requires_grad_(true);
    let (m, n) = (square(&a), square(&b));
    checks! { &[&m, &n];
        "addmm": |x| x[0].addmm_scaled(x[1], x[0], 0.5, 2.0);
        "inner": |x| x[0].inner(x[1]);
        "cdist": |x| cdist(x[0], x[1]);
        "cdist_3": |x| cdist_p(x[0], x[1], 3.0);
        "chain_matmul": |x| chain_matmul([x[0], x[1], x[0]]);
        "diagonal_scatter": |x| x[0].diagonal_scatter(x[1].i(0)).square();
        "take_along_dim": |x| x[0].take_along_dim([[1], [0]], 1) * x[1];
    }
    let (u, v) = (leaf(&[0.4, -1.1, 2.3]), leaf(&[1.7, 0.6, -0.9]));
    checks! { &[&u, &v];
        "cross": |x| x[0].cross(x[1]);
    }
}

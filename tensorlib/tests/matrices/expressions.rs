//! The expressions by name; `expressions.py` has the same for PyTorch, and says more.

use tensorlib::lu_unpack;
use tensorlib::prelude::*;

fn t(x: &Tensor) -> Tensor {
    x.transpose(-2, -1)
}

fn side(x: &Tensor, dim: usize) -> usize {
    x.size()[x.ndim() - dim]
}

fn one(x: &Tensor, rows: usize) -> Tensor {
    eye(rows).to(x.dtype())
}

fn hilbert(x: &Tensor) -> Tensor {
    let numbers = |dim| arange(side(x, dim)).to(x.dtype());
    1 / (numbers(2).unsqueeze(-1) + numbers(1) + 1)
}

/// What is made of the first input before.
pub fn made(name: &str, x: &Tensor) -> Tensor {
    let square = || x.matmul(t(x));
    let part = |count| x.narrow(-1, 0, count).matmul(x.narrow(-2, 0, count));
    match name {
        "plain" => x.alias(),
        "symmetric" => (x + t(x)) / 2,
        "definite" => square() / 8 + one(x, side(x, 2)),
        "hilbert" => hilbert(x) * (1 + x / 100),
        "hilbert_definite" => (hilbert(x) + t(&hilbert(x))) / 2 + square() / 1e4,
        "graded" => x * tensor![0.1; f64].to(x.dtype()).pow(arange(side(x, 2)).to(x.dtype())).unsqueeze(-1),
        "one" => part(1),
        "rank_two" => part(2),
        "constant" => ones_like(x),
        "zero" => x * 0.0,
        "identity" => one(x, side(x, 1)) + x * 0.0,
        "large" => x * 1e6,
        "small" => x * 1e-6,
        "half" => x / 16,
        "root" => (square() / 8 + one(x, side(x, 1))).cholesky(),
        "dominant" => x / 8 + 3 * one(x, side(x, 1)),
        "swapped" => x.flip(-2),
        other => panic!("matrix {other}"),
    }
}

fn svd((u, s, v): (Tensor, Tensor, Tensor)) -> Vec<Tensor> {
    let first = |x: Tensor| x.narrow(-1, 0, side(&s, 1));
    let (u, v) = (first(u), first(v));
    vec![(&u * s.unsqueeze(-2)).matmul(t(&v)), s.alias(), u.abs(), v.abs()]
}

fn eigh((values, vectors): (Tensor, Tensor)) -> Vec<Tensor> {
    vec![(&vectors * values.unsqueeze(-2)).matmul(t(&vectors)), values, vectors.abs()]
}

fn pair((one, other): (Tensor, Tensor)) -> Vec<Tensor> {
    vec![one, other]
}

fn unpacked(x: &Tensor) -> [Tensor; 3] {
    let (lu, pivots) = x.lu();
    let (p, l, u) = lu_unpack(&lu, &pivots);
    [p, l, u]
}

/// Of one matrix, with several results.
fn several(call: &str, x: &Tensor) -> Option<Vec<Tensor>> {
    Some(match call {
        "slogdet" => pair(x.slogdet()),
        "lu" => pair(x.lu()),
        "lu_unpack" => unpacked(x)[1..].iter().map(Tensor::alias).collect(),
        "qr" => pair(x.qr()),
        "qr_complete" => pair(x.qr_complete()),
        "svd" => svd(x.svd()),
        "svd_full" => svd(x.svd_full()),
        "eigh" => eigh(x.eigh()),
        "eigh_upper" => eigh(x.eigh_upper()),
        _ => return None,
    })
}

/// Of one matrix, with one result.
fn of_one(call: &str, x: &Tensor) -> Option<Tensor> {
    if let Some(power) = call.strip_prefix("matrix_power_") {
        return Some(x.matrix_power(power.parse().unwrap()));
    }
    Some(match call {
        "inverse" => x.inverse(),
        "det" => x.det(),
        "logdet" => x.logdet(),
        "permutation" => unpacked(x)[0].alias(),
        "q" => x.qr().0,
        "r" => x.qr().1,
        "svdvals" => x.svdvals(),
        "right_vectors" => x.svd().2.abs(),
        "eigvalsh" => x.eigvalsh(),
        "eigenvectors" => x.eigh().1.abs(),
        "cholesky" => x.cholesky(),
        "cholesky_upper" => x.cholesky_upper(),
        "cholesky_inverse" => x.tril().cholesky_inverse(),
        "cholesky_inverse_upper" => t(&x.tril()).cholesky_inverse_upper(),
        "pinverse" => x.pinverse(),
        "pinverse_rcond" => x.pinverse_rcond(0.1),
        "matrix_exp" => x.matrix_exp(),
        "matrix_rank" => x.matrix_rank(),
        "matrix_rank_rtol" => x.matrix_rank_rtol(0.1),
        _ => return None,
    })
}

/// Of a matrix and a right-hand side.
fn of_two(call: &str, a: &Tensor, b: &Tensor) -> Tensor {
    let triangular = |options: Triangular| b.triangular_solve_with(a, options).0;
    match call {
        "solve" => a.solve(b),
        "lstsq" => a.lstsq(b),
        "lu_solve" => {
            let (lu, pivots) = a.lu();
            b.lu_solve(&lu, &pivots)
        }
        "cholesky_solve" => b.cholesky_solve(a.tril()),
        "cholesky_solve_upper" => b.cholesky_solve_upper(t(&a.tril())),
        "triangular_solve" => b.triangular_solve(a).0,
        "lower_solve" => triangular(Triangular::new().upper(false)),
        "turned_solve" => triangular(Triangular::new().transpose(true)),
        "unit_solve" => triangular(Triangular::new().unitriangular(true)),
        "right_solve" => triangular(Triangular::new().left(false)),
        "all_options_solve" => {
            triangular(Triangular::new().upper(false).transpose(true).unitriangular(true).left(false))
        }
        other => panic!("call {other}"),
    }
}

/// What a call gives for its inputs.
pub fn results(call: &str, x: &[Tensor]) -> Vec<Tensor> {
    match x {
        [a, b] => vec![of_two(call, a, b)],
        [x] => several(call, x).or_else(|| of_one(call, x).map(|y| vec![y])).unwrap_or_else(|| panic!("call {call}")),
        _ => panic!("{} inputs", x.len()),
    }
}

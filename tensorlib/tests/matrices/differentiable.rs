//! Gradients, and gradients of gradients, compared with finite differences.

use tensorlib::autograd::{gradcheck, gradgradcheck};
use tensorlib::lu_unpack;
use tensorlib::prelude::*;

/// Numbers without symmetries, the same every time, that ask for gradients.
fn numbers(shape: &[usize], seed: usize) -> Tensor {
    let count: usize = shape.iter().product();
    let values: Vec<f64> =
        (0..count).map(|at| ((at * at * 37 + at * 13 + seed * 11) % 101) as f64 / 50.0 - 1.0).collect();
    from_vec(values).view(shape).requires_grad_(true)
}

fn check(f: impl Fn(&[&Tensor]) -> Tensor, shapes: &[&[usize]]) {
    let inputs: Vec<Tensor> = shapes.iter().enumerate().map(|(seed, shape)| numbers(shape, seed)).collect();
    let inputs: Vec<&Tensor> = inputs.iter().collect();
    gradcheck(&f, &inputs);
    gradgradcheck(&f, &inputs);
}

fn regular(x: &Tensor) -> Tensor {
    x + 2 * eye(x.size()[x.ndim() - 1]).double()
}

fn definite(x: &Tensor) -> Tensor {
    x.matmul(x.transpose(-2, -1)) + eye(x.size()[x.ndim() - 2]).double()
}

/// The parts of a decomposition in one row, each times itself: no sign counts.
fn squares(parts: &[&Tensor]) -> Tensor {
    cat(parts.iter().map(|part| part.square().reshape([-1])).collect::<Vec<_>>())
}

#[test]
fn solutions_and_inverses_have_gradients_of_every_order() {
    check(|x| regular(x[0]).inverse(), &[&[2, 2, 2]]);
    check(|x| regular(x[0]).solve(x[1]), &[&[3, 3], &[2, 3, 1]]);
    check(|x| regular(x[0]).solve(x[1]), &[&[2, 2, 2], &[2]]);
    check(|x| x[1].triangular_solve(regular(x[0])).0, &[&[3, 3], &[3, 2]]);
    let options = Triangular::new().upper(false).unitriangular(true).left(false);
    check(move |x| x[1].triangular_solve_with(x[0], options).0, &[&[3, 3], &[2, 3]]);
    check(|x| x[1].cholesky_solve(regular(x[0]).tril()), &[&[2, 2], &[2, 1]]);
    check(|x| regular(x[0]).tril().cholesky_inverse(), &[&[3, 3]]);
}

#[test]
fn factors_have_gradients_of_every_order() {
    for shape in [[3, 3], [2, 4], [4, 2]] {
        check(|x| x[0].lu().0, &[&shape]);
        check(|x| squares(&[&x[0].pinverse()]), &[&shape]);
    }
    check(
        |x| {
            let (lu, pivots) = regular(x[0]).lu();
            let (_, l, u) = lu_unpack(&lu, &pivots);
            l.matmul(u.square()) + x[1].lu_solve(&lu, &pivots)
        },
        &[&[3, 3], &[3, 3]],
    );
    check(|x| definite(x[0]).cholesky(), &[&[2, 2, 2]]);
    check(|x| definite(x[0]).cholesky_upper(), &[&[3, 3]]);
    for shape in [[3, 3], [2, 3], [3, 2]] {
        check(
            |x| {
                let (q, r) = x[0].qr();
                squares(&[&q, &r])
            },
            &[&shape],
        );
    }
}

#[test]
fn singular_and_eigenvalues_and_vectors_have_gradients_of_every_order() {
    for shape in [[2, 2], [2, 3], [3, 2]] {
        check(
            |x| {
                let (u, s, v) = x[0].svd();
                squares(&[&u, &s, &v])
            },
            &[&shape],
        );
        check(|x| x[0].svdvals(), &[&shape]);
    }
    check(
        |x| {
            let (values, vectors) = definite(x[0]).eigh();
            squares(&[&values, &vectors])
        },
        &[&[3, 3]],
    );
    check(|x| definite(x[0]).eigvalsh(), &[&[2, 2, 2]]);
    check(|x| x[0].lstsq(x[1]), &[&[3, 2], &[3]]);
}

#[test]
fn determinants_and_functions_of_matrices_have_gradients_of_every_order() {
    check(|x| x[0].det(), &[&[2, 3, 3]]);
    check(|x| x[0].slogdet().1, &[&[3, 3]]);
    check(|x| definite(x[0]).logdet(), &[&[3, 3]]);
    check(|x| x[0].matrix_exp(), &[&[2, 2, 2]]);
    check(|x| regular(x[0]).matrix_power(3), &[&[2, 2]]);
    check(|x| regular(x[0]).matrix_power(-2), &[&[2, 2]]);
}

/// PyTorch 2.15 gives zeros for the first of these.
#[test]
fn the_determinant_of_a_singular_matrix_has_its_cofactors_as_gradient() {
    let gradient = |x: Tensor| {
        let x = x.requires_grad_(true);
        x.det().sum().backward();
        x.grad()
    };
    let of_two = gradient(tensor![[1.0, 2.0], [2.0, 4.0]; f64]);
    assert!(of_two.allclose_within([[4.0, -2.0], [-2.0, 1.0]], 1e-12, 1e-12), "{of_two}");
    assert_eq!(gradient(zeros([3, 3])).to_vec::<f32>(), [0.0; 9]);
    let x = tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]; f64].requires_grad_(true);
    gradcheck(|x| x[0].det(), &[&x]);
    // Beside one that is not singular.
    let pair = gradient(stack([eye(2).double(), tensor![[1.0, 2.0], [2.0, 4.0]; f64]]));
    assert!(pair.i(1).allclose_within([[4.0, -2.0], [-2.0, 1.0]], 1e-12, 1e-12), "{pair}");
    assert!(pair.i(0).allclose_within(eye(2), 1e-12, 1e-12), "{pair}");
}

#[test]
fn gradients_of_large_matrices_are_those_of_their_definitions() {
    manual_seed(3);
    let x = randn([70, 70]).double().requires_grad_(true);
    let w = randn([70, 70]).double();
    let gradient = |y: Tensor| autograd::grad(&(y * &w).sum(), &[&x]).remove(0);
    let near = |a: &Tensor, b: &Tensor| assert!(a.allclose_within(b, 1e-8, 1e-8), "{:?}", (a - b).abs().max());
    let (q, r) = x.qr();
    near(&gradient(q.matmul(r)), &w);
    let (u, s, v) = x.svd();
    near(&gradient((u * s).matmul(v.t())), &w);
    let (lu, pivots) = x.lu();
    let (p, l, u) = lu_unpack(&lu, &pivots);
    near(&gradient(p.matmul(l).matmul(u)), &w);
    near(&gradient(x.solve(x.matmul(&x))), &w);
    near(&gradient(x.inverse().inverse()), &w);
    let symmetric = &x + x.t();
    let (values, vectors) = symmetric.eigh();
    near(&gradient((&vectors * values).matmul(vectors.t())), &(&w + w.t()));
    let l = (x.matmul(x.t()) + eye(70)).cholesky();
    near(&gradient(l.matmul(l.t())), &(&w + w.t()).matmul(x.detach()));
}

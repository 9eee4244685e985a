//! Systems of equations, inverses, determinants, and the exponential of matrices.

use crate::autograd::is_grad_enabled;
use crate::autograd::record::{Saved, record};
use crate::linalg::decompose::{self, lu_solved, spread, turned};
use crate::op::Triangle;
use crate::shape::cat_dim;
use crate::tensor::Tensor;

/// The solution `x` of `a x = b`, with the factors of `a` and the order of its rows, which solve for the gradient, too.
pub(crate) fn solved(x: Tensor, a: &Tensor, b: &Tensor, factors: Tensor, order: Tensor) -> Tensor {
    let (a_kept, x_kept) = (Saved::operand(a), a.has_history().then(|| Saved::result(&x)));
    record(x, "LinalgSolveExBackward0", &[a, b], move |pass, gradient| {
        let a = pass.get(&a_kept)?;
        let by_b = match is_grad_enabled() {
            true => turned(&a).try_solve(&gradient)?,
            false => {
                let [factors, gradient] = spread("solve", &factors, &gradient)?;
                lu_solved("solve", &factors, &order, &gradient, true)?
            }
        };
        if let Some(x) = &x_kept {
            let x = pass.get(x)?;
            pass.give(0, || -by_b.matmul(turned(&x)));
        }
        pass.give(1, || by_b);
        Ok(())
    })
}

pub(crate) fn inverse(y: Tensor, x: &Tensor) -> Tensor {
    let kept = Saved::result(&y);
    record(y, "LinalgInvExBackward0", &[x], move |pass, gradient| {
        let y = turned(&pass.get(&kept)?);
        pass.give(0, || -y.matmul(gradient).matmul(&y));
        Ok(())
    })
}

/// The solution `x` of `a x = b` for a triangle.
pub(crate) fn triangle_solved(x: Tensor, triangle: Triangle, a: &Tensor, b: &Tensor) -> Tensor {
    let (a_kept, x_kept) = (Saved::operand(a), a.has_history().then(|| Saved::result(&x)));
    record(x, "LinalgSolveTriangularBackward0", &[a, b], move |pass, gradient| {
        let a = pass.get(&a_kept)?;
        let by_b = decompose::triangle_solved("triangular_solve", triangle.turned(), &turned(&a), &gradient)?;
        if let Some(x) = &x_kept {
            let x = pass.get(x)?;
            pass.give(0, || read_of(triangle, &-by_b.matmul(turned(&x))));
        }
        pass.give(1, || by_b);
        Ok(())
    })
}

/// The part of a matrix that is read for a triangle.
fn read_of(triangle: Triangle, x: &Tensor) -> Tensor {
    match triangle {
        Triangle::Lower => x.tril(),
        Triangle::Upper => x.triu(),
        Triangle::UnitLower => x.tril_diagonal(-1),
        Triangle::UnitUpper => x.triu_diagonal(1),
    }
}

/// Numbers, one for each matrix, that broadcast against matrices.
fn for_matrices(x: &Tensor) -> Tensor {
    x.unsqueeze(-1).unsqueeze(-1)
}

/// The gradient of the determinant is the matrix of cofactors, whether there is an inverse or not.
pub(crate) fn det(det: Tensor, x: &Tensor) -> Tensor {
    let (x_kept, kept) = (Saved::operand(x), Saved::result(&det));
    record(det, "LinalgDetBackward0", &[x], move |pass, gradient| {
        let (x, det) = (pass.get(&x_kept)?, pass.get(&kept)?);
        pass.give(0, || match has_zero(&det) {
            false => for_matrices(&(gradient * &det)) * turned(&x).inverse(),
            true => for_matrices(&gradient) * cofactors(&x),
        });
        Ok(())
    })
}

/// The logarithm of the determinant's magnitude. Where that is 0 the gradient is infinite, as cofactors divided by it.
pub(crate) fn slogdet(log: Tensor, x: &Tensor) -> Tensor {
    let (x_kept, log_kept) = (Saved::operand(x), log.detach());
    record(log, "LinalgSlogdetBackward0", &[x], move |pass, gradient| {
        let x = pass.get(&x_kept)?;
        pass.give(0, || match has_zero(&log_kept.exp()) {
            false => for_matrices(&gradient) * turned(&x).inverse(),
            true => for_matrices(&(gradient / x.det())) * cofactors(&x),
        });
        Ok(())
    })
}

fn has_zero(x: &Tensor) -> bool {
    x.eq(0).any().item::<bool>()
}

/// The determinants of what is left of a matrix without each row and column, with their signs: by way of singular values,
/// of whose products each cofactor has all but one factor.
fn cofactors(x: &Tensor) -> Tensor {
    let (u, values, v) = x.svd();
    let count = values.size()[values.ndim() - 1];
    let own = crate::create::eye(count).eq(1);
    let others = values.unsqueeze(-2).expand([&values.size()[..], &[count]].concat()).masked_fill(own, 1).prod_dim(-1);
    let signs = u.det() * v.det();
    for_matrices(&signs) * (u * others.unsqueeze(-2)).matmul(turned(&v))
}

/// The exponential. Its derivative in the direction of a matrix stands in the upper right of the exponential of a matrix of
/// twice the size (N. J. Higham, "Functions of Matrices", 2008).
pub(crate) fn exp(y: Tensor, x: &Tensor) -> Tensor {
    let kept = Saved::operand(x);
    record(y, "LinalgMatrixExpBackward0", &[x], move |pass, gradient| {
        let x = turned(&pass.get(&kept)?);
        let n = x.size()[x.ndim() - 1];
        pass.give(0, || {
            let above = cat_dim([&x, &gradient], -1);
            let below = cat_dim([&crate::create::zeros_like(&x), &x], -1);
            cat_dim([above, below], -2).matrix_exp().narrow(-2, 0, n).narrow(-1, n, n)
        });
        Ok(())
    })
}

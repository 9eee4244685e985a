//! Singular values and vectors, eigenvalues and eigenvectors, and pseudoinverses.

use crate::autograd::record::{Saved, record, record_many};
use crate::linalg::decompose::turned;
use crate::tensor::Tensor;

/// What vectors that stay orthonormal can turn by: the part of a matrix that changes its sign when it is transposed.
fn skew(x: &Tensor) -> Tensor {
    x - turned(x)
}

/// For each pair of values the second less the first; 1 on the diagonal.
fn differences(values: &Tensor) -> Tensor {
    let own = crate::create::eye(values.size()[values.ndim() - 1]).eq(1);
    (values.unsqueeze(-2) - values.unsqueeze(-1)).masked_fill(own, 1)
}

/// Without what lies in the space of some orthonormal columns.
fn outside(x: &Tensor, columns: &Tensor) -> Tensor {
    x - columns.matmul(turned(columns).matmul(x))
}

/// U, values and V, so that `x = U diag(values) Vᵀ`.
pub(crate) fn svd(parts: [Tensor; 3], x: &Tensor) -> [Tensor; 3] {
    let kept = [0, 1, 2].map(|at| Saved::output(&parts[at], at as u32));
    let count = parts[1].size()[parts[1].ndim() - 1];
    record_many(parts, "LinalgSvdBackward0", &[x], move |pass, gradients| {
        // Vectors that only complete the others have no gradient.
        let reduced = |x: Tensor| x.narrow(-1, 0, count);
        let [u, values, v] = [pass.get(&kept[0])?, pass.get(&kept[1])?, pass.get(&kept[2])?];
        let (u, v) = (reduced(u), reduced(v));
        let mut gradients = gradients.into_iter();
        let mut next = || gradients.next().flatten();
        let (by_u, by_values, by_v) = (next().map(reduced), next(), next().map(reduced));
        pass.give(0, || by_svd([&u, &values, &v], by_u, by_values, by_v));
        Ok(())
    })
}

fn by_svd(
    [u, values, v]: [&Tensor; 3],
    by_u: Option<Tensor>,
    by_values: Option<Tensor>,
    by_v: Option<Tensor>,
) -> Tensor {
    let row = values.unsqueeze(-2);
    let mut inner = by_values.unwrap_or_else(|| crate::create::zeros_like(values)).diag_embed();
    // The differences of the squares, as products, which are more exact.
    let squares = differences(values) * (&row + values.unsqueeze(-1));
    let mut rest = None;
    if let Some(by_u) = by_u {
        inner = &inner + skew(&turned(u).matmul(&by_u)) / &squares * &row;
        if u.size()[u.ndim() - 2] > values.size()[values.ndim() - 1] {
            rest = Some(outside(&(by_u / &row), u).matmul(turned(v)));
        }
    }
    if let Some(by_v) = by_v {
        inner = &inner + values.unsqueeze(-1) * (skew(&turned(v).matmul(&by_v)) / &squares);
        if v.size()[v.ndim() - 2] > values.size()[values.ndim() - 1] {
            rest = Some(u.matmul(turned(&outside(&(by_v / &row), v))));
        }
    }
    let by_x = u.matmul(inner).matmul(turned(v));
    match rest {
        Some(rest) => by_x + rest,
        None => by_x,
    }
}

/// Values and V, so that `x = V diag(values) Vᵀ`. The gradient is symmetric, though only one triangle is read.
pub(crate) fn eigh(parts: [Tensor; 2], x: &Tensor) -> [Tensor; 2] {
    let kept = [Saved::output(&parts[0], 0), Saved::output(&parts[1], 1)];
    record_many(parts, "LinalgEighBackward0", &[x], move |pass, gradients| {
        let [values, v] = [pass.get(&kept[0])?, pass.get(&kept[1])?];
        let mut gradients = gradients.into_iter();
        let (by_values, by_v) = (gradients.next().flatten(), gradients.next().flatten());
        pass.give(0, || {
            let turn = by_v.map(|by_v| skew(&turned(&v).matmul(by_v)) * 0.5 / differences(&values));
            let inner = match (by_values.map(|by| by.diag_embed()), turn) {
                (Some(diagonal), Some(turn)) => diagonal + turn,
                (one, other) => one.or(other).unwrap_or_else(|| crate::create::zeros_like(&v)),
            };
            v.matmul(inner).matmul(turned(&v))
        });
        Ok(())
    })
}

/// The pseudoinverse (G. H. Golub and V. Pereyra, "The differentiation of pseudo-inverses", 1973).
pub(crate) fn pinverse(y: Tensor, x: &Tensor) -> Tensor {
    let (x_kept, y_kept) = (Saved::operand(x), Saved::result(&y));
    record(y, "LinalgPinvBackward0", &[x], move |pass, gradient| {
        let (x, y) = (pass.get(&x_kept)?, pass.get(&y_kept)?);
        pass.give(0, || {
            let (yt, g) = (turned(&y), turned(&gradient));
            let right = g.matmul(&y).matmul(&yt);
            let left = yt.matmul(&y).matmul(&g);
            let outside = &right - x.matmul(y.matmul(&right)) + &left - left.matmul(&y).matmul(&x);
            outside - yt.matmul(gradient).matmul(&yt)
        });
        Ok(())
    })
}

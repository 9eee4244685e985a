//! LU, Cholesky and QR.
//!
//! Each follows from the product that gives the matrix back: differentiated, and multiplied with the inverses of the
//! factors, its two summands lie in triangles that do not meet.

use crate::autograd::record::{Saved, record, record_many};
use crate::create::zeros_like;
use crate::error::{Result, value_error};
use crate::linalg::decompose::{reordered, triangle_solved, turned};
use crate::op::Triangle;
use crate::shape::cat_dim;
use crate::tensor::Tensor;

/// `a⁻¹ b` for a triangle.
fn solved(triangle: Triangle, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    triangle_solved("triangular_solve", triangle, a, b)
}

/// `b a⁻¹` for a triangle.
fn solved_right(triangle: Triangle, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    Ok(turned(&solved(triangle.turned(), &turned(a), &turned(b))?))
}

/// The rows or columns from one place to another.
fn part(x: &Tensor, dim: i64, from: usize, to: usize) -> Tensor {
    x.narrow(dim, from, to - from)
}

/// The factors of `x` in one matrix, whose rows have this order.
pub(crate) fn lu(factors: Tensor, x: &Tensor, order: Tensor) -> Tensor {
    let kept = Saved::result(&factors);
    record(factors, "LinalgLuFactorExBackward0", &[x], move |pass, gradient| {
        let factors = pass.get(&kept)?;
        let by_x = by_lu(&factors, &gradient)?;
        pass.give(0, || reordered(&by_x, &order.argsort()).expect("the order is that of its rows"));
        Ok(())
    })
}

/// The gradient of the matrix with its rows exchanged, of that of both factors.
fn by_lu(factors: &Tensor, gradient: &Tensor) -> Result<Tensor> {
    let [rows, columns] = [factors.size()[factors.ndim() - 2], factors.size()[factors.ndim() - 1]];
    let inner = rows.min(columns);
    let square = |x: &Tensor| part(&part(x, -2, 0, inner), -1, 0, inner);
    let both = square(factors);
    let (lower, upper) = (both.tril_diagonal(-1), both.triu());
    let (mut by_lower, mut by_upper) = (square(gradient).tril_diagonal(-1), square(gradient).triu());
    // What lies to the right of the square follows from L, what lies below from U.
    let mut beside = None;
    if columns > inner {
        let by_rest = part(gradient, -1, inner, columns);
        let by_a = solved(Triangle::UnitUpper, &turned(&both), &by_rest)?;
        by_lower = &by_lower - by_a.matmul(turned(&part(factors, -1, inner, columns)));
        beside = Some((by_a, -1));
    }
    if rows > inner {
        let by_rest = part(gradient, -2, inner, rows);
        let by_a = solved_right(Triangle::Lower, &turned(&both), &by_rest)?;
        by_upper = &by_upper - turned(&part(factors, -2, inner, rows)).matmul(&by_a);
        beside = Some((by_a, -2));
    }
    // With the ones on the diagonal of L.
    let by_lower = turned(&lower).matmul(&by_lower) + &by_lower;
    let middle = by_lower.tril_diagonal(-1) + by_upper.matmul(turned(&upper)).triu();
    let by_square =
        solved_right(Triangle::Lower, &turned(&both), &solved(Triangle::UnitUpper, &turned(&both), &middle)?)?;
    Ok(match beside {
        Some((beside, dim)) => cat_dim([by_square, beside], dim),
        None => by_square,
    })
}

/// The lower triangle L of `x`, so that `x = L Lᵀ`.
pub(crate) fn cholesky(lower: Tensor, x: &Tensor) -> Tensor {
    let kept = Saved::result(&lower);
    record(lower, "LinalgCholeskyExBackward0", &[x], move |pass, gradient| {
        let lower = pass.get(&kept)?;
        let half = turned(&lower).matmul(&gradient).tril();
        let both = (&half + turned(&half) - half.diagonal_dims(0, -2, -1).diag_embed()) * 0.5;
        let upper = turned(&lower);
        let by_x = solved_right(Triangle::Lower, &lower, &solved(Triangle::Upper, &upper, &both)?)?;
        pass.give(0, || by_x);
        Ok(())
    })
}

/// Q and R, so that `x = Q R`. Where Q was completed by columns that x does not determine, there is no gradient.
pub(crate) fn qr(factors: [Tensor; 2], x: &Tensor, is_completed: bool) -> [Tensor; 2] {
    let kept = [Saved::output(&factors[0], 0), Saved::output(&factors[1], 1)];
    record_many(factors, "LinalgQrBackward0", &[x], move |pass, gradients| {
        if is_completed {
            return Err(value_error!(
                "qr_complete: Q has columns that the matrix does not determine, so it has no gradient; use qr()"
            ));
        }
        let (q, r) = (pass.get(&kept[0])?, pass.get(&kept[1])?);
        let mut gradients = gradients.into_iter();
        let [by_q, by_r] = [&q, &r].map(|of| gradients.next().flatten().unwrap_or_else(|| zeros_like(of)));
        let by_x = by_qr(&q, &r, by_q, by_r)?;
        pass.give(0, || by_x);
        Ok(())
    })
}

fn by_qr(q: &Tensor, r: &Tensor, by_q: Tensor, by_r: Tensor) -> Result<Tensor> {
    let [rows, columns] = [r.size()[r.ndim() - 2], r.size()[r.ndim() - 1]];
    if columns > rows {
        // The square on the left determines Q, and with it what is on the right.
        let rest = q.matmul(part(r, -1, rows, columns));
        let by_rest = part(&by_r, -1, rows, columns);
        let by_q = by_q + rest.matmul(turned(&by_rest));
        let by_square = by_qr(q, &part(r, -1, 0, rows), by_q, part(&by_r, -1, 0, rows))?;
        return Ok(cat_dim([by_square, q.matmul(by_rest)], -1));
    }
    let upper = (by_r.matmul(turned(r)) - turned(q).matmul(&by_q)).triu();
    let both = &upper + turned(&upper) - upper.diagonal_dims(0, -2, -1).diag_embed();
    solved_right(Triangle::Lower, &turned(r), &(by_q + q.matmul(both)))
}

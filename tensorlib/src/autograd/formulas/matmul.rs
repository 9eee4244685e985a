//! Products of vectors, matrices and stacks of matrices.

use crate::autograd::record::{Saved, record};
use crate::tensor::Tensor;

/// A product with its formula. Of matrices, the gradient by one factor is that of the product times the other, transposed;
/// a vector is a matrix of one row or column.
pub(crate) fn recorded(op: &str, result: Tensor, a: &Tensor, b: &Tensor) -> Tensor {
    let name = match (op, a.ndim(), b.ndim()) {
        ("bmm", ..) => "BmmBackward0",
        (_, 1, 1) => "DotBackward0",
        (_, 2, 1) => "MvBackward0",
        (_, 2, 2) => "MmBackward0",
        _ => "MatmulBackward0",
    };
    let (of_a, of_b) = (a.has_history(), b.has_history());
    let (a_kept, b_kept) = (of_b.then(|| Saved::operand(a)), of_a.then(|| Saved::operand(b)));
    let (rank_a, rank_b) = (a.ndim(), b.ndim());
    record(result, name, &[a, b], move |pass, gradient| {
        let a = a_kept.as_ref().map(|kept| pass.get(kept)).transpose()?;
        let b = b_kept.as_ref().map(|kept| pass.get(kept)).transpose()?;
        if rank_a == 1 && rank_b == 1 {
            if let Some(b) = b {
                pass.give(0, || &gradient * b);
            }
            if let Some(a) = a {
                pass.give(1, || gradient * a);
            }
            return Ok(());
        }
        // As matrices: a vector on the left is a row, one on the right a column.
        let gradient = if rank_b == 1 { gradient.unsqueeze(-1) } else { gradient };
        let gradient = if rank_a == 1 { gradient.unsqueeze(-2) } else { gradient };
        if let Some(b) = b {
            pass.give(0, || {
                let b = if rank_b == 1 { b.unsqueeze(-1) } else { b };
                let by_a = gradient.matmul(b.transpose(-1, -2));
                if rank_a == 1 { by_a.squeeze_dim(-2) } else { by_a }
            });
        }
        if let Some(a) = a {
            pass.give(1, || {
                let a = if rank_a == 1 { a.unsqueeze(-2) } else { a };
                // A stack times one matrix: the sum over the stack is part of the product.
                let flat = |x: &Tensor| x.reshape([-1, x.size()[x.ndim() - 1] as i64]);
                let by_b = if rank_b <= 2 && gradient.ndim() > 2 && gradient.numel() > 0 {
                    flat(&a).t().matmul(flat(&gradient))
                } else {
                    a.transpose(-1, -2).matmul(&gradient)
                };
                if rank_b == 1 { by_b.squeeze_dim(-1) } else { by_b }
            });
        }
        Ok(())
    })
}

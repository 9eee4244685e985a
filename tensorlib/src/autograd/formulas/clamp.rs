//! Keeping values within limits.

use crate::autograd::record::{Saved, record};
use crate::create::zeros_like;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

/// A limit: a tensor, a number, or none.
enum Limit {
    Tensor(Saved),
    Number(Scalar),
}

/// The result of `x` between limits, which are tensors, numbers or absent, with its formula. Elements at a limit keep their
/// gradient; those beyond it give it to the limit.
pub(crate) fn recorded(
    result: Tensor,
    x: &Tensor,
    limits: [Option<Tensor>; 2],
    numbers: [Option<Scalar>; 2],
) -> Tensor {
    let kept = Saved::operand(x);
    let none = x.values();
    let [low, high] = &limits;
    let operands = [x, low.as_ref().unwrap_or(&none), high.as_ref().unwrap_or(&none)];
    let mut limits = limits.iter().zip(numbers).map(|(tensor, number)| match tensor {
        Some(tensor) => Some(Limit::Tensor(Saved::operand(tensor))),
        None => number.map(Limit::Number),
    });
    let (low, high) = (limits.next().flatten(), limits.next().flatten());
    record(result, "ClampBackward0", &operands, move |pass, gradient| {
        let x = pass.get(&kept)?;
        let get = |limit: &Option<Limit>| {
            Ok::<_, crate::Error>(match limit {
                Some(Limit::Tensor(saved)) => Some(pass.get(saved)?),
                Some(Limit::Number(number)) => {
                    Some(crate::create::filled(crate::list::List::new(), x.dtype(), *number))
                }
                None => None,
            })
        };
        let (low, high) = (get(&low)?, get(&high)?);
        pass.give(0, || {
            let inside = match (&low, &high) {
                (Some(low), Some(high)) => x.ge(low).logical_and(x.le(high)),
                (Some(low), None) => x.ge(low),
                (None, Some(high)) => x.le(high),
                (None, None) => x.eq(&x),
            };
            gradient.where_cond(inside, 0)
        });
        let zeros = || zeros_like(&gradient);
        pass.give(1, || match (&low, &high) {
            (Some(low), Some(high)) => gradient.where_cond(low.lt(high).logical_and(x.lt(low)), 0),
            (Some(low), None) => gradient.where_cond(x.lt(low), 0),
            _ => zeros(),
        });
        pass.give(2, || match (&low, &high) {
            (Some(low), Some(high)) => gradient.where_cond(high.lt(low).logical_or(x.gt(high)), 0),
            (None, Some(high)) => gradient.where_cond(x.gt(high), 0),
            _ => zeros(),
        });
        Ok(())
    })
}

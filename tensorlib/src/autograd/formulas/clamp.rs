//! Keeping values within limits.

use crate::autograd::record::{Saved, record, unrecorded};
use crate::dim_vec::DimVec;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

/// A limit: a tensor, a number, or none.
enum Limit {
    Tensor(Saved),
    Number(Scalar),
}

/// The result of `x` between limits, which are tensors, numbers or absent, with its formula: the gradient goes to whatever the
/// result was taken from. At a limit that is a number it is lost, as in PyTorch; one that is a tensor gets half of it.
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
    let are_numbers = low.is_none() && high.is_none();
    let mut limits = limits.iter().zip(numbers).map(|(tensor, number)| match tensor {
        Some(tensor) => Some(Limit::Tensor(Saved::operand(tensor))),
        None => number.map(Limit::Number),
    });
    let (low, high) = (limits.next().flatten(), limits.next().flatten());
    record(result, "ClampBackward0", &operands, move |pass, gradient| {
        let x = pass.get(&kept)?;
        let get = |limit: &Option<Limit>| {
            Ok::<_, crate::Error>(match limit {
                Some(Limit::Tensor(saved)) => Some(pass.get(saved)?.detach()),
                Some(Limit::Number(number)) => Some(crate::create::filled(DimVec::new(), x.dtype(), *number)),
                None => None,
            })
        };
        let (low, high) = (get(&low)?, get(&high)?);
        if are_numbers {
            pass.give(0, || gradient.where_cond(inside(&x, low.as_ref(), high.as_ref()), 0));
            return Ok(());
        }
        let [of_x, of_low, of_high] = unrecorded(|| shares(&x, low.as_ref(), high.as_ref()));
        pass.give(0, || &gradient * of_x);
        pass.give(1, || &gradient * of_low);
        pass.give(2, || gradient * of_high);
        Ok(())
    })
}

/// Where elements are strictly between two numbers.
fn inside(x: &Tensor, low: Option<&Tensor>, high: Option<&Tensor>) -> Tensor {
    match (low, high) {
        (Some(low), Some(high)) => x.gt(low).logical_and(x.lt(high)),
        (Some(low), None) => x.gt(low),
        (None, Some(high)) => x.lt(high),
        (None, None) => x.eq(x),
    }
}

/// Which share of its gradient each of the three gets.
fn shares(x: &Tensor, low: Option<&Tensor>, high: Option<&Tensor>) -> [Tensor; 3] {
    let number = |truth: Tensor| truth.to(x.dtype());
    let never = || x.ne(x).logical_and(x.eq(x));
    // Where the limits are apart, a tie is shared.
    let (apart, crossed) = match (low, high) {
        (Some(low), Some(high)) => (low.lt(high), low.gt(high)),
        _ => (never().logical_not(), never()),
    };
    let straight = crossed.logical_not();
    let (below, above) = (low.map_or_else(never, |low| x.lt(low)), high.map_or_else(never, |high| x.gt(high)));
    let at = |limit: Option<&Tensor>| number(limit.map_or_else(never, |limit| x.eq(limit)).logical_and(&apart)) * 0.5;
    let (at_low, at_high) = (at(low), at(high));
    let outside = below.logical_or(&above).logical_or(crossed.logical_and(x.isnan().logical_not()));
    [
        number(outside.logical_not()) - &at_low - &at_high,
        number(below.logical_and(&straight)) + at_low,
        number(above.logical_and(straight).logical_or(crossed)) + at_high,
    ]
}

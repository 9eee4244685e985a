//! Gradients that equal elements share.

use crate::autograd::record::{Saved, record, records};
use crate::tensor::Tensor;

/// A number that was chosen among all elements of `x`: each that is equal to it gets the same part of its gradient.
pub(super) fn evenly(result: Tensor, name: &'static str, x: &Tensor) -> Tensor {
    if !records(&[x]) {
        return result;
    }
    let (kept, chosen) = (Saved::operand(x), Saved::result(&result));
    record(result, name, &[x], move |pass, gradient| {
        let (x, chosen) = (pass.get(&kept)?, pass.get(&chosen)?);
        let mask = if chosen.isnan().item::<bool>() { x.isnan() } else { x.eq(&chosen) }.to(x.dtype());
        pass.give(0, || (&gradient / mask.sum()) * &mask);
        Ok(())
    })
}

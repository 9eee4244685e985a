//! Elements taken from and put in places that tensors name.

use crate::autograd::record::{Saved, record, records, unrecorded};
use crate::scalar::Scalar;
use crate::size::Size;
use crate::tensor::Tensor;

/// Zeros of a shape with each element of `x` added at the position along `dim` that `index` gives: the reverse of
/// `gather`.
pub(crate) fn scattered(x: &Tensor, shape: Size, dim: i64, index: &Tensor) -> Tensor {
    let result = unrecorded(|| {
        let zeros = crate::create::filled(shape.0, x.dtype(), Scalar::Int(0));
        crate::error::or_raise(crate::index::add_along(&zeros, dim, index, x));
        zeros
    });
    if !records(&[x]) {
        return result;
    }
    let kept = Saved::operand(index);
    record(result, "ScatterAddBackward0", &[x], move |pass, gradient| {
        let index = pass.get(&kept)?;
        pass.give(0, || gradient.gather(dim, &index));
        Ok(())
    })
}

/// What `gather` took, with its formula.
pub(crate) fn gather(y: Tensor, x: &Tensor, dim: i64, index: &Tensor, name: &'static str) -> Tensor {
    let (shape, kept) = (x.size(), Saved::operand(index));
    record(y, name, &[x], move |pass, gradient| {
        let index = pass.get(&kept)?;
        pass.give(0, || scattered(&gradient, shape.clone(), dim, &index));
        Ok(())
    })
}

/// Elements that were chosen along a dimension, one for each place in `index`, with their formula. `keeps` says whether the
/// dimension is still there.
pub(crate) fn chosen(y: Tensor, x: &Tensor, dim: i64, index: &Tensor, keeps: bool, name: &'static str) -> Tensor {
    let (shape, kept) = (x.size(), Saved::operand(index));
    record(y, name, &[x], move |pass, gradient| {
        let index = pass.get(&kept)?;
        pass.give(0, || {
            if keeps || shape.is_empty() {
                return scattered(&gradient, shape.clone(), dim, &index);
            }
            scattered(&gradient.unsqueeze(dim), shape.clone(), dim, &index.unsqueeze(dim))
        });
        Ok(())
    })
}

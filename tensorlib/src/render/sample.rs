//! The elements of a tensor that are shown, and only those: the corners of a large one are read in place.

use crate::scalar::Scalar;
use crate::{DType, Tensor};

/// How one dimension is folded: some of its first indices are shown, an ellipsis, and some of its last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fold {
    pub head: usize,
    pub tail: usize,
}

/// One place along a dimension: an index of the tensor, or the ellipsis.
pub(super) type Place = Option<usize>;

/// The shown part of a tensor.
pub(super) struct Sample {
    pub dtype: DType,
    /// The size of the whole tensor.
    pub size: Vec<usize>,
    /// The places shown along each dimension.
    pub places: Vec<Vec<Place>>,
    /// The values at all shown indices, in row-major order.
    pub values: Vec<Scalar>,
}

impl Sample {
    /// Reads the part that is left when dimension `d` of length `n` is folded by `fold(d, n)`; `None` shows all of it.
    pub fn of(tensor: &Tensor, fold: impl Fn(usize, usize) -> Option<Fold>) -> Sample {
        let size = tensor.size().to_vec();
        let places: Vec<Vec<Place>> = size.iter().enumerate().map(|(d, &n)| places(n, fold(d, n))).collect();
        let mut positions = vec![tensor.layout.offset];
        for (along, &stride) in places.iter().zip(&tensor.layout.strides[..]) {
            let steps: Vec<usize> = along.iter().flatten().map(|index| index * stride).collect();
            positions = positions.iter().flat_map(|start| steps.iter().map(move |step| start + step)).collect();
        }
        let values = tensor.backend().pick(&tensor.storage, &positions);
        Sample { dtype: tensor.dtype(), size, places, values }
    }
}

fn places(length: usize, fold: Option<Fold>) -> Vec<Place> {
    match fold {
        Some(Fold { head, tail }) if length > head + tail => {
            (0..head).map(Some).chain([None]).chain((length - tail..length).map(Some)).collect()
        }
        _ => (0..length).map(Some).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn only_the_shown_elements_are_read() {
        let x = arange(10).expand([1_000_000, 10]);
        let sample = Sample::of(&x, |_, _| Some(Fold { head: 1, tail: 1 }));
        let values: Vec<f64> = sample.values.iter().map(|v| v.to_f64()).collect();
        assert_eq!(values, [0.0, 9.0, 0.0, 9.0]);
        assert_eq!(sample.places[0], [Some(0), None, Some(999_999)]);
    }
}

//! What a reduction goes over.

use crate::dim_vec::DimVec;
use crate::error::Result;
use crate::shape::axes::dimensions;
use crate::size::Ints;
use crate::tensor::Tensor;

/// Which dimensions are reduced, and whether they stay with length 1.
pub(crate) struct Over {
    pub dims: DimVec<usize>,
    pub keep: bool,
}

impl Over {
    pub fn all(x: &Tensor) -> Over {
        Over { dims: (0..x.ndim()).collect(), keep: false }
    }

    pub fn dims(op: &str, x: &Tensor, dims: &Ints, keep: bool) -> Result<Over> {
        let mut dims = dimensions(op, dims, x.ndim())?;
        if x.ndim() == 0 {
            dims = DimVec::new();
        }
        Ok(Over { dims, keep })
    }

    /// The number of elements that become one.
    pub fn count(&self, x: &Tensor) -> usize {
        self.dims.iter().map(|&dim| x.layout.shape[dim]).product()
    }

    /// The shape of the result.
    pub fn shape(&self, x: &Tensor) -> DimVec<usize> {
        (0..x.ndim())
            .filter(|dim| self.keep || !self.dims.contains(dim))
            .map(|dim| if self.dims.contains(&dim) { 1 } else { x.layout.shape[dim] })
            .collect()
    }
}

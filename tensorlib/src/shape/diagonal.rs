//! Diagonals, as views and as parts of something new; and copies of a tensor with a part replaced.

use crate::autograd::record::{placed, record_linear, records, unrecorded};
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::error::{Result, fallible, shape_error};
use crate::index::IndexItem;
use crate::layout::{Layout, dimension};
use crate::operand::{IntoOperand, Operand};
use crate::scalar::Scalar;
use crate::size::{Size, checked_numel};
use crate::tensor::Tensor;

/// Two dimensions that are not the same.
fn two_dims(op: &str, dim1: i64, dim2: i64, rank: usize) -> Result<(usize, usize)> {
    let (first, second) = (dimension(op, dim1, rank)?, dimension(op, dim2, rank)?);
    if rank < 2 || first == second {
        return Err(shape_error!("{op}: needs two different dimensions, not {dim1} and {dim2} of {rank}"));
    }
    Ok((first, second))
}

/// The elements whose second index is `offset` more than the first, along a new last dimension.
fn diagonal(op: &str, x: &Tensor, offset: i64, dim1: i64, dim2: i64) -> Result<Tensor> {
    let (first, second) = two_dims(op, dim1, dim2, x.ndim())?;
    let Layout { shape, strides, offset: start } = x.layout.clone();
    let down = usize::try_from(-offset).unwrap_or(0);
    let right = usize::try_from(offset).unwrap_or(0);
    let length = shape[first].saturating_sub(down).min(shape[second].saturating_sub(right));
    let others = || (0..x.ndim()).filter(|&dim| dim != first && dim != second);
    // An empty view keeps its offset, so that it stays inside the storage.
    let moved = if length == 0 { 0 } else { down * strides[first] + right * strides[second] };
    let layout = Layout {
        shape: others().map(|dim| shape[dim]).chain([length]).collect(),
        strides: others().map(|dim| strides[dim]).chain([strides[first] + strides[second]]).collect(),
        offset: start + moved,
    };
    Ok(x.part_of(layout, "DiagonalBackward0", move |x| x.diagonal_dims(offset, dim1, dim2)))
}

/// Zeros with the last dimension of `x` as a diagonal of two new ones.
fn diag_embed(op: &str, x: &Tensor, offset: i64, dim1: i64, dim2: i64) -> Result<Tensor> {
    if x.ndim() == 0 {
        return Err(shape_error!("{op}: a tensor of rank 0 is no diagonal"));
    }
    let rank = x.ndim() + 1;
    let (first, second) = two_dims(op, dim1, dim2, rank)?;
    let side = x.layout.shape[x.ndim() - 1] + offset.unsigned_abs() as usize;
    let mut others = x.layout.shape[..x.ndim() - 1].iter();
    let shape: DimVec<usize> = (0..rank)
        .map(|dim| if dim == first || dim == second { side } else { *others.next().expect("two more dimensions") })
        .collect();
    checked_numel(op, &shape)?;
    Ok(placed(x, Size(shape), move |x| x.diagonal_dims(offset, first as i64, second as i64)))
}

/// A copy of `x` in which the part that `take` takes is `source`.
fn with_part<F>(op: &str, name: &'static str, x: &Tensor, source: Operand, take: F) -> Result<Tensor>
where
    F: Fn(&Tensor) -> Tensor + Send + Sync + Clone + 'static,
{
    let source = source.to_tensor(x.dtype())?;
    let result = x.values().copied();
    let place = take(&result);
    if source.ndim() > 0 && source.layout.shape != place.layout.shape {
        return Err(shape_error!(
            "{op}: the source has shape {}, but the place for it {}",
            source.size(),
            place.size()
        ));
    }
    unrecorded(|| place.try_copy_(source.values()))?;
    if !records(&[x, &source]) {
        return Ok(result);
    }
    Ok(record_linear(result, name, &[x, &source], move |pass, gradient| {
        pass.give(0, || without_part(&gradient, &take));
        pass.give(1, || take(&gradient));
        Ok(())
    }))
}

/// A gradient with zeros in the place of what was replaced.
fn without_part(gradient: &Tensor, take: impl Fn(&Tensor) -> Tensor) -> Tensor {
    let mask = crate::create::filled(gradient.layout.shape.clone(), DType::Bool, Scalar::Bool(false));
    take(&mask).fill_(true);
    gradient.masked_fill(mask, 0.0)
}

impl Tensor {
    fallible! {
        /// The diagonal of the first two dimensions, along a new last dimension, as a view. For another diagonal see
        /// [`diagonal_offset`](Tensor::diagonal_offset), for other dimensions [`diagonal_dims`](Tensor::diagonal_dims).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].diagonal().to_vec::<i64>(), [1, 4]);
        /// ```
        pub fn diagonal | try_diagonal(&self) -> Tensor {
            diagonal("diagonal", self, 0, 0, 1)
        }

        /// A diagonal above the main one, or below with a negative `offset`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].diagonal_offset(1).to_vec::<i64>(), [2]);
        /// ```
        pub fn diagonal_offset | try_diagonal_offset(&self, offset: i64) -> Tensor {
            diagonal("diagonal_offset", self, offset, 0, 1)
        }

        /// A diagonal of two dimensions.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(arange(8).view([2, 2, 2]).diagonal_dims(0, 1, 2).to_vec::<i64>(), [0, 3, 4, 7]);
        /// ```
        pub fn diagonal_dims | try_diagonal_dims(&self, offset: i64, dim1: i64, dim2: i64) -> Tensor {
            diagonal("diagonal_dims", self, offset, dim1, dim2)
        }

        /// Zeros with the last dimension as the diagonal of two new last dimensions.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].diag_embed().to_vec::<i64>(), [1, 0, 0, 2, 3, 0, 0, 4]);
        /// ```
        pub fn diag_embed | try_diag_embed(&self) -> Tensor {
            diag_embed("diag_embed", self, 0, -2, -1)
        }

        /// [`diag_embed`](Tensor::diag_embed) with another diagonal, of new dimensions in other places.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1].diag_embed_dims(1, 0, 1).to_vec::<i64>(), [0, 1, 0, 0]);
        /// ```
        pub fn diag_embed_dims | try_diag_embed_dims(&self, offset: i64, dim1: i64, dim2: i64) -> Tensor {
            diag_embed("diag_embed_dims", self, offset, dim1, dim2)
        }

        /// A matrix with all elements on its diagonal.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1], [2]].diagflat().to_vec::<i64>(), [1, 0, 0, 2]);
        /// ```
        pub fn diagflat | try_diagflat(&self) -> Tensor {
            diag_embed("diagflat", &self.ravel(), 0, -2, -1)
        }

        /// [`diagflat`](Tensor::diagflat) with another diagonal.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![7].diagflat_offset(-1).to_vec::<i64>(), [0, 0, 7, 0]);
        /// ```
        pub fn diagflat_offset | try_diagflat_offset(&self, offset: i64) -> Tensor {
            diag_embed("diagflat_offset", &self.ravel(), offset, -2, -1)
        }

        /// The sum of the diagonal of a matrix.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].trace().item::<i64>(), 5);
        /// ```
        pub fn trace | try_trace(&self) -> Tensor {
            if self.ndim() != 2 {
                return Err(shape_error!("trace: needs a matrix, not shape {}", self.size()));
            }
            Ok(self.try_diagonal()?.sum())
        }

        /// A copy with `source` as its [`diagonal`](Tensor::diagonal).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([2, 2]).diagonal_scatter([1.0, 2.0]).to_vec::<f32>(), [1.0, 0.0, 0.0, 2.0]);
        /// ```
        pub fn diagonal_scatter | try_diagonal_scatter<'a>(&self, source: impl IntoOperand<'a>) -> Tensor {
            self.try_diagonal_scatter_dims(source, 0, 0, 1)
        }

        /// A copy with `source` as its [`diagonal_dims`](Tensor::diagonal_dims).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([2, 2]).diagonal_scatter_dims([1.0], 1, 0, 1).to_vec::<f32>(), [0.0, 1.0, 0.0, 0.0]);
        /// ```
        pub fn diagonal_scatter_dims | try_diagonal_scatter_dims<'a>(&self, source: impl IntoOperand<'a>, offset: i64, dim1: i64, dim2: i64) -> Tensor {
            diagonal("diagonal_scatter", &self.values(), offset, dim1, dim2)?;
            with_part("diagonal_scatter", "DiagonalScatterBackward0", self, source.into_operand(), move |x| {
                x.diagonal_dims(offset, dim1, dim2)
            })
        }

        /// A copy with `source` at one position of a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([2, 2]).select_scatter([1.0, 2.0], 0, 1).to_vec::<f32>(), [0.0, 0.0, 1.0, 2.0]);
        /// ```
        pub fn select_scatter | try_select_scatter<'a>(&self, source: impl IntoOperand<'a>, dim: i64, index: i64) -> Tensor {
            self.values().try_select(dim, index)?;
            with_part("select_scatter", "SelectScatterBackward0", self, source.into_operand(), move |x| x.select(dim, index))
        }

        /// A copy with `source` at a range of positions of a dimension.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([4]).slice_scatter([1.0, 2.0], 0, 1..3).to_vec::<f32>(), [0.0, 1.0, 2.0, 0.0]);
        /// assert_eq!(zeros([3]).slice_scatter([1.0, 2.0], 0, (..).step(2)).to_vec::<f32>(), [1.0, 0.0, 2.0]);
        /// ```
        pub fn slice_scatter | try_slice_scatter<'a>(&self, source: impl IntoOperand<'a>, dim: i64, range: impl Into<IndexItem>) -> Tensor {
            let range = range.into();
            if !matches!(range, IndexItem::Slice { .. }) {
                return Err(shape_error!("slice_scatter: give a range of positions, as in 1..3; for one use select_scatter"));
            }
            let dim = dimension("slice_scatter", dim, self.ndim())?;
            let take = move |x: &Tensor| x.transpose(0, dim as i64).i(range.clone()).transpose(0, dim as i64);
            self.values().try_transpose(0, dim as i64)?;
            with_part("slice_scatter", "SliceScatterBackward0", self, source.into_operand(), take)
        }

        /// In place: `value` everywhere on the diagonal of a matrix.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([2, 2]).fill_diagonal_(5.0).to_vec::<f32>(), [5.0, 0.0, 0.0, 5.0]);
        /// ```
        #[doc(alias = "fill_diagonal")]
        pub fn fill_diagonal_ | try_fill_diagonal_(&self, value: impl Into<Scalar>) -> Tensor {
            let rank = self.ndim();
            if rank < 2 || (rank > 2 && self.layout.shape.iter().any(|&length| length != self.layout.shape[0])) {
                return Err(shape_error!("fill_diagonal_: needs a matrix, or a tensor with all dimensions of one length, not shape {}", self.size()));
            }
            if rank == 2 {
                self.try_diagonal()?.try_fill_(value)?;
                return Ok(self.alias());
            }
            // Of more dimensions, the elements with all indices the same.
            let value = value.into();
            for at in 0..self.layout.shape[0] as i64 {
                (0..rank).try_fold(self.alias(), |part, _| part.try_select(0, at))?.try_fill_(value)?;
            }
            Ok(self.alias())
        }
    }
}

//! Several tensors as one, and one as several.

use std::borrow::Borrow;

use crate::dtype::DType;
use crate::element::{Stored, with_dtype};
use crate::error::{Result, fallible, or_raise, shape_error};
use crate::kernel::cast;
use crate::layout::{Layout, dimension};
use crate::recycle;
use crate::size::{IntoInts, checked_numel};
use crate::tensor::Tensor;

/// Tensors one after the other along an existing dimension.
///
/// ```
/// # use tensorlib::prelude::*;
/// let x = tensor![[1, 2]];
/// assert_eq!(cat(&[&x, &x], 0).size(), [2, 2]);
/// assert_eq!(cat(&[&x, &x], 1).to_vec::<i64>(), [1, 2, 1, 2]);
/// ```
#[track_caller]
pub fn cat<T: Borrow<Tensor>>(tensors: &[T], dim: i64) -> Tensor {
    or_raise(try_cat(tensors, dim))
}

/// [`cat`] with the error as a value.
pub fn try_cat<T: Borrow<Tensor>>(tensors: &[T], dim: i64) -> Result<Tensor> {
    let tensors: Vec<&Tensor> = tensors.iter().map(Borrow::borrow).collect();
    join("cat", &tensors, dim)
}

/// Tensors of one shape one after the other along a new dimension.
///
/// ```
/// # use tensorlib::prelude::*;
/// let x = tensor![1, 2];
/// assert_eq!(stack(&[&x, &x], 0).to_vec::<i64>(), [1, 2, 1, 2]);
/// assert_eq!(stack(&[&x, &x], 1).to_vec::<i64>(), [1, 1, 2, 2]);
/// ```
#[track_caller]
pub fn stack<T: Borrow<Tensor>>(tensors: &[T], dim: i64) -> Tensor {
    or_raise(try_stack(tensors, dim))
}

/// [`stack`] with the error as a value.
pub fn try_stack<T: Borrow<Tensor>>(tensors: &[T], dim: i64) -> Result<Tensor> {
    let first = tensors.first().map(Borrow::borrow);
    if let Some(other) = tensors.iter().map(Borrow::borrow).find(|t| first.is_some_and(|f| f.size() != t.size())) {
        return Err(shape_error!(
            "stack: all tensors must have the same shape, but one is {} and another {}",
            first.map(Tensor::size).unwrap_or_else(|| other.size()),
            other.size()
        ));
    }
    let tensors = tensors.iter().map(|t| t.borrow().try_unsqueeze(dim)).collect::<Result<Vec<Tensor>>>()?;
    join("stack", &tensors.iter().collect::<Vec<_>>(), dim)
}

fn join(op: &str, tensors: &[&Tensor], dim: i64) -> Result<Tensor> {
    let Some(&first) = tensors.first() else {
        return Err(shape_error!("{op}: give at least one tensor"));
    };
    let dtype = tensors.iter().map(|t| t.dtype()).max().unwrap_or(DType::F32);
    // PyTorch ignores empty tensors of rank 1 here, from the days when there was no other empty tensor.
    let ignored = |t: &Tensor| op == "cat" && t.layout.shape[..] == [0];
    let model = *tensors.iter().find(|t| !ignored(t)).unwrap_or(&first);
    let rank = model.ndim();
    if rank == 0 {
        return Err(shape_error!("{op}: tensors of rank 0 have no dimension to join along; use stack"));
    }
    let dim = dimension(op, dim, rank)?;
    let mut shape = model.layout.shape.clone();
    shape[dim] = 0;
    let parts: Vec<Tensor> = tensors.iter().filter(|t| !ignored(t)).map(|t| t.to(dtype)).collect();
    for part in &parts {
        let fits = part.ndim() == rank && (0..rank).all(|d| d == dim || part.layout.shape[d] == shape[d]);
        if !fits {
            return Err(shape_error!(
                "{op}: shapes {} and {} do not join along dimension {dim}; all other dimensions must agree",
                model.size(),
                part.size()
            ));
        }
        shape[dim] += part.layout.shape[dim];
    }
    let numel = checked_numel(op, &shape)?;
    let outer: usize = shape[..dim].iter().product();
    let stride = shape[dim..].iter().product::<usize>();
    with_dtype!(dtype, T => {
        let mut values = recycle::take::<T>(numel);
        let mut done = 0;
        for part in &parts {
            let length: usize = part.layout.shape[dim..].iter().product();
            if length == 0 || outer == 0 {
                continue;
            }
            if outer == 1 {
                cast::gather(&mut values[done..done + length], T::of(&part.storage.read()), &part.layout);
            } else {
                let part = part.contiguous();
                let guard = part.storage.read();
                let from = &T::of(&guard)[part.layout.offset..part.layout.offset + outer * length];
                for (row, from) in from.chunks_exact(length).enumerate() {
                    values[row * stride + done..row * stride + done + length].copy_from_slice(from);
                }
            }
            done += length;
        }
        Ok(Tensor::from_values(values, shape))
    })
}

impl Tensor {
    /// Views of `count` positions along a dimension, one after the other; the last may be shorter.
    fn pieces(&self, op: &str, dim: usize, sizes: impl Iterator<Item = usize>) -> Result<Vec<Tensor>> {
        let mut start = 0;
        sizes
            .map(|size| {
                let layout: Layout = self.layout.narrow(op, dim, start, size)?;
                start += size;
                Ok(self.with_layout(layout))
            })
            .collect()
    }

    fn length_along(&self, op: &str, dim: i64) -> Result<(usize, usize)> {
        let dim = dimension(op, dim, self.ndim())?;
        match self.layout.shape.get(dim) {
            Some(&length) => Ok((dim, length)),
            None => Err(shape_error!("{op}: a tensor of rank 0 has no dimension to split")),
        }
    }

    fallible! {
        /// Views of pieces along a dimension: of one size (the last may be smaller), or of the sizes in a list.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = arange(0, 5, 1);
        /// let parts = x.split(2, 0);
        /// assert_eq!(parts.iter().map(Tensor::numel).collect::<Vec<_>>(), [2, 2, 1]);
        /// assert_eq!(x.split([1, 4], 0)[1].to_vec::<i64>(), [1, 2, 3, 4]);
        /// ```
        pub fn split | try_split(&self, sizes: impl IntoInts, dim: i64) -> Vec<Tensor> {
            let sizes = crate::size::lengths("split", &sizes.into_ints())?;
            let (dim, length) = self.length_along("split", dim)?;
            if let [size] = *sizes {
                if size == 0 && length > 0 {
                    return Err(shape_error!("split: pieces of length 0 never make a dimension of length {length}"));
                }
                let count = if length == 0 { 1 } else { length.div_ceil(size) };
                return self.pieces("split", dim, (0..count).map(|i| size.min(length - i * size)));
            }
            if sizes.iter().sum::<usize>() != length {
                return Err(shape_error!("split: pieces of {:?} do not make a dimension of length {length}", &*sizes));
            }
            self.pieces("split", dim, sizes.iter().copied())
        }

        /// Views of at most `count` pieces of equal size along a dimension; the last may be smaller.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(arange(0, 6, 1).chunk(3, 0).len(), 3);
        /// ```
        pub fn chunk | try_chunk(&self, count: usize, dim: i64) -> Vec<Tensor> {
            if count == 0 {
                return Err(shape_error!("chunk: the number of pieces must be 1 or more"));
            }
            let (dim, length) = self.length_along("chunk", dim)?;
            let size = length.div_ceil(count);
            let made = if size == 0 { count } else { length.div_ceil(size) };
            self.pieces("chunk", dim, (0..made).map(|i| size.min(length - i * size)))
        }

        /// Views of every position of a dimension, which goes.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].unbind(1)[0].to_vec::<i64>(), [1, 3]);
        /// ```
        pub fn unbind | try_unbind(&self, dim: i64) -> Vec<Tensor> {
            let (_, length) = self.length_along("unbind", dim)?;
            (0..length as i64).map(|index| self.try_select(dim, index)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_promotes_and_ignores_empty_vectors() {
        let joined = cat(&[crate::tensor![], crate::tensor![[1, 2]]], 1);
        assert_eq!((joined.dtype(), joined.to_vec::<f32>()), (DType::F32, vec![1.0, 2.0]));
        let nothing: [&Tensor; 0] = [];
        assert_eq!(try_cat(&nothing, 0).unwrap_err().to_string(), "cat: give at least one tensor");
    }
}

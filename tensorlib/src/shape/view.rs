//! Another shape for the same elements.

use crate::autograd::record::{record_linear, records};
use crate::dim_vec::DimVec;
use crate::error::{Result, fallible, shape_error};
use crate::layout::{Layout, dimension};
use crate::size::{IntoInts, checked_numel, lengths};
use crate::tensor::Tensor;

/// A requested shape with its -1, if any, worked out.
pub(super) fn inferred(op: &str, numel: usize, requested: &[i64]) -> Result<DimVec<usize>> {
    let unknown: DimVec<usize> = (0..requested.len()).filter(|&dim| requested[dim] == -1).collect();
    let wrong = |why: &str| Err(shape_error!("{op}: {numel} elements do not make shape {requested:?}{why}"));
    match *unknown {
        [] => {
            let shape = lengths(op, requested)?;
            if shape.iter().product::<usize>() != numel { wrong("") } else { Ok(shape) }
        }
        [dim] => {
            let mut others: DimVec<i64> = DimVec::from_slice(requested);
            others[dim] = 1;
            let mut shape = lengths(op, &others)?;
            let product: usize = shape.iter().product();
            if product == 0 {
                return wrong(": -1 could be anything beside a length of 0");
            }
            if !numel.is_multiple_of(product) {
                return wrong(&format!(": {numel} is not a multiple of {product}"));
            }
            shape[dim] = numel / product;
            Ok(shape)
        }
        _ => wrong(": only one length can be -1"),
    }
}

impl Tensor {
    fallible! {
        /// The same memory with another shape. One length may be -1: it follows from the others. An error when the
        /// elements do not lie in memory in that order; [`reshape`](Tensor::reshape) copies then.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = arange(6);
        /// assert_eq!(x.view([2, -1]).size(), [2, 3]);
        /// assert!(x.view([2, 3]).t().try_view([6]).is_err());
        /// ```
        pub fn view | try_view(&self, shape: impl IntoInts) -> Tensor {
            let shape = inferred("view", self.numel(), &shape.into_ints())?;
            match self.layout.view(&shape) {
                Some(layout) => Ok(self.reshaped(layout, "ViewBackward0")),
                None => Err(shape_error!(
                    "view: the elements of this tensor of shape {} do not lie in memory in the order of shape {:?}; use reshape, which copies",
                    self.size(),
                    &*shape
                )),
            }
        }

        /// The same elements in row-major order with another shape: a view when possible, else a copy. One length may
        /// be -1.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = arange(6).reshape([2, 3]);
        /// assert_eq!(x.t().reshape([-1]).to_vec::<i64>(), [0, 3, 1, 4, 2, 5]);
        /// assert_eq!(
        ///     x.try_reshape([4, 2]).unwrap_err().to_string(),
        ///     "reshape: 6 elements do not make shape [4, 2]"
        /// );
        /// ```
        pub fn reshape | try_reshape(&self, shape: impl IntoInts) -> Tensor {
            let shape = inferred("reshape", self.numel(), &shape.into_ints())?;
            if let Some(layout) = self.layout.view(&shape) {
                return Ok(self.reshaped(layout, "ViewBackward0"));
            }
            let copy = self.copied().laid_out(Layout::contiguous(shape));
            if !records(&[self]) {
                return Ok(copy);
            }
            let shape = self.layout.shape.clone();
            Ok(record_linear(copy, "UnsafeViewBackward0", &[self], move |pass, gradient| {
                pass.give(0, || gradient.reshape(&shape[..]));
                Ok(())
            }))
        }

        /// Repeats dimensions of length 1, and adds dimensions in front, without copying. -1 leaves a length as it is.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = tensor![[1], [2]];
        /// assert_eq!(x.expand([2, 3]).to_vec::<i64>(), [1, 1, 1, 2, 2, 2]);
        /// ```
        pub fn expand | try_expand(&self, shape: impl IntoInts) -> Tensor {
            let requested = shape.into_ints();
            let added = requested.len().checked_sub(self.ndim()).ok_or_else(|| {
                shape_error!("expand: shape {} has more dimensions than {:?}", self.size(), &*requested)
            })?;
            let requested: DimVec<i64> = (0..requested.len())
                .map(|dim| match requested[dim] {
                    -1 if dim >= added => self.layout.shape[dim - added] as i64,
                    length => length,
                })
                .collect();
            let shape = lengths("expand", &requested)?;
            let layout = self.layout.expand("expand", &shape)?;
            Ok(self.view_of(layout, "ExpandBackward0", |gradient| gradient))
        }

        /// The sum over the dimensions in which this tensor was expanded from `shape`: the reverse of
        /// [`expand`](Tensor::expand).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(ones([2, 3]).sum_to_size([1, 3]).to_vec::<f32>(), [2.0, 2.0, 2.0]);
        /// ```
        pub fn sum_to_size | try_sum_to_size(&self, shape: impl IntoInts) -> Tensor {
            let shape = lengths("sum_to_size", &shape.into_ints())?;
            let (rank, wanted) = (self.ndim(), shape.len());
            let fits = wanted <= rank
                && (0..wanted).all(|dim| shape[dim] == 1 || shape[dim] == self.layout.shape[rank - wanted + dim]);
            if !fits {
                return Err(shape_error!("sum_to_size: shape {} was not expanded from {:?}", self.size(), &*shape));
            }
            let added = rank - wanted;
            let summed: DimVec<i64> = (0..rank)
                .filter(|&dim| dim < added || (shape[dim - added] == 1 && self.layout.shape[dim] != 1))
                .map(|dim| dim as i64)
                .collect();
            if summed.is_empty() {
                return Ok(self.alias());
            }
            let sum = self.try_sum_keepdim(&summed[..])?;
            if added == 0 { Ok(sum) } else { sum.try_reshape(&shape[..]) }
        }

        /// The dimensions from `start` to `end`, both included, as one; a view when possible. PyTorch's `x.flatten(1)` is
        /// `x.flatten_dims(1, -1)`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([2, 3, 4]).flatten_dims(1, -1).size(), [2, 12]);
        /// assert_eq!(zeros([2, 3, 4]).flatten_dims(0, 1).size(), [6, 4]);
        /// ```
        #[doc(alias = "Flatten")]
        pub fn flatten_dims | try_flatten_dims(&self, start: i64, end: i64) -> Tensor {
            let op = "flatten_dims";
            let (first, last) = (dimension(op, start, self.ndim())?, dimension(op, end, self.ndim())?);
            if self.ndim() == 0 {
                return self.try_reshape([1]);
            }
            if first > last {
                return Err(shape_error!("{op}: dimension {start} comes after dimension {end}"));
            }
            let shape = &self.layout.shape;
            let merged = checked_numel(op, &shape[first..=last])?;
            let shape: DimVec<usize> =
                shape[..first].iter().copied().chain([merged]).chain(shape[last + 1..].iter().copied()).collect();
            self.try_reshape(&shape[..])
        }

        /// One dimension as several; one length may be -1. The reverse of
        /// [`flatten_dims`](Tensor::flatten_dims).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([2, 12]).unflatten(1, [3, -1]).size(), [2, 3, 4]);
        /// ```
        pub fn unflatten | try_unflatten(&self, dim: i64, shape: impl IntoInts) -> Tensor {
            let dim = dimension("unflatten", dim, self.ndim())?;
            let length = *self.layout.shape.get(dim).ok_or_else(|| shape_error!("unflatten: a tensor of rank 0 has no dimension"))?;
            let parts = inferred("unflatten", length, &shape.into_ints())?;
            let old = &self.layout.shape;
            let shape: DimVec<usize> =
                old[..dim].iter().chain(&*parts).chain(&old[dim + 1..]).copied().collect();
            self.try_view(&shape[..])
        }

        /// The values repeated `times` along each dimension, as a copy. More times than dimensions add dimensions in
        /// front.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2].repeat([2, 2]).to_vec::<i64>(), [1, 2, 1, 2, 1, 2, 1, 2]);
        /// ```
        pub fn repeat | try_repeat(&self, times: impl IntoInts) -> Tensor {
            let times = lengths("repeat", &times.into_ints())?;
            let added = times.len().checked_sub(self.ndim()).ok_or_else(|| {
                shape_error!("repeat: {} dimensions need as many numbers of times, not {:?}", self.ndim(), &*times)
            })?;
            // [a, b] repeated [m, n] is [1, a, 1, b] expanded to [m, a, n, b].
            let lengths = (0..times.len()).map(|dim| if dim < added { 1 } else { self.layout.shape[dim - added] });
            let (mut apart, mut spread, mut shape) = (Vec::new(), Vec::new(), Vec::new());
            for (&times, length) in times.iter().zip(lengths) {
                apart.extend([1, length]);
                spread.extend([times, length]);
                shape.push(checked_numel("repeat", &[times, length])?);
            }
            checked_numel("repeat", &shape)?;
            let spread = self.try_reshape(apart)?.try_expand(spread)?;
            // Repeated once, it is a view so far.
            spread.clone().contiguous().try_reshape(shape)
        }

        /// [`repeat`](Tensor::repeat) that takes fewer times than there are dimensions, too: they stand for the last ones.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].tile(2).to_vec::<i64>(), [1, 2, 1, 2, 3, 4, 3, 4]);
        /// assert_eq!(tensor![1, 2].tile([2, 1]).size(), [2, 2]);
        /// ```
        pub fn tile | try_tile(&self, times: impl IntoInts) -> Tensor {
            let mut times = times.into_ints();
            while times.len() < self.ndim() {
                times.0.insert(0, 1);
            }
            self.try_repeat(times)
        }
    }

    /// The same memory and shape as `other`: `x.view(other.size())`.
    #[track_caller]
    pub fn view_as(&self, other: &Tensor) -> Tensor {
        self.view(other.size())
    }

    /// Reshaped to the shape of `other`.
    #[track_caller]
    pub fn reshape_as(&self, other: &Tensor) -> Tensor {
        self.reshape(other.size())
    }

    /// Expanded to the shape of `other`.
    #[track_caller]
    pub fn expand_as(&self, other: &Tensor) -> Tensor {
        self.expand(other.size())
    }

    /// All elements as one dimension: a view when possible, else a copy. For some of the dimensions see
    /// [`flatten_dims`](Tensor::flatten_dims).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([2, 3, 4]).flatten().size(), [24]);
    /// ```
    pub fn flatten(&self) -> Tensor {
        self.ravel()
    }

    /// The same as [`flatten`](Tensor::flatten).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([2, 3]).ravel().size(), [6]);
    /// ```
    #[doc(alias = "flat")]
    pub fn ravel(&self) -> Tensor {
        crate::error::or_raise(self.try_reshape([self.numel()]))
    }
}

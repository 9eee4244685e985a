//! Dimensions in another order, added, dropped, reversed.

use crate::autograd::record::{record_linear, records};
use crate::dim_vec::DimVec;
use crate::error::{Result, fallible, shape_error};
use crate::layout::{Layout, dimension};
use crate::size::{IntoInts, Ints};
use crate::tensor::Tensor;

/// Dimensions counted from the start, none twice.
pub(crate) fn dimensions(op: &str, dims: &Ints, rank: usize) -> Result<DimVec<usize>> {
    let mut seen: DimVec<usize> = DimVec::new();
    for &dim in dims.iter() {
        let dim = dimension(op, dim, rank)?;
        if seen.contains(&dim) {
            return Err(shape_error!("{op}: dimension {dim} is named twice in {:?}", &**dims));
        }
        seen.push(dim);
    }
    Ok(seen)
}

impl Tensor {
    pub(super) fn swapped(&self, op: &str, a: i64, b: i64) -> Result<Tensor> {
        let (a, b) = (dimension(op, a, self.ndim())?, dimension(op, b, self.ndim())?);
        let layout = if self.ndim() == 0 { self.layout.clone() } else { self.layout.transpose(a, b) };
        Ok(self.view_of(layout, "TransposeBackward0", move |gradient| gradient.transpose(a as i64, b as i64)))
    }

    pub(super) fn transposed(&self, op: &str) -> Result<Tensor> {
        let layout = match self.ndim() {
            0 | 1 => self.layout.clone(),
            2 => self.layout.transpose(0, 1),
            rank => {
                return Err(shape_error!(
                    "{op}: shape {} has {rank} dimensions, but {op} swaps just two; name them with transpose",
                    self.size()
                ));
            }
        };
        Ok(self.view_of(layout, "TBackward0", |gradient| gradient.t()))
    }

    pub(super) fn unsqueezed(&self, op: &str, dim: i64) -> Result<Tensor> {
        // One more place than there are dimensions.
        let dim = dimension(op, dim, self.ndim() + 1)?;
        let layout = self.layout.unsqueeze(dim);
        Ok(self.view_of(layout, "UnsqueezeBackward0", move |gradient| gradient.squeeze_dim(dim)))
    }

    pub(super) fn squeezed(&self, op: &str, dims: &Ints) -> Result<Tensor> {
        let dims = dimensions(op, dims, self.ndim())?;
        Ok(self.reshaped(self.layout.squeeze(|dim| !dims.contains(&dim)), "SqueezeBackward1"))
    }

    fallible! {
        /// A matrix with rows and columns swapped, as a view. Tensors of rank 0 and 1 stay as they are.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![[1, 2], [3, 4]].t().to_vec::<i64>(), [1, 3, 2, 4]);
        /// ```
        #[doc(alias = "H")]
        #[doc(alias = "T")]
        pub fn t | try_t(&self) -> Tensor {
            self.transposed("t")
        }

        /// Two dimensions swapped, as a view.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([2, 3, 4]).transpose(0, -1).size(), [4, 3, 2]);
        /// ```
        #[doc(alias = "mH")]
        #[doc(alias = "mT")]
        #[doc(alias = "matrix_transpose")]
        pub fn transpose | try_transpose(&self, dim0: i64, dim1: i64) -> Tensor {
            self.swapped("transpose", dim0, dim1)
        }

        /// The dimensions in the given order, as a view.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([2, 3, 4]).permute([2, 0, 1]).size(), [4, 2, 3]);
        /// ```
        #[doc(alias = "permute_dims")]
        pub fn permute | try_permute(&self, dims: impl IntoInts) -> Tensor {
            let dims = dims.into_ints();
            if dims.len() != self.ndim() {
                return Err(shape_error!(
                    "permute: {:?} names {} dimensions, but shape {} has {}",
                    &*dims,
                    dims.len(),
                    self.size(),
                    self.ndim()
                ));
            }
            Ok(self.permuted(dimensions("permute", &dims, self.ndim())?))
        }

        /// A new dimension of length 1 before dimension `dim`, as a view.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([3]).unsqueeze(0).size(), [1, 3]);
        /// assert_eq!(zeros([3]).unsqueeze(-1).size(), [3, 1]);
        /// ```
        #[doc(alias = "expand_dims")]
        pub fn unsqueeze | try_unsqueeze(&self, dim: i64) -> Tensor {
            self.unsqueezed("unsqueeze", dim)
        }

        /// Without the given dimensions where they have length 1, as a view.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([1, 3, 1]).squeeze_dim(0).size(), [3, 1]);
        /// assert_eq!(zeros([1, 3, 1]).squeeze_dim(1).size(), [1, 3, 1]);
        /// ```
        pub fn squeeze_dim | try_squeeze_dim(&self, dims: impl IntoInts) -> Tensor {
            self.squeezed("squeeze_dim", &dims.into_ints())
        }

        /// Dimension `source` moved to place `destination`, as a view.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([2, 3, 4]).movedim(0, 2).size(), [3, 4, 2]);
        /// ```
        #[doc(alias = "rollaxis")]
        pub fn movedim | try_movedim(&self, source: i64, destination: i64) -> Tensor {
            let (from, to) = (dimension("movedim", source, self.ndim())?, dimension("movedim", destination, self.ndim())?);
            if self.ndim() == 0 {
                return Ok(self.alias());
            }
            let mut order: DimVec<usize> = (0..self.ndim()).filter(|&dim| dim != from).collect();
            order.insert(to, from);
            Ok(self.permuted(order))
        }

        /// The given dimensions in reverse order, as a copy.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2, 3].flip(0).to_vec::<i64>(), [3, 2, 1]);
        /// ```
        pub fn flip | try_flip(&self, dims: impl IntoInts) -> Tensor {
            let dims = dimensions("flip", &dims.into_ints(), self.ndim())?;
            let layout = Layout::contiguous(self.layout.shape.clone());
            let result = Tensor::from_storage(self.backend().flip(self.elements(), &dims), layout);
            if !records(&[self]) {
                return Ok(result);
            }
            Ok(record_linear(result, "FlipBackward0", &[self], move |pass, gradient| {
                pass.give(0, || gradient.flip(&dims[..]));
                Ok(())
            }))
        }
    }

    /// The dimensions in an order that names each once.
    fn permuted(&self, order: DimVec<usize>) -> Tensor {
        let layout = self.layout.permute(&order);
        self.view_of(layout, "PermuteBackward0", move |gradient| {
            let mut back: DimVec<usize> = DimVec::filled(0, order.len());
            order.iter().enumerate().for_each(|(to, &from)| back[from] = to);
            gradient.permute(&back[..])
        })
    }

    /// A view of all elements in their order.
    pub(crate) fn reshaped(&self, layout: Layout, name: &'static str) -> Tensor {
        let shape = self.layout.shape.clone();
        self.view_of(layout, name, move |gradient| gradient.reshape(&shape[..]))
    }

    /// Without the dimensions of length 1, as a view. For one of them see [`squeeze_dim`](Tensor::squeeze_dim).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([1, 3, 1]).squeeze().size(), [3]);
    /// ```
    pub fn squeeze(&self) -> Tensor {
        self.reshaped(self.layout.squeeze(|_| false), "SqueezeBackward0")
    }
}

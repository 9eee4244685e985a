//! Methods that change the shape of the handle they are called on. Other handles keep theirs.

use crate::autograd::{changeable, is_grad_enabled};
use crate::error::{Result, fallible, value_error};
use crate::layout::Layout;
use crate::size::{IntoInts, lengths};
use crate::tensor::Tensor;

impl Tensor {
    /// Becomes a view of itself, and returns a second handle on the same memory.
    fn become_view(&mut self, op: &str, view: Tensor) -> Result<Tensor> {
        changeable(op, self)?;
        if !is_grad_enabled() && self.has_history() {
            return Err(value_error!(
                "{op}: inside no_grad(|| …) this tensor would no longer require gradients; use the operation that makes a new tensor"
            ));
        }
        *self = view;
        Ok(self.alias())
    }

    fallible! {
        /// In place: another shape, for the elements in the order in which they lie in memory. When there are more than
        /// before, the new ones are zero (PyTorch leaves them undefined).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let mut z = tensor![[1, 2], [3, 4], [5, 6]];
        /// z.resize_([2, 3]);
        /// assert_eq!(z.size(), [2, 3]);
        /// assert_eq!(z.i(0).to_vec::<i64>(), [1, 2, 3]);
        /// ```
        pub fn resize_ | try_resize_(&mut self, shape: impl IntoInts) -> Tensor {
            let shape = lengths("resize_", &shape.into_ints())?;
            if shape == self.layout.shape {
                return Ok(self.alias());
            }
            if self.requires_grad() {
                return Err(value_error!("resize_: a tensor that requires gradients keeps its size; use reshape, or x.detach()"));
            }
            let layout = Layout { offset: self.layout.offset, ..Layout::contiguous(shape) };
            let end = layout.end();
            self.backend().grow_(&self.storage, end);
            self.layout = layout;
            Ok(self.alias())
        }

        /// [`t`](Tensor::t) in place.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let mut x = zeros([2, 3]);
        /// x.t_();
        /// assert_eq!(x.size(), [3, 2]);
        /// ```
        pub fn t_ | try_t_(&mut self) -> Tensor {
            self.become_view("t_", self.transposed("t_")?)
        }

        /// [`transpose`](Tensor::transpose) in place.
        pub fn transpose_ | try_transpose_(&mut self, dim0: i64, dim1: i64) -> Tensor {
            self.become_view("transpose_", self.swapped("transpose_", dim0, dim1)?)
        }

        /// [`unsqueeze`](Tensor::unsqueeze) in place.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let mut x = zeros([3]);
        /// x.unsqueeze_(0);
        /// assert_eq!(x.size(), [1, 3]);
        /// ```
        pub fn unsqueeze_ | try_unsqueeze_(&mut self, dim: i64) -> Tensor {
            self.become_view("unsqueeze_", self.unsqueezed("unsqueeze_", dim)?)
        }

        /// [`squeeze`](Tensor::squeeze) in place.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let mut x = zeros([1, 3]);
        /// x.squeeze_();
        /// assert_eq!(x.size(), [3]);
        /// ```
        pub fn squeeze_ | try_squeeze_(&mut self) -> Tensor {
            self.become_view("squeeze_", self.squeeze())
        }

        /// [`squeeze_dim`](Tensor::squeeze_dim) in place.
        pub fn squeeze_dim_ | try_squeeze_dim_(&mut self, dims: impl IntoInts) -> Tensor {
            self.become_view("squeeze_dim_", self.squeezed("squeeze_dim_", &dims.into_ints())?)
        }
    }
}

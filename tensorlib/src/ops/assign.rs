//! Writing into a tensor: one value, another tensor, or another function of itself.

use crate::autograd::record::{overwrite, records};
use crate::backend::backend_of;
use crate::error::{Result, fallible};
use crate::layout::memory_order;
use crate::operand::{IntoOperand, Operand};
use crate::scalar::Scalar;
use crate::tensor::Tensor;

/// Copies `source`, broadcast and converted, into `target`.
pub(crate) fn copy(op: &str, target: &Tensor, source: &Tensor) -> Result<()> {
    super::binary::writable(op, target)?;
    if records(&[target, source]) {
        overwrite(op, target, source)?;
        return Ok(());
    }
    let backend = backend_of(op, &[target, source])?;
    let layout = source.layout.expand(op, &target.layout.shape)?;
    let dtype = target.dtype();
    let copied =
        if source.dtype() == dtype { super::binary::apart(target, source) } else { Some(source.converted(dtype)) };
    let (source, layout) = match &copied {
        Some(copy) => (copy, copy.layout.expand(op, &target.layout.shape)?),
        None => (source, layout),
    };
    let order = memory_order(&[&target.layout]);
    let (of_target, layout) = (target.layout.permute(&order), layout.permute(&order));
    backend.copy_(target.elements_as(&of_target), source.elements_as(&layout));
    Ok(())
}

/// Writes `value` everywhere.
pub(crate) fn fill(op: &str, target: &Tensor, value: Scalar) -> Result<()> {
    // Every index of an expanded tensor gets the same value, so overlap does no harm; PyTorch refuses it all the same.
    super::binary::writable(op, target)?;
    if records(&[target]) {
        overwrite(op, target, &crate::create::filled(crate::dim_vec::DimVec::new(), target.dtype(), value))?;
        return Ok(());
    }
    let of_target = target.layout.permute(&memory_order(&[&target.layout]));
    target.backend().fill_(target.elements_as(&of_target), value);
    Ok(())
}

impl Tensor {
    fallible! {
        /// In place: every element becomes `value`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = zeros([2, 2]);
        /// x.i((.., 1)).fill_(5.0);
        /// assert_eq!(x.to_vec::<f32>(), [0.0, 5.0, 0.0, 5.0]);
        /// ```
        #[doc(alias = "fill")]
        pub fn fill_ | try_fill_(&self, value: impl Into<Scalar>) -> Tensor {
            fill("fill_", self, value.into())?;
            Ok(self.alias())
        }

        /// In place: every element becomes zero.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(ones([2]).zero_().to_vec::<f32>(), [0.0, 0.0]);
        /// ```
        pub fn zero_ | try_zero_(&self) -> Tensor {
            fill("zero_", self, Scalar::Int(0))?;
            Ok(self.alias())
        }

        /// In place: takes the values of `source`, broadcast to this shape and converted to this element type.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = zeros([2, 2]);
        /// x.copy_([1, 2]);
        /// assert_eq!(x.to_vec::<f32>(), [1.0, 2.0, 1.0, 2.0]);
        /// ```
        #[doc(alias = "copyto")]
        pub fn copy_ | try_copy_<'a>(&self, source: impl IntoOperand<'a>) -> Tensor {
            match source.into_operand() {
                Operand::Number(number) => fill("copy_", self, number)?,
                other => copy("copy_", self, &other.to_tensor(self.dtype())?)?,
            }
            Ok(self.alias())
        }
    }

    /// A tensor with these elements in row-major order without gaps: an alias when they lie so already, else a copy.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = zeros([2, 3]).t();
    /// assert!(!x.is_contiguous());
    /// assert!(x.contiguous().is_contiguous());
    /// ```
    #[doc(alias = "ascontiguousarray")]
    pub fn contiguous(&self) -> Tensor {
        if self.is_contiguous() { self.alias() } else { self.recorded_copy(self.copied()) }
    }
}

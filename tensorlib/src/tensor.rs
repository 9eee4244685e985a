//! The tensor itself, and how to look at it.

use std::sync::Arc;

use crate::autograd::History;
use crate::autograd::record::{record_linear, records};
use crate::backend;
use crate::device::{Device, Target};
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::element::Element;
use crate::error::{Result, fallible, or_raise, shape_error, value_error};
use crate::layout::Layout;
use crate::memory::allocator;
use crate::memory::buffer::AlignedBuf;
use crate::promotion::PromotionPriority;
use crate::scalar::Scalar;
use crate::size::Size;
use crate::storage::{Buffer, Storage};

/// An array of numbers of any rank: a handle on shared memory with a shape.
///
/// * Views (`i`, `t`, `view`, `expand`, …) share memory with the tensor they come from, as in PyTorch: what an in-place
///   method (with a trailing underscore) changes, all of them see.
/// * `clone()` copies, as PyTorch's does; [`alias`](Tensor::alias) is a second handle on the same memory.
/// * Tensors may be sent to and used from several threads. In-place operations on shared memory happen one after the
///   other.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let x = tensor![[1.0, 2.0], [3.0, 4.0]];
/// let row = x.i(0);
/// row.mul_(10.0);
/// assert_eq!(x.to_vec::<f32>(), [10.0, 20.0, 3.0, 4.0]);
/// ```
pub struct Tensor {
    pub(crate) storage: Arc<Storage>,
    pub(crate) layout: Layout,
    /// How the values were computed, as gradients need it.
    pub(crate) history: History,
}

impl Clone for Tensor {
    /// A copy of the values, in new memory.
    fn clone(&self) -> Tensor {
        self.recorded_copy(self.cloned())
    }
}

impl Tensor {
    /// [`clone`](Tensor::clone) of the values.
    fn cloned(&self) -> Tensor {
        if self.layout.is_contiguous() || !self.layout.is_dense() {
            return self.copied();
        }
        // Elements keep their order in memory, as in PyTorch: that copy is the fastest.
        let line = Layout { offset: self.layout.offset, ..Layout::contiguous(DimVec::from_slice(&[self.numel()])) };
        let layout = Layout { offset: 0, ..self.layout.clone() };
        self.with_layout(line).copied().laid_out(layout)
    }

    /// A copy of this tensor's values, to which its gradients lead.
    pub(crate) fn recorded_copy(&self, copy: Tensor) -> Tensor {
        if !records(&[self]) {
            return copy;
        }
        record_linear(copy, "CloneBackward0", &[self], |pass, gradient| {
            pass.give(0, || gradient);
            Ok(())
        })
    }
}

impl std::fmt::Display for Tensor {
    /// PyTorch's print format.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::render::to_text(self))
    }
}

impl std::fmt::Debug for Tensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl Tensor {
    /// Values in row-major order as a tensor. Their number must be that of the shape.
    #[inline]
    pub(crate) fn from_values<T: Element>(values: impl Into<AlignedBuf<T>>, shape: DimVec<usize>) -> Tensor {
        Tensor::from_storage(Storage::new(values.into()), Layout::contiguous(shape))
    }

    /// The one way to make a tensor that is not a view of another.
    #[inline]
    pub(crate) fn from_storage(storage: Arc<Storage>, layout: Layout) -> Tensor {
        Tensor { storage, layout, history: History::Own }
    }

    /// A copy of the values in row-major order.
    pub(crate) fn copied(&self) -> Tensor {
        self.converted(self.dtype())
    }

    /// The same with another element type.
    pub(crate) fn converted(&self, dtype: DType) -> Tensor {
        Tensor::from_storage(self.backend().copy(self.elements(), dtype), Layout::contiguous(self.layout.shape.clone()))
    }

    /// The values with an element type: themselves when they have it, else a copy, which `room` keeps.
    #[inline]
    pub(crate) fn typed<'a>(&'a self, dtype: DType, room: &'a mut Option<Tensor>) -> &'a Tensor {
        if self.dtype() == dtype { self } else { room.insert(self.converted(dtype)) }
    }

    /// Other elements of the same memory, or in another order, as values only: gradients know nothing of such a tensor.
    /// For use inside operations; [`view_of`](Tensor::view_of) and similar functions make the tensors that users get.
    #[inline]
    pub(crate) fn with_layout(&self, layout: Layout) -> Tensor {
        debug_assert!(layout.numel() == 0 || layout.end() <= self.storage.len(), "a view must stay inside its storage");
        Tensor { storage: self.storage.clone(), layout, history: History::Values }
    }

    /// A tensor that was just made, with another layout.
    #[inline]
    pub(crate) fn laid_out(self, layout: Layout) -> Tensor {
        Tensor::from_storage(self.storage, layout)
    }

    /// The same elements as values only; see [`with_layout`](Tensor::with_layout).
    #[inline]
    pub(crate) fn values(&self) -> Tensor {
        Tensor { storage: self.storage.clone(), layout: self.layout.clone(), history: History::Values }
    }

    /// How strongly the dtype counts in promotion.
    pub(crate) fn promotion(&self) -> (DType, PromotionPriority) {
        (
            self.dtype(),
            if self.layout.rank() == 0 { PromotionPriority::ZeroRank } else { PromotionPriority::Dimensioned },
        )
    }

    /// A second handle on the same memory, with the same shape.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = zeros([2]);
    /// let same = x.alias();
    /// same.add_(1.0);
    /// assert_eq!(x.to_vec::<f32>(), [1.0, 1.0]);
    /// ```
    #[inline]
    pub fn alias(&self) -> Tensor {
        Tensor { storage: self.storage.clone(), layout: self.layout.clone(), history: self.history.clone() }
    }

    /// The length of every dimension.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([3, 2]).size().to_string(), "[3, 2]");
    /// ```
    #[doc(alias = "ncols")]
    #[doc(alias = "nrows")]
    #[inline]
    pub fn size(&self) -> Size {
        Size(self.layout.shape.clone())
    }

    /// The length of every dimension; the same as [`size`](Tensor::size).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([3, 2]).shape()[0], 3);
    /// ```
    #[inline]
    pub fn shape(&self) -> Size {
        self.size()
    }

    /// The number of dimensions.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([3, 2]).ndim(), 2);
    /// ```
    #[doc(alias = "rank")]
    #[inline]
    pub fn ndim(&self) -> usize {
        self.layout.rank()
    }

    /// The number of dimensions; PyTorch's other name for [`ndim`](Tensor::ndim).
    #[inline]
    pub fn dim(&self) -> usize {
        self.layout.rank()
    }

    /// The number of elements.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([3, 2]).numel(), 6);
    /// ```
    #[doc(alias = "elem_count")]
    #[inline]
    pub fn numel(&self) -> usize {
        self.layout.numel()
    }

    fallible! {
        /// The length of dimension 0, as Python's `len(x)`; for the number of elements see [`numel`](Tensor::numel).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([3, 2]).len(), 3);
        /// ```
        pub fn len | try_len(&self) -> usize {
            self.layout.shape.first().copied().ok_or_else(|| shape_error!("len: a tensor of rank 0 has no length"))
        }
    }

    /// Whether there are no elements.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(zeros([3, 0]).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.numel() == 0
    }

    /// The element type.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1, 2].dtype(), DType::I64);
    /// ```
    #[inline]
    pub fn dtype(&self) -> DType {
        self.storage.dtype()
    }

    /// Where the elements are.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([2]).device(), Device::Cpu);
    /// ```
    #[inline]
    pub fn device(&self) -> Device {
        self.storage.device()
    }

    /// For each dimension, how many elements further in memory the next index lies.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([2, 3]).stride(), [3, 1]);
    /// assert_eq!(zeros([2, 3]).t().stride(), [1, 3]);
    /// ```
    #[doc(alias = "strides")]
    pub fn stride(&self) -> Vec<usize> {
        self.layout.strides.to_vec()
    }

    /// Where in the shared memory the first element lies.
    pub fn storage_offset(&self) -> usize {
        self.layout.offset
    }

    /// Whether elements lie in memory in row-major order without gaps.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(!zeros([3, 2]).t().is_contiguous());
    /// ```
    #[inline]
    pub fn is_contiguous(&self) -> bool {
        self.layout.is_contiguous()
    }

    /// Whether two tensors share memory, so that in-place changes of one may be seen in the other.
    #[doc(alias = "is_set_to")]
    #[doc(alias = "may_share_memory")]
    pub fn shares_memory(&self, other: &Tensor) -> bool {
        Arc::ptr_eq(&self.storage, &other.storage)
    }

    /// All values in row-major order, converted to `T`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(arange(3).to_vec::<f64>(), [0.0, 1.0, 2.0]);
    /// ```
    #[doc(alias = "as_slice")]
    #[doc(alias = "list")]
    #[doc(alias = "to_slice")]
    #[doc(alias = "to_vec1")]
    #[doc(alias = "to_vec2")]
    #[doc(alias = "tolist")]
    pub fn to_vec<T: Element>(&self) -> Vec<T> {
        let mut values = T::wrap(allocator::zeros(self.numel()).into());
        self.backend().read(self.elements(), &mut values);
        T::unwrap(values).into_vec()
    }

    fallible! {
        /// The same values with another element type, on another device, or both: an alias when they have it, else a copy.
        /// A tensor stands for its own type and device. Fractions are cut off; everything but zero is `true`, NaN too.
        ///
        /// Numbers out of the type's range: whole numbers wrap. Floating-point numbers become the nearest `i64`, NaN
        /// becomes 0; as `i32` or `u8` that wraps. (In PyTorch these are undefined and depend on the processor.)
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1.7, -1.7].to(DType::I64).to_vec::<i64>(), [1, -1]);
        /// assert_eq!(tensor![1e30, -1e30, f64::NAN].to(DType::I64).to_vec::<i64>(), [i64::MAX, i64::MIN, 0]);
        /// assert_eq!(tensor![257.0, -1.0].to(DType::U8).to_vec::<u8>(), [1, 255]);
        /// let x = tensor![1, 2].to(Device::Cpu);
        /// assert_eq!(x.to(&zeros([1])).dtype(), DType::F32);
        /// assert_eq!(x.to((Device::Cpu, DType::F64)).dtype(), DType::F64);
        /// ```
        #[doc(alias = "astype")]
        #[doc(alias = "to_device")]
        #[doc(alias = "to_dtype")]
        #[doc(alias = "type")]
        pub fn to | try_to(&self, target: impl Into<Target>) -> Tensor {
            let Target { dtype, device } = target.into();
            let x = match device {
                Some(device) if device != self.device() => self.moved("to", device)?,
                _ => self.alias(),
            };
            Ok(match dtype {
                Some(dtype) => x.to_dtype(dtype),
                None => x,
            })
        }
    }

    /// [`to`](Tensor::to) another element type, which always succeeds.
    pub(crate) fn to_dtype(&self, dtype: DType) -> Tensor {
        if self.dtype() == dtype {
            return self.alias();
        }
        let result = self.converted(dtype);
        if !dtype.is_floating_point() { result } else { self.recorded_transfer(result) }
    }

    /// A copy on another device.
    fn moved(&self, op: &str, device: Device) -> Result<Tensor> {
        device.check(op)?;
        let mut values = Buffer::zeros(self.dtype(), self.numel());
        self.backend().read(self.elements(), &mut values);
        let layout = Layout::contiguous(self.layout.shape.clone());
        Ok(self.recorded_transfer(Tensor::from_storage(backend::on(device).upload(values), layout)))
    }

    /// These values in another type or place, to which the gradients of that copy lead.
    fn recorded_transfer(&self, copy: Tensor) -> Tensor {
        if !records(&[self]) {
            return copy;
        }
        let device = self.device();
        record_linear(copy, "ToCopyBackward0", &[self], move |pass, gradient| {
            pass.give(0, || gradient.to(device));
            Ok(())
        })
    }

    /// As `f32`; see [`to`](Tensor::to).
    pub fn float(&self) -> Tensor {
        self.to_dtype(DType::F32)
    }

    /// As `f64`; see [`to`](Tensor::to).
    pub fn double(&self) -> Tensor {
        self.to_dtype(DType::F64)
    }

    /// As `i32`; see [`to`](Tensor::to). Fractions are cut off.
    pub fn int(&self) -> Tensor {
        self.to_dtype(DType::I32)
    }

    /// As `i64`; see [`to`](Tensor::to). Fractions are cut off.
    pub fn long(&self) -> Tensor {
        self.to_dtype(DType::I64)
    }

    /// As `u8`; see [`to`](Tensor::to).
    pub fn byte(&self) -> Tensor {
        self.to_dtype(DType::U8)
    }

    /// As `bool`; see [`to`](Tensor::to). Everything but zero is `true`.
    pub fn bool(&self) -> Tensor {
        self.to_dtype(DType::Bool)
    }

    /// The only element as a plain number.
    pub(crate) fn try_scalar(&self, op: &str) -> Result<Scalar> {
        if self.numel() != 1 {
            return Err(value_error!(
                "{op}: a tensor of shape {} has {} elements; only a tensor with one element is a number",
                self.size(),
                self.numel()
            ));
        }
        Ok(self.backend().pick_one(&self.storage, self.layout.offset))
    }

    /// The only element of a tensor that has just one.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1.0, 2.0].sum().item::<f32>(), 3.0);
    /// ```
    #[doc(alias = "is_nonzero")]
    #[doc(alias = "to_scalar")]
    #[track_caller]
    pub fn item<T: Element>(&self) -> T {
        or_raise(self.try_item())
    }

    /// [`item`](Tensor::item) with the error as a value.
    pub fn try_item<T: Element>(&self) -> Result<T> {
        self.try_scalar("item").map(T::from_scalar)
    }
}

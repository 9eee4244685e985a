//! ndarray's arrays as tensors and the reverse.
//!
//! | from → to | memory |
//! |---|---|
//! | [`SharedArray::from`] an owned array | moved |
//! | [`from_ndarray`]`(&shared)`, [`Tensor::shared_array`] | **shared**, both ways |
//! | `Tensor::from(array)` | moved |
//! | `Tensor::from(array.view())` | copied |
//! | [`Tensor::to_ndarray`], [`SharedArray::to_ndarray`] | copied |
//! | [`Tensor::into_ndarray`], [`SharedArray::into_ndarray`] | moved when it came from a vector or an array and has no other owner, else copied |
//! | [`Tensor::with_ndarray`], [`SharedArray::with`], [`SharedArray::with_mut`] | a view for the time of a call |
//!
//! An ndarray `Array` is the only owner of its memory, and Rust lets no other code change it; so an array that shares
//! its memory with tensors is a [`SharedArray`], which lends it as an ndarray view.

use std::fmt;
use std::sync::Arc;

use ndarray::{Array, ArrayD, ArrayView, ArrayViewD, ArrayViewMutD, Dimension, IxDyn, ShapeBuilder};

use crate::autograd::is_grad_enabled;
use crate::device::Device;
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::element::{Element, with_dtype};
use crate::error::{Error, Result, device_error, dtype_error, fallible, or_raise, value_error};
use crate::layout::Layout;
use crate::ops::binary::writable;
use crate::size::Size;
use crate::tensor::Tensor;

/// An ndarray array whose memory tensors can share.
///
/// ```
/// use ndarray::array;
/// use tensorlib::prelude::*;
///
/// let a = SharedArray::from(array![[1.0, 2.0], [3.0, 4.0]]);
/// let b = from_ndarray(&a);
/// b.mul_(2.0);
/// assert_eq!(a.to_ndarray::<f64>(), array![[2.0, 4.0], [6.0, 8.0]].into_dyn());
/// a.with_mut(|mut view: ndarray::ArrayViewMutD<f64>| view[[0, 0]] = -1.0);
/// assert_eq!(b.i((0, 0)).item::<f64>(), -1.0);
/// ```
pub struct SharedArray {
    tensor: Tensor,
}

/// A tensor on the memory of an array: what one changes, the other sees. PyTorch's `from_numpy`.
#[doc(alias = "from_numpy")]
pub fn from_ndarray(array: &SharedArray) -> Tensor {
    // An array has no gradients: asking this tensor for them is no matter of other tensors on the array's memory.
    array.tensor.detach()
}

fn same_type<T: Element>(op: &str, dtype: DType) -> Result<()> {
    if dtype != T::DTYPE {
        return Err(dtype_error!(
            "{op}: the elements are {dtype}, not {}; name the right type, or convert with to()",
            T::DTYPE
        ));
    }
    Ok(())
}

/// ndarray sees the processor's memory alone.
fn here(op: &str, tensor: &Tensor) -> Result<()> {
    match tensor.device() {
        Device::Cpu => Ok(()),
        device => Err(device_error!("{op}: the elements are on {device}; bring them here with to(Device::Cpu)")),
    }
}

/// Lends the elements as an ndarray view.
fn lend<T: Element, R>(op: &str, tensor: &Tensor, body: impl FnOnce(ArrayViewD<'_, T>) -> R) -> Result<R> {
    same_type::<T>(op, tensor.dtype())?;
    here(op, tensor)?;
    let guard = tensor.storage.read();
    let _lent = tensor.storage.lend();
    let layout = &tensor.layout;
    let elements = if layout.numel() == 0 { &[] } else { &T::of(&guard)[layout.offset..layout.end()] };
    let shape = IxDyn(&layout.shape).strides(IxDyn(&layout.strides));
    let view = if layout.numel() == 0 {
        ArrayView::from_shape(IxDyn(&layout.shape), elements)
    } else {
        ArrayView::from_shape(shape, elements)
    };
    match view {
        Ok(view) => Ok(body(view)),
        Err(error) => Err(value_error!("{op}: ndarray has no view of shape {}: {error}", tensor.size())),
    }
}

/// Values in row-major order, moved out when possible.
fn take<T: Element>(op: &str, mut tensor: Tensor) -> Result<ArrayD<T>> {
    same_type::<T>(op, tensor.dtype())?;
    let shape = IxDyn(&tensor.layout.shape);
    let numel = tensor.numel();
    let whole = tensor.layout.is_contiguous() && tensor.layout.offset == 0 && tensor.device() == Device::Cpu;
    let values = match Arc::get_mut(&mut tensor.storage) {
        Some(storage) if whole => {
            let mut values = T::unwrap(std::mem::replace(storage.get_mut(), T::wrap(Vec::new().into()))).into_vec();
            values.truncate(numel);
            values
        }
        _ => tensor.to_vec::<T>(),
    };
    Array::from_shape_vec(shape, values).map_err(|error| value_error!("{op}: {error}"))
}

impl<T: Element, D: Dimension> From<Array<T, D>> for Tensor {
    /// Takes the array's memory.
    fn from(array: Array<T, D>) -> Tensor {
        let shape: DimVec<usize> = array.shape().iter().copied().collect();
        let strides: Option<Vec<usize>> = array.strides().iter().map(|&stride| usize::try_from(stride).ok()).collect();
        match strides {
            Some(strides) if !array.is_empty() => {
                let strides = DimVec::from_slice(&strides);
                let (values, offset) = array.into_raw_vec_and_offset();
                let layout = Layout { shape, strides, offset: offset.unwrap_or(0) };
                Tensor::from_storage(crate::storage::Storage::new(values.into()), layout)
            }
            // Reversed dimensions have no strides here.
            _ => Tensor::from_values(array.iter().copied().collect::<Vec<T>>(), shape),
        }
    }
}

impl<T: Element, D: Dimension> From<ArrayView<'_, T, D>> for Tensor {
    /// Copies the elements.
    fn from(view: ArrayView<'_, T, D>) -> Tensor {
        Tensor::from_values(view.iter().copied().collect::<Vec<T>>(), view.shape().iter().copied().collect())
    }
}

impl<T: Element, D: Dimension> From<&Array<T, D>> for Tensor {
    /// Copies the elements.
    fn from(array: &Array<T, D>) -> Tensor {
        Tensor::from(array.view())
    }
}

impl<T: Element, D: Dimension> From<Array<T, D>> for SharedArray {
    /// Takes the array's memory.
    fn from(array: Array<T, D>) -> SharedArray {
        SharedArray { tensor: Tensor::from(array) }
    }
}

impl Tensor {
    fallible! {
        /// An array on this tensor's memory: what one changes, the other sees. PyTorch's `numpy()`.
        ///
        /// Gradients would not notice what changes the array, so a tensor that requires them is refused outside
        /// [`no_grad`](crate::autograd::no_grad).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = zeros([2]);
        /// let array = x.shared_array();
        /// x.add_(1.0);
        /// assert_eq!(array.to_ndarray::<f32>(), ndarray::array![1.0, 1.0].into_dyn());
        ///
        /// let w = zeros([2]).requires_grad_(true);
        /// assert_eq!(
        ///     w.try_shared_array().unwrap_err().to_string(),
        ///     "shared_array: this tensor requires gradients, and changes of the array would go unnoticed; use x.detach().shared_array()"
        /// );
        /// assert!(w.detach().shared_array().size() == [2]);
        /// ```
        #[doc(alias = "numpy")]
        pub fn shared_array | try_shared_array(&self) -> SharedArray {
            if self.requires_grad() && is_grad_enabled() {
                return Err(value_error!(
                    "shared_array: this tensor requires gradients, and changes of the array would go unnoticed; use x.detach().shared_array()"
                ));
            }
            Ok(SharedArray { tensor: self.detach() })
        }
    }

    /// A copy of the values, converted to `T`, as an ndarray array.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![[1, 2]].to_ndarray::<f32>(), ndarray::array![[1.0, 2.0]].into_dyn());
    /// ```
    pub fn to_ndarray<T: Element>(&self) -> ArrayD<T> {
        or_raise(take("to_ndarray", Tensor::from_values(self.to_vec::<T>(), self.layout.shape.clone())))
    }

    /// The values as an ndarray array, without copying when the memory came from a vector or an
    /// array and no other handle shares it.
    #[track_caller]
    pub fn into_ndarray<T: Element>(self) -> ArrayD<T> {
        or_raise(self.try_into_ndarray())
    }

    /// [`into_ndarray`](Tensor::into_ndarray) with the error as a value.
    pub fn try_into_ndarray<T: Element>(self) -> Result<ArrayD<T>> {
        take("into_ndarray", self)
    }

    /// Lends the elements as an ndarray view, without copying, for the time of a call. A call that changes tensors that
    /// share this memory panics.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let sum = tensor![1.0, 2.0].with_ndarray(|view: ndarray::ArrayViewD<f32>| view.sum());
    /// assert_eq!(sum, 3.0);
    /// ```
    #[track_caller]
    pub fn with_ndarray<T: Element, R>(&self, body: impl FnOnce(ArrayViewD<'_, T>) -> R) -> R {
        or_raise(lend("with_ndarray", self, body))
    }
}

impl SharedArray {
    /// The length of every dimension.
    pub fn size(&self) -> Size {
        self.tensor.size()
    }

    /// The element type.
    pub fn dtype(&self) -> DType {
        self.tensor.dtype()
    }

    /// A copy of the values, converted to `T`, as an ndarray array.
    pub fn to_ndarray<T: Element>(&self) -> ArrayD<T> {
        self.tensor.to_ndarray()
    }

    /// The values as an ndarray array, without copying when no tensor shares the memory.
    #[track_caller]
    pub fn into_ndarray<T: Element>(self) -> ArrayD<T> {
        or_raise(take("into_ndarray", self.tensor))
    }

    /// Lends the elements as an ndarray view for the time of a call. A call that changes tensors that share them panics.
    #[track_caller]
    pub fn with<T: Element, R>(&self, body: impl FnOnce(ArrayViewD<'_, T>) -> R) -> R {
        or_raise(lend("with", &self.tensor, body))
    }

    /// Lends the elements as a writable ndarray view for the time of a call. A call that uses tensors that share them
    /// panics.
    #[track_caller]
    pub fn with_mut<T: Element, R>(&self, body: impl FnOnce(ArrayViewMutD<'_, T>) -> R) -> R {
        or_raise(self.try_with_mut(body))
    }

    fn try_with_mut<T: Element, R>(&self, body: impl FnOnce(ArrayViewMutD<'_, T>) -> R) -> Result<R> {
        let tensor = &self.tensor;
        same_type::<T>("with_mut", tensor.dtype())?;
        writable("with_mut", tensor)?;
        here("with_mut", tensor)?;
        let layout = &tensor.layout;
        let mut guard = tensor.storage.write();
        let _lent = tensor.storage.lend();
        let refused =
            |error| -> Error { value_error!("with_mut: ndarray has no view of shape {}: {error}", tensor.size()) };
        if layout.numel() == 0 {
            return ArrayViewMutD::from_shape(IxDyn(&layout.shape), &mut []).map(body).map_err(refused);
        }
        let elements = &mut T::of_mut(&mut guard)[layout.offset..layout.end()];
        let shape = IxDyn(&layout.shape).strides(IxDyn(&layout.strides));
        ArrayViewMutD::from_shape(shape, elements).map(body).map_err(refused)
    }
}

impl Clone for SharedArray {
    /// A copy of the values, in new memory, as ndarray's `clone`.
    fn clone(&self) -> SharedArray {
        SharedArray { tensor: self.tensor.clone() }
    }
}

impl fmt::Display for SharedArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        with_dtype!(self.dtype(), T => {
            or_raise(lend("display", &self.tensor, |view: ArrayViewD<'_, T>| fmt::Display::fmt(&view, f)))
        })
    }
}

impl fmt::Debug for SharedArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

//! Tensors from values at hand, and tensors of one value.

use crate::backend;
use crate::device::Device;
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::element::Element;
use crate::error::fallible;
use crate::layout::Layout;
use crate::scalar::Scalar;
use crate::size::{IntoInts, lengths};
use crate::tensor::Tensor;

/// `value` everywhere, in the processor's memory.
pub(crate) fn filled(shape: DimVec<usize>, dtype: DType, value: Scalar) -> Tensor {
    filled_on(Device::Cpu, shape, dtype, value)
}

/// `value` everywhere.
pub(crate) fn filled_on(device: Device, shape: DimVec<usize>, dtype: DType, value: Scalar) -> Tensor {
    let layout = Layout::contiguous(shape);
    Tensor::from_storage(backend::on(device).full(dtype, layout.numel(), value), layout)
}

/// A tensor of rank 1 that takes the memory of `values`. The element type is the vector's; for PyTorch's choice, `f32` for
/// decimals, see [`tensor`](crate::tensor()). Another shape costs nothing: `from_vec(values).view([2, 3])`.
///
/// ```
/// # use tensorlib::prelude::*;
/// let x = from_vec(vec![1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]).view([2, 3]);
/// assert_eq!(x.i((1, 0)).item::<f32>(), 4.0);
/// assert_eq!(from_vec(vec![0.5]).dtype(), DType::F64);
/// ```
pub fn from_vec<T: Element>(values: Vec<T>) -> Tensor {
    let shape = DimVec::from_slice(&[values.len()]);
    Tensor::from_values(values, shape)
}

/// A tensor of rank 1 with a copy of `values`. The element type is the slice's, as for [`from_vec`].
///
/// ```
/// # use tensorlib::prelude::*;
/// let values = [1i32, 2, 3];
/// assert_eq!(from_slice(&values[1..]).to_vec::<i32>(), [2, 3]);
/// ```
#[doc(alias = "frombuffer")]
pub fn from_slice<T: Element>(values: &[T]) -> Tensor {
    from_vec(values.to_vec())
}

/// A tensor of rank zero: a number.
///
/// ```
/// # use tensorlib::prelude::*;
/// assert_eq!(scalar(2.5).ndim(), 0);
/// assert_eq!(scalar(7).dtype(), DType::I64);
/// ```
#[doc(alias = "scalar_tensor")]
pub fn scalar(value: impl Into<Scalar>) -> Tensor {
    let value = value.into();
    filled(DimVec::new(), value.dtype(), value)
}

fallible! {
    /// Zeros, as `f32`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([2, 3]).size(), [2, 3]);
    /// assert_eq!(try_zeros([-1]).unwrap_err().to_string(), "zeros: shape [-1] has a negative length, -1; lengths are 0 or more");
    /// ```
    pub fn zeros | try_zeros(shape: impl IntoInts) -> Tensor {
        Ok(filled(lengths("zeros", &shape.into_ints())?, DType::F32, Scalar::Int(0)))
    }

    /// Ones, as `f32`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(ones([2]).to_vec::<f32>(), [1.0, 1.0]);
    /// ```
    pub fn ones | try_ones(shape: impl IntoInts) -> Tensor {
        Ok(filled(lengths("ones", &shape.into_ints())?, DType::F32, Scalar::Int(1)))
    }

    /// A tensor to be filled later, as `f32`. Its values are zero here; PyTorch leaves them undefined.
    pub fn empty | try_empty(shape: impl IntoInts) -> Tensor {
        Ok(filled(lengths("empty", &shape.into_ints())?, DType::F32, Scalar::Int(0)))
    }

    /// `value` everywhere; whole numbers give `i64`, others `f32`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(full([2], 7.5).to_vec::<f32>(), [7.5, 7.5]);
    /// assert_eq!(full([2], 7).dtype(), DType::I64);
    /// ```
    pub fn full | try_full(shape: impl IntoInts, value: impl Into<Scalar>) -> Tensor {
        let value = value.into();
        Ok(filled(lengths("full", &shape.into_ints())?, value.dtype(), value))
    }
}

/// Zeros with the shape and element type of `x`.
///
/// ```
/// # use tensorlib::prelude::*;
/// assert_eq!(zeros_like(&tensor![1, 2]).to_vec::<i64>(), [0, 0]);
/// ```
pub fn zeros_like(x: &Tensor) -> Tensor {
    filled_on(x.device(), x.layout.shape.clone(), x.dtype(), Scalar::Int(0))
}

/// Ones with the shape and element type of `x`.
///
/// ```
/// # use tensorlib::prelude::*;
/// assert_eq!(ones_like(&tensor![5, 7]).to_vec::<i64>(), [1, 1]);
/// ```
pub fn ones_like(x: &Tensor) -> Tensor {
    filled_on(x.device(), x.layout.shape.clone(), x.dtype(), Scalar::Int(1))
}

/// A tensor to be filled later (zeros here) with the shape and element type of `x`.
///
/// ```
/// # use tensorlib::prelude::*;
/// assert_eq!(empty_like(&tensor![5, 7]).size(), [2]);
/// ```
pub fn empty_like(x: &Tensor) -> Tensor {
    zeros_like(x)
}

/// `value` everywhere, with the shape and element type of `x`.
///
/// ```
/// # use tensorlib::prelude::*;
/// assert_eq!(full_like(&tensor![5.0, 7.0], 2).to_vec::<f32>(), [2.0, 2.0]);
/// ```
#[doc(alias = "fill")]
pub fn full_like(x: &Tensor, value: impl Into<Scalar>) -> Tensor {
    filled_on(x.device(), x.layout.shape.clone(), x.dtype(), value.into())
}

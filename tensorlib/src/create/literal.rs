//! `tensor!`: nested literals as tensors.

use crate::dim_vec::DimVec;
use crate::element::Element;
use crate::error::{Result, or_raise, shape_error};
use crate::size::Int;
use crate::tensor::Tensor;

/// A tensor from nested literals: `tensor![1, 2]`, `tensor![[1.0, 2.0], [3.0, 4.0]]`.
///
/// As in PyTorch, literals with a point give `f32` and whole numbers give `i64`; name another type after a semicolon.
/// Vectors and arrays may stand in it too. What is already a list becomes a tensor by the function of the same name,
/// [`tensor(list)`](crate::tensor()).
///
/// ```
/// use tensorlib::prelude::*;
///
/// let x = tensor![[1.0, 2.0], [3.0, 4.0]];
/// assert_eq!((x.size().to_string(), x.dtype()), ("[2, 2]".to_string(), DType::F32));
/// assert_eq!(tensor![1, 2, 3].dtype(), DType::I64);
/// assert_eq!(tensor![true, false].dtype(), DType::Bool);
/// assert_eq!(tensor![0.1, 0.2; f64].dtype(), DType::F64);
/// let rows = vec![vec![1.0, 2.0], vec![3.0, 4.0]];
/// assert_eq!(tensor!(rows).size(), [1, 2, 2]);
/// ```
#[macro_export]
macro_rules! tensor {
    () => { $crate::zeros([0]) };
    ($($item:expr),+ $(,)? ; $dtype:ident) => { $crate::from_literal::<_, $dtype>([$($item),+]) };
    ($($item:expr),+ $(,)?) => { $crate::tensor([$($item),+]) };
}

/// What can stand in [`tensor!`](crate::tensor!) and wherever a tensor is read: numbers, and arrays, vectors and slices of
/// what can stand in it.
#[diagnostic::on_unimplemented(
    message = "a tensor cannot be made of `{Self}`",
    label = "holds neither numbers nor booleans",
    note = "numbers, and arrays, vectors and slices of numbers, can stand here"
)]
pub trait Literal {
    /// The type its elements are written in.
    type Written: Element;
    /// The type its elements get when none is asked for.
    type Default: Element;
    /// Adds this level's length, and those within, to the shape.
    #[doc(hidden)]
    fn literal_shape(&self, shape: &mut Vec<usize>);
    /// Adds the elements in row-major order; false when lengths differ from the shape.
    #[doc(hidden)]
    fn extend_values(&self, shape: &[usize], values: &mut Vec<Self::Written>) -> bool;
}

macro_rules! leaf {
    ($($ty:ty as $written:ty => $default:ty: |$value:ident| $of:expr;)*) => { $(
        impl Literal for $ty {
            type Written = $written;
            type Default = $default;
            fn literal_shape(&self, _: &mut Vec<usize>) {}
            fn extend_values(&self, _: &[usize], values: &mut Vec<$written>) -> bool {
                let $value = *self;
                values.push($of);
                true
            }
        }
    )* };
}
leaf! {
    f64 as f64 => f32: |value| value;
    f32 as f32 => f32: |value| value;
    i32 as i32 => i64: |value| value;
    i64 as i64 => i64: |value| value;
    u8 as u8 => u8: |value| value;
    bool as bool => bool: |value| value;
    i16 as i32 => i64: |value| i32::from(value);
    u16 as i32 => i64: |value| i32::from(value);
    u32 as i64 => i64: |value| i64::from(value);
    usize as i64 => i64: |value| value.as_i64();
}

macro_rules! level {
    ($($ty:ty, [$($generics:tt)*];)*) => { $(
        impl<T: Literal, $($generics)*> Literal for $ty {
            type Written = T::Written;
            type Default = T::Default;
            fn literal_shape(&self, shape: &mut Vec<usize>) {
                shape.push(self.len());
                if let Some(first) = self.first() {
                    first.literal_shape(shape);
                }
            }
            fn extend_values(&self, shape: &[usize], values: &mut Vec<T::Written>) -> bool {
                shape.first() == Some(&self.len()) && self.iter().all(|item| item.extend_values(&shape[1..], values))
            }
        }
    )* };
}
level! {
    [T; N], [const N: usize];
    &[T; N], [const N: usize];
    &[T], [];
    Vec<T>, [];
    &Vec<T>, [];
}

/// The values in the type they are written in.
pub(crate) fn try_from_literal_as_written<L: Literal>(literal: L) -> Result<Tensor> {
    let mut shape = Vec::new();
    literal.literal_shape(&mut shape);
    let mut values = Vec::new();
    if !literal.extend_values(&shape, &mut values) {
        return Err(shape_error!(
            "tensor: rows have different lengths; the first ones say {shape:?}, and all must agree"
        ));
    }
    Ok(Tensor::from_values(values, DimVec::from_slice(&shape)))
}

pub(crate) fn try_from_literal<L: Literal, T: Element>(literal: L) -> Result<Tensor> {
    Ok(try_from_literal_as_written(literal)?.to_dtype(T::DTYPE))
}

/// What [`tensor!`](crate::tensor!) with a type calls.
#[doc(hidden)]
#[track_caller]
pub fn from_literal<L: Literal, T: Element>(literal: L) -> Tensor {
    or_raise(try_from_literal::<L, T>(literal))
}

/// A tensor from a list at hand: an array, a vector or a slice, nested or not, or a number.
///
/// As in the macro [`tensor!`](crate::tensor!) and in PyTorch, decimals give `f32` and whole numbers `i64`, whatever their
/// type in Rust, so that `tensor(vec![1.0, 2.0])` fits what other functions make; `u8` and `bool` stay. To keep `f64` or
/// `i32`, use [`from_vec`](crate::from_vec) or [`from_slice`](crate::from_slice).
///
/// ```
/// use tensorlib::prelude::*;
///
/// let losses = vec![0.9, 0.5, 0.4];
/// assert_eq!((tensor(&losses).size().to_string(), tensor(&losses).dtype()), ("[3]".to_string(), DType::F32));
/// assert_eq!(tensor(vec![vec![1, 2], vec![3, 4]]).size(), [2, 2]);
/// assert_eq!(tensor(&losses[1..]).numel(), 2);
/// assert!(Tensor::from(losses).equal(&tensor![0.9, 0.5, 0.4]));
/// assert_eq!(
///     try_tensor(vec![vec![1, 2], vec![3]]).unwrap_err().to_string(),
///     "tensor: rows have different lengths; the first ones say [2, 2], and all must agree"
/// );
/// ```
///
/// # Panics
/// If rows have different lengths.
#[doc(alias = "DoubleTensor")]
#[doc(alias = "FloatTensor")]
#[doc(alias = "LongTensor")]
#[doc(alias = "array")]
#[doc(alias = "as_tensor")]
#[doc(alias = "asarray")]
#[doc(alias = "from_iter")]
#[doc(alias = "fromiter")]
#[doc(alias = "new")]
#[doc(alias = "new_tensor")]
#[track_caller]
pub fn tensor<L: Literal>(list: L) -> Tensor {
    or_raise(try_tensor(list))
}

/// [`tensor()`] with the error as a value.
pub fn try_tensor<L: Literal>(list: L) -> Result<Tensor> {
    try_from_literal::<L, L::Default>(list)
}

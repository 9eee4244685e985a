//! `tensor!`: nested literals as tensors.

use crate::element::Element;
use crate::error::shape_error;
use crate::list::List;
use crate::tensor::Tensor;

/// A tensor from nested literals: `tensor![1, 2]`, `tensor![[1.0, 2.0], [3.0, 4.0]]`.
///
/// As in PyTorch, literals with a point give `f32` and whole numbers give `i64`; name another type after a semicolon.
/// Vectors and arrays may stand in it too. A number on its own is [`scalar`](crate::scalar()).
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
    ($($item:expr),+ $(,)?) => { $crate::from_literal_of_default_type([$($item),+]) };
}

/// What can stand in [`tensor!`](crate::tensor!): numbers, and arrays, vectors and slices of what can stand in it.
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
    ($($ty:ty => $default:ty),*) => { $(
        impl Literal for $ty {
            type Written = $ty;
            type Default = $default;
            fn literal_shape(&self, _: &mut Vec<usize>) {}
            fn extend_values(&self, _: &[usize], values: &mut Vec<$ty>) -> bool {
                values.push(*self);
                true
            }
        }
    )* };
}
leaf!(f64 => f32, f32 => f32, i32 => i64, i64 => i64, u8 => u8, bool => bool);

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
    Vec<T>, [];
    &[T], [];
}

/// What [`tensor!`](crate::tensor!) with a type calls.
#[track_caller]
pub fn from_literal<L: Literal, T: Element>(literal: L) -> Tensor {
    let mut shape = Vec::new();
    literal.literal_shape(&mut shape);
    let mut values = Vec::new();
    if !literal.extend_values(&shape, &mut values) {
        crate::error::raise(shape_error!(
            "tensor!: rows have different lengths; the first ones say {shape:?}, and all must agree"
        ));
    }
    let values: Vec<T> = values.into_iter().map(|value| T::from_scalar(value.to_scalar())).collect();
    Tensor::from_values(values, List::from_slice(&shape))
}

/// What [`tensor!`](crate::tensor!) calls.
#[doc(hidden)]
#[track_caller]
pub fn from_literal_of_default_type<L: Literal>(literal: L) -> Tensor {
    from_literal::<L, L::Default>(literal)
}

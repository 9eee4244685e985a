//! The Rust types that can be elements, and conversion between them.

use std::fmt::Debug;

use crate::backend::cpu::simd::{Narrow, Wide, Widest, Width};
use crate::dtype::DType;
use crate::memory::buffer::AlignedBuf;
use crate::scalar::Scalar;
use crate::storage::Buffer;

mod sealed {
    /// Reaches the vector of one element type inside a buffer; only this crate can.
    pub trait Stored: Sized {
        /// The instruction sets that loops over this type are compiled for.
        type Width: super::Width;
        /// The same for functions that compute much for each element.
        type Heavy: super::Width;
        fn of(buffer: &super::Buffer) -> &[Self];
        fn of_mut(buffer: &mut super::Buffer) -> &mut [Self];
        fn wrap(values: super::AlignedBuf<Self>) -> super::Buffer
        where
            Self: super::Element;
        fn unwrap(buffer: super::Buffer) -> super::AlignedBuf<Self>
        where
            Self: super::Element;
    }
}
pub(crate) use sealed::Stored;

/// A type of element: `f32`, `f64`, `i64`, `i32`, `u8` or `bool`.
pub trait Element: sealed::Stored + Copy + Default + PartialEq + PartialOrd + Debug + Send + Sync + 'static {
    /// The element type's name at run time.
    const DTYPE: DType;

    /// The value as a plain number.
    fn to_scalar(self) -> Scalar;

    /// A plain number as this type: fractions are cut off, whole numbers wrap, `true` is 1.
    fn from_scalar(value: Scalar) -> Self;
}

macro_rules! element {
    ($ty:ty, $dtype:ident, $width:ty, $heavy:ty, $number:ident as $wide:ty, |$scalar:ident| $from:expr) => {
        impl sealed::Stored for $ty {
            type Width = $width;
            type Heavy = $heavy;
            #[inline]
            fn of(buffer: &Buffer) -> &[$ty] {
                match buffer {
                    Buffer::$dtype(values) => values,
                    other => mismatch(DType::$dtype, other.dtype()),
                }
            }
            #[inline]
            fn of_mut(buffer: &mut Buffer) -> &mut [$ty] {
                match buffer {
                    Buffer::$dtype(values) => values,
                    other => mismatch(DType::$dtype, other.dtype()),
                }
            }
            #[inline]
            fn wrap(values: AlignedBuf<$ty>) -> Buffer {
                Buffer::$dtype(values)
            }
            fn unwrap(buffer: Buffer) -> AlignedBuf<$ty> {
                match buffer {
                    Buffer::$dtype(values) => values,
                    other => mismatch(DType::$dtype, other.dtype()),
                }
            }
        }

        impl Element for $ty {
            const DTYPE: DType = DType::$dtype;

            #[inline]
            fn to_scalar(self) -> Scalar {
                Scalar::$number(self as $wide)
            }

            #[inline]
            fn from_scalar($scalar: Scalar) -> $ty {
                $from
            }
        }
    };
}

// Whole numbers are labels and positions: what wider instructions would save with them is not worth the time to compile them,
// but for `i64`, which narrow ones cannot compare.
element!(bool, Bool, Narrow, Narrow, Bool as bool, |value| match value {
    Scalar::Bool(value) => value,
    Scalar::Int(value) => value != 0,
    Scalar::Float(value) => value != 0.0,
});
element!(u8, U8, Narrow, Narrow, Int as i64, |value| value.to_i64() as u8);
element!(i32, I32, Narrow, Narrow, Int as i64, |value| value.to_i64() as i32);
element!(i64, I64, Wide, Narrow, Int as i64, |value| value.to_i64());
element!(f32, F32, Wide, Widest, Float as f64, |value| value.to_f64() as f32);
element!(f64, F64, Wide, Widest, Float as f64, |value| value.to_f64());

/// A tensor's dtype and its buffer's never differ; reaching this is a mistake inside this crate.
#[cold]
fn mismatch(wanted: DType, found: DType) -> ! {
    panic!("tensorlib: a buffer of {found} was read as {wanted}; please report this")
}

/// Conversion of one element type to another, with PyTorch's results.
pub(crate) trait Cast<To> {
    fn cast(self) -> To;
}

macro_rules! casts {
    ($($from:ty => $($to:ty),*;)*) => { $($(
        impl Cast<$to> for $from {
            #[inline(always)]
            fn cast(self) -> $to { self as $to }
        }
    )*)* };
}
casts! {
    u8 => u8, i32, i64, f32, f64;
    i32 => u8, i32, i64, f32, f64;
    i64 => u8, i32, i64, f32, f64;
    f32 => i64, f32, f64;
    f64 => i64, f32, f64;
}

macro_rules! casts_by {
    ($($from:ty => $to:ty: |$value:ident| $cast:expr;)*) => { $(
        impl Cast<$to> for $from {
            #[inline(always)]
            fn cast(self) -> $to { let $value = self; $cast }
        }
    )* };
}
casts_by! {
    bool => bool: |value| value;
    bool => u8: |value| u8::from(value);
    bool => i32: |value| i32::from(value);
    bool => i64: |value| i64::from(value);
    bool => f32: |value| f32::from(u8::from(value));
    bool => f64: |value| f64::from(u8::from(value));
    u8 => bool: |value| value != 0;
    i32 => bool: |value| value != 0;
    i64 => bool: |value| value != 0;
    f32 => bool: |value| value != 0.0;
    f64 => bool: |value| value != 0.0;
    // Through i64, so that what does not fit wraps instead of stopping at the edge.
    f32 => u8: |value| value as i64 as u8;
    f64 => u8: |value| value as i64 as u8;
    f32 => i32: |value| value as i64 as i32;
    f64 => i32: |value| value as i64 as i32;
}

/// Runs the body with `$T` standing for the Rust type of a dtype.
macro_rules! with_dtype {
    ($dtype:expr, $T:ident => $body:expr) => {
        $crate::element::with_number!($dtype, $T => $body, else {
            type $T = bool;
            $body
        })
    };
}

/// [`with_dtype`] for floating-point types; `$other` is what any other type gives.
macro_rules! with_floating {
    ($dtype:expr, $T:ident => $body:expr, else $other:expr) => {
        match $dtype {
            $crate::dtype::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::dtype::DType::F64 => {
                type $T = f64;
                $body
            }
            _ => $other,
        }
    };
}

/// [`with_dtype`] for numbers; `$other` is what `bool` gives.
macro_rules! with_number {
    ($dtype:expr, $T:ident => $body:expr, else $other:expr) => {
        match $dtype {
            $crate::dtype::DType::U8 => {
                type $T = u8;
                $body
            }
            $crate::dtype::DType::I32 => {
                type $T = i32;
                $body
            }
            $crate::dtype::DType::I64 => {
                type $T = i64;
                $body
            }
            $crate::dtype::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::dtype::DType::F64 => {
                type $T = f64;
                $body
            }
            $crate::dtype::DType::Bool => $other,
        }
    };
}
pub(crate) use {with_dtype, with_floating, with_number};

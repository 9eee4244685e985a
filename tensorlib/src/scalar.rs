//! A plain number or boolean as an operand.

use crate::dtype::DType;

/// A number given where a tensor could stand: `x.add(1)`, `full([2, 2], 7.0)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating-point number.
    Float(f64),
}

impl Scalar {
    /// The element type a tensor of this number alone gets: `bool`, `i64` or `f32`.
    pub fn dtype(self) -> DType {
        match self {
            Scalar::Bool(_) => DType::Bool,
            Scalar::Int(_) => DType::I64,
            Scalar::Float(_) => DType::F32,
        }
    }

    /// The value as `f64`.
    pub fn to_f64(self) -> f64 {
        match self {
            Scalar::Bool(value) => f64::from(u8::from(value)),
            Scalar::Int(value) => value as f64,
            Scalar::Float(value) => value,
        }
    }

    /// The value as `i64`; floating-point numbers lose their fraction.
    pub fn to_i64(self) -> i64 {
        match self {
            Scalar::Bool(value) => i64::from(value),
            Scalar::Int(value) => value,
            Scalar::Float(value) => value as i64,
        }
    }
}

macro_rules! from_number {
    ($variant:ident as $wide:ty: $($ty:ty),*) => { $(
        impl From<$ty> for Scalar {
            #[inline]
            fn from(value: $ty) -> Scalar {
                Scalar::$variant(value as $wide)
            }
        }
    )* };
}

from_number!(Bool as bool: bool);
from_number!(Int as i64: i64, i32, u8, usize);
from_number!(Float as f64: f64, f32);

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Scalar::Bool(value) => write!(f, "{value}"),
            Scalar::Int(value) => write!(f, "{value}"),
            Scalar::Float(value) => write!(f, "{value}"),
        }
    }
}

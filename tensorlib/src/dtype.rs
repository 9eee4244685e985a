//! Element types. `promotion` says how they combine.

use std::fmt;

/// The type of a tensor's elements. [`DType::F32`] is what floating-point literals and `rand`, `zeros`, … give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DType {
    /// `bool`, PyTorch's `torch.bool`.
    Bool,
    /// `u8`, PyTorch's `torch.uint8`.
    #[doc(alias = "uint8")]
    U8,
    /// `i32`, PyTorch's `torch.int32`.
    #[doc(alias = "int")]
    #[doc(alias = "int32")]
    I32,
    /// `i64`, PyTorch's `torch.int64`, what whole-number literals give.
    #[doc(alias = "int64")]
    #[doc(alias = "long")]
    I64,
    /// `f32`, PyTorch's `torch.float32`, the default.
    #[doc(alias = "float")]
    #[doc(alias = "float32")]
    F32,
    /// `f64`, PyTorch's `torch.float64`.
    #[doc(alias = "double")]
    #[doc(alias = "float64")]
    F64,
}

impl DType {
    /// All element types, from the narrowest to the widest.
    pub const ALL: [DType; 6] = [DType::Bool, DType::U8, DType::I32, DType::I64, DType::F32, DType::F64];

    /// The name in Rust: `f32`, `i64`, …
    pub fn name(self) -> &'static str {
        match self {
            DType::Bool => "bool",
            DType::U8 => "u8",
            DType::I32 => "i32",
            DType::I64 => "i64",
            DType::F32 => "f32",
            DType::F64 => "f64",
        }
    }

    /// Bytes an element takes.
    #[doc(alias = "itemsize")]
    pub fn size_in_bytes(self) -> usize {
        match self {
            DType::Bool | DType::U8 => 1,
            DType::I32 | DType::F32 => 4,
            DType::I64 | DType::F64 => 8,
        }
    }

    /// Whether elements are floating-point numbers.
    pub fn is_floating_point(self) -> bool {
        matches!(self, DType::F32 | DType::F64)
    }

    /// The smallest and the largest whole number of a type of such.
    pub(crate) fn whole_range(self) -> Option<(i64, i64)> {
        match self {
            DType::U8 => Some((0, i64::from(u8::MAX))),
            DType::I32 => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
            DType::I64 => Some((i64::MIN, i64::MAX)),
            DType::Bool | DType::F32 | DType::F64 => None,
        }
    }

    /// Itself when floating, else `f32`: the type in which division, `exp`, `mean`, … are done.
    pub(crate) fn to_floating(self) -> DType {
        if self.is_floating_point() { self } else { DType::F32 }
    }

    /// The type in which whole numbers and booleans are summed.
    pub(crate) fn to_sum(self) -> DType {
        if self.is_floating_point() { self } else { DType::I64 }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

//! Element types and PyTorch's rules for combining them.

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

/// The three kinds of number between which a plain number can lift a tensor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Category {
    Bool,
    Whole,
    Floating,
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

    fn category(self) -> Category {
        match self {
            DType::Bool => Category::Bool,
            DType::U8 | DType::I32 | DType::I64 => Category::Whole,
            DType::F32 | DType::F64 => Category::Floating,
        }
    }

    /// The type that holds the values of both, as PyTorch's `promote_types`.
    ///
    /// ```
    /// use tensorlib::DType;
    /// assert_eq!(DType::I64.promote(DType::F32), DType::F32);
    /// assert_eq!(DType::U8.promote(DType::I32), DType::I32);
    /// ```
    #[doc(alias = "promote_types")]
    pub fn promote(self, other: DType) -> DType {
        // With no signed 8-bit type, the order of declaration is the order of promotion.
        self.max(other)
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

/// How strongly an operand's type counts: tensors with dimensions lift zero-rank ones, and those lift plain numbers,
/// only into another category (boolean, whole, floating).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Number,
    Zero,
    Positive,
}

/// PyTorch's `result_type` of two operands.
pub(crate) fn result_type(a: (DType, Rank), b: (DType, Rank)) -> DType {
    if a.1 == b.1 {
        return a.0.promote(b.0);
    }
    let (strong, weak) = if a.1 > b.1 { (a, b) } else { (b, a) };
    if weak.0.category() <= strong.0.category() {
        return strong.0;
    }
    match weak.1 {
        // A plain float lifts to the default type, whatever it was written as.
        Rank::Number if weak.0.is_floating_point() => DType::F32,
        Rank::Number => DType::I64,
        _ => strong.0.promote(weak.0),
    }
}

//! Which element type an operation on several gives: PyTorch's rules.

use crate::dtype::DType;

/// PyTorch's element types, where promotion distinguishes them: those that tensors have here, and `i8`, `i16`, `f16`
/// and `bf16`, which have rows in the table before they have tensors. One that gets them needs a variant of [`DType`] and
/// its line in `OF_KIND` and [`DType::kind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bool,
    U8,
    I8,
    I16,
    I32,
    I64,
    F16,
    BF16,
    F32,
    F64,
}

const KINDS: usize = 10;

/// The types of tensors, by kind.
const OF_KIND: [Option<DType>; KINDS] = [
    Some(DType::Bool),
    Some(DType::U8),
    None,
    None,
    Some(DType::I32),
    Some(DType::I64),
    None,
    None,
    Some(DType::F32),
    Some(DType::F64),
];

/// The kind that holds the values of two: `torch.promote_types`.
#[rustfmt::skip]
const PROMOTION: [[Kind; KINDS]; KINDS] = {
    use Kind::*;
    [
        //         Bool  U8    I8    I16   I32   I64   F16   BF16  F32   F64
        /* Bool */ [Bool, U8,   I8,   I16,  I32,  I64,  F16,  BF16, F32,  F64],
        // A byte and a signed byte need sixteen bits.
        /* U8   */ [U8,   U8,   I16,  I16,  I32,  I64,  F16,  BF16, F32,  F64],
        /* I8   */ [I8,   I16,  I8,   I16,  I32,  I64,  F16,  BF16, F32,  F64],
        /* I16  */ [I16,  I16,  I16,  I16,  I32,  I64,  F16,  BF16, F32,  F64],
        /* I32  */ [I32,  I32,  I32,  I32,  I32,  I64,  F16,  BF16, F32,  F64],
        /* I64  */ [I64,  I64,  I64,  I64,  I64,  I64,  F16,  BF16, F32,  F64],
        // Neither half holds the other's values: together they give `f32`.
        /* F16  */ [F16,  F16,  F16,  F16,  F16,  F16,  F16,  F32,  F32,  F64],
        /* BF16 */ [BF16, BF16, BF16, BF16, BF16, BF16, F32,  BF16, F32,  F64],
        /* F32  */ [F32,  F32,  F32,  F32,  F32,  F32,  F32,  F32,  F32,  F64],
        /* F64  */ [F64,  F64,  F64,  F64,  F64,  F64,  F64,  F64,  F64,  F64],
    ]
};

/// The three sorts of number between which a plain number can lift a tensor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Category {
    Bool,
    Whole,
    Floating,
}

impl DType {
    #[inline]
    fn kind(self) -> Kind {
        match self {
            DType::Bool => Kind::Bool,
            DType::U8 => Kind::U8,
            DType::I32 => Kind::I32,
            DType::I64 => Kind::I64,
            DType::F32 => Kind::F32,
            DType::F64 => Kind::F64,
        }
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
    #[inline]
    pub fn promote(self, other: DType) -> DType {
        let kind = PROMOTION[self.kind() as usize][other.kind() as usize];
        match OF_KIND[kind as usize] {
            Some(dtype) => dtype,
            None => unreachable!("{self} and {other} make a type that no tensor has"),
        }
    }
}

/// How strongly an operand's type counts: tensors with dimensions lift zero-rank ones, and those lift plain numbers,
/// only into another category (boolean, whole, floating).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PromotionPriority {
    Number,
    ZeroRank,
    Dimensioned,
}

/// PyTorch's `result_type` of two operands.
#[inline]
pub(crate) fn result_type(a: (DType, PromotionPriority), b: (DType, PromotionPriority)) -> DType {
    if a.1 == b.1 {
        return a.0.promote(b.0);
    }
    let (strong, weak) = if a.1 > b.1 { (a, b) } else { (b, a) };
    if weak.0.category() <= strong.0.category() {
        return strong.0;
    }
    match weak.1 {
        // A plain float lifts to the default type, whatever it was written as.
        PromotionPriority::Number if weak.0.is_floating_point() => DType::F32,
        PromotionPriority::Number => DType::I64,
        _ => strong.0.promote(weak.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Kind; KINDS] = {
        use Kind::*;
        [Bool, U8, I8, I16, I32, I64, F16, BF16, F32, F64]
    };

    /// What `torch.promote_types(a, b)` gives for each `a` and each `b` that is not listed before it; the values are those
    /// of PyTorch's `c10/core/ScalarType.cpp`.
    const TORCH: [&str; KINDS] = [
        "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64",
        "uint8 int16 int16 int32 int64 float16 bfloat16 float32 float64",
        "int8 int16 int32 int64 float16 bfloat16 float32 float64",
        "int16 int32 int64 float16 bfloat16 float32 float64",
        "int32 int64 float16 bfloat16 float32 float64",
        "int64 float16 bfloat16 float32 float64",
        "float16 float32 float32 float64",
        "bfloat16 float32 float64",
        "float32 float64",
        "float64",
    ];

    fn torch_name(kind: Kind) -> &'static str {
        match kind {
            Kind::Bool => "bool",
            Kind::U8 => "uint8",
            Kind::I8 => "int8",
            Kind::I16 => "int16",
            Kind::I32 => "int32",
            Kind::I64 => "int64",
            Kind::F16 => "float16",
            Kind::BF16 => "bfloat16",
            Kind::F32 => "float32",
            Kind::F64 => "float64",
        }
    }

    #[test]
    fn the_table_is_that_of_pytorch() {
        for (first, row) in TORCH.iter().enumerate() {
            for (&other, expected) in ALL[first..].iter().zip(row.split(' ')) {
                let kind = ALL[first];
                assert_eq!(torch_name(PROMOTION[kind as usize][other as usize]), expected, "{kind:?} and {other:?}");
                assert_eq!(torch_name(PROMOTION[other as usize][kind as usize]), expected, "{other:?} and {kind:?}");
            }
        }
    }

    #[test]
    fn types_of_tensors_promote_among_themselves() {
        for (a, b) in DType::ALL.into_iter().flat_map(|a| DType::ALL.map(|b| (a, b))) {
            assert_eq!(OF_KIND[a.kind() as usize], Some(a));
            assert_eq!(a.promote(b), b.promote(a));
        }
    }
}

//! The vocabulary: what operations there are, whatever carries them out.

/// Functions of two numbers that give a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDivide,
    Remainder,
    Pow,
    Maximum,
    Minimum,
}

/// Functions of two values of any type that give a truth value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Functions of two truth values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogicOp {
    And,
    Or,
    Xor,
}

/// Functions of one number that keep its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Simple {
    Neg,
    Abs,
    Sign,
    Square,
    Cube,
    Relu,
}

/// Functions of one floating-point number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transcendental {
    Exp,
    Exp2,
    Expm1,
    Log,
    Log2,
    Log10,
    Log1p,
    Sqrt,
    Rsqrt,
    Reciprocal,
    Sigmoid,
    Tanh,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Floor,
    Ceil,
    Round,
    Trunc,
    Softplus,
    Gelu,
    Silu,
}

/// Gradients of functions of one number in one pass: of the gradient of the result, and of what the variant names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GradientOp {
    /// The result.
    Relu,
    /// The result.
    Sqrt,
    /// The result.
    Sigmoid,
    /// The result.
    Tanh,
    /// The operand.
    Softplus,
    /// The operand.
    Gelu,
    /// The operand.
    Silu,
}

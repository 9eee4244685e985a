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

/// Functions of one floating-point number that are too involved for many at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Special {
    Acosh,
    Asinh,
    Atanh,
    Lgamma,
    Polygamma(i64),
    I0,
    I1,
    Sinc,
}

/// Functions of one floating-point number that networks are built of, with their parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Activation {
    Erf,
    Erfc,
    Erfinv,
    LeakyRelu { slope: f64 },
    Elu { alpha: f64, scale: f64, input: f64 },
    Softplus { beta: f64, threshold: f64 },
    Mish,
    LogSigmoid,
    HardSigmoid,
    HardSwish,
    SoftShrink { lambda: f64 },
    HardShrink { lambda: f64 },
    Threshold { threshold: f64, value: f64 },
    GeluTanh,
    Softsign,
    Tanhshrink,
}

/// Functions of two floating-point numbers beside [`BinaryOp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FloatPair {
    Atan2,
    Hypot,
    Copysign,
    Nextafter,
    LogAddExp,
    LogAddExp2,
    Xlogy,
}

/// Functions of two numbers of any kind beside [`BinaryOp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumberPair {
    Fmod,
    Fmax,
    Fmin,
    Heaviside,
}

/// Functions of two whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WholePair {
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
    Gcd,
    Lcm,
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

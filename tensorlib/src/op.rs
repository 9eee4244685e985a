//! The vocabulary: what operations there are, whatever carries them out.

/// Functions of one number that keep its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnaryOp {
    Neg,
    Abs,
    Sign,
    Square,
    Cube,
    Relu,
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

impl UnaryOp {
    /// Whether whole numbers give whole numbers. The others are of floating-point numbers alone.
    pub fn keeps_whole_numbers(self) -> bool {
        use UnaryOp::{Abs, Ceil, Cube, Floor, Neg, Relu, Round, Sign, Square, Trunc};
        matches!(self, Neg | Abs | Sign | Square | Cube | Relu | Floor | Ceil | Round | Trunc)
    }
}

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

/// Operations that reduce many numbers to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReduceOp {
    Sum,
    Prod,
    Max,
    Min,
    /// The sum of absolute values, of floating-point numbers, as the next three.
    SumAbs,
    SumSquares,
    SumExp,
    /// The sum of what is not NaN.
    SumNumbers,
}

/// Which element is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExtremeOp {
    Max,
    Min,
}

/// The result that is computed from a sum of squared distances from the mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpreadOp {
    Variance,
    Deviation,
}

/// Operations that accumulate along a dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CumulativeOp {
    Sum,
    Prod,
    /// The logarithm of the sum of exponentials, of floating-point numbers.
    LogSumExp,
}

/// Which element of a row is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RankOp {
    /// The lower of the two in the middle; NaN wins.
    Median,
    /// The same of those that are not NaN.
    Nanmedian,
    /// So many are smaller; NaN is the largest.
    At(usize),
    /// The most frequent; of several the smallest.
    Mode,
}

/// Exponentials divided by their sum, or the logarithms of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SoftmaxOp {
    Plain,
    Log,
}

/// In which order elements are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SortOp {
    Ascending,
    Descending,
}

/// The triangle of a matrix that is kept, up to a diagonal and with it: 0 is the main one, those above it count up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TriangleOp {
    Lower(i64),
    Upper(i64),
}

/// Which triangle of a matrix there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Triangle {
    Lower,
    Upper,
    /// With ones on the diagonal, which are not looked at; so the next.
    UnitLower,
    UnitUpper,
}

impl Triangle {
    pub fn of(is_upper: bool, is_unit: bool) -> Triangle {
        match (is_upper, is_unit) {
            (false, false) => Triangle::Lower,
            (true, false) => Triangle::Upper,
            (false, true) => Triangle::UnitLower,
            (true, true) => Triangle::UnitUpper,
        }
    }

    pub fn is_upper(self) -> bool {
        matches!(self, Triangle::Upper | Triangle::UnitUpper)
    }

    /// That of the transposed matrix.
    pub fn turned(self) -> Triangle {
        Triangle::of(!self.is_upper(), self.is_unit())
    }

    pub fn is_unit(self) -> bool {
        matches!(self, Triangle::UnitLower | Triangle::UnitUpper)
    }
}

/// Operations on a whole matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MatrixOp {
    /// Both triangles of LU in one matrix, and the rows that were exchanged: for each the other one's number, counted from 1,
    /// as `i32`. If it must be regular, a pivot of zero is a failure.
    Lu { regular: bool },
    /// The lower triangle whose product with its transpose is the matrix, of which the upper triangle is not read.
    Cholesky,
    /// Orthonormal columns, and an upper triangle. If complete, the columns are a square matrix.
    Qr { complete: bool },
    /// Eigenvalues in ascending order of a symmetric matrix, of which the upper triangle is not read; and its vectors as
    /// columns, if they are asked for.
    Eigen { vectors: bool },
    /// Left singular vectors as columns, singular values in descending order, and right singular vectors as rows; or the
    /// values alone.
    Svd(Vectors),
    /// The exponential.
    Exp,
}

/// Which singular vectors are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vectors {
    None,
    /// As many as there are singular values.
    Reduced,
    /// Square matrices of them.
    Complete,
}

/// Why a matrix has no such decomposition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The pivot of this row, counted from 1, is exactly zero.
    Singular(usize),
    /// The leading square of this many rows is not positive definite.
    NotPositiveDefinite(usize),
    /// There are infinities or NaN in it.
    NotFinite,
    /// The iteration goes on for longer than it ever should.
    NoConvergence,
}

/// The change to elements that an index selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PutOp {
    /// The new ones take their place: of several for one place the last.
    Replace,
    /// The new ones are added; they are numbers, as for all that follow.
    Add,
    Mul,
    Maximum,
    Minimum,
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
    SoftShrink { limit: f64 },
    HardShrink { limit: f64 },
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

/// Functions of two numbers beside [`BinaryOp`], by the types that they are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PairOp {
    Float(FloatPair),
    Number(NumberPair),
    Whole(WholePair),
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

/// The three products that belong to a convolution: each is linear in both operands, and its gradients are the other two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConvolutionOp {
    /// Of input and weight, with the output's shape.
    Values,
    /// Of output and weight, with the input's shape.
    Transposed,
    /// Of input and output, with the weight's shape.
    Weights,
}

/// The way in which a linear function is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    /// By the transpose, as gradients go.
    Transposed,
}

impl Direction {
    /// The other one.
    pub fn back(self) -> Direction {
        match self {
            Direction::Forward => Direction::Transposed,
            Direction::Transposed => Direction::Forward,
        }
    }
}

/// How an optimiser changes a parameter by its gradient. Numbers are those of PyTorch's documentation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct StepOp {
    pub rule: StepRule,
    /// The rate by which the parameter moves.
    pub lr: f64,
    /// The share of the parameter that is added to its gradient.
    pub weight_decay: f64,
    /// Whether the parameter moves up its gradient instead of down.
    pub maximize: bool,
}

/// The state that is kept of earlier gradients, and how a step is computed from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum StepRule {
    /// Remembers the running sum of gradients, if there is momentum. In the first step it is the gradient.
    Sgd { momentum: f64, dampening: f64, nesterov: bool, is_first: bool },
    /// Remembers the running means of gradients and of their squares and, with `amsgrad`, the largest of the latter. `step`
    /// counts from 1. With `decoupled`, the decay is no part of the gradient.
    Adam { betas: (f64, f64), eps: f64, step: u64, amsgrad: bool, decoupled: bool },
    /// Remembers the running mean of squares and, if asked for, the sum of steps and the mean of gradients.
    RmsProp { alpha: f64, eps: f64, momentum: f64, centered: bool },
    /// Remembers the sum of squares.
    Adagrad { eps: f64 },
}

impl StepRule {
    /// How many numbers are remembered of each number of a parameter.
    pub fn slots(&self) -> usize {
        match *self {
            StepRule::Sgd { momentum, .. } => usize::from(momentum != 0.0),
            StepRule::Adam { amsgrad, .. } => 2 + usize::from(amsgrad),
            StepRule::RmsProp { momentum, centered, .. } => 1 + usize::from(momentum != 0.0) + usize::from(centered),
            StepRule::Adagrad { .. } => 1,
        }
    }
}

/// The computation of a recurrent layer at each step. A step reads its input and the previous output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecurrentOp {
    /// The hyperbolic tangent of the sum of both.
    Tanh,
    /// The positive part of the sum of both.
    Relu,
    /// A cell beside the output, and gates in the order of PyTorch: input, forget, new value, output.
    Lstm,
    /// Gates in the order of PyTorch: reset, update, new value.
    Gru,
}

impl RecurrentOp {
    /// How many numbers the products give for each number of the output.
    pub fn gates(self) -> usize {
        match self {
            RecurrentOp::Tanh | RecurrentOp::Relu => 1,
            RecurrentOp::Lstm => 4,
            RecurrentOp::Gru => 3,
        }
    }

    /// Whether the output is something else than what the products become.
    pub fn has_gates(self) -> bool {
        self.gates() > 1
    }
}

/// A recurrent layer in one direction. What belongs to a step and an example is a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recurrence {
    pub op: RecurrentOp,
    pub batch: usize,
    pub steps: usize,
    /// The length of an output.
    pub hidden: usize,
    /// Whether the rows of an example follow each other, rather than those of a step.
    pub batch_first: bool,
    /// Whether it goes from the last step to the first.
    pub reverse: bool,
}

impl Recurrence {
    pub fn rows(&self) -> usize {
        self.batch * self.steps
    }

    /// How many numbers the products give for each row.
    pub fn width(&self) -> usize {
        self.op.gates() * self.hidden
    }

    /// The row of an example, `number` steps after the layer began.
    #[inline(always)]
    pub fn row(&self, number: usize, example: usize) -> usize {
        let step = if self.reverse { self.steps - 1 - number } else { number };
        if self.batch_first { example * self.steps + step } else { step * self.batch + example }
    }
}

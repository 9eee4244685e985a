//! The elementwise functions, and the tables of their loops.

use super::loops::{Map, Map2, Maps, Maps2, Updates};
use super::number::{Floating, Number};
use super::simd::Narrow;
use crate::element::Element;
use crate::op::{BinaryOp, CompareOp, GradientOp, LogicOp, UnaryOp};

/// Declares functions of two numbers, some of which have arguments that need another, slower form.
macro_rules! functions2 {
    ($($name:ident<$T:ident: $bound:ident> -> $U:ty, $width:ty: |$a:ident, $b:ident| $body:expr $(, if $hard:expr => $slow:expr)?;)*) => { $(
        struct $name;
        impl<$T: $bound> Map2<$T, $U> for $name {
            type Width = $width;
            #[inline(always)]
            fn of($a: $T, $b: $T) -> $U { $body }
            $(
                const HAS_HARD: bool = true;
                #[inline(always)]
                fn is_hard($a: $T, $b: $T) -> bool { $hard }
                fn hard($a: $T, $b: $T) -> $U { $slow }
            )?
        }
    )* };
}
pub(super) use functions2;

functions2! {
    Add<T: Number> -> T, T::Width: |a, b| a.add(b);
    Sub<T: Number> -> T, T::Width: |a, b| a.sub(b);
    Mul<T: Number> -> T, T::Width: |a, b| a.mul(b);
    Div<T: Number> -> T, T::Width: |a, b| a.div(b);
    FloorDivide<T: Number> -> T, T::Width: |a, b| a.floor_div(b), if a.division_is_hard(b) => a.hard_floor_div(b);
    Remainder<T: Number> -> T, T::Width: |a, b| a.remainder(b), if a.division_is_hard(b) => a.hard_remainder(b);
    Pow<T: Number> -> T, T::PowWidth: |a, b| a.pow(b), if a.pow_is_hard(b) => a.hard_pow(b);
    Maximum<T: Number> -> T, T::Width: |a, b| a.maximum(b);
    Minimum<T: Number> -> T, T::Width: |a, b| a.minimum(b);
    Eq<T: Element> -> bool, T::Width: |a, b| a == b;
    Ne<T: Element> -> bool, T::Width: |a, b| a != b;
    Lt<T: Element> -> bool, T::Width: |a, b| a < b;
    Le<T: Element> -> bool, T::Width: |a, b| a <= b;
    Gt<T: Element> -> bool, T::Width: |a, b| a > b;
    Ge<T: Element> -> bool, T::Width: |a, b| a >= b;
}

functions2! {
    ReluGradient<T: Floating> -> T, T::Width: |g, y| if y <= T::ZERO { T::ZERO } else { g };
    SqrtGradient<T: Floating> -> T, T::Heavy: |g, y| g.div(y.add(y));
    SigmoidGradient<T: Floating> -> T, T::Width: |g, y| g.mul(T::ONE.sub(y)).mul(y);
    TanhGradient<T: Floating> -> T, T::Width: |g, y| g.mul(T::ONE.sub(y.mul(y)));
    SoftplusGradient<T: Floating> -> T, T::Heavy: |g, x| {
        let slope = g.div(T::ONE.add(x.negate().exp()));
        if x > T::TWENTY { g } else { slope }
    };
    GeluGradient<T: Floating> -> T, T::Heavy: |g, x| {
        let distribution = T::HALF.mul(T::ONE.add(x.mul(T::ROOT_HALF).erf()));
        let density = x.mul(x).mul(T::HALF).negate().exp().mul(T::NORMAL_DENSITY);
        g.mul(distribution.add(x.mul(density)))
    };
    SiluGradient<T: Floating> -> T, T::Heavy: |g, x| {
        let s = T::ONE.div(T::ONE.add(x.negate().exp()));
        g.mul(s).mul(T::ONE.add(x.mul(T::ONE.sub(s))))
    };
}

macro_rules! logic {
    ($($name:ident: |$a:ident, $b:ident| $body:expr;)*) => { $(
        struct $name;
        impl Map2<bool, bool> for $name {
            type Width = Narrow;
            #[inline(always)]
            fn of($a: bool, $b: bool) -> bool { $body }
        }
    )* };
}

logic! {
    And: |a, b| a & b;
    Or: |a, b| a | b;
    Xor: |a, b| a ^ b;
}

/// Declares functions of one number, some of which have arguments that need another, slower form.
macro_rules! functions1 {
    ($($name:ident<$T:ident: $bound:ident>, $width:ty: |$x:ident| $body:expr $(, if $hard:expr => $slow:expr)?;)*) => { $(
        struct $name;
        impl<$T: $bound> Map<$T, $T> for $name {
            type Width = $width;
            #[inline(always)]
            fn of($x: $T) -> $T { $body }
            $(
                const HAS_HARD: bool = true;
                #[inline(always)]
                fn is_hard($x: $T) -> bool { $hard }
                fn hard($x: $T) -> $T { $slow }
            )?
        }
    )* };
}

functions1! {
    Neg<T: Number>, T::Width: |x| x.negate();
    Abs<T: Number>, T::Width: |x| x.magnitude();
    Sign<T: Number>, T::Width: |x| x.signum();
    Square<T: Number>, T::Width: |x| x.mul(x);
    Cube<T: Number>, T::Width: |x| x.mul(x).mul(x);
    // NaN stays NaN.
    Relu<T: Number>, T::Width: |x| if x < T::ZERO { T::ZERO } else { x };
    Sqrt<T: Floating>, T::Heavy: |x| x.sqrt();
    Rsqrt<T: Floating>, T::Heavy: |x| T::ONE.div(x.sqrt());
    Reciprocal<T: Floating>, T::Width: |x| T::ONE.div(x);
    Floor<T: Floating>, T::Width: |x| x.floor();
    Ceil<T: Floating>, T::Width: |x| x.ceil();
    Round<T: Floating>, T::Width: |x| x.round();
    Trunc<T: Floating>, T::Width: |x| x.trunc();
    Exp<T: Floating>, T::Heavy: |x| x.exp();
    Exp2<T: Floating>, T::Heavy: |x| x.exp2();
    Expm1<T: Floating>, T::Heavy: |x| x.expm1();
    Log<T: Floating>, T::Heavy: |x| x.log(), if !x.has_simple_log() => x.exact_log();
    Log2<T: Floating>, T::Heavy: |x| x.log2(), if !x.has_simple_log() => x.exact_log2();
    Log10<T: Floating>, T::Heavy: |x| x.log10(), if !x.has_simple_log() => x.exact_log10();
    Log1p<T: Floating>, T::Heavy: |x| x.log1p();
    Sin<T: Floating>, T::Heavy: |x| x.sin(), if x.is_large_angle() => x.exact_sin();
    Cos<T: Floating>, T::Heavy: |x| x.cos(), if x.is_large_angle() => x.exact_cos();
    Tan<T: Floating>, T::Heavy: |x| x.tan(), if x.is_large_angle() => x.exact_tan();
    Asin<T: Floating>, T::Heavy: |x| x.asin();
    Acos<T: Floating>, T::Heavy: |x| x.acos();
    Atan<T: Floating>, T::Heavy: |x| x.atan();
    Sinh<T: Floating>, T::Heavy: |x| x.sinh(), if x.is_large_hyperbolic() => x.exact_sinh();
    Cosh<T: Floating>, T::Heavy: |x| x.cosh(), if x.is_large_hyperbolic() => x.exact_cosh();
    Tanh<T: Floating>, T::Heavy: |x| x.tanh();
    Sigmoid<T: Floating>, T::Heavy: |x| T::ONE.div(T::ONE.add(x.negate().exp()));
    Silu<T: Floating>, T::Heavy: |x| x.div(T::ONE.add(x.negate().exp()));
    // Beyond 20 the difference is too small to see; PyTorch's threshold.
    Softplus<T: Floating>, T::Heavy: |x| {
        let curve = x.exp().log1p();
        if x > T::TWENTY { x } else { curve }
    };
    Gelu<T: Floating>, T::Heavy: |x| T::HALF.mul(x).mul(T::ONE.add(x.mul(T::ROOT_HALF).erf()));
}

/// Chooses the table of a function: `table!(Maps::of, op, Enum: A B C)`.
macro_rules! table {
    ($make:ident, $op:expr, $enum:ident: $($name:ident)*) => {
        match $op { $($enum::$name => $make::of::<$name>(),)* }
    };
}
pub(super) use table;

pub(crate) fn arithmetic<T: Number>(op: BinaryOp) -> Maps2<T, T> {
    table!(Maps2, op, BinaryOp: Add Sub Mul Div FloorDivide Remainder Pow Maximum Minimum)
}

pub(crate) fn arithmetic_in_place<T: Number>(op: BinaryOp) -> Updates<T> {
    table!(Updates, op, BinaryOp: Add Sub Mul Div FloorDivide Remainder Pow Maximum Minimum)
}

pub(crate) fn gradient<T: Floating>(op: GradientOp) -> Maps2<T, T> {
    match op {
        GradientOp::Relu => Maps2::of::<ReluGradient>(),
        GradientOp::Sqrt => Maps2::of::<SqrtGradient>(),
        GradientOp::Sigmoid => Maps2::of::<SigmoidGradient>(),
        GradientOp::Tanh => Maps2::of::<TanhGradient>(),
        GradientOp::Softplus => Maps2::of::<SoftplusGradient>(),
        GradientOp::Gelu => Maps2::of::<GeluGradient>(),
        GradientOp::Silu => Maps2::of::<SiluGradient>(),
    }
}

pub(crate) fn comparison<T: Element>(op: CompareOp) -> Maps2<T, bool> {
    table!(Maps2, op, CompareOp: Eq Ne Lt Le Gt Ge)
}

pub(crate) fn logic(op: LogicOp) -> Maps2<bool, bool> {
    table!(Maps2, op, LogicOp: And Or Xor)
}

/// The functions that keep whole numbers whole, without the rounding functions, which change none.
pub(crate) fn whole<T: Number>(op: UnaryOp) -> Maps<T, T> {
    match op {
        UnaryOp::Neg => Maps::of::<Neg>(),
        UnaryOp::Abs => Maps::of::<Abs>(),
        UnaryOp::Sign => Maps::of::<Sign>(),
        UnaryOp::Square => Maps::of::<Square>(),
        UnaryOp::Cube => Maps::of::<Cube>(),
        UnaryOp::Relu => Maps::of::<Relu>(),
        _ => unreachable!("whole numbers become floating-point ones first"),
    }
}

pub(crate) fn floating<T: Floating>(op: UnaryOp) -> Maps<T, T> {
    table!(Maps, op, UnaryOp: Neg Abs Sign Square Cube Relu Exp Exp2 Expm1 Log Log2 Log10 Log1p Sqrt Rsqrt Reciprocal
        Sigmoid Tanh Sin Cos Tan Asin Acos Atan Sinh Cosh Floor Ceil Round Trunc Softplus Gelu Silu)
}

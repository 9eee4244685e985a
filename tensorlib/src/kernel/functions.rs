//! The elementwise functions, and the tables of their loops.

use super::map::{Map, Map2, Maps, Maps2, Updates};
use super::number::{Floating, Number};
use super::simd::Narrow;
use crate::element::Element;

/// Functions of two numbers that give a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
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
pub(crate) enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Functions of two truth values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Logic {
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

macro_rules! functions2 {
    ($($name:ident<$T:ident: $bound:ident> -> $U:ty, $width:ty: |$a:ident, $b:ident| $body:expr;)*) => { $(
        struct $name;
        impl<$T: $bound> Map2<$T, $U> for $name {
            type Width = $width;
            #[inline(always)]
            fn of($a: $T, $b: $T) -> $U { $body }
        }
    )* };
}

functions2! {
    Add<T: Number> -> T, T::Width: |a, b| a.add(b);
    Sub<T: Number> -> T, T::Width: |a, b| a.sub(b);
    Mul<T: Number> -> T, T::Width: |a, b| a.mul(b);
    Div<T: Number> -> T, T::Width: |a, b| a.div(b);
    FloorDivide<T: Number> -> T, Narrow: |a, b| a.floor_div(b);
    Remainder<T: Number> -> T, Narrow: |a, b| a.remainder(b);
    Pow<T: Number> -> T, Narrow: |a, b| a.pow(b);
    Maximum<T: Number> -> T, T::Width: |a, b| a.maximum(b);
    Minimum<T: Number> -> T, T::Width: |a, b| a.minimum(b);
    Eq<T: Element> -> bool, T::Width: |a, b| a == b;
    Ne<T: Element> -> bool, T::Width: |a, b| a != b;
    Lt<T: Element> -> bool, T::Width: |a, b| a < b;
    Le<T: Element> -> bool, T::Width: |a, b| a <= b;
    Gt<T: Element> -> bool, T::Width: |a, b| a > b;
    Ge<T: Element> -> bool, T::Width: |a, b| a >= b;
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

macro_rules! functions1 {
    ($($name:ident<$T:ident: $bound:ident>, $width:ty: |$x:ident| $body:expr;)*) => { $(
        struct $name;
        impl<$T: $bound> Map<$T, $T> for $name {
            type Width = $width;
            #[inline(always)]
            fn of($x: $T) -> $T { $body }
        }
    )* };
}

functions1! {
    Neg<T: Number>, T::Width: |x| x.negate();
    Abs<T: Number>, T::Width: |x| x.magnitude();
    Sign<T: Number>, T::Width: |x| x.signum();
    Square<T: Number>, T::Width: |x| x.mul(x);
    // NaN stays NaN.
    Relu<T: Number>, T::Width: |x| if x < T::ZERO { T::ZERO } else { x };
    Exp<T: Floating>, T::Heavy: |x| x.exp();
    Log<T: Floating>, T::Heavy: |x| x.log();
    Sqrt<T: Floating>, T::Width: |x| x.sqrt();
    Rsqrt<T: Floating>, T::Width: |x| T::ONE.div(x.sqrt());
    Reciprocal<T: Floating>, T::Width: |x| T::ONE.div(x);
    Sigmoid<T: Floating>, T::Heavy: |x| T::ONE.div(T::ONE.add(x.negate().exp()));
    Tanh<T: Floating>, T::Heavy: |x| x.tanh();
    Silu<T: Floating>, T::Heavy: |x| x.div(T::ONE.add(x.negate().exp()));
    Softplus<T: Floating>, Narrow: |x| x.by(
        |x| if x > 20.0 { x } else { x.exp().ln_1p() },
        |x| if x > 20.0 { x } else { x.exp().ln_1p() },
    );
    Gelu<T: Floating>, Narrow: |x| x.by(
        |x| (0.5 * f64::from(x) * (1.0 + super::erf::erf(f64::from(x) * std::f64::consts::FRAC_1_SQRT_2))) as f32,
        |x| 0.5 * x * (1.0 + super::erf::erf(x * std::f64::consts::FRAC_1_SQRT_2)),
    );
}

macro_rules! library {
    ($($name:ident: $method:ident;)*) => { $(
        struct $name;
        impl<T: Floating> Map<T, T> for $name {
            type Width = Narrow;
            #[inline(always)]
            fn of(x: T) -> T { x.by(f32::$method, f64::$method) }
        }
    )* };
}
library! {
    Exp2: exp2; Expm1: exp_m1; Log2: log2; Log10: log10; Log1p: ln_1p; Sin: sin; Cos: cos; Tan: tan; Asin: asin;
    Acos: acos; Atan: atan; Sinh: sinh; Cosh: cosh; Floor: floor; Ceil: ceil; Round: round_ties_even; Trunc: trunc;
}

/// Chooses the table of a function: `table!(Maps::of, op, Enum: A B C)`.
macro_rules! table {
    ($make:ident, $op:expr, $enum:ident: $($name:ident)*) => {
        match $op { $($enum::$name => $make::of::<$name>(),)* }
    };
}

pub(crate) fn arithmetic<T: Number>(op: Arithmetic) -> Maps2<T, T> {
    table!(Maps2, op, Arithmetic: Add Sub Mul Div FloorDivide Remainder Pow Maximum Minimum)
}

pub(crate) fn arithmetic_in_place<T: Number>(op: Arithmetic) -> Updates<T> {
    table!(Updates, op, Arithmetic: Add Sub Mul Div FloorDivide Remainder Pow Maximum Minimum)
}

pub(crate) fn comparison<T: Element>(op: Comparison) -> Maps2<T, bool> {
    table!(Maps2, op, Comparison: Eq Ne Lt Le Gt Ge)
}

pub(crate) fn logic(op: Logic) -> Maps2<bool, bool> {
    table!(Maps2, op, Logic: And Or Xor)
}

pub(crate) fn simple<T: Number>(op: Simple) -> Maps<T, T> {
    table!(Maps, op, Simple: Neg Abs Sign Square Relu)
}

pub(crate) fn transcendental<T: Floating>(op: Transcendental) -> Maps<T, T> {
    table!(Maps, op, Transcendental: Exp Exp2 Expm1 Log Log2 Log10 Log1p Sqrt Rsqrt Reciprocal Sigmoid Tanh Sin Cos Tan
        Asin Acos Atan Sinh Cosh Floor Ceil Round Trunc Softplus Gelu Silu)
}

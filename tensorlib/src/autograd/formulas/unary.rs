//! Functions of one tensor, element by element.

use std::f64::consts::{LN_2, LN_10, PI};

use crate::autograd::is_grad_enabled;
use crate::autograd::record::{Saved, record, record_linear};
use crate::op::{GradientOp, UnaryOp};
use crate::ops::binary::gradient as fused;
use crate::tensor::Tensor;

/// The result with a formula that needs the operand.
fn of_operand(y: Tensor, x: &Tensor, name: &'static str, formula: fn(Tensor, Tensor) -> Tensor) -> Tensor {
    let kept = Saved::operand(x);
    record(y, name, &[x], move |pass, gradient| {
        let x = pass.get(&kept)?;
        pass.give(0, || formula(gradient, x));
        Ok(())
    })
}

/// The result with a formula that needs the result.
fn of_result(y: Tensor, x: &Tensor, name: &'static str, formula: fn(Tensor, Tensor) -> Tensor) -> Tensor {
    let kept = Saved::result(&y);
    record(y, name, &[x], move |pass, gradient| {
        let y = pass.get(&kept)?;
        pass.give(0, || formula(gradient, y));
        Ok(())
    })
}

/// The result with a formula that needs neither.
fn of_neither(y: Tensor, x: &Tensor, name: &'static str, formula: fn(Tensor) -> Tensor) -> Tensor {
    record_linear(y, name, &[x], move |pass, gradient| {
        pass.give(0, || formula(gradient));
        Ok(())
    })
}

/// By a kernel in one pass, or, where the pass itself is recorded, by operations.
fn either(op: GradientOp, gradient: Tensor, other: Tensor, formula: fn(Tensor, Tensor) -> Tensor) -> Tensor {
    if is_grad_enabled() { formula(gradient, other) } else { fused(op, gradient, &other) }
}

/// `y`, a function of `x`, with its formula.
pub(crate) fn recorded(function: UnaryOp, y: Tensor, x: &Tensor) -> Tensor {
    use UnaryOp as F;
    match function {
        F::Neg => of_neither(y, x, "NegBackward0", |g| -g),
        F::Abs => of_operand(y, x, "AbsBackward0", |g, x| g * x.sign()),
        F::Sign => of_neither(y, x, "SignBackward0", |g| g * 0.0),
        F::Square => of_operand(y, x, "PowBackward0", |g, x| g * x * 2.0),
        F::Cube => of_operand(y, x, "PowBackward0", |g, x| g * x.square() * 3.0),
        F::Relu => {
            of_result(y, x, "ReluBackward0", |g, y| either(GradientOp::Relu, g, y, |g, y| g.masked_fill(y.le(0.0), 0)))
        }
        F::Exp => of_result(y, x, "ExpBackward0", |g, y| g * y),
        F::Exp2 => of_result(y, x, "Exp2Backward0", |g, y| g * y * LN_2),
        F::Expm1 => of_result(y, x, "Expm1Backward0", |g, y| g * (y + 1.0)),
        F::Log => of_operand(y, x, "LogBackward0", |g, x| g / x),
        F::Log2 => of_operand(y, x, "Log2Backward0", |g, x| g / (x * LN_2)),
        F::Log10 => of_operand(y, x, "Log10Backward0", |g, x| g / (x * LN_10)),
        F::Log1p => of_operand(y, x, "Log1PBackward0", |g, x| g / (x + 1.0)),
        F::Sqrt => of_result(y, x, "SqrtBackward0", |g, y| either(GradientOp::Sqrt, g, y, |g, y| g / (y * 2.0))),
        F::Rsqrt => of_result(y, x, "RsqrtBackward0", |g, y| g * y.pow(3.0) * -0.5),
        F::Reciprocal => of_result(y, x, "ReciprocalBackward0", |g, y| -(g * y.square())),
        F::Sigmoid => {
            of_result(y, x, "SigmoidBackward0", |g, y| either(GradientOp::Sigmoid, g, y, |g, y| g * (1.0 - &y) * y))
        }
        F::Tanh => {
            of_result(y, x, "TanhBackward0", |g, y| either(GradientOp::Tanh, g, y, |g, y| g * (1.0 - y.square())))
        }
        F::Sin => of_operand(y, x, "SinBackward0", |g, x| g * x.cos()),
        F::Cos => of_operand(y, x, "CosBackward0", |g, x| -(g * x.sin())),
        F::Tan => of_result(y, x, "TanBackward0", |g, y| g * (y.square() + 1.0)),
        F::Asin => of_operand(y, x, "AsinBackward0", |g, x| g * (1.0 - x.square()).rsqrt()),
        F::Acos => of_operand(y, x, "AcosBackward0", |g, x| -(g * (1.0 - x.square()).rsqrt())),
        F::Atan => of_operand(y, x, "AtanBackward0", |g, x| g / (x.square() + 1.0)),
        F::Sinh => of_operand(y, x, "SinhBackward0", |g, x| g * x.cosh()),
        F::Cosh => of_operand(y, x, "CoshBackward0", |g, x| g * x.sinh()),
        F::Floor => of_neither(y, x, "FloorBackward0", |g| g * 0.0),
        F::Ceil => of_neither(y, x, "CeilBackward0", |g| g * 0.0),
        F::Round => of_neither(y, x, "RoundBackward0", |g| g * 0.0),
        F::Trunc => of_neither(y, x, "TruncBackward0", |g| g * 0.0),
        F::Softplus => of_operand(y, x, "SoftplusBackward0", |g, x| {
            either(GradientOp::Softplus, g, x, |g, x| g.where_cond(x.gt(20.0), &g * x.sigmoid()))
        }),
        F::Gelu => of_operand(y, x, "GeluBackward0", |g, x| either(GradientOp::Gelu, g, x, gelu)),
        F::Silu => of_operand(y, x, "SiluBackward0", |g, x| {
            either(GradientOp::Silu, g, x, |g, x| {
                let s = x.sigmoid();
                g * (&s * (x * (1.0 - &s) + 1.0))
            })
        }),
    }
}

/// Φ(x) + x φ(x), with the distribution and the density of the standard normal distribution.
fn gelu(gradient: Tensor, x: Tensor) -> Tensor {
    let density = (x.square() * -0.5).exp() * (1.0 / (2.0 * PI).sqrt());
    gradient * (normal_distribution(&x) + x * density)
}

/// Φ(x), with its gradient. [`Tensor::gelu`] is x Φ(x).
fn normal_distribution(x: &Tensor) -> Tensor {
    let y = crate::autograd::record::unrecorded(|| {
        // Where x is 0 the quotient is undefined, and its limit is one half.
        let quotient = x.gelu() / x;
        quotient.masked_fill(x.eq(0.0), 0.5)
    });
    if !crate::autograd::record::records(&[x]) {
        return y;
    }
    of_operand(y, x, "NdtrBackward0", |g, x| g * (x.square() * -0.5).exp() * (1.0 / (2.0 * PI).sqrt()))
}

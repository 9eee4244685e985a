//! Arithmetic between two operands.

use crate::autograd::engine::Pass;
use crate::autograd::record::{Saved, record_sides};
use crate::error::Result;
use crate::op::BinaryOp;
use crate::operand::{IntoOperand, Operand};
use crate::scalar::Scalar;
use crate::tensor::Tensor;

/// An operand as it is kept.
enum Kept {
    Number(Scalar),
    Tensor(Saved),
    /// The formula does not need it.
    Nothing,
}

impl Kept {
    fn of(operand: &Operand, needed: bool) -> Kept {
        match operand {
            _ if !needed => Kept::Nothing,
            Operand::Number(number) => Kept::Number(*number),
            other => other.tensor().map_or(Kept::Nothing, |tensor| Kept::Tensor(Saved::operand(tensor))),
        }
    }

    fn get(&self, pass: &Pass) -> Result<Given> {
        Ok(match self {
            Kept::Number(number) => Given::Number(*number),
            Kept::Tensor(saved) => Given::Tensor(pass.get(saved)?),
            Kept::Nothing => Given::Number(Scalar::Int(0)),
        })
    }
}

/// An operand that was kept.
enum Given {
    Number(Scalar),
    Tensor(Tensor),
}

impl<'a> IntoOperand<'a> for &'a Given {
    fn into_operand(self) -> Operand<'a> {
        match self {
            Given::Number(number) => Operand::Number(*number),
            Given::Tensor(tensor) => Operand::Borrowed(tensor),
        }
    }
}

impl Given {
    /// As a tensor, for the few formulas that compute with it alone.
    fn tensor(&self) -> Tensor {
        match self {
            Given::Number(number) => crate::create::scalar(number.to_f64()),
            Given::Tensor(tensor) => tensor.alias(),
        }
    }
}

fn has_gradient(operand: &Operand) -> bool {
    operand.tensor().is_some_and(Tensor::has_history)
}

/// The result of an operation on two operands, one of which takes part in gradients, with its formula.
pub(crate) fn recorded(function: BinaryOp, result: Tensor, a: &Operand, b: &Operand) -> Tensor {
    let (of_a, of_b) = (has_gradient(a), has_gradient(b));
    match function {
        BinaryOp::Add => record_sides(result, "AddBackward0", a, b, false, |pass, gradient| {
            pass.give(0, || gradient.alias());
            pass.give(1, || gradient);
            Ok(())
        }),
        BinaryOp::Sub => record_sides(result, "SubBackward0", a, b, false, |pass, gradient| {
            pass.give(0, || gradient.alias());
            pass.give(1, || -gradient);
            Ok(())
        }),
        BinaryOp::Mul => {
            let (a_kept, b_kept) = (Kept::of(a, of_b), Kept::of(b, of_a));
            record_sides(result, "MulBackward0", a, b, of_b || b.tensor().is_some(), move |pass, gradient| {
                let (a, b) = (a_kept.get(pass)?, b_kept.get(pass)?);
                pass.give(0, || &gradient * &b);
                pass.give(1, || gradient * &a);
                Ok(())
            })
        }
        BinaryOp::Div => {
            let (a_kept, b_kept) = (Kept::of(a, of_b), Kept::of(b, true));
            record_sides(result, "DivBackward0", a, b, of_b || b.tensor().is_some(), move |pass, gradient| {
                let (a, b) = (a_kept.get(pass)?, b_kept.get(pass)?);
                pass.give(0, || &gradient / &b);
                pass.give(1, || {
                    let b = b.tensor();
                    -(gradient * (a.tensor() / &b / &b))
                });
                Ok(())
            })
        }
        BinaryOp::FloorDivide => record_sides(result, "FloorDivideBackward0", a, b, false, |pass, gradient| {
            pass.give(0, || &gradient * 0.0);
            pass.give(1, || gradient * 0.0);
            Ok(())
        }),
        BinaryOp::Remainder => {
            let (a_kept, b_kept) = (Kept::of(a, of_b), Kept::of(b, of_b));
            record_sides(result, "RemainderBackward0", a, b, of_b, move |pass, gradient| {
                let (a, b) = (a_kept.get(pass)?, b_kept.get(pass)?);
                pass.give(0, || gradient.alias());
                pass.give(1, || -(gradient * a.tensor().floor_divide(&b)));
                Ok(())
            })
        }
        BinaryOp::Pow => power(result, a, b),
        BinaryOp::Maximum => extreme(result, "MaximumBackward0", a, b, |x, y| x.lt(y)),
        BinaryOp::Minimum => extreme(result, "MinimumBackward0", a, b, |x, y| x.gt(y)),
    }
}

/// The larger or the smaller of two: of equals, both get half.
fn extreme(
    result: Tensor,
    name: &'static str,
    a: &Operand,
    b: &Operand,
    loses: fn(&Tensor, &Given) -> Tensor,
) -> Tensor {
    let (a_kept, b_kept) = (Kept::of(a, true), Kept::of(b, true));
    record_sides(result, name, a, b, true, move |pass, gradient| {
        let (a, b) = (a_kept.get(pass)?, b_kept.get(pass)?);
        let (of_a, of_b) = (a.tensor(), b.tensor());
        let halved = (&gradient * 0.5).where_cond(of_a.eq(&b), &gradient);
        pass.give(0, || halved.masked_fill(loses(&of_a, &b), 0));
        pass.give(1, || halved.masked_fill(loses(&of_b, &a), 0));
        Ok(())
    })
}

fn power(result: Tensor, a: &Operand, b: &Operand) -> Tensor {
    let of_b = has_gradient(b);
    let (a_kept, b_kept) = (Kept::of(a, true), Kept::of(b, true));
    let kept = of_b.then(|| Saved::result(&result));
    record_sides(
        result,
        if b.tensor().is_some() { "PowBackward1" } else { "PowBackward0" },
        a,
        b,
        true,
        move |pass, gradient| {
            let (a, b) = (a_kept.get(pass)?, b_kept.get(pass)?);
            let y = kept.as_ref().map(|kept| pass.get(kept)).transpose()?;
            pass.give(0, || match &b {
                Given::Number(exponent) => gradient_of_base(&gradient, &a.tensor(), exponent.to_f64()),
                Given::Tensor(exponent) => {
                    let slope = exponent * a.tensor().pow(exponent - 1.0);
                    (&gradient * slope).masked_fill(exponent.eq(0.0), 0)
                }
            });
            if let Some(y) = y {
                pass.give(1, || {
                    let base = a.tensor();
                    let slope = y * base.log();
                    // A base of 0 gives 0 whatever the exponent, unless that is negative.
                    let exponent = b.tensor();
                    gradient * slope.masked_fill(base.eq(0.0).logical_and(exponent.ge(0.0)), 0)
                });
            }
            Ok(())
        },
    )
}

/// The gradient of a power by its base.
fn gradient_of_base(gradient: &Tensor, base: &Tensor, exponent: f64) -> Tensor {
    match exponent {
        0.0 => gradient * 0.0,
        1.0 => gradient.alias(),
        2.0 => gradient * base * 2.0,
        _ => gradient * base.pow(exponent - 1.0) * exponent,
    }
}

//! Carries out an operation on two operands: out of place, in place, or into a tensor that has no other owner.

use std::sync::Arc;

use crate::autograd::record::{in_place, in_place_without_copy, records, records_sides};
use crate::autograd::{History, formulas};
use crate::backend::{Backend, Source, backend_of};
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::error::{Result, dtype_error, or_raise, shape_error, value_error};
use crate::layout::{Layout, broadcast, memory_order};
use crate::op::{BinaryOp, CompareOp, GradientOp, LogicOp, PairOp};
use crate::operand::Operand;
use crate::ops::unary;
use crate::promotion::result_type;
use crate::scalar::Scalar;
use crate::storage::Storage;
use crate::tensor::Tensor;

/// An operand with its final dtype.
#[derive(Clone, Copy)]
enum Input<'a> {
    Tensor(&'a Tensor),
    Number(Scalar),
}

/// Converts an operand when it has another dtype; `room` keeps the copy.
#[inline]
fn convert<'a>(operand: &'a Operand<'_>, dtype: DType, room: &'a mut Option<Tensor>) -> Input<'a> {
    match operand {
        Operand::Borrowed(tensor) => Input::Tensor(tensor.typed(dtype, room)),
        Operand::Owned(tensor) | Operand::Decimals(tensor) => Input::Tensor(tensor.typed(dtype, room)),
        Operand::Number(number) => Input::Number(*number),
        Operand::Refused(_) => unreachable!("operations refuse it first"),
    }
}

/// A new tensor of two operands: chooses its shape, and the order in which its elements are made.
#[inline]
fn apply(
    op: &str,
    a: Input,
    b: Input,
    make: impl FnOnce(&'static dyn Backend, usize, Source, Source) -> Arc<Storage>,
) -> Result<Tensor> {
    let (a, b) = match (a, b) {
        (Input::Tensor(a), Input::Tensor(b)) => (a, b),
        (Input::Tensor(x), Input::Number(number)) => {
            return Ok(unary::mapped(x, |elements| {
                make(x.backend(), elements.numel(), Source::Elements(elements), Source::Number(number))
            }));
        }
        (Input::Number(number), Input::Tensor(x)) => {
            return Ok(unary::mapped(x, |elements| {
                make(x.backend(), elements.numel(), Source::Number(number), Source::Elements(elements))
            }));
        }
        (Input::Number(a), Input::Number(b)) => {
            let value = make(backend_of(op, &[])?, 1, Source::Number(a), Source::Number(b));
            return Ok(Tensor::from_storage(value, Layout::contiguous(DimVec::new())));
        }
    };
    let backend = backend_of(op, &[a, b])?;
    if a.layout.shape == b.layout.shape && a.layout.is_contiguous() && b.layout.is_contiguous() {
        let of_result = Layout::contiguous(a.layout.shape.clone());
        let (a, b) = (Source::Elements(a.elements()), Source::Elements(b.elements()));
        return Ok(Tensor::from_storage(make(backend, of_result.numel(), a, b), of_result));
    }
    let shape = broadcast(op, &a.layout.shape, &b.layout.shape)?;
    let numel = crate::size::checked_numel(op, &shape)?;
    let (of_a, of_b) = (a.layout.expand(op, &shape)?, b.layout.expand(op, &shape)?);
    let order = memory_order(&[&of_a, &of_b]);
    let (of_a, of_b) = (of_a.permute(&order), of_b.permute(&order));
    let (a, b) = (Source::Elements(a.elements_as(&of_a)), Source::Elements(b.elements_as(&of_b)));
    Ok(Tensor::from_storage(make(backend, numel, a, b), Layout::ordered(&shape, &order)))
}

/// Refuses what an operation does not do, and says in which type it is done.
pub(crate) fn arithmetic_type(op: &str, function: BinaryOp, a: &Operand, b: &Operand) -> Result<DType> {
    b.check()?;
    let dtype = result_type(a.promotion(), b.promotion());
    if function == BinaryOp::Div {
        return Ok(dtype.to_floating());
    }
    if dtype == DType::Bool
        && !matches!(function, BinaryOp::Add | BinaryOp::Mul | BinaryOp::Maximum | BinaryOp::Minimum)
    {
        return Err(match function {
            BinaryOp::Sub => {
                dtype_error!("{op}: booleans have no difference; use logical_xor, or convert one with to()")
            }
            _ => dtype_error!("{op}: not defined for bool; convert one operand with to()"),
        });
    }
    if !dtype.is_floating_point() {
        refuse_whole(op, function, a, b)?;
    }
    Ok(dtype)
}

/// Whole numbers have no quotient by zero, and no negative powers as plain numbers.
fn refuse_whole(op: &str, function: BinaryOp, a: &Operand, b: &Operand) -> Result<()> {
    match (function, b) {
        (BinaryOp::FloorDivide | BinaryOp::Remainder, b) => {
            let nothing = [a, b].iter().any(|operand| operand.tensor().is_some_and(|x| x.numel() == 0));
            let has_zero = match b {
                Operand::Number(number) => number.to_i64() == 0,
                b => b.tensor().is_some_and(|b| b.backend().has_zero(b.elements())),
            };
            if has_zero && !nothing {
                return Err(value_error!("{op}: division of whole numbers by zero"));
            }
            Ok(())
        }
        (BinaryOp::Pow, Operand::Number(number)) if number.to_i64() < 0 => Err(value_error!(
            "{op}: whole numbers to the negative power {number} are not whole; use a floating-point tensor"
        )),
        _ => Ok(()),
    }
}

/// The meaning of arithmetic on booleans: or, and.
fn boolean(function: BinaryOp) -> LogicOp {
    if matches!(function, BinaryOp::Add | BinaryOp::Maximum) { LogicOp::Or } else { LogicOp::And }
}

/// A new tensor with `function` of the operands.
pub(crate) fn arithmetic(op: &str, function: BinaryOp, a: &Operand, b: &Operand) -> Result<Tensor> {
    // Asked first: a tensor that goes from hand to hand is copied each time, which small ones feel.
    if !records_sides(a, b) {
        return computed(op, function, a, b);
    }
    Ok(formulas::binary::recorded(function, computed(op, function, a, b)?, a, b))
}

/// A computed result, with its history.
#[inline]
pub(crate) fn recorded(function: BinaryOp, result: Tensor, a: &Operand, b: &Operand) -> Tensor {
    if records_sides(a, b) { formulas::binary::recorded(function, result, a, b) } else { result }
}

/// [`arithmetic`] of the values.
fn computed(op: &str, function: BinaryOp, a: &Operand, b: &Operand) -> Result<Tensor> {
    let dtype = arithmetic_type(op, function, a, b)?;
    let (mut room_a, mut room_b) = (None, None);
    let (a, b) = (convert(a, dtype, &mut room_a), convert(b, dtype, &mut room_b));
    if dtype == DType::Bool {
        return apply(op, a, b, |backend, numel, a, b| backend.logic(boolean(function), numel, a, b));
    }
    apply(op, a, b, |backend, numel, a, b| backend.binary(function, dtype, numel, a, b))
}

/// A new `bool` tensor with `function` of the operands.
pub(crate) fn comparison(op: &str, function: CompareOp, a: &Operand, b: &Operand) -> Result<Tensor> {
    b.check()?;
    let dtype = result_type(a.promotion(), b.promotion());
    let (mut room_a, mut room_b) = (None, None);
    let (a, b) = (convert(a, dtype, &mut room_a), convert(b, dtype, &mut room_b));
    apply(op, a, b, |backend, numel, a, b| backend.compare(function, dtype, numel, a, b))
}

/// A new `bool` tensor with `function` of the operands' truth: what is not zero is true.
pub(crate) fn logic(op: &str, function: LogicOp, a: &Operand, b: &Operand) -> Result<Tensor> {
    b.check()?;
    let (mut room_a, mut room_b) = (None, None);
    let (a, b) = (convert(a, DType::Bool, &mut room_a), convert(b, DType::Bool, &mut room_b));
    apply(op, a, b, |backend, numel, a, b| backend.logic(function, numel, a, b))
}

/// [`arithmetic`], written into an operand that has no other owner if its memory fits the result.
pub(crate) fn arithmetic_owned(op: &str, function: BinaryOp, a: Operand, b: Operand) -> Result<Tensor> {
    b.check()?;
    let Operand::Owned(mut target) = a else { return arithmetic(op, function, &a, &b) };
    let dtype = target.dtype();
    let fits = dtype.is_floating_point()
        && target.layout.is_contiguous()
        && target.storage.lineage().is_none()
        && matches!(target.history, History::Own)
        && !b.tensor().is_some_and(Tensor::has_history)
        && Arc::get_mut(&mut target.storage).is_some()
        && result_type(target.promotion(), b.promotion()) == dtype
        && b.tensor().is_none_or(|b| {
            b.dtype() == dtype && b.device() == target.device() && b.layout.shape == target.layout.shape
        });
    if !fits {
        return arithmetic(op, function, &Operand::Owned(target), &b);
    }
    let backend = backend_of(op, &[&target])?;
    let source = match &b {
        Operand::Number(number) => Source::Number(*number),
        other => match other.tensor() {
            Some(b) => Source::Elements(b.elements()),
            None => unreachable!("operations refuse it first"),
        },
    };
    backend.binary_(function, target.elements(), source);
    Ok(target)
}

/// A gradient in one pass. Both tensors have the same shape and type.
pub(crate) fn gradient(function: GradientOp, g: Tensor, other: &Tensor) -> Tensor {
    or_raise(apply("backward", Input::Tensor(&g), Input::Tensor(other), |backend, _, g, other| {
        let (Source::Elements(g), Source::Elements(other)) = (g, other) else { unreachable!("both are tensors") };
        backend.gradient(function, g, other)
    }))
}

/// Refuses to write where one element would be written several times.
pub(crate) fn writable(op: &str, target: &Tensor) -> Result<()> {
    if target.layout.may_overlap_itself() {
        return Err(value_error!(
            "{op}: several indices of this expanded tensor are one element in memory; write to a copy, x.clone()"
        ));
    }
    Ok(())
}

/// Refuses results that would lose their kind in the target: fractions in whole numbers, numbers in booleans.
pub(crate) fn storable(op: &str, result: DType, target: DType) -> Result<()> {
    let loses =
        (result.is_floating_point() && !target.is_floating_point()) || (target == DType::Bool && result != DType::Bool);
    if loses {
        return Err(dtype_error!(
            "{op}: the result is {result}, which does not fit in place into {target}; use to({target:?}) on a new tensor"
        ));
    }
    Ok(())
}

/// The operand's tensor, without memory in common with the target: a copy when there is.
pub(crate) fn apart(target: &Tensor, operand: &Tensor) -> Option<Tensor> {
    target.shares_memory(operand).then(|| operand.clone())
}

/// Changes `target` to `function` of itself and the operand.
pub(crate) fn arithmetic_in_place(op: &str, function: BinaryOp, target: &Tensor, b: &Operand) -> Result<()> {
    writable(op, target)?;
    if records_sides(&Operand::Borrowed(target), b) {
        let value = |target: &Tensor| arithmetic(op, function, &Operand::Borrowed(target), b);
        match function {
            BinaryOp::Add | BinaryOp::Sub => in_place_without_copy(op, target, value)?,
            _ => in_place(op, target, value)?,
        };
        return Ok(());
    }
    let dtype = target.dtype();
    let result = match b {
        Operand::Number(Scalar::Float(_)) if dtype.is_floating_point() => dtype,
        _ => arithmetic_type(op, function, &Operand::Borrowed(target), b)?,
    };
    storable(op, result, dtype)?;
    if result != dtype || dtype == DType::Bool {
        let value = arithmetic(op, function, &Operand::Borrowed(target), b)?;
        if value.layout.shape != target.layout.shape {
            return Err(does_not_fit(op, target, &value));
        }
        return super::assign::copy(op, target, &value);
    }
    let Some(b) = b.tensor() else {
        let Operand::Number(number) = b else { unreachable!("what is no tensor is a number") };
        target.backend().binary_(function, target.elements(), Source::Number(*number));
        return Ok(());
    };
    let backend = backend_of(op, &[target, b])?;
    let converted = if b.dtype() == dtype { apart(target, b) } else { Some(b.converted(dtype)) };
    let b = converted.as_ref().unwrap_or(b);
    let layout = b.layout.expand(op, &target.layout.shape).map_err(|_| does_not_fit(op, target, b))?;
    let order = memory_order(&[&target.layout]);
    let (of_target, of_b) = (target.layout.permute(&order), layout.permute(&order));
    backend.binary_(function, target.elements_as(&of_target), Source::Elements(b.elements_as(&of_b)));
    Ok(())
}

pub(crate) fn does_not_fit(op: &str, target: &Tensor, operand: &Tensor) -> crate::Error {
    match broadcast(op, &target.layout.shape, &operand.layout.shape) {
        Err(error) => error,
        Ok(_) => shape_error!(
            "{op}: a tensor of shape {} does not fit in place into shape {}",
            operand.size(),
            target.size()
        ),
    }
}

/// Changes `target` to truth values made from it: 1 or 0 in its own type.
pub(crate) fn replace_by_truth(op: &str, target: &Tensor, truth: Tensor) -> Result<Tensor> {
    writable(op, target)?;
    if records(&[target]) {
        return in_place_without_copy(op, target, |_| Ok(truth));
    }
    if truth.layout.shape != target.layout.shape {
        return Err(does_not_fit(op, target, &truth));
    }
    super::assign::copy(op, target, &truth)?;
    Ok(target.alias())
}

/// A new tensor with a function of operands of one type that it is for, which broadcast.
pub(crate) fn paired(op: &str, function: PairOp, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    apply(op, Input::Tensor(a), Input::Tensor(b), |backend, _, a, b| match (a, b) {
        (Source::Elements(a), Source::Elements(b)) => backend.pair(function, a, b),
        _ => unreachable!("both are tensors"),
    })
}

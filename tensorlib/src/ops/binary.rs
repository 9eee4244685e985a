//! How an operation on two operands is carried out: out of place, in place, or over a tensor nobody else holds.

use std::sync::Arc;

use crate::autograd::record::{in_place, in_place_without_copy, records, records_sides};
use crate::autograd::{History, formulas};
use crate::backend::cpu::functions;
use crate::backend::cpu::loops::Maps2;
use crate::backend::cpu::map::{self, Source};
use crate::dtype::{DType, result_type};
use crate::element::{Element, Stored, with_dtype, with_floating, with_number};
use crate::error::{Result, dtype_error, or_raise, shape_error, value_error};
use crate::layout::{Layout, broadcast, memory_order};
use crate::list::List;
use crate::memory::allocator;
use crate::op::{BinaryOp, CompareOp, GradientOp, LogicOp};
use crate::operand::Operand;
use crate::scalar::Scalar;
use crate::storage::{self, Storage};
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
    let tensor = match operand {
        Operand::Borrowed(tensor) => tensor,
        Operand::Owned(tensor) | Operand::Decimals(tensor) => tensor,
        Operand::Number(number) => return Input::Number(*number),
        Operand::Refused(_) => unreachable!("operations refuse it first"),
    };
    Input::Tensor(if tensor.dtype() == dtype { tensor } else { room.insert(tensor.values().to(dtype)) })
}

#[inline]
fn run<T: Element, U: Element>(maps: &Maps2<T, U>, of_result: Layout, a: Source<T>, b: Source<T>) -> Tensor {
    let mut values = allocator::take::<U>(of_result.numel());
    if !values.is_empty() {
        map::map2(maps, &mut values, a, b);
    }
    Tensor::new(Storage::new(values), of_result)
}

/// Applies `maps` to operands of type `T`.
#[inline]
fn apply<T: Element, U: Element>(op: &str, maps: &Maps2<T, U>, a: Input, b: Input) -> Result<Tensor> {
    let (a, b) = match (a, b) {
        (Input::Tensor(a), Input::Tensor(b)) => (a, b),
        (Input::Tensor(x), Input::Number(number)) => {
            return Ok(apply_number(x, |of_result, x| run(maps, of_result, x, Source::Number(T::from_scalar(number)))));
        }
        (Input::Number(number), Input::Tensor(x)) => {
            return Ok(apply_number(x, |of_result, x| run(maps, of_result, Source::Number(T::from_scalar(number)), x)));
        }
        (Input::Number(a), Input::Number(b)) => {
            let (a, b) = (Source::Number(T::from_scalar(a)), Source::Number(T::from_scalar(b)));
            return Ok(run(maps, Layout::contiguous(List::new()), a, b));
        }
    };
    let elementwise = |a: &Tensor, of_a: &Layout, b: &Tensor, of_b: &Layout, of_result: Layout| {
        storage::read_two(&a.storage, &b.storage, |from_a, from_b| {
            run(maps, of_result, Source::Elements(T::of(from_a), of_a), Source::Elements(T::of(from_b), of_b))
        })
    };
    if a.layout.shape == b.layout.shape && a.layout.is_contiguous() && b.layout.is_contiguous() {
        let of_result = Layout::contiguous(a.layout.shape.clone());
        return Ok(elementwise(a, &a.layout, b, &b.layout, of_result));
    }
    let shape = broadcast(op, &a.layout.shape, &b.layout.shape)?;
    crate::size::checked_numel(op, &shape)?;
    let (of_a, of_b) = (a.layout.expand(op, &shape)?, b.layout.expand(op, &shape)?);
    let order = memory_order(&[&of_a, &of_b]);
    Ok(elementwise(a, &of_a.permute(&order), b, &of_b.permute(&order), Layout::ordered(&shape, &order)))
}

/// Walks the only tensor among the operands in the order in which it lies in memory.
#[inline]
fn apply_number<T: Element>(x: &Tensor, run: impl FnOnce(Layout, Source<T>) -> Tensor) -> Tensor {
    let guard = x.storage.read();
    if x.layout.is_contiguous() {
        return run(Layout::contiguous(x.layout.shape.clone()), Source::Elements(T::of(&guard), &x.layout));
    }
    let order = memory_order(&[&x.layout]);
    let of_result = Layout::ordered(&x.layout.shape, &order);
    run(of_result, Source::Elements(T::of(&guard), &x.layout.permute(&order)))
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
                b => b.tensor().is_some_and(has_zero),
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

fn has_zero(tensor: &Tensor) -> bool {
    tensor.to_vec::<i64>().contains(&0)
}

/// What arithmetic on booleans means: or, and.
fn boolean(function: BinaryOp) -> LogicOp {
    if matches!(function, BinaryOp::Add | BinaryOp::Maximum) { LogicOp::Or } else { LogicOp::And }
}

/// A new tensor with `function` of the operands.
pub(crate) fn arithmetic(op: &str, function: BinaryOp, a: &Operand, b: &Operand) -> Result<Tensor> {
    Ok(recorded(function, computed(op, function, a, b)?, a, b))
}

/// What was computed, with its history.
#[inline]
pub(crate) fn recorded(function: BinaryOp, result: Tensor, a: &Operand, b: &Operand) -> Tensor {
    if records_sides(a, b) { formulas::binary::recorded(function, result, a, b) } else { result }
}

/// [`arithmetic`] of the values.
fn computed(op: &str, function: BinaryOp, a: &Operand, b: &Operand) -> Result<Tensor> {
    let dtype = arithmetic_type(op, function, a, b)?;
    let (mut room_a, mut room_b) = (None, None);
    let (a, b) = (convert(a, dtype, &mut room_a), convert(b, dtype, &mut room_b));
    with_number!(
        dtype,
        T => apply::<T, T>(op, &functions::arithmetic(function), a, b),
        else apply::<bool, bool>(op, &functions::logic(boolean(function)), a, b)
    )
}

/// A new `bool` tensor with `function` of the operands.
pub(crate) fn comparison(op: &str, function: CompareOp, a: &Operand, b: &Operand) -> Result<Tensor> {
    b.check()?;
    let dtype = result_type(a.promotion(), b.promotion());
    let (mut room_a, mut room_b) = (None, None);
    let (a, b) = (convert(a, dtype, &mut room_a), convert(b, dtype, &mut room_b));
    with_dtype!(dtype, T => apply::<T, bool>(op, &functions::comparison(function), a, b))
}

/// A new `bool` tensor with `function` of the operands' truth: what is not zero is true.
pub(crate) fn logic(op: &str, function: LogicOp, a: &Operand, b: &Operand) -> Result<Tensor> {
    b.check()?;
    let (mut room_a, mut room_b) = (None, None);
    let (a, b) = (convert(a, DType::Bool, &mut room_a), convert(b, DType::Bool, &mut room_b));
    apply::<bool, bool>(op, &functions::logic(function), a, b)
}

/// [`arithmetic`], written into an operand that nobody else holds when its memory fits the result.
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
        && b.tensor().is_none_or(|b| b.dtype() == dtype && b.layout.shape == target.layout.shape);
    if !fits {
        return arithmetic(op, function, &Operand::Owned(target), &b);
    }
    let Some(storage) = Arc::get_mut(&mut target.storage) else { unreachable!("nobody else holds it") };
    with_number!(dtype, T => {
        let updates = functions::arithmetic_in_place::<T>(function);
        let to = T::of_mut(storage.get_mut());
        match &b {
            Operand::Number(number) => map::update(&updates, to, &target.layout, Source::Number(T::from_scalar(*number))),
            other => if let Some(b) = other.tensor() {
                let guard = b.storage.read();
                map::update(&updates, to, &target.layout, Source::Elements(T::of(&guard), &b.layout));
            },
        }
    }, else unreachable!("floating-point numbers are not booleans"));
    Ok(target)
}

/// A gradient in one pass, into the memory of `g` when nobody else holds it.
pub(crate) fn gradient(function: GradientOp, g: Tensor, other: &Tensor) -> Tensor {
    let input = |x| Input::Tensor(x);
    with_floating!(g.dtype(), T => {
        or_raise(apply::<T, T>("backward", &functions::gradient(function), input(&g), input(other)))
    }, else unreachable!("gradients are floating-point numbers"))
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
    with_number!(dtype, T => {
        let updates = functions::arithmetic_in_place::<T>(function);
        let Some(b) = b.tensor() else {
            let Operand::Number(number) = b else { unreachable!("what is no tensor is a number") };
            let mut guard = target.storage.write();
            map::update(&updates, T::of_mut(&mut guard), &target.layout, Source::Number(T::from_scalar(*number)));
            return Ok(());
        };
        let converted = if b.dtype() == dtype { apart(target, b) } else { Some(b.to(dtype)) };
        let b = converted.as_ref().unwrap_or(b);
        let layout = b.layout.expand(op, &target.layout.shape).map_err(|_| does_not_fit(op, target, b))?;
        let order = memory_order(&[&target.layout]);
        let (of_target, of_b) = (target.layout.permute(&order), layout.permute(&order));
        storage::read_and_write(&b.storage, &target.storage, |from, to| {
            map::update(&updates, T::of_mut(to), &of_target, Source::Elements(T::of(from), &of_b));
        });
        Ok(())
    }, else unreachable!("booleans were handled above"))
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

/// A new tensor with a function of operands of type `T`, which broadcast.
pub(crate) fn mapped2<T: Element, U: Element>(op: &str, maps: &Maps2<T, U>, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    apply(op, maps, Input::Tensor(a), Input::Tensor(b))
}

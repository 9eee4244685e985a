//! Operations element by element.

use std::sync::Arc;

use crate::backend::cpu::loops::{Map2, Maps, Maps2, Updates};
use crate::backend::cpu::map::{self, Operand, Source as Typed};
use crate::backend::cpu::simd::Narrow;
use crate::backend::cpu::{activation, cast, functions, pairs, search, special};
use crate::backend::{Elements, Source};
use crate::dtype::DType;
use crate::element::{Element, Stored, with_dtype, with_floating, with_number};
use crate::layout::Layout;
use crate::memory::allocator;
use crate::op::{Activation, BinaryOp, CompareOp, GradientOp, LogicOp, PairOp, Special, UnaryOp};
use crate::scalar::Scalar;
use crate::storage::{self, Storage};

/// Lends two operands of type `T`.
#[inline]
fn lend<T: Element, R>(a: Source, b: Source, body: impl FnOnce(Typed<T>, Typed<T>) -> R) -> R {
    match (a, b) {
        (Source::Elements(a), Source::Elements(b)) => storage::read_two(a.storage, b.storage, |from_a, from_b| {
            body(Typed::Elements(T::of(from_a), a.layout), Typed::Elements(T::of(from_b), b.layout))
        }),
        (Source::Elements(a), Source::Number(b)) => {
            let guard = a.storage.read();
            body(Typed::Elements(T::of(&guard), a.layout), Typed::Number(T::from_scalar(b)))
        }
        (Source::Number(a), Source::Elements(b)) => {
            let guard = b.storage.read();
            body(Typed::Number(T::from_scalar(a)), Typed::Elements(T::of(&guard), b.layout))
        }
        (Source::Number(a), Source::Number(b)) => {
            body(Typed::Number(T::from_scalar(a)), Typed::Number(T::from_scalar(b)))
        }
    }
}

#[inline]
fn apply<T: Element, U: Element>(maps: &Maps2<T, U>, numel: usize, a: Source, b: Source) -> Arc<Storage> {
    let mut values = allocator::take::<U>(numel);
    if numel > 0 {
        lend(a, b, |a, b| map::map2(maps, &mut values, a, b));
    }
    Storage::new(values)
}

fn map1<T: Element>(maps: &Maps<T, T>, x: Elements) -> Arc<Storage> {
    let mut values = allocator::take::<T>(x.numel());
    if !values.is_empty() {
        map::map(maps, &mut values, T::of(&x.storage.read()), x.layout);
    }
    Storage::new(values)
}

pub(super) fn unary(op: UnaryOp, x: Elements) -> Arc<Storage> {
    with_floating!(x.dtype(), T => map1::<T>(&functions::floating(op), x), else with_number!(
        x.dtype(),
        T => map1::<T>(&functions::whole(op), x),
        else unreachable!("booleans are no numbers")
    ))
}

pub(super) fn unary_(op: UnaryOp, x: Elements) {
    let range = x.layout.offset..x.layout.offset + x.numel();
    with_floating!(
        x.dtype(),
        T => map::map_in_place::<T>(&functions::floating(op), &mut T::of_mut(&mut x.storage.write())[range]),
        else unreachable!("whole numbers are replaced by a copy")
    );
}

/// A new value for each element, by a kernel that walks a layout.
fn walked<T: Element>(x: Elements, kernel: impl FnOnce(&mut [T], &[T], &Layout)) -> Arc<Storage> {
    let mut values = allocator::take::<T>(x.numel());
    if !values.is_empty() {
        kernel(&mut values, T::of(&x.storage.read()), x.layout);
    }
    Storage::new(values)
}

pub(super) fn special(op: Special, x: Elements) -> Arc<Storage> {
    with_floating!(
        x.dtype(),
        T => walked::<T>(x, |to, from, layout| special::map(op, to, from, layout)),
        else unreachable!("whole numbers become floating-point ones first")
    )
}

pub(super) fn activation(op: Activation, x: Elements) -> Arc<Storage> {
    with_floating!(
        x.dtype(),
        T => walked::<T>(x, |to, from, layout| activation::map(op, to, from, layout)),
        else unreachable!("whole numbers become floating-point ones first")
    )
}

pub(super) fn pair(op: PairOp, a: Elements, b: Elements) -> Arc<Storage> {
    let (numel, dtype, a, b) = (a.numel(), a.dtype(), Source::Elements(a), Source::Elements(b));
    match op {
        PairOp::Float(op) => with_floating!(
            dtype,
            T => apply::<T, T>(&pairs::float_pair(op), numel, a, b),
            else unreachable!("whole numbers become floating-point ones first")
        ),
        PairOp::Number(op) => with_number!(
            dtype,
            T => apply::<T, T>(&pairs::number_pair(op), numel, a, b),
            else unreachable!("booleans have logic instead")
        ),
        PairOp::Whole(op) => match dtype {
            DType::U8 => apply::<u8, u8>(&pairs::whole_pair(op), numel, a, b),
            DType::I32 => apply::<i32, i32>(&pairs::whole_pair(op), numel, a, b),
            DType::I64 => apply::<i64, i64>(&pairs::whole_pair(op), numel, a, b),
            _ => unreachable!("only whole numbers have bits"),
        },
    }
}

pub(super) fn gradient(op: GradientOp, g: Elements, other: Elements) -> Arc<Storage> {
    with_floating!(
        g.dtype(),
        T => apply::<T, T>(&functions::gradient(op), g.numel(), Source::Elements(g), Source::Elements(other)),
        else unreachable!("gradients are floating-point numbers")
    )
}

pub(super) fn binary(op: BinaryOp, dtype: DType, numel: usize, a: Source, b: Source) -> Arc<Storage> {
    with_number!(
        dtype,
        T => apply::<T, T>(&functions::arithmetic(op), numel, a, b),
        else unreachable!("booleans have logic instead")
    )
}

pub(super) fn compare(op: CompareOp, dtype: DType, numel: usize, a: Source, b: Source) -> Arc<Storage> {
    with_dtype!(dtype, T => apply::<T, bool>(&functions::comparison(op), numel, a, b))
}

pub(super) fn logic(op: LogicOp, numel: usize, a: Source, b: Source) -> Arc<Storage> {
    apply::<bool, bool>(&functions::logic(op), numel, a, b)
}

/// Updates elements with an operand in other memory.
#[inline]
fn update<T: Element>(updates: &Updates<T>, to: Elements, b: Source) {
    match b {
        Source::Number(b) => {
            map::update(updates, T::of_mut(&mut to.storage.write()), to.layout, Typed::Number(T::from_scalar(b)));
        }
        Source::Elements(b) => storage::read_and_write(b.storage, to.storage, |from, into| {
            map::update(updates, T::of_mut(into), to.layout, Typed::Elements(T::of(from), b.layout));
        }),
    }
}

pub(super) fn binary_(op: BinaryOp, to: Elements, b: Source) {
    with_number!(
        to.dtype(),
        T => update::<T>(&functions::arithmetic_in_place(op), to, b),
        else unreachable!("booleans have logic instead")
    );
}

/// The second of two.
struct Second;

impl<T: Element> Map2<T, T> for Second {
    type Width = Narrow;
    #[inline(always)]
    fn of(_: T, b: T) -> T {
        b
    }
}

pub(super) fn fill_(to: Elements, value: Scalar) {
    with_dtype!(to.dtype(), T => update::<T>(&Updates::of::<Second>(), to, Source::Number(value)));
}

pub(super) fn copy_(to: Elements, from: Elements) {
    with_dtype!(to.dtype(), T => update::<T>(&Updates::of::<Second>(), to, Source::Elements(from)));
}

pub(super) fn fill_where_(to: Elements, mask: Elements, value: Scalar) {
    with_dtype!(to.dtype(), T => storage::read_and_write(mask.storage, to.storage, |from, into| {
        map::fill_where(T::of_mut(into), to.layout, Operand(bool::of(from), mask.layout), T::from_scalar(value));
    }));
}

pub(super) fn choose(condition: Elements, a: Elements, b: Elements) -> Arc<Storage> {
    with_dtype!(a.dtype(), T => {
        let mut values = allocator::take::<T>(condition.numel());
        if !values.is_empty() {
            storage::read_all([condition.storage, a.storage, b.storage], |[of_condition, of_a, of_b]| {
                let condition = Operand(bool::of(of_condition), condition.layout);
                map::choose::<T>(&mut values, condition, Operand(T::of(of_a), a.layout), Operand(T::of(of_b), b.layout));
            });
        }
        Storage::new(values)
    })
}

pub(super) fn clamp(x: Elements, low: Scalar, high: Scalar) -> Arc<Storage> {
    with_number!(x.dtype(), T => {
        let mut values = allocator::take::<T>(x.numel());
        if !values.is_empty() {
            let guard = x.storage.read();
            map::clamp(&mut values, T::of(&guard), x.layout, T::from_scalar(low), T::from_scalar(high));
        }
        Storage::new(values)
    }, else unreachable!("booleans have no limits"))
}

pub(super) fn equal(a: Elements, b: Elements) -> bool {
    storage::read_two(a.storage, b.storage, |from_a, from_b| {
        with_dtype!(a.dtype(), T => {
            let (a, b) = (cast::in_line(T::of(from_a), a.layout), cast::in_line(T::of(from_b), b.layout));
            a[..] == b[..]
        })
    })
}

pub(super) fn has_zero(x: Elements) -> bool {
    // Repeated elements need be read only once.
    let Layout { shape, strides, offset } = x.layout;
    let once = shape.iter().zip(&**strides).map(|(&length, &stride)| if stride == 0 { length.min(1) } else { length });
    let layout = Layout { shape: once.collect(), strides: strides.clone(), offset: *offset };
    let guard = x.storage.read();
    with_dtype!(x.dtype(), T => search::has_zero(T::of(&guard), &layout))
}

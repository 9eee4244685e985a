//! Elements by position and by mask.

use std::sync::Arc;

use crate::backend::cpu::number::Number;
use crate::backend::cpu::rows::Rows;
use crate::backend::cpu::select::{self, Starts};
use crate::backend::cpu::{cast, positions as kernel};
use crate::backend::{Elements, Reach};
use crate::dtype::DType;
use crate::element::{Element, Stored, with_dtype, with_number};
use crate::memory::allocator;
use crate::memory::buffer::AlignedBuf;
use crate::op::PutOp;
use crate::storage::{self, Storage};

/// Elements as `T`, in row-major order, in new memory: other threads may write to the original memory once it has been
/// checked.
fn copied<T: Element>(x: Elements) -> AlignedBuf<T> {
    let mut values = T::wrap(allocator::take::<T>(x.numel()));
    super::memory::read(x, &mut values);
    T::unwrap(values)
}

pub(super) fn positions(x: Elements, length: usize) -> Result<Arc<Storage>, i64> {
    let mut values = copied::<i64>(x);
    kernel::count_from_start(&mut values, length)?;
    Ok(Storage::new(values))
}

pub(super) fn nonzero(x: Elements) -> (Arc<Storage>, usize) {
    let mask = copied::<bool>(x);
    let (values, count) = kernel::nonzero(&mask, &x.layout.shape);
    (Storage::new(values.into()), count)
}

pub(super) fn compress(x: Elements, mask: Elements) -> (Arc<Storage>, usize) {
    storage::read_two(x.storage, mask.storage, |from, of_mask| {
        let mask = cast::in_line(bool::of(of_mask), mask.layout);
        with_dtype!(x.dtype(), T => {
            let from = cast::in_line(T::of(from), x.layout);
            let values = select::compress(from.iter().copied(), &mask);
            let count = values.len();
            (Storage::new(values.into()), count)
        })
    })
}

/// Where the rows start that an index reaches.
fn starts(reach: &Reach) -> Starts {
    let places = reach.chosen.first().map_or(1, |one| one.layout.numel());
    let mut chosen = vec![0; places];
    for one in &reach.chosen {
        let guard = one.positions.read();
        let positions = cast::in_line(i64::of(&guard), &one.layout);
        for (start, &position) in chosen.iter_mut().zip(&*positions) {
            *start += position as usize * one.stride;
        }
    }
    let rows = Rows::new([&reach.outer]);
    let mut outer = Vec::with_capacity(rows.numel);
    rows.walk(0..rows.numel, |[start], _, count| outer.extend((0..count).map(|i| start + i * rows.steps[0])));
    Starts { outer, chosen }
}

pub(super) fn take(x: &Arc<Storage>, reach: &Reach) -> Arc<Storage> {
    let starts = starts(reach);
    let numel = starts.outer.len() * starts.chosen.len() * reach.row.numel();
    with_dtype!(x.dtype(), T => {
        let mut values = allocator::take::<T>(numel);
        select::take(&mut values, T::of(&x.read()), &starts, &reach.row);
        Storage::new(values)
    })
}

/// Runs `$body` with `$f` standing for the function by which an operation combines two numbers.
macro_rules! combining {
    ($op:expr, $T:ident, |$f:ident| $body:expr) => {
        match $op {
            PutOp::Add => {
                let $f = <$T as Number>::add;
                $body
            }
            PutOp::Mul => {
                let $f = <$T as Number>::mul;
                $body
            }
            PutOp::Maximum => {
                let $f = <$T as Number>::maximum;
                $body
            }
            PutOp::Minimum => {
                let $f = <$T as Number>::minimum;
                $body
            }
            PutOp::Replace => unreachable!("that is no combination"),
        }
    };
}

pub(super) fn put_(op: PutOp, to: &Arc<Storage>, reach: &Reach, from: Elements) {
    let starts = starts(reach);
    storage::read_and_write(from.storage, to, |source, target| match op {
        PutOp::Replace => with_dtype!(to.dtype(), T => {
            select::put(T::of_mut(target), &cast::in_line(T::of(source), from.layout), &starts, &reach.row);
        }),
        _ => with_number!(to.dtype(), T => {
            let (to, from) = (T::of_mut(target), cast::in_line(T::of(source), from.layout));
            combining!(op, T, |f| select::combine(to, &from, &starts, &reach.row, f));
        }, else unreachable!("booleans are not added")),
    });
}

pub(super) fn take_along(x: Elements, index: Elements, stride: usize) -> Arc<Storage> {
    debug_assert!(index.dtype() == DType::I64);
    storage::read_two(x.storage, index.storage, |from, of_index| {
        let index = cast::in_line(i64::of(of_index), index.layout);
        with_dtype!(x.dtype(), T => {
            let mut values = allocator::take::<T>(x.numel());
            select::take_along(&mut values, T::of(from), x.layout, &index, stride);
            Storage::new(values)
        })
    })
}

pub(super) fn put_along_(op: PutOp, to: Elements, index: Elements, stride: usize, from: Elements) {
    let layout = to.layout;
    match op {
        PutOp::Replace => with_dtype!(to.dtype(), T => {
            along::<T>(to, index, from, |to, from, index| select::put_along(to, from, layout, index, stride));
        }),
        _ => with_number!(to.dtype(), T => along::<T>(to, index, from, |to, from, index| {
            combining!(op, T, |f| select::combine_along(to, from, layout, index, stride, f));
        }), else unreachable!("booleans are not added")),
    }
}

/// Lends a target, a copy of what is written to it, and the positions.
fn along<T: Element>(to: Elements, index: Elements, from: Elements, write: impl FnOnce(&mut [T], &[T], &[i64])) {
    let values = copied::<T>(from);
    storage::read_and_write(index.storage, to.storage, |of_index, target| {
        write(T::of_mut(target), &values, &cast::in_line(i64::of(of_index), index.layout));
    });
}

//! Memory and copies: made, read, joined, reversed.

use std::sync::Arc;

use crate::backend::Elements;
use crate::backend::cpu::{cast, flip as kernel};
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::element::{Element, Stored, with_dtype};
use crate::memory::allocator;
use crate::op::TriangleOp;
use crate::scalar::Scalar;
use crate::storage::{Buffer, Storage};

pub(super) fn upload(values: Buffer) -> Arc<Storage> {
    Storage::of(values)
}

/// Copies elements in row-major order, converted when `to` has another type.
pub(super) fn read(x: Elements, to: &mut Buffer) {
    let guard = x.storage.read();
    let dtype = to.dtype();
    if dtype == x.dtype() {
        return with_dtype!(dtype, T => cast::gather(T::of_mut(to), T::of(&guard), x.layout));
    }
    with_dtype!(dtype, To => with_dtype!(x.dtype(), From => {
        cast::convert::<From, To>(To::of_mut(to), From::of(&guard), x.layout);
    }));
}

pub(super) fn pick(x: &Arc<Storage>, places: &[usize]) -> Vec<Scalar> {
    let guard = x.read();
    with_dtype!(x.dtype(), T => {
        let stored = T::of(&guard);
        places.iter().map(|&place| stored[place].to_scalar()).collect()
    })
}

pub(super) fn pick_one(x: &Arc<Storage>, place: usize) -> Scalar {
    let guard = x.read();
    with_dtype!(x.dtype(), T => T::of(&guard)[place].to_scalar())
}

pub(super) fn grow_(x: &Arc<Storage>, numel: usize) {
    x.write().grow(numel);
}

pub(super) fn full(dtype: DType, numel: usize, value: Scalar) -> Arc<Storage> {
    with_dtype!(dtype, T => {
        let value = T::from_scalar(value);
        let mut values = allocator::take::<T>(numel);
        values.fill(value);
        Storage::new(values)
    })
}

pub(super) fn copy(x: Elements, dtype: DType) -> Arc<Storage> {
    let guard = x.storage.read();
    if dtype == x.dtype() {
        return with_dtype!(dtype, T => made::<T>(x, |to| cast::gather(to, T::of(&guard), x.layout)));
    }
    with_dtype!(dtype, To => with_dtype!(x.dtype(), From => {
        made::<To>(x, |to| cast::convert::<From, To>(to, From::of(&guard), x.layout))
    }))
}

/// New memory for as many elements, which `fill` makes.
#[inline]
fn made<T: Element>(x: Elements, fill: impl FnOnce(&mut [T])) -> Arc<Storage> {
    let mut values = allocator::take::<T>(x.numel());
    fill(&mut values);
    Storage::new(values)
}

pub(super) fn cat(dtype: DType, parts: &[Elements], dim: usize, shape: &[usize]) -> Arc<Storage> {
    let outer: usize = shape[..dim].iter().product();
    let stride = shape[dim..].iter().product::<usize>();
    with_dtype!(dtype, T => {
        let mut values = allocator::take::<T>(shape.iter().product());
        let mut done = 0;
        for part in parts {
            let length: usize = part.layout.shape[dim..].iter().product();
            if length == 0 || outer == 0 {
                continue;
            }
            let guard = part.storage.read();
            if outer == 1 {
                cast::gather(&mut values[done..done + length], T::of(&guard), part.layout);
            } else {
                let from = cast::in_line(T::of(&guard), part.layout);
                for (row, from) in from.chunks_exact(length).enumerate() {
                    values[row * stride + done..row * stride + done + length].copy_from_slice(from);
                }
            }
            done += length;
        }
        Storage::new(values)
    })
}

pub(super) fn flip(x: Elements, dims: &[usize]) -> Arc<Storage> {
    let flips: DimVec<bool> = (0..x.layout.rank()).map(|dim| dims.contains(&dim)).collect();
    with_dtype!(x.dtype(), T => {
        let mut values = allocator::take::<T>(x.numel());
        if !values.is_empty() {
            let guard = x.storage.read();
            kernel::flip(&mut values, &cast::in_line(T::of(&guard), x.layout), &x.layout.shape, &flips);
        }
        Storage::new(values)
    })
}

pub(super) fn triangle(op: TriangleOp, x: Elements) -> Arc<Storage> {
    let rank = x.layout.rank();
    let (rows, columns) = (x.layout.shape[rank - 2], x.layout.shape[rank - 1]);
    with_dtype!(x.dtype(), T => {
        let mut values = allocator::take::<T>(x.numel());
        cast::gather(&mut values, T::of(&x.storage.read()), x.layout);
        if !values.is_empty() {
            for (number, line) in values.chunks_exact_mut(columns).enumerate() {
                let row = number % rows;
                // A column, moved by a number of diagonals, within the row.
                let clip = |column: usize, diagonal: i64| {
                    (column as i64).saturating_add(diagonal).clamp(0, columns as i64) as usize
                };
                match op {
                    TriangleOp::Lower(diagonal) => line[clip(row + 1, diagonal)..].fill(T::default()),
                    TriangleOp::Upper(diagonal) => line[..clip(row, diagonal)].fill(T::default()),
                }
            }
        }
        Storage::new(values)
    })
}

//! Few values of many, and what runs along a dimension.

use std::sync::Arc;

use crate::backend::Elements;
use crate::backend::cpu::number::{Floating, Number};
use crate::backend::cpu::reduce::{self, Max, Middle, Min, Prod, Sum, SumAbs, SumExp, SumNumbers, SumSquares};
use crate::backend::cpu::{arrange, cast, moments, rank as by_rank, running, softmax as rows, sort as sorting};
use crate::dim_vec::DimVec;
use crate::element::{Element, Stored, with_dtype, with_floating, with_number};
use crate::layout::Layout;
use crate::memory::allocator;
use crate::memory::buffer::AlignedBuf;
use crate::op::{CumulativeOp, ExtremeOp, RankOp, ReduceOp, SoftmaxOp, SortOp, SpreadOp};
use crate::storage::{self, Storage};

type Kernel<T> = fn(&mut [T], &[T], Middle);

/// The kernels of all numbers.
fn of_numbers<T: Number>(op: ReduceOp) -> Option<Kernel<T>> {
    Some(match op {
        ReduceOp::Sum => reduce::fold::<T, Sum>,
        ReduceOp::Prod => reduce::fold::<T, Prod>,
        ReduceOp::Max => reduce::fold::<T, Max>,
        ReduceOp::Min => reduce::fold::<T, Min>,
        ReduceOp::SumAbs | ReduceOp::SumSquares | ReduceOp::SumExp | ReduceOp::SumNumbers => return None,
    })
}

/// The kernels of floating-point numbers alone.
fn of_floating<T: Floating>(op: ReduceOp) -> Option<Kernel<T>> {
    match op {
        ReduceOp::SumAbs => Some(reduce::fold::<T, SumAbs>),
        ReduceOp::SumSquares => Some(reduce::fold::<T, SumSquares>),
        ReduceOp::SumExp => Some(reduce::fold::<T, SumExp>),
        ReduceOp::SumNumbers => Some(reduce::fold::<T, SumNumbers>),
        op => of_numbers(op),
    }
}

fn fold<T: Element>(kernel: Option<Kernel<T>>, x: Elements, dims: &[usize]) -> Arc<Storage> {
    let Some(kernel) = kernel else { unreachable!("only floating-point numbers have such sums") };
    let guard = x.storage.read();
    let numel = x.numel();
    if dims.len() == x.layout.rank() && numel > 0 && x.layout.is_dense() {
        // All elements, which lie side by side in some order.
        let mut value = vec![T::default()];
        kernel(&mut value, &T::of(&guard)[x.layout.offset..x.layout.offset + numel], Middle::dense(numel, 1));
        return Storage::new(value.into());
    }
    Storage::new(arrange::reduced(T::of(&guard), x.layout, dims, kernel))
}

pub(super) fn reduce(op: ReduceOp, x: Elements, dims: &[usize]) -> Arc<Storage> {
    with_floating!(x.dtype(), T => fold::<T>(of_floating(op), x, dims), else with_number!(
        x.dtype(),
        T => fold::<T>(of_numbers(op), x, dims),
        else unreachable!("booleans are reduced as numbers")
    ))
}

pub(super) fn extreme(op: ExtremeOp, x: Elements, dims: &[usize]) -> (Arc<Storage>, Arc<Storage>) {
    let guard = x.storage.read();
    with_number!(x.dtype(), T => {
        let kernel = match op {
            ExtremeOp::Max => reduce::extreme::<T, false>,
            ExtremeOp::Min => reduce::extreme::<T, true>,
        };
        let (values, places) = arrange::reduced_to_two(T::of(&guard), x.layout, dims, kernel);
        (Storage::new(values), Storage::new(places))
    }, else unreachable!("booleans are compared as bytes"))
}

pub(super) fn spread(op: SpreadOp, x: Elements, dims: &[usize], divisor: f64) -> Arc<Storage> {
    let guard = x.storage.read();
    with_floating!(x.dtype(), T => Storage::new(arrange::reduced::<T, T>(T::of(&guard), x.layout, dims, |to, from, middle| {
        let mut squares = allocator::take::<f64>(to.len());
        moments::squared_distances(&mut squares, from, middle);
        for (to, &squares) in to.iter_mut().zip(&*squares) {
            let variance = squares / divisor;
            *to = T::narrowed(if op == SpreadOp::Deviation { variance.sqrt() } else { variance });
        }
    })), else unreachable!("only floating-point numbers have a mean"))
}

pub(super) fn cumulate(op: CumulativeOp, x: Elements, dim: usize) -> Arc<Storage> {
    let shape = &x.layout.shape;
    let count = shape.get(dim).copied().unwrap_or(1);
    let inner: usize = shape.get(dim + 1..).unwrap_or(&[]).iter().product();
    with_number!(x.dtype(), T => {
        let mut values = allocator::take::<T>(x.numel());
        if !values.is_empty() {
            let guard = x.storage.read();
            let from = cast::in_line(T::of(&guard), x.layout);
            match op {
                CumulativeOp::Sum => running::run::<T, false>(&mut values, &from, count, inner),
                CumulativeOp::Prod => running::run::<T, true>(&mut values, &from, count, inner),
                CumulativeOp::LogSumExp => running::log_sums(&mut values, &from, count, inner),
            }
        }
        Storage::new(values)
    }, else unreachable!("booleans run as whole numbers"))
}

pub(super) fn cumulate_extreme(op: ExtremeOp, x: Elements, dim: usize) -> Arc<Storage> {
    let shape = &x.layout.shape;
    let count = shape.get(dim).copied().unwrap_or(1);
    let inner: usize = shape.get(dim + 1..).unwrap_or(&[]).iter().product();
    with_dtype!(x.dtype(), T => {
        let mut places = allocator::take::<i64>(x.numel());
        if !places.is_empty() {
            let guard = x.storage.read();
            let from = cast::in_line(T::of(&guard), x.layout);
            running::extremes(&mut places, &from, count, inner, op == ExtremeOp::Min);
        }
        Storage::new(places)
    })
}

pub(super) fn rank(op: RankOp, x: Elements, dim: usize) -> Arc<Storage> {
    let along = LastDim::new(x.layout, dim);
    let length = along.length();
    let guard = x.storage.read();
    with_dtype!(x.dtype(), T => {
        let mut places = allocator::take::<i64>(x.numel() / length);
        by_rank::places(op, &mut places, &cast::in_line(T::of(&guard), &along.rows), length);
        Storage::new(along.back(places, 1))
    })
}

/// Elements with one dimension as the last, and the way back.
struct LastDim {
    rows: Layout,
    dim: usize,
}

impl LastDim {
    fn new(layout: &Layout, dim: usize) -> LastDim {
        let last = layout.rank().saturating_sub(1);
        LastDim { rows: if dim < last { layout.transpose(dim, last) } else { layout.clone() }, dim }
    }

    /// The length of the dimension.
    fn length(&self) -> usize {
        self.rows.shape.last().copied().unwrap_or(1)
    }

    /// Values by rows of some length, with the dimension in its place again.
    fn back<T: Element>(&self, values: AlignedBuf<T>, length: usize) -> AlignedBuf<T> {
        let last = self.rows.rank().saturating_sub(1);
        if self.dim >= last {
            return values;
        }
        let mut shape: DimVec<usize> = self.rows.shape.clone();
        shape[last] = length;
        let mut ordered = allocator::take(values.len());
        cast::gather(&mut ordered, &values, &Layout::contiguous(shape).transpose(self.dim, last));
        ordered
    }
}

pub(super) fn softmax(op: SoftmaxOp, x: Elements, dim: usize) -> Arc<Storage> {
    let along = LastDim::new(x.layout, dim);
    let guard = x.storage.read();
    with_floating!(x.dtype(), T => {
        let mut values = allocator::take::<T>(x.numel());
        rows::rows(&mut values, &cast::in_line(T::of(&guard), &along.rows), along.length(), op);
        Storage::new(along.back(values, along.length()))
    }, else unreachable!("only floating-point numbers have exponentials"))
}

pub(super) fn softmax_gradient(op: SoftmaxOp, g: Elements, y: Elements, dim: usize) -> Arc<Storage> {
    let (along_g, along) = (LastDim::new(g.layout, dim), LastDim::new(y.layout, dim));
    storage::read_two(g.storage, y.storage, |of_g, of_y| {
        with_floating!(y.dtype(), T => {
            let mut values = allocator::take::<T>(y.numel());
            let (g, y) = (cast::in_line(T::of(of_g), &along_g.rows), cast::in_line(T::of(of_y), &along.rows));
            rows::gradient_rows(&mut values, &g, &y, along.length(), op);
            Storage::new(along.back(values, along.length()))
        }, else unreachable!("only floating-point numbers have exponentials"))
    })
}

pub(super) fn sort(op: SortOp, x: Elements, dim: usize, count: usize) -> (Arc<Storage>, Arc<Storage>) {
    let along = LastDim::new(x.layout, dim);
    let length = along.length();
    let numel = x.numel().checked_div(length).unwrap_or(0) * count;
    let guard = x.storage.read();
    with_dtype!(x.dtype(), T => {
        let (mut values, mut places) = (allocator::take::<T>(numel), allocator::take::<i64>(numel));
        if numel > 0 {
            let from = cast::in_line(T::of(&guard), &along.rows);
            sorting::rows(&mut values, &mut places, &from, length, count, op == SortOp::Descending);
        }
        (Storage::new(along.back(values, count)), Storage::new(along.back(places, count)))
    })
}

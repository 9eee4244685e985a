//! Convolution, pooling, patches, padding, and rows of tables.

use std::sync::Arc;

use super::{read, read_given};
use crate::backend::Elements;
use crate::backend::cpu::{conv, embedding as tables, padding, pooling};
use crate::backend::geometry::{ConvGeometry, Lookup, PadMaps, Patches, Places, Windows};
use crate::element::{Element, Stored, with_dtype, with_floating, with_number};
use crate::memory::allocator;
use crate::op::{ConvolutionOp, Direction};
use crate::scalar::Scalar;
use crate::storage::{self, Storage};

pub(super) fn convolution(
    op: ConvolutionOp,
    a: Elements,
    b: Elements,
    bias: Option<Elements>,
    g: &ConvGeometry,
) -> Arc<Storage> {
    with_floating!(a.dtype(), T => {
        let mut values = allocator::take::<T>(g.numel(op));
        read_given::<T, _, 3>([Some(a), Some(b), bias], |[a, b, bias]| {
            let (a, b) = (a.unwrap_or_default(), b.unwrap_or_default());
            match op {
                ConvolutionOp::Values => conv::forward(&mut values, a, b, bias, g),
                ConvolutionOp::Transposed => conv::transposed(&mut values, a, b, bias, g),
                ConvolutionOp::Weights => conv::weights(&mut values, a, b, g),
            }
        });
        Storage::new(values)
    }, else unreachable!("images are floating-point"))
}

pub(super) fn max_pool(x: Elements, windows: &Windows) -> (Arc<Storage>, Arc<Storage>) {
    let numel = x.numel() / windows.area() * windows.outputs();
    let mut places = allocator::take::<i32>(numel);
    let values = with_floating!(x.dtype(), T => {
        let mut values = allocator::take::<T>(numel);
        read::<T, _, 1>([x], |[x]| pooling::largest(&mut values, &mut places, x, windows));
        Storage::new(values)
    }, else unreachable!("images are floating-point"));
    (values, Storage::new(places))
}

pub(super) fn at_places(way: Direction, x: Elements, places: &Places) -> Arc<Storage> {
    let &Places { ref of_outputs, area, outputs } = places;
    with_floating!(x.dtype(), T => {
        let numel = match way {
            Direction::Forward => x.numel() / area * outputs,
            Direction::Transposed => x.numel() / outputs * area,
        };
        let mut values = allocator::take::<T>(numel);
        storage::read_two(x.storage, of_outputs, |from, places| {
            let (x, places) = (super::cast::in_line(T::of(from), x.layout), i32::of(places));
            match way {
                Direction::Forward => pooling::gather(&mut values, &x, places, area, outputs),
                Direction::Transposed => pooling::scatter(&mut values, &x, places, area, outputs),
            }
        });
        Storage::new(values)
    }, else unreachable!("images are floating-point"))
}

pub(super) fn mean_pool(way: Direction, x: Elements, windows: &Windows) -> Arc<Storage> {
    with_floating!(x.dtype(), T => {
        let numel = match way {
            Direction::Forward => x.numel() / windows.area() * windows.outputs(),
            Direction::Transposed => x.numel() / windows.outputs() * windows.area(),
        };
        let mut values = allocator::take::<T>(numel);
        read::<T, _, 1>([x], |[x]| match way {
            Direction::Forward => pooling::mean(&mut values, x, windows),
            Direction::Transposed => pooling::spread(&mut values, x, windows),
        });
        Storage::new(values)
    }, else unreachable!("images are floating-point"))
}

pub(super) fn patches(way: Direction, x: Elements, g: &Patches) -> Arc<Storage> {
    with_floating!(x.dtype(), T => {
        let of_plane = match way {
            Direction::Forward => g.columns(),
            Direction::Transposed => g.area(),
        };
        let mut values = allocator::take::<T>(g.planes * of_plane);
        read::<T, _, 1>([x], |[x]| match way {
            Direction::Forward => padding::unfold(&mut values, x, g),
            Direction::Transposed => padding::fold(&mut values, x, g),
        });
        Storage::new(values)
    }, else unreachable!("images are floating-point"))
}

pub(super) fn pad(way: Direction, x: Elements, maps: &PadMaps, fill: f64) -> Arc<Storage> {
    match way {
        Direction::Forward => with_dtype!(x.dtype(), T => {
            let mut values = allocator::take::<T>(maps.dims.iter().map(Vec::len).product());
            let fill = T::from_scalar(Scalar::Float(fill));
            read::<T, _, 1>([x], |[x]| padding::gather(&mut values, x, maps, fill));
            Storage::new(values)
        }),
        Direction::Transposed => with_number!(x.dtype(), T => {
            let mut values = allocator::take::<T>(maps.source.iter().product());
            read::<T, _, 1>([x], |[x]| padding::scatter(&mut values, x, maps));
            Storage::new(values)
        }, else unreachable!("booleans have no sums")),
    }
}

pub(super) fn embedding(way: Direction, x: Elements, rows: &Lookup, left_out: Option<usize>) -> Arc<Storage> {
    let [count, length] = rows.table;
    with_floating!(x.dtype(), T => {
        let numel = match way {
            Direction::Forward => rows.numbers.len() * length,
            Direction::Transposed => count * length,
        };
        let mut values = allocator::take::<T>(numel);
        storage::read_two(x.storage, &rows.numbers, |from, numbers| {
            let (x, numbers) = (super::cast::in_line(T::of(from), x.layout), i64::of(numbers));
            match way {
                Direction::Forward => tables::take(&mut values, &x, numbers, length, left_out),
                Direction::Transposed => tables::add(&mut values, &x, numbers, length, left_out),
            }
        });
        Storage::new(values)
    }, else unreachable!("tables are floating-point"))
}

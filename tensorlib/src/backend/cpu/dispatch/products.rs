//! Products of matrices and of vectors.

use std::sync::Arc;

use crate::backend::Elements;
use crate::backend::cpu::gemm::{self, Matrix};
use crate::backend::cpu::rows::Rows;
use crate::backend::cpu::{cast, distance};
use crate::dim_vec::DimVec;
use crate::element::{Element, Stored, with_floating, with_number};
use crate::layout::Layout;
use crate::memory::allocator;
use crate::storage::{self, Storage};

/// One matrix of a stack.
fn matrix<'a, T>(elements: &'a [T], layout: &Layout, offset: usize) -> Matrix<'a, T> {
    let rank = layout.rank();
    Matrix {
        elements,
        offset,
        rows: layout.shape[rank - 2],
        columns: layout.shape[rank - 1],
        row_stride: layout.strides[rank - 2],
        column_stride: layout.strides[rank - 1],
    }
}

/// Where the matrices of a stack begin.
pub(super) fn stack(layout: &Layout) -> Layout {
    let rank = layout.rank() - 2;
    Layout {
        shape: DimVec::from_slice(&layout.shape[..rank]),
        strides: DimVec::from_slice(&layout.strides[..rank]),
        offset: layout.offset,
    }
}

pub(super) fn matmul(a: Elements, b: Elements) -> Arc<Storage> {
    let rank = a.layout.rank();
    let (m, k) = (a.layout.shape[rank - 2], a.layout.shape[rank - 1]);
    let n = b.layout.shape[rank - 1];
    let rows = Rows::new([&stack(a.layout), &stack(b.layout)]);
    let numel = rows.numel * m * n;
    with_number!(a.dtype(), T => {
        let mut values = allocator::take::<T>(numel);
        if !T::DTYPE.is_floating_point() || k == 0 {
            values.fill(T::default());
        }
        if numel > 0 {
            storage::read_two(a.storage, b.storage, |from_a, from_b| {
                let (from_a, from_b) = (T::of(from_a), T::of(from_b));
                let [step_a, step_b] = rows.steps;
                rows.walk(0..rows.numel, |[at_a, at_b], first, count| {
                    for i in 0..count {
                        let to = &mut values[(first + i) * m * n..(first + i + 1) * m * n];
                        let (at_a, at_b) = (at_a + i * step_a, at_b + i * step_b);
                        gemm::product(to, matrix(from_a, a.layout, at_a), matrix(from_b, b.layout, at_b));
                    }
                });
            });
        }
        Storage::new(values)
    }, else unreachable!("booleans have no product"))
}

pub(super) fn linear(x: Elements, weight: Elements, bias: Option<Elements>) -> Arc<Storage> {
    let (rows, outputs) = (x.layout.shape[0], weight.layout.shape[0]);
    let turned = weight.layout.permute(&[1, 0]);
    with_number!(x.dtype(), T => {
        let mut values = allocator::take::<T>(rows * outputs);
        if !T::DTYPE.is_floating_point() || x.layout.shape[1] == 0 {
            values.fill(T::default());
        }
        let of_bias = bias.map_or(x.storage, |bias| bias.storage);
        storage::read_all([x.storage, weight.storage, of_bias], |[from_x, from_weight, from_bias]| {
            let a = matrix(T::of(from_x), x.layout, x.layout.offset);
            let b = matrix(T::of(from_weight), &turned, turned.offset);
            match bias {
                Some(bias) => gemm::product_from(&mut values, a, b, &cast::in_line(T::of(from_bias), bias.layout)),
                None => gemm::product(&mut values, a, b),
            }
        });
        Storage::new(values)
    }, else unreachable!("booleans have no product"))
}

pub(super) fn dot(a: Elements, b: Elements) -> Arc<Storage> {
    with_number!(a.dtype(), T => {
        let value = storage::read_two(a.storage, b.storage, |from_a, from_b| {
            gemm::dot(&cast::in_line(T::of(from_a), a.layout), &cast::in_line(T::of(from_b), b.layout))
        });
        Storage::new(vec![value].into())
    }, else unreachable!("booleans have no product"))
}

pub(super) fn distances(p: f64, a: Elements, b: Elements) -> Arc<Storage> {
    let (rows, columns, width) = (a.layout.shape[0], b.layout.shape[0], a.layout.shape[1]);
    with_floating!(a.dtype(), T => {
        let mut values = allocator::take::<T>(rows * columns);
        if !values.is_empty() {
            storage::read_two(a.storage, b.storage, |from_a, from_b| {
                let (a, b) = (cast::in_line(T::of(from_a), a.layout), cast::in_line(T::of(from_b), b.layout));
                distance::pairs(&mut values, &a, &b, columns, width, p);
            });
        }
        Storage::new(values)
    }, else unreachable!("only floating-point numbers have distances"))
}

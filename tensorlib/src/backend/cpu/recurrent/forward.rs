//! From the first step to the last.

use std::ops::Range;

use super::panels::Panels;
use super::{Layer, Room, Shared, before, for_examples, steps};
use crate::backend::cpu::gemm::{Gemm, Matrix};
use crate::backend::cpu::number::Floating;
use crate::backend::cpu::simd::{Loop, Width};
use crate::interrupt;
use crate::memory::allocator;
use crate::op::{Recurrence, RecurrentOp};

/// The results, row by row: the gates in place, and where there are gates, outputs and the values kept beside them.
struct Targets<T> {
    gates: Shared<T>,
    outputs: Shared<T>,
    beside: Shared<T>,
}

/// See [`recur_`](crate::backend::Backend::recur_). Of layers without gates, `outputs` and `beside` are empty: their outputs take
/// the place of the gates.
pub(in crate::backend::cpu) fn forward<T: Gemm + Floating>(
    r: &Recurrence,
    layer: Layer<T>,
    gates: &mut [T],
    outputs: &mut [T],
    beside: &mut [T],
) {
    let (hidden, width) = (r.hidden, r.width());
    let turned = Matrix {
        elements: layer.weight,
        offset: 0,
        rows: hidden,
        columns: width,
        row_stride: 1,
        column_stride: hidden,
    };
    let panels = &Panels::of(turned);
    let targets = &Targets {
        gates: Shared::new(gates, width),
        outputs: Shared::new(outputs, hidden),
        beside: Shared::new(beside, hidden),
    };
    for_examples(r, panels.height(), |examples| {
        let count = examples.len();
        let room = panels.rows_room(count) + panels.product_room(count) + width;
        allocator::with_scratch(room, |room| T::Heavy::run(Piece { r, layer, panels, targets, examples, room }));
    });
}

/// All steps of some examples.
struct Piece<'a, T: Gemm> {
    r: &'a Recurrence,
    layer: Layer<'a, T>,
    panels: &'a Panels<T>,
    targets: &'a Targets<T>,
    examples: Range<usize>,
    room: &'a mut [T],
}

impl<T: Gemm + Floating> Loop for Piece<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Piece { r, layer, panels, targets, examples, room } = self;
        let mut room = Room(room);
        let laid = room.part(panels.rows_room(examples.len()));
        let sums = room.part(panels.product_room(examples.len()));
        let zeros = room.part(r.width());
        zeros.fill(T::ZERO);
        let outputs = if r.op.has_gates() { &targets.outputs } else { &targets.gates };
        for number in 0..r.steps {
            interrupt::check();
            match (number, layer.states[0]) {
                (0, None) => sums.fill(T::ZERO),
                _ => {
                    for (row, example) in examples.clone().enumerate() {
                        // SAFETY: a row of this piece, written in the step before.
                        let earlier = |row| unsafe { &*outputs.row(row) };
                        panels.lay(laid, row, before(r, (number, example), layer.states[0], zeros, earlier));
                    }
                    panels.multiply(laid, examples.len(), sums, false);
                }
            }
            for (sums, example) in sums.chunks_exact(panels.columns()).zip(examples.clone()) {
                // SAFETY: rows of this piece.
                unsafe { step(r, &layer, targets, sums, zeros, (number, example)) };
            }
        }
    }
}

/// A step of one example.
///
/// # Safety
/// No other thread may use the example's rows.
#[inline(always)]
unsafe fn step<T: Floating>(
    r: &Recurrence,
    layer: &Layer<T>,
    targets: &Targets<T>,
    sums: &[T],
    zeros: &[T],
    (number, example): (usize, usize),
) {
    let row = r.row(number, example);
    // SAFETY: the caller promises that the example's rows are ours; this one and the one before it differ.
    unsafe {
        let gates = targets.gates.row(row);
        match r.op {
            RecurrentOp::Tanh => steps::plain(gates, sums, false),
            RecurrentOp::Relu => steps::plain(gates, sums, true),
            RecurrentOp::Lstm => {
                let cell_before = before(r, (number, example), layer.states[1], zeros, |row| targets.beside.row(row));
                steps::lstm(gates, sums, cell_before, targets.beside.row(row), targets.outputs.row(row));
            }
            RecurrentOp::Gru => {
                let output_before =
                    before(r, (number, example), layer.states[0], zeros, |row| targets.outputs.row(row));
                let bias = layer.bias.unwrap_or(zeros);
                steps::gru(gates, sums, bias, output_before, targets.beside.row(row), targets.outputs.row(row));
            }
        }
    }
}

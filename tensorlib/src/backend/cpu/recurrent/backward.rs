//! From the last step back to the first.

use std::ops::Range;

use super::panels::Panels;
use super::{Layer, Room, Shared, before, for_examples, steps};
use crate::backend::cpu::gemm::{Gemm, Matrix};
use crate::backend::cpu::number::Floating;
use crate::backend::cpu::simd::{Loop, Width};
use crate::interrupt;
use crate::memory::allocator;
use crate::op::{Recurrence, RecurrentOp};

/// The results of the forward pass, and the gradients that come from outside. Rows of layers without gates are in
/// `outputs`.
#[derive(Clone, Copy)]
pub(in crate::backend::cpu) struct Made<'a, T> {
    pub gates: &'a [T],
    pub outputs: &'a [T],
    pub beside: &'a [T],
    /// Of all outputs, of the last, and of the last cell.
    pub gradients: [Option<&'a [T]>; 3],
}

/// The results: see [`RecurrentSlopes`](crate::backend::RecurrentSlopes). Parts that a layer does not have are empty.
pub(in crate::backend::cpu) struct Slopes<'a, T> {
    pub gates: &'a mut [T],
    pub from_outputs: &'a mut [T],
    pub states: [&'a mut [T]; 2],
    pub before: &'a mut [T],
}

struct Targets<T> {
    gates: Shared<T>,
    from_outputs: Shared<T>,
    states: [Shared<T>; 2],
    before: Shared<T>,
}

/// See [`recur_gradient`](crate::backend::Backend::recur_gradient).
pub(in crate::backend::cpu) fn backward<T: Gemm + Floating>(
    r: &Recurrence,
    layer: Layer<T>,
    made: Made<T>,
    to: Slopes<T>,
) {
    let (hidden, width) = (r.hidden, r.width());
    let weight = Matrix {
        elements: layer.weight,
        offset: 0,
        rows: width,
        columns: hidden,
        row_stride: hidden,
        column_stride: 1,
    };
    let panels = &Panels::of(weight);
    let targets = &Targets {
        gates: Shared::new(to.gates, width),
        from_outputs: Shared::new(to.from_outputs, width),
        states: to.states.map(|state| Shared::new(state, hidden)),
        before: Shared::new(to.before, hidden),
    };
    for_examples(r, panels.height(), |examples| {
        let count = examples.len();
        let room = panels.rows_room(count) + panels.product_room(count) + (count + 1) * hidden;
        allocator::with_scratch(room, |room| T::Heavy::run(Piece { r, layer, made, panels, targets, examples, room }));
    });
}

/// All steps of some examples.
struct Piece<'a, T: Gemm> {
    r: &'a Recurrence,
    layer: Layer<'a, T>,
    made: Made<'a, T>,
    panels: &'a Panels<T>,
    targets: &'a Targets<T>,
    examples: Range<usize>,
    room: &'a mut [T],
}

/// A row of outputs, or of what is like them.
#[inline(always)]
fn row_of<'a, T>(r: &Recurrence, rows: &'a [T], row: usize) -> &'a [T] {
    &rows[row * r.hidden..][..r.hidden]
}

/// Of one example: what comes from the step behind.
struct Carried<'a, T> {
    output: &'a mut [T],
    cell: &'a mut [T],
}

impl<T: Gemm + Floating> Loop for Piece<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let (r, panels, examples) = (self.r, self.panels, self.examples.clone());
        let mut room = Room(std::mem::take(&mut self.room));
        let laid = room.part(panels.rows_room(examples.len()));
        let outputs = room.part(panels.product_room(examples.len()));
        let cells = room.part(examples.len() * r.hidden);
        let zeros = room.part(r.hidden);
        zeros.fill(T::ZERO);
        for (row, example) in examples.clone().enumerate() {
            let last = |gradient: Option<&[T]>, to: &mut [T]| match gradient {
                Some(gradient) => to.copy_from_slice(&gradient[example * r.hidden..][..r.hidden]),
                None => to.fill(T::ZERO),
            };
            last(self.made.gradients[1], &mut outputs[row * panels.columns()..][..r.hidden]);
            last(self.made.gradients[2], &mut cells[row * r.hidden..][..r.hidden]);
        }
        for number in (0..r.steps).rev() {
            interrupt::check();
            for (row, example) in examples.clone().enumerate() {
                let output = &mut outputs[row * panels.columns()..][..r.hidden];
                let carried = Carried { output, cell: &mut cells[row * r.hidden..][..r.hidden] };
                // SAFETY: an example of this piece.
                unsafe {
                    self.step(carried, zeros, (number, example));
                    let slopes =
                        if r.op == RecurrentOp::Gru { &self.targets.from_outputs } else { &self.targets.gates };
                    panels.lay(laid, row, slopes.row(r.row(number, example)));
                }
            }
            if number > 0 || self.layer.states[0].is_some() {
                panels.multiply(laid, examples.len(), outputs, r.op == RecurrentOp::Gru);
            }
        }
        for (row, example) in examples.enumerate() {
            let found = [&outputs[row * panels.columns()..][..r.hidden], &cells[row * r.hidden..][..r.hidden]];
            for ((state, target), found) in self.layer.states.iter().zip(&self.targets.states).zip(found) {
                if state.is_some() {
                    // SAFETY: an example of this piece.
                    unsafe { target.row(example) }.copy_from_slice(found);
                }
            }
        }
    }
}

impl<T: Gemm + Floating> Piece<'_, T> {
    /// A step of one example.
    ///
    /// # Safety
    /// No other thread may use the example's rows.
    #[inline(always)]
    unsafe fn step(&self, carried: Carried<T>, zeros: &[T], (number, example): (usize, usize)) {
        let Piece { r, layer, made, targets, .. } = self;
        let (row, at) = (r.row(number, example), (number, example));
        let gates = if r.op.has_gates() { &made.gates[row * r.width()..][..r.width()] } else { &[] };
        let output_before = before(r, at, layer.states[0], zeros, |row| row_of(r, made.outputs, row));
        if let Some(gradients) = made.gradients[0] {
            steps::add(carried.output, row_of(r, gradients, row));
        }
        // SAFETY: the caller promises that the example's rows are ours.
        let slopes = unsafe {
            targets.before.row(row).copy_from_slice(output_before);
            targets.gates.row(row)
        };
        match r.op {
            RecurrentOp::Tanh => steps::plain_back(slopes, row_of(r, made.outputs, row), carried.output, false),
            RecurrentOp::Relu => steps::plain_back(slopes, row_of(r, made.outputs, row), carried.output, true),
            RecurrentOp::Lstm => {
                let cell_before = before(r, at, layer.states[1], zeros, |row| row_of(r, made.beside, row));
                let cells = [row_of(r, made.beside, row), cell_before];
                steps::lstm_back(slopes, gates, cells, carried.output, carried.cell);
            }
            RecurrentOp::Gru => {
                // SAFETY: as above.
                let from_outputs = unsafe { targets.from_outputs.row(row) };
                let passed = row_of(r, made.beside, row);
                steps::gru_back([slopes, from_outputs], gates, passed, output_before, carried.output);
            }
        }
    }
}

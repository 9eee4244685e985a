//! Recurrent layers.

use std::sync::Arc;

use super::read_given;
use crate::backend::cpu::recurrent::{self, Layer, Made, Slopes};
use crate::backend::{Elements, RecurrentSlopes};
use crate::element::{Element, with_floating};
use crate::memory::allocator;
use crate::op::{Recurrence, RecurrentOp};
use crate::storage::{Buffer, Storage};

/// Elements without gaps.
fn line_mut<'a, T: Element>(buffer: &'a mut Buffer, x: &Elements) -> &'a mut [T] {
    &mut T::of_mut(buffer)[x.layout.offset..x.layout.offset + x.numel()]
}

pub(super) fn recur_(
    r: &Recurrence,
    gates: Elements,
    states: [Option<Elements>; 2],
    weight: Elements,
    bias: Option<Elements>,
) -> [Arc<Storage>; 2] {
    let numel = if r.op.has_gates() { r.rows() * r.hidden } else { 0 };
    with_floating!(weight.dtype(), T => {
        let (mut outputs, mut beside) = (allocator::take::<T>(numel), allocator::take::<T>(numel));
        read_given::<T, _, 4>([Some(weight), states[0], states[1], bias], |[weight, output, cell, bias]| {
            let layer = Layer { states: [output, cell], weight: weight.unwrap_or_default(), bias };
            // It was just made, and has no other owner.
            let mut gates_buffer = gates.storage.write();
            recurrent::forward(r, layer, line_mut(&mut gates_buffer, &gates), &mut outputs, &mut beside);
        });
        let outputs = if r.op.has_gates() { Storage::new(outputs) } else { gates.storage.clone() };
        [outputs, Storage::new(beside)]
    }, else unreachable!("only floating-point numbers have gates"))
}

pub(super) fn recur_gradient(
    r: &Recurrence,
    made: [Elements; 3],
    states: [Option<Elements>; 2],
    weight: Elements,
    gradients: [Option<Elements>; 3],
) -> RecurrentSlopes {
    let is_gru = r.op == RecurrentOp::Gru;
    let of_states = states.map(|state| if state.is_some() { r.batch * r.hidden } else { 0 });
    let operands = [
        Some(weight),
        states[0],
        states[1],
        Some(made[0]),
        Some(made[1]),
        Some(made[2]),
        gradients[0],
        gradients[1],
        gradients[2],
    ];
    with_floating!(weight.dtype(), T => {
        let mut gates = allocator::take::<T>(r.rows() * r.width());
        let mut from_outputs = allocator::take::<T>(if is_gru { r.rows() * r.width() } else { 0 });
        let [mut output, mut cell] = of_states.map(allocator::take::<T>);
        let mut before = allocator::take::<T>(r.rows() * r.hidden);
        read_given::<T, _, 9>(operands, |[weight, first, second, a, b, c, gradients @ ..]| {
            let [weight, a, b, c] = [weight, a, b, c].map(Option::unwrap_or_default);
            let layer = Layer { states: [first, second], weight, bias: None };
            let made = Made { gates: a, outputs: b, beside: c, gradients };
            let to = Slopes {
                gates: &mut gates,
                from_outputs: &mut from_outputs,
                states: [&mut output, &mut cell],
                before: &mut before,
            };
            recurrent::backward(r, layer, made, to);
        });
        RecurrentSlopes {
            gates: Storage::new(gates),
            from_outputs: is_gru.then(|| Storage::new(from_outputs)),
            states: [Storage::new(output), Storage::new(cell)],
            before: Storage::new(before),
        }
    }, else unreachable!("only floating-point numbers have gates"))
}

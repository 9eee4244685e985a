//! Steps of optimisers.

use crate::backend::Elements;
use crate::backend::cpu::optimizer;
use crate::element::{Element, Stored, with_floating};
use crate::op::StepOp;
use crate::storage::{self, Buffer};

pub(in crate::backend::cpu) fn step_(op: &StepOp, parameter: Elements, gradient: Elements, memory: Option<Elements>) {
    with_floating!(parameter.dtype(), T => {
        fn flat<'a, T: Element>(x: Elements, buffer: &'a mut Buffer) -> &'a mut [T] {
            &mut T::of_mut(buffer)[x.layout.offset..x.layout.offset + x.numel()]
        }
        storage::read_and_write(gradient.storage, parameter.storage, |from, to| {
            let offset = gradient.layout.offset;
            let from = &T::of(from)[offset..offset + gradient.numel()];
            let to = flat::<T>(parameter, to);
            match memory {
                // Only the optimiser has this storage, so its lock is free.
                Some(memory) => optimizer::step(op, to, from, flat::<T>(memory, &mut memory.storage.write())),
                None => optimizer::step(op, to, from, &mut []),
            }
        });
    }, else unreachable!("parameters are floating-point"));
}

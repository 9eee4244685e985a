//! Attention.

use std::sync::Arc;

use crate::backend::Elements;
use crate::backend::cpu::attention::{self as kernels, Mask, Stack};
use crate::backend::cpu::rows::Rows;
use crate::backend::geometry::AttentionCall;
use crate::dim_vec::DimVec;
use crate::element::{Stored, with_floating};
use crate::layout::Layout;
use crate::memory::allocator;
use crate::storage::{self, Storage};

/// Where each matrix of a stack begins.
fn starts(layout: &Layout) -> Vec<usize> {
    let dims = layout.rank() - 2;
    let layout = Layout {
        shape: DimVec::from_slice(&layout.shape[..dims]),
        strides: DimVec::from_slice(&layout.strides[..dims]),
        offset: layout.offset,
    };
    let mut starts = Vec::with_capacity(layout.numel());
    let walked = Rows::new([&layout]);
    walked.walk(0..walked.numel, |[start], _, count| starts.extend((0..count).map(|at| start + at * walked.steps[0])));
    starts
}

/// From one row of a matrix to the next.
fn stride(layout: &Layout) -> usize {
    layout.strides[layout.rank() - 2]
}

fn stack<'a, T>(x: Elements, elements: &'a [T], starts: &'a [usize]) -> Stack<'a, T> {
    Stack { elements, starts, stride: stride(x.layout) }
}

fn mask<'a, T>(mask: Elements, elements: &'a [T], starts: &'a [usize]) -> Mask<'a, T> {
    let last = mask.layout.rank() - 1;
    Mask { elements, starts, strides: [stride(mask.layout), mask.layout.strides[last]] }
}

pub(super) fn attention(call: &AttentionCall, to: &Layout) -> (Arc<Storage>, Arc<Storage>) {
    let &AttentionCall { queries, keys, values, mask: given, sizes } = call;
    let operands = [queries, keys, values, given.unwrap_or(queries)];
    let from = operands.map(|x| starts(x.layout));
    let target = starts(to);
    with_floating!(queries.dtype(), T => {
        let mut result = allocator::take::<T>(to.numel());
        let mut logs = allocator::take::<T>(sizes.heads * sizes.queries);
        storage::read_all(operands.map(|x| x.storage), |buffers| {
            let stacks = std::array::from_fn(|at| stack(operands[at], T::of(buffers[at]), &from[at]));
            let mask = given.map(|given| mask(given, T::of(buffers[3]), &from[3]));
            kernels::forward(&mut result, (&target, stride(to)), &mut logs, stacks, mask, sizes);
        });
        (Storage::new(result), Storage::new(logs))
    }, else unreachable!("queries are floating-point"))
}

pub(super) fn attention_gradient(
    call: &AttentionCall,
    result: Elements,
    logs: &Arc<Storage>,
    gradient: Elements,
) -> [Arc<Storage>; 3] {
    let &AttentionCall { queries, keys, values, mask: given, sizes } = call;
    let operands = [queries, keys, values, result, gradient, given.unwrap_or(queries)];
    let from = operands.map(|x| starts(x.layout));
    let [a, b, c, d, e, f] = operands.map(|x| x.storage);
    with_floating!(queries.dtype(), T => {
        let mut made = [queries, keys, values].map(|x| allocator::take::<T>(x.numel()));
        storage::read_all([a, b, c, d, e, f, logs], |buffers| {
            let stacks = std::array::from_fn(|at| stack(operands[at], T::of(buffers[at]), &from[at]));
            let mask = given.map(|given| mask(given, T::of(buffers[5]), &from[5]));
            let [of_q, of_k, of_v] = &mut made;
            kernels::backward([of_q, of_k, of_v], stacks, T::of(buffers[6]), mask, sizes);
        });
        made.map(Storage::new)
    }, else unreachable!("queries are floating-point"))
}

//! Recurrent layers: all steps of a sequence in one go. An example's steps depend on each other, but examples do not, so
//! threads share the examples and never wait for each other. What inputs bring to the gates is there for all steps; a step
//! is one product, of the outputs before it and a weight that is packed once, and passes over its gates.

mod backward;
mod forward;
mod panels;
mod steps;

use std::ops::Range;

pub(super) use self::backward::{Made, Slopes, backward};
pub(super) use self::forward::forward;
use super::pool;
use crate::op::Recurrence;

/// A layer's parameters, without the contributions of inputs.
#[derive(Clone, Copy)]
pub(super) struct Layer<'a, T> {
    /// Outputs and cells before the first step; none are zero.
    pub states: [Option<&'a [T]>; 2],
    /// `[gates · hidden, hidden]`.
    pub weight: &'a [T],
    /// Of the product with it; only of GRU.
    pub bias: Option<&'a [T]>,
}

/// Multiplications that are worth a thread.
const WORTH_A_THREAD: usize = 1 << 20;
/// Examples that go together at most, so that a step's gates stay in the second-level cache.
const TOGETHER: usize = 64;

/// Lets threads share the examples, by multiples of what kernels take at a time.
fn for_examples(r: &Recurrence, height: usize, work: impl Fn(Range<usize>) + Sync) {
    let groups = r.batch.div_ceil(height);
    let worth = (r.rows() * r.width()).saturating_mul(r.hidden) / WORTH_A_THREAD;
    let threads = worth.clamp(1, pool::threads());
    let share = (groups.div_ceil(threads) * height).clamp(1, TOGETHER.next_multiple_of(height));
    pool::run(r.batch.div_ceil(share), &|piece| work(piece * share..r.batch.min((piece + 1) * share)));
}

/// A slice in which each thread uses different rows.
struct Shared<T> {
    elements: *mut T,
    width: usize,
    rows: usize,
}

// SAFETY: threads use disjoint rows of what it points to.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    fn new(elements: &mut [T], width: usize) -> Shared<T> {
        Shared { elements: elements.as_mut_ptr(), width, rows: elements.len() / width }
    }

    /// A row.
    ///
    /// # Safety
    /// No other code may use this row meanwhile, and the slice that it was made from must still be borrowed.
    #[inline(always)]
    #[expect(clippy::mut_from_ref)]
    unsafe fn row(&self, row: usize) -> &mut [T] {
        assert!(row < self.rows);
        // SAFETY: the row is inside, and the caller promises the rest.
        unsafe { std::slice::from_raw_parts_mut(self.elements.add(row * self.width), self.width) }
    }
}

/// Parts of some room, one after the other.
struct Room<'a, T>(&'a mut [T]);

impl<'a, T> Room<'a, T> {
    #[inline(always)]
    fn part(&mut self, count: usize) -> &'a mut [T] {
        let (part, rest) = std::mem::take(&mut self.0).split_at_mut(count);
        self.0 = rest;
        part
    }
}

/// The previous output of an example: the row of the step before or, in the first step, of the state, if there is one,
/// else zeros.
#[inline(always)]
fn before<'a, T>(
    r: &Recurrence,
    (number, example): (usize, usize),
    state: Option<&'a [T]>,
    zeros: &'a [T],
    earlier: impl FnOnce(usize) -> &'a [T],
) -> &'a [T] {
    match (number, state) {
        (0, Some(state)) => &state[example * r.hidden..][..r.hidden],
        (0, None) => &zeros[..r.hidden],
        _ => earlier(r.row(number - 1, example)),
    }
}

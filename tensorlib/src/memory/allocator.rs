//! Large buffers are kept for the next tensor of about their size.
//!
//! Fresh memory from the system costs a page fault for every 4 KiB, far more than filling it: adding two tensors of
//! 1.6·10⁷ elements spends nine tenths of its time there. They wait in [`kept`](crate::memory::kept).

use std::cell::RefCell;

use crate::element::Element;
use crate::memory::buffer::AlignedBuf;
pub use crate::memory::kept::empty_cache;
use crate::memory::kept::take_kept;
use crate::memory::line::Line;
use crate::memory::pages;

/// Buffers below this are left to the allocator, which is good at them.
const LARGE: usize = 64 << 10;
/// From this size on the system is asked whether there is room; below, asking costs more than it tells.
const DOUBTFUL: usize = 256 << 20;

/// Elements with unspecified (but valid) values, for kernels that write all of them.
#[inline]
pub(crate) fn take<T: Element>(numel: usize) -> AlignedBuf<T> {
    if numel.saturating_mul(size_of::<T>()) < LARGE {
        // Not `vec![…; numel]`, which asks the system's allocator for zeroed memory: slower when there is little of it.
        let mut values = Vec::with_capacity(numel);
        values.resize(numel, T::default());
        return values.into();
    }
    take_large(numel)
}

/// Zeros in a vector, for values that leave the library.
pub(crate) fn zeros<T: Element>(numel: usize) -> Vec<T> {
    if numel.saturating_mul(size_of::<T>()) < LARGE {
        // As above.
        let mut values = Vec::with_capacity(numel);
        values.resize(numel, T::default());
        return values;
    }
    vec![T::default(); numel]
}

#[cold]
fn take_large<T: Element>(numel: usize) -> AlignedBuf<T> {
    let count = AlignedBuf::<T>::lines_for(numel);
    let lines = take_kept(count).unwrap_or_else(|| {
        // The allocator ends the process when there is no room. A panic can be caught, and names what was asked for.
        let bytes = count * size_of::<Line>();
        if bytes >= DOUBTFUL && Vec::<Line>::new().try_reserve_exact(count).is_err() {
            panic!("there is no room for {numel} elements of {} ({} MiB)", T::DTYPE, bytes >> 20);
        }
        let mut lines: Vec<Line> = Vec::with_capacity(count);
        pages::prefer_large(lines.spare_capacity_mut());
        lines.resize(count, Line::ZERO);
        lines
    });
    AlignedBuf::in_lines(lines, numel)
}

/// The most that a thread keeps for itself, in bytes and in buffers.
const SCRATCH_BYTES: usize = 1 << 20;
const SCRATCH_BUFFERS: usize = 2;

thread_local! {
    static SCRATCH: RefCell<Vec<Vec<Line>>> = const { RefCell::new(Vec::new()) };
}

/// Calls a kernel with room for intermediate values; what is in it is unspecified (but valid). Small rooms stay with the
/// thread, so that they cost nothing the next time.
pub(crate) fn with_scratch<T: Element, R>(numel: usize, kernel: impl FnOnce(&mut [T]) -> R) -> R {
    if numel.saturating_mul(size_of::<T>()) > SCRATCH_BYTES {
        return kernel(&mut take_large(numel));
    }
    let mut lines = SCRATCH.with_borrow_mut(Vec::pop).unwrap_or_default();
    if lines.len() < AlignedBuf::<T>::lines_for(numel) {
        lines.resize(AlignedBuf::<T>::lines_for(numel), Line::ZERO);
    }
    let mut room = AlignedBuf::in_lines(lines, numel);
    let result = kernel(&mut room);
    SCRATCH.with_borrow_mut(|kept| {
        if kept.len() < SCRATCH_BUFFERS {
            kept.push(room.into_lines());
        }
    });
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_buffers_have_the_length_that_was_asked_for_whatever_was_kept() {
        for numel in [LARGE + 123, LARGE + 100, LARGE, 2 * LARGE] {
            assert_eq!(take::<u8>(numel).len(), numel);
            assert!(take::<bool>(numel).iter().all(|&truth| !truth));
            assert_eq!(take::<f64>(numel).len(), numel);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_in_words() {
        let panic = std::panic::catch_unwind(|| take::<f64>(1 << 50)).err().unwrap();
        let message = panic.downcast_ref::<String>().unwrap();
        assert_eq!(message, "there is no room for 1125899906842624 elements of f64 (8589934592 MiB)");
    }
}

//! Large buffers are kept for the next tensor of about their size.
//!
//! Fresh memory from the system costs a page fault for every 4 KiB, far more than filling it: adding two tensors of
//! 1.6·10⁷ elements spends nine tenths of its time there. What is kept is bounded, because every page of it is copied
//! (by reference) whenever a notebook's process is snapshotted.

use std::any::Any;
use std::sync::{Mutex, PoisonError};

use crate::element::Element;
use crate::kernel::pages;

/// Buffers below this are left to the allocator, which is good at them.
const LARGE: usize = 64 << 10;
/// The most that is kept, in bytes and in buffers.
const KEPT_BYTES: usize = 256 << 20;
const KEPT_BUFFERS: usize = 24;

struct Kept {
    bytes: usize,
    values: Box<dyn Any + Send>,
}

/// Oldest first.
static KEPT: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

/// A vector of `numel` elements with unspecified (but valid) values, for kernels that write all of them.
#[inline]
pub(crate) fn take<T: Element>(numel: usize) -> Vec<T> {
    if numel.saturating_mul(size_of::<T>()) < LARGE {
        // Not `vec![…; numel]`, which asks the system's allocator for zeroed memory: slower when there is little of it.
        let mut values = Vec::with_capacity(numel);
        values.resize(numel, T::default());
        return values;
    }
    take_kept(numel).unwrap_or_else(|| {
        refuse_what_does_not_fit::<T>(numel);
        // Zeroed memory from the system, not touched yet.
        let mut values = vec![T::default(); numel];
        pages::prefer_large(&mut values);
        values
    })
}

/// From this size on the system is asked whether there is room; below, asking costs more than it tells.
const DOUBTFUL: usize = 256 << 20;

/// The allocator ends the process when there is no room. A panic can be caught, and names what was asked for.
fn refuse_what_does_not_fit<T: Element>(numel: usize) {
    let bytes = numel.saturating_mul(size_of::<T>());
    if bytes >= DOUBTFUL && Vec::<T>::new().try_reserve_exact(numel).is_err() {
        panic!("there is no room for {numel} elements of {} ({} MiB)", T::DTYPE, bytes >> 20);
    }
}

/// A kept vector of this size, if there is one that wastes little.
#[cold]
fn take_kept<T: Element>(numel: usize) -> Option<Vec<T>> {
    let bytes = numel * size_of::<T>();
    // A thread that holds the lock while the process forks would leave it locked for ever: do not wait for it.
    let mut kept = match KEPT.try_lock() {
        Ok(kept) => kept,
        Err(std::sync::TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(std::sync::TryLockError::WouldBlock) => return None,
    };
    let at = kept.iter().rposition(|k| k.bytes >= bytes && k.bytes / 5 * 4 <= bytes && k.values.is::<Vec<T>>())?;
    let values = kept.remove(at).values;
    drop(kept);
    let mut values = *values.downcast::<Vec<T>>().ok()?;
    values.truncate(numel);
    Some(values)
}

/// Keeps a vector for [`take`], or frees it.
#[inline]
pub(crate) fn give<T: Element>(values: Vec<T>) {
    if values.len() * size_of::<T>() >= LARGE {
        keep(values);
    }
}

#[cold]
fn keep<T: Element>(values: Vec<T>) {
    let bytes = values.len() * size_of::<T>();
    if bytes > KEPT_BYTES / 2 {
        return;
    }
    let Ok(mut kept) = KEPT.try_lock() else { return };
    let mut evicted = Vec::new();
    while kept.len() >= KEPT_BUFFERS || kept.iter().map(|k| k.bytes).sum::<usize>() + bytes > KEPT_BYTES {
        evicted.push(kept.remove(0));
    }
    kept.push(Kept { bytes, values: Box::new(values) });
    drop(kept); // Freeing pages takes long; let others in.
    drop(evicted);
}

/// Frees every kept buffer, as PyTorch's `empty_cache`.
pub fn empty_cache() {
    let kept = std::mem::take(&mut *KEPT.lock().unwrap_or_else(PoisonError::into_inner));
    drop(kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_vector_comes_back_with_the_length_that_was_asked_for() {
        let numel = LARGE + 123;
        give(vec![7u8; numel]);
        assert_eq!(take::<u8>(numel - 23).len(), numel - 23);
    }
}

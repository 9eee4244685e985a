//! Large buffers that wait for the next tensor of about their size.
//!
//! What is kept is bounded, because every page of it is copied (by reference) whenever a notebook's process is snapshotted.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use crate::memory::line::Line;

/// The most that is kept, in bytes and in buffers: a step of training keeps some dozens until its way back.
const KEPT_BYTES: usize = 256 << 20;
const KEPT_BUFFERS: usize = 128;

/// Oldest first.
static KEPT: Mutex<Vec<Vec<Line>>> = Mutex::new(Vec::new());

/// The kept buffers. If a thread holds the lock while the process forks, the lock stays locked for ever in the child:
/// no caller waits for it.
fn kept() -> Option<MutexGuard<'static, Vec<Vec<Line>>>> {
    match KEPT.try_lock() {
        Ok(kept) => Some(kept),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// A kept buffer of this size, if there is one that wastes little.
pub(crate) fn take_kept(count: usize) -> Option<Vec<Line>> {
    let mut kept = kept()?;
    let at = kept.iter().rposition(|lines| lines.len() >= count && lines.len() / 5 * 4 <= count)?;
    Some(kept.remove(at))
}

/// Keeps a buffer for [`take_kept`], or frees it.
pub(crate) fn give(lines: Vec<Line>) {
    let bytes = |lines: &Vec<Line>| lines.len() * size_of::<Line>();
    let new = bytes(&lines);
    if new > KEPT_BYTES / 2 {
        return;
    }
    let Some(mut kept) = kept() else { return };
    let mut evicted = Vec::new();
    while kept.len() >= KEPT_BUFFERS || kept.iter().map(bytes).sum::<usize>() + new > KEPT_BYTES {
        evicted.push(kept.remove(0));
    }
    kept.push(lines);
    drop(kept); // Freeing pages takes long; let others in.
    drop(evicted);
}

/// Frees every kept buffer, as PyTorch's `empty_cache`.
pub fn empty_cache() {
    let kept = std::mem::take(&mut *KEPT.lock().unwrap_or_else(PoisonError::into_inner));
    drop(kept);
}

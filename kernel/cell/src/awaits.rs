//! Lets a cell be interrupted while it waits in an `.await`.
//!
//! A thread that waits for a future sleeps until its waker is called, and a signal does not call it. So the future of a
//! cell leaves its waker here. When the cell is to stop, the flusher ([`crate::host`]) calls the waker, and the cell
//! unwinds.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use tensorlib::interrupt;

/// The waker of the cell that waits.
static WAKER: Mutex<Option<Waker>> = Mutex::new(None);

/// Runs the cell's future until it is done or interrupted: generated code calls this around everything that may
/// `.await`.
pub async fn until_interrupted<F: Future>(cell: F) -> F::Output {
    let _forget = Forget;
    let mut cell = pin!(cell);
    poll_fn(|context| {
        waker().replace(context.waker().clone());
        // Checked after the waker is stored, so that no request is missed.
        interrupt::check();
        cell.as_mut().poll(context)
    })
    .await
}

/// Wakes the cell, if it waits and is to stop.
pub(crate) fn wake_when_interrupted() {
    if interrupt::requested()
        && let Some(waker) = waker().take()
    {
        waker.wake();
    }
}

fn waker() -> MutexGuard<'static, Option<Waker>> {
    WAKER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the waker when it is dropped, however the wait ends.
struct Forget;

impl Drop for Forget {
    fn drop(&mut self) {
        waker().take();
    }
}

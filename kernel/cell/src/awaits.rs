//! `.await` in a cell, which can be interrupted.
//!
//! The thread that waits for a future sleeps until it is woken, and a signal does not wake it. So the future of a cell
//! leaves its waker here; whoever looks after the running cell wakes it when that is to stop, and it unwinds.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use tensorlib::interrupt;

/// Wakes the cell that waits.
static WAKER: Mutex<Option<Waker>> = Mutex::new(None);

/// Does what the cell does, until it is asked to stop: generated code calls this around everything that may `.await`.
pub async fn until_interrupted<F: Future>(cell: F) -> F::Output {
    let _forget = Forget;
    let mut cell = pin!(cell);
    poll_fn(|context| {
        waker().replace(context.waker().clone());
        // Looked at after the waker is there, so that no request falls in between.
        interrupt::check();
        cell.as_mut().poll(context)
    })
    .await
}

/// Wakes the cell, if it waits and was asked to stop.
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

/// Takes the waker away at the end, however that comes.
struct Forget;

impl Drop for Forget {
    fn drop(&mut self) {
        waker().take();
    }
}

//! A request to stop, seen by every long tensor operation.
//!
//! Setting the flag is one atomic store, so a signal handler may call [`request`]. Operations call [`check`] between
//! pieces of work, always at a point where unwinding leaves every tensor valid.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Whether this thread does something that is not to be left half done.
    static HELD: Cell<bool> = const { Cell::new(false) };
}

/// The payload of the unwinding that [`check`] starts, which tells it from a panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupted;

/// Asks the operation that runs now, or the next one, to stop. Safe to call from a signal handler.
pub fn request() {
    REQUESTED.store(true, Ordering::Relaxed);
}

/// Withdraws a request, so that operations run again.
pub fn clear() {
    REQUESTED.store(false, Ordering::Relaxed);
}

/// Whether a stop has been asked for.
#[inline]
pub fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// Unwinds with [`Interrupted`] when a stop has been asked for. Call it in long loops of your own.
///
/// ```
/// use tensorlib::interrupt::{self, Interrupted};
///
/// interrupt::check(); // nothing was asked for
/// interrupt::request();
/// let stopped = std::panic::catch_unwind(|| loop { interrupt::check() }).unwrap_err();
/// assert!(stopped.is::<Interrupted>());
/// interrupt::clear();
/// ```
#[inline]
pub fn check() {
    if requested() {
        stop();
    }
}

/// Runs `body` to its end: a request to stop waits until after it. For work that is short and must not be left half done.
pub(crate) fn whole<R>(body: impl FnOnce() -> R) -> R {
    /// Sets it back, by a panic too.
    struct Held(bool);
    impl Drop for Held {
        fn drop(&mut self) {
            HELD.set(self.0);
        }
    }
    let _held = Held(HELD.replace(true));
    body()
}

#[cold]
fn stop() {
    if HELD.get() {
        return;
    }
    // Not a panic: no message is printed by the panic hook.
    std::panic::resume_unwind(Box::new(Interrupted))
}

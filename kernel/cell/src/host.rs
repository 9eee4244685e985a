//! The functions that the worker process calls in this dylib, by C name.
//!
//! The worker is the soma binary, which has a standard library of its own: what concerns the cells'
//! standard output, panic hook or tensors must be done here, with theirs.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::{awaits, c_output, display, progress, report, store};

/// How long text without a line end may wait in the buffer of standard output.
const PARTIAL_LINE: Duration = Duration::from_millis(40);

/// How long the end of a cell waits for that.
const PATIENCE: Duration = Duration::from_millis(500);

/// Hands on partial lines while a cell runs, and wakes one that waits in an `.await` and is to stop. It ends with the cell, since a thread does not survive the fork
/// that follows.
static FLUSHER: Mutex<Option<JoinHandle<()>>> = Mutex::new(None);
static RUNNING: AtomicBool = AtomicBool::new(false);

/// Prepares the process for cells. Called once, on the thread that will run them.
#[unsafe(no_mangle)]
pub extern "C" fn soma_cell_attach(report_pipe: i32) {
    report::attach(report_pipe);
    c_output::hand_on_lines();
    report::install_panic_hook();
    // A terminal replaces no displays.
    let is_terminal = std::env::var_os(progress::TERMINAL).is_some();
    tensorlib::plot::show_live_with((!is_terminal).then_some(display::live));
}

/// Called before every cell.
#[unsafe(no_mangle)]
pub extern "C" fn soma_cell_start() {
    tensorlib::interrupt::clear();
    store::begin();
    RUNNING.store(true, Ordering::SeqCst);
    let flusher = std::thread::Builder::new().name("soma-flush".to_owned()).spawn(|| {
        while RUNNING.load(Ordering::SeqCst) {
            std::thread::park_timeout(PARTIAL_LINE);
            awaits::wake_when_interrupted();
            let _ = std::io::stdout().flush();
            c_output::flush();
        }
    });
    // Without a thread to spare, partial lines wait for the cell's end.
    *FLUSHER.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = flusher.ok();
}

/// Called after every cell: hands on what `print!` and C's `printf` left in their buffers, and says what variables hold.
#[unsafe(no_mangle)]
pub extern "C" fn soma_cell_finish() {
    RUNNING.store(false, Ordering::SeqCst);
    if let Some(flusher) = FLUSHER.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take() {
        flusher.thread().unpark();
        // A cell may have leaked the lock of standard output, for which the flusher then waits for ever.
        let deadline = Instant::now() + PATIENCE;
        while !flusher.is_finished() && Instant::now() < deadline {
            std::thread::yield_now();
        }
    }
    // A chart that cannot be drawn is no reason to fail.
    let _ = std::panic::catch_unwind(tensorlib::plot::settle_live);
    let _ = std::io::stdout().flush();
    c_output::flush();
    // A hook that a cell sets lasts as long as the cell: without this one, panics of later cells could not be explained.
    report::install_panic_hook();
    // The cell may have been asked to stop; this may not.
    tensorlib::interrupt::clear();
    store::end();
    // A variable that cannot be described is no reason to fail.
    let _ = std::panic::catch_unwind(store::report_values);
    // Last, since the copy of the process that is made next would never get the hooks' lock back.
    report::wait_for_hooks(PATIENCE);
}

/// Whether the cell has not put back all that it had taken out of the store. Called after [`soma_cell_finish`].
#[unsafe(no_mangle)]
pub extern "C" fn soma_cell_lacks() -> bool {
    store::lacks_something()
}

/// Asks the running cell to stop: tensor operations look. Called in a signal handler; sets a flag only.
#[unsafe(no_mangle)]
pub extern "C" fn soma_cell_interrupt() {
    tensorlib::interrupt::request();
}

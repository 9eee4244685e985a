//! The functions in this dylib that the worker process calls, by C name.
//!
//! The worker is the soma binary, which has its own standard library: code that concerns the cells' standard output,
//! panic hook or tensors must run here, with theirs.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::{awaits, c_output, display, progress, report, store};

/// How long text without a line end may wait in the buffer of standard output.
const PARTIAL_LINE: Duration = Duration::from_millis(40);

/// How long the end of a cell waits for the flusher, and for threads in the panic hook.
const PATIENCE: Duration = Duration::from_millis(500);

/// The thread that flushes partial lines while a cell runs, and wakes a cell that waits in an `.await` and is to stop.
/// It ends with the cell, since a thread does not survive the fork that follows.
static FLUSHER: Mutex<Option<JoinHandle<()>>> = Mutex::new(None);
static RUNNING: AtomicBool = AtomicBool::new(false);

/// Prepares the process for cells. Called once, on the thread that will run them.
#[unsafe(no_mangle)]
pub extern "C" fn soma_cell_attach(report_pipe: i32) {
    report::attach(report_pipe);
    c_output::hand_on_lines();
    report::install_panic_hook();
    // A terminal cannot replace displays.
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
    // If no thread can be started, partial lines wait for the cell's end.
    *FLUSHER.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = flusher.ok();
}

/// Called after every cell: flushes the buffers of `print!` and C's `printf`, and reports the values of variables.
#[unsafe(no_mangle)]
pub extern "C" fn soma_cell_finish() {
    RUNNING.store(false, Ordering::SeqCst);
    if let Some(flusher) = FLUSHER.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take() {
        flusher.thread().unpark();
        // A cell may have leaked the lock of standard output; the flusher then waits for it for ever.
        let deadline = Instant::now() + PATIENCE;
        while !flusher.is_finished() && Instant::now() < deadline {
            std::thread::yield_now();
        }
    }
    // A chart that cannot be drawn must not make the cell fail.
    let _ = std::panic::catch_unwind(tensorlib::plot::settle_live);
    let _ = std::io::stdout().flush();
    c_output::flush();
    // A hook that a cell sets lasts as long as the cell: without this hook, panics of later cells could not be
    // explained.
    report::install_panic_hook();
    // The cell may have been asked to stop; the rest of this function must not stop.
    tensorlib::interrupt::clear();
    store::end();
    // A variable that cannot be described must not make the cell fail.
    let _ = std::panic::catch_unwind(store::report_values);
    // Last: in the snapshot that is forked next, a lock that a thread holds in the panic hook would stay locked for
    // ever.
    report::wait_for_hooks(PATIENCE);
}

/// Whether a variable that the cell had taken out of the store is not back in it. Called after [`soma_cell_finish`].
#[unsafe(no_mangle)]
pub extern "C" fn soma_cell_lacks() -> bool {
    store::lacks_something()
}

/// Asks the running cell to stop: tensor operations check the flag. Called in a signal handler, so it only sets a flag.
#[unsafe(no_mangle)]
pub extern "C" fn soma_cell_interrupt() {
    tensorlib::interrupt::request();
}

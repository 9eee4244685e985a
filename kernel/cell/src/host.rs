//! The functions that the worker process calls in this dylib, by C name.
//!
//! The worker is the soma binary, which has a standard library of its own: what concerns the cells'
//! standard output, panic hook or tensors must be done here, with theirs.

use std::io::Write;

use crate::report;

/// Prepares the process for cells. Called once, on the thread that will run them.
#[unsafe(no_mangle)]
pub extern "C" fn soma_cell_attach(report_pipe: i32) {
    report::attach(report_pipe);
    report::install_panic_hook();
}

/// Hands on what `print!` left in the buffer; called after every cell.
#[unsafe(no_mangle)]
pub extern "C" fn soma_cell_flush() {
    let _ = std::io::stdout().flush();
    let _ = std::io::stderr().flush();
    tensorlib::interrupt::clear();
}

/// Asks the running cell to stop: tensor operations look. Called in a signal handler; sets a flag only.
#[unsafe(no_mangle)]
pub extern "C" fn soma_cell_interrupt() {
    tensorlib::interrupt::request();
}

/// Writes everything to a descriptor that this process owns; a reader that is gone is not an error here.
pub(crate) fn write_all(descriptor: i32, bytes: &[u8]) {
    use std::os::fd::FromRawFd;
    // SAFETY: the worker gave this descriptor for reports and keeps it open; `ManuallyDrop` leaves it open.
    let mut pipe = std::mem::ManuallyDrop::new(unsafe { std::fs::File::from_raw_fd(descriptor) });
    let _ = pipe.write_all(bytes);
}

//! The output of C code: C's standard output has its own buffer, which Rust does not flush.

use std::ffi::{c_char, c_int};

/// C's `FILE`.
#[repr(C)]
struct Stream {
    _private: [u8; 0],
}

unsafe extern "C" {
    #[cfg_attr(target_vendor = "apple", link_name = "__stdoutp")]
    static stdout: *mut Stream;
    fn setvbuf(stream: *mut Stream, buffer: *mut c_char, mode: c_int, size: usize) -> c_int;
    fn fflush(stream: *mut Stream) -> c_int;
    fn ftrylockfile(stream: *mut Stream) -> c_int;
    fn funlockfile(stream: *mut Stream);
}

/// `_IOLBF`: a line-buffered stream, as Rust's standard output is. So lines of both appear in their order.
const BY_LINE: c_int = 1;

/// Makes C's standard output line-buffered. Called before anything is printed.
pub(crate) fn hand_on_lines() {
    // SAFETY: C's standard output lives as long as the process; it allocates the buffer itself.
    unsafe { setvbuf(stdout, std::ptr::null_mut(), BY_LINE, 0) };
}

/// Flushes a line without an end, unless another thread is printing or was stopped while it printed.
pub(crate) fn flush() {
    // SAFETY: as above; the lock is released.
    unsafe {
        if ftrylockfile(stdout) == 0 {
            fflush(stdout);
            funlockfile(stdout);
        }
    }
}

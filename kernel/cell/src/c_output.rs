//! What C code prints: its standard output has a buffer of its own, which nobody else would empty.

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

/// `_IOLBF`: a buffer that is handed on at the end of a line, as Rust's is. So lines of both come in their order.
const BY_LINE: c_int = 1;

/// From now on, lines are handed on as they are printed. Called before anything is.
pub(crate) fn hand_on_lines() {
    // SAFETY: C's standard output is there as long as the process; it makes the buffer itself.
    unsafe { setvbuf(stdout, std::ptr::null_mut(), BY_LINE, 0) };
}

/// Hands on what was printed without a line's end, unless another thread is about to print, or was stopped there.
pub(crate) fn flush() {
    // SAFETY: as above; the lock that was got is given back.
    unsafe {
        if ftrylockfile(stdout) == 0 {
            fflush(stdout);
            funlockfile(stdout);
        }
    }
}

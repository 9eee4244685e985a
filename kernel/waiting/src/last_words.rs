//! A compile's status, said before the process ends.
//!
//! When rustc calls `exit`, all that it writes is written. The system then takes 2 to 3 ms to give back the memory of the
//! process, and only after that does its parent learn how it ended. So a child says it first, through a pipe.

use std::ffi::{c_int, c_void};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

/// The parent's end of the pipe.
pub struct LastWords(OwnedFd);

/// The child's end.
pub struct Say(OwnedFd);

/// Makes a pipe; a linker that rustc starts does not get its ends.
pub fn pipe() -> io::Result<(LastWords, Say)> {
    let mut ends = [0; 2];
    // SAFETY: the array has room for both ends.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptors were opened above and belong to nothing else.
    let [read, write] = ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) });
    Ok((LastWords(read), Say(write)))
}

impl AsRawFd for LastWords {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl LastWords {
    /// How the child ends, as `waitpid` would tell it; `None` if it says nothing. Call it when there is something to read.
    pub fn status(&self) -> Option<c_int> {
        let mut code = 0_u8;
        // SAFETY: there is room for the one byte.
        let read = unsafe { libc::read(self.0.as_raw_fd(), (&raw mut code).cast(), 1) };
        (read == 1).then(|| c_int::from(code) << 8)
    }
}

unsafe extern "C" {
    /// Registers a function that `exit` calls with the status, after those that were registered later.
    fn on_exit(function: extern "C" fn(c_int, *mut c_void), argument: *mut c_void) -> c_int;
}

impl Say {
    /// Says this process's status when it exits. A process that is killed, or aborts, says nothing.
    pub fn at_exit(self) {
        let end = self.0.into_raw_fd();
        // SAFETY: the function takes such an argument; the descriptor stays open until the process ends.
        unsafe { on_exit(say, end as usize as *mut c_void) };
    }
}

extern "C" fn say(status: c_int, end: *mut c_void) {
    // What `exit` keeps of a status.
    let code = status as u8;
    // SAFETY: the byte is there to be read. If the parent has gone, this process is to end anyway.
    unsafe { libc::write(end as usize as RawFd, (&raw const code).cast(), 1) };
}

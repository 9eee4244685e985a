//! A compile that begins before its request.
//!
//! From its start until it opens the source, rustc takes 4 ms, in which it does the same for every cell. So it is started
//! when a cell arrives at the kernel, with the call of the last compile, and runs until it opens the source; there it
//! waits. Meanwhile the kernel prepares the cell. If the request has the same call, the compile goes on, and if not, it
//! is ended, and another one is started.

use std::ffi::{CStr, CString, c_char, c_int};
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::child::Child;
use crate::request::{Call, Streams};

/// How long it waits for its request.
const PATIENCE: Duration = Duration::from_secs(2);

/// A compile that has begun, as the waiting rustc sees it.
pub struct Ahead {
    call: Call,
    child: Child,
    /// The way to it.
    child_socket: UnixStream,
    ends: Instant,
}

impl Ahead {
    /// Notes a compile.
    pub fn new(call: Call, child: Child, child_socket: UnixStream) -> Ahead {
        Ahead { call, child, child_socket, ends: Instant::now() + PATIENCE }
    }

    /// How long it still waits.
    pub fn time_left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    /// Hands a request over to it, and returns its process.
    ///
    /// # Errors
    /// Its process, if it has begun with another call, or has ended.
    pub fn take(self, call: &Call, streams: &Streams) -> Result<Child, Child> {
        let takes = self.call == *call && streams.send(&self.child_socket).is_ok();
        if takes { Ok(self.child) } else { Err(self.child) }
    }

    /// Its process, to be ended.
    pub fn into_child(self) -> Child {
        self.child
    }
}

/// What this process waits for, if it has begun before its request.
static WAITS: Mutex<Option<Waits>> = Mutex::new(None);

struct Waits {
    /// The source.
    at: CString,
    /// From where the request comes.
    socket: UnixStream,
}

/// Makes this process wait for its request before it opens the source.
pub fn wait_at(source: &[u8], socket: UnixStream) -> io::Result<()> {
    let at = CString::new(source)?;
    *WAITS.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(Waits { at, socket });
    Ok(())
}

/// In place of the C library's function, since this library is loaded first.
///
/// # Safety
/// As `open(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: libc::mode_t) -> c_int {
    // SAFETY: the caller's.
    let name = unsafe { CStr::from_ptr(path) };
    let waits = WAITS.lock().ok().and_then(|mut waits| waits.take_if(|waits| *waits.at == *name));
    if let Some(waits) = waits {
        // Without a request, nobody wants what would be made.
        if Streams::receive(&waits.socket).and_then(|streams| streams.take_on()).is_err() {
            // SAFETY: no preconditions.
            unsafe { libc::_exit(101) };
        }
    }
    // SAFETY: the caller's.
    unsafe { libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path, flags | libc::O_LARGEFILE, mode) as c_int }
}

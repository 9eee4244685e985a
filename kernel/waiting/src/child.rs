//! A process that the waiting rustc has forked for a compile.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use crate::last_words::{self, LastWords, Say};

/// The process.
pub struct Child {
    process: libc::pid_t,
    last_words: LastWords,
    /// Becomes readable when it has ended.
    ended: OwnedFd,
}

/// Which of the two processes goes on.
pub enum Forked {
    /// The waiting rustc.
    Parent(Child),
    /// The compile.
    Child(Say),
}

/// Forks. The child ends with its parent.
pub fn fork() -> io::Result<Forked> {
    let (last_words, say) = last_words::pipe()?;
    // SAFETY: this process has one thread.
    match unsafe { libc::fork() } {
        ..0 => Err(io::Error::last_os_error()),
        0 => {
            // SAFETY: no preconditions. If the waiting process is killed, its client compiles in the ordinary way.
            unsafe {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                libc::signal(libc::SIGPIPE, libc::SIG_DFL);
            }
            Ok(Forked::Child(say))
        }
        process => {
            // SAFETY: a child that has not been waited for; the descriptor is new.
            let ended = unsafe { libc::syscall(libc::SYS_pidfd_open, process, 0) };
            if ended < 0 {
                let error = io::Error::last_os_error();
                kill(process);
                // SAFETY: as above.
                unsafe { libc::waitpid(process, std::ptr::null_mut(), 0) };
                return Err(error);
            }
            // SAFETY: the descriptor was opened above and belongs to nothing else.
            let ended = unsafe { OwnedFd::from_raw_fd(ended as RawFd) };
            Ok(Forked::Parent(Child { process, last_words, ended }))
        }
    }
}

impl Child {
    /// Becomes readable when the process has said its last words.
    pub fn says(&self) -> RawFd {
        self.last_words.as_raw_fd()
    }

    /// Becomes readable when it has ended.
    pub fn ends(&self) -> RawFd {
        self.ended.as_raw_fd()
    }

    /// Its status, before it has ended; `None` if it says nothing. Call it when there is something to read.
    pub fn last_words(&self) -> Option<libc::c_int> {
        self.last_words.status()
    }

    /// Its status, when it has ended. It is forgotten then.
    pub fn status(&self) -> libc::c_int {
        let mut status = 0;
        // SAFETY: waits for a child of this process that has ended or was killed.
        unsafe { libc::waitpid(self.process, &raw mut status, 0) };
        status
    }

    /// Begins to end it.
    pub fn kill(&self) {
        kill(self.process);
    }
}

fn kill(process: libc::pid_t) {
    // SAFETY: a child of this process that has not been waited for.
    unsafe { libc::kill(process, libc::SIGKILL) };
}

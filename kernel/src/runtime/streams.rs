//! The worker's standard input, output and error, which a cell may close or point elsewhere.
//!
//! What a cell does to them lasts as long as the cell: the next one would otherwise print into nowhere, or into a file
//! that happens to have got the number.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::stat::fstat;

/// Descriptors below this one are what a cell's own files get first.
const HIGH: RawFd = 200;

/// What the three descriptors were at the start.
pub struct Streams([Option<OwnedFd>; 3]);

impl Streams {
    /// Remembers what they are now.
    pub fn keep() -> Streams {
        Streams([0, 1, 2].map(|number| {
            // SAFETY: the descriptor is used in this call only, and may be closed.
            let present = unsafe { BorrowedFd::borrow_raw(number) };
            let copy = fcntl(present, FcntlArg::F_DUPFD_CLOEXEC(HIGH)).ok()?;
            // SAFETY: the system has just made it for us.
            Some(unsafe { OwnedFd::from_raw_fd(copy) })
        }))
    }

    /// Makes them what they were.
    pub fn restore(&self) {
        for (number, kept) in (0..).zip(&self.0) {
            let Some(kept) = kept else { continue };
            // SAFETY: the descriptor is used in this call only, and may be closed.
            let present = unsafe { BorrowedFd::borrow_raw(number) };
            let identity = |fd: BorrowedFd| fstat(fd).map(|found| (found.st_dev, found.st_ino)).ok();
            if identity(present) != identity(kept.as_fd()) {
                // SAFETY: both are numbers; what a cell had put there is closed.
                unsafe { libc::dup2(kept.as_raw_fd(), number) };
            }
        }
    }
}

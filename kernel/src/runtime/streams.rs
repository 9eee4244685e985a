//! The worker's standard input, output and error, which a cell may close or redirect.
//!
//! Such a change lasts only as long as the cell: otherwise the next cell would print into nowhere, or into a file that
//! happens to have got the number.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::stat::fstat;

/// A cell's own files get descriptors below this one first.
const HIGH: RawFd = 200;

/// What the three descriptors were at the start.
pub struct Streams([Option<OwnedFd>; 3]);

impl Streams {
    /// Duplicates the three descriptors.
    pub fn keep() -> Streams {
        Streams([0, 1, 2].map(|number| {
            // SAFETY: the descriptor is used in this call only, and may be closed.
            let present = unsafe { BorrowedFd::borrow_raw(number) };
            let copy = fcntl(present, FcntlArg::F_DUPFD_CLOEXEC(HIGH)).ok()?;
            // SAFETY: the system has just made the descriptor, and nothing else owns it.
            Some(unsafe { OwnedFd::from_raw_fd(copy) })
        }))
    }

    /// Restores the three descriptors.
    pub fn restore(&self) {
        for (number, kept) in (0..).zip(&self.0) {
            let Some(kept) = kept else { continue };
            // SAFETY: the descriptor is used in this call only, and may be closed.
            let present = unsafe { BorrowedFd::borrow_raw(number) };
            let identity = |fd: BorrowedFd| fstat(fd).map(|found| (found.st_dev, found.st_ino)).ok();
            if identity(present) != identity(kept.as_fd()) {
                // SAFETY: both arguments are numbers; a descriptor that a cell put there is closed.
                unsafe { libc::dup2(kept.as_raw_fd(), number) };
            }
        }
    }
}

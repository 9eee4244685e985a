//! A file in memory, for readers and writers that take paths.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::path::PathBuf;

/// A file without a name in any folder; it is deleted with its owner.
pub struct MemoryFile(File);

impl MemoryFile {
    /// A file with this content.
    pub fn new(content: &[u8]) -> MemoryFile {
        // SAFETY: the name ends in 0; the descriptor is new, and nothing else owns it.
        let mut file = unsafe {
            let descriptor = libc::memfd_create(c"fuzz".as_ptr(), libc::MFD_CLOEXEC);
            assert!(descriptor >= 0, "no file in memory");
            File::from_raw_fd(descriptor)
        };
        file.write_all(content).expect("memory can be written to");
        MemoryFile(file)
    }

    /// A path that opens it.
    pub fn path(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.0.as_raw_fd()).into()
    }

    /// Its content.
    pub fn content(&mut self) -> Vec<u8> {
        let mut content = Vec::new();
        self.0.rewind().and_then(|()| self.0.read_to_end(&mut content)).expect("memory can be read");
        content
    }
}

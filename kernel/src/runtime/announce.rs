//! What other processes of a session tell the user whose cell is being compiled.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::wire::Frame;
use crate::session_dir::SOCKET;

/// Shows a line to the user whose cell is being compiled; for processes of a session other than the runtime.
pub fn announce(session: &Path, line: &str) {
    let mut bytes = Vec::new();
    Frame::Stderr(format!("{line}\n").into_bytes()).encode(&mut bytes);
    // With nobody to see it, nothing is lost.
    let _ = UnixStream::connect(session.join(SOCKET)).and_then(|mut kernel| kernel.write_all(&bytes));
}

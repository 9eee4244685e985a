//! How other processes of a session show the user progress while a cell is compiled.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::session_dir::SOCKET;
use crate::wire::Frame;

/// Shows a line to the user whose cell is being compiled. For processes of a session other than the runtime.
pub fn announce(session: &Path, line: &str) {
    let mut bytes = Vec::new();
    Frame::Stderr(format!("{line}\n").into_bytes()).encode(&mut bytes);
    // When no kernel listens, the line is dropped.
    let _ = UnixStream::connect(session.join(SOCKET)).and_then(|mut kernel| kernel.write_all(&bytes));
}

//! Keeps a rustc that waits, for as long as a session lives.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{ARGUMENTS, WAIT, is_possible, socket};
use crate::session_dir::WAITING_PID;
use crate::toolchain::handoff::SessionNotes;

/// After this many starts in a session, something ends it again and again.
const STARTS: usize = 100;

/// A session's waiting rustc.
#[derive(Default)]
pub struct WaitingRustc {
    running: Option<Running>,
    starts: usize,
}

impl WaitingRustc {
    /// Starts it, if it does not run.
    pub fn ensure(&mut self, session: &Path, notes: &SessionNotes) {
        if self.running.as_mut().is_some_and(Running::is_whole) || self.starts == STARTS {
            return;
        }
        self.running = None;
        self.starts += 1;
        let Some(library) = notes.libs.waiting.as_deref().filter(|_| is_possible(&notes.facts.host)) else {
            self.starts = STARTS;
            return;
        };
        match Running::start(session, notes, library) {
            Ok(running) => self.running = Some(running),
            Err(error) => tracing::debug!("no rustc waits: {error}"),
        }
    }
}

struct Running {
    /// Its standard output is a pipe: when this end is closed, by whatever end of the kernel, it ends.
    child: Child,
    socket: PathBuf,
}

impl Running {
    fn start(session: &Path, notes: &SessionNotes, library: &Path) -> io::Result<Running> {
        let rustc = &notes.facts.rustc;
        let socket = socket(session, rustc).ok_or(io::ErrorKind::NotFound)?;
        // One of a process that has ended.
        let _ = fs::remove_file(&socket);
        let listener = OwnedFd::from(UnixListener::bind(&socket)?);
        let mut command = Command::new(rustc);
        notes.original.restore(&mut command);
        let preloaded = [Some(library.as_os_str().to_owned()), std::env::var_os("LD_PRELOAD")];
        let preloaded: Vec<OsString> = preloaded.into_iter().flatten().collect();
        command
            .arg(ARGUMENTS)
            .env(WAIT, "1")
            .env("LD_PRELOAD", preloaded.join(":".as_ref()))
            .stdin(Stdio::from(listener))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0);
        let running = Running { child: command.spawn()?, socket };
        fs::write(session.join(WAITING_PID), running.child.id().to_string())?;
        Ok(running)
    }

    /// Whether it runs, and can be reached.
    fn is_whole(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None)) && self.socket.symlink_metadata().is_ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has nothing to lose, and may be stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.socket);
    }
}

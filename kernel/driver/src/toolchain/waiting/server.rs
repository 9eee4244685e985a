//! Keeps a rustc that waits, for as long as a session lives.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{ARGUMENTS, WAIT, socket};
use crate::fast_paths::FastPath;
use crate::session_dir::WAITING_PID;
use crate::toolchain::handoff::SessionNotes;

/// After this many starts in a session, something ends it again and again.
const STARTS: usize = 100;

/// What has become of a waiting rustc.
#[derive(PartialEq)]
enum State {
    /// It runs, and can be reached.
    Whole,
    /// It was ended, or its socket was removed.
    Ended,
    /// It ended by itself: rustc was started, and the library could not make it wait.
    CannotWait,
}

/// A session's waiting rustc.
#[derive(Default)]
pub struct WaitingRustc {
    running: Option<Running>,
    starts: usize,
}

impl WaitingRustc {
    /// Starts it, if it does not run.
    pub fn ensure(&mut self, session: &Path, notes: &SessionNotes) {
        match self.running.as_mut().map(Running::state) {
            Some(State::Whole) => return,
            Some(State::CannotWait) => self.starts = STARTS,
            Some(State::Ended) | None => {}
        }
        self.running = None;
        if self.starts == STARTS {
            return;
        }
        self.starts += 1;
        let Some(library) = notes.libs.waiting.as_deref().filter(|_| FastPath::WaitingRustc.is_on()) else {
            self.starts = STARTS;
            return;
        };
        match Running::start(session, notes, library) {
            Ok(running) => self.running = Some(running),
            Err(error) => tracing::debug!("no rustc waits: {error}"),
        }
    }
}

/// The message by which a waiting rustc begins the next compile.
const AHEAD: [u8; 1] = [1];

struct Running {
    /// Its standard output is a pipe: when this end is closed, by whatever end of the kernel, it ends.
    child: Child,
    socket: PathBuf,
}

impl WaitingRustc {
    /// Has it begin a compile with the call of the last one, up to where the source is read: a cell has arrived, and will
    /// probably be compiled in the same way.
    pub fn begin_ahead(&self) {
        let connection = self.running.as_ref().map(|running| UnixStream::connect(&running.socket));
        // It only takes longer without.
        let _ = connection.map(|connection| connection?.write_all(&AHEAD));
    }
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

    fn state(&mut self) -> State {
        match self.child.try_wait() {
            Ok(None) if self.socket.symlink_metadata().is_ok() => State::Whole,
            // Whatever else ends it is a signal.
            Ok(Some(status)) if status.code().is_some() => State::CannotWait,
            _ => State::Ended,
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toolchain::cell_libs::CellLibs;
    use crate::toolchain::original::Original;
    use crate::toolchain::toolchain_info::ToolchainInfo;

    /// The notes of a session whose rustc is another program.
    fn notes(program: &str) -> SessionNotes {
        let mut facts = ToolchainInfo::find().unwrap();
        facts.rustc = program.into();
        let libs =
            CellLibs { waiting: Some("/nowhere/libwait.so".into()), ..CellLibs::for_tests(Path::new("/nowhere")) };
        SessionNotes { facts, libs, original: Original::read() }
    }

    /// Waits until what was started has ended.
    fn wait_for_its_end(waiting: &mut WaitingRustc) {
        waiting.running.as_mut().unwrap().child.wait().unwrap();
    }

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn a_rustc_that_cannot_wait_is_started_once_and_one_that_was_ended_again() {
        let session = tempfile::tempdir().unwrap();
        let mut waiting = WaitingRustc::default();
        for starts in [1, STARTS, STARTS] {
            waiting.ensure(session.path(), &notes("/bin/false"));
            assert_eq!(waiting.starts, starts);
            if waiting.running.is_some() {
                wait_for_its_end(&mut waiting);
            }
        }
        let mut waiting = WaitingRustc::default();
        for starts in 1..4 {
            waiting.ensure(session.path(), &notes("/bin/yes"));
            assert_eq!(waiting.starts, starts);
            waiting.running.as_mut().unwrap().child.kill().unwrap();
            wait_for_its_end(&mut waiting);
        }
    }
}

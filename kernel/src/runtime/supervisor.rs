//! `soma runtime`: speaks evcxr's protocol, owns the worker and its snapshot, forwards the output of cells.
//!
//! One thread, one `poll` loop; it never waits on the worker, so it can always be told to interrupt it.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, read, write};
use soma_driver::evcxr::environment;
use soma_driver::evcxr::protocol::{self, Notice};
use soma_driver::process::{self, reset_signals};
use soma_driver::session_dir::{SESSION_DIR, SHELL_PID, SOCKET, session_dir};
use soma_driver::toolchain::handoff::SessionNotes;
use soma_driver::toolchain::original::Original;
use soma_driver::wire::{COPIES, END_OF_INPUT, Frame, INPUT, INTERRUPT, NO_COPIES, QUIT, SYNC};
use soma_report::{Ending, Report};

use super::family::{self, end};
use super::running_cell::RunningCell;
use super::worker;
use super::worker_handle::Worker;

/// How long to wait for the processes that a crashed cell had started to end, before the snapshot goes on.
const AFTER_A_CRASH: Duration = Duration::from_secs(1);

/// How long to wait for all processes that cells have started to end, at the session's end.
const AT_THE_END: Duration = Duration::from_secs(10);

/// With more unsent output than this, the worker's pipes are not read, which makes the cell wait.
const BACKLOG: usize = 1 << 20;

/// Supervises until evcxr or the kernel has ended.
///
/// # Errors
/// When the session's folder does not hold what the kernel puts there.
pub fn run() -> Result<()> {
    // Jupyter kills a kernel together with its process group; this process must survive to remove the folder.
    let _ = nix::unistd::setsid();
    // In its own session, no terminal can send it a hangup.
    reset_signals(true);
    let session = session_dir().context("`soma runtime` is started by the kernel")?;
    let notes = SessionNotes::read(&session)?;
    let kernel = UnixStream::connect(session.join(SOCKET)).context("the kernel does not listen")?;
    let mut hello = Vec::new();
    Frame::Supervisor.encode(&mut hello);
    (&kernel).write_all(&hello)?;
    kernel.set_nonblocking(true)?;
    clean_environment(&notes.original);
    adopt_orphans();
    let mut children = SigSet::empty();
    children.add(Signal::SIGCHLD);
    children.thread_block()?;
    let signals = SignalFd::with_flags(&children, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
    let worker = Worker::start(&notes.libs.dylib, notes.facts.standard_library().as_deref(), &kernel)?;
    let mut supervisor = Supervisor {
        kernel,
        signals,
        worker,
        cell: None,
        keeps_all: false,
        commands: LineBuffer::default(),
        reports: LineBuffer::default(),
        requests: VecDeque::new(),
        outgoing: Vec::new(),
        kernel_is_gone: false,
    };
    let result = supervisor.serve();
    // A pipe that breaks in the middle of a write may be the first sign of the kernel's death.
    supervisor.kernel_is_gone |= result.is_err() && supervisor.kernel_hangs_up();
    supervisor.end_everything();
    if supervisor.kernel_is_gone {
        // A kernel that was killed could not end its shell and remove its folder.
        process::kill_group(&session.join(SHELL_PID));
        remove_folder(&session);
    }
    result
}

/// Removes a session's folder. A compile that is being ended may still write into it.
fn remove_folder(session: &Path) {
    for _ in 0..50 {
        match std::fs::remove_dir_all(session) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => std::thread::sleep(Duration::from_millis(50)),
            _ => return,
        }
    }
}

/// The variable for the folder in which `tensorlib` looks for the lessons' data first.
const LESSONS_DATA: &str = "TENSORLIB_DATA";

/// Cells see the environment that the kernel was started in, not the one made for evcxr.
fn clean_environment(original: &Original) {
    // SAFETY: this process has one thread.
    unsafe {
        for (name, value) in original.variables() {
            match value {
                Some(value) => std::env::set_var(name, value),
                None => std::env::remove_var(name),
            }
        }
        // `Mnist::bundled` finds the lessons' data from any folder, as long as Soma's own folder exists.
        let lessons = Path::new(env!("CARGO_MANIFEST_DIR")).join("../notebooks/data");
        if std::env::var_os(LESSONS_DATA).is_none() && lessons.is_dir() {
            std::env::set_var(LESSONS_DATA, lessons);
        }
        // evcxr's `IS_RUNTIME` stays: crates look for it to know that they are in a notebook.
        for name in [environment::TMPDIR, "RUST_BACKTRACE", SESSION_DIR] {
            std::env::remove_var(name);
        }
    }
}

/// Makes this process the parent of descendants whose own parent has ended: the snapshot's parent is the worker.
fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

struct Supervisor {
    kernel: UnixStream,
    signals: SignalFd,
    worker: Worker,
    cell: Option<RunningCell>,
    /// Whether the cell has failed and every variable that it had moved is back.
    keeps_all: bool,
    commands: LineBuffer,
    reports: LineBuffer,
    /// Bytes from the kernel that are not yet a whole request.
    requests: VecDeque<u8>,
    /// Frames that the kernel has not yet taken.
    outgoing: Vec<u8>,
    /// Whether the kernel's end of the channel was closed without a request to quit.
    kernel_is_gone: bool,
}

impl Supervisor {
    fn serve(&mut self) -> Result<()> {
        loop {
            let stdin = io::stdin();
            let listen = self.outgoing.len() < BACKLOG;
            let output = if listen { PollFlags::POLLIN } else { PollFlags::empty() };
            let to_kernel =
                if self.outgoing.is_empty() { PollFlags::POLLIN } else { PollFlags::POLLIN | PollFlags::POLLOUT };
            let mut waits = [
                PollFd::new(stdin.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.kernel.as_fd(), to_kernel),
                PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.worker.reports.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.worker.stdout.as_fd(), output),
                PollFd::new(self.worker.stderr.as_fd(), output),
                PollFd::new(self.worker.stdin.as_fd(), self.worker.stdin.wants()),
            ];
            match poll(&mut waits, self.timeout()) {
                Err(Errno::EINTR) => continue,
                other => other?,
            };
            let ready: Vec<bool> = waits.iter().map(|wait| wait.any().unwrap_or(true)).collect();
            if ready[0] && !self.read_evcxr()? {
                self.kernel_is_gone |= self.kernel_hangs_up();
                return Ok(());
            }
            if ready[1] && !self.read_kernel()? {
                return Ok(());
            }
            if ready[4] || ready[5] {
                self.forward_output(listen);
            }
            if ready[3] {
                self.read_reports()?;
            }
            if ready[2] {
                self.reap()?;
            }
            if let Some(cell) = &mut self.cell {
                cell.stop(self.worker.pid);
            }
            self.worker.stdin.send();
            self.look_at_the_cell();
            self.send();
        }
    }

    /// Tells the kernel, once, that something waits for input without having asked for it. Ends a cell that waits for
    /// threads that no longer exist.
    fn look_at_the_cell(&mut self) {
        let Some(cell) = &mut self.cell else { return };
        if !cell.is_to_be_looked_at() {
            return;
        }
        if self.worker.lost_threads > 0 && self.worker.copy.is_some() {
            cell.end_when_deadlocked(self.worker.pid);
        }
        if self.worker.stdin.is_waited_for(self.worker.pid) {
            // The output holds the question.
            self.forward_output(true);
            Frame::Waiting(self.worker.stdin.answers()).encode(&mut self.outgoing);
        }
    }

    fn timeout(&self) -> PollTimeout {
        let wait = self.cell.as_ref().map(RunningCell::patience);
        wait.and_then(|wait| PollTimeout::try_from(wait).ok()).unwrap_or(PollTimeout::NONE)
    }

    /// Handles evcxr's commands; false at their end.
    fn read_evcxr(&mut self) -> Result<bool> {
        let mut bytes = [0; 4096];
        let count = io::stdin().lock().read(&mut bytes)?;
        if count == 0 {
            return Ok(false);
        }
        for line in self.commands.push(&bytes[..count]) {
            if let Some(library) = protocol::library_to_run(&line) {
                let cell = RunningCell::start(library, family::descendants());
                write_all(&self.worker.commands, cell.command().as_bytes());
                self.cell = Some(cell);
            }
        }
        Ok(true)
    }

    /// Whether the kernel's end of the channel closes about now: a process that ends closes all its descriptors, but
    /// not at the same moment.
    fn kernel_hangs_up(&mut self) -> bool {
        let mut wait = [PollFd::new(self.kernel.as_fd(), PollFlags::POLLIN)];
        if !matches!(poll(&mut wait, PollTimeout::from(500_u16)), Ok(1..)) {
            return false;
        }
        matches!(self.read_kernel(), Ok(false)) && self.kernel_is_gone
    }

    /// Handles the kernel's requests; false when the kernel has ended.
    fn read_kernel(&mut self) -> Result<bool> {
        let mut bytes = [0; 256];
        match self.kernel.read(&mut bytes) {
            Ok(count @ 1..) => self.requests.extend(&bytes[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Ok(0) | Err(_) => {
                self.kernel_is_gone = true;
                return Ok(false);
            }
        }
        loop {
            match (self.requests.front(), self.requests.get(1).copied()) {
                (Some(&INTERRUPT), _) => {
                    self.requests.pop_front();
                    if let Some(cell) = &mut self.cell {
                        cell.interrupt(self.worker.pid);
                    }
                }
                (Some(&QUIT), _) => return Ok(false),
                (Some(&SYNC), Some(number)) => {
                    self.requests.drain(..2);
                    self.forward_output(true);
                    Frame::Synced(number).encode(&mut self.outgoing);
                }
                (Some(&INPUT), _) => {
                    let Some(end) = self.requests.iter().position(|byte| *byte == b'\n') else { return Ok(true) };
                    let line: Vec<u8> = self.requests.drain(..=end).skip(1).collect();
                    self.worker.stdin.answer(&line);
                    self.drop_late_answers();
                }
                (Some(&request @ (COPIES | NO_COPIES)), _) => {
                    self.requests.pop_front();
                    let command = if request == COPIES { worker::KEEP_COPIES } else { worker::KEEP_NO_COPIES };
                    write_all(&self.worker.commands, format!("{command}\n").as_bytes());
                }
                (Some(&END_OF_INPUT), _) => {
                    self.requests.pop_front();
                    self.worker.stdin.end();
                    self.drop_late_answers();
                }
                (Some(&SYNC), None) | (None, _) => return Ok(true),
                (Some(_), _) => {
                    self.requests.pop_front();
                }
            }
        }
    }

    /// Discards answers to a question of an interrupted cell: they are not meant for the next one.
    fn drop_late_answers(&mut self) {
        if self.cell.is_none() {
            self.worker.stdin.clear();
        }
    }

    /// Forwards what the worker has written so far.
    fn forward_output(&mut self, listen: bool) {
        if !listen {
            return;
        }
        let mut bytes = vec![0; 65536];
        for (descriptor, frame) in
            [(&self.worker.stdout, Frame::Stdout as fn(Vec<u8>) -> Frame), (&self.worker.stderr, Frame::Stderr)]
        {
            // At most a few times what a pipe holds: endless output must not keep the loop here.
            for _ in 0..4 {
                match read(descriptor, &mut bytes) {
                    Ok(count) if count > 0 => frame(bytes[..count].to_vec()).encode(&mut self.outgoing),
                    _ => break,
                }
            }
        }
    }

    fn read_reports(&mut self) -> Result<()> {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = read(&self.worker.reports, &mut bytes) {
            for line in self.reports.push(&bytes[..count]) {
                self.report(&line);
            }
        }
        Ok(())
    }

    fn report(&mut self, line: &str) {
        let Some(report) = Report::decode(line) else {
            return tracing::warn!("the worker sent an invalid report: {line:?}");
        };
        match &report {
            Report::Copy { pid, threads, .. } => {
                // The worker ends the previous snapshot, unless the worker dies before that.
                self.worker.previous_copy = self.worker.copy.replace(Pid::from_raw(*pid));
                self.worker.threads_before_copy = *threads;
            }
            Report::NoCopy { .. } => self.worker.copy = None,
            Report::Kept {} => self.keeps_all = true,
            Report::Working {} => return,
            Report::Failed {} => return tell_evcxr(Notice::Panicked),
            Report::Error { .. } => tell_evcxr(Notice::ReturnedAnError),
            Report::Lost { name, .. } => tell_evcxr(Notice::ChangedType(name)),
            Report::Done { took, was_cancelled, .. } => return self.cell_is_done(*took, *was_cancelled),
            _ => {}
        }
        Frame::Report(report).encode(&mut self.outgoing);
    }

    fn cell_is_done(&mut self, took: Duration, was_cancelled: bool) {
        let cell = self.cell.take().filter(RunningCell::is_interrupted);
        if let Some(cell) = &cell {
            self.worker.stdin.clear();
            self.end_what_it_started(cell);
        }
        self.forward_output(true);
        let was_interrupted = cell.is_some();
        Frame::Report(Report::Done { took, was_cancelled, was_interrupted }).encode(&mut self.outgoing);
        let is_kept = std::mem::take(&mut self.keeps_all);
        tell_evcxr(if is_kept { Notice::Undone } else { Notice::Done });
    }

    /// Reaps processes that have ended.
    fn reap(&mut self) -> Result<()> {
        while let Ok(Some(_)) = self.signals.read_signal() {}
        loop {
            match waitpid(None::<Pid>, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) if pid == self.worker.pid => {
                    self.worker_ended(Ending::Exited(code))?;
                }
                Ok(WaitStatus::Signaled(pid, signal, _)) if pid == self.worker.pid => {
                    self.worker_ended(Ending::Signaled(signal.as_str().to_owned()))?;
                }
                Ok(WaitStatus::StillAlive) | Err(_) => return Ok(()),
                Ok(_) => {}
            }
        }
    }

    /// Ends the processes that a cell has started, when the cell was stopped or has crashed: commands that it waited
    /// for and servers that it started are of no use now.
    fn end_what_it_started(&self, cell: &RunningCell) {
        let own = [Some(self.worker.pid), self.worker.copy, self.worker.previous_copy];
        family::end_children(AFTER_A_CRASH, |child| !own.contains(&Some(child)) && !cell.was_there_before(child));
    }

    /// Handles the worker's end: wakes the snapshot and tells evcxr of an error.
    fn worker_ended(&mut self, how: Ending) -> Result<()> {
        self.forward_output(true);
        self.read_reports()?;
        // Discard a line that the dead worker had not finished.
        self.reports = LineBuffer::default();
        let unread = self.worker.unread_commands();
        // A cell that the worker had not begun is run by the snapshot, and evcxr need not know.
        let cell = self.cell.take_if(|cell| cell.has_begun(&unread));
        // The dead worker's children are now children of this process; a process that is not one counts as ended.
        let is_alive = |pid: &Pid| matches!(waitpid(*pid, Some(WaitPidFlag::WNOHANG)), Ok(WaitStatus::StillAlive));
        self.worker.previous_copy.take().filter(is_alive).into_iter().for_each(end);
        self.worker.copy = self.worker.copy.take().filter(is_alive);
        if let Some(cell) = &cell {
            self.end_what_it_started(cell);
        }
        let copy = self.worker.copy.take();
        let threads = std::mem::take(&mut self.worker.threads_before_copy);
        self.worker.lost_threads += threads;
        if let Some(cell) = &cell {
            let report = Report::Ended {
                was_interrupted: cell.is_interrupted(),
                is_restored: copy.is_some(),
                threads,
                how: if cell.is_deadlocked() { Ending::Deadlocked } else { how },
            };
            Frame::Report(report).encode(&mut self.outgoing);
        }
        match copy {
            Some(copy) => {
                self.worker.pid = copy;
                self.worker.stdin.clear();
                let settings = unread.split_inclusive('\n').filter(|line| line.starts_with(':')).collect::<String>();
                write_all(&self.worker.commands, settings.as_bytes());
                if let Some(cell) = &self.cell {
                    write_all(&self.worker.commands, cell.command().as_bytes());
                }
                write_all(&self.worker.wake, b"!");
                // A signal may have stopped it.
                let _ = kill(copy, Signal::SIGCONT);
            }
            None => {
                // evcxr notices the end of this process, forgets the variables and starts another.
                self.send();
                bail!("the process that runs cells ended, and there was no snapshot");
            }
        }
        if cell.is_some() {
            tell_evcxr(Notice::Undone);
        }
        Ok(())
    }

    /// Sends the kernel as much as it accepts.
    fn send(&mut self) {
        while !self.outgoing.is_empty() {
            match self.kernel.write(&self.outgoing) {
                Ok(count) if count > 0 => drop(self.outgoing.drain(..count)),
                // `read_kernel` notices that the kernel has ended.
                _ => break,
            }
        }
    }

    /// Ends all processes: the worker, its snapshot, and those that the user's cells started.
    fn end_everything(&mut self) {
        end(self.worker.pid);
        self.worker.copy.take().into_iter().for_each(end);
        family::end_children(AT_THE_END, |_| true);
    }
}

fn tell_evcxr(notice: Notice) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(&notice.line()).and_then(|()| out.flush());
}

/// Writes to a pipe; other code notices a reader that has ended.
fn write_all(descriptor: &OwnedFd, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match write(descriptor, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::EINTR) => {}
            Err(_) => return,
        }
    }
}

/// Joins pieces into whole lines.
#[derive(Default)]
struct LineBuffer(Vec<u8>);

impl LineBuffer {
    fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        self.0.extend_from_slice(bytes);
        let Some(end) = self.0.iter().rposition(|byte| *byte == b'\n') else { return Vec::new() };
        let rest = self.0.split_off(end + 1);
        let whole = std::mem::replace(&mut self.0, rest);
        String::from_utf8_lossy(&whole).lines().map(str::to_owned).collect()
    }
}

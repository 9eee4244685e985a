//! The worker and its copy, as the supervisor holds them.

use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::Result;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::SigSet;
use nix::unistd::{ForkResult, Pid, dup2_stderr, dup2_stdin, dup2_stdout, fork, pipe2, read};

use super::stdin::Stdin;
use super::worker;
use crate::process::{die_with_parent, step_back};

/// The supervisor's ends of the worker's pipes.
pub struct Worker {
    /// The process that runs cells.
    pub pid: Pid,
    /// The sleeping copy.
    pub copy: Option<Pid>,
    /// How many threads of cells ran when it was made; it has none.
    pub threads_before_copy: usize,
    /// How many threads of cells have ended with processes before this one. What cells keep may still wait for them.
    pub lost_threads: usize,
    /// The copy before that one, which the worker was about to end.
    pub previous_copy: Option<Pid>,
    /// Takes the path of a cell's library, a line each.
    pub commands: OwnedFd,
    /// The other end of that.
    commands_in: OwnedFd,
    /// A byte here wakes the copy.
    pub wake: OwnedFd,
    /// Gives reports, a line each.
    pub reports: OwnedFd,
    /// What cells print.
    pub stdout: OwnedFd,
    /// What they print as errors.
    pub stderr: OwnedFd,
    /// What they read.
    pub stdin: Stdin,
}

impl Worker {
    /// Starts one, with the cells' library.
    ///
    /// # Errors
    /// When the system has no process or pipe to give.
    pub fn start(dylib: &Path, kernel: &UnixStream) -> Result<Worker> {
        let (commands_in, commands) = pipe2(OFlag::O_CLOEXEC)?;
        let (wake_in, wake) = pipe2(OFlag::O_CLOEXEC)?;
        let stdin = Stdin::new()?;
        let (reports, reports_out) = pipe2(OFlag::O_CLOEXEC)?;
        let (stdout, stdout_out) = pipe2(OFlag::O_CLOEXEC)?;
        let (stderr, stderr_out) = pipe2(OFlag::O_CLOEXEC)?;
        // SAFETY: this process has one thread, so the child may do anything.
        match unsafe { fork() }? {
            ForkResult::Parent { child } => {
                for descriptor in [&reports, &stdout, &stderr] {
                    fcntl(descriptor, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
                }
                Ok(Worker {
                    pid: child,
                    copy: None,
                    threads_before_copy: 0,
                    lost_threads: 0,
                    previous_copy: None,
                    commands,
                    commands_in,
                    wake,
                    reports,
                    stdout,
                    stderr,
                    stdin,
                })
            }
            ForkResult::Child => {
                die_with_parent();
                // What a cell computes is long; what a user asks meanwhile is short, and waited for.
                step_back();
                let _ = SigSet::all().thread_unblock();
                let _ = (dup2_stdin(stdin.workers_end()), dup2_stdout(&stdout_out), dup2_stderr(&stderr_out));
                drop((commands, wake, stdin, reports, stdout, stderr));
                // SAFETY: the descriptor is the kernel's socket, which is the supervisor's alone.
                unsafe { libc::close(kernel.as_raw_fd()) };
                worker::run(worker::Pipes { commands: commands_in, reports: reports_out, wake: wake_in }, dylib)
            }
        }
    }

    /// Takes back the commands that a worker which has ended did not read.
    pub fn unread_commands(&self) -> String {
        let mut count: libc::c_int = 0;
        // SAFETY: the request writes one `int`.
        let asked = unsafe { libc::ioctl(self.commands_in.as_raw_fd(), libc::FIONREAD, &mut count) };
        let mut bytes = vec![0; if asked == 0 { usize::try_from(count).unwrap_or(0) } else { 0 }];
        if bytes.is_empty() {
            return String::new();
        }
        // There is so much, and nobody else reads: the copy sleeps.
        let count = read(&self.commands_in, &mut bytes).unwrap_or(0);
        String::from_utf8_lossy(&bytes[..count]).into_owned()
    }
}

//! The worker and its snapshot, as the supervisor holds them.

use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::Result;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::SigSet;
use nix::unistd::{ForkResult, Pid, dup2_stderr, dup2_stdin, dup2_stdout, fork, pipe2, read};
use soma_driver::process::{die_with_parent, step_back};

use super::stdin::Stdin;
use super::worker;

/// The supervisor's ends of the worker's pipes.
pub struct Worker {
    /// The process that runs cells.
    pub pid: Pid,
    /// The snapshot.
    pub copy: Option<Pid>,
    /// How many threads of cells ran when the snapshot was taken; it has none of them.
    pub threads_before_copy: usize,
    /// How many threads of cells have ended with earlier worker processes. Values of cells may still wait for them.
    pub lost_threads: usize,
    /// The previous snapshot, which the worker was about to end.
    pub previous_copy: Option<Pid>,
    /// The write end for commands: paths of cells' libraries, a line each.
    pub commands: OwnedFd,
    /// The read end for commands.
    commands_in: OwnedFd,
    /// A byte here wakes the snapshot.
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
    /// Starts a worker, with the cells' library.
    ///
    /// # Errors
    /// When the system has no process or pipe to give.
    pub fn start(dylib: &Path, standard: Option<&Path>, kernel: &UnixStream) -> Result<Worker> {
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
                // A cell's computation is long; what a user asks meanwhile is short, and the user waits for it.
                step_back();
                let _ = SigSet::all().thread_unblock();
                let _ = (dup2_stdin(stdin.workers_end()), dup2_stdout(&stdout_out), dup2_stderr(&stderr_out));
                drop((commands, wake, stdin, reports, stdout, stderr));
                // SAFETY: the descriptor is the kernel's socket, which only the supervisor uses.
                unsafe { libc::close(kernel.as_raw_fd()) };
                let pipes = worker::Pipes { commands: commands_in, reports: reports_out, wake: wake_in };
                worker::run(pipes, dylib, standard)
            }
        }
    }

    /// Takes back the commands that a worker did not read before it ended.
    pub fn unread_commands(&self) -> String {
        let mut count: libc::c_int = 0;
        // SAFETY: the request writes one `int`.
        let asked = unsafe { libc::ioctl(self.commands_in.as_raw_fd(), libc::FIONREAD, &mut count) };
        let mut bytes = vec![0; if asked == 0 { usize::try_from(count).unwrap_or(0) } else { 0 }];
        if bytes.is_empty() {
            return String::new();
        }
        // That many bytes are there, and no other process reads: the snapshot sleeps.
        let count = read(&self.commands_in, &mut bytes).unwrap_or(0);
        String::from_utf8_lossy(&bytes[..count]).into_owned()
    }
}

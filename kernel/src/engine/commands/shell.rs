//! Lines that begin with `!`: runs shell commands, shows their output as it comes, and ends them at an interrupt.
//!
//! A command runs in the environment and folder in which the kernel was started. It runs in a separate process group,
//! whose number is kept in the session's folder while it runs, so that the group can be ended with the session.

use crate::engine::sentence::sentence;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use soma_driver::evcxr::environment::TMPDIR;
use soma_driver::process;
use soma_driver::session_dir::{SESSION_DIR, SHELL_PID};
use soma_driver::toolchain::original::Original;

use crate::engine::output::TextStream;
use soma_jupyter::api::{Failure, Frontend, Output, Stream};

/// How often to check for an interrupt.
const GLANCE: Duration = Duration::from_millis(50);
/// How long a command may take to end after it was interrupted.
const PATIENCE: Duration = Duration::from_millis(500);
/// How many pieces of output may wait to be shown; beyond that the command has to wait.
const WAITING: usize = 16;

/// The surroundings of a shell command.
pub struct Shell<'a> {
    /// The session's folder.
    pub session: &'a Path,
    /// The environment in which it runs.
    pub original: &'a Original,
    /// Whether it is to stop.
    pub interrupted: &'a AtomicBool,
    /// The front end that shows its output.
    pub frontend: &'a dyn Frontend,
}

impl Shell<'_> {
    /// Runs a command to its end.
    ///
    /// # Errors
    /// When it cannot be started, fails, or was interrupted.
    pub fn run(&self, command: &str) -> Result<(), Failure> {
        let failed = |what: String| sentence("ShellError", &what);
        let mut child = self.start(command).map_err(|error| failed(format!("the shell cannot be started: {error}")))?;
        let group = Pid::from_raw(child.id() as i32);
        let pid_file = self.session.join(SHELL_PID);
        // If this fails, the command outlives a kernel that is killed, as it would without Soma.
        let _ = std::fs::write(&pid_file, group.to_string());
        self.show(output_of(&mut child), group);
        let status = child.wait();
        let _ = std::fs::remove_file(pid_file);
        if self.interrupted.load(Ordering::SeqCst) {
            return Err(sentence("Interrupted", "interrupted: the shell's command was ended"));
        }
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(failed(format!("`{command}` {}", ended(status)))),
            Err(error) => Err(failed(format!("`{command}` cannot be waited for: {error}"))),
        }
    }

    fn start(&self, command: &str) -> std::io::Result<Child> {
        let mut shell = Command::new("sh");
        self.original.restore(&mut shell);
        shell.env_remove(SESSION_DIR).env_remove(TMPDIR);
        shell.arg("-c").arg(command).process_group(0);
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        process::end_with_parent(&mut shell);
        shell.spawn()
    }

    /// Shows the command's output until no process can write any more, including one that the command has left behind.
    fn show(&self, output: Receiver<(Stream, Vec<u8>)>, group: Pid) {
        let mut texts = [(Stream::Stdout, TextStream::default()), (Stream::Stderr, TextStream::default())];
        let mut asked: Option<Instant> = None;
        loop {
            match output.recv_timeout(GLANCE) {
                Ok((stream, bytes)) => {
                    let text = texts.iter_mut().find(|(of, _)| *of == stream).map(|(_, text)| text.push(&bytes));
                    let text = text.unwrap_or_default();
                    if !text.is_empty() {
                        self.frontend.output(Output::Text { stream, text });
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.interrupted.load(Ordering::SeqCst) {
                match asked {
                    None => {
                        asked = Some(Instant::now());
                        let _ = killpg(group, Signal::SIGINT);
                    }
                    Some(since) if since.elapsed() > PATIENCE => {
                        let _ = killpg(group, Signal::SIGKILL);
                        return;
                    }
                    Some(_) => {}
                }
            }
        }
    }
}

/// The output of a process, piece by piece.
fn output_of(child: &mut Child) -> Receiver<(Stream, Vec<u8>)> {
    let (sender, receiver) = mpsc::sync_channel(WAITING);
    if let Some(stdout) = child.stdout.take() {
        read(stdout, Stream::Stdout, sender.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        read(stderr, Stream::Stderr, sender);
    }
    receiver
}

/// Reads on a separate thread, until the end of the output or until the receiver is dropped.
fn read(mut from: impl Read + Send + 'static, stream: Stream, to: SyncSender<(Stream, Vec<u8>)>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            if to.send((stream, buffer[..count].to_vec())).is_err() {
                return;
            }
        }
    });
}

/// How a failed command ended.
fn ended(status: ExitStatus) -> String {
    match (status.code(), status.signal().and_then(|signal| Signal::try_from(signal).ok())) {
        (Some(127), _) => "ended with code 127: the shell knows no such command".to_owned(),
        (Some(code), _) => format!("ended with code {code}"),
        (None, Some(signal)) => format!("was ended by {signal}"),
        (None, None) => "was ended by a signal".to_owned(),
    }
}

//! Programs that end when they should, together with all processes that they started.
//!
//! Jupyter starts each kernel in a new session, so neither a process group nor the parent's id shows which processes
//! belong to a program. Instead, each program gets a mark in its environment, which all processes that it starts
//! inherit: on Linux, the processes with the mark are found under `/proc`, wherever they have been moved to. Elsewhere
//! the process group must do.

use std::fs;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

const MARK: &str = "SOMA_LAB_MARK";
/// How often a process is asked whether it has ended.
const TICK: Duration = Duration::from_millis(20);
/// How long a program may take to end by itself when it is asked to, and after it the processes that it started.
const PATIENCE: Duration = Duration::from_secs(10);

/// A process, as a process list shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    /// Its id.
    pub pid: i32,
    /// Its command line.
    pub command: String,
}

/// A running program. It and all that it started are killed when this is dropped, and when this process dies.
#[derive(Debug)]
pub struct Supervised {
    child: Child,
    mark: String,
}

impl Supervised {
    /// Starts a program in a new process group: a Ctrl-C in the terminal reaches only its caller, which decides.
    ///
    /// # Errors
    /// The system's error.
    pub fn spawn(command: &mut Command) -> io::Result<Supervised> {
        let mark = new_mark();
        command.env(MARK, &mark).process_group(0);
        end_with_parent(command);
        Ok(Supervised { child: command.spawn()?, mark })
    }

    /// The program itself, for its streams.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Waits for the program to end by itself; `None` when it does not end in this time.
    ///
    /// # Errors
    /// The system's error.
    pub fn wait(&mut self, time: Duration) -> io::Result<Option<ExitStatus>> {
        let deadline = Instant::now() + time;
        loop {
            let status = self.child.try_wait()?;
            if status.is_some() || Instant::now() >= deadline {
                return Ok(status);
            }
            thread::sleep(TICK);
        }
    }

    /// All running processes that the program started, and the program itself.
    pub fn processes(&self) -> Vec<Process> {
        marked(&self.mark)
    }

    /// Waits a while for the processes that the program left behind; returns those that have not ended.
    pub fn left_behind(&self) -> Vec<Process> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = self.processes();
            if left.is_empty() || Instant::now() >= deadline {
                return left;
            }
            thread::sleep(TICK);
        }
    }

    /// Asks the program to end, as `kill` does, and waits; kills the processes that it left behind, and returns them.
    pub fn end(&mut self) -> Vec<Process> {
        if matches!(self.child.try_wait(), Ok(None)) {
            // The program was not waited for yet: its id cannot have gone to another process.
            let _ = kill(self.pid(), Signal::SIGTERM);
            let _ = self.wait(PATIENCE);
        }
        let left = if matches!(self.child.try_wait(), Ok(None)) { self.processes() } else { self.left_behind() };
        self.kill();
        left
    }

    /// Kills the program and all that it started at once.
    pub fn kill(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = killpg(self.pid(), Signal::SIGKILL);
            let _ = self.child.wait();
        }
        kill_until_none(&self.mark);
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Kills all running processes that this process has started with [`Supervised`].
pub fn kill_all() {
    kill_until_none(&mark_of_this_process());
}

fn kill_until_none(mark: &str) {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let left = marked(mark);
        if left.is_empty() {
            return;
        }
        for process in left {
            let _ = kill(Pid::from_raw(process.pid), Signal::SIGKILL);
        }
        thread::sleep(TICK);
    }
}

/// The outcome of a program that was run to its end.
#[derive(Debug)]
pub struct Finished {
    /// How it ended; `None` when its time ran out and it was killed.
    pub status: Option<ExitStatus>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
    /// The processes that it had started and left running (killed by now).
    pub left_behind: Vec<Process>,
}

impl Finished {
    /// Whether it ended by itself, with success.
    pub fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }
}

/// Runs a program without standard input to its end, or kills it when its time runs out.
///
/// # Errors
/// The system's error, when it cannot be started.
pub fn run(command: &mut Command, time: Duration) -> io::Result<Finished> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = Supervised::spawn(command)?;
    let stdout = Capture::start(program.child.stdout.take().expect("standard output is piped"));
    let stderr = Capture::start(program.child.stderr.take().expect("standard error is piped"));
    let status = program.wait(time)?;
    let left_behind = if status.is_some() { program.left_behind() } else { Vec::new() };
    program.kill();
    Ok(Finished { status, stdout: stdout.text(), stderr: stderr.text(), left_behind })
}

/// Collects a stream while its program runs.
struct Capture {
    bytes: Arc<Mutex<Vec<u8>>>,
    end: Receiver<()>,
}

impl Capture {
    fn start(mut stream: impl Read + Send + 'static) -> Capture {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (ended, end) = channel();
        let collected = Arc::clone(&bytes);
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                collected.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..count]);
            }
            // The receiver is gone if the caller no longer waits.
            let _ = ended.send(());
        });
        Capture { bytes, end }
    }

    /// The whole output; or the output so far, when a process that shed the mark still holds the stream open.
    fn text(self) -> String {
        let _ = self.end.recv_timeout(PATIENCE);
        String::from_utf8_lossy(&self.bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

/// The prefix of the marks of all programs that this process supervises. Process ids are reused, times are not.
fn mark_of_this_process() -> String {
    static START: OnceLock<u128> = OnceLock::new();
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("{}-{}-", std::process::id(), START.get_or_init(now))
}

fn new_mark() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{}{}.", mark_of_this_process(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Running processes whose mark has this prefix. A process that has ended but was not waited for has no environment.
fn marked(mark: &str) -> Vec<Process> {
    let entry = format!("{MARK}={mark}");
    let mut found = Vec::new();
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let environment = fs::read(process.path().join("environ")).unwrap_or_default();
        if environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(entry.as_bytes())) {
            let command = fs::read(process.path().join("cmdline")).unwrap_or_default();
            let command = String::from_utf8_lossy(&command).replace('\0', " ").trim().to_owned();
            found.push(Process { pid, command });
        }
    }
    found
}

/// Makes the system ask the program to end when the thread that started it ends, even by `kill -9`.
#[cfg(target_os = "linux")]
fn end_with_parent(command: &mut Command) {
    let ask = || nix::sys::prctl::set_pdeathsig(Signal::SIGTERM).map_err(io::Error::from);
    // SAFETY: between fork and exec only async-signal-safe calls are allowed; this makes a single system call and
    // allocates nothing.
    unsafe { command.pre_exec(ask) };
}

#[cfg(not(target_os = "linux"))]
fn end_with_parent(_: &mut Command) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_program_gives_its_output_and_its_status() {
        let finished = run(&mut shell("echo out; echo err >&2; exit 3"), Duration::from_secs(20)).unwrap();
        assert_eq!(finished.status.unwrap().code(), Some(3));
        assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("out\n", "err\n"));
        assert_eq!(finished.left_behind, []);
    }

    #[test]
    fn a_program_that_takes_too_long_is_killed_and_its_output_kept() {
        let start = Instant::now();
        let finished = run(&mut shell("echo begun; sleep 60"), Duration::from_millis(300)).unwrap();
        assert!(finished.status.is_none());
        assert_eq!(finished.stdout, "begun\n");
        assert!(start.elapsed() < Duration::from_secs(20));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_in_a_session_of_its_own_is_found_and_ended() {
        let mut program = Supervised::spawn(&mut shell("setsid sleep 61 & sleep 62")).unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        let sleeps = |program: &Supervised| {
            program.processes().iter().filter(|process| process.command.starts_with("sleep 6")).count()
        };
        while sleeps(&program) < 2 {
            assert!(Instant::now() < deadline, "{:?}", program.processes());
            thread::sleep(TICK);
        }
        program.kill();
        assert_eq!(program.processes(), []);
    }
}

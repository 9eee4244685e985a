//! Processes that end with their parent, and the state in which they start.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::sys::signal::{SigSet, Signal};
use nix::unistd::Pid;

/// Asks the system to end this process with its parent.
pub fn die_with_parent() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
}

/// Resets ignored and blocked signals to their defaults, for this process and all that it starts. `nohup`, a script's
/// `&` and some services start other programs with signals ignored or blocked; a compiler that does not end, or a cell
/// that cannot be stopped, would be the consequence. An ignored hangup is deliberate, and stays ignored unless
/// `even_hangups`.
pub fn reset_signals(even_hangups: bool) {
    for signal in Signal::iterator() {
        let is_kept = match signal {
            // Rust ignores it in its own process, so that writing to a closed pipe is an error.
            Signal::SIGPIPE => true,
            Signal::SIGHUP => !even_hangups,
            // When it is ignored, a write beyond the limit is an error that is reported; otherwise it would end this
            // process.
            Signal::SIGXFSZ => true,
            _ => false,
        };
        // SAFETY: this installs no handler, and replaces none (such as Rust's for a stack overflow).
        unsafe {
            let mut present = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
            let is_known = libc::sigaction(signal as libc::c_int, std::ptr::null(), present.as_mut_ptr()) == 0;
            if !is_kept && is_known && present.assume_init().sa_sigaction == libc::SIG_IGN {
                libc::signal(signal as libc::c_int, libc::SIG_DFL);
            }
        }
    }
    let _ = SigSet::empty().thread_set_mask();
}

/// The stack size of a thread that is started without one.
const STACK: usize = 16 << 20;

/// Gives the threads of this process larger stacks, including those that libraries start: rust-analyzer drops syntax
/// trees, which are as deep as the code was, on another thread. (Only the used part of a stack takes memory.) Call it
/// before any thread is started: it sets an environment variable for a moment.
pub fn enlarge_stacks() {
    const NAME: &str = "RUST_MIN_STACK";
    if std::env::var_os(NAME).is_some() {
        return;
    }
    // SAFETY: no other thread has been started.
    unsafe { std::env::set_var(NAME, STACK.to_string()) };
    // The standard library reads the variable once, for the first thread; processes that this one starts must not see
    // it.
    let _ = std::thread::spawn(|| {}).join();
    // SAFETY: that thread has ended.
    unsafe { std::env::remove_var(NAME) };
}

/// Makes a command's process end with the thread that starts it.
pub fn end_with_parent(command: &mut Command) {
    // SAFETY: between fork and exec the child makes one system call.
    unsafe {
        command.pre_exec(|| {
            die_with_parent();
            Ok(())
        });
    }
}

/// The niceness of computations.
const STEP_BACK: libc::c_int = 5;

/// Lowers the priority of this process and of those that it starts, so that others go first when processors are short.
pub fn step_back() {
    // SAFETY: no preconditions; on Linux it changes the calling thread, and threads that this one starts inherit the
    // value.
    unsafe { libc::nice(STEP_BACK) };
}

/// Kills the process group whose number is in a file, if there is one.
pub fn kill_group(file: &std::path::Path) {
    let group = std::fs::read_to_string(file).ok().and_then(|pid| pid.trim().parse().ok());
    if let Some(group) = group {
        let _ = nix::sys::signal::killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
}

/// The children of a process, of all its threads. Without `/proc` (on systems other than Linux), none.
pub fn children(process: Pid) -> Vec<Pid> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let lists = threads.map(|thread| std::fs::read_to_string(thread.path().join("children")).unwrap_or_default());
    let pids = lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<i32>>());
    pids.map(Pid::from_raw).collect()
}

/// Whether the front end that started this kernel is `jupyter console`. It does not replace displays, so a progress bar
/// has to be a line that is overwritten. The protocol does not name the front end; the parent's command line does.
pub fn serves_a_terminal() -> bool {
    let parent = std::fs::read(format!("/proc/{}/cmdline", std::os::unix::process::parent_id())).unwrap_or_default();
    // `python …/jupyter-console`, `python …/jupyter console` (which runs the first), `python -m jupyter_console`.
    parent.split(|byte| *byte == 0).take(3).any(|word| {
        let name = word.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        name == b"jupyter-console" || name == b"jupyter_console"
    })
}

/// Locks a mutex, even if a thread that held it has panicked.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

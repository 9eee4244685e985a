//! Processes that end with the one that started them, and what they are like at their start.

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

/// Makes signals do what they do by default, for this process and for all that it starts. `nohup`, a script's `&` and
/// some services start others with signals that are ignored or held back; a compiler that does not end, or a cell that
/// cannot be stopped, would be the consequence. Whether a hangup is ignored is the wish of who did so, and kept, unless
/// `even_hangups`.
pub fn reset_signals(even_hangups: bool) {
    for signal in Signal::iterator() {
        let is_kept = match signal {
            // Rust's own choice, for itself alone: it makes an error of writing to nobody.
            Signal::SIGPIPE => true,
            Signal::SIGHUP => !even_hangups,
            // Ignored, it makes an error of writing too much, which is told; otherwise it would end this process.
            Signal::SIGXFSZ => true,
            _ => false,
        };
        // SAFETY: no handler is installed, and none that there may be (Rust's, for a stack that overflows) is replaced.
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

/// How much stack a thread has whose maker says nothing of it.
const STACK: usize = 16 << 20;

/// Gives the threads of this process larger stacks, those too that libraries start: rust-analyzer drops syntax trees,
/// as deep as the code was, on a thread of its own. (A stack takes no more memory than is used of it.) Call it before any
/// thread is started: it sets an environment variable for a moment.
pub fn enlarge_stacks() {
    const NAME: &str = "RUST_MIN_STACK";
    if std::env::var_os(NAME).is_some() {
        return;
    }
    // SAFETY: no other thread has been started.
    unsafe { std::env::set_var(NAME, STACK.to_string()) };
    // The standard library reads it once, for the first thread; what this process starts is not to see it.
    let _ = std::thread::spawn(|| {}).join();
    // SAFETY: that thread has ended.
    unsafe { std::env::remove_var(NAME) };
}

/// Lets a command's process end with the thread that starts it.
pub fn end_with_parent(command: &mut Command) {
    // SAFETY: between fork and exec the child makes one system call.
    unsafe {
        command.pre_exec(|| {
            die_with_parent();
            Ok(())
        });
    }
}

/// By how much computations stand back.
const STEP_BACK: libc::c_int = 5;

/// Lets other processes go before this one and those that it starts, when there are not processors enough for all.
pub fn step_back() {
    // SAFETY: has no preconditions; on Linux it changes the calling thread, which the threads that it starts take after.
    unsafe { libc::nice(STEP_BACK) };
}

/// Kills the process group whose number stands in a file, if there is one.
pub fn kill_group(file: &std::path::Path) {
    let group = std::fs::read_to_string(file).ok().and_then(|pid| pid.trim().parse().ok());
    if let Some(group) = group {
        let _ = nix::sys::signal::killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
}

/// The children of a process: those of each of its threads. Where `/proc` does not tell (other systems than Linux), none.
pub fn children(process: Pid) -> Vec<Pid> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let lists = threads.map(|thread| std::fs::read_to_string(thread.path().join("children")).unwrap_or_default());
    let pids = lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<i32>>());
    pids.map(Pid::from_raw).collect()
}

/// Whether the front end that started this kernel is `jupyter console`. It replaces no displays, so a progress bar has
/// to be a line that is written over. The protocol does not tell; the parent's command line does.
pub fn serves_a_terminal() -> bool {
    let parent = std::fs::read(format!("/proc/{}/cmdline", std::os::unix::process::parent_id())).unwrap_or_default();
    // `python …/jupyter-console`, `python …/jupyter console` (which runs the first), `python -m jupyter_console`.
    parent.split(|byte| *byte == 0).take(3).any(|word| {
        let name = word.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        name == b"jupyter-console" || name == b"jupyter_console"
    })
}

/// What a mutex guards, also after a thread that held it has panicked.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

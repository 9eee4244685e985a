//! Processes that end with the one that started them.

use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::signal::Signal;
use nix::unistd::Pid;

/// Asks the system to end this process with its parent.
pub fn die_with_parent() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
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

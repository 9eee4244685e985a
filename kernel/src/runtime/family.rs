//! The descendants of the supervisor: processes that cells have started, and those that these have started.
//!
//! The supervisor is their subreaper: when one of them ends, its children become children of the supervisor.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use soma_driver::process::children;

/// All descendants of this process. Without `/proc` (on systems other than Linux), none.
pub fn descendants() -> HashSet<Pid> {
    let mut found = HashSet::new();
    let mut open = children(Pid::this());
    while let Some(process) = open.pop() {
        if found.insert(process) {
            open.extend(children(process));
        }
    }
    found
}

/// Ends the children that `is_meant` selects, and the processes that become children thereby, within `patience`. A
/// process that cannot be ended (another user's, or one that waits for a disk) is left; when it ends later, the code
/// that waits for any child notices.
pub fn end_children(patience: Duration, is_meant: impl Fn(Pid) -> bool) {
    let deadline = Instant::now() + patience;
    let mut refused: HashSet<Pid> = HashSet::new();
    while Instant::now() < deadline {
        let all = children(Pid::this()).into_iter();
        let meant: Vec<Pid> = all.filter(|child| is_meant(*child) && !refused.contains(child)).collect();
        if meant.is_empty() {
            return;
        }
        // Kill all of them first: none may start another while one is waited for.
        refused.extend(meant.iter().filter(|child| kill(**child, Signal::SIGKILL).is_err()));
        for child in meant.into_iter().filter(|child| !refused.contains(child)) {
            while matches!(waitpid(child, Some(WaitPidFlag::WNOHANG)), Ok(WaitStatus::StillAlive)) {
                if Instant::now() > deadline {
                    return;
                }
                std::thread::sleep(Duration::from_micros(200));
            }
        }
    }
}

/// Kills a child process and reaps it.
pub fn end(process: Pid) {
    let _ = kill(process, Signal::SIGKILL);
    let _ = waitpid(process, None);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn descendants_are_found_at_any_depth() {
        let mut shell = Command::new("sh").args(["-c", "sleep 60 & wait"]).spawn().unwrap();
        let shell_pid = Pid::from_raw(shell.id() as i32);
        let mut sleep = None;
        for _ in 0..500 {
            sleep = children(shell_pid).first().copied();
            if sleep.is_some() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let found = descendants();
        let sleep = sleep.expect("the shell has a child");
        assert!(found.contains(&shell_pid) && found.contains(&sleep), "{found:?}");
        kill(sleep, Signal::SIGKILL).unwrap();
        shell.wait().unwrap();
    }
}

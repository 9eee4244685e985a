//! What the system shows of another process's threads. Without `/proc` (on systems other than Linux), nothing.

use std::fs;
use std::path::Path;
use std::time::Duration;

use nix::unistd::Pid;

/// The thread that forwards partial lines (`soma_cell::host`): it wakes no other thread.
pub const FLUSHER: &str = "soma-flush";

/// How long a process's first thread has been ready to run without getting a processor.
pub fn starved(process: Pid) -> Duration {
    let text = fs::read_to_string(format!("/proc/{process}/schedstat")).unwrap_or_default();
    let nanoseconds = text.split_whitespace().nth(1).and_then(|delay| delay.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// If all threads of a process wait for one another without a time limit: the threads, and how often each has waited
/// before. If that is the same at two moments, nothing has run in between, and nothing ever will.
pub fn all_wait_for_each_other(process: Pid) -> Option<Vec<(String, u64)>> {
    let mut waits = Vec::new();
    for thread in fs::read_dir(format!("/proc/{process}/task")).ok()? {
        let thread = thread.ok()?.path();
        let call = fs::read_to_string(thread.join("syscall")).ok()?;
        if !is_wait_for_a_thread(&call) {
            if is_flusher(&thread) && is_futex(&call) {
                continue;
            }
            return None;
        }
        waits.push((thread.file_name()?.to_str()?.to_owned(), switches(&thread)?));
    }
    waits.sort();
    (!waits.is_empty()).then_some(waits)
}

fn is_flusher(thread: &Path) -> bool {
    fs::read_to_string(thread.join("comm")).is_ok_and(|name| name.trim_end() == FLUSHER)
}

/// How often a thread has given up its processor, to wait or because it was preempted.
fn switches(thread: &Path) -> Option<u64> {
    let status = fs::read_to_string(thread.join("status")).ok()?;
    let counts = status.lines().filter(|line| line.contains("ctxt_switches:"));
    Some(counts.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum())
}

/// A line of `/proc/[pid]/task/[tid]/syscall`: the call's number, then its arguments, all but the first in hexadecimal.
fn words(call: &str) -> Option<(libc::c_long, Vec<u64>)> {
    let mut words = call.split_whitespace();
    let number = words.next()?.parse().ok()?;
    let arguments = words.map(|word| u64::from_str_radix(word.trim_start_matches("0x"), 16).unwrap_or(0)).collect();
    Some((number, arguments))
}

#[cfg(target_os = "linux")]
fn is_futex(call: &str) -> bool {
    words(call).is_some_and(|(number, _)| number == libc::SYS_futex)
}

/// Whether the thread waits until another thread of its process wakes it or ends: on a futex that is private to the
/// process, or on the one by which glibc waits for a thread's end, without a time limit.
#[cfg(target_os = "linux")]
fn is_wait_for_a_thread(call: &str) -> bool {
    let Some((number, arguments)) = words(call) else { return false };
    let [_, operation, _, limit, ..] = arguments[..] else { return false };
    let operation = operation as libc::c_int;
    let waits = matches!(operation & libc::FUTEX_CMD_MASK, libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET);
    let is_own =
        operation & libc::FUTEX_PRIVATE_FLAG != 0 || operation == libc::FUTEX_WAIT_BITSET | libc::FUTEX_CLOCK_REALTIME;
    number == libc::SYS_futex && waits && is_own && limit == 0
}

#[cfg(not(target_os = "linux"))]
fn is_futex(_: &str) -> bool {
    false
}

#[cfg(not(target_os = "linux"))]
fn is_wait_for_a_thread(_: &str) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn waits_that_only_another_thread_can_end_are_told_from_others() {
        let call =
            |number: libc::c_long, rest: &str| is_wait_for_a_thread(&format!("{number} 0x7f01 {rest} 0x0 0x0\n"));
        assert!(call(libc::SYS_futex, "0x80 0x2 0x0 0x0"), "a lock");
        assert!(call(libc::SYS_futex, "0x189 0x0 0x0 0x0"), "a condition");
        assert!(call(libc::SYS_futex, "0x109 0x1f 0x0 0x0"), "the end of a thread");
        assert!(!call(libc::SYS_futex, "0x89 0x0 0x7ffc10 0x0"), "with a limit of time");
        assert!(!call(libc::SYS_futex, "0x81 0x1 0x0 0x0"), "waking another");
        assert!(!call(libc::SYS_futex, "0x0 0x1 0x0 0x0"), "shared with another process");
        assert!(!call(libc::SYS_read, "0x80 0x2 0x0 0x0"));
        assert!(!is_wait_for_a_thread("running\n"));
    }

    #[test]
    fn a_process_with_a_thread_that_runs_waits_for_nobody() {
        assert_eq!(all_wait_for_each_other(Pid::this()), None);
    }
}

//! The running cell, as the supervisor sees it. The supervisor asks it to stop, and ends its process when it does not
//! stop in time or waits for threads that no longer exist.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::threads::{all_wait_for_each_other, starved};

/// How long a cell may take to stop by itself before its process is ended: tensor operations check for an interrupt,
/// and system calls that wait are cancelled. Time in which the cell had no processor does not count.
const GRACE: Duration = Duration::from_millis(300);
/// The limit of that time, with the time in which the cell had no processor.
const MOST_GRACE: Duration = Duration::from_secs(5);

/// How often an interrupt is repeated: the cell may have been just before the system call in which it waits.
const ASK_AGAIN: Duration = Duration::from_millis(40);

/// How often to check what a cell waits for.
const LOOK: Duration = Duration::from_millis(100);

/// The cell that is running.
pub struct RunningCell {
    /// What the worker is sent: the path of the cell's library, and a line end.
    command: String,
    /// The descendants that existed before it started.
    before: HashSet<Pid>,
    /// Set when it was asked to stop.
    interrupt: Option<Interrupt>,
    /// When it was last checked.
    looked: Instant,
    /// Its threads, when the last check found that they all wait for each other.
    waits: Option<Vec<(String, u64)>>,
    /// Whether its process was ended because its threads would have waited for ever.
    is_deadlocked: bool,
}

/// A request that a cell stops.
struct Interrupt {
    /// When it came.
    since: Instant,
    /// When the cell was last signalled.
    told: Instant,
    /// How long the cell had wanted a processor without getting one when the request came.
    starved: Duration,
}

impl RunningCell {
    /// A cell that starts now, while these processes exist.
    pub fn start(library: &str, before: HashSet<Pid>) -> RunningCell {
        let command = format!("{library}\n");
        RunningCell { command, before, interrupt: None, looked: Instant::now(), waits: None, is_deadlocked: false }
    }

    /// What the worker is sent.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// Whether a worker that left these commands unread had begun the cell: a worker reads the whole line first. A cell
    /// that is to stop must not begin again, so it counts as begun.
    pub fn has_begun(&self, unread: &str) -> bool {
        let last = unread.split_inclusive('\n').next_back();
        self.is_interrupted() || !last.is_some_and(|last| self.command.ends_with(last))
    }

    /// Whether a process existed when the cell started.
    pub fn was_there_before(&self, process: Pid) -> bool {
        self.before.contains(&process)
    }

    /// Whether it was asked to stop.
    pub fn is_interrupted(&self) -> bool {
        self.interrupt.is_some()
    }

    /// Whether it was ended because it would have waited for ever.
    pub fn is_deadlocked(&self) -> bool {
        self.is_deadlocked
    }

    /// How long the supervisor may wait before it must check the cell again.
    pub fn patience(&self) -> Duration {
        if self.is_interrupted() { ASK_AGAIN } else { LOOK }
    }

    /// Whether it is time to check what the cell waits for; if so, records that the check is made now.
    pub fn is_to_be_looked_at(&mut self) -> bool {
        let is_time = self.looked.elapsed() >= LOOK;
        if is_time {
            self.looked = Instant::now();
        }
        is_time
    }

    /// Ends the process of a cell if its threads waited for each other at the last check and have not run since.
    pub fn end_when_deadlocked(&mut self, process: Pid) {
        let waits = all_wait_for_each_other(process);
        self.is_deadlocked = waits.is_some() && waits == self.waits;
        self.waits = waits;
        if self.is_deadlocked {
            let _ = kill(process, Signal::SIGKILL);
        }
    }

    /// Asks it to stop.
    pub fn interrupt(&mut self, process: Pid) {
        if self.interrupt.is_none() {
            let now = Instant::now();
            self.interrupt = Some(Interrupt { since: now, told: now, starved: starved(process) });
            tell(process);
        }
    }

    /// Repeats the interrupt of a cell that is to stop, and ends its process when its time is over.
    pub fn stop(&mut self, process: Pid) {
        let Some(interrupt) = &mut self.interrupt else { return };
        if interrupt.is_over(process) {
            let _ = kill(process, Signal::SIGKILL);
        } else if interrupt.told.elapsed() >= ASK_AGAIN {
            interrupt.told = Instant::now();
            tell(process);
        }
    }
}

impl Interrupt {
    /// Whether the cell has had its time to stop.
    fn is_over(&self, process: Pid) -> bool {
        let passed = self.since.elapsed();
        let without = starved(process).saturating_sub(self.starved);
        passed >= GRACE && (passed.saturating_sub(without) >= GRACE || passed >= MOST_GRACE)
    }
}

/// Signals the first thread of a process, which runs cells, that the cell is to stop.
fn tell(process: Pid) {
    #[cfg(target_os = "linux")]
    // SAFETY: the call takes numbers.
    unsafe {
        libc::syscall(libc::SYS_tgkill, process.as_raw(), process.as_raw(), libc::SIGUSR1);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = kill(process, Signal::SIGUSR1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_has_begun_when_its_line_was_read_to_the_end() {
        let cell = RunningCell::start("/tmp/session/libcode_7.so", HashSet::new());
        assert!(cell.has_begun(""));
        assert!(cell.has_begun(":copies\n"), "a command that came later");
        assert!(!cell.has_begun("/tmp/session/libcode_7.so\n"));
        assert!(!cell.has_begun(":no copies\n/tmp/session/libcode_7.so\n"));
        assert!(!cell.has_begun("7.so\n"));
        assert!(!cell.has_begun("\n"));
    }
}

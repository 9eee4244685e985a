//! The cell that is running, as the supervisor sees it: asked to stop, ended when it does not, or when it waits for
//! threads that are gone.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::threads::{all_wait_for_each_other, starved};

/// How long a cell may take to stop by itself before its process is ended: tensor operations ask, and what waits is
/// broken off. Time in which it had no processor does not count,
const GRACE: Duration = Duration::from_millis(300);
/// up to this.
const MOST_GRACE: Duration = Duration::from_secs(5);

/// How often it is asked meanwhile: it may just have been before the call in which it waits.
const ASK_AGAIN: Duration = Duration::from_millis(40);

/// How often it is looked what a cell waits for.
const LOOK: Duration = Duration::from_millis(100);

/// The cell that is running.
pub struct RunningCell {
    /// What the worker is told: the path of its library, and the end of a line.
    command: String,
    /// The processes that were below this one before it.
    before: HashSet<Pid>,
    /// That it was asked to stop.
    interrupt: Option<Interrupt>,
    /// When it was last looked at.
    looked: Instant,
    /// Its threads, when they were last found to wait for each other.
    waits: Option<Vec<(String, u64)>>,
    /// It was ended because that would never have changed.
    is_deadlocked: bool,
}

/// A wish that a cell stops.
struct Interrupt {
    /// When it came.
    since: Instant,
    /// When the cell was last told.
    told: Instant,
    /// For how long the cell had wanted a processor and had none.
    starved: Duration,
}

impl RunningCell {
    /// One that starts now, beside these processes.
    pub fn start(library: &str, before: HashSet<Pid>) -> RunningCell {
        let command = format!("{library}\n");
        RunningCell { command, before, interrupt: None, looked: Instant::now(), waits: None, is_deadlocked: false }
    }

    /// What the worker is told.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// Whether a worker had begun it that has left these commands unread: it reads a line to its end first. One that is
    /// to stop does not begin any more.
    pub fn has_begun(&self, unread: &str) -> bool {
        let last = unread.split_inclusive('\n').next_back();
        self.is_interrupted() || !last.is_some_and(|last| self.command.ends_with(last))
    }

    /// Whether a process was there when it started.
    pub fn was_there_before(&self, process: Pid) -> bool {
        self.before.contains(&process)
    }

    /// Whether it was asked to stop.
    pub fn is_interrupted(&self) -> bool {
        self.interrupt.is_some()
    }

    /// Whether it was ended since it would have waited for ever.
    pub fn is_deadlocked(&self) -> bool {
        self.is_deadlocked
    }

    /// How long it may be left alone.
    pub fn patience(&self) -> Duration {
        if self.is_interrupted() { ASK_AGAIN } else { LOOK }
    }

    /// Whether it is time to look what it waits for; then that is done now.
    pub fn is_to_be_looked_at(&mut self) -> bool {
        let is_time = self.looked.elapsed() >= LOOK;
        if is_time {
            self.looked = Instant::now();
        }
        is_time
    }

    /// Ends the process of a cell whose threads were found to wait for each other before, and have not moved since.
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

    /// Asks again one that is to stop, and ends its process when it has not in time.
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

/// Tells the first thread of a process, which runs cells, that the cell is to stop.
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

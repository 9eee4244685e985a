//! The processes of a kernel, seen from outside.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::notebook::Notebook;

/// A process that works in the notebook's folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    pub pid: i32,
    parent: i32,
    command: String,
    /// Where its standard output goes.
    output: PathBuf,
}

impl Process {
    fn read(folder: &Path) -> Option<Process> {
        // One that is ending has none.
        let command = fs::read(folder.join("cmdline")).ok().filter(|command| !command.is_empty())?;
        // After the name, which may have anything in it: the state, then the parent.
        let stat = fs::read_to_string(folder.join("stat")).ok()?;
        let mut words = stat.rsplit_once(')')?.1.split_whitespace();
        if words.next() == Some("Z") {
            return None;
        }
        Some(Process {
            pid: folder.file_name()?.to_str()?.parse().ok()?,
            parent: words.next()?.parse().ok()?,
            command: String::from_utf8_lossy(&command).replace('\0', " "),
            output: fs::read_link(folder.join("fd/1")).unwrap_or_default(),
        })
    }

    /// Sends it a signal; it may have ended already.
    pub fn signal(&self, signal: Signal) {
        let _ = kill(Pid::from_raw(self.pid), signal);
        if matches!(signal, Signal::SIGSEGV | Signal::SIGBUS) {
            // The first makes Rust's handler look for an overflow of the stack; finding none, it steps aside.
            let deadline = Instant::now() + Duration::from_secs(60);
            while self.is_there() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(10));
                let _ = kill(Pid::from_raw(self.pid), signal);
            }
        }
    }

    /// Whether a signal was sent to it that it has not yet received.
    pub fn has_pending(&self, signal: Signal) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let pending = status.lines().find_map(|line| line.strip_prefix("ShdPnd:"));
        let pending = pending.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
        pending & (1 << (signal as i32 - 1)) != 0
    }

    fn is_there(&self) -> bool {
        Process::read(Path::new(&format!("/proc/{}", self.pid))).is_some()
    }
}

/// All processes of a notebook, by what they are.
#[derive(Clone, Debug)]
pub struct Family {
    kernel: i32,
    members: Vec<Process>,
}

impl Family {
    /// As it is now.
    pub fn of(notebook: &Notebook) -> Family {
        let folder = notebook.folder().canonicalize().unwrap();
        let entries = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        let own = entries.filter(|path| fs::read_link(path.join("cwd")).is_ok_and(|cwd| cwd.starts_with(&folder)));
        Family { kernel: notebook.pid() as i32, members: own.filter_map(|path| Process::read(&path)).collect() }
    }

    fn find(&self, is_it: impl Fn(&Process) -> bool) -> Option<&Process> {
        self.members.iter().find(|process| is_it(process))
    }

    /// The kernel itself.
    pub fn kernel(&self) -> Process {
        self.find(|process| process.pid == self.kernel).expect("the kernel runs").clone()
    }

    /// The supervisor.
    pub fn supervisor(&self) -> Process {
        let is_it = |process: &Process| process.parent == self.kernel && process.command.contains(" runtime");
        self.find(is_it).unwrap_or_else(|| panic!("the supervisor runs: {self:?}")).clone()
    }

    /// The process that runs cells, if it is there: the supervisor needs a moment to put the copy in its place.
    pub fn find_worker(&self) -> Option<Process> {
        self.runtime_below(&self.supervisor()).cloned()
    }

    /// The process that runs cells.
    pub fn worker(&self) -> Process {
        self.find_worker().unwrap_or_else(|| panic!("the worker runs: {self:?}"))
    }

    /// Its sleeping copy.
    pub fn copy(&self) -> Option<Process> {
        self.runtime_below(&self.find_worker()?).cloned()
    }

    fn runtime_below(&self, parent: &Process) -> Option<&Process> {
        self.find(|process| process.parent == parent.pid && process.command.contains(" runtime"))
    }

    /// The analyst, if there is one.
    pub fn analyst(&self) -> Option<Process> {
        self.find(|process| process.command.contains(" analyst")).cloned()
    }

    /// The driver that stands in for cargo while a cell is compiled.
    pub fn driver(&self) -> Option<Process> {
        self.find(|process| process.command.contains("/cargo build") || process.command.contains("/cargo check"))
            .cloned()
    }

    /// The rustc that is loaded, and forks for each compile.
    pub fn waiting(&self) -> Option<Process> {
        self.find(|process| process.parent == self.kernel && process.command.contains("/proc/self/fd/")).cloned()
    }

    /// The compiler that the driver has called, or asked for.
    pub fn compiler(&self) -> Option<Process> {
        let (driver, waiting) = (self.driver()?.pid, self.waiting().map(|waiting| waiting.pid));
        let is_asked = |process: &Process| Some(process.parent) == waiting && !self.has_begun_ahead(process);
        self.find(|process| (process.parent == driver || is_asked(process)) && process.command.contains("rustc"))
            .cloned()
    }

    /// Whether a process is a compile that the waiting rustc has begun, and that nobody has asked for yet: a driver keeps
    /// what a compiler says in memory.
    fn has_begun_ahead(&self, process: &Process) -> bool {
        let is_a_compile = self.waiting().is_some_and(|waiting| waiting.pid == process.parent);
        is_a_compile && !process.output.to_string_lossy().contains("memfd")
    }

    /// What is there besides kernel, supervisor, worker, copy, waiting rustc, what that has begun, and analyst, with what
    /// that asks (which may stand still together with it).
    pub fn others(&self) -> Vec<Process> {
        let own = [Some(self.kernel()), Some(self.supervisor()), self.find_worker(), self.copy()];
        let usual = own.into_iter().chain([self.waiting(), self.analyst()]).collect::<Vec<_>>();
        let analyst = self.analyst().map(|analyst| analyst.pid);
        let is_usual = |process: &Process| {
            usual.iter().flatten().any(|one| one.pid == process.pid)
                || Some(process.parent) == analyst
                || self.has_begun_ahead(process)
        };
        self.members.iter().filter(|process| !is_usual(process)).cloned().collect()
    }
}

/// Waits until a notebook's processes have what is looked for.
pub fn wait_for<T>(notebook: &Notebook, what: &str, look: impl Fn(&Family) -> Option<T>) -> T {
    // A last resort: a state is waited for, however long a busy machine takes to it.
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let family = Family::of(notebook);
        if let Some(found) = look(&family) {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: {family:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

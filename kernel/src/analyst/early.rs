//! Starts the analyst before anyone asks, so that the first question about what follows a dot need not wait for all that
//! has to be read: when a front end has opened a notebook, no cell runs, and the machine has processors and memory to
//! spare. Notebooks that are run in one go never come to that; of a class that opens its notebooks at once, one after the
//! other does.

use std::fs;
#[cfg(target_os = "linux")]
use std::os::linux::net::SocketAddrExt;
#[cfg(target_os = "linux")]
use std::os::unix::net::{SocketAddr, UnixListener};
use std::time::Duration;

use soma_driver::fast_paths::FastPath;

use super::client::Analyst;

/// How long the machine and the session must be idle.
const IDLE: Duration = Duration::from_secs(2);

/// How often it looks before it gives up: a machine that is busy for ten minutes has no time to spare.
const LOOKS: usize = 300;

/// How long an analyst reads ahead, at most.
const READING: Duration = Duration::from_secs(5);

/// What must be free: several times what an analyst takes that has read ahead.
const ROOM: u64 = 1 << 30;

/// Waits for that on a thread of its own. `is_idle` tells whether no cell has run since it was asked last; none when the
/// session has ended.
pub fn start_when_idle(analyst: Analyst, is_idle: impl Fn() -> Option<bool> + Send + 'static) {
    if !FastPath::EarlyAnalyst.is_on() {
        return;
    }
    let waiting = move || {
        for _ in 0..LOOKS {
            let before = Processors::now();
            std::thread::sleep(IDLE);
            let Some(is_idle) = is_idle() else { return };
            if analyst.was_started() {
                return;
            }
            let have_time = before.zip(Processors::now()).is_some_and(|(before, now)| now.had_one_free_since(before));
            if !is_idle || !have_time || !memory().is_some_and(Memory::has_room) {
                continue;
            }
            // Whoever else looks now finds processors and memory free that this one is about to take.
            let Some(_turn) = turn() else { continue };
            if analyst.start_early() {
                std::thread::sleep(READING);
                return;
            }
        }
    };
    // Without a thread, the analyst starts with the first question.
    let _ = std::thread::Builder::new().name("early analyst".to_owned()).spawn(waiting);
}

/// The only one on this machine, for as long as it is held: a name that no file has, and that ends with its process.
#[cfg(target_os = "linux")]
fn turn() -> Option<UnixListener> {
    UnixListener::bind_addr(&SocketAddr::from_abstract_name("soma-early-analyst").ok()?).ok()
}

/// Nobody's: where there is no `/proc`, nothing is known of processors and memory either.
#[cfg(not(target_os = "linux"))]
fn turn() -> Option<()> {
    None
}

/// The time of all processors together since the machine was started, in the system's unit.
#[derive(Clone, Copy)]
struct Processors {
    count: u64,
    idle: u64,
    all: u64,
}

impl Processors {
    fn now() -> Option<Processors> {
        Processors::read(&fs::read_to_string("/proc/stat").ok()?)
    }

    /// See proc(5): user, nice, system, idle, iowait, irq, softirq, steal, …
    fn read(stat: &str) -> Option<Processors> {
        let mut lines = stat.lines().take_while(|line| line.starts_with("cpu"));
        let times = lines.next()?.split_whitespace().skip(1).take(8);
        let times: Vec<u64> = times.filter_map(|time| time.parse().ok()).collect();
        let count = lines.count() as u64;
        Some(Processors { count, idle: *times.get(3)?, all: times.iter().sum() })
    }

    /// Whether one of them, or half of a single one, had nothing to do.
    fn had_one_free_since(self, before: Processors) -> bool {
        let (idle, all) = (self.idle.saturating_sub(before.idle), self.all.saturating_sub(before.all));
        all > 0 && idle * self.count.max(2) >= all * 9 / 10
    }
}

/// The memory of the machine, or what this process's group may use of it, in bytes.
#[derive(Clone, Copy)]
struct Memory {
    free: u64,
    all: u64,
}

impl Memory {
    /// Whether a quarter is free, so that many sessions that look do not take all of it together.
    fn has_room(self) -> bool {
        self.free >= ROOM && self.free >= self.all / 4
    }
}

/// The scarcer of the machine's and the group's.
fn memory() -> Option<Memory> {
    let machine = of_machine(&fs::read_to_string("/proc/meminfo").ok()?)?;
    let group = fs::read_to_string("/proc/self/cgroup").ok().and_then(|groups| of_group(&groups, machine));
    Some(group.filter(|group| group.free < machine.free).unwrap_or(machine))
}

fn of_machine(meminfo: &str) -> Option<Memory> {
    let field = |name: &str| -> Option<u64> {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
    };
    Some(Memory { free: field("MemAvailable")?, all: field("MemTotal")? })
}

/// Of the unified hierarchy (cgroups, version 2), the nearest limit above this process.
fn of_group(groups: &str, machine: Memory) -> Option<Memory> {
    let path = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let mut folder = std::path::Path::new("/sys/fs/cgroup").join(path);
    loop {
        let number = |file: &str| fs::read_to_string(folder.join(file)).ok()?.trim().parse::<u64>().ok();
        if let Some(most) = number("memory.max").filter(|most| *most < machine.all) {
            return Some(Memory { free: most.saturating_sub(number("memory.current")?), all: most });
        }
        if !folder.pop() || !folder.starts_with("/sys/fs/cgroup") {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str =
        "cpu  100 0 100 1000 50 0 0 0 0 0\ncpu0 50 0 50 500 25 0 0 0 0 0\ncpu1 50 0 50 500 25 0 0 0 0 0\nintr 1 2\n";

    fn later(busy: u64, idle: u64) -> bool {
        let before = Processors::read(STAT).unwrap();
        let now = format!("cpu {} 0 100 {} 50 0 0 0 0 0\ncpu0 0\ncpu1 0\n", 100 + busy, 1000 + idle);
        Processors::read(&now).unwrap().had_one_free_since(before)
    }

    #[test]
    fn a_machine_is_idle_when_one_of_its_processors_is() {
        assert_eq!(Processors::read(STAT).map(|read| (read.count, read.idle, read.all)), Some((2, 1000, 1250)));
        assert!(later(10, 390));
        assert!(later(190, 210));
        assert!(!later(300, 100));
        assert!(!later(0, 0), "no time has passed");
        assert!(Processors::read("nothing").is_none());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn one_analyst_after_the_other_is_started() {
        // A kernel of this machine may have its turn just now.
        let first = loop {
            if let Some(first) = turn() {
                break first;
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        assert!(turn().is_none());
        drop(first);
    }

    #[test]
    fn memory_is_scarce_when_less_than_a_quarter_is_free_or_less_than_an_analyst_could_need() {
        let read = |text: &str| of_machine(text).unwrap().has_room();
        assert!(read("MemTotal:       16000000 kB\nMemFree:  1 kB\nMemAvailable:    8000000 kB\n"));
        assert!(!read("MemTotal:       16000000 kB\nMemAvailable:    3000000 kB\n"));
        assert!(!read("MemTotal:        2000000 kB\nMemAvailable:    1000000 kB\n"));
        assert!(of_machine("MemTotal: 1 kB\n").is_none());
    }
}

//! Threads that prepare batches ahead of the loop.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::batch::{Ahead, Batch, Fetch, Panic};
use crate::create::OwnGenerator;
use crate::interrupt;

/// Batches that each worker has begun or finished before the loop asks for them.
const AHEAD: usize = 2;
/// How often a loop that waits looks whether it is to stop.
const PATIENCE: Duration = Duration::from_millis(20);

/// A batch, or what its panic left.
type Outcome = Result<Batch, Panic>;

pub(super) struct Workers {
    threads: Vec<JoinHandle<()>>,
    /// Numbers of batches, and the examples of each. Threads end when it is gone.
    jobs: Option<Sender<(usize, Vec<usize>)>>,
    done: Receiver<(usize, Outcome)>,
    /// Batches that came before their turn.
    early: HashMap<usize, Outcome>,
    given_out: usize,
    next: usize,
}

impl Workers {
    pub fn start(count: usize, seed: u64, fetch: &Fetch) -> Workers {
        let (jobs, queue) = channel();
        let (results, done) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let start = |number: usize| {
            let (queue, results, fetch) = (queue.clone(), results.clone(), fetch.clone());
            let thread = std::thread::Builder::new().name(format!("loader-{number}"));
            thread.spawn(move || work(&queue, &results, seed, &fetch)).expect("the system has room for a thread")
        };
        Workers {
            threads: (0..count).map(start).collect(),
            jobs: Some(jobs),
            done,
            early: HashMap::new(),
            given_out: 0,
            next: 0,
        }
    }
}

impl Ahead for Workers {
    fn next(&mut self, batches: &mut dyn Iterator<Item = Vec<usize>>) -> Option<Outcome> {
        while self.given_out < self.next + AHEAD * self.threads.len() {
            let (Some(jobs), Some(indices)) = (&self.jobs, batches.next()) else { break };
            // No thread takes it when all threads have ended, which the loop below finds out.
            let _ = jobs.send((self.given_out, indices));
            self.given_out += 1;
        }
        if self.next == self.given_out {
            return None;
        }
        let outcome = loop {
            if let Some(outcome) = self.early.remove(&self.next) {
                break outcome;
            }
            interrupt::check();
            match self.done.recv_timeout(PATIENCE) {
                Ok((number, outcome)) => drop(self.early.insert(number, outcome)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => panic!("DataLoader: the workers have ended"),
            }
        };
        self.next += 1;
        if outcome.is_err() {
            self.jobs = None;
        }
        Some(outcome)
    }
}

fn work(queue: &Mutex<Receiver<(usize, Vec<usize>)>>, results: &Sender<(usize, Outcome)>, seed: u64, fetch: &Fetch) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, indices)) = next else { return };
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            // By the batch's number, so that it is the same whichever worker makes it.
            let _own = OwnGenerator::new(seed.wrapping_add(number as u64));
            fetch(&indices)
        }));
        if results.send((number, outcome)).is_err() {
            return;
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.jobs = None;
        // Jobs that were given out and not begun are no longer wanted: a thread that cannot deliver ends.
        let (_, nobody) = channel();
        self.done = nobody;
        for thread in self.threads.drain(..) {
            // It has caught its panics.
            let _ = thread.join();
        }
    }
}

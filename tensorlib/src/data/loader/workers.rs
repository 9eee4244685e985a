//! Threads that prepare batches ahead of the loop.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::create::OwnGenerator;
use crate::interrupt::{self, Interrupted};

/// Batches that each worker has begun or finished before the loop asks for them.
const AHEAD: usize = 2;
/// How often a loop that waits looks whether it is to stop.
const PATIENCE: Duration = Duration::from_millis(20);

/// Makes a batch of the examples of some numbers.
type Job<B> = Arc<dyn Fn(&[usize]) -> B + Send + Sync>;

/// A batch, or what its panic left.
type Outcome<B> = Result<B, Box<dyn Any + Send>>;

pub(super) struct Workers<B> {
    threads: Vec<JoinHandle<()>>,
    /// Numbers of batches, and the examples of each. Threads end when it is gone.
    jobs: Option<Sender<(usize, Vec<usize>)>>,
    done: Receiver<(usize, Outcome<B>)>,
    /// Batches that came before their turn.
    early: HashMap<usize, Outcome<B>>,
    given_out: usize,
    next: usize,
}

impl<B: Send + 'static> Workers<B> {
    pub fn start(count: usize, seed: u64, job: Job<B>) -> Workers<B> {
        let (jobs, queue) = channel();
        let (results, done) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let start = |number: usize| {
            let (queue, results, job) = (queue.clone(), results.clone(), job.clone());
            let thread = std::thread::Builder::new().name(format!("loader-{number}"));
            thread.spawn(move || work(&queue, &results, seed, &job)).expect("the system has room for a thread")
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

    /// The next batch in order.
    #[track_caller]
    pub fn next(&mut self, batches: &mut impl Iterator<Item = Vec<usize>>) -> Option<B> {
        while self.given_out < self.next + AHEAD * self.threads.len() {
            let (Some(jobs), Some(indices)) = (&self.jobs, batches.next()) else { break };
            // Nobody takes it when all threads have ended, which the loop below finds out.
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
        match outcome {
            Ok(batch) => Some(batch),
            Err(payload) => {
                self.jobs = None;
                arrive(payload)
            }
        }
    }
}

/// The panic of a worker, here.
#[track_caller]
fn arrive(payload: Box<dyn Any + Send>) -> ! {
    if payload.is::<Interrupted>() {
        resume_unwind(payload);
    }
    let sentence = payload.downcast_ref::<String>().map(String::as_str);
    match sentence.or_else(|| payload.downcast_ref::<&str>().copied()) {
        Some(sentence) => panic!("{sentence}"),
        None => resume_unwind(payload),
    }
}

fn work<B>(
    queue: &Mutex<Receiver<(usize, Vec<usize>)>>,
    results: &Sender<(usize, Outcome<B>)>,
    seed: u64,
    job: &Job<B>,
) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, indices)) = next else { return };
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            // By the batch's number, so that it is the same whichever worker makes it.
            let _own = OwnGenerator::new(seed.wrapping_add(number as u64));
            job(&indices)
        }));
        if results.send((number, outcome)).is_err() {
            return;
        }
    }
}

impl<B> Drop for Workers<B> {
    fn drop(&mut self) {
        self.jobs = None;
        // What was given out and not begun is no longer wanted: a thread that cannot deliver ends.
        let (_, nobody) = channel();
        self.done = nobody;
        for thread in self.threads.drain(..) {
            // It has caught its panics.
            let _ = thread.join();
        }
    }
}

//! One pool of threads for all operations.
//!
//! Work is cut into pieces that do not depend on the number of threads, so results never do either. The pool starts
//! when it is first needed, and again in a process that was forked, since threads do not survive a fork. An idle worker
//! first waits actively for a moment (the next operation usually follows at once), then sleeps.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use crate::interrupt;

/// How long a worker looks for more work before it sleeps.
const ATTENTIVE: Duration = Duration::from_micros(100);

static WANTED: AtomicUsize = AtomicUsize::new(0);

/// The number of threads operations use, counting the one that calls; as PyTorch's `get_num_threads`.
#[doc(alias = "get_num_interop_threads")]
pub fn get_num_threads() -> usize {
    match WANTED.load(Ordering::Relaxed) {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        wanted => wanted,
    }
}

/// Sets the number of threads operations use (at least one); as PyTorch's `set_num_threads`.
#[doc(alias = "set_num_interop_threads")]
pub fn set_num_threads(threads: usize) {
    let threads = threads.clamp(1, 256);
    WANTED.store(threads, Ordering::Relaxed);
    THREADS.store(threads, Ordering::Relaxed);
}

/// [`get_num_threads`], remembered: asking the system takes longer than a small operation.
static THREADS: AtomicUsize = AtomicUsize::new(0);

#[inline]
pub(crate) fn threads() -> usize {
    match THREADS.load(Ordering::Relaxed) {
        0 => {
            let threads = get_num_threads();
            THREADS.store(threads, Ordering::Relaxed);
            threads
        }
        threads => threads,
    }
}

/// A piece of work by number. The lifetime of what it borrows is erased; see [`run_on_pool`].
type Work = &'static (dyn Fn(usize) + Sync);

struct Job {
    work: Work,
    pieces: usize,
    next: AtomicUsize,
    finished: AtomicUsize,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Job {
    /// Takes pieces until there are none.
    fn take_part(&self) {
        loop {
            let piece = self.next.fetch_add(1, Ordering::Relaxed);
            if piece >= self.pieces {
                return;
            }
            if !interrupt::requested()
                && let Err(panic) = catch_unwind(AssertUnwindSafe(|| (self.work)(piece)))
            {
                *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
            }
            // Releases this piece's writes to the threads that see the count.
            self.finished.fetch_add(1, Ordering::Release);
        }
    }

    fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire) >= self.pieces
    }
}

#[derive(Default)]
struct Board {
    job: Mutex<(u64, Option<Arc<Job>>)>,
    /// The number of the latest job, readable without the lock.
    latest: AtomicUsize,
    wake: Condvar,
    closed: AtomicBool,
}

struct Pool {
    process: u32,
    workers: usize,
    board: Arc<Board>,
}

static POOL: Mutex<Option<Pool>> = Mutex::new(None);

thread_local! {
    /// Set in workers, and in a caller while its job runs: work inside work is done in place.
    static INSIDE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

fn worker(board: &Board) {
    INSIDE.set(true);
    let mut seen = 0;
    loop {
        let began = Instant::now();
        while board.latest.load(Ordering::Acquire) == seen && began.elapsed() < ATTENTIVE {
            for _ in 0..64 {
                std::hint::spin_loop();
            }
        }
        let job = {
            let mut guard = board.job.lock().unwrap_or_else(PoisonError::into_inner);
            while guard.0 as usize == seen && !board.closed.load(Ordering::Relaxed) {
                guard = board.wake.wait(guard).unwrap_or_else(PoisonError::into_inner);
            }
            if board.closed.load(Ordering::Relaxed) {
                return;
            }
            seen = guard.0 as usize;
            guard.1.clone()
        };
        if let Some(job) = job {
            job.take_part();
        }
    }
}

/// Calls `work` once for every number below `pieces`, on several threads when that helps.
///
/// Returns when all calls have. A panic in one of them goes on here; so does an interrupt.
pub(crate) fn run(pieces: usize, work: &(dyn Fn(usize) + Sync)) {
    if pieces > 1 && threads() > 1 && !INSIDE.get() && run_on_pool(pieces, work) {
        return;
    }
    for piece in 0..pieces {
        if !INSIDE.get() {
            interrupt::check();
        }
        work(piece);
    }
}

/// False when the pool is in use by another thread, or cannot be started.
fn run_on_pool(pieces: usize, work: &(dyn Fn(usize) + Sync)) -> bool {
    // Not waiting for the lock also means that a fork at an unlucky moment costs speed, not a hang.
    let mut pool = match POOL.try_lock() {
        Ok(pool) => pool,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return false,
    };
    let wanted = threads() - 1;
    let fits = |pool: &Pool| pool.process == std::process::id() && pool.workers == wanted;
    if !pool.as_ref().is_some_and(fits) {
        *pool = start(wanted, pool.take());
    }
    let Some(pool) = pool.as_ref() else { return false };

    // SAFETY: only the lifetime changes. `work` is called only for pieces below `pieces`, and this function does not
    // return before `finished` has counted all of them, so the borrow outlives every call. A worker that still holds
    // the job afterwards finds no piece left and does not touch `work`.
    let work: Work = unsafe { std::mem::transmute::<&(dyn Fn(usize) + Sync), Work>(work) };
    let job = Arc::new(Job {
        work,
        pieces,
        next: AtomicUsize::new(0),
        finished: AtomicUsize::new(0),
        panic: Mutex::new(None),
    });
    {
        let mut board = pool.board.job.lock().unwrap_or_else(PoisonError::into_inner);
        board.0 += 1;
        board.1 = Some(job.clone());
        pool.board.latest.store(board.0 as usize, Ordering::Release);
    }
    pool.board.wake.notify_all();
    INSIDE.set(true);
    job.take_part();
    INSIDE.set(false);
    let mut looks = 0u32;
    while !job.is_finished() {
        looks += 1;
        if looks < 4096 { std::hint::spin_loop() } else { std::thread::yield_now() }
    }
    if let Some(panic) = job.panic.lock().unwrap_or_else(PoisonError::into_inner).take() {
        resume_unwind(panic);
    }
    interrupt::check();
    true
}

fn start(workers: usize, old: Option<Pool>) -> Option<Pool> {
    if let Some(old) = old {
        if old.process == std::process::id() {
            old.board.closed.store(true, Ordering::Relaxed);
            drop(old.board.job.lock());
            old.board.wake.notify_all();
        } else {
            // Its threads stayed behind in the parent process; its lock may be held for ever.
            std::mem::forget(old);
        }
    }
    let board = Arc::new(Board::default());
    let mut started = 0;
    for number in 1..=workers {
        let board = board.clone();
        let thread = std::thread::Builder::new().name(format!("tensorlib-{number}"));
        if thread.spawn(move || worker(&board)).is_err() {
            break;
        }
        started += 1;
    }
    // With fewer threads than wanted the next call tries again; with none, callers work alone.
    (started > 0).then_some(Pool { process: std::process::id(), workers: started, board })
}

/// Pointer to the elements of a slice that is being written in disjoint pieces.
struct Target<T>(*mut T);
// SAFETY: each piece is handed to one thread only, and `T: Send` where it is made.
unsafe impl<T: Send> Sync for Target<T> {}

/// Cuts `target` into pieces of `piece` elements (the last may be shorter) and calls `work(start, piece)` for each, on
/// several threads when there is more than one.
#[inline]
pub(crate) fn for_pieces<T: Send>(target: &mut [T], piece: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    // Compiled once for each type of elements, not for each loop.
    each_piece(target, piece, &work);
}

fn each_piece<T: Send>(target: &mut [T], piece: usize, work: &(dyn Fn(usize, &mut [T]) + Sync)) {
    let len = target.len();
    if len <= piece {
        if len > 0 {
            work(0, target);
        }
        return;
    }
    let base = Target(target.as_mut_ptr());
    let base = &base;
    run(len.div_ceil(piece), &|number| {
        let start = number * piece;
        let count = piece.min(len - start);
        // SAFETY: pieces with different numbers do not overlap, each number is called once, and `target` stays
        // borrowed until `run` returns.
        let part = unsafe { std::slice::from_raw_parts_mut(base.0.add(start), count) };
        work(start, part);
    });
}

/// The same for several slices, which are cut alike: each has as many elements as the first, or none.
pub(crate) fn for_pieces_of<T: Send, const N: usize>(
    targets: [&mut [T]; N],
    piece: usize,
    work: impl Fn(usize, [&mut [T]; N]) + Sync,
) {
    let len = targets[0].len();
    debug_assert!(targets.iter().all(|target| target.is_empty() || target.len() == len));
    let targets = targets.map(|target| (target.is_empty(), Target(target.as_mut_ptr())));
    let targets = &targets;
    run(len.div_ceil(piece), &|number| {
        let start = number * piece;
        let count = piece.min(len - start);
        let parts = std::array::from_fn(|at| {
            let (is_empty, base) = &targets[at];
            // SAFETY: as in `for_pieces`, for each slice; those without elements give none.
            if *is_empty { &mut [][..] } else { unsafe { std::slice::from_raw_parts_mut(base.0.add(start), count) } }
        });
        work(start, parts);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_visited_once() {
        let mut values = vec![0u32; 10_007];
        for _ in 0..20 {
            for_pieces(&mut values, 100, |_, part| part.iter_mut().for_each(|v| *v += 1));
        }
        assert!(values.iter().all(|&v| v == 20));
    }

    #[test]
    fn a_panic_in_a_piece_reaches_the_caller_and_the_pool_goes_on() {
        let panic = catch_unwind(|| run(64, &|piece| assert_ne!(piece, 40, "piece 40")));
        assert!(panic.is_err());
        let count = AtomicUsize::new(0);
        run(64, &|_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(count.into_inner(), 64);
    }
}

//! Reports of a cell to the process that runs it, over a separate pipe.
//!
//! The user's text goes through standard output; reports must not mix with it.

use std::any::Any;
use std::panic::PanicHookInfo;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use soma_report::Report;
use tensorlib::interrupt::Interrupted;

use crate::frames::Frames;

/// The pipe to the supervisor; -1 outside a worker (reports are then dropped).
static PIPE: AtomicI32 = AtomicI32::new(-1);

/// The last panic that the hook saw on the thread that runs cells.
static LAST_PANIC: Mutex<Option<Panic>> = Mutex::new(None);

/// How many threads are in the panic hook. The standard library holds a lock meanwhile; in a snapshot forked at that
/// moment the lock would stay locked for ever.
static IN_HOOK: AtomicUsize = AtomicUsize::new(0);

/// How many of a panic's calls are reported; a recursion of one function counts as one. With a message of the usual
/// length, one `write` holds them all.
const REPORTED_CALLS: usize = 250;
/// How many calls of another thread's panic are reported, and how much of its message: so few that the line is one
/// atomic `write`, which cannot mix with another thread's.
const REPORTED_CALLS_OF_THREAD: usize = 60;
const MESSAGE_OF_THREAD: usize = 2000;

#[derive(Default)]
struct Panic {
    message: String,
    file: String,
    line: u32,
    column: u32,
    frames: Frames,
}

impl Panic {
    fn report(&self, of_the_cell: bool, most_calls: usize) {
        let [libraries, calls] = self.frames.fields(most_calls);
        let Panic { message, file, line, column, .. } = self;
        let (message, file) = (message.clone(), file.clone());
        send(Report::Panic { of_the_cell, message, file, line: *line, column: *column, libraries, calls });
    }
}

/// Sets the pipe that reports go to.
pub fn attach(pipe: i32) {
    PIPE.store(pipe, Ordering::Relaxed);
}

/// Sends one report, by a single `write` of less than a pipe's atomic size unless a field is huge.
pub fn send(report: Report) {
    let pipe = PIPE.load(Ordering::Relaxed);
    if pipe >= 0 {
        write_all(pipe, (report.encode() + "\n").as_bytes());
    }
}

/// Generated code calls this where evcxr would print its panic notification, with the payload of the unwinding.
pub fn panicked(payload: &(dyn Any + Send)) {
    crate::failed::set();
    let last = LAST_PANIC.lock().unwrap_or_else(|e| e.into_inner()).take();
    if payload.is::<Interrupted>() {
        // Not a panic: a tensor operation was asked to stop.
        send(Report::Unwound {});
    } else if let Some(panic) = last {
        panic.report(true, REPORTED_CALLS);
    } else {
        // The cell has set its own hook, or has resumed a panic that it had caught. The location is unknown.
        Panic { message: message(payload), ..Panic::default() }.report(true, 0);
    }
    send(Report::Failed {});
}

/// Generated code calls this where `?` ended the cell with an error.
pub fn question_mark(error: &str) {
    crate::failed::set();
    send(Report::Error { error: error.to_owned() });
}

/// Reports that a variable is lost, and why.
pub(crate) fn lost(variable: &str, reason: &str) {
    send(Report::Lost { name: variable.to_owned(), reason: reason.to_owned() });
}

/// Remembers panics of the calling thread for [`panicked`], and reports those of other threads at once. Forgets a
/// remembered panic, which a cell has caught.
pub(crate) fn install_panic_hook() {
    *LAST_PANIC.lock().unwrap_or_else(|e| e.into_inner()) = None;
    let cell_thread = std::thread::current().id();
    std::panic::set_hook(Box::new(move |info| {
        let _in_hook = InHook::enter();
        let mut panic = read(info);
        if std::thread::current().id() == cell_thread {
            *LAST_PANIC.lock().unwrap_or_else(|e| e.into_inner()) = Some(panic);
            return;
        }
        if panic.message.len() > MESSAGE_OF_THREAD {
            panic.message.truncate(panic.message.floor_char_boundary(MESSAGE_OF_THREAD));
            panic.message.push('…');
        }
        panic.report(false, REPORTED_CALLS_OF_THREAD);
    }));
}

/// Waits until no thread is in the panic hook, but at most this long.
pub(crate) fn wait_for_hooks(patience: Duration) {
    let deadline = Instant::now() + patience;
    while IN_HOOK.load(Ordering::SeqCst) > 0 && Instant::now() < deadline {
        std::thread::yield_now();
    }
}

/// Counted in [`IN_HOOK`] for as long as it lives.
struct InHook;

impl InHook {
    fn enter() -> InHook {
        IN_HOOK.fetch_add(1, Ordering::SeqCst);
        InHook
    }
}

impl Drop for InHook {
    fn drop(&mut self) {
        IN_HOOK.fetch_sub(1, Ordering::SeqCst);
    }
}

fn read(info: &PanicHookInfo) -> Panic {
    let (file, line, column) = info
        .location()
        .map_or((String::new(), 0, 0), |location| (location.file().to_owned(), location.line(), location.column()));
    Panic { message: message(info.payload()), file, line, column, frames: Frames::capture() }
}

fn message(payload: &(dyn Any + Send)) -> String {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        _ => "a panic whose payload is not text".to_owned(),
    }
}

/// Writes all bytes to a descriptor that this process owns; it is not an error if the reader is gone.
fn write_all(descriptor: i32, bytes: &[u8]) {
    use std::io::Write;
    use std::os::fd::FromRawFd;

    // SAFETY: the worker gave this descriptor for reports and keeps it open; `ManuallyDrop` leaves it open.
    let mut pipe = std::mem::ManuallyDrop::new(unsafe { std::fs::File::from_raw_fd(descriptor) });
    let _ = pipe.write_all(bytes);
}

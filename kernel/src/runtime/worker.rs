//! The process that runs cells, one after the other, and leaves a snapshot (a sleeping copy of itself) after each.

use std::collections::HashSet;
use std::ffi::c_void;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use soma_driver::evcxr::program::{ENTRY_SYMBOL, SHARES_SYMBOL};
use soma_driver::process::children;
use soma_report::Report;

use super::cancel::cancel;
use super::pools;
use super::streams::Streams;
use super::threads::FLUSHER;

/// The worker's ends of its pipes to the supervisor.
pub struct Pipes {
    /// Commands, a line each: the path of a cell's library, or whether to take snapshots.
    pub commands: OwnedFd,
    /// Reports, a line each.
    pub reports: OwnedFd,
    /// A byte here wakes the snapshot, which becomes the worker; the end of the pipe means that the supervisor has
    /// ended.
    pub wake: OwnedFd,
}

/// A command: take a snapshot after each cell from now on.
pub const KEEP_COPIES: &str = ":copies";
/// A command: take no snapshots.
pub const KEEP_NO_COPIES: &str = ":no copies";

/// The interrupt flag of the cells' library.
static INTERRUPT: OnceLock<extern "C" fn()> = OnceLock::new();
/// Whether a cell's own code runs.
static CELL_RUNS: AtomicBool = AtomicBool::new(false);
/// Whether the running cell was asked to stop.
static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// Whether a system call in which the cell waited was cancelled.
static IS_CANCELLED: AtomicBool = AtomicBool::new(false);
/// The descriptor of reports, on which nothing is cancelled.
static REPORTS: AtomicI32 = AtomicI32::new(-1);

extern "C" fn on_interrupt(_: i32, _: *mut libc::siginfo_t, context: *mut c_void) {
    if let Some(interrupt) = INTERRUPT.get() {
        interrupt();
    }
    if !CELL_RUNS.load(Ordering::SeqCst) {
        return;
    }
    IS_INTERRUPTED.store(true, Ordering::SeqCst);
    // SAFETY: this handler is installed with the flags that `cancel` requires.
    if unsafe { cancel(context, REPORTS.load(Ordering::SeqCst)) } {
        IS_CANCELLED.store(true, Ordering::SeqCst);
    }
}

/// Installs the interrupt handler, whatever cells have changed.
fn handle_interrupts() {
    let flags = SaFlags::SA_RESTART | SaFlags::SA_SIGINFO;
    let action = SigAction::new(SigHandler::SigAction(on_interrupt), flags, SigSet::empty());
    // SAFETY: the handler sets flags, and changes the return value of a system call that may fail.
    let _ = unsafe { sigaction(Signal::SIGUSR1, &action) };
    let mut interrupts = SigSet::empty();
    interrupts.add(Signal::SIGUSR1);
    let _ = interrupts.thread_unblock();
}

/// Runs cells until the supervisor has ended. Standard input, output and error are already the worker's.
pub fn run(pipes: Pipes, dylib: &Path, standard: Option<&Path>) -> ! {
    let mut reports = File::from(pipes.reports);
    let mut commands = File::from(pipes.commands);
    let mut wake = File::from(pipes.wake);
    let library = match CellLibrary::load(dylib, standard, &reports) {
        Ok(library) => library,
        Err(error) => {
            eprintln!("Soma's tensor library cannot be loaded: {error}");
            exit_now(70)
        }
    };
    let streams = Streams::keep();
    let mut variables: *mut c_void = std::ptr::null_mut();
    let mut copy = None;
    leave_copy(&mut copy, &mut reports, &mut wake);
    let mut keeps_copies = true;
    while let Some(cell) = read_line(&mut commands) {
        match cell.as_str() {
            KEEP_COPIES if keeps_copies => continue,
            KEEP_COPIES => {
                keeps_copies = true;
                leave_copy(&mut copy, &mut reports, &mut wake);
                continue;
            }
            KEEP_NO_COPIES => {
                keeps_copies = false;
                report(&mut reports, &Report::NoCopy { reason: String::new() });
                end_copy(copy.take());
                continue;
            }
            _ => {}
        }
        if keeps_copies && copy.is_some_and(has_ended) {
            // The snapshot was killed; no cell runs without one. A woken snapshot must not run this cell.
            copy = None;
            if leave_copy(&mut copy, &mut reports, &mut wake) == Process::Woken {
                continue;
            }
        }
        (library.start)();
        handle_interrupts();
        let before: HashSet<Pid> = children(Pid::this()).into_iter().collect();
        let started = Instant::now();
        match run_cell(&cell, variables) {
            Ok(after) => variables = after,
            Err(error) => {
                let source = std::error::Error::source(&error).map(ToString::to_string);
                report(&mut reports, &Report::NotLoaded { reason: source.unwrap_or_else(|| error.to_string()) });
                // To evcxr this looks like a panic of the cell: the variables are where they were.
                report(&mut reports, &Report::Failed {});
            }
        }
        let took = started.elapsed();
        (library.finish)();
        streams.restore();
        if IS_INTERRUPTED.swap(false, Ordering::SeqCst) {
            if keeps_copies && copy.is_some() && (library.lacks)() {
                // The interrupted cell has moved variables. The snapshot from before it has all of them.
                exit_now(72)
            }
            end_children_but(&before);
        }
        let was_cancelled = IS_CANCELLED.swap(false, Ordering::SeqCst);
        if ![&commands, &reports, &wake].into_iter().all(is_open) {
            // The cell has closed descriptors that this process needs. The snapshot from before it has them.
            exit_now(71)
        }
        report(&mut reports, &Report::Done { took, was_cancelled, was_interrupted: false });
        if keeps_copies {
            leave_copy(&mut copy, &mut reports, &mut wake);
        }
    }
    exit_now(0)
}

/// Ends the processes that an interrupted cell has started, such as a command that it waited for. Their children become
/// the supervisor's.
fn end_children_but(before: &HashSet<Pid>) {
    for child in children(Pid::this()).into_iter().filter(|child| !before.contains(child)) {
        if kill(child, Signal::SIGKILL).is_ok() {
            let _ = waitpid(child, None);
        }
    }
}

/// The process in which [`leave_copy`] returns.
#[derive(PartialEq)]
enum Process {
    /// The caller.
    Same,
    /// The snapshot, when it was woken.
    Woken,
}

/// Forks a snapshot, which sleeps until it is woken and replaces the previous one; the parent goes on at once.
fn leave_copy(copy: &mut Option<Pid>, reports: &mut File, wake: &mut File) -> Process {
    // SAFETY: the child only reads a pipe, reports, and then does what the parent was about to do. Locks that other
    // threads held stay locked in it, which affects only what those threads used.
    let threads = threads_of_cells();
    let started = Instant::now();
    match unsafe { fork() } {
        Ok(ForkResult::Parent { child }) => {
            report(reports, &Report::Copy { pid: child.as_raw(), took: started.elapsed(), threads });
            // End the previous snapshot only after the new one was reported, so that one exists at every moment.
            end_copy(copy.replace(child));
            Process::Same
        }
        Ok(ForkResult::Child) => {
            let mut byte = [0];
            if !matches!(wake.read(&mut byte), Ok(1)) {
                exit_now(0)
            }
            soma_driver::process::die_with_parent();
            report(reports, &Report::Working {});
            pools::begin_anew();
            // The previous snapshot was the parent's. This process takes one too, so that it survives a second crash.
            *copy = None;
            leave_copy(copy, reports, wake);
            Process::Woken
        }
        Err(error) => {
            // Without memory for a snapshot the session goes on, but a crash then loses the variables.
            report(reports, &Report::NoCopy { reason: error.to_string() });
            end_copy(copy.take());
            Process::Same
        }
    }
}

/// How many threads cells have started. A snapshot has none of them; the tensor library restarts its own.
fn threads_of_cells() -> usize {
    let count = || {
        let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        let names = tasks.map(|task| std::fs::read_to_string(task.path().join("comm")).unwrap_or_default());
        names.filter(|name| !name.starts_with("tensorlib-") && name.trim_end() != FLUSHER).count().saturating_sub(1)
    };
    if count() == 0 {
        return 0;
    }
    // A thread takes its name a moment after it starts.
    std::thread::sleep(Duration::from_millis(1));
    count()
}

/// Whether a snapshot has ended.
fn has_ended(copy: Pid) -> bool {
    !matches!(waitpid(copy, Some(WaitPidFlag::WNOHANG)), Ok(WaitStatus::StillAlive))
}

/// Ends a snapshot that is no longer needed.
fn end_copy(copy: Option<Pid>) {
    if let Some(copy) = copy {
        let _ = kill(copy, Signal::SIGKILL);
        let _ = waitpid(copy, None);
    }
}

fn run_cell(path: &str, variables: *mut c_void) -> Result<*mut c_void, libloading::Error> {
    // SAFETY: the library was compiled from a cell by this session's toolchain; its entry has this signature, and
    // `variables` is null or what the previous cell returned. The library stays loaded for good: values and
    // thread-locals of its types may outlive the cell.
    unsafe {
        let library = libloading::os::unix::Library::open(Some(path), libc::RTLD_NOW | libc::RTLD_LOCAL)?;
        if library.get::<*const u8>(SHARES_SYMBOL.as_bytes()).is_ok() {
            // Its statics are visible to the libraries of later cells.
            std::mem::forget(libloading::os::unix::Library::open(Some(path), libc::RTLD_NOW | libc::RTLD_GLOBAL)?);
        }
        let entry = *library.get::<extern "C" fn(*mut c_void) -> *mut c_void>(ENTRY_SYMBOL.as_bytes())?;
        std::mem::forget(library);
        CELL_RUNS.store(true, Ordering::SeqCst);
        let variables = entry(variables);
        CELL_RUNS.store(false, Ordering::SeqCst);
        Ok(variables)
    }
}

/// The functions of the cells' dylib that the worker calls.
struct CellLibrary {
    start: extern "C" fn(),
    finish: extern "C" fn(),
    lacks: extern "C" fn() -> bool,
}

impl CellLibrary {
    fn load(dylib: &Path, standard: Option<&Path>, reports: &File) -> Result<CellLibrary, libloading::Error> {
        // SAFETY: the dylib is the one that this soma built; the symbols have these signatures
        // (`soma_cell::host`). It stays loaded for good.
        unsafe {
            let flags = libc::RTLD_NOW | libc::RTLD_GLOBAL;
            // Libraries that were built elsewhere look for the standard library at its path there; the loader takes an
            // already loaded one of the same name instead.
            if let Some(standard) = standard {
                std::mem::forget(libloading::os::unix::Library::open(Some(standard), flags)?);
            }
            let library = libloading::os::unix::Library::open(Some(dylib), flags)?;
            let attach = *library.get::<extern "C" fn(i32)>(b"soma_cell_attach")?;
            let start = *library.get::<extern "C" fn()>(b"soma_cell_start")?;
            let finish = *library.get::<extern "C" fn()>(b"soma_cell_finish")?;
            let lacks = *library.get::<extern "C" fn() -> bool>(b"soma_cell_lacks")?;
            let interrupt = *library.get::<extern "C" fn()>(b"soma_cell_interrupt")?;
            std::mem::forget(library);
            attach(reports.as_raw_fd());
            let _ = INTERRUPT.set(interrupt);
            REPORTS.store(reports.as_raw_fd(), Ordering::SeqCst);
            handle_interrupts();
            Ok(CellLibrary { start, finish, lacks })
        }
    }
}

fn report(reports: &mut File, report: &Report) {
    let _ = reports.write_all((report.encode() + "\n").as_bytes());
}

fn is_open(file: &File) -> bool {
    fcntl(file, FcntlArg::F_GETFD).is_ok()
}

/// Reads one line, byte by byte: what follows belongs to the snapshot that may have to read it.
fn read_line(commands: &mut File) -> Option<String> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while commands.read(&mut byte).ok()? == 1 {
        if byte[0] == b'\n' {
            return Some(String::from_utf8_lossy(&line).into_owned());
        }
        line.push(byte[0]);
    }
    None
}

/// Ends this process without running exit handlers.
fn exit_now(code: i32) -> ! {
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(code) }
}

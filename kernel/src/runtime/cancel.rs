//! Cancels the system call in which a cell waits, in the same process, so that an interrupt costs neither variables nor
//! threads.
//!
//! A signal interrupts a system call that waits: for a time, for input, for a connection, for a process. Rust's
//! standard library, like most, then restarts the call. So the signal handler changes what the call returns to
//! `ECANCELED`, an ordinary error. `thread::sleep` then panics, a read or an `accept` returns the error, and the cell
//! unwinds from a place where unwinding is allowed, or handles the error as it handles any other.
//!
//! Futexes are left alone. Code that waits for one (a lock, a channel, a thread's end) relies on the wait not ending
//! before its condition holds, and has no way to fail. A cell that waits on a futex is ended with its process.

use std::os::fd::RawFd;

/// Changes the return value of the system call that the signal interrupted, if it is a call that waits. `reports` is a
/// descriptor on which nothing is cancelled. `context` is the third argument of the signal handler.
///
/// # Safety
/// Call it only in a handler that was installed with `SA_SIGINFO` and `SA_RESTART`, with the handler's third argument.
pub unsafe fn cancel(context: *mut libc::c_void, reports: RawFd) -> bool {
    // SAFETY: the caller promises that this is the system's description of the thread.
    let Some(call) = (unsafe { Call::find(context) }) else { return false };
    if !call.waits() || call.writes_to(reports) {
        return false;
    }
    // SAFETY: as above.
    unsafe { call.fail(context) };
    true
}

/// The system call in which a thread was when a signal came.
struct Call {
    /// Its number; unknown where the system has overwritten it with the return value.
    number: Option<i64>,
    /// Its first two arguments.
    arguments: [i64; 2],
    /// Whether the thread stands before the instruction, which must then be skipped, or after it.
    is_repeated: bool,
}

/// Calls that wait for something outside the process. (`sendfile` and similar calls move data that is already there.)
#[cfg(target_os = "linux")]
const WAITS: &[libc::c_long] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_recvmmsg,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_connect,
    libc::SYS_wait4,
    libc::SYS_waitid,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_epoll_pwait,
    libc::SYS_flock,
    libc::SYS_openat,
    libc::SYS_msgrcv,
    libc::SYS_semtimedop,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_select,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_pause,
];

impl Call {
    #[cfg(target_os = "linux")]
    fn waits(&self) -> bool {
        match self.number {
            Some(number) => WAITS.contains(&number),
            None => !self.looks_like_a_futex(),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn waits(&self) -> bool {
        false
    }

    /// A futex with a time limit is among the calls that are not restarted after a signal. It is recognised by its
    /// address and its operation. (A rare `poll` looks the same, and is then not cancelled.)
    #[cfg(target_os = "linux")]
    fn looks_like_a_futex(&self) -> bool {
        const FLAGS: i64 = (libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME) as i64;
        const OPERATIONS: [i32; 5] = [
            libc::FUTEX_WAIT,
            libc::FUTEX_WAIT_BITSET,
            libc::FUTEX_LOCK_PI,
            libc::FUTEX_WAIT_REQUEUE_PI,
            libc::FUTEX_LOCK_PI2,
        ];
        let [address, operation] = self.arguments;
        address >= 4096 && OPERATIONS.iter().any(|known| i64::from(*known) == operation & !FLAGS)
    }

    #[cfg(target_os = "linux")]
    fn writes_to(&self, descriptor: RawFd) -> bool {
        self.number == Some(libc::SYS_write) && self.arguments[0] == i64::from(descriptor)
    }

    #[cfg(not(target_os = "linux"))]
    fn writes_to(&self, _: RawFd) -> bool {
        false
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
impl Call {
    unsafe fn find(context: *mut libc::c_void) -> Option<Call> {
        const SYSCALL: [u8; 2] = [0x0f, 0x05];
        const PAGE: i64 = 4096;
        // SAFETY: the caller promises that the context is valid.
        let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
        let register = |number: libc::c_int| registers[number as usize];
        let (next, result) = (register(libc::REG_RIP), register(libc::REG_RAX));
        let arguments = [register(libc::REG_RDI), register(libc::REG_RSI)];
        let is_syscall = |at: i64| {
            // Only within the page that the thread is executing, so that the bytes are readable.
            let is_in_page = at > 0 && at / PAGE == next / PAGE && (at + 1) / PAGE == next / PAGE;
            // SAFETY: code that a thread runs can be read.
            is_in_page && unsafe { *(at as *const [u8; 2]) } == SYSCALL
        };
        if is_syscall(next) {
            // The system has restored the number, and put the thread before the instruction; or the thread has just got
            // there.
            return Some(Call { number: Some(result), arguments, is_repeated: true });
        }
        let is_interrupted = result == -i64::from(libc::EINTR) && is_syscall(next - 2);
        is_interrupted.then_some(Call { number: None, arguments, is_repeated: false })
    }

    unsafe fn fail(&self, context: *mut libc::c_void) {
        // SAFETY: the caller promises that the context is valid.
        let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
        if self.is_repeated {
            registers[libc::REG_RIP as usize] += 2;
        }
        registers[libc::REG_RAX as usize] = -i64::from(libc::ECANCELED);
    }
}

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
impl Call {
    unsafe fn find(context: *mut libc::c_void) -> Option<Call> {
        const SVC: u32 = 0xd400_0001;
        // SAFETY: the caller promises that the context is valid.
        let context = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext };
        let register = |number: usize| context.regs[number] as i64;
        let is_call = |at: u64| {
            let is_in_page = at != 0 && at % 4 == 0 && at / 4096 == context.pc / 4096;
            // SAFETY: code that a thread runs can be read.
            is_in_page && unsafe { *(at as *const u32) } == SVC
        };
        let arguments = [register(0), register(1)];
        if is_call(context.pc) {
            return Some(Call { number: Some(register(8)), arguments, is_repeated: true });
        }
        // The return value has overwritten the first argument.
        let is_interrupted = register(0) == -i64::from(libc::EINTR) && is_call(context.pc.wrapping_sub(4));
        is_interrupted.then(|| Call { number: Some(register(8)), arguments: [-1, register(1)], is_repeated: false })
    }

    unsafe fn fail(&self, context: *mut libc::c_void) {
        // SAFETY: the caller promises that the context is valid.
        let context = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext };
        if self.is_repeated {
            context.pc += 4;
        }
        context.regs[0] = -i64::from(libc::ECANCELED) as u64;
    }
}

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
impl Call {
    unsafe fn find(_: *mut libc::c_void) -> Option<Call> {
        None
    }

    unsafe fn fail(&self, _: *mut libc::c_void) {}
}

#[cfg(all(test, target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests {
    use std::io::Read;
    use std::os::unix::thread::JoinHandleExt;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Once;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

    use super::*;

    extern "C" fn handle(_: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
        // SAFETY: this is such a handler.
        unsafe { cancel(context, -1) };
    }

    /// Runs `work` on a thread, interrupts the thread until it has ended, and returns whether it ended with a panic.
    fn panics(work: impl FnOnce() + Send + 'static) -> bool {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            let flags = SaFlags::SA_RESTART | SaFlags::SA_SIGINFO;
            let action = SigAction::new(SigHandler::SigAction(handle), flags, SigSet::empty());
            // SAFETY: the handler changes a register, and nothing else.
            unsafe { sigaction(Signal::SIGUSR2, &action) }.unwrap();
        });
        let worker = std::thread::spawn(|| catch_unwind(AssertUnwindSafe(work)).is_err());
        while !worker.is_finished() {
            // SAFETY: the thread has not been joined.
            unsafe { libc::pthread_kill(worker.as_pthread_t(), libc::SIGUSR2) };
            std::thread::sleep(Duration::from_millis(5));
        }
        worker.join().unwrap()
    }

    #[test]
    fn whoever_waits_for_a_time_for_data_or_for_a_process_is_told_of_an_error() {
        assert!(panics(|| std::thread::sleep(Duration::from_secs(600))));
        assert!(panics(|| {
            let (mut read, _write) = std::io::pipe().unwrap();
            read.read_exact(&mut [0]).unwrap();
        }));
        assert!(panics(|| drop(std::net::TcpListener::bind("127.0.0.1:0").unwrap().accept().unwrap())));
        assert!(panics(|| {
            let (_read, mut write) = std::io::pipe().unwrap();
            std::io::Write::write_all(&mut write, &[0; 1 << 20]).unwrap();
        }));
        let mut child = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        let mut other = std::process::Command::new("true").spawn().unwrap();
        other.wait().unwrap();
        let pid = child.id();
        assert!(panics(move || {
            nix::sys::wait::waitpid(nix::unistd::Pid::from_raw(pid as i32), None).unwrap();
        }));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn whoever_waits_for_another_thread_goes_on_waiting() {
        static GO_ON: AtomicBool = AtomicBool::new(false);
        let (send, receive) = std::sync::mpsc::channel();
        let sender = std::thread::spawn(move || {
            while !GO_ON.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
            send.send(7).unwrap();
        });
        std::thread::spawn(|| {
            std::thread::sleep(Duration::from_millis(100));
            GO_ON.store(true, Ordering::SeqCst);
        });
        assert!(!panics(move || {
            assert!(receive.recv_timeout(Duration::from_millis(20)).is_err());
            assert_eq!(receive.recv().unwrap(), 7);
            sender.join().unwrap();
        }));
    }
}

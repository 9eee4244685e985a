//! Waits for requests, forks for each, and reports how the child ended.
//!
//! The process has one thread, so that a fork copies all of it. Its standard input is the socket at which requests
//! arrive. Its standard output is a pipe whose other end the kernel holds: when that end is closed, the kernel is gone or
//! wants it to end, and it ends with all that it has started.

use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::{UnixListener, UnixStream};

use crate::last_words::{self, LastWords};
use crate::memory;
use crate::request::Request;

/// More compiles at once wait in the socket's queue.
const AT_ONCE: usize = 16;

/// The byte that tells a client that its request was accepted.
const BEGUN: [u8; 1] = [1];

/// A compile that runs.
struct Compile {
    /// The client, until it knows how the compile has ended.
    client: Option<UnixStream>,
    child: libc::pid_t,
    last_words: LastWords,
    /// Becomes readable when the child has ended.
    ended: OwnedFd,
}

impl Compile {
    /// What to wait for: the child's last words, its end, and the client's.
    fn polled(&self) -> [libc::pollfd; 3] {
        let client = self.client.as_ref().map(AsRawFd::as_raw_fd);
        // A negative number stands for nothing.
        let last_words = client.map_or(-1, |_| self.last_words.as_raw_fd());
        [last_words, self.ended.as_raw_fd(), client.unwrap_or(-1)].map(|descriptor| waiting(descriptor, libc::POLLIN))
    }

    /// Whether the child has ended. One that is not wanted any more, since its client has closed the connection, ends
    /// together with this process and all that it has started, such as a linker; the kernel starts another.
    fn is_over(&mut self, has_said: bool, child_has_ended: bool, client_has_gone: bool) -> bool {
        if child_has_ended {
            let mut status = 0;
            // SAFETY: waits for a child of this process that has ended or was killed.
            unsafe { libc::waitpid(self.child, &raw mut status, 0) };
            self.tell(status);
        } else if has_said {
            // Words that were not said mean that the end is near.
            self.last_words.status().into_iter().for_each(|status| self.tell(status));
        } else if client_has_gone {
            end();
        }
        child_has_ended
    }

    fn tell(&mut self, status: libc::c_int) {
        if let Some(mut client) = self.client.take() {
            let _ = client.write_all(&status.to_ne_bytes());
        }
    }
}

/// Serves until the kernel closes the pipe; returns in the child of a request.
pub fn serve() {
    // SAFETY: these are the descriptors that the kernel starts this process with, for this purpose.
    // The child of a request has another standard input, which must not be closed with this one.
    let listener = ManuallyDrop::new(unsafe { UnixListener::from_raw_fd(0) });
    let kernel: RawFd = 1;
    let _ = listener.set_nonblocking(true);
    // SAFETY: no preconditions. Writing to a client that has gone must not end this process.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    let mut compiles: Vec<Compile> = Vec::new();
    loop {
        let accepts = if compiles.len() < AT_ONCE { listener.as_raw_fd() } else { -1 };
        let mut polled = vec![waiting(kernel, 0), waiting(accepts, libc::POLLIN)];
        polled.extend(compiles.iter().flat_map(Compile::polled));
        // SAFETY: the array is as long as it says.
        if unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, -1) } < 0 {
            match io::Error::last_os_error().kind() {
                io::ErrorKind::Interrupted => continue,
                _ => end(),
            }
        }
        if polled[0].revents != 0 {
            end();
        }
        let mut states = polled[2..].chunks_exact(3).map(|states| [0, 1, 2].map(|at| states[at].revents != 0));
        compiles.retain_mut(|compile| {
            let [has_said, child_has_ended, client_has_gone] = states.next().unwrap_or_default();
            !compile.is_over(has_said, child_has_ended, client_has_gone)
        });
        if polled[1].revents != 0
            && let Ok((connection, _)) = listener.accept()
        {
            match begin(connection) {
                Ok(Begun::Parent(compile)) => compiles.extend(compile),
                Ok(Begun::Child) => return,
                // The client finds its connection closed, and compiles in the ordinary way.
                Err(_) => {}
            }
        }
    }
}

enum Begun {
    Parent(Option<Compile>),
    Child,
}

/// Forks for a request.
fn begin(connection: UnixStream) -> io::Result<Begun> {
    let Some(request) = Request::receive(&connection)? else { return Ok(Begun::Parent(None)) };
    // A client that has given up waiting compiles by itself, into the same files.
    let mut state = [waiting(connection.as_raw_fd(), libc::POLLIN)];
    // SAFETY: the array is as long as it says.
    if unsafe { libc::poll(state.as_mut_ptr(), 1, 0) } != 0 {
        return Ok(Begun::Parent(None));
    }
    let (last_words, say) = last_words::pipe()?;
    (&connection).write_all(&BEGUN)?;
    // SAFETY: this process has one thread.
    match unsafe { libc::fork() } {
        ..0 => Err(io::Error::last_os_error()),
        0 => {
            // SAFETY: no preconditions. If the waiting process is killed, its client compiles in the ordinary way.
            unsafe {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                libc::signal(libc::SIGPIPE, libc::SIG_DFL);
            }
            drop((connection, last_words));
            match request.take_on() {
                Ok(()) => {
                    say.at_exit();
                    memory::keep_all();
                    Ok(Begun::Child)
                }
                // SAFETY: ends the child without running what belongs to its parent.
                Err(_) => unsafe { libc::_exit(101) },
            }
        }
        child => {
            // SAFETY: a child that has not been waited for; the descriptor is new.
            let ended = unsafe { libc::syscall(libc::SYS_pidfd_open, child, 0) };
            if ended < 0 {
                let error = io::Error::last_os_error();
                // SAFETY: as above.
                unsafe {
                    libc::kill(child, libc::SIGKILL);
                    libc::waitpid(child, std::ptr::null_mut(), 0);
                }
                return Err(error);
            }
            // SAFETY: the descriptor was opened above and belongs to nothing else.
            let ended = unsafe { OwnedFd::from_raw_fd(ended as RawFd) };
            Ok(Begun::Parent(Some(Compile { client: Some(connection), child, last_words, ended })))
        }
    }
}

fn waiting(descriptor: RawFd, events: libc::c_short) -> libc::pollfd {
    libc::pollfd { fd: descriptor, events, revents: 0 }
}

/// Ends this process with all that it has started: they are one process group, which the kernel has made for it.
fn end() -> ! {
    // SAFETY: `main` has not begun, so there is nothing to finish.
    unsafe {
        libc::kill(0, libc::SIGKILL);
        libc::_exit(0)
    }
}

//! Waits for requests, forks for each, and reports how the child ended.
//!
//! The process has one thread, so that a fork copies all of it. Its standard input is the socket at which requests
//! arrive. Its standard output is a pipe whose other end the kernel holds: when that end is closed, the kernel is gone or
//! wants it to end, and it ends with all that it has started.

use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::os::unix::net::{UnixListener, UnixStream};

use crate::ahead::{self, Ahead};
use crate::child::{self, Child, Forked};
use crate::memory;
use crate::request::{Call, Message, Streams};

/// More compiles at once wait in the socket's queue.
const AT_ONCE: usize = 16;

/// The byte that tells a client that its request was accepted.
const BEGUN: [u8; 1] = [1];

/// The same, for a compile that had begun before.
const BEGUN_AHEAD: [u8; 1] = [2];

/// A compile that runs.
struct Compile {
    /// The client, until it knows how the compile has ended.
    client: Option<UnixStream>,
    child: Child,
}

impl Compile {
    /// What to wait for: the child's last words, its end, and the client's.
    fn polled(&self) -> [libc::pollfd; 3] {
        let client = self.client.as_ref().map(AsRawFd::as_raw_fd);
        // A negative number stands for nothing.
        let says = client.map_or(-1, |_| self.child.says());
        [says, self.child.ends(), client.unwrap_or(-1)].map(|descriptor| waiting(descriptor, libc::POLLIN))
    }

    /// Whether the child has ended. One that is not wanted any more, since its client has closed the connection, ends
    /// together with this process and all that it has started, such as a linker; the kernel starts another.
    fn is_over(&mut self, has_said: bool, child_has_ended: bool, client_has_gone: bool) -> bool {
        if child_has_ended {
            let status = self.child.status();
            self.tell(status);
        } else if has_said {
            // Words that were not said mean that the end is near.
            self.child.last_words().into_iter().for_each(|status| self.tell(status));
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

/// What a rustc that waits knows.
#[derive(Default)]
struct Server {
    compiles: Vec<Compile>,
    ahead: Option<Ahead>,
    /// The last call, unless a compile has begun with it, or nobody has asked since one had.
    last: Option<Call>,
}

/// Which of two processes goes on after a message.
enum Goes {
    Parent,
    Child,
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
    // The child of a request must not end the others.
    let mut server = ManuallyDrop::new(Server::default());
    loop {
        let accepts = if server.compiles.len() < AT_ONCE { listener.as_raw_fd() } else { -1 };
        let mut polled = vec![waiting(kernel, 0), waiting(accepts, libc::POLLIN)];
        polled.extend(server.compiles.iter().flat_map(Compile::polled));
        // At least a millisecond, so that the time is over when the call returns.
        let patience = server.ahead.as_ref().map_or(-1, |ahead| ahead.time_left().as_millis() as libc::c_int + 1);
        // SAFETY: the array is as long as it says.
        match unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, patience) } {
            ..0 if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => continue,
            ..0 => end(),
            0 => server.end_what_is_late(),
            _ => {}
        }
        if polled[0].revents != 0 {
            end();
        }
        let mut states = polled[2..].chunks_exact(3).map(|states| [0, 1, 2].map(|at| states[at].revents != 0));
        server.compiles.retain_mut(|compile| {
            let [has_said, child_has_ended, client_has_gone] = states.next().unwrap_or_default();
            !compile.is_over(has_said, child_has_ended, client_has_gone)
        });
        if polled[1].revents != 0
            && let Ok((connection, _)) = listener.accept()
        {
            match server.answer(connection) {
                // After an error the client finds its connection closed, and compiles in the ordinary way.
                Ok(Goes::Parent) | Err(_) => {}
                Ok(Goes::Child) => return,
            }
        }
    }
}

impl Server {
    fn answer(&mut self, client: UnixStream) -> io::Result<Goes> {
        match Message::receive(&client)? {
            Some(Message::Request(call, streams, anew)) => {
                if anew {
                    self.ahead.take().into_iter().for_each(|ahead| self.end(ahead.into_child()));
                }
                self.compile(client, call, &streams)
            }
            Some(Message::Ahead) => self.begin_ahead(client),
            None => Ok(Goes::Parent),
        }
    }

    /// Has a child compile: one that has begun, or a new one.
    fn compile(&mut self, client: UnixStream, call: Call, streams: &Streams) -> io::Result<Goes> {
        // A client that has given up waiting compiles by itself, into the same files.
        let mut state = [waiting(client.as_raw_fd(), libc::POLLIN)];
        // SAFETY: the array is as long as it says.
        if unsafe { libc::poll(state.as_mut_ptr(), 1, 0) } != 0 {
            return Ok(Goes::Parent);
        }
        let begun = match self.ahead.take().map(|ahead| ahead.take(&call, streams)) {
            Some(Ok(child)) => Some(child),
            Some(Err(child)) => {
                self.end(child);
                None
            }
            None => None,
        };
        if let Err(error) = (&client).write_all(if begun.is_some() { &BEGUN_AHEAD } else { &BEGUN }) {
            begun.into_iter().for_each(|child| self.end(child));
            return Err(error);
        }
        let child = match begun.map_or_else(child::fork, |child| Ok(Forked::Parent(child)))? {
            Forked::Parent(child) => child,
            Forked::Child(say) => {
                drop(client);
                or_exit(call.take_on().and_then(|()| streams.take_on()));
                say.at_exit();
                memory::keep_all();
                return Ok(Goes::Child);
            }
        };
        self.last = Some(call);
        self.compiles.push(Compile { client: Some(client), child });
        Ok(Goes::Parent)
    }

    /// Ends a compile that has begun and that nobody has asked for in time. None begins again before somebody asks.
    fn end_what_is_late(&mut self) {
        if let Some(ahead) = self.ahead.take_if(|ahead| ahead.time_left().is_zero()) {
            self.end(ahead.into_child());
        }
    }

    /// Ends a child, without waiting for it.
    fn end(&mut self, child: Child) {
        child.kill();
        self.compiles.push(Compile { client: None, child });
    }

    /// Begins a compile with the last call.
    fn begin_ahead(&mut self, client: UnixStream) -> io::Result<Goes> {
        drop(client);
        // One that has begun already waits for its request.
        let Some(call) = self.last.take() else { return Ok(Goes::Parent) };
        let (own, its) = UnixStream::pair()?;
        match child::fork()? {
            Forked::Parent(child) => {
                self.ahead = Some(Ahead::new(call, child, own));
                Ok(Goes::Parent)
            }
            Forked::Child(say) => {
                drop(own);
                or_exit(call.take_on().and_then(|()| Streams::nothing()?.take_on()));
                or_exit(ahead::wait_at(call.source(), its));
                say.at_exit();
                memory::keep_all();
                Ok(Goes::Child)
            }
        }
    }
}

/// Ends the child of a request, without running what belongs to its parent, if it cannot begin.
fn or_exit(begun: io::Result<()>) {
    if begun.is_err() {
        // SAFETY: no preconditions.
        unsafe { libc::_exit(101) };
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

//! The kernel's end of the channel: what cells write and report, as it comes.

use std::io::{self, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::wire::{COPIES, END_OF_INPUT, Frame, INPUT, INTERRUPT, NO_COPIES, QUIT, SYNC};
use crate::process::lock;
use crate::session_dir::SOCKET;

/// How long to wait for a supervisor to end, or for the next one.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often it is looked whether one is there.
const A_MOMENT: Duration = Duration::from_millis(20);

/// Receives frames in order, on the channel's own thread. While it does not return, the cell that writes
/// them is made to wait.
pub trait Receiver: Send {
    /// Takes the next frame with something in it for people or the engine.
    fn receive(&mut self, frame: Frame);
}

/// A listening channel. It serves one supervisor after the other (evcxr replaces it on `:restart`), and the
/// toolchain driver beside it, which says what takes long.
pub struct Channel {
    state: Arc<State>,
    accept: Arc<dyn Fn(UnixListener) -> io::Result<()> + Send + Sync>,
}

#[derive(Default)]
struct State {
    /// The present supervisor, and the number of its connection.
    supervisor: Mutex<Option<(u64, UnixStream)>>,
    connections: AtomicU64,
    /// The number of the last answered synchronisation.
    synced: Mutex<u8>,
    answered: Condvar,
    /// The number of the last asked one.
    asked: Mutex<u8>,
    /// How many answers for cells the present supervisor was sent.
    answers: AtomicU8,
}

impl Channel {
    /// Listens in the session's folder.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn listen(session: &Path, receiver: impl Receiver + 'static) -> io::Result<Channel> {
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let receiver = Arc::new(Mutex::new(receiver));
        let accept = move |listener: UnixListener| {
            let (shared, receiver) = (Arc::clone(&shared), Arc::clone(&receiver));
            let accepting = move || {
                for stream in listener.incoming().map_while(Result::ok) {
                    let (shared, receiver) = (Arc::clone(&shared), Arc::clone(&receiver));
                    let read = move || shared.read(stream, &receiver);
                    if std::thread::Builder::new().name("soma-channel".into()).spawn(read).is_err() {
                        break;
                    }
                }
            };
            std::thread::Builder::new().name("soma-channel".into()).spawn(accepting).map(drop)
        };
        let channel = Channel { state, accept: Arc::new(accept) };
        channel.listen_again(session)?;
        Ok(channel)
    }

    /// Listens in the session's folder when that was made again. Who is connected already stays so.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn listen_again(&self, session: &Path) -> io::Result<()> {
        let socket = session.join(SOCKET);
        // One that a failed start left.
        let _ = std::fs::remove_file(&socket);
        (self.accept)(UnixListener::bind(socket)?)
    }

    /// Asks the running cell to stop; nothing happens when none runs.
    pub fn interrupt(&self) {
        self.state.send(&[INTERRUPT]);
    }

    /// Ends the processes that run cells.
    pub fn quit(&self) {
        self.state.send(&[QUIT]);
    }

    /// Answers a cell's request for input with one line.
    pub fn input(&self, line: &str) {
        let line = line.replace('\n', " ");
        self.answer(&[&[INPUT], line.as_bytes(), b"\n"].concat());
    }

    /// Answers it with the end of the input: there is nobody to ask.
    pub fn no_input(&self) {
        self.answer(&[END_OF_INPUT]);
    }

    fn answer(&self, request: &[u8]) {
        // Counted first: what the supervisor has said before it had the answer is then known to be out of date.
        self.state.answers.fetch_add(1, Ordering::SeqCst);
        self.state.send(request);
    }

    /// Decides whether a copy of the process that runs cells is kept after each cell.
    pub fn keep_copies(&self, keep: bool) {
        self.state.send(&[if keep { COPIES } else { NO_COPIES }]);
    }

    /// Waits until everything that cells have written so far was received.
    pub fn sync(&self) {
        let number = {
            let mut asked = lock(&self.state.asked);
            *asked = asked.wrapping_add(1);
            *asked
        };
        let deadline = Instant::now() + PATIENCE;
        // One that evcxr has just started may have run a cell before this side has seen that it is there.
        while Instant::now() < deadline {
            if self.state.send(&[SYNC, number]) {
                // It may take long: a front end that reads slowly makes everything wait. A supervisor that is gone does not.
                let waiting = |synced: &mut u8| *synced != number && self.state.has_supervisor();
                let synced = self.state.answered.wait_while(lock(&self.state.synced), waiting);
                if synced.is_ok_and(|synced| *synced == number) {
                    return;
                }
            }
            drop(self.state.answered.wait_timeout(lock(&self.state.synced), A_MOMENT));
        }
    }

    /// Ends the processes that run cells, and waits until they are gone.
    pub fn end_runtime(&self) {
        self.quit();
        let waiting = |_: &mut u8| self.state.has_supervisor();
        drop(self.state.answered.wait_timeout_while(lock(&self.state.synced), PATIENCE, waiting));
    }

    /// A handle that can interrupt from another thread.
    pub fn handle(&self) -> Channel {
        Channel { state: Arc::clone(&self.state), accept: Arc::clone(&self.accept) }
    }
}

impl State {
    /// Hands on what one process sends, to its end.
    fn read(&self, mut stream: UnixStream, receiver: &Mutex<impl Receiver>) {
        let number = self.connections.fetch_add(1, Ordering::Relaxed);
        while let Ok(Some(frame)) = Frame::read(&mut stream) {
            match frame {
                Frame::Supervisor => {
                    self.answers.store(0, Ordering::SeqCst);
                    *lock(&self.supervisor) = stream.try_clone().ok().map(|stream| (number, stream));
                    // Between another thread's look and its wait there must be no gap.
                    drop(lock(&self.synced));
                    self.answered.notify_all();
                }
                Frame::Synced(number) => {
                    *lock(&self.synced) = number;
                    self.answered.notify_all();
                }
                Frame::Waiting(answers) if answers != self.answers.load(Ordering::SeqCst) => {}
                frame => lock(receiver).receive(frame),
            }
        }
        // Another one may have taken its place already.
        let gone = lock(&self.supervisor).take_if(|(supervisor, _)| *supervisor == number);
        if gone.is_some() {
            // Between another thread's look and its wait there must be no gap.
            drop(lock(&self.synced));
            self.answered.notify_all();
        }
    }

    fn has_supervisor(&self) -> bool {
        lock(&self.supervisor).is_some()
    }

    fn send(&self, bytes: &[u8]) -> bool {
        lock(&self.supervisor).as_mut().is_some_and(|(_, stream)| stream.write_all(bytes).is_ok())
    }
}

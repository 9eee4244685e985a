//! The kernel's end of the channel: receives what cells write and report.

use std::io::{self, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use soma_driver::process::lock;
use soma_driver::session_dir::SOCKET;
use soma_driver::wire::{COPIES, END_OF_INPUT, Frame, INPUT, INTERRUPT, NO_COPIES, QUIT, SYNC};

/// How long to wait for a supervisor to end, or for the next one.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often to check whether a supervisor is connected.
const A_MOMENT: Duration = Duration::from_millis(20);

/// Receives frames in order, on the channel's own thread. Until it returns, the cell that writes them has to wait.
pub trait Receiver: Send {
    /// Takes the next frame with content for the user or the engine.
    fn receive(&mut self, frame: Frame);
}

/// A listening channel. It serves one supervisor after the other (evcxr replaces it on `:restart`), and at the same
/// time the driver, which announces long steps.
pub struct Channel {
    state: Arc<State>,
    accept: Arc<dyn Fn(UnixListener) -> io::Result<()> + Send + Sync>,
}

#[derive(Default)]
struct State {
    /// The current supervisor, and the number of its connection.
    supervisor: Mutex<Option<(u64, UnixStream)>>,
    connections: AtomicU64,
    /// The number of the last synchronisation that was answered.
    synced: Mutex<u8>,
    answered: Condvar,
    /// The number of the last synchronisation that was requested.
    asked: Mutex<u8>,
    /// How many answers to cells' questions the current supervisor was sent.
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

    /// Listens in the session's folder after the folder was made again. Existing connections stay.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn listen_again(&self, session: &Path) -> io::Result<()> {
        let socket = session.join(SOCKET);
        // A socket that a failed start left.
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

    /// Answers a cell's request for input with the end of the input: there is no user to ask.
    pub fn no_input(&self) {
        self.answer(&[END_OF_INPUT]);
    }

    fn answer(&self, request: &[u8]) {
        // Count first: what the supervisor reported before it had the answer is then recognised as out of date.
        self.state.answers.fetch_add(1, Ordering::SeqCst);
        self.state.send(request);
    }

    /// Sets whether a snapshot is taken after each cell.
    pub fn keep_copies(&self, keep: bool) {
        self.state.send(&[if keep { COPIES } else { NO_COPIES }]);
    }

    /// Waits until everything that cells have written so far has been received.
    pub fn sync(&self) {
        let number = {
            let mut asked = lock(&self.state.asked);
            *asked = asked.wrapping_add(1);
            *asked
        };
        let deadline = Instant::now() + PATIENCE;
        // A supervisor that evcxr has just started may have run a cell before it connects here.
        while Instant::now() < deadline {
            if self.state.send(&[SYNC, number]) {
                // This may take long: a front end that reads slowly makes everything wait. A dead supervisor ends the
                // wait.
                let waiting = |synced: &mut u8| *synced != number && self.state.has_supervisor();
                let synced = self.state.answered.wait_while(lock(&self.state.synced), waiting);
                if synced.is_ok_and(|synced| *synced == number) {
                    return;
                }
            }
            drop(self.state.answered.wait_timeout(lock(&self.state.synced), A_MOMENT));
        }
    }

    /// Ends the processes that run cells, and waits until they have ended.
    pub fn end_runtime(&self) {
        self.quit();
        let waiting = |_: &mut u8| self.state.has_supervisor();
        drop(self.state.answered.wait_timeout_while(lock(&self.state.synced), PATIENCE, waiting));
    }

    /// A second handle to the channel, with which another thread can interrupt.
    pub fn handle(&self) -> Channel {
        Channel { state: Arc::clone(&self.state), accept: Arc::clone(&self.accept) }
    }
}

impl State {
    /// Receives all frames of one process.
    fn read(&self, mut stream: UnixStream, receiver: &Mutex<impl Receiver>) {
        let number = self.connections.fetch_add(1, Ordering::Relaxed);
        while let Ok(Some(frame)) = Frame::read(&mut stream) {
            match frame {
                Frame::Supervisor => {
                    self.answers.store(0, Ordering::SeqCst);
                    *lock(&self.supervisor) = stream.try_clone().ok().map(|stream| (number, stream));
                    // Take the lock once, so that no thread misses the notification between its check and its wait.
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
        // Another supervisor may have taken its place already.
        let gone = lock(&self.supervisor).take_if(|(supervisor, _)| *supervisor == number);
        if gone.is_some() {
            // Take the lock once, so that no thread misses the notification between its check and its wait.
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

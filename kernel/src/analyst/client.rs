//! The kernel's side: starts the analyst, at the first question or [before](super::early), and waits for each answer only
//! for a limited time.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use soma_driver::evcxr::environment::TMPDIR;
use soma_driver::process;
use soma_driver::session_dir::SESSION_DIR;
use soma_driver::toolchain::handoff::SessionNotes;

use super::question::{Answer, Known, Question, Reply, Wanted};

/// The outcome of a question.
pub enum Asked {
    /// An answer, which may be [`Answer::Nothing`].
    Answered(Answer),
    /// No answer in time: the analyst is reading libraries, or handles a newer question. A later question may get one.
    NotYet,
    /// No answer: there is no analyst.
    Unavailable,
}

/// How long to wait before an analyst that has failed twice is started again, and how long the first failure is
/// remembered.
const PAUSE_AFTER_FAILURES: Duration = Duration::from_secs(60);

/// How many questions may wait until the analyst reads them. It reads them at once, whatever else it is doing, unless
/// it was stopped.
const UNREAD: usize = 8;

/// The analyst of one session, running or not.
#[derive(Clone)]
pub struct Analyst {
    session: PathBuf,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    running: Option<SyncSender<Vec<u8>>>,
    waiting: HashMap<u64, SyncSender<Option<Answer>>>,
    asked: u64,
    failed: Option<Instant>,
    /// Until when no analyst is started.
    paused: Option<Instant>,
    /// Whether the running analyst has answered, and so has read its libraries.
    has_answered: bool,
    /// Whether the session has ended, so that no analyst is started any more.
    ended: bool,
}

impl Analyst {
    /// The analyst of the session with this folder. Starts nothing.
    pub fn new(session: PathBuf) -> Analyst {
        Analyst { session, state: Arc::default() }
    }

    /// The analyst's answer, if it comes within this time.
    pub fn ask(&self, wanted: Wanted, code: &str, cursor: usize, known: Known, patience: Duration) -> Asked {
        let (sender, receiver) = mpsc::sync_channel(1);
        let Some(id) = self.send(wanted, code, cursor, known, sender) else { return Asked::Unavailable };
        let answer = receiver.recv_timeout(patience);
        lock(&self.state).waiting.remove(&id);
        answer.ok().flatten().map_or(Asked::NotYet, Asked::Answered)
    }

    /// Whether it has read its libraries, so that it answers at once.
    pub fn is_ready(&self) -> bool {
        lock(&self.state).has_answered
    }

    /// Starts it before anyone asks. Whether it runs now.
    pub fn start_early(&self) -> bool {
        let mut state = lock(&self.state);
        if state.running.is_none() && !state.ended {
            state.running = self.start();
        }
        state.running.is_some()
    }

    /// Whether it was started, be it that it has ended since.
    pub fn was_started(&self) -> bool {
        let state = lock(&self.state);
        state.running.is_some() || state.asked > 0
    }

    /// Whether the analyst knows the standard library.
    pub fn knows_std(&self) -> bool {
        SessionNotes::read(&self.session).is_ok_and(|notes| notes.facts.have_sources())
    }

    /// Sends a question, and returns its number.
    fn send(
        &self,
        wanted: Wanted,
        code: &str,
        cursor: usize,
        known: Known,
        answer: SyncSender<Option<Answer>>,
    ) -> Option<u64> {
        let mut state = lock(&self.state);
        if state.ended || state.paused.is_some_and(|until| Instant::now() < until) {
            return None;
        }
        if state.running.is_none() {
            state.running = Some(self.start()?);
        }
        state.asked += 1;
        let id = state.asked;
        let question = Question { id, wanted, code: code.to_owned(), cursor, known };
        let mut line = serde_json::to_vec(&question).ok()?;
        line.push(b'\n');
        state.waiting.insert(id, answer);
        if state.running.as_ref()?.try_send(line).is_err() {
            state.waiting.remove(&id);
            return None;
        }
        Some(id)
    }

    /// Ends the analyst for good.
    pub fn end(&self) {
        let mut state = lock(&self.state);
        state.ended = true;
        // It ends when its standard input is closed.
        state.running = None;
        state.waiting.clear();
    }

    /// Starts the process on a thread that lives as long as it: the system ends a child with the thread that started
    /// it, and the threads that ask questions may end at any time.
    fn start(&self) -> Option<SyncSender<Vec<u8>>> {
        let mut command = command(&self.session)?;
        let (sender, receiver) = mpsc::sync_channel(1);
        let analyst = self.clone();
        let thread = std::thread::Builder::new().name("analyst".to_owned());
        let thread = thread.spawn(move || match command.spawn() {
            Ok(mut child) => {
                let _ = sender.send(child.stdin.take());
                analyst.attend(child);
            }
            Err(error) => {
                tracing::warn!("the analyst cannot be started: {error}");
                let _ = sender.send(None);
            }
        });
        thread.ok()?;
        hand_on(receiver.recv().ok().flatten()?)
    }

    /// Passes replies to the threads that wait for them, until the analyst ends.
    fn attend(&self, mut child: Child) {
        let replies = child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines());
        for line in replies.map_while(Result::ok) {
            let Ok(Reply { id, answer }) = serde_json::from_str(&line) else { continue };
            let mut state = lock(&self.state);
            state.has_answered |= answer.is_some();
            if let Some(sender) = state.waiting.remove(&id) {
                let _ = sender.try_send(answer);
            }
        }
        let status = child.wait();
        let mut state = lock(&self.state);
        state.running = None;
        state.has_answered = false;
        state.waiting.clear();
        if !status.is_ok_and(|status| status.success()) {
            let now = Instant::now();
            if state.failed.replace(now).is_some_and(|before| now - before < PAUSE_AFTER_FAILURES) {
                state.paused = Some(now + PAUSE_AFTER_FAILURES);
            }
        }
    }
}

/// Writes questions on a separate thread, so that no caller waits for an analyst that does not read.
fn hand_on(mut stdin: ChildStdin) -> Option<SyncSender<Vec<u8>>> {
    let (sender, receiver) = mpsc::sync_channel::<Vec<u8>>(UNREAD);
    let writing = move || {
        for line in receiver {
            if stdin.write_all(&line).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("analyst".to_owned()).spawn(writing).ok()?;
    Some(sender)
}

/// The command that starts a session's analyst; `None` before the libraries that cells link are ready.
fn command(session: &Path) -> Option<Command> {
    let notes = SessionNotes::read(session).ok()?;
    let mut command = Command::new(std::env::current_exe().ok()?);
    // It uses the real tools, not those that evcxr is shown.
    notes.original.restore(&mut command);
    command.env_remove(SESSION_DIR).env_remove(TMPDIR);
    command.env("CARGO", &notes.facts.cargo).env("RUSTC", &notes.facts.rustc);
    command.arg("analyst").arg(session);
    // The kernel's log gets its error messages.
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    process::end_with_parent(&mut command);
    Some(command)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

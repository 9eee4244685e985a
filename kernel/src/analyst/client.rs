//! The kernel's side: starts the analyst when it is first asked, and never waits for it longer than agreed.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::question::{Answer, Known, Question, Reply, Wanted};
use crate::evcxr::environment::TMPDIR;
use crate::process;
use crate::session_dir::SESSION_DIR;
use crate::toolchain::handoff::SessionNotes;

/// What comes of a question.
pub enum Asked {
    /// An answer, which may be that there is nothing to say.
    Answered(Answer),
    /// None in time: the analyst reads libraries, or has something newer to do. It may have one the next time.
    NotYet,
    /// None: there is no analyst.
    Unavailable,
}

/// How soon an analyst that has ended with an error for the second time is started again, and how long it takes for the
/// first time to be forgotten.
const PAUSE_AFTER_FAILURES: Duration = Duration::from_secs(60);

/// How many questions may wait until the analyst takes them. It does so at once, whatever else it is doing, unless it was
/// stopped.
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
    /// Until when nothing is started.
    paused: Option<Instant>,
    /// Whether the one that runs has answered, and so has read its libraries.
    has_answered: bool,
    /// The session has ended; nothing is started any more.
    ended: bool,
}

impl Analyst {
    /// The analyst of the session with this folder. Starts nothing.
    pub fn new(session: PathBuf) -> Analyst {
        Analyst { session, state: Arc::default() }
    }

    /// What analysis says within this time.
    pub fn ask(&self, wanted: Wanted, code: &str, cursor: usize, known: Known, patience: Duration) -> Asked {
        let (sender, receiver) = mpsc::sync_channel(1);
        let Some(id) = self.send(wanted, code, cursor, known, sender) else { return Asked::Unavailable };
        let answer = receiver.recv_timeout(patience);
        lock(&self.state).waiting.remove(&id);
        answer.ok().flatten().map_or(Asked::NotYet, Asked::Answered)
    }

    /// Whether it answers at once, as it does when it has read what it needs.
    pub fn is_ready(&self) -> bool {
        lock(&self.state).has_answered
    }

    /// Whether the standard library is known to the analyst.
    pub fn knows_std(&self) -> bool {
        SessionNotes::read(&self.session).is_ok_and(|notes| notes.facts.have_sources())
    }

    /// Sends a question off and tells its number.
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
        // It ends when its standard input does.
        state.running = None;
        state.waiting.clear();
    }

    /// Starts the process, with a thread that lives as long: the system ends a child with the thread that started
    /// it, and the threads that questions come from may end any time.
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

    /// Hands replies to who waits for them, until the analyst ends.
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

/// Writes what it is given, on a thread of its own: nobody is to wait for an analyst that does not read.
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

/// The command of a session's analyst; `None` before the session has what cells link.
fn command(session: &Path) -> Option<Command> {
    let notes = SessionNotes::read(session).ok()?;
    let mut command = Command::new(std::env::current_exe().ok()?);
    // It uses the real tools, not those that evcxr is shown.
    notes.original.restore(&mut command);
    command.env_remove(SESSION_DIR).env_remove(TMPDIR);
    command.env("CARGO", &notes.facts.cargo).env("RUSTC", &notes.facts.rustc);
    command.arg("analyst").arg(session);
    // Why it ends with an error is for the kernel's log.
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    process::end_with_parent(&mut command);
    Some(command)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

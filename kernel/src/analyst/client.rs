//! The kernel's side: starts the analyst when it is first asked, and never waits for it longer than agreed.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::question::{Answer, Known, Question, Reply, Wanted};
use crate::process;
use crate::toolchain::notes::{SESSION_DIR, SessionNotes};

/// How long an answer may take before the person is given what is known without it. Meanwhile the analyst goes on
/// reading, and the next question is answered.
const PATIENCE: Duration = Duration::from_secs(2);

/// How soon an analyst that ended with an error is started again.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(60);

/// The analyst of one session, running or not.
#[derive(Clone)]
pub struct Analyst {
    session: PathBuf,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    running: Option<ChildStdin>,
    waiting: HashMap<u64, SyncSender<Option<Answer>>>,
    asked: u64,
    failed: Option<Instant>,
    /// The session has ended; nothing is started any more.
    ended: bool,
}

impl Analyst {
    /// The analyst of the session with this folder. Starts nothing.
    pub fn new(session: PathBuf) -> Analyst {
        Analyst { session, state: Arc::default() }
    }

    /// What analysis says; `None` when it says nothing, or nothing in time.
    pub fn ask(&self, wanted: Wanted, code: &str, cursor: usize, known: Known) -> Option<Answer> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let id = {
            let mut state = lock(&self.state);
            if state.ended || state.failed.is_some_and(|at| at.elapsed() < PAUSE_AFTER_FAILURE) {
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
            state.waiting.insert(id, sender);
            // The analyst takes lines off at once, whatever it is doing.
            let written = state.running.as_mut()?.write_all(&line);
            if written.is_err() {
                state.waiting.remove(&id);
                return None;
            }
            id
        };
        let answer = receiver.recv_timeout(PATIENCE);
        lock(&self.state).waiting.remove(&id);
        answer.ok().flatten()
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
    fn start(&self) -> Option<ChildStdin> {
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
        receiver.recv().ok().flatten()
    }

    /// Hands replies to who waits for them, until the analyst ends.
    fn attend(&self, mut child: Child) {
        let replies = child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines());
        for line in replies.map_while(Result::ok) {
            let Ok(Reply { id, answer }) = serde_json::from_str(&line) else { continue };
            if let Some(sender) = lock(&self.state).waiting.remove(&id) {
                let _ = sender.try_send(answer);
            }
        }
        let status = child.wait();
        let mut state = lock(&self.state);
        state.running = None;
        state.waiting.clear();
        if !status.is_ok_and(|status| status.success()) {
            state.failed = Some(Instant::now());
        }
    }
}

/// The command of a session's analyst; `None` before the session has what cells link.
fn command(session: &Path) -> Option<Command> {
    let notes = SessionNotes::read(session).ok()?;
    let mut command = Command::new(std::env::current_exe().ok()?);
    // It uses the real tools, not those that evcxr is shown.
    notes.original.restore(&mut command);
    command.env_remove(SESSION_DIR).env_remove("EVCXR_TMPDIR");
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

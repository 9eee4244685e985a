//! The cells that were run, in this session and in those before it, for front ends that offer them again.
//!
//! See [history](https://jupyter-client.readthedocs.io/en/stable/messaging.html#history); where the specification
//! leaves a choice, IPython's answer is ours.
//!
//! This session's cells are in memory ([`own`]). A thread copies them into a file that all kernels of a person share
//! ([`keeper`]), so that no cell waits for a disk; answers ([`answers`]) join what is in memory and what the file
//! ([`store`], [`queries`]) has of other sessions. Whatever happens to the file costs what is in the file, and one warning in the
//! log: this session's own history goes on.
//!
//! Only `executor` (which notes cells), `requests::history` (which answers) and the end of `serve` call in here.
//! Nothing here knows of sockets or messages, except for the request's type.

mod answers;
mod damaged;
mod keeper;
mod own;
mod problem;
mod queries;
mod store;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, SystemTime};
use std::{io, thread};

use jupyter_protocol::messaging::HistoryRequest;

use self::keeper::{Job, Keeper};
use self::own::Own;
use self::problem::Problem;
use self::store::Store;

/// How long an answer waits for this session to be given its number, which takes one write to the file.
const NUMBER_TIME: Duration = Duration::from_secs(1);

/// A cell that was run.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The number of its session; 0 when a range of session 0 was asked for, which is the one that is running.
    pub session: i64,
    /// The number in `In [n]`.
    pub line: i64,
    /// The code.
    pub input: Arc<str>,
    /// The plain text of its result, if it had one and it was asked for.
    pub output: Option<Arc<str>>,
}

/// The file that the person's environment asks for: `SOMA_HISTORY`, where nothing means none, or `history.sqlite` in
/// `soma` in the folder for state (`$XDG_STATE_HOME`, as a rule `~/.local/state`).
pub fn file_of_the_user() -> Option<PathBuf> {
    file_from(std::env::var_os("SOMA_HISTORY"), dirs::state_dir().or_else(dirs::data_local_dir))
}

fn file_from(asked: Option<OsString>, state: Option<PathBuf>) -> Option<PathBuf> {
    match asked {
        Some(path) if path.is_empty() => None,
        Some(path) => Some(PathBuf::from(path)),
        None => Some(state?.join("soma").join("history.sqlite")),
    }
}

/// The history, as everything that notes cells or asks for them shares it.
pub struct History {
    shared: Arc<Shared>,
    /// Reaches the thread that writes the file, if there is to be one.
    keeper: Option<mpsc::Sender<Job>>,
}

/// What the thread that writes the file knows, too.
struct Shared {
    own: Mutex<Own>,
    file: PathBuf,
    /// The notebook's path, as Jupyter's server tells it; nothing in a console.
    notebook: String,
    complained: AtomicBool,
}

impl Shared {
    fn own(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs that the file cannot be used; of a kernel's many attempts, the first that fails.
    fn complain(&self, problem: &Problem) {
        if !self.complained.swap(true, Ordering::SeqCst) {
            tracing::warn!(
                "the history file {} cannot be used: {problem}. The history of this session is kept in memory; to keep \
                 it, set SOMA_HISTORY to a file that can be written, or set it to nothing to keep none",
                self.file.display()
            );
        }
    }
}

impl History {
    /// The history of a session that begins now, kept in this file; `None` for one that ends with the session.
    /// The file is neither opened nor made before there is a cell.
    ///
    /// # Errors
    /// When the thread that writes the file cannot be made.
    pub fn new(file: Option<PathBuf>) -> io::Result<History> {
        History::of_notebook(file, std::env::var("JPY_SESSION_NAME").unwrap_or_default())
    }

    /// The same of this notebook.
    fn of_notebook(file: Option<PathBuf>, notebook: String) -> io::Result<History> {
        let own = Mutex::new(Own::new(file.is_some()));
        let kept = file.is_some();
        let (file, complained) = (file.unwrap_or_default(), AtomicBool::new(false));
        let shared = Arc::new(Shared { own, file, notebook, complained });
        if !kept {
            return Ok(History { shared, keeper: None });
        }
        let (keeper, jobs) = mpsc::channel();
        let writer = Keeper::new(shared.clone(), SystemTime::now());
        thread::Builder::new().name("history".to_owned()).spawn(move || writer.run(&jobs))?;
        Ok(History { shared, keeper: Some(keeper) })
    }

    /// Notes a cell that is about to run. Never waits for a disk.
    pub fn push(&self, count: usize, input: &str) {
        self.shared.own().push(count as i64, input);
        self.tell(Job::Save);
    }

    /// Notes the result of the cell with this number. Never waits for a disk.
    pub fn set_output(&self, count: usize, output: &str) {
        self.shared.own().set_output(count as i64, output);
        self.tell(Job::Save);
    }

    /// Finds what a request asks for, oldest first. May wait for a disk.
    pub fn answer(&self, request: &HistoryRequest) -> Vec<Entry> {
        if self.shared.own().wants_number() {
            self.flush(false, NUMBER_TIME);
        }
        let own = self.shared.own().snapshot();
        let from_file = self.file().and_then(|file| {
            store::read(file, |store| answers::answer(request, &own, store)).unwrap_or_else(|problem| {
                self.shared.complain(&problem);
                None
            })
        });
        let from_memory = || Store::empty().and_then(|store| answers::answer(request, &own, &store));
        from_file.unwrap_or_else(|| {
            from_memory().unwrap_or_else(|problem| {
                tracing::warn!("a question about the history cannot be answered: {problem}");
                Vec::new()
            })
        })
    }

    /// The cells of this notebook's session before this one, newest first: what a restart has taken away. May wait for a
    /// disk.
    pub fn before_this_session(&self) -> Vec<Entry> {
        /// Older cells were run anew, or are not missed.
        const MOST: usize = 500;
        let (file, notebook) = (self.file(), self.shared.notebook.as_str());
        let number = self.shared.own().snapshot().number;
        let cells = file
            .filter(|_| !notebook.is_empty())
            .map(|file| store::read(file, |store| store.before(notebook, number, MOST)));
        match cells {
            Some(Ok(cells)) => cells.unwrap_or_default(),
            Some(Err(problem)) => {
                self.shared.complain(&problem);
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// Writes what is not written yet and notes that the session has ended; gives up after this time.
    pub fn close(&self, limit: Duration) {
        if !self.flush(true, limit) {
            tracing::warn!("the last cells could not be written to the history within {limit:?}");
        }
    }

    /// Has everything written; whether that was done in time.
    fn flush(&self, end: bool, limit: Duration) -> bool {
        if self.keeper.is_none() {
            return true;
        }
        let (done, written) = mpsc::channel();
        self.tell(Job::Flush { end, done });
        !matches!(written.recv_timeout(limit), Err(mpsc::RecvTimeoutError::Timeout))
    }

    fn tell(&self, job: Job) {
        if let Some(keeper) = &self.keeper {
            // The thread ends with the session; nobody waits for the file then.
            let _ = keeper.send(job);
        }
    }

    fn file(&self) -> Option<&Path> {
        self.keeper.as_ref().map(|_| self.shared.file.as_path())
    }
}

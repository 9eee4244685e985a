//! The cells that ran in this session and in earlier ones, for front ends that offer them again.
//!
//! See [history](https://jupyter-client.readthedocs.io/en/stable/messaging.html#history). Where the specification
//! leaves a choice, the history answers as IPython does.
//!
//! This session's cells are in memory ([`session_cells`]). A thread copies them into a file that all kernels of a user
//! share ([`writer`]), so that no cell waits for a disk; answers ([`answers`]) join the cells in memory with those of
//! other sessions in the file ([`store`], [`queries`]). When the file fails, only the cells in it are lost, with one
//! warning in the log: this session's history goes on.
//!
//! Only `executor` (which records cells), `requests::history` (which answers) and the end of `serve` call this module.
//! It knows nothing of sockets or messages, except for the request's type.

mod answers;
mod connection;
mod entry;
mod error;
mod file;
mod queries;
mod recovery;
mod session_cells;
mod shared;
mod store;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, SystemTime};
use std::{io, thread};

use jupyter_protocol::messaging::HistoryRequest;

pub use self::entry::Entry;
pub use self::file::HistoryFile;
use self::shared::Shared;
use self::store::Store;
use self::writer::{Job, Writer};

/// How long an answer waits until the file gives this session a number, which takes one write.
const NUMBER_TIME: Duration = Duration::from_secs(1);

/// The history, shared by everything that records cells or asks for them.
pub struct History {
    shared: Arc<Shared>,
    /// The thread that writes the file, if the history has one.
    writer: Option<mpsc::Sender<Job>>,
}

impl History {
    /// The history of a session that begins now, kept in this file; with `None` it ends with the session. The file is
    /// neither opened nor made before there is a cell.
    ///
    /// # Errors
    /// When the thread that writes the file cannot be made.
    pub fn new(file: Option<HistoryFile>) -> io::Result<History> {
        History::of_notebook(file, std::env::var("JPY_SESSION_NAME").unwrap_or_default())
    }

    /// The same, for the session of this notebook.
    fn of_notebook(file: Option<HistoryFile>, notebook: String) -> io::Result<History> {
        let kept = file.is_some();
        let shared = Arc::new(Shared::new(file, notebook));
        if !kept {
            return Ok(History { shared, writer: None });
        }
        let (jobs, for_the_writer) = mpsc::channel();
        let writer = Writer::new(shared.clone(), SystemTime::now());
        thread::Builder::new().name("history".to_owned()).spawn(move || writer.run(&for_the_writer))?;
        Ok(History { shared, writer: Some(jobs) })
    }

    /// Records a cell that is about to run. Never waits for a disk.
    pub fn push(&self, count: usize, input: &str) {
        self.shared.own().push(count as i64, input);
        self.tell(Job::Save);
    }

    /// Records the result of the cell with this number. Never waits for a disk.
    pub fn set_output(&self, count: usize, output: &str) {
        self.shared.own().set_output(count as i64, output);
        self.tell(Job::Save);
    }

    /// The cells that a request asks for, oldest first. May wait for a disk.
    pub fn answer(&self, request: &HistoryRequest) -> Vec<Entry> {
        if self.shared.own().wants_number() {
            self.flush(false, NUMBER_TIME);
        }
        let own = self.shared.own().snapshot();
        let from_file = self.file().and_then(|file| {
            store::read(file, |store| answers::answer(request, &own, store)).unwrap_or_else(|error| {
                self.shared.complain(&error);
                None
            })
        });
        let from_memory = || Store::empty().and_then(|store| answers::answer(request, &own, &store));
        from_file.unwrap_or_else(|| {
            from_memory().unwrap_or_else(|error| {
                tracing::warn!("a question about the history cannot be answered: {error}");
                Vec::new()
            })
        })
    }

    /// The cells of this notebook's previous session, newest first: those whose variables a restart has taken away. May
    /// wait for a disk.
    pub fn before_this_session(&self) -> Vec<Entry> {
        /// At most this many: users have run older cells again, or do not need them.
        const MOST: usize = 500;
        let (file, notebook) = (self.file(), self.shared.notebook.as_str());
        let number = self.shared.own().snapshot().number;
        let cells = file
            .filter(|_| !notebook.is_empty())
            .map(|file| store::read(file, |store| store.before(notebook, number, MOST)));
        match cells {
            Some(Ok(cells)) => cells.unwrap_or_default(),
            Some(Err(error)) => {
                self.shared.complain(&error);
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// Writes the cells that are not written yet and records the end of the session; gives up after this time.
    pub fn close(&self, limit: Duration) {
        if !self.flush(true, limit) {
            tracing::warn!("the last cells could not be written to the history within {limit:?}");
        }
    }

    /// Has every cell written; returns whether that was done in time.
    fn flush(&self, end: bool, limit: Duration) -> bool {
        if self.writer.is_none() {
            return true;
        }
        let (done, written) = mpsc::channel();
        self.tell(Job::Flush { end, done });
        !matches!(written.recv_timeout(limit), Err(mpsc::RecvTimeoutError::Timeout))
    }

    fn tell(&self, job: Job) {
        if let Some(writer) = &self.writer {
            // The thread ends with the session; no thread waits for the file then.
            let _ = writer.send(job);
        }
    }

    fn file(&self) -> Option<&Path> {
        self.writer.as_ref().map(|_| self.shared.file.as_path())
    }
}

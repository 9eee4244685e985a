//! The cells that were run, in this session and in those before it, for front ends that offer them again.
//!
//! See [history](https://jupyter-client.readthedocs.io/en/stable/messaging.html#history); where the specification
//! leaves a choice, IPython's answer is ours.
//!
//! This session's cells are in memory ([`session_cells`]). A thread copies them into a file that all kernels of a user share
//! ([`writer`]), so that no cell waits for a disk; answers ([`answers`]) join what is in memory and what the file
//! ([`store`], [`queries`]) has of other sessions. Whatever happens to the file costs what is in the file, and one warning in the
//! log: this session's own history goes on.
//!
//! Only `executor` (which notes cells), `requests::history` (which answers) and the end of `serve` call in here.
//! Nothing here knows of sockets or messages, except for the request's type.

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

/// How long an answer waits for this session to be given its number, which takes one write to the file.
const NUMBER_TIME: Duration = Duration::from_secs(1);

/// The history, as everything that notes cells or asks for them shares it.
pub struct History {
    shared: Arc<Shared>,
    /// Reaches the thread that writes the file, if there is to be one.
    writer: Option<mpsc::Sender<Job>>,
}

impl History {
    /// The history of a session that begins now, kept in this file; `None` for one that ends with the session.
    /// The file is neither opened nor made before there is a cell.
    ///
    /// # Errors
    /// When the thread that writes the file cannot be made.
    pub fn new(file: Option<HistoryFile>) -> io::Result<History> {
        History::of_notebook(file, std::env::var("JPY_SESSION_NAME").unwrap_or_default())
    }

    /// The same of this notebook.
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
            Some(Err(error)) => {
                self.shared.complain(&error);
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
        if self.writer.is_none() {
            return true;
        }
        let (done, written) = mpsc::channel();
        self.tell(Job::Flush { end, done });
        !matches!(written.recv_timeout(limit), Err(mpsc::RecvTimeoutError::Timeout))
    }

    fn tell(&self, job: Job) {
        if let Some(writer) = &self.writer {
            // The thread ends with the session; nobody waits for the file then.
            let _ = writer.send(job);
        }
    }

    fn file(&self) -> Option<&Path> {
        self.writer.as_ref().map(|_| self.shared.file.as_path())
    }
}

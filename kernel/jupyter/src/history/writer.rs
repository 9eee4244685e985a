//! The thread that copies this session's cells into the file.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::error::Error;
use super::session_cells::OwnCell;
use super::shared::Shared;
use super::store::{Beginning, Session, Store};

/// Cells that come within this time are written together. A kernel that is killed loses them.
const BATCH_TIME: Duration = Duration::from_millis(200);
/// How many attempts are made after an error that may pass: opening a file that replaced the one before, and writing
/// one that other kernels keep locked.
const ATTEMPTS: usize = 3;

/// The jobs of the thread.
pub enum Job {
    /// Write, soon.
    Save,
    /// Write at once.
    Flush {
        /// Whether this is the session's end.
        end: bool,
        /// Disconnected when everything is written.
        done: Sender<()>,
    },
}

/// Writes the file.
pub struct Writer {
    shared: Arc<Shared>,
    /// When the session began, in seconds since 1970.
    started: u64,
    store: Option<Store>,
    /// The session, once the file has it.
    session: Option<Session>,
}

impl Writer {
    /// A writer that has not opened the file yet.
    pub fn new(shared: Arc<Shared>, started: SystemTime) -> Writer {
        let started = started.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        Writer { shared, started, store: None, session: None }
    }

    /// Works until the session ends.
    pub fn run(mut self, jobs: &Receiver<Job>) {
        let mut next = jobs.recv().ok();
        while let Some(job) = next {
            let last = if matches!(job, Job::Save) { last_of_batch(jobs) } else { Some(job) };
            // A thread waits for a flush, and after the last flush there is no further attempt.
            let attempts = if matches!(last, Some(Job::Save)) { 1 } else { ATTEMPTS };
            let all_written = (0..attempts).any(|_| self.save());
            match last {
                Some(Job::Save) => {}
                Some(Job::Flush { end: false, done }) => drop(done),
                Some(Job::Flush { end: true, done: _done }) => return self.end(),
                None => return,
            }
            next = if all_written { jobs.recv().ok() } else { Some(Job::Save) };
        }
    }

    /// Writes the cells that are not written yet. Returns whether no further attempt is needed.
    fn save(&mut self) -> bool {
        for _ in 0..ATTEMPTS {
            let cells = self.shared.own().take_unsaved();
            if cells.is_empty() {
                return true;
            }
            match self.write(&cells) {
                Ok(session) => {
                    self.shared.own().saved(session.number);
                    self.session = Some(session);
                    return true;
                }
                Err(error) => match self.renew(error) {
                    // The next attempt writes all cells into the new file.
                    Ok(()) => {
                        self.session = None;
                        self.shared.own().file_is_new();
                    }
                    Err(Error::Busy) => {
                        self.shared.own().not_saved();
                        return false;
                    }
                    Err(error) => return self.give_up(&error),
                },
            }
        }
        self.give_up(&Error::Replaced)
    }

    fn write(&mut self, cells: &[OwnCell]) -> Result<Session, Error> {
        let store = match &mut self.store {
            Some(store) => store,
            none => none.insert(Store::open(&self.shared.file)?),
        };
        let began = Beginning { at: self.started, notebook: &self.shared.notebook };
        store.save(self.session.as_ref(), began, cells)
    }

    /// Closes a file that is no longer usable, so that the next attempt opens a new one; returns the error if a new
    /// attempt would fail with it again.
    fn renew(&mut self, error: Error) -> Result<(), Error> {
        match (error, self.store.take()) {
            (Error::Replaced, _) => Ok(()),
            // After another process has removed the file, operations fail with various errors.
            (_, Some(store)) if store.is_moved() => Ok(()),
            (Error::Damaged, Some(store)) => store.begin_anew(),
            (Error::Busy, store) => {
                self.store = store;
                Err(Error::Busy)
            }
            (error, _) => Err(error),
        }
    }

    /// Goes on without a file.
    fn give_up(&mut self, error: &Error) -> bool {
        self.store = None;
        self.shared.own().give_up();
        self.shared.complain(error);
        true
    }

    fn end(&mut self) {
        if let (Some(store), Some(session)) = (&self.store, &self.session)
            && let Err(error) = store.end(session)
        {
            tracing::debug!("the end of the session is not in the history: {error}");
        }
    }
}

/// Waits until a batch is complete. Returns the job that ended it; `None` when there are no more jobs.
fn last_of_batch(jobs: &Receiver<Job>) -> Option<Job> {
    let deadline = Instant::now() + BATCH_TIME;
    loop {
        match jobs.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Job::Save) => {}
            Ok(flush) => return Some(flush),
            Err(RecvTimeoutError::Timeout) => return Some(Job::Save),
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rusqlite::Connection;

    use super::super::file::HistoryFile;
    use super::super::queries::Elsewhere;
    use super::*;

    fn writer(file: &Path) -> Writer {
        let file = HistoryFile { path: file.to_owned(), advice: "choose another" };
        Writer::new(Arc::new(Shared::new(Some(file), String::new())), SystemTime::now())
    }

    /// How many cells are in the file.
    fn written(file: &Path) -> usize {
        let all = Elsewhere { session: None, first: i64::MAX, output: false };
        super::super::store::read(file, |store| store.tail(all, 100)).unwrap().unwrap().len()
    }

    #[test]
    fn a_full_disk_costs_the_cells_from_then_on_and_one_complaint() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.sqlite");
        let mut writer = writer(&file);
        writer.shared.own().push(1, "a");
        assert!(writer.save());
        let store = writer.store.as_ref().unwrap();
        store.connection.query_one("PRAGMA max_page_count = 1", [], |row| row.get::<_, i64>(0)).unwrap();
        writer.shared.own().push(2, &"x".repeat(100_000));
        assert!(writer.save());
        assert!(writer.shared.has_complained());
        writer.shared.own().push(3, "b");
        assert!(writer.save());
        assert_eq!((written(&file), writer.shared.own().snapshot().cells.len()), (1, 3));
    }

    #[test]
    fn a_file_that_others_keep_locked_is_written_later() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.sqlite");
        let mut writer = writer(&file);
        writer.shared.own().push(1, "a");
        assert!(writer.save());
        let store = writer.store.as_ref().unwrap();
        store.connection.busy_timeout(Duration::from_millis(20)).unwrap();
        let other = Connection::open(&file).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        writer.shared.own().push(2, "b");
        assert!(!writer.save());
        other.execute_batch("COMMIT").unwrap();
        assert!(writer.save());
        assert!(!writer.shared.has_complained());
        assert_eq!(written(&file), 2);
    }
}

//! The file: sessions and their cells in SQLite, shared by all kernels of a user.
//!
//! The journal is SQLite's plain one, not the write-ahead log: home folders may be on a network, where that log's
//! shared memory does not work, and a session writes a few times a second at most. Thirty kernels that write at once
//! wait for one another ([`PATIENCE`]). A session's number comes from `AUTOINCREMENT` inside the transaction that
//! writes its first cell, so no two sessions share one, a number never comes back, and a kernel that ran nothing has
//! none. Nothing is ordered by time, so a clock may go back.
//!
//! Texts are kept as [`super::session_cells`] clips them; [`Limits`] bounds their number.

use std::fs::{self, DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, Row, Transaction, TransactionBehavior};

use super::connection::connect;
use super::error::Error;
use super::recovery;
use super::session_cells::OwnCell;

/// How long an answer waits for a kernel that is writing.
const READING_PATIENCE: Duration = Duration::from_secs(2);
/// How many cells may be written until the limits are checked again.
const PRUNE_EVERY: usize = 1000;

/// "Soma", in the file's header.
const APPLICATION: i64 = 0x536f_6d61;
/// The version of the tables below.
const VERSION: i64 = 1;
const TABLES: &str = "
    CREATE TABLE sessions (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        mark TEXT NOT NULL,
        started TEXT NOT NULL,
        ended TEXT
    );
    CREATE TABLE cells (
        id INTEGER PRIMARY KEY,
        session INTEGER NOT NULL,
        line INTEGER NOT NULL,
        input TEXT NOT NULL,
        output TEXT,
        UNIQUE (session, line)
    );
    PRAGMA application_id = 0x536f6d61;
    PRAGMA user_version = 1;
";

/// The limits of the file; the oldest cells are deleted.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many cells.
    pub cells: i64,
    /// How many bytes of the file may be in use.
    pub bytes: i64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { cells: 100_000, bytes: 256 << 20 }
    }
}

/// The contents of a file that SQLite can read.
#[derive(PartialEq)]
enum Layout {
    /// A file that was just made.
    Empty,
    /// A history.
    Ours,
}

/// A file that is open.
pub struct Store {
    pub(super) connection: Connection,
    /// The path of the file; `None` for a store in memory.
    file: Option<(PathBuf, Option<Identity>)>,
    limits: Limits,
    /// How many cells were written since the limits were checked.
    unpruned: usize,
}

/// Identifies the file that a path leads to.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    fn of(path: &Path) -> Option<Identity> {
        let file = fs::metadata(path).ok()?;
        Some(Identity { device: file.dev(), inode: file.ino() })
    }
}

/// When and for which notebook a session began.
#[derive(Clone, Copy, Debug)]
pub struct Beginning<'a> {
    /// In seconds since 1970.
    pub at: u64,
    /// The notebook's path as Jupyter's server gives it, or an empty text.
    pub notebook: &'a str,
}

impl From<u64> for Beginning<'_> {
    fn from(at: u64) -> Self {
        Beginning { at, notebook: "" }
    }
}

/// A session in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Its number.
    pub number: i64,
    /// Tells this session from one with the same number in another file; the notebook's path follows.
    mark: String,
}

/// Opens the file, if it exists, and runs `question` on it. A damaged file is copied and emptied.
pub fn read<T>(path: &Path, question: impl FnOnce(&Store) -> Result<T, Error>) -> Result<Option<T>, Error> {
    if !fs::exists(path)? {
        return Ok(None);
    }
    let store = Store::connect(path)?;
    store.connection.busy_timeout(READING_PATIENCE)?;
    let answer = store.layout().and_then(|layout| match layout {
        // Another kernel is making it.
        Layout::Empty => Ok(None),
        Layout::Ours => question(&store).map(Some),
    });
    match answer {
        Err(Error::Damaged) => store.begin_anew().map(|()| None),
        answer => answer,
    }
}

impl Store {
    /// Opens the file for writing; if it does not exist, makes it, readable by its owner alone. A damaged file is
    /// copied and emptied, and the error is [`Error::Replaced`].
    pub fn open(path: &Path) -> Result<Store, Error> {
        make_file(path)?;
        let mut store = Store::connect(path)?;
        match store.make_tables() {
            Ok(()) => Ok(store),
            Err(Error::Damaged) => store.begin_anew().and(Err(Error::Replaced)),
            Err(error) => Err(error),
        }
    }

    /// Whether the path now leads to another file, or to none.
    pub fn is_moved(&self) -> bool {
        self.file.as_ref().is_some_and(|(path, identity)| Identity::of(path) != *identity)
    }

    /// Closes a damaged file and empties it.
    pub fn begin_anew(self) -> Result<(), Error> {
        let Store { connection, file, .. } = self;
        drop(connection);
        file.map_or(Ok(()), |(path, _)| recovery::begin_anew(&path))
    }

    /// An empty store in memory.
    pub fn empty() -> Result<Store, Error> {
        let mut store = Store::with(Connection::open_in_memory()?);
        store.make_tables()?;
        Ok(store)
    }

    fn with(connection: Connection) -> Store {
        Store { connection, file: None, limits: Limits::default(), unpruned: 0 }
    }

    fn connect(path: &Path) -> Result<Store, Error> {
        let identity = Identity::of(path);
        Ok(Store { file: Some((path.to_owned(), identity)), ..Store::with(connect(path)?) })
    }

    fn make_tables(&mut self) -> Result<(), Error> {
        if self.layout()? == Layout::Ours {
            return Ok(());
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if layout(&transaction)? == Layout::Empty {
            transaction.execute_batch(TABLES)?;
            transaction.commit()?;
        }
        Ok(())
    }

    fn layout(&self) -> Result<Layout, Error> {
        layout(&self.connection)
    }

    /// Writes cells of a session; writes the session first, if it is not in the file yet. Writes all or nothing.
    ///
    /// `began` describes the session, if it is new.
    pub fn save<'a>(
        &mut self,
        session: Option<&Session>,
        began: impl Into<Beginning<'a>>,
        cells: &[OwnCell],
    ) -> Result<Session, Error> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if layout(&transaction)? != Layout::Ours {
            return Err(Error::Replaced);
        }
        let is_new = session.is_none();
        let session = match session {
            Some(session) if has(&transaction, session)? => session.clone(),
            Some(_) => return Err(Error::Replaced),
            None => begin(&transaction, began.into())?,
        };
        let mut statement = transaction.prepare(
            "INSERT INTO cells (session, line, input, output) VALUES (?, ?, ?, ?)
             ON CONFLICT (session, line) DO UPDATE SET input = excluded.input, output = excluded.output",
        )?;
        for OwnCell { line, input, output } in cells {
            statement.execute((session.number, line, &**input, output.as_deref()))?;
        }
        drop(statement);
        let unpruned = self.unpruned + cells.len();
        let prune = is_new || unpruned >= PRUNE_EVERY;
        if prune {
            delete_surplus(&transaction, self.limits)?;
        }
        transaction.commit()?;
        self.unpruned = if prune { 0 } else { unpruned };
        Ok(session)
    }

    /// Records the end of a session.
    pub fn end(&self, session: &Session) -> Result<(), Error> {
        let end = "UPDATE sessions SET ended = strftime('%Y-%m-%dT%H:%M:%SZ', 'now') WHERE number = ? AND mark = ?";
        self.connection.execute(end, (session.number, &session.mark))?;
        Ok(())
    }

    /// The number that the next session would get.
    pub fn next_session(&self) -> Result<i64, Error> {
        let last = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'sessions'";
        Ok(self.connection.query_one(last, [], |row| row.get::<_, i64>(0))? + 1)
    }
}

fn has(transaction: &Transaction, session: &Session) -> Result<bool, Error> {
    let mut statement = transaction.prepare("SELECT 1 FROM sessions WHERE number = ? AND mark = ?")?;
    Ok(statement.exists((session.number, &session.mark))?)
}

fn begin(transaction: &Transaction, began: Beginning) -> Result<Session, Error> {
    let begin = "INSERT INTO sessions (mark, started)
        VALUES (lower(hex(randomblob(8))) || ?, strftime('%Y-%m-%dT%H:%M:%SZ', ?, 'unixepoch')) RETURNING number, mark";
    let session = |row: &Row| Ok(Session { number: row.get(0)?, mark: row.get(1)? });
    Ok(transaction.query_row(begin, (began.notebook, began.at as i64), session)?)
}

/// Makes the file, if it does not exist.
fn make_file(path: &Path) -> Result<(), Error> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| Error::Other(format!("the folder {} cannot be made: {error}", folder.display())))?;
    }
    // SQLite would make a file that others can read. An existing file must not be opened here: closing it would release
    // the locks that this process has on it (https://sqlite.org/howtocorrupt.html, 2.2).
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if !fs::exists(path)? => Err(error.into()),
        _ => Ok(()),
    }
}

fn layout(connection: &Connection) -> Result<Layout, Error> {
    let header =
        "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
        (SELECT count(*) FROM sqlite_schema)";
    let header = connection.query_one(header, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let sentence = match header {
        // An emptied file's header has no meaning.
        (_, _, 0) => return Ok(Layout::Empty),
        (APPLICATION, VERSION, _) => return Ok(Layout::Ours),
        (APPLICATION, 2.., _) => "it was written by a newer version of this kernel",
        _ => "it is a database of another program",
    };
    Err(Error::Other(sentence.to_owned()))
}

/// Deletes the oldest cells until the limits are met, then sessions without cells.
fn delete_surplus(transaction: &Transaction, limits: Limits) -> Result<(), Error> {
    let cells =
        |transaction: &Transaction| transaction.query_one("SELECT count(*) FROM cells", [], |row| row.get::<_, i64>(0));
    let oldest = "DELETE FROM cells WHERE id IN (SELECT id FROM cells ORDER BY id LIMIT ?)";
    let mut deleted = 0;
    let surplus = cells(transaction)? - limits.cells;
    if surplus > 0 {
        deleted += transaction.execute(oldest, [surplus])?;
    }
    let used = "SELECT (page_count - freelist_count) * page_size
        FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
    while transaction.query_one(used, [], |row| row.get::<_, i64>(0))? > limits.bytes {
        match transaction.execute(oldest, [cells(transaction)? / 10 + 1])? {
            0 => break,
            some => deleted += some,
        }
    }
    if deleted > 0 {
        let without_cells = "DELETE FROM sessions WHERE NOT EXISTS (SELECT 1 FROM cells WHERE session = number)";
        transaction.execute(without_cells, [])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::queries::Elsewhere;

    const ALL: Elsewhere = Elsewhere { session: None, first: i64::MAX, output: false };

    fn cell(line: i64, input: &str) -> OwnCell {
        OwnCell { line, input: input.into(), output: None }
    }

    fn store(limits: Limits) -> Store {
        Store { limits, ..Store::empty().unwrap() }
    }

    fn inputs(store: &Store) -> Vec<String> {
        store.tail(ALL, 1000).unwrap().iter().rev().map(|entry| entry.input.to_string()).collect()
    }

    #[test]
    fn more_cells_than_the_limit_cost_the_oldest_and_sessions_without_cells() {
        let mut store = store(Limits { cells: 3, ..Limits::default() });
        assert_eq!(store.save(None, 0, &[cell(1, "a"), cell(2, "b")]).unwrap().number, 1);
        assert_eq!(store.save(None, 0, &[cell(1, "c")]).unwrap().number, 2);
        assert_eq!(store.save(None, 0, &[cell(1, "d")]).unwrap().number, 3);
        assert_eq!(inputs(&store), ["b", "c", "d"]);
        assert_eq!(store.save(None, 0, &[cell(1, "e")]).unwrap().number, 4);
        assert_eq!(inputs(&store), ["c", "d", "e"]);
        let sessions = "SELECT group_concat(number, ' ') FROM sessions";
        assert_eq!(store.connection.query_one(sessions, [], |row| row.get::<_, String>(0)).unwrap(), "2 3 4");
    }

    #[test]
    fn the_number_of_a_session_that_is_gone_does_not_come_back() {
        let mut store = store(Limits { cells: 1, ..Limits::default() });
        assert_eq!(store.save(None, 0, &[cell(1, "a")]).unwrap().number, 1);
        assert_eq!(store.save(None, 0, &[cell(1, "b")]).unwrap().number, 2);
        store.connection.execute("DELETE FROM sessions", []).unwrap();
        assert_eq!(store.next_session().unwrap(), 3);
        assert_eq!(store.save(None, 0, &[cell(1, "c")]).unwrap().number, 3);
    }

    #[test]
    fn more_bytes_than_the_limit_cost_the_oldest_cells() {
        let mut store = store(Limits { bytes: 200_000, ..Limits::default() });
        for number in 0..40 {
            store.save(None, 0, &[cell(1, &format!("{number} {}", "x".repeat(10_000)))]).unwrap();
        }
        let found = inputs(&store);
        assert!((12..=19).contains(&found.len()), "{}", found.len());
        assert!(found[found.len() - 1].starts_with("39 "));
        assert!(found[0].starts_with(&format!("{} ", 40 - found.len())));
    }

    #[test]
    fn a_long_session_is_kept_within_the_limits_too() {
        let mut store = store(Limits { cells: 10, ..Limits::default() });
        let session = store.save(None, 0, &[cell(1, "first")]).unwrap();
        for line in 2..=1 + PRUNE_EVERY as i64 {
            store.save(Some(&session), 0, &[cell(line, "next")]).unwrap();
        }
        assert_eq!(inputs(&store).len(), 10);
    }

    #[test]
    fn sessions_are_in_the_order_of_their_numbers_whatever_the_clock_says() {
        let mut store = store(Limits::default());
        store.save(None, 4_000_000_000, &[cell(1, "first")]).unwrap();
        let second = store.save(None, 0, &[cell(1, "second")]).unwrap();
        store.end(&second).unwrap();
        assert_eq!((inputs(&store), second.number), (vec!["first".to_owned(), "second".to_owned()], 2));
    }

    #[test]
    fn a_cell_that_is_written_again_is_replaced() {
        let mut store = store(Limits::default());
        let session = store.save(None, 0, &[cell(1, "a")]).unwrap();
        store.save(Some(&session), 0, &[OwnCell { output: Some("1".into()), ..cell(1, "a") }]).unwrap();
        let found = store.range(session.number, 1, 9, true).unwrap();
        assert_eq!((found.len(), found[0].output.as_deref()), (1, Some("1")));
    }
}

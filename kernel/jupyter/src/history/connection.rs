//! How the history's file is opened.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::Error;

/// How long a kernel waits for the others that use the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens an existing file, without looking into it.
pub fn connect(path: &Path) -> Result<Connection, Error> {
    // Writing is allowed for answers, too: SQLite must be able to undo what a killed kernel has left half done.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

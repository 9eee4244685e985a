//! Opens the history's file.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::Error;

/// How long a kernel waits for the others that use the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens an existing file, without reading it.
pub fn connect(path: &Path) -> Result<Connection, Error> {
    // Read-only questions open the file for writing, too: SQLite must be able to roll back what a killed kernel left
    // unfinished.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

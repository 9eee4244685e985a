//! What happens to a damaged file: it is copied, then emptied.
//!
//! The file is not renamed, since other kernels have it open. Two files that follow each other under one name share one
//! journal, and SQLite plays a journal that it finds back into the file that it has open: with eight kernels, one
//! attempt in twenty damaged the new file, too. So the file stays, and SQLite's own way of emptying a database is used.

use std::fs::{File, OpenOptions};
use std::io;
use std::mem::ManuallyDrop;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::connection::connect;
use super::error::Error;

/// Copies a damaged file and empties it, unless another kernel has done so already.
pub fn begin_anew(path: &Path) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Between the check and the emptying, no other kernel may do the same. Some network file systems cannot lock
    // folders; there the time between the two is short enough.
    let _lock = Flock::lock(File::open(folder)?, FlockArg::LockExclusive).ok();
    let connection = connect(path)?;
    if is_intact(&connection)? {
        return Ok(());
    }
    let copy = copy(path)?;
    // https://sqlite.org/c3ref/c_dbconfig_defensive.html#sqlitedbconfigresetdatabase
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, true)?;
    connection.execute_batch("VACUUM")?;
    tracing::warn!(
        "the history file {} was damaged: a copy of it is in {}, and a new history begins",
        path.display(),
        copy.display()
    );
    Ok(())
}

fn is_intact(connection: &Connection) -> Result<bool, Error> {
    let check = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0));
    match check.map_err(Error::from) {
        Ok(verdict) => Ok(verdict == "ok"),
        Err(Error::Damaged) => Ok(false),
        Err(problem) => Err(problem),
    }
}

/// Copies the file to the first of `history.sqlite.damaged-1`, `-2` and so on that is free.
fn copy(path: &Path) -> io::Result<PathBuf> {
    // Never closed: closing it would release the locks that this process has on the file
    // (https://sqlite.org/howtocorrupt.html, 2.2).
    let mut damaged = ManuallyDrop::new(File::open(path)?);
    for number in 1.. {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".damaged-{number}"));
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&name) {
            Ok(mut copy) => {
                io::copy(&mut *damaged, &mut copy)?;
                return Ok(name.into());
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    unreachable!("a folder holds fewer files than there are numbers")
}

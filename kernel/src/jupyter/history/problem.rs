//! What may be wrong with the file, as far as it makes a difference to what is done then.

use std::{fmt, io};

use rusqlite::{ErrorCode, ffi};

/// Why the file did not do what it should.
#[derive(Debug)]
pub enum Problem {
    /// Other kernels use it; later it may work.
    Busy,
    /// It is not the file that was opened, or has begun anew since then.
    Replaced,
    /// It is not what SQLite has written.
    Damaged,
    /// Anything else, in words.
    Other(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Problem::Busy => write!(f, "other programs keep it locked"),
            Problem::Replaced => write!(f, "another file takes its place again and again"),
            Problem::Damaged => write!(f, "it is damaged"),
            Problem::Other(reason) => write!(f, "{reason}"),
        }
    }
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Problem {
        if error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_READONLY_DBMOVED) {
            return Problem::Replaced;
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Problem::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Problem::Damaged,
            _ => Problem::Other(error.to_string()),
        }
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Problem {
        Problem::Other(error.to_string())
    }
}

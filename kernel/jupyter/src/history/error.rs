//! What may be wrong with the file, as far as it makes a difference to what is done then.

use std::{fmt, io};

use rusqlite::{ErrorCode, ffi};

/// Why the file did not do what it should.
#[derive(Debug)]
pub enum Error {
    /// Other kernels use it; later it may work.
    Busy,
    /// It is not the file that was opened, or has begun anew since then.
    Replaced,
    /// It is not what SQLite has written.
    Damaged,
    /// Anything else, in words.
    Other(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::Busy => write!(f, "other programs keep it locked"),
            Error::Replaced => write!(f, "another file takes its place again and again"),
            Error::Damaged => write!(f, "it is damaged"),
            Error::Other(reason) => write!(f, "{reason}"),
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        if error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_READONLY_DBMOVED) {
            return Error::Replaced;
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::Damaged,
            _ => Error::Other(error.to_string()),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        Error::Other(error.to_string())
    }
}

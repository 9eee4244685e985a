//! Errors of the history file, told apart where the kernel reacts differently.

use std::{fmt, io};

use rusqlite::{ErrorCode, ffi};

/// Why an operation on the file failed.
#[derive(Debug)]
pub enum Error {
    /// Other kernels use the file; a later attempt may succeed.
    Busy,
    /// It is not the file that was opened, or it was emptied since then.
    Replaced,
    /// The file is not a sound SQLite database.
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

//! The libraries that the worker has loaded in a session, by their content, each with the program that it was compiled
//! from.

use std::path::{Path, PathBuf};
use std::{fs, io};

use sha2::{Digest, Sha256};

use super::toolchain_info::hex;
use crate::dirs;

/// Puts a cell's library where evcxr looks for it. If the content is the same as before, the file is the one that the
/// worker has already loaded, so repeated runs of a cell take no more memory; but a `static` starts again with each
/// run.
///
/// # Errors
/// When the library cannot be written.
pub fn provide(library: &Path, content: &[u8], session: &Path, text: &str) -> io::Result<()> {
    let _ = fs::remove_file(library);
    let loaded = loaded(session, content);
    // Without the program, a panic in this cell's code has no place when a later cell runs it. Without the link below,
    // each run of the cell takes as much memory as another cell.
    let _ = fs::create_dir_all(loaded.parent().expect("it is in a folder"));
    let _ = dirs::overwrite(&loaded.with_extension("rs"), text.as_bytes());
    // Statics that an earlier library has are only declared.
    if text.lines().any(|line| line.contains("static") && !line.contains("#[link_name = \"soma_static_")) {
        return fs::write(library, content);
    }
    if fs::hard_link(&loaded, library).is_ok() {
        return Ok(());
    }
    fs::write(library, content)?;
    let _ = fs::hard_link(library, loaded);
    Ok(())
}

/// The place for a library with this content in the session's folder, with its program beside it.
fn loaded(session: &Path, content: &[u8]) -> PathBuf {
    session.join("loaded").join(hex(&Sha256::digest(content)))
}

/// The program that a library of the session was compiled from.
///
/// # Errors
/// When the library or the program no longer exists.
pub fn program_of(session: &Path, library: &Path) -> io::Result<String> {
    fs::read_to_string(loaded(session, &fs::read(library)?).with_extension("rs"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn the_same_library_is_the_same_file_and_has_the_newest_program() {
        let session = tempfile::tempdir().unwrap();
        let library = |name: &str| session.path().join(name);
        let number = |name: &str| fs::metadata(library(name)).unwrap().ino();
        let provide = |content: &[u8], text: &str, name: &str| {
            provide(&library("new"), content, session.path(), text).unwrap();
            fs::rename(library("new"), library(name)).unwrap();
        };
        provide(b"one", "fn f() {}", "1");
        provide(b"one", "fn f() {} // again", "2");
        assert_eq!(number("1"), number("2"));
        assert_eq!(program_of(session.path(), &library("1")).unwrap(), "fn f() {} // again");
        provide(b"two", "static S: u8 = 1;", "3");
        provide(b"two", "static S: u8 = 1;", "4");
        assert_ne!(number("3"), number("4"), "a static starts anew");
        assert_eq!(program_of(session.path(), &library("3")).unwrap(), "static S: u8 = 1;");
        assert!(program_of(session.path(), &library("5")).is_err());
    }
}

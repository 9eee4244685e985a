//! Where Soma keeps what outlives a session.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The folder for everything that can be made again: `SOMA_CACHE_DIR`, or `soma` in the user's cache folder.
pub fn cache_dir() -> PathBuf {
    match std::env::var_os("SOMA_CACHE_DIR") {
        Some(path) => PathBuf::from(path),
        None => dirs::cache_dir().unwrap_or_else(std::env::temp_dir).join("soma"),
    }
}

/// Makes a folder (and its parents) that only its owner can enter.
///
/// # Errors
/// What the system says, with the path in it.
pub fn private_dir(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot make the folder {}: {error}", path.display())))
}

/// Writes a file so that a reader sees the old content or the new, never a part.
///
/// # Errors
/// What the system says, with the path in it.
pub fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("cannot write {}: {error}", path.display()));
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(named)?;
    io::Write::write_all(&mut file, content).map_err(named)?;
    file.persist(path).map_err(|error| named(error.error))?;
    Ok(())
}

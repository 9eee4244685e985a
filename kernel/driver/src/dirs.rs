//! The folders for what outlives a session.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix::unistd::geteuid;

/// The folder for everything that can be made again: `SOMA_CACHE_DIR`, or `soma` in the user's cache folder. For an
/// account without a home (service accounts), a folder among the temporary files.
pub fn cache_dir() -> PathBuf {
    if let Some(path) = std::env::var_os("SOMA_CACHE_DIR") {
        return PathBuf::from(path);
    }
    let usual = dirs::cache_dir().map(|folder| folder.join("soma"));
    let is_usable = |folder: &PathBuf| folder.is_dir() || private_dir(folder).is_ok();
    usual.filter(is_usable).unwrap_or_else(|| own_temporary(&std::env::temp_dir()))
}

/// A folder for this account alone: an entry that another account has put in its place is not used.
fn own_temporary(all: &Path) -> PathBuf {
    let user = geteuid();
    let folder = all.join(format!("cache-of-soma-{user}"));
    let _ = private_dir(&folder);
    let is_own = folder
        .symlink_metadata()
        .is_ok_and(|found| found.is_dir() && found.uid() == user.as_raw() && found.mode() & 0o022 == 0);
    if is_own { folder } else { all.join(format!("cache-of-soma-{user}-{}", std::process::id())) }
}

/// Makes a folder (and its parents) that only its owner can enter.
///
/// # Errors
/// The system's error, with the path in it.
pub fn private_dir(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot make the folder {}: {error}", path.display())))
}

/// Records in a folder's record file that the folder is in use.
pub fn note_use(record: &Path) {
    /// A use is recorded only once in this time: reading the time is cheaper than writing it.
    const OFTEN_ENOUGH: Duration = Duration::from_secs(24 * 3600);
    let used = record.metadata().and_then(|metadata| metadata.modified());
    if used.is_ok_and(|used| used.elapsed().is_ok_and(|age| age < OFTEN_ENOUGH)) {
        return;
    }
    let _ = fs::File::options().append(true).open(record).and_then(|file| file.set_modified(SystemTime::now()));
}

/// Removes the folders in `all` whose record, `ready.json`, was not used for a month.
pub fn drop_unused(all: &Path, present: &Path) {
    const LONG: Duration = Duration::from_secs(30 * 24 * 3600);
    let unused = |folder: &Path| {
        let used = folder.join("ready.json").metadata().and_then(|metadata| metadata.modified());
        used.is_ok_and(|used| used.elapsed().is_ok_and(|age| age > LONG))
    };
    for folder in fs::read_dir(all).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if folder != present && unused(&folder) {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// Writes a file that nobody reads meanwhile. Its old content is overwritten, not dropped first: that takes a tenth of the
/// time, since the system looks for no new place on the disk.
///
/// # Errors
/// The system's error, with the path in it.
pub fn overwrite(path: &Path, content: &[u8]) -> io::Result<()> {
    let write = || {
        let mut file = fs::File::options().write(true).create(true).truncate(false).open(path)?;
        io::Write::write_all(&mut file, content)?;
        let length = content.len() as u64;
        if file.metadata()?.len() == length { Ok(()) } else { file.set_len(length) }
    };
    write()
        .map_err(|error: io::Error| io::Error::new(error.kind(), format!("cannot write {}: {error}", path.display())))
}

/// Writes a file so that a reader sees either the old content or the new, never a part.
///
/// # Errors
/// The system's error, with the path in it.
pub fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("cannot write {}: {error}", path.display()));
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(named)?;
    io::Write::write_all(&mut file, content).map_err(named)?;
    file.persist(path).map_err(|error| named(error.error))?;
    Ok(())
}

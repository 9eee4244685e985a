//! The session's folder: made at the start, swept if its owner was killed, made again if it was removed or damaged.
//!
//! The kernel removes its folder, and if the kernel was killed the supervisor does. If both are killed, the folder
//! stays until the next session of the same user starts. A lock on a file in the folder tells whether the owner lives:
//! the system releases it when the owner ends, in whatever way. A process's number would sooner or later belong to
//! another process.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use nix::unistd::geteuid;
use soma_driver::dirs;
use soma_driver::evcxr::files;
use soma_driver::session_dir::{self, SOCKET};
use soma_driver::toolchain::handoff::{CELL_NOTES, SESSION_NOTES, SessionNotes};
use soma_driver::toolchain::{command_line, shim_links};
use tempfile::TempDir;

/// The prefix of the names of sessions' folders.
const PREFIX: &str = "soma-";
/// Locked as long as the owner of the folder lives.
const ALIVE: &str = "alive";

/// A folder for one session; removed when dropped.
pub struct SessionFolder {
    folder: TempDir,
    _alive: Flock<File>,
}

impl SessionFolder {
    /// Makes a folder among the temporary files, for its owner alone.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn make() -> io::Result<SessionFolder> {
        SessionFolder::make_in(&std::env::temp_dir())
    }

    fn make_in(parent: &Path) -> io::Result<SessionFolder> {
        // Otherwise the crate uses the process's mask, which usually lets others read.
        let private = Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix(PREFIX).permissions(private).tempdir_in(parent)?;
        let alive = mark_alive(folder.path())?;
        Ok(SessionFolder { folder, _alive: alive })
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Makes the locked file. It gets its name only when it is locked, so that it is never found unlocked while its owner
/// lives.
fn mark_alive(folder: &Path) -> io::Result<Flock<File>> {
    let new = folder.join("alive.new");
    let alive = Flock::lock(File::create(&new)?, FlockArg::LockExclusiveNonblock).map_err(|(_, error)| error)?;
    fs::rename(new, folder.join(ALIVE))?;
    Ok(alive)
}

/// Removes the folders of this user's sessions whose owner has ended.
pub fn sweep() {
    sweep_in(&std::env::temp_dir());
}

fn sweep_in(parent: &Path) {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    for folder in entries.filter(|entry| is_ours(&entry.file_name(), &entry.path())).map(|entry| entry.path()) {
        let Ok(file) = File::open(folder.join(ALIVE)) else { continue };
        // Held until the folder is removed, so that two sweepers do not work in it at once.
        let Ok(_abandoned) = Flock::lock(file, FlockArg::LockExclusiveNonblock) else { continue };
        match fs::remove_dir_all(&folder) {
            Ok(()) => tracing::info!("removed {}, which a killed kernel left", folder.display()),
            Err(error) => tracing::debug!("{} cannot be removed: {error}", folder.display()),
        }
    }
}

/// Whether it is a real folder with a session's name that belongs to the current user.
fn is_ours(name: &OsStr, path: &Path) -> bool {
    name.to_string_lossy().starts_with(PREFIX) && is_own_folder(path)
}

fn is_own_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir() && found.uid() == geteuid().as_raw())
}

/// The kind of an entry in a session's folder.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    File,
    Folder,
    Link,
    Socket,
    /// A pipe or a device: not made by Soma, and reading it might block.
    Other,
}

impl Kind {
    fn of(path: &Path) -> Option<Kind> {
        let kind = path.symlink_metadata().ok()?.file_type();
        Some(match kind {
            _ if kind.is_symlink() => Kind::Link,
            _ if kind.is_dir() => Kind::Folder,
            _ if kind.is_socket() => Kind::Socket,
            _ if kind.is_file() => Kind::File,
            _ => Kind::Other,
        })
    }
}

/// The entries of its folder that a session needs.
fn needed(session: &Path) -> [(PathBuf, Kind); 6] {
    let links = shim_links::links(session);
    [
        (links.join("cargo"), Kind::Link),
        (links.join("rustc"), Kind::Link),
        (session.join(SESSION_NOTES), Kind::File),
        (session.join(SOCKET), Kind::Socket),
        (session.join(ALIVE), Kind::File),
        // evcxr's rust-analyzer makes it only once.
        (session.join("src"), Kind::Folder),
    ]
}

/// The entries that evcxr and the driver write for each cell, if nothing is in the way.
const WRITTEN: [(&str, Kind); 13] = [
    ("bin", Kind::Folder),
    ("target", Kind::Folder),
    ("loaded", Kind::Folder),
    (".cargo", Kind::Folder),
    (files::LIBRARY_PATH, Kind::File),
    (files::MANIFEST, Kind::File),
    (files::SOURCE, Kind::File),
    (session_dir::SOURCE, Kind::File),
    (session_dir::WARNINGS, Kind::File),
    (session_dir::BUILD_PID, Kind::File),
    (session_dir::KEY, Kind::File),
    (CELL_NOTES, Kind::File),
    (command_line::COMMAND_LINE, Kind::File),
];

/// The entries that have another kind than they should.
fn in_the_way(session: &Path) -> Vec<(PathBuf, Kind)> {
    let written = WRITTEN.iter().map(|(name, kind)| (session.join(name), *kind));
    let wrong = written.chain(needed(session)).filter_map(|(path, kind)| {
        let found = Kind::of(&path).filter(|found| *found != kind)?;
        Some((path, found))
    });
    wrong.collect()
}

/// Whether the folder has everything that a session needs, and nothing is in the way of the rest.
pub fn is_whole(session: &Path, notes: &SessionNotes) -> bool {
    let is_there = needed(session).iter().all(|(path, _)| path.symlink_metadata().is_ok());
    is_there && in_the_way(session).is_empty() && notes.are_written(session) && is_marked(session)
}

/// Whether the lock that marks the folder as in use is held: its file may have been replaced.
fn is_marked(session: &Path) -> bool {
    File::open(session.join(ALIVE)).is_ok_and(|file| Flock::lock(file, FlockArg::LockExclusiveNonblock).is_err())
}

/// Keeps a folder that was made again from being swept.
pub struct Restored {
    _alive: Flock<File>,
}

/// Makes missing entries again, except the channel's socket: some systems remove old temporary files.
///
/// # Errors
/// When an entry cannot be made, or another user has put a folder in its place.
pub fn restore(session: &Path, notes: &SessionNotes) -> io::Result<Restored> {
    // Its name is known by now: an entry in its place must not belong to another user.
    match DirBuilder::new().mode(0o700).create(session) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_own_folder(session) => {}
        made => made?,
    }
    for (path, kind) in in_the_way(session) {
        if kind == Kind::Folder { fs::remove_dir_all(path) } else { fs::remove_file(path) }?;
    }
    shim_links::link(session, &std::env::current_exe()?)?;
    dirs::private_dir(&session.join("src"))?;
    notes.write(session)?;
    Ok(Restored { _alive: mark_alive(session)? })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_folder_is_for_its_owner_alone() {
        let parent = tempfile::tempdir().unwrap();
        let folder = SessionFolder::make_in(parent.path()).unwrap();
        assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_sweep_takes_what_has_no_owner_and_nothing_else() {
        let parent = tempfile::tempdir().unwrap();
        let lives = SessionFolder::make_in(parent.path()).unwrap();
        let killed = parent.path().join("soma-killed");
        fs::create_dir_all(killed.join("bin")).unwrap();
        fs::write(killed.join("alive"), "").unwrap();
        // Another program's folder, or that of a kernel that is just making it.
        fs::create_dir(parent.path().join("soma-unmarked")).unwrap();
        fs::create_dir(parent.path().join("other")).unwrap();
        fs::write(parent.path().join("other/alive"), "").unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("alive"), "").unwrap();
        symlink(elsewhere.path(), parent.path().join("soma-link")).unwrap();
        sweep_in(parent.path());
        let mut left: Vec<_> = fs::read_dir(parent.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        left.sort();
        let own = lives.path().to_owned();
        let mut expected = ["other", "soma-link", "soma-unmarked"].map(|name| parent.path().join(name)).to_vec();
        expected.push(own);
        expected.sort();
        assert_eq!(left, expected);
        assert!(elsewhere.path().join("alive").exists());
    }

    #[test]
    fn the_owner_is_alive_until_it_has_let_go() {
        let parent = tempfile::tempdir().unwrap();
        let folder = SessionFolder::make_in(parent.path()).unwrap();
        let path = folder.path().to_owned();
        sweep_in(parent.path());
        assert!(path.exists());
        let SessionFolder { folder, _alive } = folder;
        // As if the kernel had been killed: the lock is released, the folder stays.
        let path = folder.keep();
        drop(_alive);
        sweep_in(parent.path());
        assert!(!path.exists());
    }
}

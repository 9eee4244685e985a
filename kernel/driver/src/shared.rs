//! Folders with content that others have prepared for this account: compiled cells, cell libraries, lessons. They are
//! read, never written.
//!
//! An installation brings such a folder (`share/soma` beside the folder of its program), and an administrator can fill one
//! for all accounts ([`SYSTEM`]). Their content is loaded into the processes of a session, so a folder counts only if no
//! account other than root and this one could have changed it.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use nix::unistd::{Gid, Group, User, geteuid};

/// The variable that names the folders, in place of the usual ones; an empty value means none.
pub const SHARED_DIRS: &str = "SOMA_SHARED_DIRS";

/// The folders that an administrator can fill for all accounts.
const SYSTEM: [&str; 2] = ["/usr/local/share/soma", "/usr/share/soma"];

/// The existing folders that can be trusted, the nearest first.
pub fn folders() -> &'static [PathBuf] {
    static FOLDERS: LazyLock<Vec<PathBuf>> =
        LazyLock::new(|| candidates().into_iter().filter(|f| is_safe(f)).collect());
    &FOLDERS
}

/// The existing folders that cannot be trusted.
pub fn distrusted() -> Vec<PathBuf> {
    candidates().into_iter().filter(|folder| folder.is_dir() && !is_trusted(folder)).collect()
}

fn is_safe(folder: &Path) -> bool {
    let is_there = folder.is_dir();
    let is_trusted = is_there && is_trusted(folder);
    if is_there && !is_trusted {
        tracing::warn!("{} is not used: another account can write to it or to a folder above it", folder.display());
    }
    is_trusted
}

fn candidates() -> Vec<PathBuf> {
    if let Some(named) = std::env::var_os(SHARED_DIRS) {
        return std::env::split_paths(&named).filter(|folder| folder.is_absolute()).collect();
    }
    let own = std::env::current_exe().and_then(fs::canonicalize).ok();
    let own = own.and_then(|program| Some(program.parent()?.parent()?.join("share/soma")));
    own.into_iter().chain(SYSTEM.map(PathBuf::from)).collect()
}

/// Whether only root and this account can change or replace a file or folder.
pub fn is_trusted(path: &Path) -> bool {
    let Ok(path) = fs::canonicalize(path) else { return false };
    path.ancestors().all(|part| part.symlink_metadata().is_ok_and(|metadata| is_ours(&metadata)))
}

/// Whether an entry of a trusted folder can be trusted too.
fn is_ours(metadata: &Metadata) -> bool {
    const GROUP_WRITES: u32 = 0o020;
    const OTHERS_WRITE: u32 = 0o002;
    // In a folder with this bit (`/tmp`), accounts cannot replace each other's files.
    const STICKY: u32 = 0o1000;
    let (owner, mode) = (metadata.uid(), metadata.mode());
    let is_closed_to_others = mode & OTHERS_WRITE == 0;
    let is_closed_to_group = mode & GROUP_WRITES == 0 || is_private_group(metadata.gid());
    let is_closed = is_closed_to_others && is_closed_to_group || metadata.is_dir() && mode & STICKY != 0;
    (owner == 0 || owner == geteuid().as_raw()) && is_closed
}

/// Whether a group has only this account in it: many systems give each account such a group, of its own name, and let it
/// write to what the account makes.
fn is_private_group(group: u32) -> bool {
    let account = User::from_uid(geteuid()).ok().flatten();
    let group = Group::from_gid(Gid::from_raw(group)).ok().flatten();
    account.zip(group).is_some_and(|(account, group)| {
        account.gid == group.gid && account.name == group.name && group.mem.iter().all(|name| *name == account.name)
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_others_can_write_to_is_not_trusted() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("share/soma");
        fs::create_dir_all(&folder).unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        assert!(is_trusted(&folder));
        for part in [folder.as_path(), folder.parent().unwrap()] {
            set(part, 0o757);
            assert!(!is_trusted(&folder), "{}", part.display());
            set(part, 0o755);
        }
        // The group of this account's own name has nobody else in it.
        let group = User::from_uid(geteuid()).unwrap().unwrap().gid.as_raw();
        std::os::unix::fs::chown(&folder, None, Some(group)).unwrap();
        set(&folder, 0o775);
        assert_eq!(is_trusted(&folder), is_private_group(group));
        std::os::unix::fs::chown(&folder, None, Some(if geteuid().is_root() { 1 } else { group })).unwrap();
        assert_eq!(is_trusted(&folder), !geteuid().is_root() && is_private_group(group));
        set(&folder, 0o755);
        let file = folder.join("cell");
        fs::write(&file, "").unwrap();
        set(&file, 0o666);
        assert!(!is_trusted(&file));
        set(&file, 0o644);
        assert!(is_trusted(&file));
        assert!(!is_trusted(&folder.join("missing")));
    }

    #[test]
    fn a_link_counts_for_what_it_leads_to() {
        let root = tempfile::tempdir().unwrap();
        let open = root.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        std::os::unix::fs::symlink(&open, root.path().join("link")).unwrap();
        assert!(!is_trusted(&root.path().join("link")));
    }
}

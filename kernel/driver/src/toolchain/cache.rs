//! The cell cache: compiled cells, keyed by the digest of everything that went into them.
//!
//! Shared between sessions and processes. An entry is a file that begins with the digest of its key and content, so an
//! entry that is truncated, corrupted or of another key is noticed and dropped. Entries are written by renaming; on a
//! disk that is full or read-only, cells compile without the cache.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::{dirs, shared};

/// The default limit on the size of all entries, in bytes.
pub const DEFAULT_LIMIT: u64 = 1 << 30;

const DIGEST: usize = 32;

/// A folder of compiled cells, above those that others have filled.
pub struct Cache {
    folder: PathBuf,
    limit: u64,
    /// The folders that are only read. They are looked for when this one has not got a cell.
    below: fn() -> Vec<PathBuf>,
}

/// The name of the folder in a cache and in a shared folder.
pub const CELLS: &str = "cells";

/// What `soma cache` shows.
#[derive(Debug, PartialEq)]
pub struct Statistics {
    /// The number of entries.
    pub entries: usize,
    /// The sum of their sizes in bytes.
    pub bytes: u64,
    /// Cells taken from the cache since it was last cleared.
    pub hits: usize,
    /// Cells that had to be compiled.
    pub misses: usize,
}

impl Cache {
    /// The user's cache, bounded by `SOMA_CACHE_BYTES` or [`DEFAULT_LIMIT`].
    pub fn user() -> Cache {
        let limit = std::env::var("SOMA_CACHE_BYTES").ok().and_then(|bytes| bytes.parse().ok());
        let below = || shared::folders().iter().map(|folder| folder.join(CELLS)).collect();
        Cache { below, ..Cache::new(dirs::cache_dir().join(CELLS), limit.unwrap_or(DEFAULT_LIMIT)) }
    }

    /// The same in another folder: for what is not to go when the user's cells do.
    pub fn user_in(folder: &Path) -> Cache {
        Cache { folder: folder.join(CELLS), ..Cache::user() }
    }

    /// A cache in this folder, which is made when the first entry is stored.
    pub fn new(folder: PathBuf, limit: u64) -> Cache {
        Cache { folder, limit, below: Vec::new }
    }

    fn entry(&self, key: &str) -> PathBuf {
        entry_in(&self.folder, key)
    }

    /// The content stored under a key, if it is present and intact.
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        let content = self.read(key).or_else(|| self.read_below(key));
        self.count(if content.is_some() { b'h' } else { b'm' });
        content
    }

    fn read(&self, key: &str) -> Option<Vec<u8>> {
        let path = self.entry(key);
        // Only regular files: reading anything else, such as a pipe, might block.
        path.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
        let mut file = fs::read(&path).ok()?;
        if file.len() < DIGEST || digest(key, &file[DIGEST..])[..] != file[..DIGEST] {
            let _ = fs::remove_file(&path);
            return None;
        }
        // Record the time of last use, by which entries are dropped.
        if let Ok(handle) = fs::File::options().append(true).open(&path) {
            let _ = handle.set_modified(SystemTime::now());
        }
        file.drain(..DIGEST);
        Some(file)
    }

    /// The content that a folder below has under a key, if only root and this account can have put it there.
    fn read_below(&self, key: &str) -> Option<Vec<u8>> {
        (self.below)().iter().find_map(|folder| {
            let path = entry_in(folder, key);
            let is_trusted = path.symlink_metadata().is_ok_and(|found| found.is_file()) && shared::is_trusted(&path);
            let mut file = is_trusted.then(|| fs::read(&path).ok()).flatten()?;
            (file.len() >= DIGEST && digest(key, &file[DIGEST..])[..] == file[..DIGEST]).then(|| {
                file.drain(..DIGEST);
                file
            })
        })
    }

    /// Stores content under a key. Failure is silent: the cell has been compiled anyway.
    pub fn put(&self, key: &str, content: &[u8]) {
        let path = self.entry(key);
        let mut file = digest(key, content).to_vec();
        file.extend_from_slice(content);
        let stored = dirs::private_dir(path.parent().expect("an entry is in a folder"))
            .and_then(|()| dirs::write_atomically(&path, &file));
        // One store in 256 sweeps: this keeps the limit without a counter that processes would contend for.
        if stored.is_ok() && key.starts_with("00") {
            self.sweep();
        }
    }

    /// Drops the entry of a key, if there is one.
    pub fn remove(&self, key: &str) {
        if key.len() > 2 && key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let _ = fs::remove_file(self.entry(key));
        }
    }

    /// Drops the least recently used entries, until the size is a tenth below the limit.
    pub fn sweep(&self) {
        let mut entries = self.entries();
        let mut bytes: u64 = entries.iter().map(|entry| entry.bytes).sum();
        if bytes <= self.limit {
            return;
        }
        // A time in the future is from before the clock was set back, and so older than any time in the past.
        let now = SystemTime::now();
        entries.sort_by_key(|entry| if entry.used > now { SystemTime::UNIX_EPOCH } else { entry.used });
        for entry in entries {
            if bytes <= self.limit / 10 * 9 {
                break;
            }
            if fs::remove_file(&entry.path).is_ok() {
                bytes -= entry.bytes;
            }
        }
    }

    /// The cache's size and use.
    pub fn statistics(&self) -> Statistics {
        let entries = self.entries();
        let counts = fs::read(self.counts()).unwrap_or_default();
        let count = |kind: u8| counts.iter().filter(|byte| **byte == kind).count();
        Statistics {
            entries: entries.len(),
            bytes: entries.iter().map(|entry| entry.bytes).sum(),
            hits: count(b'h'),
            misses: count(b'm'),
        }
    }

    /// Removes every entry and the statistics.
    ///
    /// # Errors
    /// When the folder cannot be removed.
    pub fn clear(&self) -> std::io::Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn entries(&self) -> Vec<Entry> {
        let folders = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let files = folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten().flatten());
        files.filter_map(|file| Entry::read(&file.path())).collect()
    }

    /// Counts look-ups: each appends one byte, which several processes can do at once.
    fn counts(&self) -> PathBuf {
        self.folder.join("counts")
    }

    fn count(&self, kind: u8) {
        let file = fs::File::options().append(true).create(true).mode(0o600).open(self.counts());
        let _ = file.and_then(|mut file| file.write_all(&[kind]));
    }
}

fn entry_in(folder: &Path, key: &str) -> PathBuf {
    folder.join(&key[..2]).join(&key[2..])
}

/// The digest at the beginning of an entry.
fn digest(key: &str, content: &[u8]) -> [u8; DIGEST] {
    Sha256::new().chain_update(key).chain_update(content).finalize().into()
}

struct Entry {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

impl Entry {
    fn read(path: &Path) -> Option<Entry> {
        let metadata = path.metadata().ok()?;
        Some(Entry { path: path.to_owned(), bytes: metadata.len(), used: metadata.modified().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn cache(limit: u64) -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().join("cells"), limit);
        (folder, cache)
    }

    #[test]
    fn what_was_stored_comes_back() {
        let (_folder, cache) = cache(1000);
        assert_eq!(cache.get("abcd"), None);
        cache.put("abcd", b"cell");
        assert_eq!(cache.get("abcd").as_deref(), Some(&b"cell"[..]));
        cache.put("abef", b"another");
        cache.remove("abef");
        let Statistics { entries, hits, misses, .. } = cache.statistics();
        // The very first look-up happened before the folder that holds the counts was made.
        assert_eq!((entries, hits, misses), (1, 1, 0));
    }

    #[test]
    fn a_damaged_entry_is_dropped() {
        let (_folder, cache) = cache(1000);
        cache.put("abcd", b"cell");
        for damage in [&b"short"[..], &[7; 40]] {
            fs::write(cache.entry("abcd"), damage).unwrap();
            assert_eq!(cache.get("abcd"), None);
            assert!(!cache.entry("abcd").exists());
        }
    }

    #[test]
    fn an_entry_of_another_key_is_dropped() {
        let (_folder, cache) = cache(1000);
        cache.put("abcd", b"cell");
        cache.put("abef", b"another");
        fs::copy(cache.entry("abcd"), cache.entry("abef")).unwrap();
        assert_eq!(cache.get("abef"), None);
        assert_eq!(cache.get("abcd").as_deref(), Some(&b"cell"[..]));
    }

    #[test]
    fn the_least_recently_used_go_first() {
        let (_folder, cache) = cache(100);
        for (age, key) in [(30, "aaaa"), (20, "bbbb"), (10, "cccc")] {
            cache.put(key, b"12345678");
            let file = fs::File::options().append(true).open(cache.entry(key)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
        }
        assert!(cache.get("aaaa").is_some(), "used just now, so it stays");
        cache.sweep();
        assert_eq!(["aaaa", "bbbb", "cccc"].map(|key| cache.get(key).is_some()), [true, false, true]);
    }

    #[test]
    fn what_was_used_before_the_clock_was_set_back_goes_first() {
        let (_folder, cache) = cache(100);
        for key in ["aaaa", "bbbb", "cccc"] {
            cache.put(key, b"12345678");
        }
        for key in ["aaaa", "cccc"] {
            let file = fs::File::options().append(true).open(cache.entry(key)).unwrap();
            file.set_modified(SystemTime::now() + Duration::from_secs(3600)).unwrap();
        }
        assert!(cache.get("cccc").is_some(), "used just now, so its time is right again");
        cache.sweep();
        assert_eq!(["aaaa", "bbbb", "cccc"].map(|key| cache.get(key).is_some()), [false, true, true]);
    }

    #[test]
    fn a_folder_that_cannot_be_made_costs_nothing_but_the_cache() {
        let cache = Cache::new(PathBuf::from("/dev/null/cells"), 100);
        cache.put("abcd", b"cell");
        assert_eq!(cache.get("abcd"), None);
    }
}

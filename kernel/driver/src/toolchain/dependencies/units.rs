//! Shares cargo's build results between target folders.
//!
//! A target folder is locked while cargo works in it, so no two sets of crates share one. To reuse what others have
//! built, a new folder begins with links to everything in the store (the target folder of the cells' own libraries),
//! and gives back what it has added. Cargo sees from names and times that nothing has to be built.
//!
//! Libraries and programs are hard links: they are large, and rustc replaces them instead of writing into them. Files
//! that cargo writes in place (fingerprints, lists of files, output of build scripts) are copied, with their times.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use nix::fcntl::{Flock, FlockArg};

/// The folders of a target folder's profile, in the order in which they must be filled: cargo ignores files without a
/// fingerprint.
const PARTS: [&str; 3] = ["deps", "build", FINGERPRINTS];
const FINGERPRINTS: &str = ".fingerprint";
/// Locked while the store is read or added to.
const LOCK: &str = "units.lock";

/// A store of units: the folder of a profile in a target folder.
pub struct Store<'a>(pub &'a Path);

impl Store<'_> {
    fn lock(&self, how: FlockArg) -> io::Result<Flock<File>> {
        let file = File::options().create(true).append(true).open(self.0.join(LOCK))?;
        Flock::lock(file, how).map_err(|(_, error)| error.into())
    }

    /// Fills a profile's folder with everything in the store, without these packages. An existing folder is left alone:
    /// its content may not be compatible with what others have built.
    ///
    /// # Errors
    /// The system's error.
    pub fn fill(&self, folder: &Path, without: &BTreeSet<String>) -> io::Result<()> {
        if folder.exists() {
            return Ok(());
        }
        let new = folder.with_extension("new");
        if new.exists() {
            fs::remove_dir_all(&new)?;
        }
        let _lock = self.lock(FlockArg::LockShared)?;
        for part in PARTS {
            add(&self.0.join(part), &new.join(part), without)?;
        }
        fs::rename(new, folder)
    }

    /// Adds to the store what was built in a profile's folder, without these packages (they can change). If both have
    /// built the same crate, nothing is added: what was built with one might not be compatible with the other.
    ///
    /// # Errors
    /// The system's error.
    pub fn take(&self, folder: &Path, without: &BTreeSet<String>) -> io::Result<()> {
        let _lock = self.lock(FlockArg::LockExclusive)?;
        if differs(&folder.join("deps"), &self.0.join("deps"), without)? {
            return Ok(());
        }
        for part in PARTS {
            add(&folder.join(part), &self.0.join(part), without)?;
        }
        Ok(())
    }
}

/// The package or crate that a file or folder of cargo's belongs to, under its library's name: cargo appends a digest.
fn package(name: &str) -> String {
    let stem = name.split('.').next().unwrap_or(name);
    let stem = stem.rsplit_once('-').map_or(stem, |(package, _)| package);
    stem.replace('-', "_")
}

fn is_of(name: &str, packages: &BTreeSet<String>) -> bool {
    let package = package(name);
    packages.contains(&package) || package.strip_prefix("lib").is_some_and(|package| packages.contains(package))
}

fn is_library(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        extension == "rlib" || extension == "rmeta" || extension == std::env::consts::DLL_EXTENSION
    })
}

/// Whether both folders have a library of the same name that was built at different times.
fn differs(folder: &Path, other: &Path, without: &BTreeSet<String>) -> io::Result<bool> {
    for entry in entries(folder)? {
        let theirs = other.join(entry.file_name());
        if !is_library(&theirs) || is_of(&entry.file_name().to_string_lossy(), without) {
            continue;
        }
        if let (Ok(own), Ok(theirs)) = (entry.metadata(), theirs.metadata())
            && (own.len(), own.modified()?) != (theirs.len(), theirs.modified()?)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn entries(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Adds to a folder what only the other one has. A subfolder appears whole or not at all.
fn add(from: &Path, to: &Path, without: &BTreeSet<String>) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in entries(from)? {
        let name = entry.file_name();
        let target = to.join(&name);
        if is_of(&name.to_string_lossy(), without) || target.symlink_metadata().is_ok() {
            continue;
        }
        if entry.file_type()?.is_dir() {
            let unfinished = tempfile::Builder::new().prefix(".").tempdir_in(to)?;
            copy_folder(&entry.path(), unfinished.path())?;
            fs::rename(unfinished.keep(), target)?;
        } else {
            copy_file(&entry.path(), &target)?;
        }
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in entries(from)? {
        let target = to.join(entry.file_name());
        match entry.file_type()? {
            kind if kind.is_dir() => copy_folder(&entry.path(), &target)?,
            kind if kind.is_symlink() => std::os::unix::fs::symlink(fs::read_link(entry.path())?, target)?,
            _ => copy_file(&entry.path(), &target)?,
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let name = from.file_name().unwrap_or_default().as_encoded_bytes();
    let is_script =
        [b"build_script_", b"build-script-"].iter().any(|start| name.starts_with(*start)) && from.extension().is_none();
    if (is_library(from) || is_script) && fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    let time: SystemTime = fs::metadata(from)?.modified()?;
    fs::copy(from, to)?;
    File::options().append(true).open(to)?.set_modified(time)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;
    use std::time::Duration;

    use super::*;

    fn write(folder: &Path, files: &[&str]) {
        for file in files {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, file).unwrap();
            let time = SystemTime::now() - Duration::from_secs(1000);
            File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
        }
    }

    const REGEX: [&str; 5] = [
        "deps/libregex-1a.rlib",
        "deps/regex-1a.d",
        ".fingerprint/regex-1a/lib-regex",
        "build/regex-2b/out/made/x.rs",
        "build/regex-2b/output",
    ];
    const OWN: [&str; 3] = ["deps/libmy_crate-3c.rlib", ".fingerprint/my-crate-3c/lib-my_crate", "deps/my_crate-3c.d"];

    #[test]
    fn what_one_folder_has_built_others_begin_with() {
        let root = tempfile::tempdir().unwrap();
        let [store, one, two] = ["store", "one", "two"].map(|name| root.path().join(name));
        fs::create_dir(&store).unwrap();
        write(&one, &REGEX);
        write(&one, &OWN);
        let without = BTreeSet::from(["my_crate".to_owned()]);
        Store(&store).take(&one, &without).unwrap();
        Store(&store).fill(&two, &BTreeSet::new()).unwrap();
        for file in REGEX {
            let [own, other] = [&one, &two].map(|folder| fs::metadata(folder.join(file)).unwrap());
            assert_eq!(own.modified().unwrap(), other.modified().unwrap(), "{file}");
            assert_eq!(own.ino() == other.ino(), file.ends_with(".rlib"), "{file}");
        }
        for file in OWN {
            assert!(!two.join(file).exists(), "{file}: what can change is nobody else's");
        }
    }

    #[test]
    fn what_two_have_built_at_once_is_not_mixed() {
        let root = tempfile::tempdir().unwrap();
        let [store, one, two] = ["store", "one", "two"].map(|name| root.path().join(name));
        fs::create_dir(&store).unwrap();
        write(&one, &["deps/libregex-1a.rlib"]);
        std::thread::sleep(Duration::from_millis(5));
        write(&two, &["deps/libregex-1a.rlib", "deps/libuser-4d.rlib"]);
        Store(&store).take(&one, &BTreeSet::new()).unwrap();
        Store(&store).take(&two, &BTreeSet::new()).unwrap();
        assert!(store.join("deps/libregex-1a.rlib").exists());
        assert!(!store.join("deps/libuser-4d.rlib").exists());
    }
}

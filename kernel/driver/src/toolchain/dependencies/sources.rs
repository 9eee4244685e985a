//! The files that path dependencies are built from: they reveal a change without a call of cargo.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

/// Files, with their sizes and times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sources {
    files: Vec<(PathBuf, Stamp)>,
    /// Whether a build script exists, so that only cargo knows whether the crate has changed.
    unknown: bool,
}

/// Size and time; `None` for a missing file.
type Stamp = Option<(u64, u128)>;

fn stamp(file: &Path) -> Stamp {
    let metadata = file.metadata().ok()?;
    Some((metadata.len(), metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_nanos()))
}

impl Sources {
    /// Adds a package: its manifest, the manifests above it (a workspace's affects its members), and the files that
    /// rustc has read for the package's library.
    pub fn add(&mut self, manifest: &Path, library: &Path) {
        let root = manifest.parent().unwrap_or(Path::new("/"));
        let manifests = root.ancestors().map(|folder| folder.join("Cargo.toml"));
        let read = fs::read_to_string(list(library)).unwrap_or_default();
        let files = listed(&read).into_iter().map(|file| root.join(file));
        for file in manifests.chain(files) {
            if self.files.iter().all(|(other, _)| *other != file) {
                let stamp = stamp(&file);
                self.files.push((file, stamp));
            }
        }
        self.unknown |= read.is_empty();
    }

    /// Records that other things than files decide the result.
    pub fn add_unknown(&mut self) {
        self.unknown = true;
    }

    /// Whether a build now would give the same result.
    pub fn are_unchanged(&self) -> bool {
        !self.unknown && self.files.iter().all(|(file, then)| stamp(file) == *then)
    }
}

/// The file in which rustc lists what it has read for a library.
fn list(library: &Path) -> PathBuf {
    let name = library.file_stem().unwrap_or_default().to_string_lossy();
    library.with_file_name(format!("{}.d", name.strip_prefix("lib").unwrap_or(&name)))
}

/// The files in rustc's list, in the format of `make`: each is on a separate line, as a target without prerequisites.
pub fn listed(list: &str) -> Vec<PathBuf> {
    let files = list.lines().filter_map(|line| line.strip_suffix(':'));
    files.map(|file| PathBuf::from(file.replace("\\ ", " "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_any_file_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            fs::write(folder.path().join(name), text).unwrap();
            folder.path().join(name)
        };
        let (manifest, code) = (write("Cargo.toml", "[package]"), write("my lib.rs", "fn f() {}"));
        let library = write("libmine-1a.rlib", "");
        let listed = code.display().to_string().replace(' ', "\\ ");
        write("mine-1a.d", &format!("libmine-1a.rlib: {listed}\n\n{listed}:\n"));
        let add = || {
            let mut sources = Sources::default();
            sources.add(&manifest, &library);
            sources
        };
        let sources = add();
        assert!(sources.are_unchanged());
        write("my lib.rs", "fn f() { 1 }");
        assert!(!sources.are_unchanged());
        let sources = add();
        fs::remove_file(&code).unwrap();
        assert!(!sources.are_unchanged());
        fs::remove_file(folder.path().join("mine-1a.d")).unwrap();
        assert!(!add().are_unchanged(), "without a list only cargo knows");
    }
}

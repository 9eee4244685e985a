//! `soma lessons`: copies the lessons of an installation to a folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use soma_driver::shared;

/// The name of their folder in a shared folder.
const LESSONS: &str = "lessons";

/// Copies the lessons into a new folder.
///
/// # Errors
/// When no lessons came with this installation, or the folder has something already.
pub fn run(folder: &Path) -> Result<()> {
    let lessons: PathBuf = shared::folders()
        .iter()
        .map(|shared| shared.join(LESSONS))
        .find(|lessons| lessons.is_dir())
        .context("no lessons came with this installation: they are in the folder `notebooks` of Soma's sources")?;
    if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} has something in it already: name another folder, or one that is not there yet", folder.display());
    }
    copy(&lessons, folder).with_context(|| format!("cannot lay the lessons out in {}", folder.display()))?;
    println!("The lessons are in {}. Begin with en/00-start.ipynb, or zh/00-start.ipynb in Chinese.", folder.display());
    Ok(())
}

/// Copies a folder. The files belong to this account, which can write to them.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::write(target, fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_copied_with_all_below_it() {
        let root = tempfile::tempdir().unwrap();
        let from = root.path().join("from/data");
        fs::create_dir_all(&from).unwrap();
        fs::write(from.join("a.csv"), "1").unwrap();
        copy(&root.path().join("from"), &root.path().join("to")).unwrap();
        assert_eq!(fs::read_to_string(root.path().join("to/data/a.csv")).unwrap(), "1");
    }

    #[test]
    fn what_is_there_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine.ipynb"), "{}").unwrap();
        // Without lessons the folder is not looked at; either way it stays as it is.
        assert!(run(folder.path()).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

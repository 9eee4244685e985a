//! The kernel's entry in Jupyter (a kernelspec): a folder with `kernel.json` and the logo.
//!
//! See <https://jupyter-client.readthedocs.io/en/latest/kernels.html#kernel-specs>.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;

use super::logo;

/// The kernel's name: the value of `--kernel`, and the folder's name.
pub const NAME: &str = "soma";
/// The kernel's name in front ends.
pub const DISPLAY_NAME: &str = "Rust (Soma)";

/// The environment variables with which the kernel is started.
pub type Environment = BTreeMap<String, String>;

/// Makes the folder of kernels and checks that it can be written.
///
/// # Errors
/// One sentence with the folder, the system's reason and what to do.
pub fn check_writable(kernels: &Path) -> Result<()> {
    fs::create_dir_all(kernels).and_then(|()| staging_folder(kernels)).with_context(|| cannot_write(kernels))?;
    Ok(())
}

/// Writes the entry that starts `executable`, replacing an earlier one, and returns its folder.
///
/// # Errors
/// One sentence with the folder, the system's reason and what to do.
pub fn write(kernels: &Path, executable: &Path, environment: &Environment) -> Result<PathBuf> {
    let folder = kernels.join(NAME);
    let write = || -> io::Result<()> {
        fs::create_dir_all(kernels)?;
        let staging = staging_folder(kernels)?;
        let entry = staging.path().join(NAME);
        fs::create_dir(&entry)?;
        for (name, content) in files(executable, environment) {
            fs::write(entry.join(name), content)?;
        }
        // A folder with content cannot be renamed over, so the old entry goes into the staging folder, which is removed
        // with it.
        match fs::rename(&folder, staging.path().join("replaced")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::rename(&entry, &folder)
    };
    write().with_context(|| cannot_write(kernels))?;
    Ok(folder)
}

/// Removes the entry; `None` when there was none.
///
/// # Errors
/// One sentence with the folder and the system's reason.
pub fn remove(kernels: &Path) -> Result<Option<PathBuf>> {
    let folder = kernels.join(NAME);
    match fs::remove_dir_all(&folder) {
        Ok(()) => Ok(Some(folder)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot remove {}", folder.display())),
    }
}

fn staging_folder(kernels: &Path) -> io::Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix(".soma-").tempdir_in(kernels)
}

fn cannot_write(kernels: &Path) -> String {
    format!(
        "cannot write the kernel's entry to {}: make that folder writable, or choose another with `--user`, \
         `--sys-prefix` or `--prefix FOLDER`",
        kernels.display()
    )
}

/// Writes the entry of a kernel whose program is in the folder `bin` of the same Python environment, wherever that is: front
/// ends put the entry's own folder in.
///
/// # Errors
/// What the system says.
pub fn write_relocatable(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    // From `share/jupyter/kernels/soma`.
    let program = Path::new("{resource_dir}/../../../../bin/soma");
    for (name, content) in files(program, &Environment::new()) {
        fs::write(folder.join(name), content)?;
    }
    Ok(())
}

fn files(executable: &Path, environment: &Environment) -> [(&'static str, Vec<u8>); 4] {
    let description = description(executable, environment);
    [
        ("kernel.json", serde_json::to_vec_pretty(&description).expect("a description is plain data")),
        ("logo-32x32.png", logo::png(32)),
        ("logo-64x64.png", logo::png(64)),
        ("logo-svg.svg", logo::svg().into_bytes()),
    ]
}

fn description(executable: &Path, environment: &Environment) -> serde_json::Value {
    json!({
        "env": environment,
        "argv": [executable, "kernel", "--connection-file", "{connection_file}"],
        "display_name": DISPLAY_NAME,
        "language": "rust",
        "interrupt_mode": "message",
        "metadata": { "debugger": false, "supported_encryption": "curve" },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn an_entry_starts_the_executable_with_the_connection_file() {
        let kernels = tempfile::tempdir().unwrap();
        let environment = [("SOMA_RUSTC".to_owned(), "/rust/bin/rustc".to_owned())].into();
        let folder = write(kernels.path(), Path::new("/opt/soma"), &environment).unwrap();
        let text = fs::read_to_string(folder.join("kernel.json")).unwrap();
        let description: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(description["argv"], json!(["/opt/soma", "kernel", "--connection-file", "{connection_file}"]));
        assert_eq!(description["interrupt_mode"], "message");
        assert_eq!(description["env"], json!({ "SOMA_RUSTC": "/rust/bin/rustc" }));
        assert_eq!(names(&folder), ["kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg"]);
    }

    #[test]
    fn writing_again_replaces_the_entry_and_leaves_nothing_else() {
        let kernels = tempfile::tempdir().unwrap();
        let folder = write(kernels.path(), Path::new("/old/soma"), &Environment::new()).unwrap();
        fs::write(folder.join("stale"), "").unwrap();
        write(kernels.path(), Path::new("/new/soma"), &Environment::new()).unwrap();
        assert_eq!(names(kernels.path()), [NAME]);
        assert!(fs::read_to_string(folder.join("kernel.json")).unwrap().contains("/new/soma"));
        assert!(!folder.join("stale").exists());
    }

    #[test]
    fn removing_takes_the_entry_and_says_when_there_is_none() {
        let kernels = tempfile::tempdir().unwrap();
        write(kernels.path(), Path::new("/opt/soma"), &Environment::new()).unwrap();
        assert_eq!(remove(kernels.path()).unwrap(), Some(kernels.path().join(NAME)));
        assert!(names(kernels.path()).is_empty());
        assert_eq!(remove(kernels.path()).unwrap(), None);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named_with_what_to_do() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = check_writable(&file.path().join("kernels")).unwrap_err().to_string();
        assert!(error.contains(&file.path().display().to_string()), "{error}");
        assert!(error.contains("--prefix FOLDER"), "{error}");
    }
}

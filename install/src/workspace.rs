//! The folders of Soma's sources and of cargo's output.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::environment;

/// Soma's sources and cargo's target folder.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The folder with the workspace's `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target folder, as cargo itself reports it: `CARGO_TARGET_DIR`, configuration files or `target`.
    pub target: PathBuf,
}

impl Workspace {
    /// The workspace of the package that cargo runs, or of the current folder.
    ///
    /// # Errors
    /// One sentence, when that is not Soma's workspace or cargo fails.
    pub fn find() -> Result<Workspace> {
        let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let start = match package {
            Some(package) => package,
            None => std::env::current_dir().context("cannot find out the current folder")?,
        };
        let root = root_above(&start).with_context(|| {
            format!("{} is not inside Soma's sources: run this in a clone of them", start.display())
        })?;
        let target = target_folder(&root)?;
        Ok(Workspace { root, target })
    }

    /// The folder that holds the lab.
    pub fn lab(&self) -> PathBuf {
        self.target.join("lab")
    }

    /// The lessons.
    pub fn notebooks(&self) -> PathBuf {
        self.root.join("notebooks")
    }

    /// Where tests leave files that a user may want to look at.
    pub fn artifacts(&self) -> PathBuf {
        self.target.join("artifacts")
    }
}

/// The cargo that runs this program, or the first on `PATH`.
pub fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn root_above(start: &Path) -> Option<PathBuf> {
    start.ancestors().find(|folder| folder.join("install/requirements.txt").is_file()).map(Path::to_path_buf)
}

fn target_folder(root: &Path) -> Result<PathBuf> {
    let mut command = Command::new(cargo());
    environment::without_cargo(&mut command);
    let output = command
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root)
        .output()
        .context("cargo was not found: install Rust with rustup (https://rustup.rs), then try again")?;
    let metadata: Option<serde_json::Value> = serde_json::from_slice(&output.stdout).ok();
    let folder = metadata.as_ref().and_then(|metadata| metadata["target_directory"].as_str()).map(PathBuf::from);
    folder.with_context(|| format!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_found_from_any_folder_inside() {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(root_above(&package.join("src")), package.parent().map(Path::to_path_buf));
        assert_eq!(root_above(Path::new("/")), None);
    }
}

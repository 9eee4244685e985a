//! The machine's requirements, checked before anything is built: a linker, Python and Rust's own sources. Each check
//! ends in a path or in one sentence that says what to do.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::environment;
use crate::process;
use crate::progress::Outcome;

/// The oldest Python that the pinned packages run on.
const OLDEST_PYTHON: (u32, u32) = (3, 11);

/// Whether the lab needs Rust's own sources, which only completions read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RustSources {
    /// The check fails without them.
    Required,
    /// Without them, everything but completions works.
    IfThere,
}

/// The first executable of this name on `PATH`.
pub fn on_path(name: &str) -> Option<PathBuf> {
    in_folders(name, &std::env::var_os("PATH")?)
}

/// The first executable of this name in a list of folders that is written like `PATH`.
pub fn in_folders(name: &str, folders: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(folders).map(|folder| folder.join(name)).find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// The linker that rustc calls.
///
/// # Errors
/// One sentence, when there is none.
pub fn linker() -> Result<PathBuf> {
    let chosen = std::env::vars_os().find(|(name, _)| is_linker_setting(name)).map(|(_, linker)| PathBuf::from(linker));
    chosen.or_else(|| on_path("cc")).context(if cfg!(target_os = "macos") {
        "no linker (`cc`) was found: install one with `xcode-select --install`, then try again"
    } else {
        "no linker (`cc`) was found: install a C compiler (on Debian and Ubuntu `sudo apt-get install gcc libc6-dev`), \
         then try again"
    })
}

fn is_linker_setting(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("CARGO_TARGET_") && name.ends_with("_LINKER"))
}

/// A Python that can make virtual environments.
#[derive(Clone, Debug)]
pub struct Python {
    /// The interpreter.
    pub executable: PathBuf,
    /// Its version, such as `3.11.7`.
    pub version: String,
}

impl Outcome for Python {
    fn told(&self) -> String {
        format!("{} at {}", self.version, self.executable.display())
    }
}

/// A Python that is new enough and has the module that makes virtual environments.
///
/// # Errors
/// One sentence, when there is none.
pub fn python() -> Result<Python> {
    let (major, minor) = OLDEST_PYTHON;
    let executable = on_path("python3").with_context(|| {
        format!(
            "no Python (`python3`) was found: install Python {major}.{minor} or newer (on Debian and Ubuntu \
             `sudo apt-get install python3 python3-venv`), then try again"
        )
    })?;
    let version = answer(&executable, "import platform; print(platform.python_version())")
        .with_context(|| format!("{} does not run: repair it or put another first on PATH", executable.display()))?;
    if !is_new_enough(&version) {
        bail!(
            "{} is Python {version}, too old for JupyterLab: put Python {major}.{minor} or newer first on PATH, then \
             try again",
            executable.display()
        );
    }
    answer(&executable, "import ensurepip, venv").context(
        "this Python cannot make environments: install its `venv` module (on Debian and Ubuntu \
         `sudo apt-get install python3-venv`), then try again",
    )?;
    Ok(Python { executable, version })
}

fn answer(python: &Path, code: &str) -> Option<String> {
    let mut command = Command::new(python);
    command.env_remove("PYTHONHOME").env_remove("PYTHONPATH");
    let output = command.args(["-c", code]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    numbers.next().zip(numbers.next()).is_some_and(|version| version >= OLDEST_PYTHON)
}

/// Looks for Rust's own sources, and asks rustup for them when they are missing.
///
/// # Errors
/// One sentence, when they are required and cannot be installed.
pub fn rust_sources(need: RustSources) -> Result<String> {
    let sources = sysroot()?.join("lib/rustlib/src/rust/library/std");
    if sources.is_dir() {
        return Ok("ready".to_owned());
    }
    match (add_rust_sources(), need) {
        (Ok(()), _) => Ok("installed".to_owned()),
        (Err(error), RustSources::Required) => Err(error),
        (Err(error), RustSources::IfThere) => Ok(format!("missing, so completions will not work: {error:#}")),
    }
}

fn sysroot() -> Result<PathBuf> {
    let mut command = Command::new("rustc");
    environment::without_cargo(&mut command);
    let output = command
        .args(["--print", "sysroot"])
        .output()
        .context("`rustc` was not found: install Rust with rustup (https://rustup.rs), then try again")?;
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

fn add_rust_sources() -> Result<()> {
    if on_path("rustup").is_none() {
        bail!(
            "Rust's own sources, which completions read, are missing: install your system's package of them (on \
             Debian and Ubuntu `sudo apt-get install rust-src`), or go on without with `cargo lab --without-completions`"
        );
    }
    let mut command = Command::new("rustup");
    environment::without_cargo(&mut command);
    let finished = process::run(command.args(["component", "add", "rust-src"]), Duration::from_secs(300))?;
    if !finished.succeeded() {
        bail!(
            "Rust's own sources, which completions read, could not be fetched: go online and type \
             `rustup component add rust-src`, or go on without with `cargo lab --without-completions`"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(is_new_enough("3.11.0"));
        assert!(is_new_enough("3.100.1"));
        assert!(!is_new_enough("3.9.18"));
        assert!(!is_new_enough("2.7"));
        assert!(!is_new_enough(""));
    }

    #[test]
    fn a_linker_set_for_cargo_counts() {
        assert!(is_linker_setting(OsStr::new("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER")));
        assert!(!is_linker_setting(OsStr::new("CARGO_TARGET_DIR")));
    }
}

//! A browser for the tests: the system's Chromium, which the system's package manager installs if it is missing.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::process;
use crate::requirements::{in_folders, on_path};

/// The names of its executable on various systems.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const ON_MACOS: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
/// The browser, and a font with the characters of the lessons' languages.
const PACKAGES: [&str; 2] = ["chromium", "fonts-noto-cjk"];

/// Makes apt wait for another apt that is running.
const WAIT: [&str; 2] = ["-o", "DPkg::Lock::Timeout=600"];

/// How long the package manager may take, on a slow connection.
const LIMIT: Duration = Duration::from_secs(1800);

/// The browser's executable. If there is none and this process may install packages, it is installed first.
///
/// # Errors
/// One sentence with the command to type.
pub fn find_or_install() -> Result<PathBuf> {
    // Tests ask at the same time, and the package manager serves one process at a time.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(found) = find() {
        return Ok(found);
    }
    let apt = on_path("apt-get").filter(|_| nix::unistd::geteuid().is_root());
    if let Some(apt) = apt {
        eprintln!("Installing {} from the system's packages", PACKAGES.join(" and "));
        // An outdated package list names files that are no longer on the mirror.
        let installed = succeeds(Command::new(&apt).arg("update"))
            && succeeds(
                Command::new(&apt).args(["install", "--yes", "--no-install-recommends"]).args(WAIT).args(PACKAGES),
            );
        if let Some(found) = installed.then(find).flatten() {
            return Ok(found);
        }
    }
    bail!(
        "no Chromium was found, which the browser tests need: install it (on Debian `sudo apt-get install {}`, \
         elsewhere Google Chrome will do), then try again",
        PACKAGES.join(" ")
    )
}

/// A browser that prints its version: on some systems the name exists, but starts an advertisement for a package.
fn find() -> Option<PathBuf> {
    find_in(&std::env::var_os("PATH")?).or_else(|| Some(PathBuf::from(ON_MACOS)).filter(|path| runs(path)))
}

fn find_in(folders: &OsStr) -> Option<PathBuf> {
    NAMES.iter().filter_map(|name| in_folders(name, folders)).find(|path| runs(path))
}

fn runs(browser: &Path) -> bool {
    Command::new(browser).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn succeeds(command: &mut Command) -> bool {
    process::run(command.env("DEBIAN_FRONTEND", "noninteractive"), LIMIT).is_ok_and(|finished| finished.succeeded())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_name_behind_which_there_is_no_browser_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let (advertisement, chrome) = (folder.path().join("chromium-browser"), folder.path().join("google-chrome"));
        symlink(on_path("false").unwrap(), advertisement).unwrap();
        assert_eq!(find_in(folder.path().as_os_str()), None);
        symlink(on_path("true").unwrap(), &chrome).unwrap();
        assert_eq!(find_in(folder.path().as_os_str()), Some(chrome));
    }
}

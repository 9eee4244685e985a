//! The links through which evcxr finds Soma in place of Rust's tools.
//!
//! evcxr asks `rustup which cargo`, then runs the answer; its embedded rust-analyzer runs `$CARGO` and `$RUSTC`. All of
//! these are links to `soma-driver`, which knows its role by the name under which it was started ([`super::shim`]), but
//! for `$RUSTC`, which leads nowhere. Without a rustc, rust-analyzer finds no standard library, and loads none: this
//! keeps the kernel small (20 MiB instead of 500) and each cell's analysis under 3 ms. It also saves the processes in
//! which the questions to rustc would be answered, most of those with which a session starts.
//!
//! Another link leads to the kernel's own program, under a name that has its build in it: by this a driver of another
//! build knows that it had better hand over.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::dirs;
use crate::evcxr::environment::{CONFIG_DIR, TMPDIR};
use crate::fast_paths::FastPath;
use crate::session_dir::SESSION_DIR;

/// The names under which the driver stands in for a tool.
pub const NAMES: [&str; 3] = ["cargo", "rustc", "rustup"];

/// The folder of a session's links.
pub fn links(session: &Path) -> PathBuf {
    session.join("bin")
}

/// The link to the program of a session's kernel, if it is of this build.
pub fn program(session: &Path) -> PathBuf {
    links(session).join(concat!("soma-", env!("SOMA_BUILD")))
}

/// The link to the program of a session's kernel, if it is of another build than this process.
pub fn program_of_another_build(session: &Path) -> Option<PathBuf> {
    if program(session).is_symlink() {
        return None;
    }
    let entries = links(session).read_dir().into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .find(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("soma-")))
}

/// The program that stands in for tools: the small one beside `soma`, if it is there.
fn stand_in(soma: &Path) -> PathBuf {
    let driver = soma.with_file_name("soma-driver");
    if FastPath::Driver.is_on() && driver.is_file() { driver } else { soma.to_owned() }
}

/// Makes the missing links of a session to the program of its kernel.
///
/// # Errors
/// When the folder cannot be written to.
pub fn link(session: &Path, soma: &Path) -> io::Result<()> {
    let stand_in = stand_in(soma);
    let folder = links(session);
    dirs::private_dir(&folder)?;
    NAMES.iter().try_for_each(|name| link_if_missing(&stand_in, &folder.join(name)))?;
    link_if_missing(soma, &program(session))
}

fn link_if_missing(to: &Path, link: &Path) -> io::Result<()> {
    match symlink(to, link) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// The environment in which evcxr finds the links.
pub fn environment(session: &Path) -> Vec<(&'static str, OsString)> {
    let links = links(session);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(links.clone()).chain(std::env::split_paths(&path));
    vec![
        ("PATH", std::env::join_paths(folders).unwrap_or_else(|_| links.clone().into())),
        ("CARGO", links.join("cargo").into()),
        ("RUSTC", links.join("no-rustc").into()),
        ("CARGO_HOME", session.as_os_str().to_owned()),
        (TMPDIR, session.as_os_str().to_owned()),
        (CONFIG_DIR, session.as_os_str().to_owned()),
        (SESSION_DIR, session.as_os_str().to_owned()),
    ]
}

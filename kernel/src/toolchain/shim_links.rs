//! The links through which evcxr finds Soma in place of Rust's tools.
//!
//! evcxr asks `rustup which cargo`, then runs the answer; its embedded rust-analyzer runs `$CARGO`, `$RUSTC` and
//! `$CARGO_HOME/bin/cargo`, and looks for `bin/cargo` in the sysroot. All of these are links to the soma binary, which
//! knows its role by the name under which it was started ([`super::shim`]). The sysroot that evcxr is shown is a folder
//! with nothing but these links: rust-analyzer then loads no standard library, which keeps the kernel small (20 MiB
//! instead of 500) and each cell's analysis under 3 ms.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::dirs;
use crate::evcxr::environment::{CONFIG_DIR, TMPDIR};
use crate::session_dir::SESSION_DIR;

/// The names under which the soma binary stands in for a tool.
pub const NAMES: [&str; 3] = ["cargo", "rustc", "rustup"];

/// The folder of a session's links.
pub fn links(session: &Path) -> PathBuf {
    session.join("bin")
}

/// The sysroot that evcxr's rust-analyzer is shown.
pub fn bare_sysroot(session: &Path) -> PathBuf {
    session.join("sysroot")
}

/// Makes the missing links of a session.
///
/// # Errors
/// When the folder cannot be written to.
pub fn link(session: &Path, soma: &Path) -> io::Result<()> {
    for folder in [links(session), bare_sysroot(session).join("bin")] {
        dirs::private_dir(&folder)?;
        for name in NAMES {
            match symlink(soma, folder.join(name)) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => made?,
            }
        }
    }
    Ok(())
}

/// The environment in which evcxr finds the links.
pub fn environment(session: &Path) -> Vec<(&'static str, OsString)> {
    let links = links(session);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(links.clone()).chain(std::env::split_paths(&path));
    vec![
        ("PATH", std::env::join_paths(folders).unwrap_or_else(|_| links.clone().into())),
        ("CARGO", links.join("cargo").into()),
        ("RUSTC", links.join("rustc").into()),
        ("CARGO_HOME", session.as_os_str().to_owned()),
        (TMPDIR, session.as_os_str().to_owned()),
        (CONFIG_DIR, session.as_os_str().to_owned()),
        (SESSION_DIR, session.as_os_str().to_owned()),
    ]
}

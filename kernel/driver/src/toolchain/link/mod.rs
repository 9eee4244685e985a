//! Links cells in a fraction of the time of a linker.
//!
//! A cell is one object file of some 30 KB that refers to libraries which are loaded already. A linker reads those
//! libraries, which have tens of thousands of symbols, and is itself a program of 100 MB: it takes 8 to 11 ms. This one
//! takes 1 ms because it can do little: lay out [one object](object_file) as [a shared library](image), after it has made
//! sure that the libraries [define](exports) what the object refers to. rustc calls it as its linker, by a link in the
//! session's folder, so rustc still decides what is linked, and how. Whatever is not as in a usual cell (native libraries,
//! crates that are no dylibs, an unknown option, symbol or relocation) goes to the toolchain's own LLD with the same
//! arguments, which also writes the messages about what is wrong.
//!
//! The format is that of the System V ABI, "Object Files", and of its supplement for AMD64.

mod exports;
mod image;
mod object_file;
mod request;

use std::fs;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::handoff::SessionNotes;
use super::toolchain_info::ToolchainInfo;
use crate::fast_paths::FastPath;
use object_file::ObjectFile;
use request::Request;

/// The name under which rustc starts the driver as a linker.
pub const NAME: &str = "ld.lld";

/// Whether it links cells for this system.
pub fn is_possible(host: &str) -> bool {
    FastPath::Linker.is_on() && host == "x86_64-unknown-linux-gnu"
}

/// The linker that comes with a toolchain.
pub fn lld(facts: &ToolchainInfo) -> std::path::PathBuf {
    facts.sysroot.join("lib/rustlib").join(&facts.host).join("bin/rust-lld")
}

/// Links as rustc says, and returns the exit code.
///
/// # Errors
/// When neither this nor the toolchain's linker can link.
pub fn run(arguments: &[String], session: &Path) -> Result<i32> {
    match link(arguments) {
        Ok(()) => Ok(0),
        Err(why) => {
            tracing::debug!("the toolchain's linker links: {why:#}");
            let notes = SessionNotes::read(session).context("the session's notes cannot be read")?;
            // By this name it knows what kind of linker it is to be, if rustc has not told it.
            let error = Command::new(lld(&notes.facts)).arg0(NAME).args(arguments).exec();
            Err(error).context("cannot run the toolchain's linker")
        }
    }
}

/// Links a usual cell.
///
/// # Errors
/// What is unusual, for the log: the toolchain's linker links then.
fn link(arguments: &[String]) -> Result<()> {
    let request = Request::read(arguments)?;
    let content = fs::read(&request.object).context("the object cannot be read")?;
    let object = ObjectFile::read(&content)?;
    let undefined = object.symbols.iter().filter(|symbol| symbol.is_undefined()).map(|symbol| symbol.name);
    let needed = exports::define(undefined, &request.libraries)?;
    write(&request.output, &image::lay_out(&object, &request, &needed)?).context("the library cannot be written")
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    // A library of this name may be loaded: it keeps its content.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::File::options().write(true).create_new(true).mode(0o755).open(path)?;
    io::Write::write_all(&mut file, content)
}

#[cfg(test)]
mod tests;

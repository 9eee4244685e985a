//! Links cells in a fraction of the time of a linker.
//!
//! A cell is one object file of some 30 KB that refers to libraries which are loaded already. A linker reads those
//! libraries, which have tens of thousands of symbols, and is itself a program of 100 MB: it takes 8 to 11 ms, and rustc
//! another two to call it and to look at what it has made. So rustc is asked for the object, and this takes less than a
//! millisecond, because it can do little: lay out [one object](object_file) as [a shared library](image), after it has
//! made sure that the libraries [define](exports) what the object refers to. Whatever is not as in a usual cell (a
//! native library, an unknown symbol or relocation) is compiled again, and linked by the toolchain's linker, which also
//! writes the messages about what is wrong.
//!
//! The format is that of the System V ABI, "Object Files", and of its supplement for AMD64.

mod exports;
mod image;
mod object_file;

use std::path::PathBuf;

use anyhow::Result;

use crate::fast_paths::FastPath;
use object_file::ObjectFile;

/// Whether cells for this system can be linked.
pub fn is_possible(host: &str) -> bool {
    FastPath::Linker.is_on() && host == "x86_64-unknown-linux-gnu"
}

/// Links a usual cell's object, which may refer to these libraries, and returns the shared library. In memory, the
/// loader looks for what that needs in the folders of `search`. Others can refer to what the object shows: the functions
/// and statics with names of their own (`#[unsafe(no_mangle)]`), as rustc would tell a linker.
///
/// # Errors
/// What is unusual, for the log.
pub fn link(object: &[u8], libraries: &[PathBuf], search: &[String]) -> Result<Vec<u8>> {
    let object = ObjectFile::read(object)?;
    let undefined = object.symbols.iter().filter(|symbol| symbol.is_undefined()).map(|symbol| symbol.name);
    let needed = exports::define(undefined, libraries)?;
    image::lay_out(&object, search, &needed)
}

#[cfg(test)]
mod tests;

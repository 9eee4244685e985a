//! Resets thread pools that crates keep for the whole process, in a snapshot, which has none of their threads.
//!
//! A crate makes such a pool at first use and keeps it in a static, for good. In a snapshot, work given to the pool
//! would never be done. So these statics get the content that they had when the library was loaded, and the crate makes
//! another pool. The old content is neither dropped nor used again: the threads that shared it no longer exist, and the
//! one that is left runs no cell now.
//!
//! Only statics that are known to be self-contained are reset. A cell that waits for any other pool is ended with an
//! error ([`super::threads`]).

use std::ffi::{CStr, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use object::{Object, ObjectSection, ObjectSymbol, SectionKind, SymbolKind};
use soma_driver::toolchain::dependencies::CRATE;

/// The statics: rayon's global pool, and whether it was made.
const POOLS: [&str; 2] = ["rayon_core::registry::THE_REGISTRY", "rayon_core::registry::THE_REGISTRY_SET"];

/// Resets the pools of the session's crates. Call it where no code of a library runs.
pub fn begin_anew() {
    // One library holds the crates of `:dep`, another what every cell has.
    let names = [CRATE, "soma_cell"];
    let is_of_crates = |library: &Path| {
        library.file_name().is_some_and(|file| names.iter().any(|name| file.to_string_lossy().contains(name)))
    };
    for (library, base) in loaded().into_iter().filter(|(library, _)| is_of_crates(library)) {
        for (offset, content) in pools_of(&library).unwrap_or_default() {
            let at = (base + offset) as *mut u8;
            // SAFETY: the library's symbol table says that this many writable bytes of the library lie there; there is
            // one thread, and it has no reference to them.
            unsafe { std::ptr::copy_nonoverlapping(content.as_ptr(), at, content.len()) };
        }
    }
}

/// The files of the loaded libraries, and their addresses.
fn loaded() -> Vec<(PathBuf, u64)> {
    unsafe extern "C" fn note(info: *mut libc::dl_phdr_info, _: usize, found: *mut c_void) -> c_int {
        // SAFETY: both pointers are what `dl_iterate_phdr` received and passes on.
        let (info, found) = unsafe { (&*info, &mut *found.cast::<Vec<(PathBuf, u64)>>()) };
        if !info.dlpi_name.is_null() {
            // SAFETY: a C string that lives as long as the library.
            let name = unsafe { CStr::from_ptr(info.dlpi_name) }.to_bytes();
            found.push((PathBuf::from(std::ffi::OsStr::from_bytes(name)), info.dlpi_addr));
        }
        0
    }
    let mut found: Vec<(PathBuf, u64)> = Vec::new();
    // SAFETY: the function is called before this returns, with this vector.
    unsafe { libc::dl_iterate_phdr(Some(note), (&raw mut found).cast()) };
    found
}

/// The offsets of a library's pools in it, and their initial content.
fn pools_of(library: &Path) -> Option<Vec<(u64, Vec<u8>)>> {
    let content = std::fs::read(library).ok()?;
    let file = object::File::parse(&*content).ok()?;
    let mut found = Vec::new();
    for symbol in file.symbols().filter(|symbol| symbol.kind() == SymbolKind::Data && symbol.size() > 0) {
        let name = symbol.name().unwrap_or_default();
        // Most names need not be demangled.
        if !name.contains("THE_REGISTRY") || !POOLS.contains(&plain(name).as_str()) {
            continue;
        }
        let within = symbol.address()..symbol.address() + symbol.size();
        let section = file.section_by_index(symbol.section_index()?).ok()?;
        // Bytes that are relocated differ from those in the file.
        if file.dynamic_relocations().into_iter().flatten().any(|(at, _)| within.contains(&at)) {
            continue;
        }
        let first = match section.data_range(symbol.address(), symbol.size()) {
            Ok(Some(bytes)) => bytes.to_vec(),
            _ if section.kind() == SectionKind::UninitializedData => vec![0; symbol.size() as usize],
            _ => continue,
        };
        found.push((symbol.address(), first));
    }
    // One static without the other would be a pool that is marked as made and does not exist.
    (found.len() == POOLS.len()).then_some(found)
}

/// The path of a symbol, as Rust code writes it.
fn plain(symbol: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(symbol))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statics_are_known_by_their_paths() {
        let legacy = "_ZN10rayon_core8registry12THE_REGISTRY17h0123456789abcdefE";
        assert!(POOLS.contains(&plain(legacy).as_str()), "{}", plain(legacy));
        let v0 = "_RNvNtCs1234_10rayon_core8registry16THE_REGISTRY_SET";
        assert!(POOLS.contains(&plain(v0).as_str()), "{}", plain(v0));
    }

    #[test]
    fn libraries_without_such_pools_are_left_alone() {
        assert!(!loaded().is_empty());
        begin_anew();
    }
}

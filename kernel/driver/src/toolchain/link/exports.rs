//! Whether libraries define what an object refers to.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use memmap2::Mmap;
use object::LittleEndian;
use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader, Sym as _, VersionTable};

use crate::evcxr::program::STATICS;

/// What every process of Rust has from the system's libraries, and compilers call.
const OF_THE_SYSTEM: [&str; 10] =
    ["memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen", "close", "fcntl", "_Unwind_Resume", "__tls_get_addr"];

/// Functions of numbers, which the standard library's methods call; those of `f32` have an `f` after their names. All
/// their versions give the same numbers.
const OF_NUMBERS: [&str; 33] = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "ceil",
    "cos",
    "cosh",
    "exp",
    "exp2",
    "expm1",
    "fdim",
    "floor",
    "fma",
    "fmod",
    "hypot",
    "log",
    "log10",
    "log1p",
    "log2",
    "pow",
    "rint",
    "round",
    "roundeven",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "trunc",
];

const MATHEMATICS: &str = "libm.so.6";

/// The names by which the loader knows the libraries that define these symbols: all of them, or none is enough. Other
/// symbols of the system's have versions, which the toolchain's linker knows.
pub fn define<'a>(names: impl Iterator<Item = &'a str>, libraries: &[PathBuf]) -> Result<Vec<String>> {
    let is_there = |name: &str| OF_THE_SYSTEM.contains(&name) || name.starts_with(STATICS);
    let mut missing: Vec<&str> = names.filter(|name| !is_there(name)).collect();
    let mut needed = Vec::new();
    for library in libraries {
        let file = File::open(library).with_context(|| library.display().to_string())?;
        // SAFETY: a library that cells link is not changed: a new one gets another name.
        let content = unsafe { Mmap::map(&file) }?;
        let before = missing.len();
        retain_others(&mut missing, &content)?;
        if missing.len() < before {
            needed.push(name(&content)?.unwrap_or_else(|| library.display().to_string()));
        }
    }
    let are_left = missing.len();
    missing.retain(|name| !OF_NUMBERS.contains(&name.strip_suffix('f').unwrap_or(name)) && !OF_NUMBERS.contains(name));
    if missing.len() < are_left {
        needed.push(MATHEMATICS.to_owned());
    }
    match missing.first() {
        None => Ok(needed),
        Some(name) => bail!("no library defines {name}"),
    }
}

/// The name that a library has for the loader, if it has one besides its path (`DT_SONAME`).
fn name(library: &[u8]) -> Result<Option<String>> {
    let endian = LittleEndian;
    let sections = FileHeader64::<LittleEndian>::parse(library)?.sections(endian, library)?;
    let (entries, strings) = sections.dynamic(endian, library)?.context("a library that is not shared")?;
    let strings = sections.strings(endian, library, strings)?;
    let entry = entries.iter().find(|entry| entry.d_tag.get(endian) == u64::from(elf::DT_SONAME));
    let name = entry.map(|entry| strings.get(u32::try_from(entry.d_val.get(endian)).unwrap_or(0)));
    match name {
        None => Ok(None),
        Some(Ok(name)) => Ok(Some(String::from_utf8_lossy(name).into_owned())),
        Some(Err(())) => bail!("a library with a damaged name"),
    }
}

fn retain_others(missing: &mut Vec<&str>, library: &[u8]) -> Result<()> {
    let endian = LittleEndian;
    let header = FileHeader64::<LittleEndian>::parse(library)?;
    let sections = header.sections(endian, library)?;
    let symbols = sections.symbols(endian, library, elf::SHT_DYNSYM)?;
    let (table, _) = sections.gnu_hash(endian, library)?.context("a library without a hash table")?;
    let versions = VersionTable::default();
    missing.retain(|name| {
        let hash = elf::gnu_hash(name.as_bytes());
        let found = table.find(endian, name.as_bytes(), hash, None, &symbols, &versions);
        found.is_none_or(|(_, symbol)| symbol.st_shndx(endian) == elf::SHN_UNDEF)
    });
    Ok(())
}

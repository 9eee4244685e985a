//! Whether libraries define what an object refers to.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context, bail};
use memmap2::Mmap;
use object::LittleEndian;
use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader, Sym as _, VersionTable};

use super::Unusual;

/// What every process of Rust has from the system's libraries, in one version, and what compilers call of them.
const OF_THE_SYSTEM: [&str; 8] =
    ["memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen", "_Unwind_Resume", "__tls_get_addr"];

/// Makes sure that the libraries define all of these symbols. Others of the system's have versions, which the toolchain's
/// linker knows.
pub fn define<'a>(names: impl Iterator<Item = &'a str>, libraries: &[PathBuf]) -> Unusual<()> {
    let mut missing: Vec<&str> = names.filter(|name| !OF_THE_SYSTEM.contains(name)).collect();
    for library in libraries {
        let file = File::open(library).with_context(|| library.display().to_string())?;
        // SAFETY: a library that cells link is not changed: a new one gets another name.
        let content = unsafe { Mmap::map(&file) }?;
        retain_others(&mut missing, &content)?;
    }
    match missing.first() {
        None => Ok(()),
        Some(name) => bail!("no library defines {name}"),
    }
}

fn retain_others(missing: &mut Vec<&str>, library: &[u8]) -> Unusual<()> {
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

//! An object file, as far as linking needs it.

use anyhow::{Context, Result, bail};
use object::LittleEndian;
use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader, SectionHeader as _, Sym as _};

/// Where a section goes in a library, in the order there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Constants.
    ReadOnly,
    /// How to unwind.
    Unwinding,
    /// Functions.
    Code,
    /// The initial values of thread-local variables.
    ThreadLocal,
    /// Thread-local variables that begin as zero.
    ThreadLocalZero,
    /// Functions that run when the library is loaded.
    Initialisers,
    /// Constants with addresses, which the loader writes.
    Relocated,
    /// Variables.
    Variables,
    /// Variables that begin as zero.
    Zero,
}

/// A part of the program.
pub struct Section<'a> {
    pub kind: Kind,
    pub alignment: u64,
    pub size: u64,
    /// Its content; none for what begins as zero.
    pub content: &'a [u8],
    pub relocations: Vec<Relocation>,
}

/// A place that gets an address.
#[derive(Clone, Copy)]
pub struct Relocation {
    /// The place, in its section.
    pub offset: u64,
    /// How the address is written: `R_X86_64_…`.
    pub kind: u32,
    /// The index of the symbol.
    pub symbol: usize,
    pub addend: i64,
}

/// A name for a place.
pub struct Symbol<'a> {
    pub name: &'a str,
    /// The index of its section; `None` if another library defines it.
    pub section: Option<usize>,
    pub value: u64,
    pub size: u64,
    /// `STT_…`.
    pub kind: u8,
    pub is_weak: bool,
    /// Whether it is defined here, and other libraries can refer to it.
    pub is_exported: bool,
}

impl Symbol<'_> {
    /// Whether another library has to define it.
    pub fn is_undefined(&self) -> bool {
        self.section.is_none() && !self.name.is_empty()
    }
}

/// An object file of rustc's.
pub struct ObjectFile<'a> {
    pub sections: Vec<Section<'a>>,
    /// All symbols, so that relocations can refer to them by number.
    pub symbols: Vec<Symbol<'a>>,
}

impl<'a> ObjectFile<'a> {
    /// Reads an object file.
    pub fn read(content: &'a [u8]) -> Result<ObjectFile<'a>> {
        let endian = LittleEndian;
        let header = FileHeader64::<LittleEndian>::parse(content)?;
        if header.e_machine.get(endian) != elf::EM_X86_64 || header.e_type.get(endian) != elf::ET_REL {
            bail!("no object for this system");
        }
        let table = header.sections(endian, content)?;
        let symbol_table = table.symbols(endian, content, elf::SHT_SYMTAB)?;
        let mut sections = Vec::new();
        // Of each section of the file, its index in `sections`.
        let mut indices = vec![None; table.len()];
        for (index, section) in table.enumerate() {
            let name = std::str::from_utf8(table.section_name(endian, section)?)?;
            if let Some(kind) = kind(name, section.sh_type(endian), section.sh_flags(endian))? {
                indices[index.0] = Some(sections.len());
                sections.push(Section {
                    kind,
                    alignment: section.sh_addralign(endian).max(1),
                    size: section.sh_size(endian),
                    content: section.data(endian, content)?,
                    relocations: Vec::new(),
                });
            }
        }
        for section in table.iter() {
            let Some((relocations, _)) = section.rela(endian, content)? else { continue };
            let target = indices.get(section.sh_info(endian) as usize).copied().flatten();
            let Some(target) = target else { continue };
            sections[target].relocations = relocations
                .iter()
                .map(|relocation| Relocation {
                    offset: relocation.r_offset.get(endian),
                    kind: relocation.r_type(endian, false),
                    symbol: relocation.r_sym(endian, false) as usize,
                    addend: relocation.r_addend.get(endian),
                })
                .collect();
        }
        let strings = symbol_table.strings();
        let mut symbols = Vec::with_capacity(symbol_table.len());
        for (index, symbol) in symbol_table.enumerate() {
            let name = std::str::from_utf8(symbol.name(endian, strings)?)?;
            let section = symbol_table.symbol_section(endian, symbol, index)?;
            let section = match section {
                // A symbol of something that is not loaded: nothing that is loaded refers to it.
                Some(section) => {
                    indices.get(section.0).context("a symbol in no section")?.map_or(Some(usize::MAX), Some)
                }
                None if symbol.st_shndx(endian) == elf::SHN_UNDEF => None,
                None if symbol.st_type() == elf::STT_FILE => Some(usize::MAX),
                None => bail!("the symbol {name} is in no section"),
            };
            let kind = symbol.st_type();
            if kind > elf::STT_TLS || kind == elf::STT_COMMON {
                bail!("the symbol {name} is of the kind {kind}");
            }
            let is_weak = symbol.st_bind() == elf::STB_WEAK;
            let is_visible = symbol.st_bind() != elf::STB_LOCAL && symbol.st_visibility() == elf::STV_DEFAULT;
            symbols.push(Symbol {
                name: if kind == elf::STT_SECTION || kind == elf::STT_FILE { "" } else { name },
                section,
                value: symbol.st_value.get(endian),
                size: symbol.st_size.get(endian),
                kind,
                is_weak,
                is_exported: is_visible && section.is_some_and(|section| section != usize::MAX),
            });
        }
        Ok(ObjectFile { sections, symbols })
    }
}

/// Where a section goes; `None` if it is not loaded.
fn kind(name: &str, section_type: u32, flags: u64) -> Result<Option<Kind>> {
    let has = |flag: u32| flags & u64::from(flag) != 0;
    if !has(elf::SHF_ALLOC) || name.starts_with(".note") {
        return Ok(None);
    }
    let is_zero = section_type == elf::SHT_NOBITS;
    Ok(Some(match section_type {
        elf::SHT_X86_64_UNWIND => Kind::Unwinding,
        elf::SHT_PROGBITS if name == ".eh_frame" => Kind::Unwinding,
        elf::SHT_INIT_ARRAY if name == ".init_array" => Kind::Initialisers,
        elf::SHT_PROGBITS | elf::SHT_NOBITS => {
            match (has(elf::SHF_EXECINSTR), has(elf::SHF_WRITE), has(elf::SHF_TLS)) {
                (true, false, false) => Kind::Code,
                (false, false, false) => Kind::ReadOnly,
                (false, true, true) if is_zero => Kind::ThreadLocalZero,
                (false, true, true) => Kind::ThreadLocal,
                (false, true, false) if is_zero => Kind::Zero,
                (false, true, false) if name.starts_with(".data.rel.ro") => Kind::Relocated,
                (false, true, false) if name.starts_with(".data") => Kind::Variables,
                _ => bail!("the section {name}"),
            }
        }
        _ => bail!("the section {name}"),
    }))
}

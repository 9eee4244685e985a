//! Lays out a shared library.
//!
//! In its file and in memory it has four parts, each with its own rights: what is only read, code, what the loader
//! writes and then protects (`RELRO`), and variables. Each part begins on a page of its own in memory, at the place in
//! the page that it has in the file.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result, bail};
use object::elf;

use super::object_file::{Kind, ObjectFile, Relocation};

const PAGE: u64 = 0x1000;
const HEADER: u64 = 64;
const PROGRAM_HEADER: u64 = 56;
const SECTION_HEADER: u64 = 64;
const SYMBOL: u64 = 24;
const RELOCATION: u64 = 24;
/// `jmp *slot(%rip)`, and two bytes to make it eight.
const STUB: u64 = 8;

/// The rights of a part.
const RIGHTS: [u32; 4] = [elf::PF_R, elf::PF_R | elf::PF_X, elf::PF_R | elf::PF_W, elf::PF_R | elf::PF_W];

/// The sections of the library, in their order in the file: name, part, type, flags, size of an entry.
const SECTIONS: [(&str, usize, u32, u32, u64); 18] = {
    use elf::{SHF_ALLOC as A, SHF_EXECINSTR as X, SHF_TLS as T, SHF_WRITE as W};
    [
        (".dynsym", 0, elf::SHT_DYNSYM, A, SYMBOL),
        (".hash", 0, elf::SHT_HASH, A, 4),
        (".dynstr", 0, elf::SHT_STRTAB, A, 0),
        (".rela.dyn", 0, elf::SHT_RELA, A, RELOCATION),
        (".rodata", 0, elf::SHT_PROGBITS, A, 0),
        (".eh_frame_hdr", 0, elf::SHT_PROGBITS, A, 0),
        (".eh_frame", 0, elf::SHT_PROGBITS, A, 0),
        (".text", 1, elf::SHT_PROGBITS, A | X, 0),
        (".plt", 1, elf::SHT_PROGBITS, A | X, 0),
        (".tdata", 2, elf::SHT_PROGBITS, A | W | T, 0),
        // It takes no place in the file, and none in memory but in each thread.
        (".tbss", 2, elf::SHT_NOBITS, A | W | T, 0),
        (".init_array", 2, elf::SHT_INIT_ARRAY, A | W, 8),
        (".data.rel.ro", 2, elf::SHT_PROGBITS, A | W, 0),
        (".dynamic", 2, elf::SHT_DYNAMIC, A | W, 16),
        (".got", 2, elf::SHT_PROGBITS, A | W, 8),
        (".data", 3, elf::SHT_PROGBITS, A | W, 0),
        (".bss", 3, elf::SHT_NOBITS, A | W, 0),
        (".symtab", 4, elf::SHT_SYMTAB, 0, SYMBOL),
    ]
};
const DYNSYM: usize = 0;
const HASH: usize = 1;
const DYNSTR: usize = 2;
const RELA: usize = 3;
const EH_FRAME_HDR: usize = 5;
const EH_FRAME: usize = 6;
const STUBS: usize = 8;
const TDATA: usize = 9;
const TBSS: usize = 10;
const INIT_ARRAY: usize = 11;
const DYNAMIC: usize = 13;
const GOT: usize = 14;
const SYMTAB: usize = 17;

fn section_of(kind: Kind) -> usize {
    match kind {
        Kind::ReadOnly => 4,
        Kind::Unwinding => EH_FRAME,
        Kind::Code => 7,
        Kind::ThreadLocal => TDATA,
        Kind::ThreadLocalZero => TBSS,
        Kind::Initialisers => INIT_ARRAY,
        Kind::Relocated => 12,
        Kind::Variables => 15,
        Kind::Zero => 16,
    }
}

/// A word that the loader or a relocation of the object refers to.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Slot {
    /// A symbol's address.
    Address(usize),
    /// The module of a thread-local variable and its place there, for `__tls_get_addr`.
    ThreadLocal(usize),
    /// The module of this library's thread-local variables.
    OwnModule,
}

impl Slot {
    fn words(self) -> u64 {
        if let Slot::Address(_) = self { 1 } else { 2 }
    }
}

/// A relocation that the loader carries out.
struct Dynamic {
    /// The section, and the place in it.
    at: (usize, u64),
    kind: u32,
    /// The index in the table of dynamic symbols.
    symbol: u32,
    addend: i64,
}

struct Layout<'a> {
    object: &'a ObjectFile<'a>,
    /// The names of the libraries that it needs.
    needed: &'a [String],
    /// The folders in which the loader looks for them.
    search: &'a [String],
    /// Of each section of the object, its place in its section of the library.
    places: Vec<u64>,
    /// Of each symbol of the object, its index in the table of dynamic symbols.
    dynamic_symbols: HashMap<usize, u32>,
    /// The symbols in that table.
    named: Vec<usize>,
    slots: HashMap<Slot, u64>,
    stubs: HashMap<usize, u64>,
    /// Addresses and places in the file of the library's sections.
    addresses: [u64; SECTIONS.len()],
    offsets: [u64; SECTIONS.len()],
    contents: [Vec<u8>; SECTIONS.len()],
    /// The sizes in memory.
    sizes: [u64; SECTIONS.len()],
    alignments: [u64; SECTIONS.len()],
    /// The size of the symbol table, which its names follow, and the number of local symbols in it.
    symbol_table: (u64, u64),
}

/// The library, as the content of its file; the libraries that it needs have these names.
pub fn lay_out(object: &ObjectFile, search: &[String], needed: &[String]) -> Result<Vec<u8>> {
    let mut layout = Layout {
        object,
        search,
        needed,
        places: Vec::new(),
        dynamic_symbols: HashMap::new(),
        named: Vec::new(),
        slots: HashMap::new(),
        stubs: HashMap::new(),
        addresses: [0; SECTIONS.len()],
        offsets: [0; SECTIONS.len()],
        contents: Default::default(),
        sizes: [0; SECTIONS.len()],
        alignments: [8; SECTIONS.len()],
        symbol_table: (0, 0),
    };
    layout.collect()?;
    layout.name_symbols()?;
    let dynamic = layout.plan()?;
    layout.write_symbols();
    layout.reserve(dynamic.len());
    layout.assign();
    layout.relocate()?;
    layout.write_slots_and_stubs()?;
    layout.write_dynamic(dynamic)?;
    layout.write_unwinding_index()?;
    layout.write_symbol_table();
    Ok(layout.file())
}

fn align(value: u64, alignment: u64) -> u64 {
    value.next_multiple_of(alignment)
}

fn put(content: &mut [u8], at: u64, bytes: &[u8]) -> Result<()> {
    let range = at as usize..at as usize + bytes.len();
    content.get_mut(range).context("a relocation outside its section")?.copy_from_slice(bytes);
    Ok(())
}

/// The symbol table's hash function: System V ABI, "Hash Table".
fn hash(name: &str) -> u32 {
    elf::hash(name.as_bytes())
}

impl<'a> Layout<'a> {
    /// Puts the object's sections of one kind one after another.
    fn collect(&mut self) -> Result<()> {
        if self.object.sections.iter().filter(|section| section.kind == Kind::Unwinding).count() > 1 {
            bail!("several descriptions of how to unwind");
        }
        for section in &self.object.sections {
            let target = section_of(section.kind);
            let place = align(self.sizes[target], section.alignment);
            self.alignments[target] = self.alignments[target].max(section.alignment);
            self.places.push(place);
            self.sizes[target] = place + section.size;
            if SECTIONS[target].2 != elf::SHT_NOBITS {
                // Between functions, code that stops; elsewhere, zeros.
                let padding = if section.kind == Kind::Code { 0xcc } else { 0 };
                self.contents[target].resize(place as usize, padding);
                self.contents[target].extend_from_slice(section.content);
            }
        }
        // The end of the list of functions.
        self.contents[EH_FRAME].extend([0; 4]);
        self.sizes[EH_FRAME] += 4;
        Ok(())
    }

    /// Chooses the symbols that the loader has to know.
    fn name_symbols(&mut self) -> Result<()> {
        let relocations = self.object.sections.iter().flat_map(|section| &section.relocations);
        let used: HashSet<usize> = relocations.map(|relocation| relocation.symbol).collect();
        for (index, symbol) in self.object.symbols.iter().enumerate() {
            if symbol.is_undefined() && used.contains(&index) {
                self.named.push(index);
            }
        }
        let symbols = self.object.symbols.iter().enumerate();
        self.named.extend(symbols.filter(|(_, symbol)| symbol.is_exported).map(|(index, _)| index));
        self.dynamic_symbols =
            self.named.iter().enumerate().map(|(at, symbol)| (*symbol, u32::try_from(at + 1).unwrap_or(0))).collect();
        Ok(())
    }

    /// Whether the loader decides what a symbol means: another library defines it, or it is a variable that an earlier
    /// library may have under this name. Functions are this library's own (`-Bsymbolic-functions`).
    fn is_for_the_loader(&self, symbol: usize) -> bool {
        let found = &self.object.symbols[symbol];
        self.dynamic_symbols.contains_key(&symbol) && (found.is_undefined() || found.kind != elf::STT_FUNC)
    }

    /// Makes slots and stubs for what relocations need, and lists what the loader has to do; the addends of addresses
    /// in this library are filled in later.
    fn plan(&mut self) -> Result<Vec<Dynamic>> {
        let mut dynamic = Vec::new();
        let object = self.object;
        for (section, place) in object.sections.iter().zip(self.places.clone()) {
            let target = section_of(section.kind);
            for relocation in &section.relocations {
                let symbol = relocation.symbol;
                match relocation.kind {
                    elf::R_X86_64_64 => {
                        if !matches!(SECTIONS[target].1, 2 | 3) {
                            bail!("an address in a part that is only read");
                        }
                        dynamic.push(self.address((target, place + relocation.offset), symbol, relocation.addend));
                    }
                    elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 if self.object.symbols[symbol].is_undefined() => {
                        if relocation.kind == elf::R_X86_64_PC32 {
                            bail!("a place relative to another library");
                        }
                        let next = self.stubs.len() as u64 * STUB;
                        if *self.stubs.entry(symbol).or_insert(next) == next {
                            self.slot(Slot::Address(symbol));
                        }
                    }
                    elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 => {}
                    elf::R_X86_64_GOTPCREL | elf::R_X86_64_GOTPCRELX | elf::R_X86_64_REX_GOTPCRELX => {
                        self.slot(Slot::Address(symbol));
                    }
                    elf::R_X86_64_TLSGD => self.slot(Slot::ThreadLocal(symbol)),
                    elf::R_X86_64_TLSLD => self.slot(Slot::OwnModule),
                    elf::R_X86_64_DTPOFF32 if !self.object.symbols[symbol].is_undefined() => {}
                    other => bail!("a relocation of the kind {other}"),
                }
            }
        }
        let mut slots: Vec<(Slot, u64)> = self.slots.iter().map(|(slot, at)| (*slot, *at)).collect();
        slots.sort_by_key(|(_, at)| *at);
        for (slot, at) in slots {
            let number = |kind, symbol, at| Dynamic { at: (GOT, at), kind, symbol, addend: 0 };
            match slot {
                Slot::Address(symbol) => dynamic.push(Dynamic {
                    kind: if self.is_for_the_loader(symbol) { elf::R_X86_64_GLOB_DAT } else { elf::R_X86_64_RELATIVE },
                    ..self.address((GOT, at), symbol, 0)
                }),
                Slot::OwnModule => dynamic.push(number(elf::R_X86_64_DTPMOD64, 0, at)),
                Slot::ThreadLocal(symbol) if self.is_for_the_loader(symbol) => {
                    let symbol = self.dynamic_symbols[&symbol];
                    dynamic.push(number(elf::R_X86_64_DTPMOD64, symbol, at));
                    dynamic.push(number(elf::R_X86_64_DTPOFF64, symbol, at + 8));
                }
                Slot::ThreadLocal(_) => dynamic.push(number(elf::R_X86_64_DTPMOD64, 0, at)),
            }
        }
        // Those without symbols first, so that the loader can do them in one go.
        dynamic.sort_by_key(|dynamic| dynamic.kind != elf::R_X86_64_RELATIVE);
        Ok(dynamic)
    }

    fn address(&self, at: (usize, u64), symbol: usize, addend: i64) -> Dynamic {
        if self.is_for_the_loader(symbol) {
            return Dynamic { at, kind: elf::R_X86_64_64, symbol: self.dynamic_symbols[&symbol], addend };
        }
        // For now the addend refers to the symbol; `write_dynamic` adds the address. The symbol's index is kept beside it.
        Dynamic { at, kind: elf::R_X86_64_RELATIVE, symbol: u32::try_from(symbol).unwrap_or(0), addend }
    }

    fn slot(&mut self, slot: Slot) {
        let next = self.sizes[GOT];
        if *self.slots.entry(slot).or_insert(next) == next {
            self.sizes[GOT] += 8 * slot.words();
        }
    }

    /// Writes the names of dynamic symbols, and their hash table.
    fn write_symbols(&mut self) {
        let names = self.named.iter().map(|symbol| self.object.symbols[*symbol].name);
        let mut strings = vec![0];
        for name in names.chain(self.needed()).chain([&*self.search.join(":")]) {
            strings.extend_from_slice(name.as_bytes());
            strings.push(0);
        }
        let count = self.named.len() + 1;
        // One chain for a few symbols: the loader mostly asks for what is not here.
        let buckets = (count / 2).max(1);
        let (mut first, mut next) = (vec![0_u32; buckets], vec![0_u32; count]);
        for (index, symbol) in self.named.iter().enumerate() {
            let bucket = hash(self.object.symbols[*symbol].name) as usize % buckets;
            next[index + 1] = std::mem::replace(&mut first[bucket], index as u32 + 1);
        }
        let words = [buckets as u32, count as u32].into_iter().chain(first).chain(next);
        self.contents[HASH] = words.flat_map(u32::to_le_bytes).collect();
        self.contents[DYNSTR] = strings;
    }

    /// The names of the libraries that it needs, and of those that every process of Rust has.
    fn needed(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.needed.iter().map(String::as_str).chain(["libgcc_s.so.1", "libc.so.6"])
    }

    /// Sets the sizes of what is written later.
    fn reserve(&mut self, relocations: usize) {
        let functions = self.unwound_functions().count() as u64;
        self.sizes[DYNSYM] = SYMBOL * (self.named.len() as u64 + 1);
        self.sizes[HASH] = self.contents[HASH].len() as u64;
        self.sizes[DYNSTR] = self.contents[DYNSTR].len() as u64;
        self.sizes[RELA] = RELOCATION * relocations as u64;
        self.sizes[EH_FRAME_HDR] = 12 + 8 * functions;
        self.sizes[STUBS] = STUB * self.stubs.len() as u64;
        self.sizes[DYNAMIC] = 16 * (self.needed().count() as u64 + 15);
        for index in [DYNSYM, RELA, EH_FRAME_HDR, STUBS, DYNAMIC, GOT] {
            self.contents[index] = vec![0; self.sizes[index] as usize];
        }
        self.alignments[EH_FRAME_HDR] = 4;
        self.alignments[STUBS] = 16;
    }

    /// Gives each section its place in the file and in memory.
    fn assign(&mut self) {
        let mut offset = HEADER + PROGRAM_HEADER * self.program_headers();
        let mut address = offset;
        let mut part = 0;
        for (index, section) in SECTIONS.iter().enumerate().take(SYMTAB) {
            if section.1 != part {
                part = section.1;
                address = align(address, PAGE) + offset % PAGE;
            }
            if index == TDATA {
                // Both have the alignment of the whole, so that `.tbss` follows `.tdata` in each thread.
                let alignment = self.alignments[TDATA].max(self.alignments[TBSS]);
                (self.alignments[TDATA], self.alignments[TBSS]) = (alignment, alignment);
            }
            let skipped = align(address, self.alignments[index]) - address;
            (offset, address) = (offset + skipped, address + skipped);
            (self.offsets[index], self.addresses[index]) = (offset, address);
            offset += self.contents[index].len() as u64;
            // The thread-local variables that begin as zero overlap with what comes after them.
            address += if index == TBSS { 0 } else { self.sizes[index] };
        }
        self.offsets[SYMTAB] = align(offset, 8);
    }

    fn has_thread_locals(&self) -> bool {
        self.sizes[TDATA] + self.sizes[TBSS] > 0
    }

    /// The first and the last section of a part, unless nothing is in it.
    fn ends(&self, part: usize) -> Option<(usize, usize)> {
        let mut indices = (0..SYMTAB).filter(|index| SECTIONS[*index].1 == part);
        let (first, last) = (indices.next()?, indices.next_back()?);
        (first..=last).any(|index| self.sizes[index] > 0).then_some((first, last))
    }

    fn program_headers(&self) -> u64 {
        let parts = (0..RIGHTS.len()).filter(|part| self.ends(*part).is_some()).count() as u64;
        parts + 4 + u64::from(self.has_thread_locals())
    }

    /// The address of a symbol of this library.
    fn address_of(&self, symbol: usize) -> Result<u64> {
        let symbol = &self.object.symbols[symbol];
        let section = symbol.section.filter(|section| *section < self.places.len());
        let section = section.with_context(|| format!("{} is in no section", symbol.name))?;
        Ok(self.addresses[section_of(self.object.sections[section].kind)] + self.places[section] + symbol.value)
    }

    /// Writes what does not depend on where the library is loaded.
    fn relocate(&mut self) -> Result<()> {
        for (index, section) in self.object.sections.iter().enumerate() {
            let target = section_of(section.kind);
            for relocation in &section.relocations {
                let at = self.places[index] + relocation.offset;
                let Some(value) = self.value(relocation, self.addresses[target] + at)? else { continue };
                let value = i32::try_from(value).context("a library of more than 2 GiB")?;
                put(&mut self.contents[target], at, &value.to_le_bytes())?;
            }
        }
        Ok(())
    }

    /// The value of a relocation at an address; `None` if the loader writes it.
    fn value(&self, relocation: &Relocation, at: u64) -> Result<Option<i64>> {
        let symbol = relocation.symbol;
        let slot = |slot: Slot| self.addresses[GOT] + self.slots[&slot];
        let target = match relocation.kind {
            elf::R_X86_64_64 => return Ok(None),
            elf::R_X86_64_DTPOFF32 => {
                let offset = self.address_of(symbol)? - self.addresses[TDATA];
                return Ok(Some(offset as i64 + relocation.addend));
            }
            elf::R_X86_64_TLSGD => slot(Slot::ThreadLocal(symbol)),
            elf::R_X86_64_TLSLD => slot(Slot::OwnModule),
            elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 => match self.stubs.get(&symbol) {
                Some(stub) => self.addresses[STUBS] + stub,
                None => self.address_of(symbol)?,
            },
            _ => slot(Slot::Address(symbol)),
        };
        Ok(Some(target as i64 + relocation.addend - at as i64))
    }

    fn write_slots_and_stubs(&mut self) -> Result<()> {
        for (slot, at) in self.slots.clone() {
            if let Slot::ThreadLocal(symbol) = slot
                && !self.is_for_the_loader(symbol)
            {
                let offset = self.address_of(symbol)? - self.addresses[TDATA];
                put(&mut self.contents[GOT], at + 8, &offset.to_le_bytes())?;
            }
        }
        for (symbol, at) in self.stubs.clone() {
            let slot = self.addresses[GOT] + self.slots[&Slot::Address(symbol)];
            let after = self.addresses[STUBS] + at + 6;
            let distance = i32::try_from(slot as i64 - after as i64)?;
            let code = [&[0xff, 0x25][..], &distance.to_le_bytes(), &[0xcc, 0xcc]].concat();
            put(&mut self.contents[STUBS], at, &code)?;
        }
        Ok(())
    }

    /// Writes what the loader reads: relocations, symbols, and where all of it is.
    fn write_dynamic(&mut self, dynamic: Vec<Dynamic>) -> Result<()> {
        let mut relative = 0;
        for (index, Dynamic { at: (section, place), kind, symbol, addend }) in dynamic.into_iter().enumerate() {
            let (symbol, addend) = if kind == elf::R_X86_64_RELATIVE {
                relative += 1;
                (0, self.address_of(symbol as usize)? as i64 + addend)
            } else {
                (symbol, addend)
            };
            let info = u64::from(symbol) << 32 | u64::from(kind);
            let words = [self.addresses[section] + place, info, addend as u64];
            let bytes: Vec<u8> = words.into_iter().flat_map(u64::to_le_bytes).collect();
            put(&mut self.contents[RELA], RELOCATION * index as u64, &bytes)?;
        }
        let mut name = 1;
        for (index, symbol) in self.named.clone().into_iter().enumerate() {
            let entry = self.symbol(symbol, name)?;
            put(&mut self.contents[DYNSYM], SYMBOL * (index as u64 + 1), &entry)?;
            name += self.object.symbols[symbol].name.len() as u32 + 1;
        }
        let mut tags = Vec::new();
        for library in self.needed() {
            tags.push((elf::DT_NEEDED, u64::from(name)));
            name += library.len() as u32 + 1;
        }
        if !self.search.is_empty() {
            tags.push((elf::DT_RUNPATH, u64::from(name)));
        }
        if self.sizes[INIT_ARRAY] > 0 {
            tags.push((elf::DT_INIT_ARRAY, self.addresses[INIT_ARRAY]));
            tags.push((elf::DT_INIT_ARRAYSZ, self.sizes[INIT_ARRAY]));
        }
        tags.extend([
            (elf::DT_HASH, self.addresses[HASH]),
            (elf::DT_STRTAB, self.addresses[DYNSTR]),
            (elf::DT_STRSZ, self.sizes[DYNSTR]),
            (elf::DT_SYMTAB, self.addresses[DYNSYM]),
            (elf::DT_SYMENT, SYMBOL),
            (elf::DT_RELA, self.addresses[RELA]),
            (elf::DT_RELASZ, self.sizes[RELA]),
            (elf::DT_RELAENT, RELOCATION),
            (elf::DT_RELACOUNT, relative),
            (elf::DT_FLAGS, u64::from(elf::DF_BIND_NOW)),
            (elf::DT_FLAGS_1, u64::from(elf::DF_1_NOW)),
        ]);
        let bytes: Vec<u8> =
            tags.iter().flat_map(|(tag, value)| [u64::from(*tag), *value]).flat_map(u64::to_le_bytes).collect();
        put(&mut self.contents[DYNAMIC], 0, &bytes)
    }

    /// An entry of a table of symbols, whose name is at this place.
    fn symbol(&self, index: usize, name: u32) -> Result<Vec<u8>> {
        let symbol = &self.object.symbols[index];
        let bind = match self.dynamic_symbols.contains_key(&index) {
            false => elf::STB_LOCAL,
            true if symbol.is_weak => elf::STB_WEAK,
            true => elf::STB_GLOBAL,
        };
        let (section, value) = match symbol.section {
            None => (0, 0),
            Some(section) => {
                let target = section_of(self.object.sections[section].kind);
                let base = if symbol.kind == elf::STT_TLS { self.addresses[TDATA] } else { 0 };
                (target as u16 + 1, self.address_of(index)? - base)
            }
        };
        let mut entry = name.to_le_bytes().to_vec();
        entry.extend([bind << 4 | symbol.kind, elf::STV_DEFAULT]);
        entry.extend(section.to_le_bytes());
        entry.extend(value.to_le_bytes());
        entry.extend(symbol.size.to_le_bytes());
        Ok(entry)
    }

    /// The places in `.eh_frame` of the descriptions of functions: LSB, "Exception Frames".
    fn unwound_functions(&self) -> impl Iterator<Item = u64> + '_ {
        let content = &self.contents[EH_FRAME];
        let word = move |at: usize| Some(u32::from_le_bytes(*content.get(at..)?.first_chunk()?));
        let mut at = 0;
        std::iter::from_fn(move || {
            let (length, here) = (word(at).filter(|length| *length != 0)?, at);
            at += length as usize + 4;
            Some((here as u64, word(here + 4)? != 0))
        })
        .filter_map(|(at, is_function)| is_function.then_some(at))
    }

    /// Writes the table by which functions are found when a panic unwinds.
    fn write_unwinding_index(&mut self) -> Result<()> {
        let header = self.addresses[EH_FRAME_HDR];
        let mut functions = Vec::new();
        for at in self.unwound_functions() {
            let begin = self.contents[EH_FRAME].get(at as usize + 8..).and_then(|rest| rest.first_chunk());
            let begin = i64::from(i32::from_le_bytes(*begin.context("a description that is cut short")?));
            let description = self.addresses[EH_FRAME] + at;
            functions.push((description as i64 + 8 + begin - header as i64, description as i64 - header as i64));
        }
        functions.sort_unstable();
        // Version 1; relative to itself, a number, relative to the table, each in four bytes.
        let mut table = vec![1, 0x1b, 0x03, 0x3b];
        let frames = i32::try_from(self.addresses[EH_FRAME] as i64 - header as i64 - 4)?;
        table.extend(frames.to_le_bytes());
        table.extend(u32::try_from(functions.len())?.to_le_bytes());
        for (begin, description) in functions {
            table.extend(i32::try_from(begin)?.to_le_bytes());
            table.extend(i32::try_from(description)?.to_le_bytes());
        }
        self.contents[EH_FRAME_HDR] = table;
        Ok(())
    }

    /// Writes the names of functions and variables, by which panics, debuggers and profilers name them.
    fn write_symbol_table(&mut self) {
        let (mut table, mut names) = (vec![0; SYMBOL as usize], vec![0]);
        let is_own = |index: &usize| {
            let symbol = &self.object.symbols[*index];
            let is_named = !symbol.name.is_empty() && !symbol.name.starts_with(".L");
            is_named && symbol.section.is_some_and(|section| section < self.places.len())
        };
        // Local symbols come first.
        let (global, local): (Vec<_>, Vec<_>) =
            (0..self.object.symbols.len()).filter(is_own).partition(|index| self.dynamic_symbols.contains_key(index));
        let locals = local.len() as u64 + 1;
        for index in local.into_iter().chain(global) {
            if let Ok(entry) = self.symbol(index, names.len() as u32) {
                table.extend(entry);
                names.extend_from_slice(self.object.symbols[index].name.as_bytes());
                names.push(0);
            }
        }
        self.symbol_table = (table.len() as u64, locals);
        table.extend(names);
        self.contents[SYMTAB] = table;
    }

    /// The content of the file.
    fn file(&self) -> Vec<u8> {
        let mut file = self.header();
        for index in 0..SYMTAB {
            file.resize(self.offsets[index] as usize, 0);
            file.extend_from_slice(&self.contents[index]);
        }
        file.resize(self.offsets[SYMTAB] as usize, 0);
        file.extend_from_slice(&self.contents[SYMTAB]);
        let names_at = file.len() as u64;
        let mut names = vec![0];
        let mut headers = vec![0; SECTION_HEADER as usize];
        let mut push = |name: &str, words: [u64; 9]| {
            let [section_type, flags, address, offset, size, link, info, alignment, entry] = words;
            headers.extend((names.len() as u32).to_le_bytes());
            headers.extend((section_type as u32).to_le_bytes());
            [flags, address, offset, size].iter().for_each(|word| headers.extend(word.to_le_bytes()));
            headers.extend((link as u32).to_le_bytes());
            headers.extend((info as u32).to_le_bytes());
            [alignment, entry].iter().for_each(|word| headers.extend(word.to_le_bytes()));
            names.extend_from_slice(name.as_bytes());
            names.push(0);
        };
        let strings = SECTIONS.len() as u64 + 1;
        for (index, (name, _, section_type, flags, entry)) in SECTIONS.iter().enumerate() {
            let (section_type, flags) = (u64::from(*section_type), u64::from(*flags));
            let (size, alignment) = (self.sizes[index], self.alignments[index]);
            let [address, offset] = [self.addresses[index], self.offsets[index]];
            let words = match index {
                DYNSYM => [section_type, flags, address, offset, size, DYNSTR as u64 + 1, 1, 8, *entry],
                HASH | RELA => [section_type, flags, address, offset, size, DYNSYM as u64 + 1, 0, 8, *entry],
                DYNAMIC => [section_type, flags, address, offset, size, DYNSTR as u64 + 1, 0, 8, *entry],
                SYMTAB => [section_type, 0, 0, offset, self.symbol_table.0, strings, self.symbol_table.1, 8, *entry],
                _ => [section_type, flags, address, offset, size, 0, 0, alignment, *entry],
            };
            push(name, words);
        }
        let strings_at = self.offsets[SYMTAB] + self.symbol_table.0;
        let string = u64::from(elf::SHT_STRTAB);
        push(".strtab", [string, 0, 0, strings_at, names_at - strings_at, 0, 0, 1, 0]);
        let own = ".shstrtab";
        // Its size includes its own name, which is pushed with it.
        push(own, [string, 0, 0, names_at, 0, 0, 0, 1, 0]);
        let size_at = headers.len() - 32;
        headers[size_at..size_at + 8].copy_from_slice(&(names.len() as u64).to_le_bytes());
        file.extend_from_slice(&names);
        file.resize(align(file.len() as u64, 8) as usize, 0);
        let headers_at = file.len() as u64;
        file[40..48].copy_from_slice(&headers_at.to_le_bytes());
        file.extend_from_slice(&headers);
        file
    }

    /// The header of the file and its program headers; the place of the section headers is filled in later.
    fn header(&self) -> Vec<u8> {
        let sections = SECTIONS.len() as u16 + 3;
        let mut header = vec![0x7f, b'E', b'L', b'F', elf::ELFCLASS64, elf::ELFDATA2LSB, elf::EV_CURRENT, 0];
        header.extend([0; 8]);
        header.extend(elf::ET_DYN.to_le_bytes());
        header.extend(elf::EM_X86_64.to_le_bytes());
        header.extend(u32::from(elf::EV_CURRENT).to_le_bytes());
        [0, HEADER, 0].iter().for_each(|word: &u64| header.extend(word.to_le_bytes()));
        header.extend(0_u32.to_le_bytes());
        let numbers = [HEADER as u16, PROGRAM_HEADER as u16, self.program_headers() as u16];
        let numbers = numbers.into_iter().chain([SECTION_HEADER as u16, sections, sections - 1]);
        header.extend(numbers.flat_map(u16::to_le_bytes));
        let mut push = |kind: u32, flags: u32, from: u64, to: u64, in_file: u64, in_memory: u64, alignment: u64| {
            header.extend(kind.to_le_bytes());
            header.extend(flags.to_le_bytes());
            [from, to, to, in_file, in_memory, alignment].iter().for_each(|word| header.extend(word.to_le_bytes()));
        };
        let mut protected = (0, 0);
        for (part, rights) in RIGHTS.into_iter().enumerate() {
            let Some((first, last)) = self.ends(part) else { continue };
            // The first part begins with the headers.
            let (offset, address) = if part == 0 { (0, 0) } else { (self.offsets[first], self.addresses[first]) };
            let in_file = self.offsets[last] + self.contents[last].len() as u64 - offset;
            let mut in_memory = self.addresses[last] + self.sizes[last] - address;
            if part == 2 {
                // Rights are those of whole pages.
                in_memory = align(address + in_memory, PAGE) - address;
                protected = (address, in_memory);
            }
            push(elf::PT_LOAD, rights, offset, address, in_file, in_memory, PAGE);
        }
        let section = |index: usize| (self.offsets[index], self.addresses[index], self.sizes[index]);
        let (offset, address, size) = section(DYNAMIC);
        push(elf::PT_DYNAMIC, elf::PF_R | elf::PF_W, offset, address, size, size, 8);
        push(elf::PT_GNU_RELRO, elf::PF_R, self.offsets[TDATA], protected.0, protected.1, protected.1, 1);
        let (offset, address, size) = section(EH_FRAME_HDR);
        push(elf::PT_GNU_EH_FRAME, elf::PF_R, offset, address, size, size, 4);
        push(elf::PT_GNU_STACK, elf::PF_R | elf::PF_W, 0, 0, 0, 0, 0);
        if self.has_thread_locals() {
            let (offset, address, in_file) = section(TDATA);
            let in_memory = self.addresses[TBSS] + self.sizes[TBSS] - address;
            push(elf::PT_TLS, elf::PF_R, offset, address, in_file, in_memory, self.alignments[TDATA]);
        }
        header
    }
}

//! Collects everything that decides the layout of the notebook's types.
//!
//! A variable must not outlive the definition of its type: two cells use the same name for a type, and Rust takes it
//! for the same type. So each cell is compiled with fingerprints of the definitions that it uses, and the variable
//! store compares them (`soma_cell::store`).

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use soma_driver::evcxr::files::NOTEBOOK;
use soma_driver::evcxr::program::{Definition, words};
use soma_driver::toolchain::toolchain_info::hex;

use super::implementation::Constant;
use super::item::{Item, Kind, Sort};

/// The texts of constants and types in implementations.
pub type Constants = BTreeMap<Constant, String>;

/// The sources of all items of the session, including the cell's own.
pub struct Definitions<'a> {
    /// By name: the texts of items, and of the constants and types in implementations.
    sources: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Definitions<'a> {
    /// Arranges the items by name.
    ///
    /// A constant or type of an implementation counts only when it differs from its `first` text: an implementation
    /// that comes after the values of a type changes nothing about them, since nothing could depend on it before.
    pub fn read(all: &[&'a Item], first: &Constants) -> Definitions<'a> {
        let mut sources: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for item in all {
            match &item.kind {
                Kind::Named { names, .. } => {
                    sources.entry(&names[0]).or_default().insert(&item.layout);
                }
                Kind::Import(imports) => {
                    for import in imports {
                        if let Some(name) = &import.name {
                            sources.entry(name).or_default().insert(&import.code);
                        }
                    }
                }
                Kind::Implementation(implementation) => {
                    for (constant, text) in implementation.constants() {
                        if first.get(&constant).is_some_and(|first| first != text) {
                            for name in &implementation.of {
                                sources.entry(name).or_default().insert(text);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        Definitions { sources }
    }

    /// For each of the items that is a type, or a trait (whose objects have its layout): its path as `type_name` prints
    /// it, and what decides its layout, which is its source and everything that the source mentions. `ctx::name::`
    /// stands for all types of a module, `ctx::` for those that only an expanded macro names.
    pub fn of<'i>(&self, items: impl Iterator<Item = &'i Item>, all: &[&'a Item]) -> BTreeMap<String, Definition> {
        let mut definitions = BTreeMap::new();
        for item in items {
            match &item.kind {
                Kind::Named { names, sort: Sort::Type | Sort::Trait, .. } => {
                    definitions.insert(format!("{NOTEBOOK}{}", names[0]), self.definition([names[0].as_str()], &[]));
                }
                Kind::Named { names, sort: Sort::Module, .. } => {
                    definitions.insert(format!("{NOTEBOOK}{}::", names[0]), self.definition([names[0].as_str()], &[]));
                }
                Kind::Nameless => {
                    definitions.entry(NOTEBOOK.to_owned()).or_insert_with(|| self.of_nameless(all));
                }
                _ => {}
            }
        }
        definitions
    }

    /// The definition of types that are given only by name.
    pub fn of_types<'t>(&self, types: impl Iterator<Item = &'t str>) -> Definition {
        let types: Vec<&str> = types.collect();
        self.definition(types.iter().flat_map(|ty| words(ty)), &types)
    }

    /// Everything that can be reached from these words and these texts.
    fn definition<'w>(&self, words: impl IntoIterator<Item = &'w str>, texts: &[&str]) -> Definition {
        let mut reached: BTreeMap<&str, &BTreeSet<&str>> = BTreeMap::new();
        let mut others = BTreeSet::new();
        let mut open: Vec<String> = words.into_iter().map(str::to_owned).collect();
        while let Some(name) = open.pop() {
            if let Some((name, sources)) = self.sources.get_key_value(name.as_str()) {
                if reached.insert(name, sources).is_none() {
                    open.extend(sources.iter().flat_map(|source| self::words(source)).map(str::to_owned));
                }
            } else if name.starts_with(char::is_lowercase) {
                // The name may be a crate's: these are in lower case, like most keywords, fields and variables.
                others.insert(name);
            }
        }
        let mut digest = Sha256::new();
        for source in reached.values().copied().flatten().chain(texts) {
            digest.update(source.as_bytes());
            digest.update([0]);
        }
        Definition { fingerprint: hex(&digest.finalize()), words: others }
    }

    /// The definition of types that macros make.
    fn of_nameless(&self, all: &[&Item]) -> Definition {
        let texts: BTreeSet<&str> =
            all.iter().filter(|item| item.kind == Kind::Nameless).map(|item| item.layout.as_str()).collect();
        let texts: Vec<&str> = texts.into_iter().collect();
        self.definition(texts.iter().flat_map(|text| words(text)), &texts)
    }
}

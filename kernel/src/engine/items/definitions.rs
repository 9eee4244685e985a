//! What decides how the notebook's types are laid out.
//!
//! A variable must not outlive the definition of its type: two cells call a type by the same name, and Rust takes
//! it for the same type. Each cell is therefore compiled with fingerprints of the definitions that it was made
//! with, and the variable store compares them (`soma_cell::store`).

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::item::{Item, Kind, Sort};
use crate::toolchain::facts::hex;
use crate::toolchain::program::words;

/// The sources of all items of the session, the cell's own among them.
pub struct Definitions<'a> {
    /// By name: the texts of items, and of what implementations say of constants and types.
    sources: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Definitions<'a> {
    /// Arranges the items by name.
    pub fn read(all: &[&'a Item]) -> Definitions<'a> {
        let mut sources: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for item in all {
            match &item.kind {
                Kind::Named { names, .. } => {
                    sources.entry(&names[0]).or_default().insert(&item.text);
                }
                Kind::Implementation(implementation) if !implementation.constants.is_empty() => {
                    for name in &implementation.of {
                        sources.entry(name).or_default().insert(&implementation.constants);
                    }
                }
                _ => {}
            }
        }
        Definitions { sources }
    }

    /// For each of the items that is a type: its path as `type_name` prints it, and a fingerprint of its source
    /// and of everything that this mentions. `ctx::name::` stands for all types of a module, `ctx::` for those
    /// that only an expanded macro names.
    pub fn of<'i>(&self, items: impl Iterator<Item = &'i Item>, all: &[&'a Item]) -> BTreeMap<String, String> {
        let mut definitions = BTreeMap::new();
        for item in items {
            match &item.kind {
                Kind::Named { names, sort: Sort::Type, .. } => {
                    definitions.insert(format!("ctx::{}", names[0]), self.fingerprint([names[0].as_str()]));
                }
                Kind::Named { names, sort: Sort::Module, .. } => {
                    definitions.insert(format!("ctx::{}::", names[0]), self.fingerprint([names[0].as_str()]));
                }
                Kind::Nameless => {
                    definitions.entry("ctx::".to_owned()).or_insert_with(|| self.of_nameless(all));
                }
                _ => {}
            }
        }
        definitions
    }

    /// A digest of everything that can be reached from these words.
    fn fingerprint<'w>(&self, words: impl IntoIterator<Item = &'w str>) -> String {
        let mut reached: BTreeMap<&str, &BTreeSet<&str>> = BTreeMap::new();
        let mut open: Vec<&str> =
            words.into_iter().filter_map(|word| Some(*self.sources.get_key_value(word)?.0)).collect();
        while let Some(name) = open.pop() {
            let Some(sources) = self.sources.get(name) else { continue };
            if reached.insert(name, sources).is_none() {
                open.extend(sources.iter().flat_map(|source| self::words(source)));
            }
        }
        let mut digest = Sha256::new();
        for source in reached.values().copied().flatten() {
            digest.update(source.as_bytes());
            digest.update([0]);
        }
        hex(&digest.finalize())
    }

    /// A digest of the items that may expand to more, and of everything that these mention.
    fn of_nameless(&self, all: &[&Item]) -> String {
        let texts: BTreeSet<&str> =
            all.iter().filter(|item| item.kind == Kind::Nameless).map(|item| item.text.as_str()).collect();
        let mentioned = self.fingerprint(texts.iter().flat_map(|text| words(text)));
        let texts: Vec<&str> = texts.into_iter().collect();
        hex(&Sha256::digest(texts.join("\0") + &mentioned))
    }
}

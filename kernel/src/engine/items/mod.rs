//! The session's items (functions, types, traits, macros, imports, …): the newest version of each, and which of
//! them a cell can reach.
//!
//! evcxr would write all items of the session out again in every cell and have all of them parsed, so that a
//! cell's time grows with the notebook. It never sees them. [`prepare`](super::prepare) puts the items of a
//! cell into a call of a macro that does not exist, which evcxr takes for a statement and keeps the places of;
//! the toolchain driver takes them out of there ([`program::own`](crate::toolchain::program)) and adds what the
//! cell can reach of earlier cells' items, which [`Items::for_cell`] has put into the cell's notes. An item is
//! parsed once, when its cell is prepared.

mod definitions;
mod import;
mod item;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::toolchain::notes::{CellItems, EarlierItem, OwnItem, Show};
use crate::toolchain::program::words;
use item::Kind;
pub use item::{Item, has_loops};

use definitions::Definitions;
use import::Import;

/// The items of all cells that were run.
#[derive(Debug, Default)]
pub struct Items {
    /// In the order in which they were last defined.
    known: Vec<Known>,
}

/// An item and the cell that defined it.
#[derive(Clone, Debug)]
struct Known {
    cell: usize,
    item: Arc<Item>,
}

impl Items {
    /// Adds the items of a cell that was run; they replace older ones of the same name.
    pub fn learn(&mut self, cell: usize, own: &[Item]) {
        if own.is_empty() {
            return;
        }
        self.known = self.without_replaced(own);
        self.known.extend(own.iter().map(|item| Known { cell, item: Arc::new(item.clone()) }));
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.known.clear();
    }

    /// Their texts.
    pub fn texts(&self) -> Vec<String> {
        self.known.iter().map(|known| known.item.text.clone()).collect()
    }

    /// The names by which code can mean them.
    pub fn names(&self) -> BTreeSet<String> {
        self.known.iter().flat_map(|known| known.item.names()).map(str::to_owned).collect()
    }

    /// The cell that defines a function, named as in `f`, `layers::f`, `Net::run` or `<Net as Run>::run`.
    pub fn cell_of(&self, function: &str) -> Option<usize> {
        let named = |name: &str| self.known.iter().find(|known| known.item.defined().any(|own| own == name));
        let Some((owner, member)) = function.rsplit_once("::") else { return named(function).map(|known| known.cell) };
        let mut known = self.known.iter();
        let implemented = known.find(|known| known.item.implements(member, |of| words(owner).any(|word| word == of)));
        implemented.or_else(|| named(words(owner).next()?)).map(|known| known.cell)
    }

    /// What a cell needs: all that it defines itself, and what these items, or code with the words of its
    /// statements, can reach.
    pub fn for_cell(&self, own: &[Item], words: &BTreeSet<String>, own_has_loops: bool) -> CellItems {
        let replaced;
        let earlier = if own.is_empty() {
            &self.known
        } else {
            replaced = self.without_replaced(own);
            &replaced
        };
        let stays = closure(earlier, own, words);
        let kept: Vec<&Known> = earlier.iter().zip(stays).filter(|(_, stays)| *stays).map(|(known, _)| known).collect();
        let all: Vec<&Item> = earlier.iter().map(|known| &*known.item).chain(own).collect();
        let definitions = Definitions::read(&all).of(kept.iter().map(|known| &*known.item).chain(own), &all);
        CellItems {
            own: own.iter().map(|item| OwnItem { text: item.text.clone(), is_macro: item.is_macro() }).collect(),
            earlier: kept
                .iter()
                .map(|known| EarlierItem {
                    text: known.item.text.clone(),
                    is_macro: known.item.is_macro(),
                    cell: known.cell,
                    line: known.item.start.line,
                    column: known.item.start.column,
                })
                .collect(),
            shown: None,
            show: Show::default(),
            definitions,
            has_loops: own_has_loops || kept.iter().any(|known| known.item.has_loops),
        }
    }

    /// The types whose layout may change when a cell defines these: their paths as later cells write them, `crate::m::`
    /// for all types of a module, `crate::` for all.
    pub fn changed_by(&self, own: &[Item]) -> Vec<String> {
        if own.is_empty() || self.known.is_empty() {
            return Vec::new();
        }
        let fingerprints = |all: &[&Item]| Definitions::read(all).of(all.iter().copied(), all);
        let left = self.without_replaced(own);
        let before: Vec<&Item> = self.known.iter().map(|known| &*known.item).collect();
        let after: Vec<&Item> = left.iter().map(|known| &*known.item).chain(own).collect();
        let after = fingerprints(&after);
        let changed = fingerprints(&before).into_iter().filter(|(path, print)| after.get(path) != Some(print));
        changed.map(|(path, _)| path.replacen("ctx::", "crate::", 1)).collect()
    }

    /// Whether a type is made of one of the notebook's that has no definition of its own: one that came out of a macro,
    /// or a trait object.
    pub fn has_nameless_types(&self, ty: &str) -> bool {
        const NOTEBOOK: &str = "crate::";
        let named: BTreeSet<&str> = self.known.iter().filter_map(|known| known.item.defined_type()).collect();
        ty.match_indices(NOTEBOOK).any(|(at, _)| {
            words(&ty[at + NOTEBOOK.len()..]).next().is_some_and(|name| !named.contains(name.trim_start_matches("r#")))
        })
    }

    /// The items that are still there when a cell defines these.
    fn without_replaced(&self, own: &[Item]) -> Vec<Known> {
        // A type that is defined anew takes along what its cell implemented for it.
        let renewed: BTreeSet<(usize, &str)> = self
            .known
            .iter()
            .filter(|known| known.item.is_implemented() && own.iter().any(|new| new.replaces(&known.item)))
            .flat_map(|known| known.item.defined().map(|name| (known.cell, name)))
            .collect();
        let mut left = Vec::with_capacity(self.known.len() + own.len());
        for known in &self.known {
            if let Kind::Import(imports) = &known.item.kind {
                let is_hidden = |import: &&Import| own.iter().any(|new| new.hides(import));
                if !imports.iter().any(|import| is_hidden(&import)) {
                    left.push(known.clone());
                    continue;
                }
                let others = imports.iter().filter(|import| !is_hidden(import));
                left.extend(others.map(|import| Known { cell: known.cell, item: Arc::new(known.item.only(import)) }));
                continue;
            }
            let follows = match &known.item.kind {
                Kind::Implementation(own) => own.of.iter().any(|name| renewed.contains(&(known.cell, name.as_str()))),
                _ => false,
            };
            if !follows && !own.iter().any(|new| new.replaces(&known.item)) {
                left.push(known.clone());
            }
        }
        left
    }
}

/// Which of the earlier items stay: a name-based closure. An item stays when its name is a word of the cell or
/// of an item that stays; an implementation follows its type and trait; a trait also follows the names of its
/// methods, which a cell can call without naming the trait. Imports, and what has no name, stay always.
fn closure(earlier: &[Known], own: &[Item], words: &BTreeSet<String>) -> Vec<bool> {
    let items = || earlier.iter().map(|known| &*known.item);
    let names: BTreeSet<&str> = items().chain(own).flat_map(Item::defined).collect();
    let mut meant: BTreeSet<&str> = words.iter().map(|name| name.trim_start_matches("r#")).collect();
    meant.extend(own.iter().flat_map(|item| item.words.iter().map(String::as_str)));
    let mut kept: BTreeSet<&str> = own.iter().flat_map(Item::defined).collect();
    let mut stays = vec![false; earlier.len()];
    loop {
        let mut changed = false;
        for (item, stays) in items().zip(&mut stays) {
            if *stays {
                continue;
            }
            *stays = match &item.kind {
                Kind::Import(_) | Kind::Foreign(_) | Kind::Nameless => true,
                Kind::Named { names, .. } => names.iter().any(|name| meant.contains(name.as_str())),
                Kind::Implementation(implementation) => {
                    implementation.of.iter().all(|name| !names.contains(name.as_str()) || kept.contains(name.as_str()))
                }
            };
            if *stays {
                changed = true;
                meant.extend(item.words.iter().map(String::as_str));
                kept.extend(item.defined());
            }
        }
        if !changed {
            return stays;
        }
    }
}

#[cfg(test)]
mod tests;

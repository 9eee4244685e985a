//! The session's items (functions, types, traits, macros, imports, …): the newest version of each, and which of them a
//! cell can reach.
//!
//! evcxr would repeat all items of the session in every cell and have all of them parsed, so that a cell's time grows
//! with the notebook. So evcxr never sees them. [`prepare`](super::prepare) puts the items of a cell into a call of a
//! macro that does not exist, which evcxr takes for a statement whose position it keeps. The driver takes them out of
//! there ([`program::own`](soma_driver::evcxr::program)) and adds the items of earlier cells that the cell can reach, which
//! [`Items::for_cell`] has put into the cell's notes. An item is parsed once, when its cell is prepared;
//! what a cell with loops reaches is parsed once more, because [`loops`] looks at all of it together.

mod definitions;
mod implementation;
mod import;
mod item;
mod layout;
mod loops;
mod statics;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use soma_driver::evcxr::files::NOTEBOOK;
use soma_driver::evcxr::program::{CellItems, EarlierItem, Format, OwnItem, STATICS, words};
use soma_driver::variable_types::Libraries;

use super::positions::Place;
use super::type_names::Meaning;
pub use import::imports;
use item::Kind;
pub use item::{Item, signature};
pub use loops::{Repeats, Statements};

use definitions::{Constants, Definitions};
use import::Import;

/// The items of all cells that were run.
#[derive(Debug, Default)]
pub struct Items {
    /// In the order in which they were last defined.
    known: Vec<Known>,
    /// The texts that constants and types of implementations had when they were first defined.
    first_constants: Constants,
    /// The statics that the current cell, which may be running, is the first to have, by the items that make them.
    first_in_cell: BTreeMap<ItemPlace, Statics>,
    /// The crates that the last cell could name, with their files.
    libraries: Vec<(String, PathBuf)>,
}

/// A cell of the session, for its items.
#[derive(Clone, Copy, Debug)]
pub struct CellOf<'a> {
    /// Its position in the session.
    pub place: usize,
    /// The front end's id of the cell, which does not depend on its content.
    pub id: Option<&'a str>,
    /// The items that it defines.
    pub items: &'a [Item],
}

/// The position of the cell that defines an item, and the item's position in it.
type ItemPlace = (usize, Place);

/// An item and the cell that defined it.
#[derive(Clone, Debug)]
struct Known {
    cell: usize,
    /// The front end's id of that cell.
    id: Option<Arc<str>>,
    item: Arc<Item>,
    /// Its statics, once a library has them.
    statics: Option<Statics>,
}

/// Statics that a loaded library has.
#[derive(Clone, Debug, Default, PartialEq)]
struct Statics {
    /// The prefix of their symbols.
    prefix: String,
    /// A fingerprint of everything that decides their types.
    fingerprint: String,
    /// The names of crates among that.
    words: BTreeSet<String>,
    /// The libraries of those crates.
    libraries: Libraries,
}

impl Known {
    fn place(&self) -> ItemPlace {
        (self.cell, self.item.start)
    }
}

impl Items {
    /// Adds the items of a cell that was run. They replace what an earlier run of the same cell has defined, and items
    /// of the same name in other cells.
    pub fn learn(&mut self, cell: &CellOf) {
        self.known = self.without_replaced(cell);
        let id = cell.id.map(Arc::from);
        for (constant, text) in cell.items.iter().flat_map(Item::constants) {
            self.first_constants.entry(constant).or_insert_with(|| text.to_owned());
        }
        let own = cell.items.iter();
        self.known.extend(own.map(|item| Known {
            cell: cell.place,
            id: id.clone(),
            item: Arc::new(item.clone()),
            statics: None,
        }));
    }

    /// Records that the library of the last cell is loaded, with the statics that it is the first to have. `libraries`
    /// are the crates that it could name.
    pub fn loaded(&mut self, libraries: Vec<(String, PathBuf)>) {
        for known in &mut self.known {
            let Some(mut statics) = self.first_in_cell.remove(&known.place()) else { continue };
            let of_type = libraries.iter().filter(|(name, _)| statics.words.contains(name));
            statics.libraries = of_type.cloned().collect();
            known.statics = Some(statics);
        }
        self.libraries = libraries;
    }

    /// Records that the process that has loaded all libraries has ended, and that another one starts.
    pub fn unloaded(&mut self) {
        self.known.iter_mut().for_each(|known| known.statics = None);
    }

    /// Forgets all items.
    pub fn clear(&mut self) {
        self.known.clear();
        self.first_constants.clear();
    }

    /// Forgets the item at this line of a cell, if it is one that every cell has and no other item needs: an import, or
    /// a check such as `const _: () = assert!(…);`. Returns its text.
    pub fn forget_stale(&mut self, cell: usize, line: usize) -> Option<(usize, String)> {
        let at = self.known.iter().position(|known| {
            let lines = known.item.start.line..known.item.start.line + known.item.text.lines().count();
            known.cell == cell && lines.contains(&line) && known.item.is_for_every_cell()
        })?;
        let known = self.known.remove(at);
        Some((known.cell, known.item.text.clone()))
    }

    /// The current items, for [`Items::restore`].
    pub fn remember(&self) -> Remembered {
        Remembered { known: self.known.clone(), first_constants: self.first_constants.clone() }
    }

    /// Restores remembered items.
    pub fn restore(&mut self, remembered: Remembered) {
        self.known = remembered.known;
        self.first_constants = remembered.first_constants;
    }

    /// The texts of all items.
    pub fn texts(&self) -> Vec<String> {
        self.known.iter().map(|known| known.item.text.clone()).collect()
    }

    /// The names by which code can refer to them.
    pub fn names(&self) -> BTreeSet<String> {
        self.known.iter().flat_map(|known| known.item.names()).map(str::to_owned).collect()
    }

    /// What a path of the notebook's crate refers to, by its parts.
    pub fn meaning(&self, path: &[&str]) -> Meaning {
        let Some((first, rest)) = path.split_first() else { return Meaning::Unknown };
        let named =
            |name: &str| self.known.iter().map(|known| &*known.item).find(|item| item.defined().any(|own| own == name));
        // A tuple struct's constructor has the struct's path; the type of a function has the function's.
        named(first.trim_start_matches("r#")).map_or(Meaning::Unknown, |item| item.meaning(rest))
    }

    /// The text of a macro.
    pub fn macro_text(&self, name: &str) -> Option<String> {
        let known =
            self.known.iter().find(|known| known.item.is_macro() && known.item.defined().any(|own| own == name));
        known.map(|known| known.item.text.clone())
    }

    /// The type of a pointer to a function, if its text tells the type.
    pub fn signature(&self, function: &str) -> Option<String> {
        self.known.iter().find(|known| known.item.defined().any(|own| own == function))?.item.signature()
    }

    /// The cell that defines a function, named like `f`, `layers::f`, `Net::run` or `<Net as Run>::run`.
    pub fn cell_of(&self, function: &str) -> Option<usize> {
        let named = |name: &str| self.known.iter().find(|known| known.item.defined().any(|own| own == name));
        let Some((owner, member)) = function.rsplit_once("::") else { return named(function).map(|known| known.cell) };
        let mut known = self.known.iter();
        let implemented = known.find(|known| known.item.implements(member, |of| words(owner).any(|word| word == of)));
        implemented.or_else(|| named(words(owner).next()?)).map(|known| known.cell)
    }

    /// The items that a cell needs: all that it defines itself, and all that these items, or code with the words of its
    /// statements, can reach. With `new_libraries` it may be compiled with other crates than the cell before.
    pub fn for_cell(
        &mut self,
        cell: &CellOf,
        words: &BTreeSet<String>,
        statements: &Statements,
        new_libraries: bool,
    ) -> CellItems {
        let own = cell.items;
        let earlier = self.without_replaced(cell);
        let stays = closure(&earlier, own, words);
        let kept: Vec<&Known> = earlier.iter().zip(stays).filter(|(_, stays)| *stays).map(|(known, _)| known).collect();
        let all: Vec<&Item> = earlier.iter().map(|known| &*known.item).chain(own).collect();
        let sources = Definitions::read(&all, &self.first_constants);
        let definitions = sources.of(kept.iter().map(|known| &*known.item).chain(own), &all);
        let repeats = kept.iter().fold(statements.repeats, |all, known| all | known.item.repeats);
        let texts: Vec<&str> = kept.iter().map(|known| known.item.text.as_str()).collect();
        let has_hot_loops = loops::are_hot(statements, &texts, repeats);
        self.first_in_cell.clear();
        let mut first = |item: &Item, place: ItemPlace| {
            let definition = sources.of_types(item.static_types());
            let number = self.first_in_cell.len();
            let prefix = format!("{STATICS}{}_{number}", cell.place);
            let splices = statics::definitions(&item.statics, &prefix);
            let (fingerprint, words) = (definition.fingerprint, definition.words);
            self.first_in_cell.insert(place, Statics { prefix, fingerprint, words, libraries: Libraries::new() });
            splices
        };
        let mut own_splices = |item: &Item| {
            let first = if item.statics.is_empty() { Vec::new() } else { first(item, (cell.place, item.start)) };
            item.with(first)
        };
        let own_items = own.iter().map(|item| OwnItem {
            text: item.text.clone(),
            is_macro: item.is_macro(),
            defines: item.defines(),
            splices: own_splices(item),
        });
        let own_items = own_items.collect();
        let mut splices = |known: &Known| match &known.statics {
            _ if known.item.statics.is_empty() => Vec::new(),
            Some(statics)
                if statics.fingerprint == sources.of_types(known.item.static_types()).fingerprint
                    && statics.has_its_libraries(&self.libraries, new_libraries) =>
            {
                statics::declarations(&known.item.statics, &statics.prefix)
            }
            _ => first(&known.item, known.place()),
        };
        CellItems {
            own: own_items,
            earlier: kept
                .iter()
                .map(|known| EarlierItem {
                    text: known.item.text.clone(),
                    is_macro: known.item.is_macro(),
                    cell: known.cell,
                    line: known.item.start.line,
                    column: known.item.start.column,
                    defines: known.item.defines(),
                    splices: known.item.with(splices(known)),
                })
                .collect(),
            shown: None,
            show: Format::default(),
            definitions,
            has_hot_loops,
        }
    }

    /// The types whose layout may change when a cell defines its items: their paths as later cells write them,
    /// `crate::m::` for all types of a module, `crate::` for all.
    pub fn changed_by(&self, cell: &CellOf) -> Vec<String> {
        let is_run_again = cell.id.is_some() && self.known.iter().any(|known| known.id.as_deref() == cell.id);
        if self.known.is_empty() || cell.items.is_empty() && !is_run_again {
            return Vec::new();
        }
        let fingerprints = |all: &[&Item]| Definitions::read(all, &self.first_constants).of(all.iter().copied(), all);
        let left = self.without_replaced(cell);
        let before: Vec<&Item> = self.known.iter().map(|known| &*known.item).collect();
        let after: Vec<&Item> = left.iter().map(|known| &*known.item).chain(cell.items).collect();
        let functions = left_functions(&self.known, &after);
        let after = fingerprints(&after);
        let changed = fingerprints(&before).into_iter().filter(|(path, print)| after.get(path) != Some(print));
        changed.map(|(path, _)| path.replacen(NOTEBOOK, "crate::", 1)).chain(functions).collect()
    }

    /// Whether a type contains one of the notebook's that has no definition of its own: one that a macro made, or a
    /// trait object.
    pub fn has_nameless_types(&self, ty: &str) -> bool {
        const NOTEBOOK: &str = "crate::";
        let named: BTreeSet<&str> = self.known.iter().filter_map(|known| known.item.defined_type()).collect();
        ty.match_indices(NOTEBOOK).any(|(at, _)| {
            words(&ty[at + NOTEBOOK.len()..]).next().is_some_and(|name| !named.contains(name.trim_start_matches("r#")))
        })
    }

    /// The items that remain when a cell is run.
    fn without_replaced(&self, cell: &CellOf) -> Vec<Known> {
        let own = cell.items;
        let others = || self.known.iter().filter(|known| cell.id.is_none() || known.id.as_deref() != cell.id);
        // A redefined type also drops what its cell implemented for it.
        let renewed: BTreeSet<(usize, &str)> = others()
            .filter(|known| known.item.is_implemented() && own.iter().any(|new| new.replaces(&known.item)))
            .flat_map(|known| known.item.defined().map(|name| (known.cell, name)))
            .collect();
        let mut left = Vec::with_capacity(self.known.len() + own.len());
        for known in others() {
            if let Kind::Import(imports) = &known.item.kind {
                let is_hidden = |import: &&Import| own.iter().any(|new| new.hides(import));
                if !imports.iter().any(|import| is_hidden(&import)) {
                    left.push(known.clone());
                    continue;
                }
                let stay = imports.iter().filter(|import| !is_hidden(import));
                left.extend(stay.map(|import| Known { item: Arc::new(known.item.only(import)), ..known.clone() }));
                continue;
            }
            let follows = match &known.item.kind {
                Kind::Implementation(own) => own.of.iter().any(|name| renewed.contains(&(known.cell, name.as_str()))),
                _ => false,
            };
            if follows || own.iter().any(|new| new.replaces(&known.item)) {
                continue;
            }
            let mut item = Some(Arc::clone(&known.item));
            for new in own {
                let Some(older) = &item else { break };
                if let Some(new) = new.takes_members_from(older) {
                    item = older.without_members_of(new).map(Arc::new);
                }
            }
            left.extend(item.map(|item| Known { item, ..known.clone() }));
        }
        left
    }
}

/// The paths of functions that have changed: a variable may have a function's type.
fn left_functions(before: &[Known], after: &[&Item]) -> Vec<String> {
    let changed = before.iter().map(|known| &*known.item).filter(|item| {
        item.is_function()
            && !after.iter().any(|other| other.layout == item.layout && other.defined().eq(item.defined()))
    });
    changed.flat_map(Item::defined).map(|name| format!("crate::{name}")).collect()
}

/// The items at one moment, for [`Items::restore`].
pub struct Remembered {
    known: Vec<Known>,
    first_constants: Constants,
}

impl Statics {
    /// Whether the crates that its types come from are still the same.
    fn has_its_libraries(&self, present: &[(String, PathBuf)], may_change: bool) -> bool {
        self.libraries.iter().all(|(name, file)| {
            !may_change && present.iter().any(|(n, f)| n == name && f.file_stem() == file.file_stem())
        })
    }
}

/// Which of the earlier items stay: a closure by names. An item stays if its name is a word of the cell or of an item
/// that stays. An implementation follows its type and trait; a trait also follows the names of its methods, which a
/// cell can call without naming the trait. Imports and items without a name always stay.
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

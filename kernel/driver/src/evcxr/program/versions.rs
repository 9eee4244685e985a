//! Makes redefined types distinct from their earlier versions.
//!
//! rustc tells types apart by their paths, so to it a struct of one cell and the struct of the same name that replaces
//! it in a later cell are one type: their `TypeId`s are equal, and `Box<dyn Any>` would reinterpret the bits of one as
//! the other. Two items of one name can stand in one place only if hygiene keeps them apart; rustc then numbers them,
//! and the number is part of the type's identity, but not of any name that users see. So before a type that is the
//! third of its name, a macro with its own hygiene (`macro`, which is unstable) defines two empty ones, and the type
//! itself comes out of another macro, since items that stand directly in the text are numbered first.
//!
//! A program without redefined types has nothing of this.

use std::collections::BTreeMap;
use std::path::Path;

use super::Line;
use super::cell_items::CellItems;
use crate::dirs;

/// The file in the session's folder that holds the versions.
const FILE: &str = "versions.json";

/// How often each type, trait and module of the notebook was redefined with another meaning.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Versions {
    /// By name; only those that were redefined.
    numbers: BTreeMap<String, usize>,
}

impl Versions {
    /// Numbers these definitions (by the path that `type_name` prints) after their earlier versions in the session.
    pub fn of(definitions: &BTreeMap<String, String>, session: &Path) -> Versions {
        let mut numbers = BTreeMap::new();
        if definitions.is_empty() {
            return Versions { numbers };
        }
        let file = session.join(FILE);
        let mut seen: BTreeMap<String, Vec<String>> =
            std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        let mut is_new = false;
        for (path, fingerprint) in definitions {
            let Some(name) = path.strip_prefix("ctx::").map(|name| name.trim_end_matches("::")) else { continue };
            let versions = seen.entry(name.to_owned()).or_default();
            let number = versions.iter().position(|other| other == fingerprint).unwrap_or_else(|| {
                is_new = true;
                versions.push(fingerprint.clone());
                versions.len() - 1
            });
            if number > 0 && !name.is_empty() {
                numbers.insert(name.to_owned(), number);
            }
        }
        if is_new {
            // Without the file, rustc takes a redefined type for the old one; the variable store still tells them
            // apart.
            let _ = dirs::write_atomically(&file, &serde_json::to_vec(&seen).unwrap_or_default());
        }
        Versions { numbers }
    }

    /// The lines that make the newest types distinct from the earlier ones.
    pub fn lines(&self, items: &CellItems) -> Vec<String> {
        let own = items.own.iter().filter_map(|item| item.defines.as_deref());
        let defined = own.chain(items.earlier.iter().filter_map(|item| item.defines.as_deref()));
        let again: BTreeMap<&str, usize> = defined.filter_map(|name| Some((name, *self.numbers.get(name)?))).collect();
        if again.is_empty() {
            return Vec::new();
        }
        let mut lines = vec!["#![feature(decl_macro)]".to_owned()];
        for (name, number) in again {
            let raw = if super::variables::is_keyword(name) { "r#" } else { "" };
            let older = format!("soma_older_{name}!();").repeat(number);
            lines.push(format!("macro soma_older_{name}() {{ enum {raw}{name} {{}} }} {older}"));
        }
        lines.push("macro soma_newest($($item:tt)*) { $($item)* }".to_owned());
        lines
    }

    /// The lines of an item that defines this name, so that rustc numbers it after the older ones.
    pub(super) fn newest(&self, mut lines: Vec<Line>, defines: Option<&str>) -> Vec<Line> {
        if defines.is_some_and(|name| self.numbers.contains_key(name)) {
            lines.insert(0, Line::new("soma_newest! {"));
            lines.push(Line::new("}"));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_that_comes_back_has_its_number_again() {
        let session = tempfile::tempdir().unwrap();
        let number = |fingerprint: &str| {
            let definitions = [("ctx::P".to_owned(), fingerprint.to_owned()), ("ctx::".to_owned(), "x".to_owned())];
            Versions::of(&definitions.into(), session.path()).numbers.get("P").copied().unwrap_or(0)
        };
        assert_eq!([number("a"), number("a"), number("b"), number("c"), number("a")], [0, 0, 1, 2, 0]);
    }
}

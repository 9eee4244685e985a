//! Libraries that variables were made with, and that a later `:dep` has replaced.
//!
//! A later `:dep` may ask for another version of a crate, or for one more feature. Rust then has two crates of the same
//! name, whose types differ. A variable of a type from the first keeps that type: the cell is compiled with both
//! crates, the first under another name, and the variable's type is written with that name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::toolchain_info::hex;
use crate::variable_types::{Libraries, Types};

/// The earlier libraries that a cell needs.
#[derive(Debug, Default, PartialEq)]
pub struct Kept {
    /// The types of all variables, as this cell must write them.
    pub types: Types,
    /// The variables among them whose types are from earlier libraries.
    pub variables: BTreeSet<String>,
    /// The arguments of `--extern` besides the current libraries: names and files.
    pub externs: BTreeMap<String, PathBuf>,
}

impl Kept {
    /// Compares the libraries that variables were made with to the libraries that are `present`.
    pub fn find(types: &Types, made_with: &BTreeMap<String, Libraries>, present: &[(String, PathBuf)]) -> Kept {
        let mut kept = Kept { types: types.clone(), ..Kept::default() };
        for (variable, libraries) in made_with {
            let Some(Some(ty)) = kept.types.get_mut(variable) else { continue };
            for (name, file) in libraries {
                // Cargo puts a digest of all its inputs into a library's name, whichever folder it is in, and whether it is
                // whole or its metadata alone.
                let is_present =
                    present.iter().any(|(other, its)| other == name && its.file_stem() == file.file_stem());
                if is_present || !file.exists() {
                    continue;
                }
                let own_name = own_name(file);
                *ty = with_root(ty, name, &own_name);
                kept.externs.insert(own_name, file.clone());
                kept.variables.insert(variable.clone());
            }
        }
        kept
    }
}

/// The crates among `present` that a type comes from.
pub fn libraries_of(ty: &str, present: &[(String, PathBuf)]) -> Libraries {
    let mentioned = present.iter().filter(|(name, _)| roots(ty, name).next().is_some());
    mentioned.cloned().collect()
}

fn own_name(file: &Path) -> String {
    format!("kept_{}", hex(&Sha256::digest(file.file_stem().unwrap_or_default().as_encoded_bytes())))
}

/// The positions at which paths in a type begin with this crate.
fn roots<'a>(ty: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    ty.match_indices(name).map(|(at, _)| at).filter(move |at| {
        let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        ty[at + name.len()..].starts_with("::") && !ty[..*at].ends_with(is_path)
    })
}

fn with_root(ty: &str, name: &str, other: &str) -> String {
    let mut text = String::with_capacity(ty.len());
    let mut end = 0;
    for at in roots(ty, name) {
        text.push_str(&ty[end..at]);
        text.push_str(other);
        end = at + name.len();
    }
    text + &ty[end..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_keeps_the_library_it_was_made_with() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old.rlib"), folder.path().join("new.rlib"));
        std::fs::write(&old, "").unwrap();
        let types: Types =
            [("v".to_owned(), Some("std::vec::Vec<base::m::T<other::base::U, base::T>>".to_owned()))].into();
        let before = vec![("base".to_owned(), old.clone()), ("far".to_owned(), old.clone())];
        let libraries = libraries_of(types["v"].as_ref().unwrap(), &before);
        assert_eq!(libraries, [("base".to_owned(), old.clone())].into());
        let made_with = [("v".to_owned(), libraries)].into();

        let unchanged = Kept { types: types.clone(), ..Kept::default() };
        assert_eq!(Kept::find(&types, &made_with, &before), unchanged);
        let elsewhere = vec![("base".to_owned(), PathBuf::from("/shared/old.rmeta"))];
        assert_eq!(Kept::find(&types, &made_with, &elsewhere), unchanged, "its metadata, in another folder");
        let kept = Kept::find(&types, &made_with, &[("base".to_owned(), new)]);
        let name = own_name(&old);
        assert_eq!(
            kept.types["v"].as_deref(),
            Some(format!("std::vec::Vec<{name}::m::T<other::base::U, {name}::T>>").as_str())
        );
        assert_eq!(kept.externs, [(name, old.clone())].into());
        std::fs::remove_file(old).unwrap();
        assert_eq!(Kept::find(&types, &made_with, &[]).types, types, "what is not there cannot be used");
    }
}

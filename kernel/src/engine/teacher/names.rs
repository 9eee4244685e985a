//! The names of the tensor library, and what names of PyTorch, NumPy and their kin are called here.
//!
//! Errors, completions and documentation share this table: the aliases in the library's documentation, and the library's
//! `names.tsv` for what is missing or is written in another way.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::lesson::{Sentence, sentence};

/// The items of the library with their aliases, written by the build.
const ITEMS: &str = include_str!(concat!(env!("OUT_DIR"), "/names.txt"));
const ROWS: &str = include_str!("../../../../tensorlib/names.tsv");

static METHODS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| items().filter_map(|(path, _)| path.strip_prefix("Tensor::")).collect());

/// The paths of items, as `Tensor::pow` and `cat`, and their aliases.
fn items() -> impl Iterator<Item = (&'static str, std::str::SplitWhitespace<'static>)> {
    ITEMS.lines().filter_map(|line| {
        let (path, aliases) = line.split_once(' ')?;
        Some((path, aliases.split_whitespace()))
    })
}

/// Whether tensors have a method of this name.
pub fn is_method(name: &str) -> bool {
    METHODS.contains(name)
}

/// The names of a tensor's methods, with their aliases.
pub fn methods() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    items().filter_map(|(path, aliases)| Some((path.strip_prefix("Tensor::")?, aliases.collect())))
}

/// The functions of one of the library's modules, `plot` or `picture`.
pub fn functions_of(module: &str) -> impl Iterator<Item = &'static str> {
    items().filter_map(move |(path, _)| path.split_once("::").filter(|(of, _)| *of == module).map(|(_, name)| name))
}

/// What there is to say of a name that the library has not.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
    pub sentence: Sentence,
    /// The name to write instead, where nothing else changes.
    pub replacement: Option<&'static str>,
}

/// A name that other libraries have, as a method of a tensor or as a function.
pub fn of_another_library(name: &str, is_method: bool) -> Option<Known> {
    let has_alias = |(_, aliases): &(&str, std::str::SplitWhitespace)| aliases.clone().any(|alias| alias == name);
    let called: Vec<&str> = items().filter(has_alias).map(|(path, _)| path).collect();
    let is_of_this_kind =
        |path: &&&str| path.starts_with("Tensor::") == is_method && (is_method || !path.contains("::"));
    if let Some(path) = called.iter().find(is_of_this_kind) {
        let item = path.trim_start_matches("Tensor::");
        let sentence = sentence!("`{name}` is called `{item}` here", "`{name}` 在这里叫 `{item}`");
        return Some(Known { sentence, replacement: Some(item) });
    }
    if let Some(row) = row(name, is_method) {
        return Some(row);
    }
    if let Some(path) = called.first() {
        let sentence = match path.strip_prefix("Tensor::") {
            Some(method) => {
                sentence!("`{name}` is a method here: `x.{method}(…)`", "`{name}` 在这里是方法：`x.{method}(…)`")
            }
            None => sentence!("`{name}` is called `{path}` here", "`{name}` 在这里叫 `{path}`"),
        };
        return Some(Known { sentence, replacement: None });
    }
    (!is_method && METHODS.contains(name)).then(|| Known {
        sentence: sentence!("`{name}` is a method: `x.{name}(…)`", "`{name}` 是方法：`x.{name}(…)`"),
        replacement: None,
    })
}

/// What the library's table says of a name that is NumPy's in another sense than PyTorch's.
pub fn of_numpy(name: &str) -> Option<Known> {
    let (_, texts) = rows().find(|(columns, _)| {
        let places: Vec<&str> = columns.0.split(' ').collect();
        places.contains(&"numpy") && !places.contains(&"torch") && columns.1.split(' ').any(|known| known == name)
    })?;
    Some(said(name, texts))
}

fn said(name: &str, (english, chinese): (&str, &str)) -> Known {
    let sentence = Sentence { english: format!("`{name}`: {english}"), chinese: format!("`{name}`：{chinese}") };
    Known { sentence, replacement: None }
}

/// The rows of the table: places and names, and the sentences.
fn rows() -> impl Iterator<Item = ((&'static str, &'static str), (&'static str, &'static str))> {
    ROWS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut columns = line.split('\t');
        let (places, names, _item) = (columns.next()?, columns.next()?, columns.next()?);
        Some(((places, names), (columns.next()?, columns.next()?)))
    })
}

/// What the library's table says of a name. Of several rows, the one of PyTorch is meant by who calls a tensor's method.
fn row(name: &str, is_method: bool) -> Option<Known> {
    let order: [&str; 7] = if is_method {
        ["torch", "numpy", "rust", "python", "numpy.random", "matplotlib", "evcxr"]
    } else {
        ["python", "torch", "numpy", "rust", "numpy.random", "matplotlib", "evcxr"]
    };
    let rows = rows().filter(|((_, names), _)| names.split(' ').any(|known| known == name));
    let rank = |places: &str| {
        order.iter().position(|place| places.split(' ').any(|known| known == *place)).unwrap_or(order.len())
    };
    let (_, texts) = rows.min_by_key(|((places, _), _)| rank(places))?;
    Some(said(name, texts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_their_aliases_and_in_the_table() {
        assert!(is_method("sum_dim") && is_method("exp_") && !is_method("nosuch"));
        assert_eq!(of_another_library("power", true).unwrap().replacement, Some("pow"));
        assert_eq!(of_another_library("concatenate", false).unwrap().replacement, Some("cat"));
        let missing = of_another_library("matrix_norm", true).unwrap();
        assert!(missing.replacement.is_none() && missing.sentence.english.contains("write `"), "{missing:?}");
        assert!(of_another_library("abs", false).unwrap().sentence.english.contains("x.abs()"));
        assert_eq!(of_another_library("nosuch", true), None);
    }
}

//! Names that people bring from PyTorch, NumPy, matplotlib, Python and Rust: whoever types one is told what it is called here.
//!
//! Each name of the lists in `names`, which `names/list.py` writes, is an item's, an item's alias, or has a row in `names.tsv`.

#[path = "names/source.rs"]
mod source;

use std::collections::BTreeSet;
use std::path::Path;

use source::Items;

const TABLE: &str = include_str!("../names.tsv");

/// What the table calls a place, and the names that come from there.
const LISTS: [(&str, &str); 13] = [
    ("torch", include_str!("names/torch.Tensor.txt")),
    ("torch", include_str!("names/torch.txt")),
    ("torch", include_str!("names/torch.nn.functional.txt")),
    ("torch", include_str!("names/torch.linalg.txt")),
    ("torch", include_str!("names/torch.nn.txt")),
    ("numpy", include_str!("names/numpy.ndarray.txt")),
    ("numpy", include_str!("names/numpy.txt")),
    ("numpy", include_str!("names/numpy.linalg.txt")),
    ("numpy.random", include_str!("names/numpy.random.txt")),
    ("matplotlib", include_str!("names/matplotlib.txt")),
    ("python", include_str!("names/python.txt")),
    ("rust", include_str!("names/rust.txt")),
    ("evcxr", include_str!("names/evcxr.txt")),
];

/// A row of the table: names of some places, and what to tell those who type them.
struct Row {
    places: Vec<&'static str>,
    names: Vec<&'static str>,
    item: &'static str,
    english: &'static str,
    chinese: &'static str,
}

fn items() -> Items {
    source::items(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
}

fn rows() -> Vec<Row> {
    let mut lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(lines.next(), Some("places\tnames\titem\tEnglish\tChinese"));
    lines
        .map(|line| {
            let [places, names, item, english, chinese] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("five columns in `{line}`")
            };
            Row { places: places.split(' ').collect(), names: names.split(' ').collect(), item, english, chinese }
        })
        .collect()
}

/// What comes from this library when a name is typed that comes from `place`: plots where they were plots.
fn belongs(path: &str, place: &str) -> bool {
    let of_plots = ["plot::", "Plot::", "Diagram::"].iter().any(|owner| path.starts_with(owner));
    let by_itself = !path.contains("::") || path.starts_with("Tensor::") || path.starts_with("DType::");
    if place == "matplotlib" { of_plots } else { by_itself }
}

fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

/// The pieces of code in a sentence.
fn code(sentence: &str) -> BTreeSet<&str> {
    sentence.split('`').skip(1).step_by(2).collect()
}

#[track_caller]
fn none(wrong: Vec<String>, what: &str) {
    assert!(wrong.is_empty(), "{} {what}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn each_name_is_here_or_explained() {
    let (items, rows) = (items(), rows());
    assert!(items.len() > 500, "{} items", items.len());
    let mut wrong = Vec::new();
    for (place, names) in LISTS {
        for name in names.lines() {
            let is_here = items.iter().any(|(path, aliases)| {
                belongs(path, place) && (last(path) == name || aliases.iter().any(|alias| alias == name))
            });
            if !is_here && !rows.iter().any(|row| row.places.contains(&place) && row.names.contains(&name)) {
                wrong.push(format!("{place}: {name}"));
            }
        }
    }
    none(wrong, "names are neither an item's nor an alias, and have no row in names.tsv");
}

#[test]
fn an_alias_is_not_the_name_of_another_item_of_its_kind() {
    let items: Items = items();
    let named = |path: &str, alias: &str| match path.rsplit_once("::") {
        Some((owner, _)) => format!("{owner}::{alias}"),
        None => alias.to_owned(),
    };
    let aliases = items.iter().flat_map(|(path, aliases)| aliases.iter().map(move |alias| (path, alias)));
    let taken = aliases.filter(|(path, alias)| items.contains_key(&named(path, alias)));
    none(taken.map(|(path, alias)| format!("{alias}, alias of {path}")).collect(), "aliases are other items");
}

#[test]
fn a_row_is_short_and_says_the_same_in_both_languages() {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for Row { places, names, english, chinese, .. } in rows() {
        if english.is_empty() || chinese.is_empty() || english.chars().count() > 90 {
            wrong.push(format!("{names:?}: empty, or longer than 90 characters: {english}"));
        }
        if english.matches('`').count() % 2 == 1 || code(english) != code(chinese) {
            wrong.push(format!("{names:?}: the code differs: {english} / {chinese}"));
        }
        let pairs = places.iter().flat_map(|place| names.iter().map(move |name| (*place, *name)));
        wrong.extend(
            pairs.filter(|pair| !seen.insert(*pair)).map(|(place, name)| format!("{place}: {name} has two rows")),
        );
    }
    none(wrong, "rows are not as they should be");
}

#[test]
fn the_item_of_a_row_is_there_and_has_the_names_as_aliases() {
    let items = items();
    let mut wrong = Vec::new();
    for Row { names, item, .. } in rows().into_iter().filter(|row| !row.item.is_empty()) {
        // A trait's method, which cannot have aliases.
        if item == "Tensor::clone" {
            continue;
        }
        let Some(aliases) = items.get(item) else {
            wrong.push(format!("{names:?}: {item} is not there"));
            continue;
        };
        let missing = names.iter().filter(|name| last(item) != **name && !aliases.iter().any(|alias| alias == *name));
        wrong.extend(missing.map(|name| format!("{name} is no alias of {item}")));
    }
    none(wrong, "items or aliases are missing");
}

/// What stands in the rows' code and is Rust's own.
const OF_RUST: &[&str] = &[
    "clone",
    "collect",
    "dedup",
    "derive",
    "format",
    "input",
    "into_iter",
    "iter",
    "map",
    "matches",
    "partition_point",
    "println",
    "read_to_string",
    "sort",
    "sqrt",
    "sum",
];

#[test]
fn what_a_row_says_to_write_is_there() {
    let items = items();
    let owners = ["Tensor", "DType", "Plot", "Diagram", "PrintOptions", "Module"];
    let of_owners = items.keys().filter_map(|path| path.split_once("::")).filter(|(owner, _)| owners.contains(owner));
    let methods: BTreeSet<&str> = of_owners.map(|(_, name)| name).collect();
    let mut wrong = Vec::new();
    for Row { names, english, .. } in rows() {
        for (path, is_method) in code(english).into_iter().flat_map(called) {
            // What returns its error is there with what panics.
            let path = if is_method { path.strip_prefix("try_").unwrap_or(path) } else { path };
            // Types are known without the module that they are called by.
            let of_module = path.split_once("::").filter(|(_, rest)| rest.starts_with(char::is_uppercase));
            let is_there = match of_module {
                _ if is_method => methods.contains(path),
                Some((_, of_type)) => items.contains_key(of_type),
                None => items.contains_key(path),
            };
            if !is_there && !OF_RUST.contains(&last(path)) {
                wrong.push(format!("{path}, for {}", names.join(" ")));
            }
        }
    }
    none(wrong, "functions that rows name are not there");
}

/// The functions, macros and methods that code calls, and whether each is called as a method.
fn called(code: &str) -> Vec<(&str, bool)> {
    let mut called = Vec::new();
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut rest = code;
    let mut is_method = false;
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        if length == 0 {
            is_method = first == '.';
            // A text is no code.
            let skipped =
                if first == '"' { rest[1..].find('"').map_or(rest.len(), |end| end + 2) } else { first.len_utf8() };
            rest = &rest[skipped..];
            continue;
        }
        let (name, after) = rest.split_at(length);
        // `item::<f32>(` ends at the bracket.
        let name = name.trim_end_matches("::");
        let is_call =
            after.starts_with('(') || after.starts_with('<') || after.starts_with("![") || after.starts_with("!(");
        if is_call && name.starts_with(char::is_lowercase) {
            called.push((name.strip_prefix("tensorlib::").unwrap_or(name), is_method));
        }
        is_method = false;
        rest = after;
    }
    called
}

//! What the library has, by name, and the aliases of each item: read from its sources. The kernel's build reads them so, too.
//!
//! Most methods are declared by macros, in rows like `neg try_neg neg_ try_neg_ Neg;`. A macro whose body has `impl Tensor` makes
//! methods of all that stands in its rows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Items by path (`Tensor::abs`, `cat`, `plot::line`, `DType::F32`, `tensor`), each with its aliases.
pub type Items = BTreeMap<String, Vec<String>>;

/// Modules whose functions are called by their path.
const MODULES: [&str; 8] = ["autograd", "data", "functional", "nn", "optim", "picture", "plot", "render"];

/// The items of the library whose sources are in a folder.
pub fn items(root: &Path) -> Items {
    let mut files = Vec::new();
    collect(root, &mut files);
    files.sort();
    let texts: Vec<(String, String)> = files
        .iter()
        .map(|file| {
            let name = file.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            (name, std::fs::read_to_string(file).unwrap())
        })
        .collect();
    let brought_out = brought_out(&texts);
    let makers: BTreeSet<&str> = texts.iter().flat_map(|(_, text)| makers(text)).collect();
    // `clone` is a trait's, and so it is declared without `pub`.
    let mut items = Items::from([("Tensor::clone".to_owned(), Vec::new())]);
    for (name, text) in &texts {
        read(name, text, &makers, &brought_out, &mut items);
    }
    items
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

fn first_word(text: &str) -> &str {
    words(text).next().unwrap_or_default()
}

/// The names in all `pub use`.
fn brought_out(texts: &[(String, String)]) -> BTreeSet<String> {
    let uses =
        texts.iter().flat_map(|(_, text)| text.split("\npub use ").skip(1)).map(|rest| rest.split(';').next().unwrap());
    uses.flat_map(words).map(str::to_owned).collect()
}

/// The macros that make methods of tensors.
fn makers(text: &str) -> impl Iterator<Item = &str> {
    let macros = text.split("\nmacro_rules! ").skip(1);
    macros.filter(|rest| rest.split("\n}\n").next().unwrap().contains("impl Tensor")).map(first_word)
}

/// Where a line stands.
#[derive(Clone, Copy)]
enum Within<'a> {
    File,
    Type(&'a str),
    Enum(&'a str),
    Trait(&'a str),
    Rows,
    /// Types that a macro gives a `new`.
    Makes,
    Hidden,
}

fn read(file: &str, text: &str, makers: &BTreeSet<&str>, brought_out: &BTreeSet<String>, items: &mut Items) {
    let module = MODULES.into_iter().find(|module| file == format!("{module}/mod.rs"));
    let mut within = Within::File;
    let mut aliases = Vec::new();
    let mut exported = false;
    for line in text.lines().take_while(|line| !line.starts_with("mod tests")) {
        let code = line.trim();
        if let Some(alias) = code.strip_prefix("#[doc(alias = \"").and_then(|rest| rest.strip_suffix("\")]")) {
            aliases.push(alias.to_owned());
            continue;
        }
        exported |= code == "#[macro_export]";
        if code.starts_with("//") || code.starts_with("#[") || code.is_empty() {
            continue;
        }
        let at_the_edge = !line.starts_with(' ');
        if at_the_edge {
            within = match code.split_once(' ') {
                Some(("macro_rules!", name)) => {
                    if exported {
                        items.entry(first_word(name).to_owned()).or_default().append(&mut aliases);
                    }
                    Within::Hidden
                }
                // Between the head of an `impl` and its body.
                _ if code == "where" || code == "{" => within,
                _ if code.starts_with("impl") && code.contains(" for ") => Within::Hidden,
                _ if code.starts_with("impl") => Within::Type(owner(code)),
                _ if code.starts_with("pub trait") => Within::Trait(words(code).nth(2).unwrap_or_default()),
                Some(("optimizer!" | "recurrent!" | "layers!", "{")) => Within::Makes,
                _ if code.starts_with("pub enum") => Within::Enum(words(code).nth(2).unwrap_or_default()),
                _ if code.contains("! {") || code.contains("!(") && code.ends_with(");") => {
                    let maker = makers.contains(first_word(code));
                    if maker && code.ends_with(");") {
                        methods(&code[code.find('(').unwrap()..], &mut Vec::new(), items);
                    }
                    if maker { Within::Rows } else { Within::File }
                }
                _ => Within::File,
            };
            exported = false;
        }
        // A macro under the name that it has in its module.
        if let Some(module) = module
            && let Some((_, name)) = code.strip_prefix("pub use crate::__").and_then(|rest| rest.split_once(" as "))
        {
            put(format!("{module}::{}", first_word(name)), &mut aliases, items);
        }
        let declared = code.strip_prefix("pub fn ").or_else(|| code.strip_prefix("pub struct "));
        match (within, declared) {
            (Within::Rows, _) if !at_the_edge => methods(code, &mut aliases, items),
            (Within::Type(owner), Some(name)) => put(format!("{owner}::{}", declared_name(name)), &mut aliases, items),
            (Within::Enum(owner), None) if !at_the_edge && code.ends_with(',') && words(code).count() == 1 => {
                put(format!("{owner}::{}", first_word(code)), &mut aliases, items);
            }
            (Within::Trait(owner), _) if code.starts_with("fn ") => {
                put(format!("{owner}::{}", declared_name(&code["fn ".len()..])), &mut aliases, items);
            }
            (Within::Makes, _) if line.starts_with("    ") && !line.starts_with("     ") && is_a_type(code) => {
                put(format!("{}::new", first_word(code)), &mut aliases, items);
            }
            (Within::File, Some(name)) => match (module, declared_name(name)) {
                (Some(module), name) if at_the_edge => put(format!("{module}::{name}"), &mut aliases, items),
                (_, name) if brought_out.contains(name) => put(name.to_owned(), &mut aliases, items),
                _ => {}
            },
            _ => {}
        }
        aliases.clear();
    }
}

/// Whether a row of a macro begins with a type.
fn is_a_type(row: &str) -> bool {
    row.starts_with(char::is_uppercase)
}

/// The type of `impl<'a> Type<'a> {`.
fn owner(line: &str) -> &str {
    let rest = line.trim_start_matches("impl");
    let rest = if rest.starts_with('<') { rest.split_once("> ").map_or(rest, |(_, rest)| rest) } else { rest };
    first_word(rest)
}

fn declared_name(rest: &str) -> &str {
    first_word(rest.trim_start_matches("r#"))
}

fn put(path: String, aliases: &mut Vec<String>, items: &mut Items) {
    items.entry(path).or_default().append(aliases);
}

/// The methods that a row declares; its aliases are the first one's.
fn methods(row: &str, aliases: &mut Vec<String>, items: &mut Items) {
    // The body of a row, or what is said of all rows.
    if row.starts_with(|c: char| c == '|' || c.is_uppercase()) {
        return;
    }
    let quoted: String = row.split('"').step_by(2).collect();
    let declared = quoted.split([':', ';']).next().unwrap();
    let is_name = |word: &&str| {
        word.starts_with(|c: char| c.is_lowercase()) && !word.starts_with("try_") && !matches!(*word, "true" | "false")
    };
    for name in words(declared).filter(is_name) {
        put(format!("Tensor::{name}"), aliases, items);
    }
}

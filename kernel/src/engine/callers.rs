//! Finds the functions of the notebook that a panic came through.
//!
//! The process that runs cells reports addresses (`soma_cell`'s `frames`); this module looks them up in the symbol
//! tables of cells' libraries. A function that the compiler has inlined has no symbol, and is not reported: line
//! tables, which contain inlined functions, take 5 to 15 % of a cell's compile.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use object::{Object, ObjectSymbol, SymbolKind};
use regex::Regex;
use soma_driver::evcxr::files::NOTEBOOK;
use soma_driver::evcxr::program::ENTRY_SYMBOL;

/// The calls that a panic came through, innermost first, as they were reported.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calls {
    libraries: Vec<PathBuf>,
    /// The library's index, the offset in it, and how often the call occurs in a row.
    calls: Vec<(usize, u64, usize)>,
}

/// The functions that a panic came through.
#[derive(Debug, Default, PartialEq)]
pub struct Callers {
    /// The functions, innermost first.
    pub functions: Vec<Caller>,
    /// Whether the calls lead back to the cell, and not to the start of a thread.
    pub is_from_cell: bool,
}

/// A function of the notebook.
#[derive(Debug, PartialEq)]
pub struct Caller {
    /// Its name, as in `f`, `Net::run` or `<Net as Run>::run`.
    pub name: String,
    /// How often it called itself.
    pub repeats: usize,
    /// Whether it was compiled for an earlier cell, as a stored closure is.
    pub is_older: bool,
}

impl Calls {
    /// Reads a report: libraries, one a line, and calls as `soma_cell` writes them.
    pub fn read(libraries: &str, calls: &str) -> Calls {
        let read = |call: &str| {
            let (library, rest) = call.split_once(':')?;
            let (offset, times) = rest.split_once('*')?;
            Some((library.parse().ok()?, u64::from_str_radix(offset, 16).ok()?, times.parse().ok()?))
        };
        Calls {
            libraries: libraries.lines().map(PathBuf::from).collect(),
            calls: calls.split(' ').filter_map(read).collect(),
        }
    }

    /// The library of the innermost code that was compiled from a cell of this session.
    pub fn library(&self, session: &Path) -> Option<&Path> {
        let libraries = self.calls.iter().filter_map(|(library, ..)| self.libraries.get(*library));
        libraries.map(PathBuf::as_path).find(|library| library.starts_with(session))
    }

    /// The notebook's functions among the calls.
    pub fn callers(&self, session: &Path) -> Callers {
        let mut tables: HashMap<usize, Table> = HashMap::new();
        let mut found: Vec<(usize, String, usize)> = Vec::new();
        let mut is_from_cell = false;
        for (library, offset, times) in &self.calls {
            let Some(path) = self.libraries.get(*library).filter(|path| path.starts_with(session)) else { continue };
            let table = tables.entry(*library).or_insert_with(|| Table::read(path));
            let Some(name) = table.name_of(*offset) else { continue };
            found.push((*library, name.to_owned(), *times));
            if name == ENTRY_SYMBOL {
                is_from_cell = true;
                break;
            }
        }
        let last = found.last().map_or(0, |(library, ..)| *library);
        let own = found.iter().filter_map(|(library, symbol, times)| {
            let function = own_function(symbol)?;
            Some((function, *times, *library != last))
        });
        Callers { functions: fold(own), is_from_cell }
    }
}

/// Joins the calls of one function, including its closures, and counts how often it called itself.
fn fold(own: impl Iterator<Item = (Function, usize, bool)>) -> Vec<Caller> {
    let mut functions: Vec<Caller> = Vec::new();
    let mut closure_of: Option<String> = None;
    for (Function { name, is_closure }, times, is_older) in own {
        let within = closure_of.as_ref() == Some(&name);
        match functions.last_mut() {
            // The function that contains a closure, or a closure in a closure.
            Some(last) if last.name == name && within => last.repeats += times - 1,
            Some(last) if last.name == name => last.repeats += times,
            _ => functions.push(Caller { name: name.clone(), repeats: times - 1, is_older }),
        }
        closure_of = is_closure.then_some(name);
    }
    functions
}

/// The names of a library's functions.
#[derive(Default)]
struct Table {
    /// The beginning, the end and the name of each.
    functions: Vec<(u64, u64, String)>,
}

impl Table {
    /// Reads a library's table; empty if the library cannot be read.
    fn read(library: &Path) -> Table {
        let content = std::fs::read(library).unwrap_or_default();
        let Ok(file) = object::File::parse(&*content) else { return Table::default() };
        let functions = file.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text);
        let mut functions: Vec<_> = functions
            .filter_map(|symbol| {
                let start = symbol.address();
                Some((start, start + symbol.size(), symbol.name().ok()?.to_owned()))
            })
            .collect();
        functions.sort();
        Table { functions }
    }

    fn name_of(&self, offset: u64) -> Option<&str> {
        let after = self.functions.partition_point(|(start, ..)| *start <= offset);
        let (start, end, name) = self.functions.get(after.checked_sub(1)?)?;
        // Not every format has the length of a function.
        (*end == *start || offset < *end).then_some(name)
    }
}

/// A function that a user has written.
#[derive(Debug, PartialEq)]
struct Function {
    name: String,
    /// Whether this is the code of a closure in it.
    is_closure: bool,
}

/// The notebook's function that a symbol belongs to; `None` for another crate's, and for the cell itself.
fn own_function(symbol: &str) -> Option<Function> {
    let name = format!("{:#}", rustc_demangle::demangle(symbol));
    if !is_own(&name) {
        return None;
    }
    let name = called_closure(&name).unwrap_or(&name);
    let name = without_arguments(name).replace(NOTEBOOK, "");
    // A function inside a cell's statements is one of the notebook's; other symbols below the entry are closures of the
    // cell itself.
    let entry = format!("{ENTRY_SYMBOL}::");
    let name = name.strip_prefix(&entry).unwrap_or(&name);
    if name == ENTRY_SYMBOL {
        return None;
    }
    let is_closure = name.ends_with('}');
    let segments: Vec<&str> = segments(name).into_iter().filter(|segment| !segment.starts_with('{')).collect();
    if segments.is_empty() {
        return None;
    }
    let name = PATHS.replace_all(&segments.join("::"), "$1").into_owned();
    Some(Function { name, is_closure })
}

/// The closure that newer compilers write as `<ctx::f::{closure#0} as core::ops::function::FnOnce<()>>::call_once`.
fn called_closure(name: &str) -> Option<&str> {
    let (closure, called) = name.strip_prefix('<')?.split_once(" as core::ops::function::Fn")?;
    (closure.ends_with('}') && called.contains(">::call")).then_some(closure)
}

/// The modules before a type's or trait's name.
static PATHS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:[a-z_][a-z0-9_]*::)+([A-Z])").expect("the pattern is a literal"));

/// Whether the notebook defines a function: it is in the notebook's crate, or belongs to an implementation for one of
/// its types or of one of its traits.
fn is_own(name: &str) -> bool {
    let is_here = |path: &str| {
        path.trim_start_matches(['<', '&', '[', '('])
            .trim_start_matches("mut ")
            .trim_start_matches("dyn ")
            .starts_with(NOTEBOOK)
    };
    let header = segments(name)[0];
    let of_trait = header.strip_prefix('<').and_then(|header| {
        let mut depth = 0;
        let at = header.char_indices().find_map(|(at, character)| {
            match character {
                '<' | '(' | '[' => depth += 1,
                '>' | ')' | ']' => depth -= 1,
                _ => {}
            }
            (depth == 0 && header[at..].starts_with(" as ")).then_some(at + " as ".len())
        });
        at.map(|at| &header[at..])
    });
    is_here(name) || of_trait.is_some_and(is_here)
}

/// The parts of a path between its `::`, ignoring those inside angle brackets.
fn segments(name: &str) -> Vec<&str> {
    let (mut depth, mut start, mut segments) = (0, 0, Vec::new());
    for (at, character) in name.char_indices() {
        match character {
            '<' => depth += 1,
            // The `>` of an arrow closes nothing.
            '>' if !name[..at].ends_with('-') => depth -= 1,
            ':' if depth == 0 && name[at..].starts_with("::") => {
                segments.push(&name[start..at]);
                start = at + 2;
            }
            _ => {}
        }
    }
    segments.push(&name[start..]);
    segments
}

/// A path without generic arguments of functions (`f::<i32>`), which newer compilers put into symbols.
fn without_arguments(name: &str) -> String {
    let kept = segments(name).into_iter().enumerate();
    let kept = kept.filter(|(at, segment)| *at == 0 || !segment.starts_with('<'));
    let kept: Vec<&str> = kept.map(|(_, segment)| segment).collect();
    // `<ctx::Net>::run` is another form of `ctx::Net::run`.
    let first = kept[0].strip_prefix('<').and_then(|first| first.strip_suffix('>'));
    match first.filter(|first| !first.contains(" as ")) {
        Some(first) => [&[first], &kept[1..]].concat().join("::"),
        None => kept.join("::"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(symbol: &str) -> Option<(String, bool)> {
        own_function(symbol).map(|function| (function.name, function.is_closure))
    }

    #[test]
    fn the_notebooks_functions_are_told_from_others() {
        for (symbol, name, is_closure) in [
            ("ctx::inner", "inner", false),
            ("ctx::deep::{{closure}}::{{closure}}", "deep", true),
            ("<ctx::Net as ctx::layers::Run>::run", "<Net as Run>::run", false),
            ("<ctx::Net as core::ops::drop::Drop>::drop", "<Net as Drop>::drop", false),
            ("<alloc::vec::Vec<T> as ctx::Mean>::mean", "<Vec<T> as Mean>::mean", false),
            ("ctx::layers::Net::run", "Net::run", false),
            ("<ctx::Net>::run", "Net::run", false),
            ("ctx::first::<alloc::vec::Vec<i32>>", "first", false),
            ("ctx::soma_cell_run::{{closure}}::helper", "helper", false),
            ("ctx::layers::forward", "layers::forward", false),
            ("<ctx::deep::{closure#0} as core::ops::function::FnOnce<()>>::call_once", "deep", true),
        ] {
            assert_eq!(own(symbol), Some((name.to_owned(), is_closure)), "{symbol}");
        }
        for symbol in [
            "soma_cell_run",
            "ctx::soma_cell_run",
            "ctx::soma_cell_run::{{closure}}",
            "ctx::soma_cell_run::{{closure}}::{{closure}}",
            "<ctx::soma_cell_run::{closure#0} as core::ops::function::FnOnce<()>>::call_once",
            "core::ptr::drop_in_place<ctx::Net>",
            "<alloc::vec::Vec<ctx::Net> as core::clone::Clone>::clone",
            "tensorlib::ops::add",
            "<F as core::ops::function::FnOnce<ctx::Net>>::call_once",
            "std::panicking::catch_unwind",
            "rust_begin_unwind",
        ] {
            assert_eq!(own(symbol), None, "{symbol}");
        }
    }

    #[test]
    fn symbols_of_both_kinds_are_read() {
        assert_eq!(own("_ZN3ctx5inner17h30065f9083ff9565E"), Some(("inner".to_owned(), false)));
        assert_eq!(own("_RNvCs1234_3ctx5inner"), Some(("inner".to_owned(), false)));
    }

    #[test]
    fn closures_are_their_functions_and_recursion_is_counted() {
        let call = |name: &str, is_closure, times| (Function { name: name.to_owned(), is_closure }, times, false);
        let calls = [
            call("inner", true, 1),
            call("inner", false, 1),
            call("down", false, 1),
            call("down", false, 999),
            call("outer", true, 1),
        ];
        let folded = fold(calls.into_iter());
        let folded: Vec<_> = folded.iter().map(|caller| (caller.name.as_str(), caller.repeats)).collect();
        assert_eq!(folded, [("inner", 0), ("down", 999), ("outer", 0)]);
    }

    #[test]
    fn reports_are_read_as_they_are_written() {
        let calls = Calls::read("/s/a.so\n/lib/std.so", "1:ff*1 0:1a2b*7 0:x*1");
        assert_eq!(calls.calls, [(1, 0xff, 1), (0, 0x1a2b, 7)]);
        assert_eq!(calls.library(Path::new("/s")), Some(Path::new("/s/a.so")));
        assert_eq!(calls.callers(Path::new("/s")), Callers::default());
        assert_eq!(Calls::read("", ""), Calls::default());
    }
}

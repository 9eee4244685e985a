//! The modules of each crate form no circles: what a module uses does not use it in turn.
//!
//! A file is a module. It uses another one when a `use` line or a path that begins with `crate`, `self` or `super` leads
//! there. Tests do not count, nor does what a module only passes on (`mod`, `pub use`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree, Visibility};

use soma_lab::workspace::Workspace;

/// The path of a module in its crate; none for the root.
type Module = Vec<String>;

/// The sources of each crate, and modules that may use each other, with the reason.
const CRATES: [(&str, &[&str]); 9] = [
    ("kernel/src", &[]),
    ("kernel/cell/src", &[]),
    ("kernel/driver/src", &[]),
    ("kernel/jupyter/src", &[]),
    ("kernel/jupyter/frontend/src", &[]),
    ("install/src", &[]),
    ("tests/src", &[]),
    ("tensorlib/derive/src", &[]),
    // A tensor holds what it was made from, and that holds tensors; numbers become tensors where a tensor is asked for.
    (
        "tensorlib/src",
        &[
            "autograd::anomaly",
            "autograd::engine",
            "autograd::lineage",
            "autograd::node",
            "autograd::record",
            "backend",
            "create::filled",
            "create::literal",
            "device",
            "element",
            "memory::allocator",
            "memory::buffer",
            "memory::kept",
            "operand",
            "ops::assign",
            "ops::binary",
            "ops::unary",
            "storage",
            "tensor",
        ],
    ),
];

/// The module of each file below a folder.
fn modules(folder: &Path) -> BTreeMap<Module, PathBuf> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![(folder.to_owned(), Module::new())]);
    while let Some((folder, module)) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("a folder can be read to its end").path();
            let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
            let inner = [&module[..], std::slice::from_ref(&name)].concat();
            match (path.is_dir(), name.as_str()) {
                (_, "tests") => {}
                (true, _) => folders.push((path, inner)),
                (false, "mod" | "lib" | "main") => drop(found.insert(module.clone(), path)),
                (false, _) if path.extension().is_some_and(|extension| extension == "rs") => {
                    found.insert(inner, path);
                }
                (false, _) => {}
            }
        }
    }
    found
}

/// The paths that a module's file names.
#[derive(Default)]
struct Named(Vec<Vec<String>>);

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

fn leaves(tree: &UseTree, before: &[String], found: &mut Vec<Vec<String>>) {
    let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
    match tree {
        UseTree::Path(path) => leaves(&path.tree, &with(&path.ident), found),
        UseTree::Name(name) => found.push(with(&name.ident)),
        UseTree::Rename(name) => found.push(with(&name.ident)),
        UseTree::Glob(_) => found.push([before, &["*".to_owned()]].concat()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, before, found)),
    }
}

impl<'ast> Visit<'ast> for Named {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if matches!(item.vis, Visibility::Inherited) {
            leaves(&item.tree, &[], &mut self.0);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if names.len() > 1 && ["crate", "self", "super"].contains(&names[0].as_str()) {
            self.0.push(names);
        }
        visit::visit_path(self, path);
    }
}

/// The module that a path in `module` leads to, and whether it names something in it.
fn target(path: &[String], module: &Module, known: &impl Fn(&Module) -> bool) -> Option<Module> {
    let supers = path.iter().take_while(|name| *name == "super").count();
    let (mut at, mut rest) = match path.first()?.as_str() {
        "crate" => (Module::new(), &path[1..]),
        "self" => (module.clone(), &path[1..]),
        "super" => (module[..module.len().checked_sub(supers)?].to_vec(), &path[supers..]),
        child if known(&[&module[..], &[child.to_owned()]].concat()) => (module.clone(), path),
        _ => return None,
    };
    while let Some((name, others)) = rest.split_first() {
        let inner = [&at[..], std::slice::from_ref(name)].concat();
        if !known(&inner) {
            break;
        }
        (at, rest) = (inner, others);
    }
    (known(&at) && at != *module).then_some(at)
}

fn uses(module: &Module, source: &str, known: &impl Fn(&Module) -> bool) -> BTreeSet<Module> {
    let file = syn::parse_file(source).unwrap_or_else(|error| panic!("{}: {error}", module.join("::")));
    let mut named = Named::default();
    let own = file.items.iter().filter(|item| !matches!(item, Item::Mod(inner) if is_test(&inner.attrs)));
    own.for_each(|item| named.visit_item(item));
    named.0.iter().filter_map(|path| target(path, module, known)).collect()
}

/// Modules that use each other, each group in order. By Kosaraju's algorithm.
fn circles(graph: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<Vec<String>> {
    fn walk<'a>(
        at: &'a Module,
        next: &dyn Fn(&'a Module) -> Vec<&'a Module>,
        seen: &mut BTreeSet<&'a Module>,
        done: &mut Vec<&'a Module>,
    ) {
        if seen.insert(at) {
            next(at).into_iter().for_each(|other| walk(other, next, seen, done));
            done.push(at);
        }
    }
    let (mut seen, mut order) = (BTreeSet::new(), Vec::new());
    let forward = |at: &Module| graph.get(at).into_iter().flatten().collect::<Vec<_>>();
    graph.keys().for_each(|at| walk(at, &|at| forward(at), &mut seen, &mut order));
    let mut backward: BTreeMap<&Module, Vec<&Module>> = BTreeMap::new();
    for (from, to) in graph {
        to.iter().for_each(|to| backward.entry(to).or_default().push(from));
    }
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    for at in order.into_iter().rev() {
        let mut group = Vec::new();
        walk(at, &|at| backward.get(at).cloned().unwrap_or_default(), &mut seen, &mut group);
        if group.len() > 1 {
            let mut names: Vec<String> = group.into_iter().map(|module| module.join("::")).collect();
            names.sort();
            found.push(names);
        }
    }
    found
}

#[test]
fn no_modules_form_a_circle() {
    let root = Workspace::find().unwrap().root;
    let mut told = String::new();
    for (folder, allowed) in CRATES {
        let files = modules(&root.join(folder));
        let known = |module: &Module| files.contains_key(module);
        let read = |path: &Path| fs::read_to_string(path).unwrap();
        let graph = files.iter().map(|(module, path)| (module.clone(), uses(module, &read(path), &known))).collect();
        for circle in circles(&graph) {
            if circle.iter().all(|module| allowed.contains(&module.as_str())) {
                continue;
            }
            told += &format!("{folder}: {}\n", circle.join(", "));
            for (from, to) in &graph {
                let is_in = |module: &Module| circle.contains(&module.join("::"));
                let to = to.iter().filter(|to| is_in(from) && is_in(to));
                told.extend(to.map(|to| format!("    {} uses {}\n", from.join("::"), to.join("::"))));
            }
        }
    }
    assert!(
        told.is_empty(),
        "these modules use each other; move what they share into a file of its own, whose name says what it is\n{told}"
    );
}

#[test]
fn a_circle_is_found_whichever_way_modules_are_named() {
    let path = |text: &str| text.split("::").map(str::to_owned).collect::<Module>();
    let known = |module: &Module| ["a", "a::b", "c"].iter().any(|known| path(known) == *module) || module.is_empty();
    let of = |module: &str, source: &str| uses(&path(module), source, &known);
    assert_eq!(of("a::b", "use super::super::c::{self, Thing};"), [path("c")].into());
    assert_eq!(of("a::b", "use crate::{a::Thing, c};"), [path("a"), path("c")].into());
    assert_eq!(of("a", "mod b; fn f() { self::b::g() } use b::h;"), [path("a::b")].into());
    assert_eq!(of("c", "pub use crate::a::b::Thing; #[cfg(test)] mod tests { use crate::a; }"), [].into());
    let graph = |edges: &[(&str, &str)]| {
        let mut graph: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
        for (from, to) in edges {
            graph.entry(path(from)).or_default().insert(path(to));
        }
        graph
    };
    assert_eq!(circles(&graph(&[("a", "a::b"), ("a::b", "c"), ("c", "a"), ("c", "d")])), [["a", "a::b", "c"]]);
    assert_eq!(circles(&graph(&[("a", "a::b"), ("a::b", "c"), ("a", "c")])), [[""; 0]; 0]);
}

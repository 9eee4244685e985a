//! Imports for names of the libraries that every cell links: the compiler suggests imports only from the standard
//! library.
//!
//! The names are read from the sources that soma carries, so they match the library that cells link.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use ra_ap_syntax::ast::{self, HasModuleItem, HasName, HasVisibility};
use ra_ap_syntax::{AstNode, Edition, SourceFile};
use soma_driver::toolchain::cell_libs;

use super::items::imports;

/// The import of everything that lessons need.
pub const PRELUDE: &str = "use tensorlib::prelude::*;";

static NAMES: LazyLock<Names> = LazyLock::new(Names::read);

/// The names that can be imported.
struct Names {
    /// The names in the tensor library's prelude.
    prelude: BTreeSet<String>,
    /// The modules among them.
    modules: BTreeSet<String>,
    /// The macros among them.
    macros: BTreeSet<String>,
    /// The traits that the prelude imports without their names.
    traits: BTreeSet<String>,
    /// The names in `soma_cell`.
    cell: BTreeSet<String>,
}

/// The line that imports a name of this kind (`function`, `module or crate`, …), if the name is from a library that
/// every cell links.
pub fn line_for(name: &str, kind: &str) -> Option<String> {
    let names = &*NAMES;
    let is_of_this_kind = if names.modules.contains(name) {
        kind.contains("module")
    } else {
        // For a call without its `!`: once the macro is imported, the compiler says that the `!` is missing.
        match kind {
            "macro" => names.macros.contains(name),
            "function" => true,
            _ => !names.macros.contains(name),
        }
    };
    if names.prelude.contains(name) && is_of_this_kind {
        return Some(PRELUDE.to_owned());
    }
    names.cell.contains(name).then(|| format!("use soma_cell::{name};"))
}

/// The usual line for an import that the compiler offers: it may find the tensor library by an unusual path.
pub fn usual(line: &str) -> String {
    let line = line.replacen("use soma_cell::tensorlib::", "use tensorlib::", 1);
    let name = line.strip_prefix("use tensorlib::").and_then(|path| path.trim_end_matches(';').rsplit("::").next());
    match name {
        Some(name) if NAMES.prelude.contains(name) || NAMES.traits.contains(name) => PRELUDE.to_owned(),
        _ => line,
    }
}

/// The path by which code can use a name of the tensor library's prelude without importing it.
pub fn path_of(name: &str) -> Option<String> {
    let is_macro = NAMES.macros.contains(name);
    let path = if is_macro { format!("tensorlib::{name}!()") } else { format!("tensorlib::prelude::{name}") };
    NAMES.prelude.contains(name).then_some(path)
}

/// The names of the tensor library's prelude.
pub fn of_the_prelude() -> &'static BTreeSet<String> {
    &NAMES.prelude
}

impl Names {
    fn read() -> Names {
        let root = items("tensorlib/src/lib.rs");
        let modules: BTreeSet<String> = root.iter().filter_map(module).collect();
        let prelude = root.iter().find_map(|item| match item {
            ast::Item::Module(module) if module.name()?.text() == "prelude" => module.item_list(),
            _ => None,
        });
        let mut names = BTreeSet::new();
        let mut traits = BTreeSet::new();
        for import in prelude.iter().flat_map(|list| list.items()).filter_map(as_use) {
            for import in imports(&import) {
                match (import.name, import.code.strip_suffix(" as _;")) {
                    (Some(name), _) => {
                        names.insert(name);
                    }
                    (None, Some(path)) => traits.extend(path.rsplit("::").next().map(str::to_owned)),
                    (None, None) => names.extend(globbed(&import.code).into_iter().flat_map(|name| exported(&name))),
                }
            }
        }
        let mut own = items("kernel/cell/src/lib.rs");
        // Its modules are for the kernel; only its re-exports are for cells.
        own.retain(|item| matches!(item, ast::Item::Use(_)));
        let mut cell: BTreeSet<String> = exported_by(&own).filter(|name| name != "tensorlib").collect();
        cell.extend(exported_macros("kernel/cell/src/"));
        let macros: BTreeSet<String> = exported_macros("tensorlib/src/").into_iter().collect();
        let modules = modules.difference(&macros).filter(|name| names.contains(*name)).cloned().collect();
        Names { prelude: names, modules, macros, traits, cell }
    }
}

/// The items of a file that soma carries.
fn items(path: &str) -> Vec<ast::Item> {
    let text = cell_libs::source(path).unwrap_or_default();
    SourceFile::parse(text, Edition::Edition2024).tree().items().collect()
}

fn as_use(item: ast::Item) -> Option<ast::Use> {
    match item {
        ast::Item::Use(import) => Some(import),
        _ => None,
    }
}

fn module(item: &ast::Item) -> Option<String> {
    match item {
        ast::Item::Module(module) => Some(module.name()?.text().to_string()),
        _ => None,
    }
}

/// The module of the tensor library that an import such as `pub use crate::create::*;` names.
fn globbed(import: &str) -> Option<String> {
    Some(import.strip_prefix("pub use crate::")?.strip_suffix("::*;")?.replace("::", "/"))
}

/// The public names of a module of the tensor library.
fn exported(module: &str) -> BTreeSet<String> {
    let files = [format!("tensorlib/src/{module}/mod.rs"), format!("tensorlib/src/{module}.rs")];
    files.iter().flat_map(|file| exported_by(&items(file)).collect::<Vec<_>>()).collect()
}

/// The public names of items.
fn exported_by(items: &[ast::Item]) -> impl Iterator<Item = String> {
    items.iter().flat_map(|item| {
        let name = |item: &dyn HasName| item.name().map(|name| name.text().to_string()).into_iter().collect();
        let (visibility, names): (_, Vec<String>) = match item {
            ast::Item::Use(import) => {
                let names = imports(import).into_iter().filter_map(|import| import.name);
                (import.visibility(), names.collect())
            }
            ast::Item::Fn(item) => (item.visibility(), name(item)),
            ast::Item::Struct(item) => (item.visibility(), name(item)),
            ast::Item::Enum(item) => (item.visibility(), name(item)),
            ast::Item::Trait(item) => (item.visibility(), name(item)),
            ast::Item::TypeAlias(item) => (item.visibility(), name(item)),
            ast::Item::Const(item) => (item.visibility(), name(item)),
            ast::Item::Static(item) => (item.visibility(), name(item)),
            ast::Item::Module(item) => (item.visibility(), name(item)),
            _ => (None, Vec::new()),
        };
        if visibility.is_some_and(|visibility| visibility.syntax().text() == "pub") { names } else { Vec::new() }
    })
}

/// The macros that the files of a crate export.
fn exported_macros(folder: &str) -> Vec<String> {
    let texts = cell_libs::sources().filter(|(path, _)| path.starts_with(folder)).map(|(_, text)| text);
    let marked = texts.flat_map(|text| text.split("#[macro_export]\nmacro_rules! ").skip(1));
    marked.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_prelude_are_brought_in_by_it() {
        for (name, kind) in [
            ("ones", "function"),
            ("rand", "function"),
            ("cat", "function"),
            ("einsum", "function"),
            ("from_ndarray", "function"),
            ("where_cond", "function"),
            ("Tensor", "type"),
            ("DType", "type"),
            ("NewAxis", "value"),
            ("tensor", "macro"),
            ("plot", "module or crate"),
            ("picture", "module or crate"),
        ] {
            assert_eq!(line_for(name, kind).as_deref(), Some(PRELUDE), "{name}");
        }
        assert_eq!(line_for("tensor", "value"), None);
        assert_eq!(path_of("plot").as_deref(), Some("tensorlib::prelude::plot"));
        assert_eq!(line_for("plot", "value"), None, "a variable of that name is no module");
        assert_eq!(line_for("HashMap", "type"), None);
    }

    #[test]
    fn the_tensor_library_is_imported_as_people_write_it() {
        assert_eq!(usual("use soma_cell::tensorlib::Step;"), PRELUDE);
        assert_eq!(usual("use tensorlib::create::ones;"), PRELUDE);
        assert_eq!(usual("use soma_cell::tensorlib::index::IntoIndex;"), "use tensorlib::index::IntoIndex;");
        assert_eq!(usual("use std::fmt::Write;"), "use std::fmt::Write;");
    }

    #[test]
    fn names_of_soma_cell_are_brought_in_one_by_one() {
        assert_eq!(line_for("progress", "function").as_deref(), Some("use soma_cell::progress;"));
        assert_eq!(line_for("display", "macro").as_deref(), Some("use soma_cell::display;"));
        assert_eq!(line_for("store", "module or crate"), None);
    }
}

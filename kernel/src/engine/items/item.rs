//! One item, with what has to be known of it without its syntax tree.

use std::collections::BTreeSet;

use ra_ap_syntax::ast::{self, HasName};
use ra_ap_syntax::{AstNode, SyntaxKind, SyntaxNode};

use super::import::{self, Import};
use crate::engine::positions::Place;
use crate::toolchain::program::words;

/// An item of a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its text as typed.
    pub text: String,
    /// Where the text starts in the cell as typed.
    pub start: Place,
    pub(super) kind: Kind,
    /// Every name that it can mean.
    pub(super) words: BTreeSet<String>,
    /// Whether optimising it may pay.
    pub(super) has_loops: bool,
}

/// What decides when an item is replaced and when a cell needs it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// What a `use` brings in.
    Import(Vec<Import>),
    /// Found by its name, a trait also by the names of its members, which follow it.
    Named { names: Vec<String>, spaces: Spaces, sort: Sort },
    /// Follows its type and its trait.
    Implementation(Implementation),
    /// A block of foreign functions and variables, with their names. Like what is nameless it stays with every cell, since
    /// it may name a library that another block needs; but it defines no types.
    Foreign(BTreeSet<String>),
    /// A call of a macro that may expand to anything, …
    Nameless,
}

/// What a name stands for, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sort {
    Type,
    Trait,
    Module,
    Macro,
    Other,
}

/// The namespaces that an item's name is in. Reference, "Namespaces".
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spaces {
    types: bool,
    values: bool,
    macros: bool,
}

const TYPES: Spaces = Spaces { types: true, values: false, macros: false };
const VALUES: Spaces = Spaces { types: false, values: true, macros: false };
const TYPES_AND_VALUES: Spaces = Spaces { types: true, values: true, macros: false };
const MACROS: Spaces = Spaces { types: false, values: false, macros: true };

impl Spaces {
    fn meet(self, other: Spaces) -> bool {
        self.types && other.types || self.values && other.values || self.macros && other.macros
    }
}

/// What an implementation is of, and what is in it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Implementation {
    /// The last names of the type and the trait, where they are paths.
    pub of: Vec<String>,
    /// Everything before its braces.
    header: String,
    /// Whether it is of a trait, of which there can be one only.
    is_of_trait: bool,
    /// The names of what it holds.
    members: BTreeSet<String>,
    /// Its constants and types, which can decide a layout.
    pub constants: String,
}

impl Implementation {
    /// Whether rustc would refuse both.
    fn excludes(&self, other: &Implementation) -> bool {
        self.header == other.header && (self.is_of_trait || !self.members.is_disjoint(&other.members))
    }
}

impl Item {
    /// An item that starts at this place of its cell.
    pub fn new(item: &ast::Item, start: Place) -> Item {
        let text = item.syntax().text().to_string();
        let words = words(&text).map(str::to_owned).collect();
        Item { kind: kind(item), words, has_loops: has_loops(item.syntax()), text, start }
    }

    /// One import of a `use` that has several.
    pub(super) fn only(&self, import: &Import) -> Item {
        let words = words(&import.code).map(str::to_owned).collect();
        let kind = Kind::Import(vec![import.clone()]);
        Item { text: import.code.clone(), words, kind, ..self.clone() }
    }

    /// The names by which code can mean it.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let imported = match &self.kind {
            Kind::Import(imports) => imports.as_slice(),
            _ => &[],
        };
        let foreign = match &self.kind {
            Kind::Foreign(names) => Some(names),
            _ => None,
        };
        let foreign = foreign.into_iter().flatten().map(String::as_str);
        self.defined().chain(imported.iter().filter_map(|import| import.name.as_deref())).chain(foreign)
    }

    /// The name that it defines, if it defines one.
    pub(super) fn defined(&self) -> impl Iterator<Item = &str> {
        let name = match &self.kind {
            Kind::Named { names, .. } => names.first().map(String::as_str),
            _ => None,
        };
        name.into_iter()
    }

    /// Whether an older import must go when this one comes. In which namespaces an import brings something in is
    /// not known, so that the name alone decides.
    pub(super) fn hides(&self, older: &Import) -> bool {
        match (&older.name, &self.kind) {
            (Some(name), _) => self.names().any(|own| own == name),
            (None, Kind::Import(imports)) => imports.contains(older),
            (None, _) => false,
        }
    }

    /// Whether the older item, of another cell, must go when this one comes.
    pub(super) fn replaces(&self, older: &Item) -> bool {
        match (&self.kind, &older.kind) {
            (Kind::Named { names: new, spaces, .. }, Kind::Named { names: old, spaces: others, .. }) => {
                new[0] == old[0] && spaces.meet(*others)
            }
            (Kind::Import(imports), Kind::Named { names, .. }) => {
                imports.iter().any(|import| import.name.as_ref() == names.first())
            }
            (Kind::Implementation(new), Kind::Implementation(old)) => new.excludes(old),
            (Kind::Foreign(new), Kind::Foreign(old)) => self.text == older.text || new.is_superset(old),
            (Kind::Nameless, Kind::Nameless) => self.text == older.text,
            _ => false,
        }
    }

    /// The name of the type or module that it defines.
    pub(super) fn defined_type(&self) -> Option<&str> {
        match &self.kind {
            Kind::Named { names, sort: Sort::Type | Sort::Module, .. } => names.first().map(String::as_str),
            _ => None,
        }
    }

    /// Whether there can be implementations of it.
    pub(super) fn is_implemented(&self) -> bool {
        matches!(self.kind, Kind::Named { sort: Sort::Type | Sort::Trait, .. })
    }

    /// Whether it implements a function of this name for types and a trait that are all among those looked for.
    pub(super) fn implements(&self, member: &str, is_looked_for: impl Fn(&str) -> bool) -> bool {
        match &self.kind {
            Kind::Implementation(own) => own.members.contains(member) && own.of.iter().all(|name| is_looked_for(name)),
            _ => false,
        }
    }

    pub(super) fn is_macro(&self) -> bool {
        matches!(self.kind, Kind::Named { sort: Sort::Macro, .. })
    }
}

fn kind(item: &ast::Item) -> Kind {
    let named = |item: &dyn HasName, spaces, sort| match item.name() {
        Some(name) => Kind::Named { names: vec![plain(name.text())], spaces, sort },
        None => Kind::Nameless,
    };
    match item {
        ast::Item::Const(item) => named(item, VALUES, Sort::Other),
        ast::Item::Static(item) => named(item, VALUES, Sort::Other),
        ast::Item::Fn(item) => named(item, VALUES, Sort::Other),
        ast::Item::MacroRules(item) => named(item, MACROS, Sort::Macro),
        ast::Item::Module(item) => named(item, TYPES, Sort::Module),
        ast::Item::TypeAlias(item) => named(item, TYPES, Sort::Other),
        ast::Item::Struct(item) => {
            let has_constructor = !matches!(item.kind(), ast::StructKind::Record(_));
            named(item, if has_constructor { TYPES_AND_VALUES } else { TYPES }, Sort::Type)
        }
        ast::Item::Enum(item) => named(item, TYPES, Sort::Type),
        ast::Item::Union(item) => named(item, TYPES, Sort::Type),
        ast::Item::Trait(item) => {
            let Some(name) = item.name() else { return Kind::Nameless };
            let members = members(item.assoc_item_list());
            let names = std::iter::once(plain(name.text())).chain(members).collect();
            Kind::Named { names, spaces: TYPES, sort: Sort::Trait }
        }
        ast::Item::ExternBlock(block) => {
            let items = block.extern_item_list().into_iter().flat_map(|list| list.extern_items());
            let names = items.filter_map(|item| match item {
                ast::ExternItem::Fn(function) => function.name(),
                ast::ExternItem::Static(variable) => variable.name(),
                _ => None,
            });
            Kind::Foreign(names.map(|name| plain(name.text())).collect())
        }
        ast::Item::Impl(item) => Kind::Implementation(implementation(item)),
        ast::Item::Use(item) => Kind::Import(import::imports(item)),
        _ => Kind::Nameless,
    }
}

fn implementation(item: &ast::Impl) -> Implementation {
    let heads = [item.self_ty(), item.trait_()].into_iter().flatten();
    let list = item.assoc_item_list();
    let start = item.syntax().text_range().start();
    let end = list.as_ref().map_or(item.syntax().text_range().end(), |list| list.syntax().text_range().start());
    // What stands before `impl` (attributes, comments) makes no other implementation of it.
    let from = item.impl_token().map_or(start, |token| token.text_range().start());
    let header = item.syntax().text().slice(from - start..end - start).to_string();
    let constants = list.iter().flat_map(|list| list.assoc_items());
    let constants = constants.filter(|item| matches!(item, ast::AssocItem::Const(_) | ast::AssocItem::TypeAlias(_)));
    let constants = constants.map(|item| item.syntax().text().to_string()).collect::<Vec<_>>().join("\n");
    Implementation {
        of: heads.filter_map(|ty| last_path_name(&ty)).collect(),
        header: header.split_whitespace().collect::<Vec<_>>().join(" "),
        is_of_trait: item.trait_().is_some(),
        members: members(list).collect(),
        constants,
    }
}

fn members(list: Option<ast::AssocItemList>) -> impl Iterator<Item = String> {
    let members = list.into_iter().flat_map(|list| list.assoc_items());
    members.filter_map(|item| item.syntax().children().find_map(ast::Name::cast)).map(|name| plain(name.text()))
}

fn last_path_name(ty: &ast::Type) -> Option<String> {
    let ast::Type::PathType(path) = ty else { return None };
    Some(plain(path.path()?.segment()?.name_ref()?.text()))
}

fn plain(name: impl AsRef<str>) -> String {
    name.as_ref().trim_start_matches("r#").to_owned()
}

/// Whether code has loops, or calls what loops over its own code.
pub fn has_loops(node: &SyntaxNode) -> bool {
    node.descendants().any(|node| match node.kind() {
        SyntaxKind::FOR_EXPR | SyntaxKind::WHILE_EXPR | SyntaxKind::LOOP_EXPR => true,
        SyntaxKind::METHOD_CALL_EXPR => {
            let name = ast::MethodCallExpr::cast(node).and_then(|call| call.name_ref());
            name.is_some_and(|name| ITERATIONS.contains(&name.text()))
        }
        _ => false,
    })
}

/// Methods that run a closure many times or begin to go through something.
const ITERATIONS: [&str; 10] =
    ["iter", "into_iter", "iter_mut", "chars", "bytes", "lines", "fold", "map", "for_each", "filter"];

//! One item, with the facts that are needed after its syntax tree is dropped.

use std::collections::BTreeSet;

use ra_ap_syntax::ast::{self, HasGenericParams, HasName};
use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxNode};
use soma_driver::evcxr::program::{Splice, words};
use soma_driver::toolchain::surroundings;

use super::implementation::{self, Constant, Implementation};
use super::import::{self, Import};
use super::layout;
use super::loops::Repeats;
use super::statics::{self, Site};
use crate::engine::positions::Place;
use crate::engine::raw_name::plain;
use crate::engine::type_names::Meaning;

/// An item of a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its text as typed.
    pub text: String,
    /// The position of the text in the cell as typed.
    pub start: Place,
    pub(super) kind: Kind,
    /// Every name that it may refer to.
    pub(super) words: BTreeSet<String>,
    /// The part of it that can decide the layout of a type.
    pub(super) layout: String,
    /// The places that make statics which later cells share.
    pub(super) statics: Vec<Site>,
    /// The ways in which it repeats itself.
    pub(super) repeats: Repeats,
    /// The expansion, if it is a macro call whose expansion has to be changed.
    expansion: Option<String>,
    /// Whether it can be compiled unchanged: it is complete, and has a semicolon if it needs one.
    is_ended: bool,
}

/// The kind of an item, which decides when it is replaced and when a cell needs it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// The names that a `use` imports.
    Import(Vec<Import>),
    /// Found by its name; a trait also by the names of its members, which follow its own.
    Named { names: Vec<String>, spaces: Spaces, sort: Sort },
    /// Kept together with its type and its trait.
    Implementation(Implementation),
    /// A block of foreign functions and variables, with their names. Like an item without a name it stays with every
    /// cell, since it may name a library that another block needs; but it defines no types.
    Foreign(BTreeSet<String>),
    /// A macro call that may expand to anything, or an item without a name.
    Nameless,
}

/// What a name stands for, as far as this folder needs it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sort {
    Type,
    Trait,
    Module,
    Macro,
    Function,
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

impl Item {
    /// The item that starts at this position of its cell.
    pub fn new(item: &ast::Item, start: Place) -> Item {
        let text = item.syntax().text().to_string();
        let included = surroundings::included_words(&text, &std::env::current_dir().unwrap_or_default());
        let words = words(&text).map(str::to_owned).chain(included).collect();
        let layout = layout::decisive(item.syntax());
        let statics = statics::sites(item.syntax());
        let repeats = Repeats::of(item.syntax());
        Item { kind: kind(item), words, layout, statics, repeats, text, start, expansion: None, is_ended: true }
    }

    /// A macro call that makes items: the statement, and its expansion if that is known.
    pub fn of_macro(call: &ast::MacroCall, statement: &SyntaxNode, expansion: Option<String>, start: Place) -> Item {
        let text = statement.text().to_string();
        let words = words(&text).map(str::to_owned).collect();
        let expanded = expansion.map(|text| SourceFile::parse(&text, Edition::Edition2024).syntax_node());
        // The text of the expansion matters only if it has to be changed.
        let statics = statics::sites(expanded.as_ref().unwrap_or(statement));
        let expansion = expanded.filter(|_| !statics.is_empty()).map(|expanded| expanded.text().to_string());
        let is_ended = text.ends_with([';', '}']) || expansion.is_some();
        let layout = layout::decisive(statement);
        let repeats = Repeats::of(call.syntax());
        Item { kind: Kind::Nameless, words, layout, statics, repeats, text, start, expansion, is_ended }
    }

    /// The splices for compiling the item: these changes, applied to its expansion if it has one.
    pub(super) fn with(&self, changes: Vec<Splice>) -> Vec<Splice> {
        let all = 0..self.text.len();
        let mut splices = match (&self.expansion, &self.kind) {
            (Some(expansion), _) => {
                let mut text = expansion.clone();
                for change in changes.into_iter().rev() {
                    text.replace_range(change.range, &change.text);
                }
                vec![Splice { range: all.clone(), text }]
            }
            // Other items of the cell import the rest.
            (None, Kind::Import(imports)) if !self.is_ended => {
                vec![Splice { range: all.clone(), text: imports.iter().map(|import| import.code.as_str()).collect() }]
            }
            (None, _) => changes,
        };
        if !self.is_ended && !matches!(self.kind, Kind::Import(_)) {
            splices.push(Splice { range: all.end..all.end, text: ";".to_owned() });
        }
        splices
    }

    /// Leaves out imports that other items of the same cell make already: a notebook may repeat them.
    pub fn leave_out_imports_of(&mut self, others: &[Item]) {
        let Kind::Import(imports) = &mut self.kind else { return };
        let count = imports.len();
        imports.retain(|import| {
            import.name.is_none()
                || !others.iter().any(|other| match &other.kind {
                    Kind::Import(theirs) => theirs.contains(import),
                    _ => false,
                })
        });
        self.is_ended = imports.len() == count;
    }

    /// The type of a pointer to it, if it is a function whose text tells the type.
    pub(super) fn signature(&self) -> Option<String> {
        if !self.is_function() {
            return None;
        }
        let parsed = SourceFile::parse(&self.text, Edition::Edition2024);
        signature(&parsed.syntax_node().children().find_map(ast::Item::cast)?)
    }

    /// The types of its statics that later cells share.
    pub(super) fn static_types(&self) -> impl Iterator<Item = &str> {
        self.statics.iter().flat_map(Site::types)
    }

    /// Whether it stays with every cell, needed or not, and can be dropped without affecting other items.
    pub(super) fn is_for_every_cell(&self) -> bool {
        matches!(self.kind, Kind::Import(_) | Kind::Nameless)
    }

    /// An item with only one import of a `use` that has several.
    pub(super) fn only(&self, import: &Import) -> Item {
        let words = words(&import.code).map(str::to_owned).collect();
        let kind = Kind::Import(vec![import.clone()]);
        Item { text: import.code.clone(), words, kind, ..self.clone() }
    }

    /// The rest of an inherent implementation when a later cell redefines the members of `new`; `None` if nothing is
    /// left. Positions in the text stay.
    pub(super) fn without_members_of(&self, new: &Implementation) -> Option<Item> {
        let Kind::Implementation(old) = &self.kind else { return Some(self.clone()) };
        let (left, text) = old.without(new, &self.text)?;
        let words = words(&text).map(str::to_owned).collect();
        Some(Item { text, words, kind: Kind::Implementation(left), ..self.clone() })
    }

    /// The names by which code can refer to it.
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

    /// Whether this item hides an older import. The namespaces of an import are not known, so only the name decides.
    pub(super) fn hides(&self, older: &Import) -> bool {
        match (&older.name, &self.kind) {
            (Some(name), _) => self.names().any(|own| own == name),
            (None, Kind::Import(imports)) => imports.contains(older),
            (None, _) => false,
        }
    }

    /// Whether this item replaces the older item of another cell.
    pub(super) fn replaces(&self, older: &Item) -> bool {
        match (&self.kind, &older.kind) {
            (Kind::Named { names: new, spaces, .. }, Kind::Named { names: old, spaces: others, .. }) => {
                new[0] == old[0] && spaces.meet(*others)
            }
            (Kind::Import(imports), Kind::Named { names, .. }) => {
                imports.iter().any(|import| import.name.as_ref() == names.first())
            }
            (Kind::Implementation(new), Kind::Implementation(old)) => new.is_of_trait() && new.is_of_the_same(old),
            (Kind::Foreign(new), Kind::Foreign(old)) => self.text == older.text || new.is_superset(old),
            (Kind::Nameless, Kind::Nameless) => self.text == older.text,
            _ => false,
        }
    }

    /// The members that an inherent implementation takes out of an older one: see [`Item::without_members_of`].
    pub(super) fn takes_members_from(&self, older: &Item) -> Option<&Implementation> {
        match (&self.kind, &older.kind) {
            (Kind::Implementation(new), Kind::Implementation(old)) => {
                (!new.is_of_trait() && new.is_of_the_same(old) && new.shares_members_with(old)).then_some(new)
            }
            _ => None,
        }
    }

    pub(super) fn is_function(&self) -> bool {
        matches!(self.kind, Kind::Named { sort: Sort::Function, .. })
    }

    /// What a path refers to that begins with its name.
    pub(super) fn meaning(&self, rest: &[&str]) -> Meaning {
        match &self.kind {
            Kind::Named { sort: Sort::Type | Sort::Trait, .. } if rest.is_empty() => Meaning::Type,
            Kind::Named { sort: Sort::Type | Sort::Trait, .. } => Meaning::Function,
            Kind::Named { sort: Sort::Function, .. } if rest.is_empty() => Meaning::Function,
            Kind::Named { sort: Sort::Function, .. } => Meaning::Local,
            Kind::Named { sort: Sort::Module, .. } => {
                let parsed = SourceFile::parse(&self.text, Edition::Edition2024);
                let module = parsed.syntax_node().children().find_map(ast::Module::cast);
                module.map_or(Meaning::Unknown, |module| meaning_in(&module, rest))
            }
            _ => Meaning::Unknown,
        }
    }

    /// The name of the type, trait or module that it defines.
    pub(super) fn defines(&self) -> Option<String> {
        match &self.kind {
            Kind::Named { names, sort: Sort::Type | Sort::Trait | Sort::Module, .. } => names.first().cloned(),
            _ => None,
        }
    }

    /// The name of the type or module that it defines.
    pub(super) fn defined_type(&self) -> Option<&str> {
        match &self.kind {
            Kind::Named { names, sort: Sort::Type | Sort::Module, .. } => names.first().map(String::as_str),
            _ => None,
        }
    }

    /// Whether it can have implementations.
    pub(super) fn is_implemented(&self) -> bool {
        matches!(self.kind, Kind::Named { sort: Sort::Type | Sort::Trait, .. })
    }

    /// The constants and types of an implementation.
    pub(super) fn constants(&self) -> impl Iterator<Item = (Constant, &str)> {
        let own = match &self.kind {
            Kind::Implementation(own) => Some(own),
            _ => None,
        };
        own.into_iter().flat_map(Implementation::constants)
    }

    /// Whether it implements a function of this name, for types and a trait that `is_looked_for` all accepts.
    pub(super) fn implements(&self, member: &str, is_looked_for: impl Fn(&str) -> bool) -> bool {
        match &self.kind {
            Kind::Implementation(own) => own.has(member) && own.of.iter().all(|name| is_looked_for(name)),
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
        ast::Item::Fn(item) => named(item, VALUES, Sort::Function),
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
            let members = implementation::members(item.assoc_item_list()).map(|(name, _)| name);
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
        ast::Item::Impl(item) => Kind::Implementation(Implementation::new(item)),
        ast::Item::Use(item) => Kind::Import(import::imports(item)),
        ast::Item::ExternCrate(item) => Kind::Import(vec![import::extern_crate(item)]),
        _ => Kind::Nameless,
    }
}

/// What a path in a module refers to.
fn meaning_in(module: &ast::Module, path: &[&str]) -> Meaning {
    let Some((first, rest)) = path.split_first() else { return Meaning::Unknown };
    let items = module.item_list().into_iter().flat_map(|list| list.syntax().children()).filter_map(ast::Item::cast);
    let mut meanings = items.filter_map(|item| match (&item, kind(&item)) {
        (ast::Item::Module(inner), Kind::Named { names, .. }) if names[0] == *first => Some(meaning_in(inner, rest)),
        (_, Kind::Named { names, .. }) if names[0] == *first => {
            Some(Item::new(&item, Place { line: 1, column: 1 }).meaning(rest))
        }
        _ => None,
    });
    meanings.next().unwrap_or(Meaning::Unknown)
}

/// The type of a pointer to a function; `None` if the function is generic, `async`, or has `impl` types.
pub fn signature(item: &ast::Item) -> Option<String> {
    let ast::Item::Fn(function) = item else { return None };
    let parameters = function.generic_param_list();
    let is_general = parameters.as_ref().is_some_and(|list| {
        list.generic_params().any(|parameter| !matches!(parameter, ast::GenericParam::LifetimeParam(_)))
    });
    let types = function.param_list()?.params().map(|parameter| Some(parameter.ty()?.syntax().text().to_string()));
    let types = types.collect::<Option<Vec<String>>>()?;
    let returned = function.ret_type().map(|returned| format!(" {}", returned.syntax().text())).unwrap_or_default();
    let is_opaque = types.iter().chain([&returned]).any(|ty| words(ty).any(|word| word == "impl"));
    if is_general || is_opaque || function.async_token().is_some() {
        return None;
    }
    let lifetimes = parameters.map(|list| format!("for{} ", list.syntax().text())).unwrap_or_default();
    let is_unsafe = if function.unsafe_token().is_some() { "unsafe " } else { "" };
    let abi = function.abi().map(|abi| format!("{} ", abi.syntax().text())).unwrap_or_default();
    Some(format!("{lifetimes}{is_unsafe}{abi}fn({}){returned}", types.join(", ")))
}

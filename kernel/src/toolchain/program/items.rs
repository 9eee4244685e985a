//! The session's items (functions, types, imports, …): which of them a cell can reach.
//!
//! evcxr repeats every item of the session in every cell, so that a cell's time grows with the notebook.
//! A name-based closure over the parsed items keeps what the cell can mean: an item stays when its name is
//! a word of the cell or of an item that stays; an implementation follows its type and trait; a trait also
//! follows the names of its methods, which a cell can call without naming the trait. Imports, macros'
//! calls, implementations on foreign types stay always. When the items do not parse, everything stays.

use std::collections::{BTreeMap, BTreeSet};

use ra_ap_syntax::ast::{self, HasName};
use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxKind, SyntaxNode};
use sha2::{Digest, Sha256};

use super::{Line, Session, words};
use crate::toolchain::facts::hex;
use crate::toolchain::notes::OwnItems;

/// The items that stay, in a fixed order.
#[derive(Default)]
pub struct Items {
    /// Crate-level attributes, which must come first.
    pub attributes: Vec<Line>,
    /// Everything else.
    pub lines: Vec<Line>,
    /// For each type of the notebook that stays: its path as `type_name` prints it, and a fingerprint of its
    /// source and of everything that this mentions. `ctx::name::` stands for all types of a module, `ctx::` for
    /// those that only an expanded macro names.
    pub definitions: BTreeMap<String, String>,
}

/// One item with its lines.
struct Piece {
    lines: Vec<Line>,
    text: String,
    kind: Kind,
}

#[derive(Debug, PartialEq)]
enum Kind {
    Attribute,
    /// Stays when one of the names is meant.
    Named {
        names: Vec<String>,
        sort: Sort,
    },
    /// Stays when all of the names that are items of the session stay.
    Implementation(Implementation),
    /// Stays.
    Always,
}

/// What a name stands for, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Sort {
    Type,
    Module,
    Macro,
    Other,
}

/// What an implementation is of, and what is in it.
#[derive(Debug, PartialEq)]
struct Implementation {
    /// The last names of the type and the trait, where they are paths.
    of: Vec<String>,
    /// Everything before its braces.
    header: String,
    /// Whether it is of a trait, of which there can be one only.
    is_of_trait: bool,
    /// The names of what it holds.
    members: BTreeSet<String>,
    /// Its constants and types, which can decide a layout.
    constants: String,
}

impl Items {
    /// The part of `lines` that code with these `roots` can reach, and what the cell itself defines. Of
    /// implementations that exclude one another the newest stays.
    pub fn reachable(lines: &[Line], roots: &BTreeSet<String>, session: &Session) -> Items {
        let Some(mut pieces) = pieces(lines) else {
            // A syntax error: rustc will explain it, given everything.
            return Items { lines: lines.to_vec(), ..Items::default() };
        };
        drop_replaced(&mut pieces, session.implementations);
        let stays = closure(&pieces, roots, session.own);
        let definitions = Definitions::read(&pieces);
        let mut kept: Vec<&Piece> = pieces.iter().zip(&stays).filter(|(_, stays)| **stays).map(|(p, _)| p).collect();
        // Macros first: they must stand before their calls. Then by text: evcxr's order is that of a hash map.
        kept.sort_by_key(|piece| (!piece.is_macro(), piece.text.clone()));
        let mut items = Items::default();
        for piece in kept {
            let out = if piece.kind == Kind::Attribute { &mut items.attributes } else { &mut items.lines };
            out.extend(piece.lines.iter().cloned());
            match &piece.kind {
                Kind::Named { names, sort: Sort::Type } => items.define(&definitions, &names[0], ""),
                Kind::Named { names, sort: Sort::Module } => items.define(&definitions, &names[0], "::"),
                Kind::Always if !piece.is_import() => {
                    items.definitions.insert("ctx::".to_owned(), definitions.of_all(&pieces));
                }
                _ => {}
            }
        }
        items
    }

    fn define(&mut self, definitions: &Definitions, name: &str, end: &str) {
        self.definitions.insert(format!("ctx::{name}{end}"), definitions.fingerprint([name]));
    }
}

impl Piece {
    fn is_import(&self) -> bool {
        let text = self.text.trim_start().trim_start_matches("pub ");
        text.starts_with("use ") || text.starts_with("extern crate ")
    }

    fn is_macro(&self) -> bool {
        matches!(self.kind, Kind::Named { sort: Sort::Macro, .. })
    }
}

/// Splits the items' text at its top-level nodes; `None` when it does not parse.
fn pieces(lines: &[Line]) -> Option<Vec<Piece>> {
    let text: String = lines.iter().flat_map(|line| [&*line.text, "\n"]).collect();
    let parsed = SourceFile::parse(&text, Edition::Edition2024);
    if !parsed.errors().is_empty() {
        return None;
    }
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let line_of = |offset: usize| ends.partition_point(|end| *end < offset);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut next_line = 0;
    for node in parsed.syntax_node().children() {
        let last = line_of(usize::from(node.text_range().end()).saturating_sub(1));
        let kind = kind(&node);
        if last < next_line {
            // Two items on one line: they stay together.
            let previous = pieces.last_mut().expect("a line that was taken belongs to a piece");
            previous.kind = merge(std::mem::replace(&mut previous.kind, Kind::Always), kind);
            continue;
        }
        let own = lines[next_line..=last].to_vec();
        let text = own.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
        pieces.push(Piece { lines: own, text, kind });
        next_line = last + 1;
    }
    Some(pieces)
}

fn merge(one: Kind, other: Kind) -> Kind {
    if one == Kind::Attribute && other == Kind::Attribute { Kind::Attribute } else { Kind::Always }
}

fn kind(node: &SyntaxNode) -> Kind {
    if node.kind() == SyntaxKind::ATTR {
        return Kind::Attribute;
    }
    let Some(item) = ast::Item::cast(node.clone()) else { return Kind::Always };
    let named = |item: &dyn HasName, sort| match item.name() {
        Some(name) => Kind::Named { names: vec![plain(name.text())], sort },
        None => Kind::Always,
    };
    match &item {
        ast::Item::Const(item) => named(item, Sort::Other),
        ast::Item::Static(item) => named(item, Sort::Other),
        ast::Item::Fn(item) => named(item, Sort::Other),
        ast::Item::MacroRules(item) => named(item, Sort::Macro),
        ast::Item::Module(item) => named(item, Sort::Module),
        ast::Item::TypeAlias(item) => named(item, Sort::Other),
        ast::Item::Struct(item) => named(item, Sort::Type),
        ast::Item::Enum(item) => named(item, Sort::Type),
        ast::Item::Union(item) => named(item, Sort::Type),
        ast::Item::Trait(item) => {
            let Some(name) = item.name() else { return Kind::Always };
            let own = item.assoc_item_list().into_iter().flat_map(|list| list.assoc_items());
            let methods = own.filter_map(|item| item.syntax().children().find_map(ast::Name::cast));
            let names = std::iter::once(name).chain(methods).map(|name| plain(name.text())).collect();
            Kind::Named { names, sort: Sort::Other }
        }
        ast::Item::Impl(item) => Kind::Implementation(implementation(item)),
        _ => Kind::Always,
    }
}

fn implementation(item: &ast::Impl) -> Implementation {
    let heads = [item.self_ty(), item.trait_()].into_iter().flatten();
    let list = item.assoc_item_list();
    let text = item.syntax().text().to_string();
    let header = text.split('{').next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let constants = list.iter().flat_map(|list| list.assoc_items());
    let constants = constants.filter(|item| matches!(item, ast::AssocItem::Const(_) | ast::AssocItem::TypeAlias(_)));
    let constants = constants.map(|item| item.syntax().text().to_string()).collect::<Vec<_>>().join("\n");
    let members = list.iter().flat_map(|list| list.assoc_items());
    let members = members.filter_map(|item| item.syntax().children().find_map(ast::Name::cast));
    Implementation {
        of: heads.filter_map(|ty| last_path_name(&ty)).collect(),
        header,
        is_of_trait: item.trait_().is_some(),
        members: members.map(|name| plain(name.text())).collect(),
        constants,
    }
}

impl Implementation {
    /// Whether rustc would refuse both.
    fn excludes(&self, other: &Implementation) -> bool {
        self.header == other.header && (self.is_of_trait || !self.members.is_disjoint(&other.members))
    }
}

/// Drops implementations that a later cell has replaced.
fn drop_replaced(pieces: &mut Vec<Piece>, implementations: &[String]) {
    let age = |piece: &Piece| implementations.iter().position(|text| *text == piece.text.trim());
    let replaced = |piece: &Piece, all: &[Piece]| {
        let Kind::Implementation(own) = &piece.kind else { return false };
        all.iter().any(|other| match &other.kind {
            Kind::Implementation(its) => own.excludes(its) && age(piece) < age(other),
            _ => false,
        })
    };
    let stays: Vec<bool> = pieces.iter().map(|piece| !replaced(piece, pieces)).collect();
    let mut stays = stays.into_iter();
    pieces.retain(|_| stays.next().unwrap_or(true));
}

fn plain(name: &str) -> String {
    name.trim_start_matches("r#").to_owned()
}

fn last_path_name(ty: &ast::Type) -> Option<String> {
    let ast::Type::PathType(path) = ty else { return None };
    Some(plain(path.path()?.segment()?.name_ref()?.text()))
}

/// Which pieces stay.
fn closure(pieces: &[Piece], roots: &BTreeSet<String>, own: &OwnItems) -> Vec<bool> {
    let items: BTreeSet<&str> = pieces
        .iter()
        .filter_map(|piece| match &piece.kind {
            Kind::Named { names, .. } => Some(names[0].as_str()),
            _ => None,
        })
        .collect();
    let mut meant: BTreeSet<&str> = roots.iter().chain(&own.names).map(|name| name.trim_start_matches("r#")).collect();
    let mut stays = vec![false; pieces.len()];
    let mut kept_items: BTreeSet<&str> = BTreeSet::new();
    loop {
        let mut changed = false;
        for (piece, stays) in pieces.iter().zip(&mut stays) {
            if *stays {
                continue;
            }
            *stays = match &piece.kind {
                Kind::Attribute | Kind::Always => true,
                Kind::Named { names, .. } => names.iter().any(|name| meant.contains(name.as_str())),
                Kind::Implementation(Implementation { of, .. }) => {
                    own.implementations.iter().any(|text| text.trim() == piece.text.trim())
                        || of.iter().all(|name| !items.contains(name.as_str()) || kept_items.contains(name.as_str()))
                }
            };
            if *stays {
                changed = true;
                meant.extend(words::words(&piece.text));
                if let Kind::Named { names, .. } = &piece.kind {
                    kept_items.insert(&names[0]);
                }
            }
        }
        if !changed {
            return stays;
        }
    }
}

/// What decides how the notebook's types are laid out.
struct Definitions<'a> {
    /// By name: the sources of items, and of what implementations say of constants and types.
    sources: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Definitions<'a> {
    fn read(pieces: &'a [Piece]) -> Definitions<'a> {
        let mut sources: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for piece in pieces {
            match &piece.kind {
                Kind::Named { names, .. } => {
                    sources.entry(&names[0]).or_default().insert(&piece.text);
                }
                Kind::Implementation(Implementation { of, constants, .. }) if !constants.is_empty() => {
                    for name in of {
                        sources.entry(name).or_default().insert(constants);
                    }
                }
                _ => {}
            }
        }
        Definitions { sources }
    }

    /// A digest of everything that can be reached from these words.
    fn fingerprint<'w>(&self, words: impl IntoIterator<Item = &'w str>) -> String {
        let mut reached: BTreeMap<&str, &BTreeSet<&str>> = BTreeMap::new();
        let mut open: Vec<&str> =
            words.into_iter().filter_map(|word| Some(*self.sources.get_key_value(word)?.0)).collect();
        while let Some(name) = open.pop() {
            let Some(sources) = self.sources.get(name) else { continue };
            if reached.insert(name, sources).is_none() {
                open.extend(sources.iter().flat_map(|source| words::words(source)));
            }
        }
        let mut digest = Sha256::new();
        for source in reached.values().copied().flatten() {
            digest.update(source.as_bytes());
            digest.update([0]);
        }
        hex(&digest.finalize())
    }

    /// A digest of the items that may expand to more, and of everything that these mention.
    fn of_all(&self, pieces: &[Piece]) -> String {
        let all = pieces.iter().filter(|piece| piece.kind == Kind::Always && !piece.is_import());
        let texts: BTreeSet<&str> = all.map(|piece| piece.text.as_str()).collect();
        let mentioned = self.fingerprint(texts.iter().flat_map(|text| words::words(text)));
        let texts: Vec<&str> = texts.into_iter().collect();
        hex(&Sha256::digest(texts.join("\0") + &mentioned))
    }
}

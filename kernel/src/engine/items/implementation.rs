//! The target and the members of an `impl` block, and which block of a later cell replaces it.

use std::collections::BTreeMap;
use std::ops::Range;

use ra_ap_syntax::ast::{self, HasGenericParams, HasName};
use ra_ap_syntax::{AstNode, NodeOrToken, SyntaxKind, SyntaxNode};

use crate::engine::raw_name::plain;

/// The target and the members of an implementation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Implementation {
    /// The last names of the type's and the trait's paths, if they are paths.
    pub of: Vec<String>,
    /// Its trait, in a form that is equal for implementations that rustc takes for the same.
    of_trait: Option<String>,
    /// Its type, in the same form.
    of_type: String,
    /// Its members: names, and bytes of the item's text.
    members: BTreeMap<String, Range<usize>>,
    /// Its constants and types, which can decide a layout, by name.
    constants: BTreeMap<String, String>,
}

/// A constant or type of an implementation, with its target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Constant {
    of_trait: Option<String>,
    of_type: String,
    name: String,
}

impl Implementation {
    pub fn new(item: &ast::Impl) -> Implementation {
        let heads = [item.self_ty(), item.trait_()].into_iter().flatten();
        let list = item.assoc_item_list();
        let mut parameters = Parameters::of(item);
        let of_trait = item.trait_().map(|of| parameters.canonical(of.syntax()));
        let is_negative = item.excl_token().is_some();
        let of_type = item.self_ty().map(|ty| parameters.canonical(ty.syntax())).unwrap_or_default();
        let constants = members(list.clone()).filter(|(_, member)| {
            matches!(
                ast::AssocItem::cast(member.clone()),
                Some(ast::AssocItem::Const(_) | ast::AssocItem::TypeAlias(_))
            )
        });
        let constants = constants.map(|(name, member)| (name, member.text().to_string())).collect();
        let start = item.syntax().text_range().start();
        let members = members(list).map(|(name, member)| {
            let range = member.text_range() - start;
            (name, usize::from(range.start())..usize::from(range.end()))
        });
        Implementation {
            of: heads.filter_map(|ty| last_path_name(&ty)).collect(),
            of_trait: of_trait.map(|of| if is_negative { format!("!{of}") } else { of }),
            of_type,
            members: members.collect(),
            constants,
        }
    }

    /// Whether it implements a trait, so that it can exist only once.
    pub fn is_of_trait(&self) -> bool {
        self.of_trait.is_some()
    }

    /// Whether rustc takes it for an implementation of the same trait for the same type, whatever the names and bounds
    /// of its parameters, and whichever paths name the trait and the type.
    pub fn is_of_the_same(&self, other: &Implementation) -> bool {
        self.of_trait == other.of_trait && self.of_type == other.of_type
    }

    /// Its constants and types: the identity of each, and its text.
    pub fn constants(&self) -> impl Iterator<Item = (Constant, &str)> {
        self.constants.iter().map(|(name, text)| {
            let constant =
                Constant { of_trait: self.of_trait.clone(), of_type: self.of_type.clone(), name: name.clone() };
            (constant, text.as_str())
        })
    }

    /// Whether it has a member of this name.
    pub fn has(&self, member: &str) -> bool {
        self.members.contains_key(member)
    }

    pub fn shares_members_with(&self, other: &Implementation) -> bool {
        self.members.keys().any(|name| other.has(name))
    }

    /// The implementation and its text, without members that another one has too. Blanks replace what is removed, so
    /// that positions stay.
    pub fn without(&self, other: &Implementation, text: &str) -> Option<(Implementation, String)> {
        let (taken, members): (BTreeMap<_, _>, BTreeMap<_, _>) =
            self.members.clone().into_iter().partition(|(name, _)| other.has(name));
        if members.is_empty() {
            return None;
        }
        let mut left = String::with_capacity(text.len());
        for (at, character) in text.char_indices() {
            let is_taken = taken.values().any(|range| range.contains(&at));
            // As many bytes as before: the ranges of the other members are in bytes.
            let blanks = if is_taken && character != '\n' { character.len_utf8() } else { 0 };
            left.extend(std::iter::repeat_n(' ', blanks));
            if blanks == 0 {
                left.push(character);
            }
        }
        let mut constants = self.constants.clone();
        constants.retain(|name, _| members.contains_key(name));
        Some((Implementation { members, constants, ..self.clone() }, left))
    }
}

/// The members of a trait or implementation, by name.
pub(super) fn members(list: Option<ast::AssocItemList>) -> impl Iterator<Item = (String, SyntaxNode)> {
    let members = list.into_iter().flat_map(|list| list.assoc_items());
    members.filter_map(|item| {
        let name = item.syntax().children().find_map(ast::Name::cast)?;
        Some((plain(name.text()), item.syntax().clone()))
    })
}

fn last_path_name(ty: &ast::Type) -> Option<String> {
    let ast::Type::PathType(path) = ty else { return None };
    Some(plain(path.path()?.segment()?.name_ref()?.text()))
}

/// The parameters of an implementation, numbered in the order in which its head uses them.
struct Parameters {
    declared: Vec<String>,
    met: Vec<String>,
}

impl Parameters {
    fn of(item: &ast::Impl) -> Parameters {
        let list = item.generic_param_list();
        let names = list.iter().flat_map(|list| list.generic_params()).filter_map(|parameter| match parameter {
            ast::GenericParam::TypeParam(parameter) => Some(plain(parameter.name()?.text())),
            ast::GenericParam::ConstParam(parameter) => Some(plain(parameter.name()?.text())),
            ast::GenericParam::LifetimeParam(_) => None,
        });
        Parameters { declared: names.collect(), met: Vec::new() }
    }

    /// A type or trait without irrelevant differences: parameters by number, paths by their last names, no lifetimes.
    fn canonical(&mut self, node: &SyntaxNode) -> String {
        let mut text = String::new();
        self.write(node, &mut text);
        text
    }

    fn write(&mut self, node: &SyntaxNode, text: &mut String) {
        for child in node.children_with_tokens() {
            match child {
                // The qualifier of a path: only the last name counts.
                NodeOrToken::Node(child) if child.kind() == SyntaxKind::PATH && node.kind() == SyntaxKind::PATH => {}
                NodeOrToken::Node(child) if child.kind() == SyntaxKind::LIFETIME_ARG => {}
                NodeOrToken::Node(child) => self.write(&child, text),
                NodeOrToken::Token(token) => match token.kind() {
                    SyntaxKind::WHITESPACE | SyntaxKind::COMMENT | SyntaxKind::COLON2 | SyntaxKind::LIFETIME_IDENT => {}
                    SyntaxKind::COMMA => text.push(','),
                    _ => {
                        text.push(' ');
                        text.push_str(&self.numbered(token.text()));
                    }
                },
            }
        }
    }

    fn numbered(&mut self, name: &str) -> String {
        let name = plain(name);
        if !self.declared.contains(&name) {
            return name;
        }
        let number = self.met.iter().position(|other| *other == name).unwrap_or_else(|| {
            self.met.push(name);
            self.met.len() - 1
        });
        format!("#{number}")
    }
}

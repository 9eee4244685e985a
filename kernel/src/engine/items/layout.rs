//! The part of an item's text that can decide the layout of a type, or how its values are used.

use ra_ap_syntax::ast::{self, AstNode};
use ra_ap_syntax::{NodeOrToken, SyntaxNode};

/// Attributes that change nothing about existing values.
const HARMLESS: [&str; 9] = ["derive", "doc", "allow", "warn", "expect", "deny", "forbid", "must_use", "deprecated"];

/// The item's tokens, without comments and irrelevant attributes: a further derived trait must not invalidate
/// variables.
pub(super) fn decisive(item: &SyntaxNode) -> String {
    let mut text = String::new();
    write(item, &mut text);
    text
}

fn write(node: &SyntaxNode, text: &mut String) {
    for child in node.children_with_tokens() {
        match child {
            NodeOrToken::Node(child) if is_harmless(&child) => {}
            NodeOrToken::Node(child) => write(&child, text),
            NodeOrToken::Token(token) if token.kind().is_trivia() => {}
            NodeOrToken::Token(token) => {
                text.push(' ');
                text.push_str(token.text());
            }
        }
    }
}

fn is_harmless(node: &SyntaxNode) -> bool {
    let attribute = ast::Attr::cast(node.clone());
    let path = attribute.and_then(|attribute| attribute.path());
    path.is_some_and(|path| HARMLESS.contains(&path.syntax().text().to_string().as_str()))
}

//! A look at a syntax tree that tells whether there is anything to analyse.

use ra_ap_syntax::ast::{self, HasName};
use ra_ap_syntax::{AstNode, SyntaxKind, SyntaxNode};

use super::known;

/// The ways in which code repeats itself, from a look at its syntax tree. Without any there is nothing to analyse.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Repeats {
    /// It has loops, or calls methods that iterate.
    pub loops: bool,
    /// It has a function that calls itself from several places: its calls can grow exponentially.
    pub branches: bool,
}

impl Repeats {
    /// The repetitions in code.
    pub fn of(node: &SyntaxNode) -> Repeats {
        let is_branching = |node: SyntaxNode| ast::Fn::cast(node).is_some_and(|function| branches(&function));
        Repeats { loops: has_loops(node), branches: node.descendants().any(is_branching) }
    }
}

impl std::ops::BitOr for Repeats {
    type Output = Repeats;

    fn bitor(self, other: Repeats) -> Repeats {
        Repeats { loops: self.loops || other.loops, branches: self.branches || other.branches }
    }
}

/// Whether code has loops, or calls methods that iterate.
fn has_loops(node: &SyntaxNode) -> bool {
    node.descendants().any(|node| match node.kind() {
        SyntaxKind::FOR_EXPR | SyntaxKind::WHILE_EXPR | SyntaxKind::LOOP_EXPR => true,
        SyntaxKind::METHOD_CALL_EXPR => {
            let name = ast::MethodCallExpr::cast(node).and_then(|call| call.name_ref());
            name.is_some_and(|name| known::ITERATIONS.contains(&name.text()))
        }
        _ => false,
    })
}

/// Whether a function calls itself from several places. (One that calls itself once does not run long: each call takes
/// room on the stack.)
pub(super) fn branches(function: &ast::Fn) -> bool {
    let (Some(name), Some(body)) = (function.name(), function.body()) else { return false };
    let name = name.text().to_string();
    let calls = body.syntax().descendants().filter(|node| match node.kind() {
        SyntaxKind::CALL_EXPR => {
            let called = ast::CallExpr::cast(node.clone()).and_then(|call| call.expr());
            let called = called.map(|called| called.syntax().text().to_string()).unwrap_or_default();
            called.strip_prefix("Self::").unwrap_or(&called) == name
        }
        SyntaxKind::METHOD_CALL_EXPR => ast::MethodCallExpr::cast(node.clone()).is_some_and(|call| {
            call.name_ref().is_some_and(|called| called.text() == name)
                && call.receiver().is_some_and(|receiver| receiver.syntax().text() == "self")
        }),
        _ => false,
    });
    calls.count() > 1
}

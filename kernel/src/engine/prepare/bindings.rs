//! The additions to a `let` that make evcxr take the types of its variables for stated.

use ra_ap_syntax::ast::{self, HasName};
use ra_ap_syntax::{AstNode, SyntaxKind, SyntaxNode};
use soma_driver::evcxr::program::{self, placeholder};

use super::addition::{Addition, hiding};
use crate::engine::raw_name::plain;

/// The additions to a `let` for each of its variables.
pub fn types_for(statement: &ast::LetStmt, function: Option<&str>) -> Vec<Addition> {
    let Some(pattern) = statement.pat() else { return Vec::new() };
    if statement.semicolon_token().is_none() {
        return unfinished(statement).into_iter().collect();
    }
    let single = matches!(pattern, ast::Pat::IdentPat(_));
    if single && statement.ty().is_some_and(|ty| is_complete(ty.syntax())) {
        return Vec::new();
    }
    if !single && statement.initializer().is_none() {
        return declared_now(statement, &pattern);
    }
    let end = usize::from(statement.syntax().text_range().end());
    variables(&pattern, statement.let_else().is_some())
        .into_iter()
        .map(|variable| {
            let name = variable.name().expect("variables have names");
            let range = name.syntax().text_range();
            let name_range = usize::from(range.start())..usize::from(range.end());
            let name = name.text().to_string();
            if statement.initializer().is_none() {
                // Declared without a value: there is nothing to re-bind yet.
                return Addition { at: name_range.end, text: format!(": {}", placeholder(&name)), name: name_range };
            }
            let mutable = if variable.mut_token().is_some() && variable.ref_token().is_none() { "mut " } else { "" };
            let ty = function.map_or_else(|| placeholder(&name), str::to_owned);
            Addition { at: end, text: format!("let {mutable}{name}: {ty} = {name};"), name: name_range }
        })
        .collect()
}

/// The function that a variable holds, if its value is just a function's name: it is kept as a pointer to the function
/// as it is now.
pub fn kept_function(statement: &ast::LetStmt) -> Option<String> {
    let is_plain = matches!(statement.pat()?, ast::Pat::IdentPat(_)) && statement.ty().is_none();
    match statement.initializer()? {
        ast::Expr::PathExpr(path) if is_plain => Some(plain(path.syntax().text().to_string())),
        _ => None,
    }
}

/// Several variables that are declared without a value: evcxr gets a declaration of each, and the statement is hidden
/// from it, since a pattern has no place for types.
fn declared_now(statement: &ast::LetStmt, pattern: &ast::Pat) -> Vec<Addition> {
    let start = usize::from(statement.syntax().text_range().start());
    let declarations = variables(pattern, false).into_iter().filter_map(|variable| {
        let name = variable.name()?;
        let range = name.syntax().text_range();
        let mutable = if variable.mut_token().is_some() { "mut " } else { "" };
        Some(Addition {
            at: start,
            text: format!("let {mutable}{}: {};", name.text(), program::DECLARED),
            name: range.start().into()..range.end().into(),
        })
    });
    let mut additions: Vec<Addition> = declarations.collect();
    additions.extend(hiding(statement.syntax(), program::STATEMENT));
    additions
}

/// A semicolon for a statement without one, so that it does not swallow the generated code that follows (`let x =` and
/// the next line of evcxr's would form a statement). rustc then reports what is missing.
fn unfinished(statement: &ast::LetStmt) -> Option<Addition> {
    let equals = statement.eq_token().filter(|_| statement.initializer().is_none())?.text_range();
    let end = usize::from(statement.syntax().text_range().end());
    Some(Addition { at: end, text: ";".to_owned(), name: equals.start().into()..equals.end().into() })
}

pub fn is_complete(ty: &SyntaxNode) -> bool {
    !ty.descendants().any(|node| node.kind() == SyntaxKind::INFER_TYPE)
}

/// The variables that a pattern binds, each once (both alternatives of `A(x) | B(x)` bind the same ones).
pub fn variables(pattern: &ast::Pat, may_fail: bool) -> Vec<ast::IdentPat> {
    let mut variables: Vec<ast::IdentPat> = Vec::new();
    for binding in pattern.syntax().descendants().filter_map(ast::IdentPat::cast) {
        let Some(name) = binding.name() else { continue };
        // `None` parses as a binding: in a pattern that may fail, a name in camel case is a variant.
        let text = name.text();
        let is_camel_case = text.starts_with(char::is_uppercase) && text.contains(char::is_lowercase);
        let is_constant = may_fail && is_camel_case && binding.mut_token().is_none();
        let known = variables.iter().any(|other| other.name().is_some_and(|other| other.text() == name.text()));
        if !is_constant && !known {
            variables.push(binding);
        }
    }
    variables
}

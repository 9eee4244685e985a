//! The operation in an error: its operator, its two sides, and their types.

use std::ops::Range;

use ra_ap_syntax::ast;
use ra_ap_syntax::{AstNode, SyntaxNode};

use super::super::problem::Problem;
use super::super::tokens;
use super::{Question, bytes};

/// The operation in an error: its operator, and its two sides.
pub struct Operation {
    pub sign: String,
    pub left: Range<usize>,
    pub right: Range<usize>,
    /// The expression; `None` inside a macro, whose content is not parsed.
    pub expression: Option<ast::BinExpr>,
}

impl Operation {
    pub fn of(question: &Question) -> Option<Operation> {
        let at = &question.problem.at;
        if let Some(expression) = question.syntax.around::<ast::BinExpr>(at) {
            let (left, right) = (bytes(&expression.lhs()?), bytes(&expression.rhs()?));
            return Some(Operation {
                sign: expression.op_token()?.text().to_owned(),
                left,
                right,
                expression: Some(expression),
            });
        }
        let sides = tokens::around_an_operator(question.code, at.start)?;
        Some(Operation { sign: question.text(at).to_owned(), left: sides.0, right: sides.1, expression: None })
    }

    pub fn whole(&self) -> Range<usize> {
        self.left.start..self.right.end
    }
}

/// The types of an operator's two sides, as the compiler's message names them.
pub fn types_of_sides(problem: &Problem) -> Option<(&str, &str)> {
    // `no implementation for `{float} / {integer}``
    let sides = problem.label.strip_prefix("no implementation for `").and_then(|rest| rest.strip_suffix('`'));
    if let Some(sides) = sides
        && let [left, _, right] = sides.split(' ').collect::<Vec<_>>()[..]
    {
        return Some((left, right));
    }
    let message = &problem.message;
    let mut quoted = message.split('`').skip(1).step_by(2);
    let (first, second) = (quoted.next()?, quoted.next()?);
    let is_reversed = ["cannot add ", "cannot subtract ", "cannot add-assign", "cannot subtract-assign"]
        .iter()
        .any(|begin| message.starts_with(begin));
    Some(if is_reversed { (second, first) } else { (first, second) })
}

/// Whether an expression is a condition: of an `if`, or of an assertion.
pub fn is_condition(node: &SyntaxNode) -> bool {
    node.ancestors().skip(1).take(4).any(|parent| {
        let is_condition = |condition: Option<ast::Expr>| {
            condition.is_some_and(|condition| condition.syntax().text_range().contains_range(node.text_range()))
        };
        match ast::IfExpr::cast(parent.clone()) {
            Some(branch) => is_condition(branch.condition()),
            None => ast::WhileExpr::cast(parent).is_some_and(|repeated| is_condition(repeated.condition())),
        }
    })
}

/// Whether an expression needs brackets before a dot.
pub fn needs_brackets(expression: &ast::Expr) -> bool {
    matches!(
        expression,
        ast::Expr::BinExpr(_)
            | ast::Expr::PrefixExpr(_)
            | ast::Expr::RefExpr(_)
            | ast::Expr::CastExpr(_)
            | ast::Expr::RangeExpr(_)
    )
}

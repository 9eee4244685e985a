//! The number of steps that the text of a loop tells.

use ra_ap_syntax::AstNode;
use ra_ap_syntax::ast::{self, ArrayExprKind, LiteralKind, RangeItem, RangeOp, UnaryOp};

/// The whole number that an expression is.
pub(super) fn number(expression: &ast::Expr) -> Option<i64> {
    match expression {
        ast::Expr::Literal(literal) => match literal.kind() {
            LiteralKind::IntNumber(number) => i64::try_from(number.value().ok()?).ok(),
            _ => None,
        },
        ast::Expr::PrefixExpr(prefix) if prefix.op_kind() == Some(UnaryOp::Neg) => {
            number(&prefix.expr()?)?.checked_neg()
        }
        ast::Expr::ParenExpr(inner) => number(&inner.expr()?),
        _ => None,
    }
}

/// The number of elements of a range.
pub(super) fn of_range(range: &ast::RangeExpr) -> Option<u64> {
    let (start, end) = (number(&range.start()?)?, number(&range.end()?)?);
    let past = if range.op_kind()? == RangeOp::Inclusive { 1 } else { 0 };
    Some(u64::try_from(end.checked_sub(start)?.checked_add(past)?).unwrap_or(0))
}

/// The number of elements of an array.
pub(super) fn of_array(array: &ast::ArrayExpr) -> Option<u64> {
    match array.kind() {
        ArrayExprKind::Repeat { repeat, .. } => u64::try_from(number(&repeat?)?).ok(),
        ArrayExprKind::ElementList(elements) => Some(elements.count() as u64),
    }
}

/// The number of bytes of a text.
pub(super) fn of_text(expression: &ast::Expr) -> Option<u64> {
    match expression {
        ast::Expr::Literal(literal) if matches!(literal.kind(), LiteralKind::String(_)) => {
            Some(u32::from(literal.syntax().text().len()).into())
        }
        _ => None,
    }
}

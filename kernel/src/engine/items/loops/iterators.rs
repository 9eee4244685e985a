//! What iterators and collections do in a walk: the methods that make them, pass them on and use them up.

use ra_ap_syntax::AstNode;
use ra_ap_syntax::ast;

use super::program::segments;
use super::value::{Many, Value};
use super::walk::{Walk, Work};
use super::{count, known};

impl Walk<'_> {
    /// An iterator that is not used up where it is made may have any number of plain steps later.
    pub(super) fn escapes(&mut self, value: &Value, from: Option<&ast::Expr>) {
        let is_range = matches!(from, Some(ast::Expr::RangeExpr(_)));
        if let Value::Many(many) = value
            && many.is_lazy
            && !is_range
            && !self.is_cheap_to_go_over(many)
        {
            self.is_hot = true;
        }
    }

    pub(super) fn is_cheap_to_go_over(&self, many: &Many) -> bool {
        many.is_paid
            || many.count.is_some_and(|count| count <= self.frame.budget)
            || self.program.is_made_of_library(&many.element)
    }

    /// An iterator that a method has made: it must be used where it stands.
    pub(super) fn going_over(&mut self, value: Value, call: &ast::MethodCallExpr) -> Work {
        let around = call
            .syntax()
            .ancestors()
            .skip(1)
            .find(|node| !ast::ParenExpr::can_cast(node.kind()) && !ast::RefExpr::can_cast(node.kind()));
        let is_used = around
            .is_some_and(|node| ast::ForExpr::can_cast(node.kind()) || ast::MethodCallExpr::can_cast(node.kind()));
        if !is_used {
            self.escapes(&value, None);
        }
        Work::of(value)
    }

    /// A method of a collection or an iterator.
    pub(super) fn method_of_many(
        &mut self,
        name: &str,
        many: Many,
        arguments: Vec<ast::Expr>,
        call: &ast::MethodCallExpr,
    ) -> Work {
        let lazy = |many: Many| Value::Many(Box::new(Many { is_lazy: true, ..many }));
        match name {
            "iter" | "into_iter" | "iter_mut" | "rev" | "skip" | "step_by" | "cloned" | "copied" | "peekable"
            | "by_ref" | "values" | "values_mut" => {
                let (work, _) = self.each(arguments);
                let element = match name {
                    "values" | "values_mut" => many.element.part(1),
                    _ => many.element.clone(),
                };
                self.going_over(lazy(Many { element, ..many }), call).after(&work)
            }
            "take" => {
                let first = arguments.first().and_then(count::number).and_then(|count| u64::try_from(count).ok());
                let (work, _) = self.each(arguments);
                let count = many.count.into_iter().chain(first).min();
                self.going_over(lazy(Many { count, ..many }), call).after(&work)
            }
            "cycle" => self.going_over(lazy(Many { count: None, ..many }), call),
            "enumerate" => {
                let element = Value::Parts(vec![Value::Plain, many.element.clone()]);
                self.going_over(lazy(Many { element, ..many }), call)
            }
            "zip" | "chain" => {
                let other = arguments.first().map_or_else(Work::unknown, |other| self.expression(other));
                let other_many = other.value.clone().elements();
                let many = match (name, many.count, other_many.count) {
                    ("zip", count, other) => Many {
                        count: count.into_iter().chain(other).min(),
                        is_paid: many.is_paid || other_many.is_paid,
                        element: Value::Parts(vec![many.element, other_many.element]),
                        is_lazy: true,
                    },
                    (_, count, other) => Many {
                        count: count.zip(other).map(|(count, other)| count.saturating_add(other)),
                        is_paid: many.is_paid && other_many.is_paid,
                        ..many
                    },
                };
                self.going_over(lazy(many), call).after(&other)
            }
            _ if known::ADAPTORS.contains(&name) => self.adapted(name, many, arguments),
            _ => self.consumed(name, many, arguments),
        }
    }

    /// A method that calls a closure for each element.
    pub(super) fn adapted(&mut self, name: &str, many: Many, arguments: Vec<ast::Expr>) -> Work {
        let Some((last, others)) = arguments.split_last() else { return Work::unknown() };
        let (before, firsts) = self.each(others.iter().cloned());
        let is_short = many.is_paid || self.program.is_made_of_library(&many.element);
        let mut gives = Value::Plain;
        let mut operates = false;
        let work = self.repeat(many.count, is_short, |walk| {
            let work = match last {
                ast::Expr::ClosureExpr(closure) => {
                    let first = firsts.first().unwrap_or(&many.element);
                    walk.closure(closure, Some(first.clone()), many.element.clone())
                }
                // A function by its name.
                other => {
                    let function = match other {
                        ast::Expr::PathExpr(path) => path.path().map(|path| segments(&path)).unwrap_or_default(),
                        _ => Vec::new(),
                    };
                    let functions = function.last().map(|name| walk.program.named(name, None)).unwrap_or_default();
                    let value = walk.expression(other).value;
                    if functions.is_empty() { Self::called(&value) } else { walk.any_of(&functions) }
                }
            };
            gives = work.value.clone();
            operates = work.operates;
            work
        });
        let is_paid = many.is_paid || operates;
        let next = |element| Value::Many(Box::new(Many { element, count: many.count, is_paid, is_lazy: true }));
        let value = match name {
            "map" | "scan" | "map_while" => next(gives),
            "filter_map" | "flat_map" => {
                Value::Many(Box::new(Many { count: None, is_lazy: true, is_paid, ..gives.elements() }))
            }
            "filter" | "inspect" | "take_while" | "skip_while" => next(many.element.clone()),
            "partition" => Value::Parts(vec![next(many.element.clone()).kept(), next(many.element.clone()).kept()]),
            "fold" | "try_fold" => {
                if gives == Value::Plain { firsts.first().cloned() } else { Some(gives) }.unwrap_or(Value::Plain)
            }
            "reduce" | "find" | "max_by" | "max_by_key" | "min_by" | "min_by_key" => many.element.clone(),
            _ => Value::Plain,
        };
        // Iterators work only when they are used, but nothing is lost by counting now.
        work.maybe().after(&before).giving(value)
    }

    /// A method that goes over an iterator, or any other of a collection.
    fn consumed(&mut self, name: &str, many: Many, arguments: Vec<ast::Expr>) -> Work {
        let (work, _) = self.each(arguments);
        let is_cheap = self.is_cheap_to_go_over(&many);
        let takes_one =
            matches!(name, "next" | "first" | "last" | "get" | "get_mut" | "pop" | "remove" | "nth" | "peek");
        if many.is_lazy && !is_cheap && !matches!(name, "next" | "len" | "size_hint" | "contains" | "step") {
            self.is_hot = true;
        }
        let passes = !many.is_lazy && !is_cheap && known::is_pass(name);
        let element = many.element.clone();
        let value = match name {
            "collect" | "collect_vec" | "to_vec" => Value::Many(Box::new(many.clone())).kept(),
            "clone" | "to_owned" | "unwrap" | "expect" | "as_ref" | "as_mut" | "as_slice" | "borrow" | "lock" => {
                Value::Many(Box::new(many.clone()))
            }
            "max" | "min" | "swap_remove" => element,
            "keys" => Value::many(element.part(0), many.count),
            _ if takes_one => match element {
                // A map gives the value for a key.
                Value::Parts(parts) if matches!(name, "get" | "get_mut" | "remove") && parts.len() == 2 => {
                    parts[1].clone()
                }
                element => element,
            },
            "unwrap_or" | "unwrap_or_default" => Value::Many(Box::new(many.clone())),
            _ => Value::Plain,
        };
        let steps = match many.count {
            Some(count) => Some(count.saturating_mul(3)),
            None if known::is_constant(name) || takes_one => Some(5),
            None => None,
        };
        Work { passes, steps, ..Work::of(value) }.after(&work)
    }
}

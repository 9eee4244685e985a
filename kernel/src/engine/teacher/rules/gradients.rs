//! Gradients: parameters changed in place, and values confused with tensors that have gradients.

use ra_ap_syntax::AstNode;
use ra_ap_syntax::ast::{self, HasArgList};

use super::super::lesson::{Lesson, sentence};
use super::super::names;
use super::super::scope::Meaning;
use super::operation::needs_brackets;
use super::{Question, bytes};

/// `no_grad(|| w -= 0.1 * w.grad())` with a `w` that is not mutable, and need not be.
pub fn a_parameter_changed(question: &Question) -> Option<Lesson> {
    let operation: ast::BinExpr = question.syntax.around(&question.problem.at).filter(|_| question.is(&["E0596"]))?;
    let method = match operation.op_token()?.text() {
        "+=" => "add_",
        "-=" => "sub_",
        "*=" => "mul_",
        "/=" => "div_",
        _ => return None,
    };
    let in_a_closure = |node: ra_ap_syntax::SyntaxNode| {
        ast::CallExpr::cast(node)
            .and_then(|call| call.expr())
            .is_some_and(|function| question.text(&bytes(&function)).ends_with("no_grad"))
    };
    let (left, right) = (bytes(&operation.lhs()?), bytes(&operation.rhs()?));
    let is_tensor = question.meaning(&left) == Meaning::Tensor || question.text(&right).contains(".grad()");
    if !is_tensor || !operation.syntax().ancestors().any(in_a_closure) {
        return None;
    }
    let sentence = sentence!(
        "a parameter is changed in place by `w.sub_(…)`, without `mut`",
        "参数用 `w.sub_(…)` 原地更新，不需要 `mut`"
    );
    let text = format!("{}.{method}({})", question.text(&left), question.text(&right));
    Some(Lesson::replacing(bytes(&operation), text, sentence))
}

/// `let g = loss.backward(); g.sum()`
pub fn nothing_from_a_backward_pass(question: &Question) -> Option<Lesson> {
    let is_nothing = question.problem.quoted().contains(&"()") && question.is(&["E0599", "E0277", "E0369"]);
    (is_nothing && question.code.contains(".backward()")).then(|| {
        Lesson::only(sentence!(
            "`backward()` gives nothing back: afterwards the gradient is `w.grad()`",
            "`backward()` 没有返回值：之后梯度在 `w.grad()` 里"
        ))
    })
}

/// `loss.item::<f32>().backward()`
pub fn a_number_without_gradients(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let quoted = problem.quoted();
    let (name, ty) = (*quoted.first()?, *quoted.get(1)?);
    let is_missing = question.is(&["E0599"]) && matches!(name, "backward" | "grad" | "requires_grad_");
    if !is_missing || Meaning::of_type(ty) != Meaning::Float {
        return None;
    }
    let sentence = sentence!(
        "a number that was taken out by `item()` has no gradients: call `{name}` on the tensor",
        "用 `item()` 取出的数没有梯度：在张量上调用 `{name}`"
    );
    let call: ast::MethodCallExpr = question.syntax.around(&problem.at)?;
    match call.receiver()? {
        ast::Expr::MethodCallExpr(item) if item.name_ref().is_some_and(|name| name.text() == "item") => {
            let (tensor, all) = (bytes(&item.receiver()?), bytes(&item));
            Some(Lesson::replacing(tensor.end..all.end, "", sentence))
        }
        _ => Some(Lesson::only(sentence)),
    }
}

/// `x.register_hook(|g| println!("{g}"))`
pub fn a_hook_without_a_value(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let is_hook = |call: &ast::MethodCallExpr| call.name_ref().is_some_and(|name| name.text() == "register_hook");
    let says_nothing =
        question.is(&["E0271", "E0308"]) && (problem.message.contains("`()`") || problem.label.contains("`()`"));
    let mut around = question.syntax.around::<ast::MethodCallExpr>(&problem.at).filter(|_| says_nothing)?;
    while !is_hook(&around) {
        around = around.syntax().ancestors().skip(1).find_map(ast::MethodCallExpr::cast)?;
    }
    around.arg_list()?;
    let sentence = sentence!(
        "a function that only looks at the gradient is given to `inspect_grad`",
        "只查看梯度的函数交给 `inspect_grad`"
    );
    Some(Lesson::replacing(bytes(&around.name_ref()?), "inspect_grad", sentence))
}

/// `let g = autograd::grad(&loss, &[&w])[0];`
pub fn one_of_several_gradients(question: &Question) -> Option<Lesson> {
    let is_it = question.is(&["E0507"]) && question.problem.message.contains("index of `Vec<");
    let index: ast::IndexExpr = question.syntax.around(&question.problem.at).filter(|_| is_it)?;
    let (base, number) = (index.base()?, bytes(&index.index()?));
    if !matches!(base, ast::Expr::CallExpr(_) | ast::Expr::MethodCallExpr(_)) || needs_brackets(&base) {
        return None;
    }
    let sentence = sentence!("one is taken out of a vector by `remove(0)`", "用 `remove(0)` 从向量里取出一个");
    let text = format!(".remove({})", question.text(&number));
    Some(Lesson::replacing(bytes(&base).end..bytes(&index).end, text, sentence))
}

/// `optimizer.step()` without an optimizer.
pub fn an_optimizer(question: &Question) -> Option<Lesson> {
    let name = *question.problem.quoted().first().filter(|_| question.is(&["E0425"]))?;
    let is_optimizer = matches!(name, "optimizer" | "optimiser") && !question.scope.knows(name);
    Some(Lesson::only(names::of_another_library("optim", false).filter(|_| is_optimizer)?.sentence))
}

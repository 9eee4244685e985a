//! Structs of layers with a missing part: the derive, `forward`, `new`, or the `self` before a field.

use super::super::lesson::{Lesson, sentence};
use super::models::with_derive;
use super::{Question, bytes};
use ra_ap_syntax::ast;

/// Methods that `#[derive(Module)]` adds.
const OF_MODULES: [&str; 12] = [
    "parameters",
    "named_parameters",
    "buffers",
    "num_parameters",
    "train",
    "eval",
    "is_training",
    "zero_grad",
    "requires_grad_",
    "state_dict",
    "load_state_dict",
    "get_parameter",
];

/// The method that a struct of the user's does not have, and the struct's name.
fn missing<'a>(question: &Question<'a>) -> Option<(&'a str, &'a str)> {
    let problem = question.problem;
    let quoted = problem.quoted();
    let is_of_a_struct = question.is(&["E0599"]) && problem.message.contains(" found for struct `");
    let (method, ty) = (*quoted.first().filter(|_| is_of_a_struct)?, *quoted.get(1)?);
    // A path or a generic type belongs to another crate.
    ty.chars().all(char::is_alphanumeric).then_some((method, ty))
}

/// `plain.parameters()` for a struct without `#[derive(Module)]`.
pub fn without_derive(question: &Question) -> Option<Lesson> {
    let (method, ty) = missing(question).filter(|(method, _)| OF_MODULES.contains(method))?;
    let lesson = with_derive(question, ty);
    lesson.or_else(|| {
        Some(Lesson::only(sentence!(
            "`{method}` belongs to modules: put `#[derive(Module)]` above `struct {ty}`, and run that cell again",
            "`{method}` 是模块的方法：在 `struct {ty}` 上面写 `#[derive(Module)]`，再运行那个单元格"
        )))
    })
}

/// `net.forward(&x)` without a `forward`.
pub fn without_forward(question: &Question) -> Option<Lesson> {
    let (_, ty) = missing(question).filter(|(method, _)| *method == "forward")?;
    Some(Lesson::only(sentence!(
        "`{ty}` has no `forward` yet: write `impl Forward for {ty} {{ fn forward(&self, x: &Tensor) -> Tensor {{ … }} }}`",
        "`{ty}` 还没有 `forward`：写 `impl Forward for {ty} {{ fn forward(&self, x: &Tensor) -> Tensor {{ … }} }}`"
    )))
}

/// `Net::new()` without a `new`.
pub fn without_new(question: &Question) -> Option<Lesson> {
    let (_, ty) = missing(question).filter(|(method, _)| *method == "new")?;
    Some(Lesson::only(sentence!(
        "`{ty}` has no `new` yet: write `impl {ty} {{ fn new() -> {ty} {{ … }} }}`, or make one of its fields: `{ty} {{ … }}`",
        "`{ty}` 还没有 `new`：写 `impl {ty} {{ fn new() -> {ty} {{ … }} }}`，或直接由字段构造：`{ty} {{ … }}`"
    )))
}

/// `hidden.forward(x)` in a method, for a field.
pub fn without_self(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let field = question.text(&problem.at).to_owned();
    let is_offered = problem.suggestions.iter().any(|offered| offered.message.contains("available field"));
    let is_there = question.is(&["E0425"]) && is_offered;
    question.syntax.around::<ast::Fn>(&problem.at).filter(|_| is_there).map(|function| bytes(&function))?;
    let sentence = sentence!(
        "a method reaches the fields through `self`: `self.{field}`",
        "方法里用 `self` 访问字段：`self.{field}`"
    );
    Some(Lesson::replacing(problem.at.start..problem.at.start, "self.", sentence))
}

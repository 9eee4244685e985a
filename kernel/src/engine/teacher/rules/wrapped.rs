//! Values inside other types: an unused `Result`, a layer's optional bias.

use std::ops::Range;

use ra_ap_syntax::AstNode;
use ra_ap_syntax::ast::{self, HasName};

use super::super::lesson::{Edit, Lesson, sentence};
use super::operation::Operation;
use super::{Question, bytes};

/// `let state = load("model.safetensors");`, with `state["weight"]` or `model.load_state_dict(&state)` further down.
pub fn a_result_as_its_value(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let at = match problem.code.as_str() {
        "E0608" if problem.message.contains("into a value of type `Result<") => {
            let index: Option<ast::IndexExpr> = question.syntax.around(&problem.at);
            // Inside a macro, whose content is not parsed, a name stands before the bracket.
            index
                .and_then(|index| index.base())
                .map_or_else(|| name_before(question, problem.at.start), |of| bytes(&of))
        }
        "E0308" if found(&problem.label).is_some_and(|ty| ty.starts_with("Result<")) => problem.at.clone(),
        "E0599" if problem.label.contains("in `Result<") => {
            let call: ast::MethodCallExpr = question.syntax.around(&problem.at)?;
            bytes(&call.receiver()?)
        }
        _ => return None,
    };
    let text = question.text(&at);
    let value = text.trim_start_matches('&');
    let at = at.end - value.len()..at.end;
    // For a variable, the `?` goes where it is defined, if that is in this cell.
    let end = match made(question, value, at.start) {
        Some(made) => made.end,
        // For a method, rustc's own message is as good.
        None if question.is(&["E0599"]) => return None,
        None => at.end,
    };
    let what = question.text(&made(question, value, at.start).unwrap_or(at)).split('(').next()?.to_owned();
    let sentence = sentence!(
        "`{what}` may fail and returns a `Result`; a `?` after it takes the value out, or ends the cell with the error",
        "`{what}` 可能失败，得到的是 `Result`；后面写 `?` 取出其中的值，失败时单元格以该错误结束"
    );
    Some(Lesson::of(vec![Edit { at: end..end, text: "?".to_owned() }], sentence))
}

/// The expression with which a variable is defined further up in the cell.
fn made(question: &Question, name: &str, before: usize) -> Option<Range<usize>> {
    let lets = question.syntax.root.descendants().filter_map(ast::LetStmt::cast);
    let of_it = lets.filter(|made| {
        let pattern = made.pat().and_then(|pattern| ast::IdentPat::cast(pattern.syntax().clone()));
        pattern.and_then(|pattern| pattern.name()).is_some_and(|given| given.text() == name)
    });
    let values = of_it.filter_map(|made| Some(bytes(&made.initializer()?)));
    values.filter(|value| value.end < before).last()
}

/// `layer.bias.fill_(0.0)`, `x + &layer.bias`
pub fn a_bias_that_may_be_missing(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let is_it = |text: &str| text.contains("Option<Parameter>") || text.contains("Option<nn::Parameter>");
    let at = match problem.code.as_str() {
        "E0599" if is_it(&problem.label) => {
            let call: ast::MethodCallExpr = question.syntax.around(&problem.at)?;
            bytes(&call.receiver()?)
        }
        "E0308" if found(&problem.label).is_some_and(is_it) => problem.at.clone(),
        "E0277" if is_it(&problem.message) && question.text(&problem.at).ends_with(".bias") => problem.at.clone(),
        "E0277" if is_it(&problem.message) => {
            let sides = Operation::of(question).map(|Operation { left, right, .. }| [left, right]);
            let side = sides.into_iter().flatten().find(|side| question.text(side).ends_with(".bias"));
            side.or_else(|| name_behind(question, problem.at.end))?
        }
        _ => return None,
    };
    let bias = question.text(&at).trim_start_matches('&').to_owned();
    let sentence = sentence!(
        "a layer may have no bias, so the field is an `Option`; `as_ref().unwrap()` lends the one that is there",
        "层可以没有偏置，所以该字段是 `Option`；`as_ref().unwrap()` 借出其中的偏置"
    );
    bias.ends_with(".bias").then(|| Lesson::replacing(at, format!("{bias}.as_ref().unwrap()"), sentence))
}

/// `let x = model.lstm.forward(&y);`, with `model.output.forward(&x)` further down: a recurrent layer returns its
/// outputs and its last states.
pub fn outputs_and_states_as_outputs(question: &Question) -> Option<Lesson> {
    let at = &question.problem.at;
    let is_pair = |ty: &str| ty.starts_with("(Tensor, ") || ty.starts_with("(tensorlib::Tensor, ");
    found(&question.problem.label).filter(|ty| question.is(&["E0308"]) && is_pair(ty))?;
    let name = question.text(at).trim_start_matches('&');
    let made = made(question, name, at.start);
    if made.as_ref().is_some_and(|made| !question.text(made).contains("forward(")) {
        return None;
    }
    let sentence = sentence!(
        "a recurrent layer gives its outputs and its last states: `let (x, _) = …` takes the outputs",
        "循环层给出输出和最后的状态：用 `let (x, _) = …` 取出输出"
    );
    let Some(made) = made else {
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        return is_name.then(|| Lesson::replacing(at.end..at.end, ".0", sentence));
    };
    let before = question.code[..made.start].trim_end().strip_suffix('=')?.trim_end();
    let start = before.strip_suffix(name)?.len();
    Some(Lesson::replacing(start..start + name.len(), format!("({name}, _)"), sentence))
}

/// The name, with its fields, that ends at a place.
fn name_before(question: &Question, end: usize) -> Range<usize> {
    let before = &question.code[..end];
    before.rfind(|c| !is_of_a_name(c)).map_or(0, |at| at + 1)..end
}

/// The name, with its fields, that is borrowed after a place.
fn name_behind(question: &Question, start: usize) -> Option<Range<usize>> {
    let behind = &question.code[start..];
    let first = behind.find(|c| !matches!(c, ' ' | '&'))?;
    let length = behind[first..].find(|c| !is_of_a_name(c)).unwrap_or(behind.len() - first);
    // Including the `&` before it.
    Some(start + behind.len() - behind.trim_start().len()..start + first + length)
}

fn is_of_a_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.')
}

/// The type that was found, in a label such as ``expected `&StateDict`, found `&Result<StateDict, Error>` ``.
fn found(label: &str) -> Option<&str> {
    let (_, rest) = label.split_once("found `")?;
    Some(rest.split('`').next()?.trim_start_matches('&'))
}

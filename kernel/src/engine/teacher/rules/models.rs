//! Models: moved to a device, passed to an optimiser, and structs without `#[derive(Module)]`.

use ra_ap_syntax::ast::{self, HasArgList};

use super::super::lesson::{Edit, Lesson, sentence};
use super::super::scope::Meaning;
use super::super::tokens;
use super::{Question, bytes};

/// `model.to(device);`, with a use of `model` further down.
pub fn moved_to_a_device(question: &Question) -> Option<Lesson> {
    let moves = question.problem.others.iter().filter(|_| question.is(&["E0382"]));
    let (at, _) = moves
        .filter(|(_, label)| label.contains("moved due to this method call"))
        .find(|(at, _)| question.text(at).starts_with("to("))?;
    let before = question.code[..at.start].strip_suffix('.')?;
    let start = before.rfind(|c| !tokens::is_word(c)).map_or(0, |at| at + 1);
    let model = &before[start..];
    let begins = before[..start].trim_end_matches([' ', '\t']);
    if model.is_empty() || !(begins.is_empty() || begins.ends_with(['\n', ';', '{', '}'])) {
        return None;
    }
    let sentence = sentence!(
        "a model goes through `to` and comes out again: `let {model} = {model}.to(device);`",
        "模型经过 `to` 后要重新接住：`let {model} = {model}.to(device);`"
    );
    Some(Lesson::replacing(start..start, format!("let {model} = "), sentence))
}

/// `optim::SGD::new(model, 0.1)`
pub fn given_to_an_optimizer(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    if !question.is(&["E0277"]) || !problem.message.starts_with("an optimiser takes parameters") {
        return None;
    }
    let text = question.text(&problem.at);
    let name = text.trim_start_matches(['&', ' ']).trim_start_matches("mut ");
    let is_name = !name.is_empty() && name.chars().all(|c| tokens::is_word(c) || c == '.');
    let sentence = sentence!(
        "an optimiser takes the parameters; the model stays yours: `{name}.parameters()`",
        "优化器接收的是参数，模型仍归你：`{name}.parameters()`"
    );
    is_name.then(|| Lesson::replacing(problem.at.clone(), format!("{name}.parameters()"), sentence))
}

/// `save(weights, "weights.npy")` for one tensor.
pub fn a_tensor_saved(question: &Question) -> Option<Lesson> {
    let call: ast::CallExpr = question.syntax.around(&question.problem.at).filter(|_| question.is(&["E0308"]))?;
    if question.text(&bytes(&call.expr()?)) != "save" {
        return None;
    }
    let given: Vec<_> = call.arg_list()?.args().map(|part| bytes(&part)).collect();
    let [what, place] = &given[..] else { return None };
    // The arguments may be in either order.
    let (what, place) = if question.meaning(what) == Meaning::Tensor { (what, place) } else { (place, what) };
    if question.meaning(what) != Meaning::Tensor {
        return None;
    }
    let sentence = sentence!(
        "one tensor is written by `write_npy(\"x.npy\", &x)`; `save` keeps a model's state dict",
        "单个张量用 `write_npy(\"x.npy\", &x)` 写入；`save` 保存模型的 state dict"
    );
    let (what, place) = (question.text(what).trim_start_matches('&'), question.text(place));
    Some(Lesson::replacing(bytes(&call), format!("write_npy({place}, &{what})"), sentence))
}

/// `save(&model, "model.safetensors")`
pub fn a_model_saved(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let is_wanted = question.is(&["E0308"]) && problem.label.starts_with("expected `&StateDict`, found `");
    let call: ast::CallExpr = question.syntax.around(&problem.at).filter(|_| is_wanted)?;
    let text = question.text(&problem.at);
    let model = text.trim_start_matches('&');
    let is_name = !model.is_empty() && model.chars().all(|c| tokens::is_word(c) || c == '.');
    let is_other =
        ["Result<", "StateDict`", "Vec<"].iter().any(|ty| problem.label["expected `&StateDict`".len()..].contains(ty));
    if question.text(&bytes(&call.expr()?)) != "save" || !is_name || is_other {
        return None;
    }
    let sentence = sentence!(
        "what is saved of a model is its state dict: `{model}.state_dict()`",
        "模型保存的是它的 state dict：`{model}.state_dict()`"
    );
    Some(Lesson::replacing(problem.at.clone(), format!("&{model}.state_dict()"), sentence))
}

/// `model[0].weight` for a `Sequential`.
pub fn a_field_of_any_layer(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let is_it =
        question.is(&["E0609"]) && problem.message.contains("on type `(dyn ") && problem.message.contains("Layer");
    let name = *problem.quoted().first().filter(|_| is_it)?;
    let index: ast::FieldExpr = question.syntax.around(&problem.at)?;
    let ast::Expr::IndexExpr(index) = index.expr()? else { return None };
    let (model, place) = (bytes(&index.base()?), bytes(&index.index()?));
    let (model, place) = (question.text(&model), question.text(&place));
    let sentence = sentence!(
        "a `Sequential` holds layers of all types; say which this one is: `{model}.layer::<nn::Linear>({place}).{name}`",
        "`Sequential` 里可以是任何类型的层，要说明这一层的类型：`{model}.layer::<nn::Linear>({place}).{name}`"
    );
    Some(Lesson::only(sentence))
}

/// A struct of layers without `#[derive(Module)]`, where a module is needed.
pub fn not_derived(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let is_missing = problem.message.contains("is no module")
        || problem.message.contains("cannot be a field of a module as it is")
        || problem.message.contains("has no `forward` that makes one tensor of one tensor");
    let name = *problem.quoted().first().filter(|_| question.is(&["E0277"]) && is_missing)?;
    with_derive(question, name.rsplit("::").next()?)
}

/// `#[derive(Module)]` above a struct of the cell that has none.
pub fn with_derive(question: &Question, name: &str) -> Option<Lesson> {
    let declared = ["struct ", "enum "].iter().find_map(|word| {
        question
            .code
            .match_indices(&format!("{word}{name}"))
            .map(|(at, _)| at)
            .find(|at| !question.code[at + word.len() + name.len()..].starts_with(tokens::is_word))
    })?;
    let start = question.code[..declared].rfind('\n').map_or(0, |at| at + 1);
    let before = question.code[..start].trim_end();
    let has_it = before.rsplit('\n').next().is_some_and(|line| line.contains("derive(") && line.contains("Module"));
    if has_it {
        return None;
    }
    let sentence = sentence!(
        "a struct of layers is a module by `#[derive(Module)]` above it",
        "由层组成的结构体上面写 `#[derive(Module)]` 就是模块"
    );
    Some(Lesson::of(vec![Edit { at: start..start, text: "#[derive(Module)]\n".to_owned() }], sentence))
}

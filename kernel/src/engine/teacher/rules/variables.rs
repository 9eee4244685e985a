//! Variables: moved, not mutable, or of unknown type; and misspelt or foreign names.

use std::ops::Range;

use ra_ap_syntax::ast;

use super::super::lesson::{Edit, Lesson, sentence};
use super::super::names;
use super::super::scope::Meaning;
use super::super::tokens;
use super::{Question, bytes};

/// `let loss = x.sum().item();`, `let c = None;`, `"5".parse()`.
pub fn a_value_of_no_known_type(question: &Question) -> Option<Lesson> {
    if !question.is(&["E0282", "E0283", "E0284", ""]) {
        return None;
    }
    let problem = question.problem;
    if problem.code.is_empty() && !problem.message.contains("generic argument") {
        return None;
    }
    let near = question.code[..problem.at.start].rfind([';', '\n', '{']).map_or(0, |at| at + 1);
    let end =
        question.code[problem.at.start..].find([';', '\n']).map_or(question.code.len(), |at| problem.at.start + at);
    let statement = &question.code[near..end];
    let value = statement.split_once('=').map_or(statement, |(_, value)| value);
    let ty = question.scope.elements(&tokens::trees(value.trim().split(".item()").next().unwrap_or_default()));
    let (item, to_vec) = (format!(".item::<{ty}>()"), format!(".to_vec::<{ty}>()"));
    for (call, with_type) in [
        (".item()", item.as_str()),
        (".to_vec()", to_vec.as_str()),
        (".to_ndarray()", ".to_ndarray::<f32>()"),
        (".parse()", ".parse::<f64>()"),
        (".collect()", ".collect::<Vec<_>>()"),
        (".sum()", ".sum::<f64>()"),
        (".product()", ".product::<f64>()"),
    ] {
        if let Some(at) = statement.find(call) {
            let of = tokens::trees(value.trim().split(call).next().unwrap_or_default());
            let first = of.first().map(|tree| question.scope.meaning(std::slice::from_ref(tree)));
            let is_whole = matches!(&first, Some(Meaning::Vector(element)) if **element == Meaning::Whole)
                && !value.contains(".map(")
                || value.trim().trim_start_matches('"').starts_with(|c: char| c.is_ascii_digit())
                    && call == ".parse()"
                    && !value.contains('.') | !value.split('"').nth(1).unwrap_or(".").contains('.');
            let with_type = if is_whole { with_type.replace("f64", "i32") } else { with_type.to_owned() };
            let shown = with_type.trim_start_matches('.').to_owned();
            let sentence =
                sentence!("the type of the result is said in the call: `{shown}`", "在调用处写明结果的类型：`{shown}`");
            return Some(Lesson::replacing(near + at..near + at + call.len(), with_type, sentence));
        }
    }
    for (value, ty) in [
        ("None", "Option<f64>"),
        ("vec![]", "Vec<f64>"),
        ("Vec::new()", "Vec<f64>"),
        ("HashMap::new()", "HashMap<String, f64>"),
    ] {
        let Some(at) = statement.find(value) else { continue };
        let sentence = sentence!(
            "the type of an empty value is said: `{ty}`, for example",
            "里面还没有值，要写明类型，例如 `{ty}`"
        );
        let name = statement.find("let ").and_then(|at| statement[at..].find(" =").map(|end| at + end));
        return Some(match name {
            Some(at) if !statement[..at].contains(':') => {
                Lesson::replacing(near + at..near + at, format!(": {ty}"), sentence)
            }
            _ if value == "None" => Lesson::replacing(near + at..near + at + value.len(), "None::<f64>", sentence),
            _ => return None,
        });
    }
    None
}

/// A value that is used after it was moved.
pub fn moved(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    if !question.is(&["E0382", "E0505"]) {
        return None;
    }
    let moves = problem.others.iter().find(|(_, label)| {
        label.contains("moved here") || label.contains("moved due to") || label.contains("move out of")
    });
    let (at, label) = moves?;
    let sentence = sentence!(
        "a moved value cannot be used again: lend it with `&`, or pass a copy, `.clone()`",
        "值已经被移动，不能再用：用 `&` 借用，或用 `.clone()` 复制"
    );
    let name = question.text(at).to_owned();
    let is_name = !name.is_empty() && name.chars().all(tokens::is_word);
    if let Some(expression) = question.syntax.around::<ast::BinExpr>(at) {
        // Both sides, so that the other one is not the next error.
        let sides = [expression.lhs()?, expression.rhs()?];
        let moved_name =
            label.split('`').nth(1).filter(|name| name.chars().all(tokens::is_word)).unwrap_or(&name).to_owned();
        let names = sides.iter().filter(|side| matches!(side, ast::Expr::PathExpr(_))).map(bytes);
        let names = names.filter(|at| {
            question.meaning(at) == Meaning::Tensor
                || is_other_than_text(question, at) && question.text(at) == moved_name
        });
        let lent = names.filter(|at| !matches!(question.meaning(at), Meaning::Float | Meaning::Whole));
        let edits: Vec<Edit> = lent.map(|at| Edit { at: at.start..at.start, text: "&".to_owned() }).collect();
        if edits.iter().any(|edit| at.start == edit.at.start || bytes(&expression) == *at) {
            return Some(Lesson::of(edits, sentence));
        }
    }
    if let Some(suggestion) = problem.suggestions.iter().find(|suggestion| {
        suggestion.message.contains("iterating over a slice") || suggestion.message.contains("consider borrowing")
    }) {
        return Some(Lesson::of(suggestion.edits.clone(), sentence));
    }
    let is_loop = label.contains("into_iter")
        || question
            .syntax
            .around::<ast::ForExpr>(at)
            .is_some_and(|each| each.iterable().is_some_and(|over| bytes(&over) == *at));
    if is_loop && is_name {
        return Some(Lesson::replacing(at.start..at.start, "&", sentence));
    }
    if is_name && let Some(list) = question.syntax.around::<ast::ArrayExpr>(at) {
        // All elements, so that the others are not the next errors.
        let ast::ArrayExprKind::ElementList(elements) = list.kind() else { return Some(Lesson::only(sentence)) };
        let names = elements.filter(|element| matches!(element, ast::Expr::PathExpr(_))).map(|element| bytes(&element));
        let tensors = names.filter(|name| question.meaning(name) == Meaning::Tensor || name == at);
        let edits: Vec<Edit> = tensors.map(|at| Edit { at: at.start..at.start, text: "&".to_owned() }).collect();
        return Some(Lesson::of(edits, sentence));
    }
    if is_name && question.meaning(at) == Meaning::Tensor {
        return Some(Lesson::replacing(at.start..at.start, "&", sentence));
    }
    let clones = problem.suggestions.iter().find(|suggestion| suggestion.message.contains("clon"));
    match clones {
        Some(clones) => Some(Lesson::of(clones.edits.clone(), sentence)),
        None if is_name => Some(Lesson::replacing(at.end..at.end, ".clone()", sentence)),
        None => Some(Lesson::only(sentence)),
    }
}

/// Whether a value that is added is not text. A `String` is added to by value only.
pub fn is_other_than_text(question: &Question, at: &Range<usize>) -> bool {
    question.meaning(at) != Meaning::Text
}

/// A variable that is changed and was not declared `mut`.
pub fn not_mutable(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    if !question.is(&["E0384", "E0596", "E0594"]) {
        return None;
    }
    let name = (*problem.quoted().first()?).trim_start_matches(['*', '&']);
    if let Some(suggestion) = problem.suggestions.iter().find(|suggestion| {
        suggestion.edits.iter().any(|edit| {
            edit.text.contains("&mut") || edit.text.trim() == "mut" && suggestion.message.contains("reference")
        })
    }) {
        let sentence = sentence!("what a function changes is lent by `&mut`", "函数要修改的值用 `&mut` 借用");
        return Some(Lesson::of(suggestion.edits.clone(), sentence));
    }
    let name = name.split(['.', '[']).next().unwrap_or(name);
    let sentence =
        sentence!("a variable that changes is declared by `let mut {name}`", "会改变的变量用 `let mut {name}` 声明");
    let own = problem.suggestions.iter().find(|suggestion| suggestion.message.contains("mut"));
    if let Some(suggestion) = own.filter(|suggestion| suggestion.edits.iter().any(|edit| edit.text.trim() == "mut")) {
        return Some(Lesson::of(suggestion.edits.clone(), sentence));
    }
    let is_variable = name.chars().all(tokens::is_word) && question.scope.variable(name).is_some();
    if let Some(at) =
        question.code.find(&format!("let {name} ")).or_else(|| question.code.find(&format!("let {name}:")))
    {
        return Some(Lesson::replacing(at + 4..at + 4, "mut ", sentence));
    }
    is_variable.then(|| Lesson::replacing(0..0, format!("let mut {name} = {name};\n"), sentence))
}

/// A name of PyTorch's or NumPy's that has another name here.
pub fn a_name_from_elsewhere(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let message = &problem.message;
    let is_missing = question.is(&["E0599", "E0425", "E0423", "E0609"]) || message.starts_with("cannot find");
    let name = *problem.quoted().first().filter(|_| is_missing)?;
    let of_a_tensor = problem.quoted().get(1).is_some_and(|ty| Meaning::of_type(ty) == Meaning::Tensor);
    // A missing value is usually a variable that was not defined.
    let is_alone = question.is(&["E0425"]) && message.starts_with("cannot find function")
        || message.starts_with("cannot find macro");
    if !of_a_tensor && !is_alone || question.scope.knows(name) {
        return None;
    }
    if name == "new" && message.starts_with("no function or associated item") {
        let sentence = sentence!("a tensor is made by `Tensor::from(…)`", "张量用 `Tensor::from(…)` 创建");
        return Some(Lesson::replacing(problem.at.clone(), "from", sentence));
    }
    let known = names::of_another_library(name, of_a_tensor)?;
    // A name that only looks like another library's may be one of the user's, misspelt.
    if is_alone && a_misspelt_name(question).is_some() {
        return None;
    }
    match known.replacement {
        Some(replacement) => Some(Lesson::replacing(problem.at.clone(), replacement, known.sentence)),
        None => Some(Lesson::only(known.sentence)),
    }
}

/// A name that resembles another one.
pub fn a_misspelt_name(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    if !question.is(&["E0425", "E0599", "E0433", "E0412", "E0560", "E0609"]) {
        return None;
    }
    let name = *problem.quoted().first()?;
    let offered = problem
        .suggestions
        .iter()
        .find(|suggestion| suggestion.message.contains("similar name") || suggestion.message.contains("did you mean"));
    let offered =
        offered.and_then(|suggestion| suggestion.edits.first()).map(|edit| edit.text.trim_end_matches("()").to_owned());
    // The compiler sees only the variables of earlier cells that the cell names.
    let own = || question.scope.names().map(str::to_owned).filter(|_| question.is(&["E0425"]));
    // The name existed, and is gone: moved, or lost with a cell that failed.
    if own().any(|own| own == name) {
        return None;
    }
    let distance = |meant: &String| strsim::osa_distance(name, meant);
    let meant = offered.into_iter().chain(own()).min_by_key(distance)?;
    let most = if name.len() >= 8 { 2 } else { 1 };
    let of_a_number =
        problem.quoted().get(1).is_some_and(|ty| matches!(Meaning::of_type(ty), Meaning::Float | Meaning::Whole));
    // Every name resembles some short name, and many methods of numbers resemble each other.
    if distance(&meant) > most || name.len() < 4 || meant.chars().next() != name.chars().next() || of_a_number {
        return None;
    }
    let sentence = sentence!("there is no `{name}`; did you mean `{meant}`?", "没有 `{name}`，是不是 `{meant}`？");
    Some(Lesson::replacing(problem.at.clone(), meant, sentence))
}

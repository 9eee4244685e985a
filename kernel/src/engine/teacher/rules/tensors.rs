//! Tensors and lists: comparisons, conversions to numbers, indices.

use ra_ap_syntax::AstNode;
use ra_ap_syntax::ast::{self, HasArgList};

use super::super::lesson::{Lesson, sentence};
use super::super::library;
use super::super::scope::Meaning;
use super::operation::{Operation, is_condition, needs_brackets, types_of_sides};
use super::{Question, bytes};

/// `x == y`, `x > 0`: Rust's comparison operators return a single `bool`.
pub fn comparison_of_tensors(question: &Question) -> Option<Lesson> {
    let is_tensor = |ty: &&str| Meaning::of_type(ty) == Meaning::Tensor;
    let quoted = question.problem.quoted();
    if !question.is(&["E0369", "E0308", "E0277"])
        || !quoted.iter().any(is_tensor) && !question.problem.label.contains("Tensor")
    {
        return None;
    }
    let operation = Operation::of(question)?;
    let Operation { sign, left, right, .. } = &operation;
    let method = match sign.as_str() {
        "==" => "eq",
        "!=" => "ne",
        "<" => "lt",
        ">" => "gt",
        "<=" => "le",
        ">=" => "ge",
        _ => return None,
    };
    let (left_text, right_text) = (question.text(left), question.text(right));
    let right_is_tensor = question.meaning(right) == Meaning::Tensor
        || quoted.iter().skip(2).any(is_tensor)
        || question.problem.others.iter().any(|(at, label)| at == right && label.contains("Tensor"));
    let side = operation.expression.as_ref().and_then(ast::BinExpr::lhs);
    let before =
        if side.is_some_and(|side| needs_brackets(&side)) { format!("({left_text})") } else { left_text.to_owned() };
    let lent =
        if right_is_tensor && !right_text.starts_with('&') { format!("&{right_text}") } else { right_text.to_owned() };
    let whole = operation.whole();
    let is_asserted =
        operation.expression.is_none() && question.code[..left.start].trim_end_matches(' ').ends_with("assert!(");
    if is_asserted || operation.expression.as_ref().is_some_and(|expression| is_condition(expression.syntax())) {
        if right_is_tensor && sign == "==" {
            let sentence =
                sentence!("whether tensors are the same is asked by `x.equal(&y)`", "判断张量是否相同用 `x.equal(&y)`");
            return Some(Lesson::replacing(whole, format!("{before}.equal({lent})"), sentence));
        }
        let sentence = sentence!(
            "a tensor's only value is `x.item::<f32>()`; all elements at once are compared by `x.{method}(…)`",
            "单元素张量的值是 `x.item::<f32>()`；逐元素比较用 `x.{method}(…)`"
        );
        // A whole number is compared with a number with a fraction.
        let is_whole = right_text.chars().all(|c| c.is_ascii_digit());
        let right_text = if is_whole { format!("{right_text}.0") } else { right_text.to_owned() };
        return Some(Lesson::replacing(whole, format!("{before}.item::<f32>() {sign} {right_text}"), sentence));
    }
    // `(x > 0).sum()`
    let parent = operation
        .expression
        .as_ref()
        .and_then(|expression| expression.syntax().parent())
        .and_then(ast::ParenExpr::cast);
    let is_receiver = parent
        .as_ref()
        .and_then(|parent| parent.syntax().parent())
        .is_some_and(|parent| ast::MethodCallExpr::can_cast(parent.kind()));
    let whole = parent.filter(|_| is_receiver).map_or(whole, |parent| bytes(&parent));
    let sentence =
        sentence!("tensors are compared element by element by `x.{method}(…)`", "张量逐元素比较用 `x.{method}(…)`");
    Some(Lesson::replacing(whole, format!("{before}.{method}({lent})"), sentence))
}

/// `if mask.all()`, `let loss: f32 = x.sum();`
pub fn a_tensor_where_a_value_is_wanted(question: &Question) -> Option<Lesson> {
    let label = &question.problem.label;
    let mut types = label.split('`').skip(1).step_by(2);
    let (wanted, found) = (types.next()?, types.next()?);
    let is_value = matches!(wanted, "bool" | "f32" | "f64" | "i64" | "i32" | "u8");
    let is_mismatch = question.is(&["E0308"])
        && label.starts_with("expected")
        && is_value
        && Meaning::of_type(found) == Meaning::Tensor;
    if !is_mismatch || found.starts_with('&') {
        return None;
    }
    let at = question.place();
    let sentence = sentence!(
        "a tensor's only value is taken out by `item::<{wanted}>()`",
        "单元素张量的值用 `item::<{wanted}>()` 取出"
    );
    let text = question.text(&at);
    let text = if text.contains([' ', '&']) && !text.ends_with(')') { format!("({text})") } else { text.to_owned() };
    Some(Lesson::replacing(at, format!("{text}.item::<{wanted}>()"), sentence))
}

/// `losses.mean()`, `prices * 1.5` for a vector.
pub fn a_vector_as_a_tensor(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let quoted = problem.quoted();
    let is_vector = |ty: &str| matches!(Meaning::of_type(ty), Meaning::Vector(element) if matches!(*element, Meaning::Float | Meaning::Whole));
    let at = if question.is(&["E0599"]) {
        let call: ast::MethodCallExpr = question.syntax.around(&problem.at)?;
        let (method, ty) = (quoted.first()?, quoted.get(1)?);
        (is_vector(ty) && library::is_method(method)).then(|| call.receiver())?.map(|receiver| bytes(&receiver))?
    } else if question.is(&["E0369", "E0277"]) {
        let (left_type, right_type) = match &quoted[..] {
            [sign, ty, ..] if sign.chars().all(|c| !c.is_alphanumeric()) => (*ty, ""),
            _ => types_of_sides(problem)?,
        };
        let Operation { left, right, .. } = Operation::of(question)?;
        if is_vector(left_type) {
            left
        } else if is_vector(right_type) {
            right
        } else {
            return None;
        }
    } else {
        return None;
    };
    let text = question.text(&at).to_owned();
    let text = text.trim_start_matches('&');
    let sentence = sentence!(
        "a vector is a list; what can be computed with is a tensor: `tensor(&{text})`",
        "向量只是列表；要计算先变成张量：`tensor(&{text})`"
    );
    Some(Lesson::replacing(at, format!("tensor(&{text})"), sentence))
}

/// `x.cdist(&y)`, `x.cat(&y)`: functions in this library.
pub fn a_function_as_a_method(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let quoted = problem.quoted();
    let (name, ty) = (*quoted.first().filter(|_| question.is(&["E0599"]))?, *quoted.get(1)?);
    let is_missing = Meaning::of_type(ty) == Meaning::Tensor && library::is_function(name);
    let call: ast::MethodCallExpr = question.syntax.around(&problem.at).filter(|_| is_missing)?;
    if library::OF_A_SHAPE.contains(&name) {
        return None;
    }
    let lent = |text: &str| if text.starts_with('&') { text.to_owned() } else { format!("&{text}") };
    let mut given = vec![lent(question.text(&bytes(&call.receiver()?)))];
    given.extend(call.arg_list()?.args().map(|part| question.text(&bytes(&part)).to_owned()));
    let given = given.join(", ");
    let given = if matches!(name, "cat" | "stack" | "hstack" | "vstack") { format!("[{given}]") } else { given };
    let sentence = sentence!("`{name}` is a function: `{name}({given})`", "`{name}` 是函数：`{name}({given})`");
    Some(Lesson::replacing(bytes(&call), format!("{name}({given})"), sentence))
}

/// `tensor(0..5)`.
pub fn a_range_as_a_tensor(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let is_range =
        question.is(&["E0277"]) && problem.message.contains("cannot be made of") && problem.message.contains("Range");
    let before = question.code[..problem.at.start].strip_suffix("tensor(").filter(|_| is_range)?;
    let sentence = sentence!("the numbers of a range are made by `arange`", "范围里的数用 `arange` 生成");
    Some(Lesson::replacing(before.len()..before.len() + "tensor".len(), "arange", sentence))
}

/// `point[0]` for a tuple.
pub fn an_index_of_a_tuple(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let is_tuple = question.is(&["E0608"])
        && problem.quoted().first().is_some_and(|ty| ty.trim_start_matches('&').starts_with('('));
    let index: ast::IndexExpr = question.syntax.around(&problem.at).filter(|_| is_tuple)?;
    let (base, inside) = (bytes(&index.base()?), bytes(&index.index()?));
    let number = question.text(&inside);
    number.parse::<usize>().ok()?;
    let sentence = sentence!("the parts of a tuple are `.0`, `.1`", "元组的元素用 `.0`、`.1` 访问");
    Some(Lesson::replacing(base.end..bytes(&index).end, format!(".{number}"), sentence))
}

/// `ages[i]` with an `i` that is not a `usize`.
pub fn an_index_of_a_type(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let of_a_list = problem.quoted().first().is_some_and(|ty| ty.starts_with('['));
    // A difference may be negative.
    let is_plain =
        !question.text(&problem.at).contains('-') && !question.text(&problem.at).chars().all(|c| c.is_ascii_digit());
    let is_number =
        of_a_list && is_plain && problem.quoted().get(1).is_some_and(|ty| Meaning::of_type(ty) == Meaning::Whole);
    if !question.is(&["E0277"]) || !problem.message.contains("cannot be indexed by") || !is_number {
        return None;
    }
    let text = question.text(&problem.at);
    let text = if text.contains(' ') { format!("({text})") } else { text.to_owned() };
    let sentence = sentence!("a position is a `usize`: `{text} as usize`", "下标的类型是 `usize`：`{text} as usize`");
    Some(Lesson::replacing(problem.at.clone(), format!("{text} as usize"), sentence))
}

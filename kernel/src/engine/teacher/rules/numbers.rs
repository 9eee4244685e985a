//! Numbers of two types, and numbers without one.

use ra_ap_syntax::ast;
use ra_ap_syntax::{AstNode, SyntaxNode};

use super::super::lesson::{Edit, Lesson, sentence};
use super::super::scope::Meaning;
use super::operation::{Operation, types_of_sides};
use super::{Question, bytes};

/// `1.0 / 2`, `a * 0.5`, `rate * &x` where the types do not match.
pub fn numbers_of_two_types(question: &Question) -> Option<Lesson> {
    let sides = Sides::of(question)?;
    match (&sides.of_left, &sides.of_right) {
        (Meaning::Float | Meaning::Whole, Meaning::Tensor) if sides.is_assigned() => Some(sides.tensor_added_up()),
        (Meaning::Float | Meaning::Whole, Meaning::Tensor) => Some(sides.number_before_a_tensor()),
        (Meaning::Whole, Meaning::Whole) if sides.sign() == "/" => Some(sides.quotient()),
        (Meaning::Whole, Meaning::Whole) | (Meaning::Float, Meaning::Float) => Some(sides.one_type()),
        (Meaning::Float, Meaning::Whole) => sides.whole_beside_a_fraction(false),
        (Meaning::Whole, Meaning::Float) => sides.whole_beside_a_fraction(true),
        _ => None,
    }
}

/// Two numbers, or a number and a tensor, whose types do not match.
struct Sides<'a> {
    operation: Operation,
    left_type: &'a str,
    right_type: &'a str,
    of_left: Meaning,
    of_right: Meaning,
    left: &'a str,
    right: &'a str,
}

impl<'a> Sides<'a> {
    fn of(question: &Question<'a>) -> Option<Sides<'a>> {
        let problem = question.problem;
        let says_so = problem.message.starts_with("cannot ") || problem.message.starts_with("can't compare");
        let (left_type, right_type) = types_of_sides(problem).filter(|_| question.is(&["E0277"]) && says_so)?;
        let operation = Operation::of(question)?;
        let (left, right) = (question.code.get(operation.left.clone())?, question.code.get(operation.right.clone())?);
        let (of_left, of_right) = (Meaning::of_type(left_type), Meaning::of_type(right_type));
        Some(Sides { operation, left_type, right_type, of_left, of_right, left, right })
    }

    fn sign(&self) -> &str {
        &self.operation.sign
    }

    /// Whether the result is assigned to the left side.
    fn is_assigned(&self) -> bool {
        self.sign().len() > 1 && self.sign().ends_with('=') && !matches!(self.sign(), "==" | "<=" | ">=" | "!=")
    }

    /// The left or the right side, converted. Before `<`, a type would begin a list of generic arguments.
    fn cast(&self, is_left: bool, ty: &str) -> Edit {
        let (at, text, of_type) = match is_left {
            true => (&self.operation.left, self.left, self.left_type),
            false => (&self.operation.right, self.right, self.right_type),
        };
        let side = self.operation.expression.as_ref().and_then(|of| if is_left { of.lhs() } else { of.rhs() });
        let is_joined = side.is_some_and(|side| matches!(side, ast::Expr::BinExpr(_)));
        let value = if of_type.starts_with('&') { format!("*{text}") } else { text.to_owned() };
        let value = if is_joined { format!("({value})") } else { value };
        let cast = format!("{value} as {ty}");
        let text = if is_left && self.sign().starts_with('<') { format!("({cast})") } else { cast };
        Edit { at: at.clone(), text }
    }

    /// `total += loss`
    fn tensor_added_up(&self) -> Lesson {
        let ty = match self.left_type.trim_start_matches('&') {
            "{float}" => "f64",
            "{integer}" => "i64",
            ty => ty,
        };
        let value = self.right.trim_start_matches('&');
        let is_joined = value.contains(' ') && !value.ends_with(')');
        let value = if is_joined { format!("({value})") } else { value.to_owned() };
        let sentence = sentence!(
            "a tensor's only value is taken out by `item::<{ty}>()`",
            "单元素张量的值用 `item::<{ty}>()` 取出"
        );
        Lesson::replacing(self.operation.right.clone(), format!("{value}.item::<{ty}>()"), sentence)
    }

    fn number_before_a_tensor(&self) -> Lesson {
        let Sides { left, right, left_type, .. } = self;
        let sign = self.sign();
        if matches!(sign, "+" | "*") {
            let sentence = sentence!(
                "only `f64` and `i32` can stand left of a tensor; a number of type `{left_type}` stands on the right",
                "张量左边只能是 `f64` 或 `i32`；`{left_type}` 类型的数放在右边"
            );
            return Lesson::replacing(self.operation.whole(), format!("{right} {sign} {left}"), sentence);
        }
        let sentence = sentence!(
            "only `f64` and `i32` can stand left of a tensor: convert a number of type `{left_type}`",
            "张量左边只能是 `f64` 或 `i32`：先转换 `{left_type}` 类型的数"
        );
        match *left_type {
            "f32" => Lesson::replacing(self.operation.left.clone(), format!("f64::from({left})"), sentence),
            _ => Lesson::of(vec![self.cast(true, "f64")], sentence),
        }
    }

    fn quotient(&self) -> Lesson {
        let sentence = sentence!(
            "a division of whole numbers drops the rest: convert both by `as f64`",
            "整数相除会丢掉余数：两边都用 `as f64` 转换"
        );
        Lesson::of(vec![self.cast(true, "f64"), self.cast(false, "f64")], sentence)
    }

    /// Both sides in the wider type, or in that of the variable that is assigned to.
    fn one_type(&self) -> Lesson {
        let (left_type, right_type) = (self.left_type.trim_start_matches('&'), self.right_type.trim_start_matches('&'));
        let sentence = sentence!(
            "both numbers must be of one type, not `{left_type}` and `{right_type}`",
            "两个数的类型必须相同，不能是 `{left_type}` 和 `{right_type}`"
        );
        let to_the_right = matches!(right_type, "f64" | "i64") && !self.is_assigned();
        let edit = if to_the_right { self.cast(true, right_type) } else { self.cast(false, left_type) };
        Lesson::of(vec![edit], sentence)
    }

    fn whole_beside_a_fraction(&self, is_left: bool) -> Option<Lesson> {
        let (whole, at, float_type) = match is_left {
            true => (self.left, &self.operation.left, self.right_type),
            false => (self.right, &self.operation.right, self.left_type),
        };
        if whole.chars().all(|c| c.is_ascii_digit() || c == '_') {
            let sentence = sentence!(
                "beside a number with a fraction, `{whole}` is written `{whole}.0`",
                "和浮点数一起运算时，`{whole}` 要写成 `{whole}.0`"
            );
            let mut edits = whole_numbers_around(&self.operation);
            if edits.iter().all(|edit| edit.at != (at.end..at.end)) {
                edits.push(Edit { at: at.end..at.end, text: ".0".to_owned() });
            }
            return Some(Lesson::of(edits, sentence));
        }
        if is_left && self.is_assigned() {
            return None;
        }
        let ty = if float_type.contains("f32") { "f32" } else { "f64" };
        let sentence = sentence!(
            "a whole number is converted by `as {ty}` to be computed with one that has a fraction",
            "整数要用 `as {ty}` 转换后才能和浮点数一起运算"
        );
        Some(Lesson::of(vec![self.cast(is_left, ty)], sentence))
    }
}

/// Adds a fraction to all whole numbers of the formula around an operation: they would be the next errors.
pub fn whole_numbers_around(operation: &Operation) -> Vec<Edit> {
    let Some(expression) = &operation.expression else { return Vec::new() };
    let is_part = |node: &SyntaxNode| ast::BinExpr::can_cast(node.kind()) || ast::ParenExpr::can_cast(node.kind());
    let root = expression.syntax().ancestors().take_while(is_part).last();
    let root = root.unwrap_or_else(|| expression.syntax().clone());
    let mut edits = Vec::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        for child in node.children() {
            if let Some(literal) = ast::Literal::cast(child.clone()) {
                if literal.syntax().text().to_string().chars().all(|c| c.is_ascii_digit() || c == '_') {
                    let end = bytes(&literal).end;
                    edits.push(Edit { at: end..end, text: ".0".to_owned() });
                }
            } else if is_part(&child) {
                open.push(child);
            }
        }
    }
    edits
}

/// `2.0.sqrt()`, `2.sqrt()`.
pub fn a_number_without_a_type(question: &Question) -> Option<Lesson> {
    let message = &question.problem.message;
    let is_ambiguous = question.is(&["E0689"]);
    let is_whole = question.is(&["E0599"]) && message.contains("found for type `{integer}`");
    if !is_ambiguous && !is_whole {
        return None;
    }
    let call: ast::MethodCallExpr = question.syntax.around(&question.problem.at)?;
    let receiver = call.receiver()?;
    let sentence = sentence!(
        "a number with a method needs its type as a suffix: `2.0_f64.sqrt()`",
        "调用方法的数要带类型：`2.0_f64.sqrt()`"
    );
    if let ast::Expr::ParenExpr(_) | ast::Expr::PrefixExpr(_) | ast::Expr::Literal(_) = receiver {
        let at = bytes(&receiver);
        let text = question.text(&at).to_owned();
        let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
        let (number, rest) = text.split_at(end);
        let fraction = if number.contains('.') { "" } else { ".0" };
        let number = if number.ends_with('.') { format!("{number}0") } else { number.to_owned() };
        return Some(Lesson::replacing(at, format!("{number}{fraction}_f64{rest}"), sentence));
    }
    // A variable of the cell: add the type to its definition.
    let name = bytes(&receiver);
    let name = question.text(&name);
    let definition = question.code.find(&format!("let {name} = "))? + 4 + name.len();
    Some(Lesson::replacing(definition..definition, ": f64", sentence))
}

/// `n as float`, `x: int`.
pub fn a_type_of_python(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let name = *problem.quoted().first()?;
    if !problem.message.starts_with("cannot find type") {
        return None;
    }
    let ty = match name {
        "float" | "double" => "f64",
        "int" | "long" => "i64",
        "string" => "String",
        "boolean" => "bool",
        "list" | "List" => "Vec<f64>",
        _ => return None,
    };
    let sentence =
        sentence!("the type `{name}` of Python is `{ty}` in Rust", "Python 的 `{name}` 类型在 Rust 里是 `{ty}`");
    Some(Lesson::replacing(problem.at.clone(), ty, sentence))
}

//! Corrections that the compiler itself offers, where these are usually right.

use ra_ap_syntax::ast;

use super::super::lesson::{Edit, Lesson, Sentence, sentence};
use super::{Question, bytes};

/// `if epoch = 5`.
pub fn assigned_in_a_condition(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let suggestion =
        problem.suggestions.iter().find(|suggestion| suggestion.message.contains("comparing for equality"))?;
    let sentence = sentence!("`==` compares, `=` assigns", "`==` 比较，`=` 赋值");
    Some(Lesson::of(suggestion.edits.clone(), sentence))
}

/// `x.sum` instead of `x.sum()`.
pub fn parentheses_of_a_method(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let is_method = question.is(&["E0615"]);
    let name = *problem.quoted().first().filter(|_| is_method)?;
    // If the method takes arguments, they are not known.
    let has_arguments = |edit: &Edit| edit.text.contains("/*");
    if problem.suggestions.iter().flat_map(|suggestion| &suggestion.edits).any(has_arguments) {
        return None;
    }
    let target = question.syntax.around::<ast::BinExpr>(&problem.at);
    let target = target.filter(|set| set.op_kind() == Some(ast::BinaryOp::Assignment { op: None }));
    if let Some(set) = target.filter(|set| set.lhs().is_some_and(|left| bytes(&left).end == problem.at.end)) {
        let value = question.text(&bytes(&set.rhs()?)).to_owned();
        let sentence = sentence!("what an optimiser learns with is set by `set_lr`", "学习率用 `set_lr` 设置");
        let at = problem.at.start..bytes(&set).end;
        return (name == "lr").then(|| Lesson::replacing(at, format!("set_lr({value})"), sentence));
    }
    let sentence = sentence!("a method is called: `{name}()`", "调用方法要加括号：`{name}()`");
    Some(Lesson::replacing(problem.at.end..problem.at.end, "()", sentence))
}

/// A function whose value is dropped, or has no type.
pub fn a_result_without_a_type(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let suggestion = problem.suggestions.iter().find(|suggestion| {
        suggestion.message.contains("try adding a return type")
            || suggestion.message.contains("remove this semicolon to return")
    })?;
    let is_type = suggestion.message.contains("return type");
    let sentence = if is_type {
        sentence!("a function says the type of its value: `fn f(…) -> f64`", "函数要写明返回值的类型：`fn f(…) -> f64`")
    } else {
        sentence!("a function's value is its last expression, without `;`", "函数的值是最后一个表达式，后面没有 `;`")
    };
    Some(Lesson::of(suggestion.edits.clone(), sentence))
}

/// A correction that the compiler offers and is certain of, as whole lines.
pub fn suggested(question: &Question) -> Option<Lesson> {
    /// Beginnings of messages that are usually right, although the compiler does not promise it, with the sentences
    /// that replace them.
    const GOOD: [(&str, &str, &str); 18] = [
        ("you might have meant to introduce a new binding", "a new variable begins with `let`", "变量用 `let` 声明"),
        ("use `!` to invoke the macro", "a macro is called with `!`", "调用宏要加 `!`"),
        ("consider borrowing here", "lend it with `&`", "用 `&` 借用"),
        ("consider removing the borrow", "here the value itself is wanted, without `&`", "这里要值本身，去掉 `&`"),
        ("consider cloning", "give a copy, `.clone()`", "用 `.clone()` 复制"),
        ("consider using clone", "give a copy, `.clone()`", "用 `.clone()` 复制"),
        ("try adding a return type", "a function says the type of its value", "函数要写明返回值的类型"),
        ("use a float literal", "a number with a fraction is written `1.0`", "浮点数写作 `1.0`"),
        ("you can convert", "the type is converted", "转换类型"),
        ("try using a conversion method", "the type is converted", "转换类型"),
        ("use parentheses to call", "a method is called with `()`", "调用方法要加括号"),
        ("a method `", "a method is called with `()`", "调用方法要加括号"),
        ("consider adding a leading `0`", "a number begins with a digit: `0.5`", "数以数字开头：`0.5`"),
        ("add `;` here", "a statement ends with `;`", "语句以 `;` 结尾"),
        ("you might have meant to use `push`", "a vector takes one more by `push`", "向量用 `push` 添加元素"),
        ("try using `=` instead", "`=` assigns", "赋值用 `=`"),
        (
            "use the path separator to refer to",
            "names inside a type or a module are reached by `::`",
            "用 `::` 访问类型或模块里的名字",
        ),
        ("use `::<...>` instead of", "the types of a call follow `::`", "调用里的类型写在 `::` 后面"),
    ];
    /// Words of offers that are usually wrong.
    const BAD: [&str; 6] = [
        "remove",
        "there is a keyword",
        "explicitly ignore the parameter name",
        "use `=` if you meant to assign",
        "try using `.` instead",
        "try adding a comma",
    ];
    let problem = question.problem;
    let good = |message: &str| GOOD.iter().find(|(begin, ..)| message.starts_with(begin));
    let is_placeholder = |text: &str| text.contains("/*") || text.contains("::<T>") || text.contains('…');
    let chosen = problem.suggestions.iter().find(|suggestion| {
        (suggestion.is_certain || good(&suggestion.message).is_some())
            && !suggestion
                .edits
                .iter()
                .any(|edit| is_placeholder(&edit.text) || edit.text.starts_with("use ") || edit.text.trim() == "r#")
            && !BAD.iter().any(|words| suggestion.message.contains(words))
            && !(suggestion.message.starts_with("you can convert") && question.text(&problem.at).contains('/'))
    })?;
    let sentence = match good(&chosen.message) {
        Some((_, english, chinese)) => Sentence { english: (*english).to_owned(), chinese: (*chinese).to_owned() },
        // The compiler's own words, in English.
        None => Sentence {
            english: chosen.message.trim_end_matches(':').to_owned(),
            chinese: "编译器建议这样写".to_owned(),
        },
    };
    Some(Lesson { is_offered: true, ..Lesson::of(chosen.edits.clone(), sentence) })
}

//! Slips: brackets, names and words that are missing or in excess.

use super::super::lesson::{Lesson, sentence};
use super::super::problem::{Problem, Suggestion};
use super::super::python;
use super::super::scope::Meaning;
use super::super::tokens::{self, Tree};
use super::{Question, Syntax};

/// `collect<Vec<i32>>()`: the compiler's offer is right.
pub fn angle_brackets(problem: &Problem) -> Option<Lesson> {
    let is_it = |suggestion: &&Suggestion| suggestion.edits.iter().any(|edit| edit.text.trim() == "::");
    let suggestion = problem
        .suggestions
        .iter()
        .find(is_it)
        .filter(|_| problem.message.contains("chained") || problem.message.contains("generic"))?;
    let sentence = sentence!(
        "the types of a call follow `::`: `collect::<Vec<i32>>()`",
        "调用里的类型写在 `::` 后面：`collect::<Vec<i32>>()`"
    );
    Some(Lesson::of(suggestion.edits.clone(), sentence))
}

/// `fn f(x) { … }`
pub fn parameter_without_a_type(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let offered =
        problem.suggestions.iter().find(|suggestion| suggestion.message.starts_with("if this is a parameter name"))?;
    let edit = offered.edits.first()?;
    let end = if edit.at.is_empty() { edit.at.start } else { edit.at.end };
    let sentence = sentence!("a parameter says its type: `x: f64`", "参数要写明类型：`x: f64`");
    Some(Lesson::replacing(end..end, ": f64", sentence))
}

/// `println!("{}", nums)` for a value that has only `{:?}`.
pub fn shown_by_debug(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let is_it = question.is(&["E0277"]) && problem.message.contains("doesn't implement `std::fmt::Display`");
    let ty = *problem.quoted().first().filter(|_| is_it)?;
    // For a type of the user's, `Debug` has to be derived first.
    let has_debug = ["Vec<", "[", "&[", "Option<", "HashMap<", "HashSet<", "BTreeMap<", "("]
        .iter()
        .any(|begin| ty.trim_start_matches('&').starts_with(begin) || ty.contains(&format!("::{begin}")));
    if !has_debug {
        return None;
    }
    let sentence = sentence!("lists and the like are shown by `{{:?}}`", "列表等用 `{{:?}}` 显示");
    let at = &problem.at;
    let text = question.text(at);
    if let Some(inside) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        let colon = if inside.contains(':') { "" } else { ":" };
        return Some(Lesson::replacing(at.clone(), format!("{{{inside}{colon}?}}"), sentence));
    }
    // The braces of this argument.
    let call = question.code[..at.start].rfind("!(")? + 2;
    let arguments = &question.code[call..at.start];
    let string_end = arguments.rfind('"')?;
    let position = arguments[string_end..].matches(',').count().checked_sub(1)?;
    let format = &arguments[..string_end];
    let (brace, _) = format.match_indices("{}").nth(position)?;
    Some(Lesson::replacing(call + brace..call + brace + 2, "{:?}", sentence))
}

/// `{:.2f}`
pub fn format_of_python(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let kind = problem.message.strip_prefix("unknown format trait `")?.split('`').next()?;
    let text = question.text(&problem.at);
    let line_start = question.code[..problem.at.start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = question.code[problem.at.start..].find('\n').map_or(question.code.len(), |at| problem.at.start + at);
    let end = if text.ends_with(kind) {
        problem.at.end
    } else {
        line_start + question.code[line_start..line_end].find(&format!("{kind}}}"))? + kind.len()
    };
    let sentence = sentence!("a format has no letter at its end: `{{:.2}}`", "格式后面没有字母：`{{:.2}}`");
    Some(Lesson::replacing(end - kind.len()..end, "", sentence))
}

/// `s[0]` for text.
pub fn position_in_text(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let of_text = problem.quoted().first().is_some_and(|ty| matches!(*ty, "str" | "String"));
    let is_it = question.is(&["E0277"]) && problem.message.contains("cannot be indexed by") && of_text;
    let before = question.code[..problem.at.start].trim_end().strip_suffix('[').filter(|_| is_it)?;
    let end = problem.at.end + question.code[problem.at.end..].find(']')? + 1;
    let sentence = sentence!(
        "text has no positions: its characters are asked for by `chars()`",
        "字符串没有下标：用 `chars()` 取字符"
    );
    let position = question.text(&problem.at);
    Some(Lesson::replacing(before.len()..end, format!(".chars().nth({position}).unwrap()"), sentence))
}

/// `nums.map(…)`, `for i in 10`.
pub fn no_iterator(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    const OF_ITERATORS: [&str; 14] = [
        "map",
        "filter",
        "enumerate",
        "zip",
        "fold",
        "rev",
        "sum",
        "take",
        "skip",
        "any",
        "all",
        "max",
        "min",
        "chain",
    ];
    let quoted = problem.quoted();
    let is_missing = problem.message.starts_with("no method named")
        && quoted.first().is_some_and(|name| OF_ITERATORS.contains(name));
    if !question.is(&["E0277", "E0599"]) || !problem.message.contains("is not an iterator") && !is_missing {
        return None;
    }
    let ty = *quoted.get(usize::from(is_missing))?;
    let at = &problem.at;
    if question.is(&["E0599"]) {
        let is_list = matches!(Meaning::of_type(ty), Meaning::Vector(_));
        let before = question.code[..at.start].strip_suffix('.').filter(|_| is_list)?;
        let sentence = sentence!("a list is gone through by `iter()`", "用 `iter()` 遍历列表");
        return Some(Lesson::replacing(before.len()..before.len(), ".iter()", sentence));
    }
    let text = question.text(at).to_owned();
    match Meaning::of_type(ty) {
        Meaning::Whole => {
            let sentence = sentence!("a loop goes over a range: `0..{text}`", "循环遍历范围：`0..{text}`");
            Some(Lesson::replacing(at.clone(), format!("0..{text}"), sentence))
        }
        Meaning::Text => {
            let sentence =
                sentence!("the characters of a text are `{text}.chars()`", "字符串的字符是 `{text}.chars()`");
            Some(Lesson::replacing(at.clone(), format!("{text}.chars()"), sentence))
        }
        Meaning::Tensor => {
            let sentence = sentence!("the rows of a tensor are `x.unbind()`", "张量的各行是 `x.unbind()`");
            Some(Lesson::replacing(at.clone(), format!("{text}.unbind()"), sentence))
        }
        _ => None,
    }
}

/// `n.sqrt()` for a whole number.
pub fn method_of_floats(question: &Question) -> Option<Lesson> {
    const METHODS: [&str; 16] = [
        "sqrt", "exp", "ln", "sin", "cos", "tan", "tanh", "powf", "powi", "floor", "ceil", "round", "log10", "log2",
        "atan2", "cbrt",
    ];
    let problem = question.problem;
    let quoted = problem.quoted();
    let (name, ty) = (*quoted.first()?, *quoted.get(1)?);
    let is_missing = question.is(&["E0599"]) && problem.message.starts_with("no method named");
    let before = &question.code[..problem.at.start].strip_suffix('.').filter(|_| is_missing)?;
    let start = before.rfind(|c: char| !tokens::is_word(c) && c != '.').map_or(0, |at| at + 1);
    let receiver = &before[start..];
    match Meaning::of_type(ty) {
        Meaning::Whole if METHODS.contains(&name) && ty != "{integer}" && !receiver.is_empty() => {
            let sentence = sentence!(
                "only numbers with a fraction have `{name}`: convert by `as f64`",
                "只有浮点数有 `{name}`：先用 `as f64` 转换"
            );
            Some(Lesson::replacing(start..before.len(), format!("({receiver} as f64)"), sentence))
        }
        Meaning::Float if name == "pow" => {
            let sentence =
                sentence!("a power is `x.powi(2)`, or `x.powf(0.5)`", "乘方写作 `x.powi(2)` 或 `x.powf(0.5)`");
            Some(Lesson::replacing(problem.at.clone(), "powi", sentence))
        }
        _ => None,
    }
}

/// `return 3` in a cell.
pub fn returned(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let value = question
        .text(&problem.at)
        .strip_prefix("return")
        .filter(|_| problem.message.ends_with("so it cannot return"))?;
    let sentence = sentence!("what a cell gives is its last expression", "单元格的值是它的最后一个表达式");
    Some(Lesson::replacing(problem.at.clone(), value.trim_end_matches(';').trim(), sentence))
}

/// `vec![3, 2, 1]];`
pub fn bracket_too_many(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let is_it = problem.message.starts_with("unexpected closing delimiter");
    let at = Some(&problem.at).filter(|at| is_it && !at.is_empty())?;
    let sentence = sentence!("this bracket closes nothing", "这个括号没有对应的左括号");
    Some(Lesson::replacing(at.clone(), "", sentence))
}

/// A bracket that is not closed: adds it before the `;` of its line, at the line's end, or after the block that it
/// opens.
pub fn bracket_missing(question: &Question) -> Option<Lesson> {
    if !question.problem.message.contains("is opened and not closed") {
        return None;
    }
    let code = question.code;
    let trees = tokens::trees(code);
    let (open, at) = open_bracket(&trees)?;
    let close = match open {
        "(" => ")",
        "[" => "]",
        _ => "}",
    };
    let line_end = code[at..].find('\n').map_or(code.len(), |end| at + end);
    let line = code[..line_end].trim_end();
    let mut places = vec![line.strip_suffix(';').map_or(line.len(), str::len), line.len()];
    // The end of the block's indented lines.
    let mut end = line_end;
    for text in code[line_end..].split_inclusive('\n').skip(1) {
        if !text.starts_with([' ', '\t']) && !text.trim().is_empty() {
            break;
        }
        if !text.trim().is_empty() {
            end = line_end + (text.as_ptr() as usize - code[line_end..].as_ptr() as usize) + text.trim_end().len();
        }
    }
    places.push(end);
    let sentence =
        sentence!("`{open}` is opened and not closed: `{close}` is missing", "`{open}` 没有闭合：缺少 `{close}`");
    let closing = |at: usize| if open == "{" { format!("\n{close}") } else { close.to_owned() + &code[at..at] };
    let fits = |at: &usize| {
        let text = format!("{}{}{}", &code[..*at], closing(*at), &code[*at..]);
        Syntax::is_rust(&text)
    };
    let place = if open == "{" { places.into_iter().rev().find(fits) } else { places.into_iter().find(fits) };
    Some(
        place.map_or_else(
            || Lesson::only(sentence.clone()),
            |at| Lesson::replacing(at..at, closing(at), sentence.clone()),
        ),
    )
}

/// The innermost open bracket.
fn open_bracket<'a>(trees: &[Tree<'a>]) -> Option<(&'a str, usize)> {
    trees.iter().rev().find_map(|tree| match tree {
        Tree::Group(group) => {
            open_bracket(&group.inner).or_else(|| group.close.is_none().then_some((group.open.text, group.open.at)))
        }
        Tree::Leaf(_) => None,
    })
}

/// `let`, `let x =`, `let type = 5;`, `let 2layers = 5;`
pub fn name_missing(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let message = &problem.message;
    let before = question.code.get(..problem.at.start)?.trim_end();
    let word = question.text(&problem.at);
    if message.starts_with("expected identifier, found keyword") && before.ends_with("let") && word == "let"
        || message.starts_with("expected pattern") && (before.ends_with("let") || word.ends_with('t'))
    {
        return Some(Lesson::only(sentence!(
            "behind `let` stands a name: `let name = value;`",
            "`let` 后面是名字：`let 名字 = 值;`"
        )));
    }
    if message.starts_with("expected identifier, found keyword") {
        return Some(Lesson::only(sentence!(
            "`{word}` is a word of Rust's own: take another name",
            "`{word}` 是 Rust 的关键字：请换一个名字"
        )));
    }
    let is_declared = ["let", "let mut", "fn", "struct", "for"].iter().any(|keyword| before.ends_with(keyword));
    if message.starts_with("expected identifier, found `")
        && word.starts_with(|c: char| c.is_ascii_digit())
        && is_declared
    {
        return Some(Lesson::only(sentence!("a name begins with a letter, not with a digit", "变量名不能以数字开头")));
    }
    if message.starts_with("expected expression, found the end of the cell") && question.code.trim_end().ends_with('=')
    {
        return Some(Lesson::only(sentence!("behind `=` a value is missing", "`=` 后面缺少值")));
    }
    None
}

/// `println!(n)`
pub fn format_string_missing(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let name = question.text(&problem.at);
    if problem.message != "format argument must be a string literal" {
        return None;
    }
    let sentence = sentence!(
        "`println!` begins with a text in quotes: `println!(\"{{x}}\")`",
        "`println!` 的第一个参数是字符串：`println!(\"{{x}}\")`"
    );
    let is_name =
        |name: &str| name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(tokens::is_word);
    // Together with the other arguments.
    let end = problem.at.start + question.code[problem.at.start..].find(')')?;
    let all: Vec<&str> = question.code[problem.at.start..end].split(',').map(str::trim).collect();
    if all.len() > 1 && all.iter().all(|name| is_name(name)) {
        let text: Vec<String> = all.iter().map(|name| format!("{{{name}}}")).collect();
        return Some(Lesson::replacing(problem.at.start..end, format!("\"{}\"", text.join(" ")), sentence));
    }
    if let Some(text) = python::as_format(question.text(&problem.at), question.scope) {
        return Some(Lesson::replacing(problem.at.clone(), text, sentence));
    }
    let text = if is_name(name) { format!("\"{{{name}}}\"") } else { format!("\"{{}}\", {name}") };
    Some(Lesson::replacing(problem.at.clone(), text, sentence))
}

/// `zeros?`, as in IPython.
pub fn question_mark_behind_a_name(question: &Question) -> Option<Lesson> {
    let name = question.code.trim().strip_suffix('?')?;
    let is_it = question.is(&["E0277"]) && name.chars().all(|c| tokens::is_word(c) || c == ':');
    is_it.then(|| {
        let sentence = sentence!("`:doc` explains a name", "`:doc` 解释一个名字");
        Lesson::replacing(0..question.code.len(), format!(":doc {name}"), sentence)
    })
}

/// `help`, `exit()`, `vars`.
pub fn command_without_its_colon(question: &Question) -> Option<Lesson> {
    let code = question.code.trim().trim_end_matches(';');
    let is_missing = question.is(&["E0425", "E0423"]);
    let (name, argument) = match code.split_once('(') {
        Some((name, rest)) => (name, rest.strip_suffix(')')?),
        None => (code, ""),
    };
    let command = match name {
        _ if !is_missing => return None,
        "help" | "vars" | "version" => name,
        "dir" | "whos" => "vars",
        "exit" | "quit" => {
            return Some(Lesson::only(sentence!(
                "a notebook is left open or shut down from its menu; `:quit` ends the kernel",
                "用菜单关闭笔记本；`:quit` 结束内核"
            )));
        }
        _ => return None,
    };
    let command =
        if name == "help" && !argument.is_empty() { format!(":doc {argument}") } else { format!(":{command}") };
    let sentence = sentence!("commands begin with a colon", "命令以冒号开头");
    Some(Lesson::replacing(0..question.code.len(), command, sentence))
}

/// Code that is certain to fail when it runs.
pub fn end_at_run_time(question: &Question) -> Option<Lesson> {
    let label = &question.problem.label;
    if question.is(&["unconditional_panic"]) && label.contains("by zero") {
        return Some(Lesson::only(sentence!(
            "a division by zero ends the cell; of numbers with a fraction it gives infinity: `1.0 / 0.0`",
            "整数除以零会出错；浮点数除以零得到无穷大：`1.0 / 0.0`"
        )));
    }
    if question.is(&["arithmetic_overflow"]) {
        return Some(Lesson::only(sentence!(
            "an overflow: the result does not fit into its type; take a larger one, such as `i64`",
            "结果溢出：超出类型的范围，请换更大的类型，如 `i64`"
        )));
    }
    None
}

/// A call with too few arguments: shows its signature.
pub fn arguments_missing(question: &Question) -> Option<Lesson> {
    let problem = question.problem;
    let is_missing = question.is(&["E0061"]) && problem.label.contains("missing")
        || problem.others.iter().any(|(_, label)| label.contains("is missing"));
    let signature = problem.signature.as_ref().filter(|_| is_missing)?;
    Some(Lesson::only(sentence!("it is called as `{signature}`", "调用形式是 `{signature}`")))
}

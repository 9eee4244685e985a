//! Blocks by indentation: their headers, and their lines between braces.

use super::super::lesson::{Sentence, sentence};
use super::super::scope::Meaning;
use super::super::tokens::{self, Kind, Tree, arguments, split, trim};
use super::Reader;
use super::statements::{Line, words};

impl<'a> Reader<'a> {
    /// A header and its block, which may be a function's and then ends in its value.
    pub fn block(&self, lines: &[Line<'_, 'a>], at: &mut usize, depth: usize, is_function: bool) -> String {
        let text = self.module(lines, at).or_else(|| self.frozen(lines, at));
        let text = text.or_else(|| self.with_gradients_or_without(lines, at, depth, is_function));
        text.unwrap_or_else(|| self.compound(lines, at, depth))
    }

    /// The lines that are indented further than a header; moves `at` after them.
    pub fn lines_of_a_block<'l, 't>(
        &self,
        lines: &'l [Line<'t, 'a>],
        at: &mut usize,
        indent: usize,
    ) -> &'l [Line<'t, 'a>] {
        let start = *at;
        while *at < lines.len() && (lines[*at].is_empty() || lines[*at].indent() > indent) {
            *at += 1;
        }
        // Empty lines after a block do not belong to it.
        while *at > start
            && lines[*at - 1].is_empty()
            && lines[*at - 1].trees.iter().all(|tree| tree.of(Kind::Comment).is_none())
        {
            *at -= 1;
        }
        &lines[start..*at]
    }

    /// A header and its lines between braces.
    pub fn compound(&self, lines: &[Line<'_, 'a>], at: &mut usize, depth: usize) -> String {
        let mut text = String::new();
        let start = *at;
        loop {
            let line = lines[*at];
            let Some((header, rest)) = line.header() else { break };
            let word = line.first();
            if *at > start && !matches!(word, "elif" | "else" | "except" | "finally") {
                break;
            }
            *at += 1;
            let opening = self.opening(word, header, lines, *at, rest);
            let margin = if *at - 1 == start { self.before(line).to_owned() } else { String::new() };
            let decoration = self.decoration.take();
            let mut own = self.lines_of_a_block(lines, at, line.indent());
            if word == "for"
                && let Some(first) = own.iter().find(|line| !line.is_empty())
            {
                self.define_pattern(header, first.indent());
            }
            let joined = if text.is_empty() { margin } else { " ".to_owned() };
            let mut documentation = String::new();
            if word == "def"
                && let Some((first, others)) = own.split_first()
                && let [Tree::Leaf(token)] = first.content()
                && token.kind == Kind::Text
            {
                own = others;
                let said = token.text.trim_matches(['"', '\'']).trim().to_owned();
                let margin = "    ".repeat(depth);
                documentation = said.lines().map(|line| format!("/// {}\n{margin}", line.trim())).collect();
            }
            let body = match decoration {
                Some(function) => self.body_in_a_closure(function, own, rest, depth + 1),
                None if matches!(word, "for" | "while") => {
                    self.where_names_are_lent(|| self.body(own, rest, depth + 1, false))
                }
                None => self.body(own, rest, depth + 1, word == "def"),
            };
            let closing = "    ".repeat(depth);
            let body = if body.is_empty() { "{}".to_owned() } else { format!("{{\n{body}\n{closing}}}") };
            text.push_str(&format!("{joined}{documentation}{opening} {body}"));
            let next = lines.get(*at).filter(|next| next.header().is_some() && next.indent() == line.indent());
            if !next.is_some_and(|next| matches!(next.first(), "elif" | "else" | "except" | "finally")) {
                break;
            }
            if matches!(word, "for" | "while") {
                text.push_str(&self.after_a_loop(lines, at, depth, own));
                break;
            }
        }
        text
    }

    /// The `else` of a loop: the code after the loop, if nothing breaks out of it.
    fn after_a_loop(&self, lines: &[Line<'_, 'a>], at: &mut usize, depth: usize, own: &[Line]) -> String {
        let line = lines[*at];
        *at += 1;
        let others = self.lines_of_a_block(lines, at, line.indent());
        self.say(sentence!(
            "a loop has no `else`: what is done behind it stands behind it",
            "循环没有 `else`：循环之后要做的写在循环后面"
        ));
        if own.iter().flat_map(|line| words(line.trees)).any(|word| word == "break") {
            self.give_up();
        }
        let rest = line.header().map_or(&[][..], |(_, rest)| rest);
        format!("\n{}", self.body(others, rest, depth, false))
    }

    /// The lines of a block, each with its indentation; the last value that a function returns is its result.
    pub fn body(&self, lines: &[Line<'_, 'a>], rest: &[Tree<'a>], depth: usize, is_function: bool) -> String {
        let indent = "    ".repeat(depth);
        let mut done: Vec<String> = Vec::new();
        if !rest.is_empty() {
            let line = Line { trees: rest, start: tokens::range(rest).start };
            let statement = self.in_a_block(line, is_function);
            done.extend((statement != "{}").then(|| format!("{indent}{statement}")));
        }
        let mut at = 0;
        while at < lines.len() {
            let line = lines[at];
            if line.header().is_some() {
                let text = self.block(lines, &mut at, depth, is_function);
                done.push(format!("{indent}{}", text.trim_start()));
                continue;
            }
            at += 1;
            if line.is_empty() {
                let comment = self.comments(line.trees);
                done.push(if comment.trim().is_empty() {
                    String::new()
                } else {
                    format!("{indent}{}", comment.trim())
                });
                continue;
            }
            let is_last = is_function && lines[at..].iter().all(Line::is_empty);
            let statement = self.in_a_block(line, is_last);
            if statement != "{}" {
                done.extend(statement.lines().map(|line| format!("{indent}{line}")));
            }
        }
        while done.last().is_some_and(|line| line.trim().is_empty()) {
            done.pop();
        }
        done.join("\n")
    }

    /// A statement in a Python block, with its `;`.
    pub fn in_a_block(&self, line: Line, gives_the_value: bool) -> String {
        let content = line.content();
        let comment = line
            .trees
            .last()
            .and_then(|tree| self.comment(tree))
            .map(|comment| format!(" {comment}"))
            .unwrap_or_default();
        if gives_the_value
            && let [first, value @ ..] = content
            && first.is_word("return")
            && !trim(value).is_empty()
        {
            return format!("{}{comment}", self.returned(trim(value)));
        }
        let parts: Vec<String> = split(content, ";")
            .into_iter()
            .map(|part| self.statement(part))
            .filter(|part| !part.trim().is_empty())
            .collect();
        let text = parts.join(";");
        let ends = text.ends_with([';', '}']) && text != "{}" || text.starts_with("//");
        if text == "{}" { text } else { format!("{text}{}{comment}", if ends { "" } else { ";" }) }
    }

    /// The header of a block, before the brace.
    pub fn opening(&self, word: &str, header: &[Tree], lines: &[Line], body: usize, rest: &[Tree]) -> String {
        let after = trim(&header[1..]);
        match word {
            "def" => self.function_header(after, lines, body, rest),
            "for" => self.loop_header(after),
            "while" => {
                let condition = self.text(after);
                if matches!(condition, "True" | "true" | "1") {
                    self.say(sentence!("an endless loop is `loop {{ … }}`", "无限循环写作 `loop {{ … }}`"));
                    return "loop".to_owned();
                }
                self.say(block());
                format!("while {}", self.condition(after))
            }
            "if" | "elif" => {
                self.say(block());
                format!("{} {}", if word == "if" { "if" } else { "else if" }, self.condition(after))
            }
            "else" => "else".to_owned(),
            "try" | "except" | "finally" => {
                self.said.borrow_mut().clear();
                self.say(sentence!(
                    "errors are values: `match f() {{ Ok(value) => …, Err(error) => … }}`, or `?` behind a call that gives a `Result`",
                    "错误也是值：`match f() {{ Ok(value) => …, Err(error) => … }}`，或在返回 `Result` 的调用后写 `?`"
                ));
                self.give_up();
                String::new()
            }
            "class" => {
                self.say(sentence!(
                    "a class is a `struct` with its fields, and an `impl` with its methods",
                    "类写成带字段的 `struct`，方法写在 `impl` 里"
                ));
                self.give_up();
                String::new()
            }
            _ => {
                let opens = header.iter().any(|tree| tree.is_word("open"));
                self.say(if opens {
                    sentence!(
                        "a file is read at once by `std::fs::read_to_string(\"notes.txt\")?`",
                        "一次读入文件用 `std::fs::read_to_string(\"notes.txt\")?`"
                    )
                } else {
                    sentence!(
                        "what is opened is closed at the end of a block `{{ … }}`: nothing like `with` is needed",
                        "块 `{{ … }}` 结束时资源自动关闭：不需要 `with`"
                    )
                });
                self.give_up();
                String::new()
            }
        }
    }

    /// A condition; in Python, any value can be one.
    pub fn condition(&self, trees: &[Tree]) -> String {
        if trees
            .iter()
            .any(|tree| matches!(tree, Tree::Group(group) if group.inner.iter().any(|tree| tree.is_sign(":="))))
        {
            self.say(sentence!("a new variable begins with `let`, on a separate line", "变量用 `let` 单独一行声明"));
            self.give_up();
        }
        let text = self.expression(trees);
        match self.scope.borrow().meaning(trees) {
            Meaning::Vector(_) | Meaning::Text | Meaning::Map => format!("!{text}.is_empty()"),
            Meaning::Whole => format!("{text} != 0"),
            _ => text,
        }
    }

    /// Records the variables of a loop, which its lines may define again.
    fn define_pattern(&self, header: &[Tree], indent: usize) {
        let pattern = header[1..].iter().take_while(|tree| !tree.is_word("in"));
        for name in words(&pattern.cloned().collect::<Vec<_>>()) {
            self.scope.borrow_mut().define_pattern(name, indent);
        }
    }

    /// `for images, labels in loader`: records what a loader's batches are.
    fn define_batch(&self, pattern: &[Tree], over: &[Tree]) {
        let over = self.text(over).to_lowercase();
        let is_loader = ["load", "data", "_dl", "_iter"].iter().any(|part| over.contains(part));
        if is_loader && words(pattern).count() > 1 {
            words(pattern).for_each(|name| self.scope.borrow_mut().define(name, Meaning::Tensor));
        }
    }

    /// The name in a loop over layers.
    fn over_layers(&self, name: &str, over: &[Tree]) -> Option<String> {
        let is_of_layers = self.scope.borrow().meaning(over) == Meaning::Vector(Box::new(Meaning::Module));
        is_of_layers.then(|| {
            self.scope.borrow_mut().define(name, Meaning::Module);
            self.say(sentence!("a loop is `for x in &xs {{ … }}`", "循环写作 `for x in &xs {{ … }}`"));
            format!("for {name} in &{}", self.expression(over))
        })
    }

    pub fn loop_header(&self, after: &[Tree]) -> String {
        let Some(at) = after.iter().position(|tree| tree.is_word("in")) else {
            return format!("for {}", self.text(after));
        };
        let (pattern, over) = (trim(&after[..at]), trim(&after[at + 1..]));
        let name = self.text(pattern);
        let is_pair = split(pattern, ",").len() > 1;
        let name = if is_pair && !name.starts_with('(') { format!("({name})") } else { name.to_owned() };
        let call = match over {
            [function, call] => function.word().zip(call.inside("(").map(arguments)),
            _ => None,
        };
        let items = match over {
            [of @ .., dot, items, call] if dot.is_sign(".") && items.is_word("items") && call.inside("(").is_some() => {
                Some(of)
            }
            _ => None,
        };
        if let Some(of) = items {
            self.say(sentence!("a loop is `for x in &xs {{ … }}`", "循环写作 `for x in &xs {{ … }}`"));
            return format!("for {name} in {}", self.lent(of));
        }
        if let Some(text) = self.over_layers(&name, over) {
            return text;
        }
        let over_text = match call {
            Some(("range", parts)) => {
                self.scope.borrow_mut().define_counter(&name);
                self.say(sentence!("a loop is `for i in 0..3 {{ … }}`", "循环写作 `for i in 0..3 {{ … }}`"));
                return format!("for {name} in {}", self.range(&parts));
            }
            Some(("enumerate", parts)) if parts.len() == 1 || parts.len() == 2 && self.text(parts[1]) == "0" => {
                if let Some(batch) = pattern.iter().find_map(|tree| tree.inside("(")) {
                    self.define_batch(batch, parts[0]);
                }
                format!("{}.iter().enumerate()", self.number_for_a_method(parts[0]))
            }
            Some(("zip", parts)) if parts.len() == 2 => {
                format!("{}.iter().zip({})", self.number_for_a_method(parts[0]), self.lent(parts[1]))
            }
            // Parameters are borrowed, not moved.
            _ => match over {
                [list] if list.inside("[").is_some_and(|inner| self.are_tensors(inner)) => self.tensors(over),
                [variable] if variable.word().is_some() => {
                    let variable = self.text(over);
                    let meaning = self.scope.borrow().meaning(over);
                    match meaning {
                        Meaning::Tensor => {
                            self.scope.borrow_mut().define(&name, Meaning::Tensor);
                            format!("{variable}.unbind()")
                        }
                        Meaning::Text => format!("{variable}.chars()"),
                        _ if self.scope.borrow().is_borrowed(variable) => variable.to_owned(),
                        Meaning::Other => {
                            self.define_batch(pattern, over);
                            format!("&{variable}")
                        }
                        _ => format!("&{variable}"),
                    }
                }
                [text] if text.of(Kind::Text).is_some() => format!("{}.chars()", self.expression(over)),
                [.., parameters, call] if parameters.is_word("parameters") && call.inside("(").is_some() => {
                    self.scope.borrow_mut().define(&name, Meaning::Tensor);
                    self.expression(over)
                }
                _ => self.expression(over),
            },
        };
        if self.scope.borrow().meaning(over) == Meaning::Vector(Box::new(Meaning::Tensor)) {
            self.scope.borrow_mut().define_parameter(&name, "&Tensor");
        }
        self.say(sentence!("a loop is `for x in &xs {{ … }}`", "循环写作 `for x in &xs {{ … }}`"));
        format!("for {name} in {over_text}")
    }

    /// Whether all elements of a list are variables that hold tensors.
    fn are_tensors(&self, inner: &[Tree]) -> bool {
        let parts = arguments(inner);
        let is_tensor = |part: &&[Tree]| part.len() == 1 && self.scope.borrow().meaning(part) == Meaning::Tensor;
        !parts.is_empty() && parts.iter().all(is_tensor)
    }
}

pub fn block() -> Sentence {
    sentence!("a block stands in braces: `if c {{ … }}`", "代码块写在花括号里：`if c {{ … }}`")
}

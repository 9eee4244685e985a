//! `with torch.no_grad():` and similar blocks, which are closures here.

use std::collections::BTreeSet;

use super::super::lesson::sentence;
use super::super::scope::Meaning;
use super::super::tokens::{self, Kind, Tree, trim};
use super::Reader;
use super::calls::Arguments;
use super::operators::is_one;
use super::statements::{Line, words};

/// The effect of a `with` block or a decorator from PyTorch on gradients.
enum Mode {
    /// The block becomes a closure in a call of this function.
    Closure(&'static str),
    /// A switch is set, and reset after the block.
    Anomaly(bool),
    /// Known only at run time.
    Unsure,
}

impl Reader<'_> {
    /// `no_grad(…)` with a value; here it takes a closure.
    pub fn in_a_closure(&self, name: &str, of: &Arguments) -> Option<String> {
        let Some(part) = of.plain.first() else {
            self.say(sentence!(
                "`{name}` takes what is computed in it: `{name}(|| w.sub_(w.grad() * 0.1))`",
                "`{name}` 接收要计算的内容：`{name}(|| w.sub_(w.grad() * 0.1))`"
            ));
            self.give_up();
            return None;
        };
        let body = match part {
            [bars, body @ ..] if bars.is_sign("||") => trim(body),
            [first, ..] if first.is_sign("|") || first.is_word("move") => return None,
            [_] if self.scope.borrow().meaning(part) != Meaning::Tensor => return None,
            _ => {
                self.say(sentence!("a function without a name is `|| …`", "匿名函数写作 `|| …`"));
                part
            }
        };
        Some(format!("{name}(|| {})", self.with_mode(name, || self.statement(body))))
    }

    /// `no_grad { … }`, `with torch.no_grad() { … }`.
    pub fn mode_with_braces(&self, content: &[Tree]) -> Option<String> {
        let [before @ .., block] = content else { return None };
        let inner = block.inside("{").filter(|_| self.is_no_rust())?;
        let before = match trim(before) {
            [with, rest @ ..] if with.is_word("with") => rest,
            [name] if name.is_word("no_grad") || name.is_word("enable_grad") => trim(before),
            _ => return None,
        };
        let Mode::Closure(function) = self.mode(before)? else { return None };
        self.say(sentence!(
            "what is computed in it is a closure: `{function}(|| {{ … }})`",
            "要计算的内容写成闭包：`{function}(|| {{ … }})`"
        ));
        Some(format!("{function}(|| {{{}}})", self.with_mode(function, || self.block_in_braces(inner))))
    }

    /// Reads the content of a block in which gradients are recorded or not.
    fn with_mode<T>(&self, function: &str, read: impl FnOnce() -> T) -> T {
        let before = self.records.replace(function != "no_grad");
        let value = self.where_names_are_lent(read);
        self.records.set(before);
        value
    }

    /// The effect of `torch.no_grad()` and similar calls after `with` or `@`.
    fn mode(&self, trees: &[Tree]) -> Option<Mode> {
        let (trees, inner) = match trim(trees) {
            [path @ .., call] if call.inside("(").is_some() => (path, call.inside("(")?),
            path => (path, &[][..]),
        };
        if !is_one(trees) {
            return None;
        }
        let given = Arguments::of(inner);
        let value = given.plain.first().or(given.named.first().map(|(_, value)| value));
        Some(match (trees.last()?.word()?, value.map(|part| self.text(part))) {
            ("no_grad" | "inference_mode", None | Some("True")) | ("set_grad_enabled", Some("False")) => {
                Mode::Closure("no_grad")
            }
            ("enable_grad", None) | ("set_grad_enabled" | "inference_mode", Some("True" | "False")) => {
                Mode::Closure("enable_grad")
            }
            ("detect_anomaly", None) => Mode::Anomaly(true),
            ("set_detect_anomaly", Some(flag @ ("True" | "False"))) => Mode::Anomaly(flag == "True"),
            ("set_grad_enabled", Some(_)) => Mode::Unsure,
            _ => return None,
        })
    }

    /// `with torch.no_grad():` and its block; `is_function` says that the block may end in a function's value.
    pub fn with_gradients_or_without(
        &self,
        lines: &[Line],
        at: &mut usize,
        depth: usize,
        is_function: bool,
    ) -> Option<String> {
        let line = lines[*at];
        let (header, rest) = line.header().filter(|_| line.first() == "with")?;
        let mode = self.mode(&header[1..])?;
        *at += 1;
        let own = self.lines_of_a_block(lines, at, line.indent());
        let margin = self.before(line);
        let function = match mode {
            Mode::Closure(function) => function,
            Mode::Anomaly(detect) => {
                self.say(sentence!(
                    "a switch is turned on and off: `autograd::set_detect_anomaly(true)`",
                    "开关要打开再关闭：`autograd::set_detect_anomaly(true)`"
                ));
                let (indent, body) = (
                    "    ".repeat(depth),
                    self.at_the_edge(line, own, rest, || self.body(own, rest, depth, is_function)),
                );
                let switch = |on: bool| format!("autograd::set_detect_anomaly({on});");
                return Some(format!("{margin}{}\n{body}\n{indent}{}", switch(detect), switch(!detect)));
            }
            Mode::Unsure => {
                self.say(sentence!(
                    "`set_grad_enabled(flag)` switches recording on or off, before and after the code",
                    "是否记录梯度用 `set_grad_enabled(flag)` 切换，前后各一次"
                ));
                self.give_up();
                return Some(String::new());
            }
        };
        self.say_first(sentence!(
            "what stands below `with torch.{function}():` is a closure here: `{function}(|| {{ … }})`",
            "`with torch.{function}():` 下面的代码写成闭包：`{function}(|| {{ … }})`"
        ));
        let returns = own.iter().flat_map(|line| words(line.trees)).chain(words(rest)).any(|word| word == "return");
        let is_last = lines[*at..].iter().all(Line::is_empty);
        if returns && !(is_function && is_last) {
            self.say(sentence!(
                "`return` in a closure leaves only the closure: let the block be a function's last",
                "闭包里的 `return` 只离开闭包：请把这个块放在函数末尾"
            ));
            self.give_up();
        }
        let known: BTreeSet<String> = self.scope.borrow().names().map(str::to_owned).collect();
        let is_own = line.indent() == self.edge.get();
        let body =
            self.with_mode(function, || self.at_the_edge(line, own, rest, || self.body(own, rest, depth + 1, returns)));
        let after = lines.get(*at).map_or(self.code.len(), |line| line.start);
        let kept = self.kept(&body, depth, after, is_own.then_some(is_last), &known);
        let closing = "    ".repeat(depth);
        let inner = "    ".repeat(depth + 1);
        let value = |text: &str| format!("{function}(|| {{\n{text}\n{closing}}})");
        Some(match &kept[..] {
            [] if returns => format!("{margin}{}", value(&body)),
            [] => format!("{margin}{};", value(&body)),
            names => {
                let bare: Vec<&str> = names.iter().map(|name| name.trim_start_matches("mut ")).collect();
                let outer: Vec<String> = bare
                    .iter()
                    .map(|name| {
                        format!("{}{name}", if self.is_changed_later(name, after..after) { "mut " } else { "" })
                    })
                    .collect();
                let in_brackets = |names: String| if bare.len() == 1 { names } else { format!("({names})") };
                let (pattern, result) = (in_brackets(outer.join(", ")), in_brackets(bare.join(", ")));
                let last = body.rsplit_once('\n').map_or(("", body.as_str()), |(before, last)| (before, last));
                // If there is only one variable and it is computed last, its value is the block's.
                let own = last
                    .1
                    .strip_prefix(&format!("{inner}let {} = ", names.join(", ")))
                    .and_then(|own| own.strip_suffix(';'));
                match own {
                    Some(own) if last.0.is_empty() => format!("{margin}let {pattern} = {function}(|| {own});"),
                    Some(own) => format!("{margin}let {pattern} = {};", value(&format!("{}\n{inner}{own}", last.0))),
                    None => format!("{margin}let {pattern} = {};", value(&format!("{body}\n{inner}{result}"))),
                }
            }
        })
    }

    /// Reads a block below a header of the cell, in which variables of the cell are defined too.
    fn at_the_edge<T>(&self, header: Line, own: &[Line], rest: &[Tree], read: impl FnOnce() -> T) -> T {
        let before = self.edge.get();
        if header.indent() == before {
            let start = tokens::range(rest).start;
            let blanks = &self.code[..start];
            let in_the_line = blanks.len() - blanks.trim_end_matches([' ', '\t']).len();
            let first = own.iter().find(|line| !line.is_empty()).map(Line::indent);
            self.edge.set(first.filter(|_| rest.is_empty()).unwrap_or(in_the_line));
        }
        let value = read();
        self.edge.set(before);
        value
    }

    /// The variables that a closure's body defines and that are used after it, each with its `mut`. In a block of the
    /// cell itself, also those that it redefines, and, if nothing follows, the one that is computed last.
    fn kept(
        &self,
        body: &str,
        depth: usize,
        after: usize,
        is_last_of_its_own: Option<bool>,
        known: &BTreeSet<String>,
    ) -> Vec<String> {
        let indent = "    ".repeat(depth + 1);
        let made = |line: &str| {
            let (name, _) = line.strip_prefix(&indent)?.strip_prefix("let ")?.split_once(" = ")?;
            let is_name = name.trim_start_matches("mut ").chars().all(tokens::is_word);
            is_name.then(|| name.to_owned())
        };
        let last = body.lines().last().and_then(made).filter(|_| is_last_of_its_own == Some(true));
        let later = tokens::tokens(&self.code[after.min(self.code.len())..]);
        let is_used = |name: &String| {
            let is_last = last.as_ref() == Some(name);
            let name = name.trim_start_matches("mut ");
            is_last
                || is_last_of_its_own.is_some() && known.contains(name)
                || later.iter().any(|token| match token.kind {
                    Kind::Word => token.text == name,
                    // The name may stand in an f-string.
                    Kind::Text => token.text.contains(name),
                    _ => false,
                })
        };
        let mut kept: Vec<String> = body.lines().filter_map(made).filter(is_used).collect();
        kept.dedup();
        kept
    }

    /// `@torch.no_grad()` above a function: the function's body becomes a closure.
    pub fn decorated(&self, lines: &[Line], at: &mut usize, depth: usize) -> Option<String> {
        let [sign, rest @ ..] = lines[*at].content() else { return None };
        let mode = self.mode(rest).filter(|_| sign.is_sign("@") && self.is_no_rust())?;
        let next = (*at + 1..lines.len()).find(|next| !lines[*next].is_empty())?;
        let Mode::Closure(function) = mode else { return None };
        lines[next].header().filter(|_| lines[next].first() == "def")?;
        self.say(sentence!(
            "`{function}(|| {{ … }})` stands inside of the function",
            "`{function}(|| {{ … }})` 写在函数里面"
        ));
        *at = next;
        self.decoration.set(Some(function));
        Some(self.compound(lines, at, depth))
    }

    /// The body of a function under such a decorator.
    pub fn body_in_a_closure(&self, function: &str, lines: &[Line], rest: &[Tree], depth: usize) -> String {
        let body = self.with_mode(function, || self.body(lines, rest, depth + 1, true));
        let indent = "    ".repeat(depth);
        format!("{indent}{function}(|| {{\n{body}\n{indent}}})")
    }
}

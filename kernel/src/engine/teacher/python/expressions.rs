//! Expressions: operators that are words (`and`, `in`, `if … else`), closures, comprehensions and brackets.

use super::super::lesson::sentence;
use super::super::scope::Meaning;
use super::super::tokens::{self, Group, Kind, Tree, split, trim};
use super::Reader;
use super::operators::is_one;
use super::text;

impl<'a> Reader<'a> {
    /// An expression; keeps the blanks around it.
    pub fn expression(&self, trees: &[Tree]) -> String {
        let inner = trim(trees);
        if inner.is_empty() {
            return self.text(trees).to_owned();
        }
        let (all, own) = (tokens::range(trees), tokens::range(inner));
        let translated = self.whole(inner);
        format!("{}{translated}{}", &self.code[all.start..own.start], &self.code[own.end..all.end])
    }

    /// An expression without blanks around it, from the loosest operators to the tightest.
    pub fn whole(&self, trees: &[Tree]) -> String {
        if let Some(text) = self.with_braces(trees) {
            return text;
        }
        if let Some(text) = self.lambda(trees).or_else(|| self.conditional(trees)) {
            return text;
        }
        for (word, sign) in [("or", "||"), ("and", "&&")] {
            if let Some(at) = between(trees, word) {
                self.say(sentence!(
                    "`and`, `or`, `not` are `&&`, `||`, `!`",
                    "`and`、`or`、`not` 写成 `&&`、`||`、`!`"
                ));
                let (left, right) = (&trees[..at], &trees[at + 1..]);
                return format!("{}{sign}{}", self.expression(left), self.expression(right));
            }
        }
        if let [not, rest @ ..] = trees
            && not.is_word("not")
            && rest.first().is_some_and(Tree::is_blank)
        {
            self.say(sentence!("`and`, `or`, `not` are `&&`, `||`, `!`", "`and`、`or`、`not` 写成 `&&`、`||`、`!`"));
            let rest = trim(rest);
            let operand = self.expression(rest);
            return if is_one(rest) { format!("!{operand}") } else { format!("!({operand})") };
        }
        if let Some(text) = self.membership(trees).or_else(|| self.comparisons(trees)) {
            return text;
        }
        // Text can be added to a `String`, but not to a string literal.
        let begins_with_text = trees[0].of(Kind::Text).is_some();
        let added = || self.added_text(trees).filter(|_| begins_with_text || !self.is_no_rust());
        if let Some(format) = self.formatted(trees).or_else(added).filter(|_| self.is_at_fault(trees)) {
            self.say(sentence!("text with values in it is made by `format!`", "把值写进字符串用 `format!`"));
            return format!("format!({})", format.in_macro());
        }
        self.operators(trees)
    }

    /// An `if`, `while` or similar, with its blocks in braces.
    pub fn with_braces(&self, trees: &[Tree]) -> Option<String> {
        const HEADS: [&str; 6] = ["if", "while", "for", "match", "loop", "else"];
        let begins = HEADS.iter().any(|word| trees[0].is_word(word));
        if !begins || !trees.iter().any(|tree| tree.inside("{").is_some()) {
            return None;
        }
        if let [first, rest @ ..] = trees
            && first.is_word("while")
            && let [condition, block] = trim(rest).split(|tree| tree.of(Kind::Space).is_some()).collect::<Vec<_>>()[..]
            && let [condition] = condition
            && condition.is_word("True")
            && self.is_at_fault(trees)
        {
            self.say(sentence!("an endless loop is `loop {{ … }}`", "无限循环写作 `loop {{ … }}`"));
            return Some(format!("loop {}", self.expression(block)));
        }
        let mut text = String::new();
        let mut from = 0;
        let flush = |text: &mut String, part: &[Tree]| {
            if !part.is_empty() {
                text.push_str(&self.expression(part));
            }
        };
        for (at, tree) in trees.iter().enumerate() {
            let is_head =
                tree.word().is_some_and(|word| HEADS.contains(&word) || matches!(word, "elif" | "in" | "let"));
            if is_head || tree.inside("{").is_some() {
                flush(&mut text, &trees[from..at]);
                from = at + 1;
                match tree {
                    Tree::Group(group) => text.push_str(&self.group(tree, group)),
                    Tree::Leaf(token) if token.text == "elif" => {
                        self.say(sentence!("`elif` is `else if`", "`elif` 写作 `else if`"));
                        text.push_str("else if");
                    }
                    Tree::Leaf(token) => text.push_str(token.text),
                }
            }
        }
        flush(&mut text, &trees[from..]);
        Some(text)
    }

    /// `lambda x: x * 2`.
    pub fn lambda(&self, trees: &[Tree]) -> Option<String> {
        let [lambda, rest @ ..] = trees else { return None };
        let colon = rest.iter().position(|tree| tree.is_sign(":")).filter(|_| lambda.is_word("lambda"))?;
        let (parameters, body) = (&rest[..colon], trim(&rest[colon + 1..]));
        let names: Vec<&str> = split(parameters, ",").into_iter().map(|part| self.text(trim(part))).collect();
        self.say(sentence!("a function without a name is `|x| …`", "匿名函数写作 `|x| …`"));
        let names: Vec<String> = names
            .into_iter()
            .filter(|name| !name.is_empty())
            .map(|name| match self.closure_type(name, body) {
                Some(ty) => format!("{name}: {ty}"),
                None => name.to_owned(),
            })
            .collect();
        Some(format!("|{}| {}", names.join(", "), self.expression(body)))
    }

    /// `a if c else b`.
    /// `x => x * 2`, `|x| -> x * 2` as an argument.
    pub fn arrow(&self, trees: &[Tree]) -> Option<String> {
        let trees = trim(trees);
        let at = trees.iter().position(|tree| tree.is_sign("=>") || tree.is_sign("->")).filter(|at| *at > 0)?;
        let (parameters, body) = (trim(&trees[..at]), trim(&trees[at + 1..]));
        let text = self.text(parameters);
        let names = text.trim_start_matches(['|', '(']).trim_end_matches(['|', ')']);
        let is_plain = names
            .split(',')
            .all(|name| name.trim().starts_with(char::is_lowercase) && name.trim().chars().all(tokens::is_word));
        if !is_plain
            || body.is_empty()
            || body.last().is_some_and(|block| block.inside("{").is_some())
            || body[0].is_word("if")
        {
            return None;
        }
        self.say(sentence!("a function without a name is `|x| …`", "匿名函数写作 `|x| …`"));
        Some(format!("|{names}| {}", self.expression(body)))
    }

    pub fn conditional(&self, trees: &[Tree]) -> Option<String> {
        let at = trees.iter().position(|tree| tree.is_word("if")).filter(|at| *at > 0)?;
        let rest = &trees[at + 1..];
        let other = rest.iter().position(|tree| tree.is_word("else"))?;
        // With braces it is Rust.
        if rest.iter().any(|tree| tree.inside("{").is_some()) {
            return None;
        }
        if let Some(device) = self.device(trees) {
            return Some(device);
        }
        self.say(sentence!("a choice is `if c {{ a }} else {{ b }}`", "条件表达式写作 `if c {{ a }} else {{ b }}`"));
        let [then, condition, other] =
            [&trees[..at], &rest[..other], &rest[other + 1..]].map(|part| self.expression(trim(part)));
        let other = if other.starts_with("if ") { other } else { format!("{{ {other} }}") };
        Some(format!("if {condition} {{ {then} }} else {other}"))
    }

    /// `x is None`, `x in xs`, and their opposites.
    pub fn membership(&self, trees: &[Tree]) -> Option<String> {
        if let Some(at) = between(trees, "is") {
            let right = trim(&trees[at + 1..]);
            let (is_not, right) = match right {
                [not, rest @ ..] if not.is_word("not") => (true, trim(rest)),
                _ => (false, right),
            };
            let left = self.expression(trim(&trees[..at]));
            if let [none] = right
                && none.is_word("None")
            {
                if let Some(text) = self.has_a_gradient(&left, is_not) {
                    return Some(text);
                }
                self.say(sentence!(
                    "`Option` has methods for that: `is_none()`, `is_some()`",
                    "`Option` 有相应的方法：`is_none()`、`is_some()`"
                ));
                return Some(format!("{left}.{}()", if is_not { "is_some" } else { "is_none" }));
            }
            self.say(sentence!("`==` compares values", "用 `==` 比较值"));
            return Some(format!("{left} {} {}", if is_not { "!=" } else { "==" }, self.expression(right)));
        }
        let at = between(trees, "in").filter(|_| !trees[0].is_word("for"))?;
        let (left, is_not) = match trim(&trees[..at]) {
            [left @ .., not] if not.is_word("not") => (trim(left), "!"),
            left => (left, ""),
        };
        let (left_text, right) = (self.expression(left), trim(&trees[at + 1..]));
        self.say(sentence!("whether it is in a list: `xs.contains(&x)`", "判断是否在集合中用 `xs.contains(&x)`"));
        let scope = self.scope.borrow();
        let (is_text, is_map) = (scope.meaning(left) == Meaning::Text, scope.meaning(right) == Meaning::Map);
        drop(scope);
        let method = if is_map { "contains_key" } else { "contains" };
        let lend = if is_text { "" } else { "&" };
        let right = if is_one(right) { self.expression(right) } else { format!("({})", self.expression(right)) };
        Some(format!("{is_not}{right}.{method}({lend}{left_text})"))
    }

    /// `0 < x < 1`.
    pub fn comparisons(&self, trees: &[Tree]) -> Option<String> {
        if !self.is_no_rust() {
            return None;
        }
        let is_comparison = |tree: &Tree| ["<", "<=", ">", ">="].iter().any(|sign| tree.is_sign(sign));
        let signs: Vec<usize> = (0..trees.len()).filter(|at| is_comparison(&trees[*at])).collect();
        let [first, second] = signs[..] else { return None };
        // Angle brackets of generic arguments have no spaces around them.
        let is_close = |at: usize| at == 0 || !trees[at - 1].is_blank();
        if is_close(first) || is_close(second) || trees.iter().any(|tree| tree.is_sign(">>")) {
            return None;
        }
        let is_joined = trees
            .iter()
            .any(|tree| tree.is_sign("&&") || tree.is_sign("||") || tree.is_sign("::") || tree.is_sign("=>"));
        if trees.iter().any(|tree| tree.is_sign("?") || tree.is_sign(">>")) {
            return None;
        }
        let goes_on =
            self.text(&trees[first..=first]).starts_with('<') == self.text(&trees[second..=second]).starts_with('<');
        if is_joined || !goes_on || first == 0 {
            return None;
        }
        self.say(sentence!("comparisons are joined by `&&`", "多个比较用 `&&` 连接"));
        let middle = trim(&trees[first + 1..second]);
        let is_float = self.scope.borrow().meaning(middle) == Meaning::Float;
        let limit = |trees: &[Tree]| match self.expression(trees) {
            text if is_float && text.trim().chars().all(|c| c.is_ascii_digit()) => {
                format!("{}.0{}", text.trim_end(), &text[text.trim_end().len()..])
            }
            text => text,
        };
        let (left, right) = (limit(&trees[..first]), limit(&trees[second + 1..]));
        let middle = self.expression(middle);
        let [first, second] = [first, second].map(|at| self.text(&trees[at..=at]));
        Some(format!("{}{first} {middle} && {middle} {second}{right}", left))
    }

    /// Brackets that are neither a call nor an index.
    pub fn group(&self, tree: &Tree, group: &Group) -> String {
        let inner = &group.inner;
        let close = group.close.map_or("", |close| close.text);
        match group.open.text {
            "[" | "(" if has_word(inner, "for") => match self.comprehension(inner) {
                Some(text) if group.open.text == "[" => {
                    self.say(sentence!(
                        "a list is collected from an iterator: `(0..3).map(|i| i * i).collect::<Vec<_>>()`",
                        "列表由迭代器收集而成：`(0..3).map(|i| i * i).collect::<Vec<_>>()`"
                    ));
                    format!("{text}.collect::<Vec<_>>()")
                }
                Some(text) => text,
                None => self.text(std::slice::from_ref(tree)).to_owned(),
            },
            "{" if is_dictionary(inner) => {
                self.say(sentence!("a dictionary is a `HashMap`", "字典是 `HashMap`"));
                let pairs: Vec<String> = tokens::arguments(inner)
                    .into_iter()
                    .filter_map(|pair| {
                        let colon = pair.iter().position(|tree| tree.is_sign(":"))?;
                        let [key, value] = [&pair[..colon], &pair[colon + 1..]].map(|part| self.expression(trim(part)));
                        Some(format!("({key}, {value})"))
                    })
                    .collect();
                format!("std::collections::HashMap::from([{}])", pairs.join(", "))
            }
            "{" => format!("{{{}{close}", self.block_in_braces(inner)),
            open => {
                let part = |part: &&[Tree]| {
                    let arrow = if open == "(" && self.is_at_fault(part) { self.arrow(part) } else { None };
                    arrow.unwrap_or_else(|| self.expression(part))
                };
                let parts: Vec<String> = split(inner, ",").iter().map(part).collect();
                format!("{open}{}{close}", parts.join(","))
            }
        }
    }

    /// `e for x in xs if c` as an iterator.
    pub fn comprehension(&self, trees: &[Tree]) -> Option<String> {
        let at = trees.iter().position(|tree| tree.is_word("for")).filter(|at| *at > 0)?;
        let (value, rest) = (trim(&trees[..at]), &trees[at + 1..]);
        let inside = rest.iter().position(|tree| tree.is_word("in"))?;
        let (variable, rest) = (trim(&rest[..inside]), &rest[inside + 1..]);
        if has_word(rest, "for") {
            self.give_up();
            return None;
        }
        let condition = rest.iter().position(|tree| tree.is_word("if"));
        let (from, condition) = match condition {
            Some(at) => (trim(&rest[..at]), Some(trim(&rest[at + 1..]))),
            None => (trim(rest), None),
        };
        let is_pair = variable.iter().any(|tree| tree.is_sign(","));
        let name = self.text(variable);
        let name = if is_pair && !name.starts_with('(') { format!("({name})") } else { name.to_owned() };
        if from.first().is_some_and(|tree| tree.is_word("range")) {
            self.scope.borrow_mut().define_counter(&name);
        }
        let mut text = self.iterator(from, condition.is_some());
        if let Some(condition) = condition {
            text.push_str(&format!(".filter(|&{name}| {})", self.expression(condition)));
        }
        if self.text(value) != name {
            text.push_str(&format!(".map(|{name}| {})", self.expression(value)));
        }
        Some(text)
    }

    /// The iterator before `.map(…)`.
    pub fn iterator(&self, trees: &[Tree], copied: bool) -> String {
        let text = self.expression(trees);
        let is_range = text.contains("..") && !text.starts_with('(');
        let copy = if copied { ".copied()" } else { "" };
        match trees {
            _ if is_range => format!("({text})"),
            [name] if name.word().is_some() || name.inside("[").is_some() => {
                if self.scope.borrow().meaning(trees) == Meaning::Tensor {
                    return format!("{text}.to_vec::<f32>().into_iter()");
                }
                format!("{text}.iter(){copy}")
            }
            _ => text,
        }
    }

    /// A Python comment.
    pub fn comment(&self, tree: &Tree) -> Option<String> {
        let text = tree.of(Kind::Comment)?.strip_prefix('#')?;
        self.say(sentence!("a comment begins with `//`", "注释以 `//` 开头"));
        Some(format!("//{text}"))
    }

    /// A string literal in Rust's form.
    pub fn literal(&self, token: &tokens::Token) -> String {
        if text::is_rusts(token.text) { token.text.to_owned() } else { self.string(token.text) }
    }
}

/// The position of a word that has something on both sides.
pub fn between(trees: &[Tree], word: &str) -> Option<usize> {
    let at = trees.iter().position(|tree| tree.is_word(word))?;
    // It may be the name of a method or a function.
    let is_joined = |tree: &Tree| tree.is_sign(".") || tree.is_sign("::") || matches!(tree, Tree::Group(_));
    let stands_free = at > 0
        && at + 1 < trees.len()
        && !is_joined(&trees[at - 1]) | trees[at - 1].is_blank()
        && !trees[at + 1].is_sign("(");
    (stands_free && trees[at + 1].is_blank() && !trees[at - 1].is_sign(".")).then_some(at)
}

pub fn has_word(trees: &[Tree], word: &str) -> bool {
    trees.iter().any(|tree| tree.is_word(word))
}

/// Whether braces hold `"key": value` pairs.
pub fn is_dictionary(inner: &[Tree]) -> bool {
    let inner = trim(inner);
    let [key, rest @ ..] = inner else { return false };
    let is_key = key.of(Kind::Text).is_some() || key.of(Kind::Number).is_some();
    // Rows in a macro's input end with `;`.
    is_key && !inner.iter().any(|tree| tree.is_sign(";")) && trim(rest).first().is_some_and(|colon| colon.is_sign(":"))
}

//! Statements: reads the lines of a cell one by one, and adds missing `;`.

use super::super::lesson::{Edit, Lesson, Sentence, sentence};
use super::super::scope::Scope;
use super::super::tokens::{self, Kind, Tree, arguments, split, trim};
use super::Reader;
use crate::engine::teacher::tokens::is_operator;

/// Words that begin a Python block.
pub const BLOCKS: [&str; 11] =
    ["def", "for", "while", "if", "elif", "else", "try", "except", "finally", "with", "class"];

/// A line of a cell, without its end.
#[derive(Clone, Copy)]
pub struct Line<'t, 'a> {
    pub trees: &'t [Tree<'a>],
    /// The byte where it starts.
    pub start: usize,
}

impl<'t, 'a> Line<'t, 'a> {
    pub fn content(&self) -> &'t [Tree<'a>] {
        trim(self.trees)
    }

    pub fn is_empty(&self) -> bool {
        self.content().is_empty()
    }

    /// How far it is indented.
    pub fn indent(&self) -> usize {
        self.trees.first().and_then(|tree| tree.of(Kind::Space)).map_or(0, str::len)
    }

    pub fn end(&self) -> usize {
        self.trees.last().map_or(self.start, |tree| tree.range().end)
    }

    /// Its first word, if it begins with one.
    pub fn first(&self) -> &'a str {
        self.content().first().and_then(Tree::word).unwrap_or_default()
    }

    /// The header of a block: the parts before and after the colon.
    pub fn header(&self) -> Option<(&'t [Tree<'a>], &'t [Tree<'a>])> {
        let content = self.content();
        if !BLOCKS.contains(&self.first()) {
            return None;
        }
        let colon = content.iter().position(|tree| tree.is_sign(":"))?;
        // `1:3` from another language.
        if self.first() == "for" && content.get(colon + 1).is_some_and(|tree| tree.of(Kind::Number).is_some()) {
            return None;
        }
        Some((&content[..colon], trim(&content[colon + 1..])))
    }
}

pub fn lines<'t, 'a>(trees: &'t [Tree<'a>]) -> Vec<Line<'t, 'a>> {
    let mut start = trees.first().map_or(0, |tree| tree.range().start);
    let parts = trees.split(|tree| tree.of(Kind::NewLine).is_some());
    parts
        .map(|trees| {
            let line = Line { trees, start };
            start = line.end() + 1;
            line
        })
        .collect()
}

/// All words, including those in brackets.
pub fn words<'t, 'a>(trees: &'t [Tree<'a>]) -> Box<dyn Iterator<Item = &'a str> + 't> {
    Box::new(trees.iter().flat_map(|tree| match tree {
        Tree::Group(group) => words(&group.inner),
        Tree::Leaf(_) => Box::new(tree.word().into_iter()),
    }))
}

/// Records what the cell's own `let`s and items define.
pub fn learn(trees: &[Tree], scope: &mut Scope) {
    for window in trees.windows(3) {
        if let [keyword, _, name] = window
            && let (
                Some("fn" | "struct" | "enum" | "trait" | "mod" | "const" | "static" | "macro_rules" | "def" | "class"),
                Some(name),
            ) = (keyword.word(), name.word())
        {
            scope.define_item(name);
        }
    }
    for line in lines(trees) {
        for statement in split(line.trees, ";") {
            let statement = trim(statement);
            if statement.first().is_some_and(|tree| tree.is_word("use")) {
                words(statement).for_each(|word| scope.define_item(word));
            }
            let Some(equals) = statement.iter().position(|tree| tree.is_sign("=")) else { continue };
            let (left, right) = (trim(&statement[..equals]), &statement[equals + 1..]);
            let names: Vec<&str> = match left {
                [keyword, rest @ ..] if keyword.is_word("let") => {
                    rest.iter().filter_map(Tree::word).filter(|word| *word != "mut").take(1).collect()
                }
                _ => Vec::new(),
            };
            for name in names {
                let meaning = scope.meaning(right);
                scope.define(name, meaning);
            }
        }
    }
    for tree in trees {
        if let Tree::Group(group) = tree {
            learn(&group.inner, scope);
        }
    }
}

impl<'a> Reader<'a> {
    /// All lessons of a cell: one for each statement that changes.
    pub fn cell(&self, trees: &[Tree]) -> Vec<Lesson> {
        let lines = lines(trees);
        let mut lessons = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            let from = at;
            let text = self.statement_at(&lines, &mut at, 0);
            let range = lines[from].start..lines[at - 1].end();
            let said = std::mem::take(&mut *self.said.borrow_mut());
            let is_unsure = self.is_unsure.replace(false);
            let Some(sentence) = joined(said, is_unsure) else { continue };
            let changes = text != self.code[range.clone()];
            // A line that is deleted takes its line end along.
            let range = if text.trim().is_empty() && at < lines.len() { range.start..lines[at].start } else { range };
            if is_unsure || !changes {
                lessons.push(Lesson::only(sentence));
            } else if self.fault.touches(&range) {
                lessons.push(Lesson::of(vec![Edit { at: range, text }], sentence));
            }
        }
        lessons
    }

    /// The statement that begins with a line, with its block; moves `at` after it.
    pub fn statement_at(&self, lines: &[Line], at: &mut usize, depth: usize) -> String {
        let line = lines[*at];
        if line.header().is_some() && self.is_no_rust() {
            return self.block(lines, at, depth, false);
        }
        if let Some(text) = self.decorated(lines, at, depth) {
            return text;
        }
        *at += 1;
        if line.is_empty() {
            return self.comments(line.trees);
        }
        let is_a_plot = line.first() == "plt" && self.added_to_a_plot(line.content()).is_none();
        if is_a_plot && self.is_at_fault(line.content()) {
            let mut text = self.statement(line.trees);
            while let Some(more) = lines.get(*at).and_then(|line| self.added_to_a_plot(trim(line.trees))) {
                text.push_str(&more);
                *at += 1;
            }
            return text;
        }
        let next = lines[*at..].iter().find(|line| !line.is_empty());
        self.simple(line, next.copied())
    }

    pub fn comments(&self, trees: &[Tree]) -> String {
        trees
            .iter()
            .map(|tree| self.comment(tree).unwrap_or_else(|| self.text(std::slice::from_ref(tree)).to_owned()))
            .collect()
    }

    /// The content of Rust braces.
    pub fn block_in_braces(&self, trees: &[Tree]) -> String {
        let mut text = String::new();
        for (at, line) in lines(trees).into_iter().enumerate() {
            if at > 0 {
                text.push('\n');
            }
            for (at, statement) in split(line.trees, ";").into_iter().enumerate() {
                if at > 0 {
                    text.push(';');
                }
                text.push_str(&self.statement(statement));
            }
        }
        text
    }

    /// A line that does not begin a block.
    pub fn simple(&self, line: Line, next: Option<Line>) -> String {
        if let Some(text) = self.command(line).or_else(|| self.import(line)) {
            return text;
        }
        let content = line.content();
        let indent = self.before(line);
        if let Some(text) = self.whole_division(line) {
            return format!("{indent}{text}");
        }
        let mut done: Vec<String> = Vec::new();
        let parts = split(content, ";");
        let ends = parts.len() > 1 && parts.last().is_some_and(|part| trim(part).is_empty());
        for part in &parts {
            done.push(self.statement(part));
        }
        let mut text = done.join(";");
        let lacks = !ends && self.lacks_semicolon(content, next, &text);
        if lacks {
            if self.said.borrow().is_empty() {
                self.say(sentence!("a statement ends with `;`", "语句以 `;` 结尾"));
            }
            text.push(';');
        }
        let after = tokens::range(content).end..line.end();
        let comment = line.trees.last().filter(|tree| tree.of(Kind::Comment).is_some());
        let rest = match comment.and_then(|tree| self.comment(tree)) {
            Some(comment) => {
                let blank = &self.code[after.start..after.end - self.text(&line.trees[line.trees.len() - 1..]).len()];
                format!("{blank}{comment}")
            }
            None => self.code[after].to_owned(),
        };
        format!("{indent}{text}{rest}")
    }

    /// `a // b`, which is `a` and a comment in Rust.
    pub fn whole_division(&self, line: Line) -> Option<String> {
        let content = line.content();
        let divisor = line.trees.last()?.of(Kind::Comment)?.strip_prefix("//")?.trim().trim_end_matches(';');
        let is_value = !divisor.is_empty() && divisor.chars().all(tokens::is_word);
        let is_known = divisor.starts_with(|c: char| c.is_ascii_digit()) || self.scope.borrow().knows(divisor);
        let is_unfinished = content.last().is_some_and(|last| !last.is_sign(";"))
            && content.first().is_some_and(|first| first.is_word("let"));
        if !is_value || !is_known || !is_unfinished || !self.is_no_rust() {
            return None;
        }
        self.say(sentence!("`//` begins a comment; whole numbers are divided by `/`", "`//` 是注释；整数用 `/` 相除"));
        Some(format!("{} / {divisor};", self.statement(content)))
    }

    pub fn before(&self, line: Line) -> &'a str {
        &self.code[line.start..tokens::range(line.content()).start]
    }

    /// Whether a `;` is missing at the end of a statement.
    pub fn lacks_semicolon(&self, content: &[Tree], next: Option<Line>, text: &str) -> bool {
        let is_let = text.starts_with("let ");
        // A `let` that was added needs a `;`.
        let is_new = is_let && !content.first().is_some_and(|tree| tree.is_word("let"));
        if !self.is_no_rust() && !is_new {
            return false;
        }
        let Some(last) = content.last() else { return false };
        let goes_on =
            is_operator(last) || [",", ".", "=", "->", "=>", "{", "|", ":"].iter().any(|sign| last.is_sign(sign));
        let ends_a_block = matches!(last, Tree::Group(group) if group.open.text == "{") && !is_let;
        let is_open = matches!(last, Tree::Group(group) if group.close.is_none());
        let is_attribute = content.first().is_some_and(|tree| tree.is_sign("#") || tree.is_word("where"));
        if goes_on || ends_a_block || is_open || is_attribute || text.ends_with([';', '{']) {
            return false;
        }
        match next {
            None => is_let,
            Some(next) => {
                let continues = next.content().first().is_some_and(|tree| {
                    tree.is_sign(".")
                        || tree.is_sign("?")
                        || is_operator(tree) && !tree.is_sign("*") && !tree.is_sign("&") && !tree.is_sign("-")
                        || tree.is_sign("}")
                        || tree.inside("{").is_some()
                        || tree.is_word("else")
                        || tree.is_word("where")
                });
                !continues
            }
        }
    }

    /// One statement without its `;`.
    pub fn statement(&self, trees: &[Tree]) -> String {
        let content = trim(trees);
        let Some(first) = content.first() else { return self.comments(trees) };
        let (all, own) = (tokens::range(trees), tokens::range(content));
        let text = if self.is_at_fault(content) { self.changed_statement(content, first) } else { None };
        let text = text.unwrap_or_else(|| self.assignment_or_value(content));
        format!("{}{text}{}", &self.code[all.start..own.start], &self.code[own.end..all.end])
    }

    pub fn changed_statement(&self, content: &[Tree], first: &Tree) -> Option<String> {
        let rest = trim(&content[1..]);
        if let Some(text) = self.mode_with_braces(content).or_else(|| self.moved_to_a_device(content)) {
            return Some(text);
        }
        match first.word() {
            Some("pass") if rest.is_empty() => {
                self.say(sentence!("nothing is `{{}}`", "什么都不做写作 `{{}}`"));
                return Some("{}".to_owned());
            }
            // `gradcheck` panics itself, so it needs no `assert`.
            Some("assert") if self.text(rest).contains("gradcheck(") => return Some(self.expression(rest)),
            Some("assert") if !rest.is_empty() && !matches!(rest[0], Tree::Leaf(ref bang) if bang.text == "!") => {
                self.say(sentence!("`assert!` and `assert_eq!` check", "用 `assert!` 和 `assert_eq!` 检查"));
                let parts = arguments(rest);
                let message: String = parts[1..].iter().map(|part| format!(", {}", self.expression(part))).collect();
                return Some(match super::indices::comparison(parts[0]) {
                    Some((left, "==", right)) => {
                        format!("assert_eq!({}, {}{message})", self.expression(left), self.shape(right))
                    }
                    _ => format!("assert!({}{message})", self.expression(parts[0])),
                });
            }
            Some("print") if rest.first().is_some_and(|tree| tree.of(Kind::Text).is_some()) => {
                return Some(self.print(&arguments(rest)));
            }
            Some("def") if rest.iter().any(|tree| tree.inside("{").is_some()) => {
                self.say(sentence!("a function begins with `fn`", "函数以 `fn` 开头"));
                return Some(format!("fn{}", &self.code[first.range().end..tokens::range(content).end]));
            }
            Some("del") if rest.last().is_some_and(|tree| tree.inside("[").is_some()) => {
                self.say(sentence!("a vector loses an element by `remove`", "用 `remove` 删除向量的元素"));
                let (of, at) = rest.split_at(rest.len() - 1);
                let at = at[0].inside("[").unwrap_or_default();
                return Some(format!("{}.remove({})", self.chain(of), self.expression(at)));
            }
            Some("del") if !rest.is_empty() => {
                self.say(sentence!("`drop` ends a value", "用 `drop` 释放一个值"));
                return Some(format!("drop({})", self.text(rest)));
            }
            Some("raise") if content.get(1).is_none_or(|next| next.inside("(").is_none()) => {
                self.say_first(sentence!(
                    "an error is returned as `Err(…)`, or ends the cell by `panic!`",
                    "错误用 `Err(…)` 返回，或用 `panic!` 结束单元格"
                ));
                let message = rest.iter().find_map(|tree| tree.inside("(")).unwrap_or_default();
                let message = if message.is_empty() { "\"failed\"".to_owned() } else { self.expression(message) };
                let format =
                    message.strip_prefix("format!(").and_then(|text| text.strip_suffix(')')).unwrap_or(&message);
                return Some(format!("panic!({format})"));
            }
            Some("return") if self.is_no_rust() && !rest.is_empty() => {
                return Some(format!("return {}", self.returned(rest)));
            }
            Some("global" | "nonlocal") => {
                self.say(sentence!(
                    "a function sees only its arguments: pass the variable as `&mut x`",
                    "函数只能看到参数：把变量作为 `&mut x` 传入"
                ));
                self.give_up();
                return Some(self.text(content).to_owned());
            }
            _ => {}
        }
        if let [value @ .., sign] = content
            && (sign.is_sign("++") || sign.is_sign("--"))
            && !value.is_empty()
        {
            let operator = if sign.is_sign("++") { "+=" } else { "-=" };
            self.say(sentence!("one more is `x += 1`", "自增写作 `x += 1`"));
            return Some(format!("{} {operator} 1", self.expression(trim(value))));
        }
        if let [Tree::Leaf(token)] = content
            && token.kind == Kind::Text
            && token.text.starts_with("\"\"\"")
            && self.is_no_rust()
        {
            self.say(sentence!("what is for readers only is a comment", "只给人看的文字写成注释"));
            let body = token.text.trim_matches('"').trim();
            return Some(body.lines().map(|line| format!("// {}", line.trim())).collect::<Vec<_>>().join("\n"));
        }
        None
    }

    /// The value of a `return`: several values become a tuple.
    pub fn returned(&self, trees: &[Tree]) -> String {
        let parts = arguments(trees);
        match &parts[..] {
            [_, _, ..] => {
                format!("({})", parts.iter().map(|part| self.expression(part)).collect::<Vec<_>>().join(", "))
            }
            _ => self.expression(trees),
        }
    }
}

/// The sentences about a statement; only the reason, if it has no certain form.
pub fn joined(said: Vec<Sentence>, is_unsure: bool) -> Option<Sentence> {
    /// More would not be read.
    pub const MOST: usize = 2;
    let mut said = said.into_iter().take(if is_unsure { 1 } else { MOST });
    let first = said.next()?;
    Some(said.fold(first, |all, next| Sentence {
        english: format!("{}; {}", all.english, next.english),
        chinese: format!("{}；{}", all.chinese, next.chinese),
    }))
}

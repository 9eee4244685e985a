//! Assignments: without `let`, to several names, and to a part of a tensor.

use std::ops::Range;

use super::super::lesson::sentence;
use super::super::scope::Meaning;
use super::super::tokens::{self, Kind, Tree, arguments, split, trim};
use super::expressions::has_word;
use super::functions::annotated;
use super::operators::is_one;
use super::{Reader, looks_like_python};

impl Reader<'_> {
    /// An assignment, or an expression.
    pub fn assignment_or_value(&self, content: &[Tree]) -> String {
        const ASSIGNMENTS: [&str; 8] = ["=", "+=", "-=", "*=", "/=", "%=", "**=", "//="];
        /// Words at whose beginning an `=` has another meaning.
        const OTHERS: [&str; 10] = ["if", "while", "for", "match", "type", "const", "static", "fn", "impl", "where"];
        let at = content.iter().position(|tree| ASSIGNMENTS.iter().any(|sign| tree.is_sign(sign)));
        let is_other = content.first().is_some_and(|tree| OTHERS.iter().any(|word| tree.is_word(word)));
        let Some(at) = at.filter(|at| *at > 0 && at + 1 < content.len() && !is_other) else {
            return self.expression(content);
        };
        let (left, sign, right) = (trim(&content[..at]), &content[at], &content[at + 1..]);
        let at_fault = self.is_at_fault(content);
        if at_fault
            && let Some(text) =
                self.to_an_index(left, sign, trim(right)).or_else(|| self.to_a_parameter(left, sign, trim(right)))
        {
            return text;
        }
        let (left_text, sign_text) = (self.text(left), self.text(std::slice::from_ref(sign)));
        match sign_text {
            "**=" => return format!("{left_text} = {}", self.power(left, "", trim(right))),
            "//=" => return format!("{left_text} = {left_text} / {}", self.expression(trim(right))),
            _ => {}
        }
        // The variants of an `enum` end with a comma.
        let is_listed = content.last().is_some_and(|last| last.is_sign(","));
        if sign_text == "="
            && at_fault
            && !is_listed
            && let Some(text) = self
                .gradients_of_several(left, right)
                .or_else(|| self.of_several(left, right))
                .or_else(|| self.of_a_new_variable(content, left, sign, right))
        {
            return text;
        }
        let between = &self.code[tokens::range(left).end..sign.range().start];
        let value = self.expression(right);
        let value = if sign_text == "+=" && at_fault { self.added_up(left, value) } else { value };
        format!("{left_text}{between}{sign_text}{value}")
    }

    /// `images, labels = next(iter(loader))`, and `images, labels = batch` in a loop: tensors.
    fn define_of_a_batch(&self, names: &[Tree], right: &[Tree]) {
        let is_batch = match trim(right) {
            // The results of a recurrent layer: `out, (h, c) = lstm(x)`.
            [of @ .., call] if call.inside("(").is_some() && self.is_a_model(of) => true,
            [next, call] => next.is_word("next") && call.inside("(").is_some(),
            [name] => name.word().is_some_and(|name| matches!(name, "batch" | "data") || self.is_of_a_loop(name)),
            _ => false,
        };
        if is_batch && looks_like_python(self.code) {
            let mut scope = self.scope.borrow_mut();
            super::statements::words(names).for_each(|name| scope.define(name, Meaning::Tensor));
        }
    }

    fn is_of_a_loop(&self, name: &str) -> bool {
        self.scope.borrow().is_of_any_pattern(name)
    }

    /// The value that is added to a number of the cell, in its type: `running_loss += loss.item()`.
    fn added_up(&self, left: &[Tree], value: String) -> String {
        let ty = match self.scope.borrow().meaning(left) {
            Meaning::Float => "f64",
            Meaning::Whole => "i64",
            _ => return value,
        };
        if !looks_like_python(self.code) || !matches!(left, [_]) {
            return value;
        }
        let value = match self.how_many_are_equal(&value) {
            Some(count) => count,
            None => value.replace(".item::<f32>()", &format!(".item::<{ty}>()")),
        };
        let converts = ty == "f64" && value.contains(".item::<");
        let is_length =
            [".len()", ".size()[0]", ".shape()[0]"].iter().find(|length| value.trim_end().ends_with(**length));
        let is_alone = !value.trim().contains(' ');
        match is_length {
            Some(_) if converts || is_alone => format!("{} as {ty}", value.trim_end()),
            _ => value,
        }
    }

    /// `(predicted == labels).sum().item()`, given as text.
    fn how_many_are_equal(&self, value: &str) -> Option<String> {
        let (equals, rest) = value.trim().strip_prefix('(')?.split_once(')')?;
        let (left, right) = equals.split_once(" == ")?;
        let is_name = |text: &str| text.chars().all(|c| tokens::is_word(c) || c == '.');
        let is_count = rest.replace(".float()", "").replace("::<f32>", "") == ".sum().item()";
        if !is_name(left) || !is_name(right) || !is_count {
            return None;
        }
        self.say(sentence!("tensors are compared element by element by `x.eq(&y)`", "张量逐元素比较用 `x.eq(&y)`"));
        Some(format!(" {left}.eq(&{right}).sum().item::<i64>()"))
    }

    /// Whether fractions are added further down to a number that begins as a whole one.
    fn gets_fractions(&self, name: &str, after: usize) -> bool {
        let adds = format!("{name} +=");
        self.code[after..].lines().any(|line| {
            line.trim().strip_prefix(&adds).is_some_and(|value| {
                let is_counted = value.contains("==") || value.contains(".sum()") || value.contains("correct");
                value.contains(".item()") && !is_counted || value.contains("float(")
            })
        })
    }

    /// Whether a name is a variable of the loop whose lines contain it.
    fn is_made_anew(&self, name: &str, place: &[Tree]) -> bool {
        let before = &self.code[..tokens::range(place).start];
        let line = before.rsplit('\n').next().unwrap_or_default();
        line.trim().is_empty() && self.scope.borrow().is_of_a_pattern(name, line.len())
    }

    /// `a, b = b, a` and `let a, b = f()`.
    fn of_several(&self, left: &[Tree], right: &[Tree]) -> Option<String> {
        let is_let = left.first().is_some_and(|tree| tree.is_word("let"));
        let names = if is_let { trim(&left[1..]) } else { left };
        let is_name = |tree: &Tree| tree.word().is_some() || tree.is_sign(",") || tree.is_blank();
        let are_names =
            names.iter().all(|tree| is_name(tree) || tree.inside("(").is_some_and(|names| names.iter().all(is_name)));
        if !self.is_no_rust() || !are_names || split(names, ",").len() < 2 {
            return None;
        }
        let all_anew = || names.iter().filter_map(Tree::word).all(|name| self.is_made_anew(name, names));
        let is_renewed = || names.iter().filter_map(Tree::word).all(|name| self.is_new(name, names, right, true));
        let is_known = || names.iter().filter_map(Tree::word).all(|name| self.scope.borrow().knows(name));
        let is_new = is_let || all_anew() || !is_known() || is_renewed();
        self.say(sentence!("several values are a tuple, in brackets", "多个值写成带括号的元组"));
        self.define_of_a_batch(names, right);
        let parts = arguments(right);
        let value = match parts.len() {
            0 | 1 => self.expression(trim(right)),
            _ => format!("({})", parts.iter().map(|part| self.expression(part)).collect::<Vec<_>>().join(", ")),
        };
        Some(format!("{}({}) = {value}", if is_new { "let " } else { "" }, self.text(names)))
    }

    /// `x = 5`, `x: int = 5`.
    fn of_a_new_variable(&self, content: &[Tree], left: &[Tree], sign: &Tree, right: &[Tree]) -> Option<String> {
        let (name, ty) = match left {
            [name] => (name.word()?, None),
            [name, rest @ ..] if trim(rest).first().is_some_and(|sign| sign.is_sign(":")) => {
                (name.word()?, Some(self.text(trim(&trim(rest)[1..]))))
            }
            _ => return None,
        };
        // A row in a macro's input.
        if ty.is_some() && right.iter().any(|tree| tree.is_sign("::")) {
            return None;
        }
        let is_defined = self.scope.borrow().knows(name);
        let is_new = || self.is_new(name, left, right, is_defined) || self.is_made_anew(name, left);
        if name == "let" || ty.is_none() && !is_new() {
            return None;
        }
        if let Some(text) = self.sorted_copy(name, trim(right)) {
            return Some(text);
        }
        if name == "device"
            && let Some(device) = self.device(trim(right))
        {
            self.say(sentence!("a new variable begins with `let`", "变量用 `let` 声明"));
            return Some(format!("let {name} = {device}"));
        }
        self.say(sentence!("a new variable begins with `let`", "变量用 `let` 声明"));
        let mut meaning = self.scope.borrow().meaning(right);
        let is_fraction = meaning == Meaning::Whole
            && matches!(trim(right), [number] if number.of(Kind::Number).is_some())
            && self.gets_fractions(name, tokens::range(content).end);
        if is_fraction {
            meaning = Meaning::Float;
        }
        let is_empty_map = matches!(trim(right), [group] if group.inside("{").is_some_and(<[Tree]>::is_empty));
        let range = tokens::range(content);
        let is_parameter = meaning == Meaning::Tensor && self.is_updated_in_place(name, range.end);
        let changes = is_empty_map
            || self.is_changed_later(name, range) && !is_parameter && !self.is_made_anew(name, left)
            || matches!(trim(right), [iter, call] if iter.is_word("iter") && call.inside("(").is_some());
        let is_list = ty.is_some_and(|ty| ty.to_lowercase().starts_with("list"));
        let mut value =
            if is_empty_map { " std::collections::HashMap::new()".to_owned() } else { self.expression(right) };
        if is_fraction {
            value.push_str(".0");
        }
        // A list that grows cannot be an array.
        let is_array = matches!(meaning, Meaning::Vector(_)) && value.trim_start().starts_with('[');
        if is_array && (is_list || changes) {
            value = value.replacen('[', "vec![", 1);
        }
        let ty = ty.map(|ty| annotated(ty, false).unwrap_or_else(|| ty.to_owned()));
        // A string literal is a `&str`.
        let ty = ty.map(|ty| if ty == "String" { ": &str".to_owned() } else { format!(": {ty}") }).unwrap_or_default();
        self.scope.borrow_mut().define(name, meaning);
        let between = &self.code[tokens::range(left).end..sign.range().start];
        Some(format!("let {}{name}{ty}{between}={value}", if changes { "mut " } else { "" }))
    }

    /// Whether an assignment makes a variable. In a Python cell, an assignment to a variable of an earlier cell makes a
    /// new one, unless its value uses the old one.
    pub fn is_new(&self, name: &str, left: &[Tree], right: &[Tree], is_defined: bool) -> bool {
        let before = &self.code[..tokens::range(left).start];
        let is_at_the_edge = before.len() - before.trim_end_matches([' ', '\t']).len() == self.edge.get();
        let is_pythons = looks_like_python(self.code) && !has_word(right, name);
        let is_a_new_model = is_at_the_edge && is_made_for_training(right);
        let is_renewed = is_pythons
            && (self.is_no_rust() && (is_at_the_edge || self.is_what_a_model_gives(right)) || is_a_new_model);
        !self.is_named_before(name, left) && (!is_defined || is_renewed)
    }

    /// Whether a value comes from a model or a loss: each step of training makes it again.
    fn is_what_a_model_gives(&self, right: &[Tree]) -> bool {
        match trim(right) {
            [functional, dot, ..] if functional.is_word("F") => dot.is_sign("."),
            [model, call, ..] if call.inside("(").is_some() => self.is_a_model(std::slice::from_ref(model)),
            [nn, ..] => nn.is_word("nn"),
            [] => false,
        }
    }

    /// Whether a name stands in the cell before a place, where it would be the same variable: not as a method's name,
    /// not in another function, not in a deeper block than the place.
    pub fn is_named_before(&self, name: &str, place: &[Tree]) -> bool {
        let before = &self.code[..tokens::range(place).start];
        let (lines, own) = before.rsplit_once('\n').unwrap_or(("", before));
        let indent = |line: &str| line.len() - line.trim_start().len();
        let mut seen = vec![own];
        if looks_like_python(self.code) && own.trim().is_empty() {
            for line in lines.lines().rev().filter(|line| indent(line) <= own.len()) {
                let is_function = line.trim_start().starts_with("def ");
                // The parameters of another function do not count.
                if !is_function || indent(line) < own.len() {
                    seen.push(line);
                }
                if is_function && indent(line) < own.len() {
                    break;
                }
            }
        } else {
            seen.push(lines);
        }
        let names_it = |text: &str| {
            let tokens = tokens::tokens(text);
            let is_it = |at: usize| tokens[at].kind == Kind::Word && tokens[at].text == name;
            (0..tokens.len()).any(|at| is_it(at) && !(at > 0 && tokens[at - 1].text == "."))
        };
        seen.into_iter().any(names_it)
    }

    /// `ranked = sorted(ages)`.
    pub fn sorted_copy(&self, name: &str, value: &[Tree]) -> Option<String> {
        let [function, call] = value else { return None };
        let inner = call.inside("(").filter(|_| function.is_word("sorted"))?;
        let Meaning::Vector(element) = self.scope.borrow().meaning(inner) else { return None };
        self.say(sentence!("a vector sorts itself in place", "向量原地排序"));
        let sort = if *element == Meaning::Float { "sort_by(f64::total_cmp)" } else { "sort()" };
        self.scope.borrow_mut().define(name, Meaning::Vector(element));
        Some(format!("let mut {name} = {}.clone();\n{name}.{sort};", self.expression(inner)))
    }

    /// Whether a variable is assigned to, or pushed to, after a place.
    pub fn is_changed_later(&self, name: &str, after: Range<usize>) -> bool {
        let later = tokens::tokens(&self.code[after.end..]);
        let later: Vec<_> = later.into_iter().filter(|token| token.kind != Kind::Space).collect();
        // `f(name=value)` is not an assignment.
        let is_argument = |at: usize| at > 0 && matches!(later[at - 1].text, "(" | ",") && later[at + 1].text == "=";
        let later: Vec<_> =
            (0..later.len()).filter(|at| *at + 1 >= later.len() || !is_argument(*at)).map(|at| later[at]).collect();
        later.windows(4).any(|tokens| {
            let assigns = matches!(tokens[1].text, "=" | "+=" | "-=" | "*=" | "/=" | "**=" | "++" | "--");
            let pushes = tokens[1].text == "."
                && matches!(tokens[2].text, "append" | "push" | "extend" | "insert" | "pop" | "sort");
            tokens[0].text == name && (assigns || pushes)
        }) || later.len() >= 2
            && later
                .windows(2)
                .any(|tokens| tokens[0].text == name && matches!(tokens[1].text, "=" | "+=" | "-=" | "++" | "--"))
    }

    /// Whether all changes to a variable after a byte are steps along its gradient, for which it need not be mutable.
    fn is_updated_in_place(&self, name: &str, after: usize) -> bool {
        let later = &self.code[after..];
        let tokens: Vec<_> = tokens::tokens(later).into_iter().filter(|token| token.kind != Kind::Space).collect();
        tokens
            .windows(2)
            .filter(|pair| pair[0].text == name && matches!(pair[1].text, "=" | "+=" | "-=" | "*=" | "/="))
            .all(|pair| later[pair[1].at..].lines().next().is_some_and(|line| line.contains(&format!("{name}.grad"))))
    }

    /// `x[0] = 1.0`, `x.i(0) += 1.0`.
    pub fn to_an_index(&self, left: &[Tree], sign: &Tree, right: &[Tree]) -> Option<String> {
        if !is_one(left) {
            return None;
        }
        let target = match left {
            [of @ .., index] if index.inside("[").is_some() && !of.is_empty() => {
                let parts = arguments(index.inside("[")?);
                if self.scope.borrow().meaning(of) == Meaning::Map {
                    return self.to_an_entry(of, parts.first()?, sign, right);
                }
                if !self.is_a_part_of_a_tensor(of, &parts) {
                    return None;
                }
                let (before, inside) = (self.chain(of), self.components(&parts));
                let inside = if parts.len() > 1 { format!("({inside})") } else { inside };
                if sign.is_sign("=") && parts.iter().any(|part| self.chooses(part)) {
                    self.say(sentence!(
                        "chosen elements are written to by `index_put_`",
                        "选中的元素用 `index_put_` 写入"
                    ));
                    return Some(format!("{before}.index_put_({inside}, {})", self.operand(right)));
                }
                format!("{before}.i({inside})")
            }
            [.., dot, name, call] if dot.is_sign(".") && name.is_word("i") && call.inside("(").is_some() => {
                self.chain(left)
            }
            _ => return None,
        };
        let method = match self.text(std::slice::from_ref(sign)) {
            "=" if self.is_number(right) => "fill_",
            "=" => "copy_",
            "+=" => "add_",
            "-=" => "sub_",
            "*=" => "mul_",
            "/=" => "div_",
            _ => return None,
        };
        let value = if method == "copy_" { self.lent(right) } else { self.operand(right) };
        self.say(sentence!(
            "a part of a tensor is written to in place: `x.i(0).fill_(1.0)`, `x.i(0).copy_(&y)`",
            "原地修改张量的一部分：`x.i(0).fill_(1.0)`、`x.i(0).copy_(&y)`"
        ));
        Some(format!("{target}.{method}({value})"))
    }

    /// `counts["a"] = 1`, `counts["a"] += 1` for a map.
    fn to_an_entry(&self, of: &[Tree], key: &[Tree], sign: &Tree, right: &[Tree]) -> Option<String> {
        let (before, key, value) = (self.chain(of), self.expression(key), self.expression(right));
        if sign.is_sign("+=") {
            self.say(sentence!("an entry that may be new is counted by `entry`", "可能还没有的键值对用 `entry` 计数"));
            return Some(format!("*{before}.entry({key}).or_insert(0) += {value}"));
        }
        sign.is_sign("=").then(|| {
            self.say(sentence!("an entry is made by `insert`", "用 `insert` 添加键值对"));
            format!("{before}.insert({key}, {value})")
        })
    }

    /// Whether an index is one into a tensor: the compiler says so, or only a tensor could have it.
    fn is_a_part_of_a_tensor(&self, of: &[Tree], parts: &[&[Tree]]) -> bool {
        let is_unknown = self.is_no_rust() && self.scope.borrow().meaning(of) == Meaning::Other;
        let has_slices = parts.iter().any(|part| part.iter().any(|tree| tree.is_sign(":")));
        self.is_said_to_be_a_tensor(of) || is_unknown && (parts.len() > 1 || has_slices)
    }

    /// Whether an index selects elements by a mask or a list: the result is a copy, so an assignment has another form.
    fn chooses(&self, part: &[Tree]) -> bool {
        self.scope.borrow().meaning(part) == Meaning::Tensor
            || super::indices::comparison(part).is_some()
            || matches!(part, [group] if group.inside("[").is_some())
    }

    pub fn is_number(&self, trees: &[Tree]) -> bool {
        matches!(self.scope.borrow().meaning(trees), Meaning::Float | Meaning::Whole | Meaning::Bool)
    }
}

/// Whether a value is a layer, a loss, an optimiser or a loader from PyTorch.
fn is_made_for_training(right: &[Tree]) -> bool {
    let is_one = |tree: &Tree| tree.is_word("nn") || tree.is_word("optim");
    match trim(right) {
        [torch, _, module, ..] if torch.is_word("torch") => is_one(module) || module.is_word("utils"),
        [first, dot, ..] => is_one(first) && dot.is_sign("."),
        _ => false,
    }
}

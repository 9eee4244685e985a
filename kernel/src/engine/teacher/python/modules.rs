//! A class of layers, `class Network(nn.Module):`, as a struct with its `new` and its `forward`.

use std::collections::BTreeSet;

use super::super::lesson::sentence;
use super::super::scope::Meaning;
use super::super::tokens::{Kind, Tree, arguments, trim};
use super::Reader;
use super::statements::{Line, words};

/// A method of a class: the trees of its header, and its lines.
struct Method<'l, 't, 'a> {
    name: &'a str,
    parameters: Vec<&'t [Tree<'a>]>,
    lines: &'l [Line<'t, 'a>],
    /// The code on the header's line, after the colon.
    rest: &'t [Tree<'a>],
}

/// A field: its name, its type and its initial value.
struct Made {
    name: String,
    ty: String,
    value: String,
}

impl<'a> Reader<'a> {
    /// A class that is derived from `nn.Module`; moves `at` after it.
    pub fn module(&self, lines: &[Line<'_, 'a>], at: &mut usize) -> Option<String> {
        let line = lines[*at];
        let (header, _) = line.header().filter(|_| line.first() == "class" && self.is_no_rust())?;
        let [name, base] = trim(&header[1..]) else { return None };
        let (name, base) = (name.word()?, base.inside("(")?);
        if !base.last().is_some_and(|last| last.is_word("Module")) {
            return None;
        }
        *at += 1;
        let own = self.lines_of_a_block(lines, at, line.indent());
        self.say_first(sentence!(
            "a class of layers is a struct with `#[derive(Module)]`, a function `new`, and `impl Forward` with what it computes",
            "由层组成的类写成带 `#[derive(Module)]` 的结构体、函数 `new`，以及写明计算的 `impl Forward`"
        ));
        let text = self.written(name, own);
        if text.is_none() {
            self.explain_the_pattern();
        }
        Some(text.unwrap_or_default())
    }

    fn explain_the_pattern(&self) {
        self.say(sentence!(
            "a class of layers is `#[derive(Module)] struct Network {{ hidden: nn::Linear }}`, `impl Network {{ fn new() -> Self {{ … }} }}` and `impl Forward for Network {{ fn forward(&self, x: &Tensor) -> Tensor {{ … }} }}`",
            "由层组成的类写成 `#[derive(Module)] struct Network {{ hidden: nn::Linear }}`、`impl Network {{ fn new() -> Self {{ … }} }}` 和 `impl Forward for Network {{ fn forward(&self, x: &Tensor) -> Tensor {{ … }} }}`"
        ));
        self.give_up();
    }

    fn written(&self, name: &str, own: &[Line<'_, 'a>]) -> Option<String> {
        let methods = self.methods(own)?;
        let known = ["__init__", "forward"];
        if methods.iter().any(|method| !known.contains(&method.name)) {
            return None;
        }
        let find = |name: &str| methods.iter().find(|method| method.name == name);
        let (new, fields) = self.constructor(find("__init__")?)?;
        for field in &fields {
            let meaning = match field.ty.as_str() {
                "f64" => Meaning::Float,
                "usize" | "i64" => Meaning::Whole,
                "nn::Parameter" | "nn::Buffer" => Meaning::Tensor,
                ty if ty.starts_with("Vec<") => Meaning::Vector(Box::new(Meaning::Module)),
                _ => Meaning::Module,
            };
            self.scope.borrow_mut().define(&format!("self.{}", field.name), meaning);
        }
        let forward = self.forward(name, find("forward")?)?;
        let rows: String = fields.iter().map(|field| format!("    {}: {},\n", field.name, field.ty)).collect();
        Some(format!("#[derive(Module)]\nstruct {name} {{\n{rows}}}\n\nimpl {name} {{\n{new}\n}}\n\n{forward}"))
    }

    /// The methods of a class; `None` if the class contains anything else.
    fn methods<'l, 't>(&self, own: &'l [Line<'t, 'a>]) -> Option<Vec<Method<'l, 't, 'a>>> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < own.len() {
            let line = own[at];
            at += 1;
            let is_text = matches!(line.content(), [text] if text.of(Kind::Text).is_some());
            if line.is_empty() || is_text {
                continue;
            }
            let (header, rest) = line.header().filter(|_| line.first() == "def")?;
            let name = header.get(2).and_then(Tree::word)?;
            let parameters = header.iter().find_map(|tree| tree.inside("("))?;
            let lines = self.lines_of_a_block(own, &mut at, line.indent());
            let parameters = arguments(parameters).into_iter().skip(1).collect();
            found.push(Method { name, parameters, lines, rest });
        }
        Some(found)
    }

    /// `__init__` as `new`, with the fields that it sets.
    fn constructor(&self, method: &Method<'_, '_, 'a>) -> Option<(String, Vec<Made>)> {
        let mut texts = Vec::new();
        for parameter in &method.parameters {
            let name = parameter.first().and_then(Tree::word)?;
            let default = parameter.iter().position(|tree| tree.is_sign("=")).map(|at| trim(&parameter[at + 1..]));
            let is_fraction = default.is_some_and(|part| self.scope.borrow().meaning(part) == Meaning::Float)
                || matches!(name, "p" | "drop_p" | "dropout" | "drop" | "dropout_p" | "drop_prob");
            let ty = if is_fraction { "f64" } else { "usize" };
            self.scope.borrow_mut().define_parameter(name, ty);
            texts.push(format!("{name}: {ty}"));
        }
        let (mut fields, mut lines): (Vec<Made>, Vec<String>) = (Vec::new(), Vec::new());
        for line in method.lines.iter().filter(|line| !line.is_empty()) {
            let content = line.content();
            let is_text = matches!(content, [text] if text.of(Kind::Text).is_some());
            if is_text || content.first().is_some_and(|first| first.is_word("super")) {
                continue;
            }
            if line.header().is_some() {
                return None;
            }
            let equals = content.iter().position(|tree| tree.is_sign("="));
            match equals.map(|at| (trim(&content[..at]), trim(&content[at + 1..]))) {
                Some(([this, _, field], value)) if this.is_word("self") => {
                    let name = field.word()?.to_owned();
                    let value = self.expression(value);
                    let ty = self.type_of(&value)?;
                    fields.push(Made { name, ty, value });
                }
                // The struct does not exist yet.
                _ if words(content).any(|word| word == "self") => return None,
                _ => lines.push(self.in_a_block(*line, false)),
            }
        }
        let mut text = format!("    fn new({}) -> Self {{\n", texts.join(", "));
        for line in lines.iter().flat_map(|text| text.lines()) {
            text.push_str(&format!("        {line}\n"));
        }
        // A field that is computed from a parameter of the same name needs no second variable.
        let value = |field: &Made| {
            let text =
                if field.name == field.value { field.name.clone() } else { format!("{}: {}", field.name, field.value) };
            text.replace('\n', "\n            ")
        };
        let whole = fields.iter().map(value).collect::<Vec<_>>();
        let line = format!("Self {{ {} }}", whole.join(", "));
        if line.len() < 90 && !line.contains('\n') {
            text.push_str(&format!("        {line}\n    }}"));
        } else {
            let rows: String = whole.iter().map(|row| format!("            {row},\n")).collect();
            text.push_str(&format!("        Self {{\n{rows}        }}\n    }}"));
        }
        Some((text, fields))
    }

    /// The type of a field, from its initial value.
    fn type_of(&self, value: &str) -> Option<String> {
        if value.starts_with("nn::sequential!") {
            return Some("nn::Sequential".to_owned());
        }
        let is_list = value.starts_with("vec![") || value.ends_with(".collect::<Vec<_>>()");
        if is_list {
            let (_, of) = value.split_once("nn::")?;
            let end = of.find("::new(")?;
            return Some(format!("Vec<nn::{}>", &of[..end]));
        }
        if let Some((path, _)) = value.split_once("::new(").or_else(|| value.split_once("::dims(")) {
            let is_path = path.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ':');
            return is_path.then(|| path.to_owned());
        }
        if let Some(name) = value.strip_prefix("nn::") {
            return Reader::is_a_layer(name).then(|| value.to_owned());
        }
        let scope = self.scope.borrow();
        let is_number = value.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '_'));
        match scope.variable(value) {
            Some(Meaning::Float) => Some("f64".to_owned()),
            Some(Meaning::Whole) => Some("usize".to_owned()),
            None if is_number && value.contains('.') => Some("f64".to_owned()),
            None if is_number => Some("usize".to_owned()),
            _ => None,
        }
    }

    /// `forward`, as the trait's method if it makes one tensor from one.
    fn forward(&self, name: &str, method: &Method<'_, '_, 'a>) -> Option<String> {
        let names: Option<Vec<&str>> =
            method.parameters.iter().map(|parameter| parameter.first().and_then(Tree::word)).collect();
        let names = names.filter(|names| !names.is_empty())?;
        for name in &names {
            self.scope.borrow_mut().define_parameter(name, "&Tensor");
        }
        let returned: Vec<Vec<&[Tree]>> = method
            .lines
            .iter()
            .filter(|line| line.first() == "return")
            .map(|line| arguments(trim(&line.content()[1..])))
            .collect();
        // An early or missing `return` is left to the user.
        let [values] = &returned[..] else { return None };
        let body = self.body_of_forward(method, &names)?;
        let parameters: String = names.iter().map(|name| format!(", {name}: &Tensor")).collect();
        let value = match values.len() {
            1 => "Tensor".to_owned(),
            count => format!("({})", vec!["Tensor"; count].join(", ")),
        };
        let is_the_traits = names.len() == 1 && values.len() == 1;
        let head = if is_the_traits { format!("impl Forward for {name}") } else { format!("impl {name}") };
        Some(format!("{head} {{\n    fn forward(&self{parameters}) -> {value} {{\n{body}\n    }}\n}}"))
    }

    /// The lines of `forward`. A name that is assigned again is a new variable, unless that is within a block: then the
    /// variable is mutable.
    fn body_of_forward(&self, method: &Method<'_, '_, 'a>, parameters: &[&str]) -> Option<String> {
        let indent = method.lines.iter().find(|line| !line.is_empty()).map_or(0, Line::indent);
        let assigned = |line: &Line<'_, 'a>| match line.content() {
            [name, rest @ ..] if trim(rest).first().is_some_and(|sign| sign.is_sign("=")) => name.word(),
            _ => None,
        };
        let within = |line: &&Line<'_, 'a>| line.indent() > indent && !line.is_empty();
        let changing: BTreeSet<&str> = method.lines.iter().filter(within).filter_map(assigned).collect();
        let mut done = String::new();
        for name in parameters.iter().filter(|name| changing.contains(*name)) {
            done.push_str(&format!("        let mut {name} = {name}.alias();\n"));
            self.scope.borrow_mut().define_own(name, Meaning::Tensor);
        }
        let mut is_there: BTreeSet<&str> = parameters.iter().copied().collect();
        let mut at = 0;
        while at < method.lines.len() {
            let line = method.lines[at];
            if line.header().is_some() {
                let block = self.block(method.lines, &mut at, 2, false);
                done.push_str(&format!("        {}\n", block.trim_start()));
                continue;
            }
            at += 1;
            let mut text = match assigned(&line) {
                Some(name) => {
                    let equals = line.content().iter().position(|tree| tree.is_sign("="))?;
                    let right = trim(&line.content()[equals + 1..]);
                    let meaning = self.scope.borrow().meaning(right);
                    let value = self.expression(right);
                    let is_tensor = meaning == Meaning::Other || meaning == Meaning::Tensor;
                    let meaning = if is_tensor { Meaning::Tensor } else { meaning };
                    self.scope.borrow_mut().define_own(name, meaning);
                    let comment = line.trees.last().and_then(|tree| self.comment(tree));
                    let comment = comment.map(|comment| format!(" {comment}")).unwrap_or_default();
                    match (changing.contains(name), is_there.insert(name)) {
                        (true, false) => format!("{name} = {value};{comment}"),
                        (true, true) => format!("let mut {name} = {value};{comment}"),
                        (false, _) => format!("let {name} = {value};{comment}"),
                    }
                }
                None if line.is_empty() => self.comments(line.trees).trim().to_owned(),
                None => self.in_a_block(line, true),
            };
            // A docstring of the class.
            if matches!(line.content(), [text] if text.of(Kind::Text).is_some()) {
                text.clear();
            }
            text.lines().for_each(|line| done.push_str(&format!("        {line}\n")));
        }
        if !method.rest.is_empty() {
            let line = Line { trees: method.rest, start: super::tokens::range(method.rest).start };
            done.push_str(&format!("        {}", self.in_a_block(line, true)));
        }
        let is_sure = !words(&method.lines.iter().flat_map(|line| line.trees.to_vec()).collect::<Vec<_>>())
            .any(|word| matches!(word, "super" | "yield" | "global"));
        let body = done.trim_end().replace("self.training", "self.is_training()");
        let body = without_a_last_name(&body);
        (is_sure && !self.is_unsure.get()).then_some(body)
    }
}

/// If the last line only names the variable that the line before has defined, returns that line's value itself.
fn without_a_last_name(body: &str) -> String {
    let last = |text: &'_ str| text.trim_end().rsplit_once('\n').map(|(rest, last)| (rest.to_owned(), last.to_owned()));
    let shorter = || {
        let (rest, name) = last(body)?;
        let (before, made) = last(&rest).unwrap_or((String::new(), rest.clone()));
        let value = made.trim().strip_prefix(&format!("let {} = ", name.trim()))?.strip_suffix(';')?.to_owned();
        let indent = &name[..name.len() - name.trim_start().len()];
        let before = if before.is_empty() { before } else { format!("{before}\n") };
        Some(format!("{before}{indent}{value}"))
    };
    shorter().unwrap_or_else(|| body.to_owned())
}

/// Whether a name looks like that of a type.
pub fn is_a_type(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
}

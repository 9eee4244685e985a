//! Python's built-in functions.

use super::super::lesson::sentence;
use super::super::scope::{Meaning, is_float};
use super::super::tokens::{Kind, Tree, arguments};
use super::super::{library, names};
use super::calls::Arguments;
use super::operators::is_one;
use super::{Reader, looks_like_python};

impl Reader<'_> {
    /// A call of a function that only Python has, or of one that the tensor library has in another form.
    pub fn function(&self, name: &str, inner: &[Tree]) -> Option<String> {
        let of = Arguments::of(inner);
        if name == "print" {
            return Some(self.print(&arguments(inner)));
        }
        if let Some(text) = self.of_a_loader_or_model(name, inner).or_else(|| self.imported(name, inner)) {
            return Some(text);
        }
        if library::is_function(name) {
            return self.library_call(name, inner);
        }
        // Imported by name from PyTorch's module.
        if matches!((name, of.plain.len()), ("Variable", 1) | ("grad" | "gradcheck", 2)) {
            return self.of_autograd(name, inner);
        }
        let meaning = |at: usize| of.plain.get(at).map_or(Meaning::Other, |part| self.scope.borrow().meaning(part));
        let one = || of.plain.first().filter(|_| of.plain.len() == 1 && of.named.is_empty()).copied();
        let call = |name: &str| {
            let receiver = self.float_for_a_method(one()?);
            self.say(sentence!("numbers and tensors have methods: `x.{name}()`", "数和张量都有方法：`x.{name}()`"));
            Some(format!("{receiver}.{name}()"))
        };
        match (name, of.plain.len()) {
            ("range", 1..=3) => {
                self.say(sentence!("a range is `0..3`", "范围写作 `0..3`"));
                Some(self.range(&of.plain))
            }
            ("len", 1) => {
                self.say(sentence!("a length is asked for by a method: `x.len()`", "求长度用方法 `x.len()`"));
                Some(format!("{}.len()", self.number_for_a_method(one()?)))
            }
            ("sum", 1) => self.sum(one()?),
            ("max" | "min", 1) => self.extreme(name, one()?),
            ("max" | "min", 2) => {
                self.say(sentence!("of two numbers it is `a.{name}(b)`", "两个数写作 `a.{name}(b)`"));
                let is_float = meaning(0) == Meaning::Float || meaning(1) == Meaning::Float;
                let first =
                    if is_float { self.float_for_a_method(of.plain[0]) } else { self.number_for_a_method(of.plain[0]) };
                Some(format!("{first}.{name}({})", self.expression(of.plain[1])))
            }
            ("abs", 1) => {
                self.say(sentence!("numbers and tensors have methods: `x.abs()`", "数和张量都有方法：`x.abs()`"));
                Some(format!("{}.abs()", self.number_for_a_method(one()?)))
            }
            ("round", 2) => {
                self.say(sentence!("`round()` rounds to whole numbers", "`round()` 四舍五入到整数"));
                let digits: i32 = self.text(of.plain[1]).parse().ok()?;
                let factor = format!("{:.1}", 10f64.powi(digits));
                let value = self.expression(of.plain[0]);
                let value = if is_one(of.plain[0]) { value } else { format!("({value})") };
                Some(format!("({value} * {factor}).round() / {factor}"))
            }
            ("round" | "sqrt" | "exp" | "sin" | "cos" | "tan" | "tanh" | "floor" | "ceil" | "sigmoid" | "relu", 1) => {
                call(name)
            }
            ("log", 1) if meaning(0) != Meaning::Tensor => call("ln"),
            ("log", 1) => call("log"),
            ("softmax", 1) => None,
            ("pow", 2) => Some(self.power(of.plain[0], "", of.plain[1])),
            ("str", 1) => {
                self.say(sentence!("text is made by `x.to_string()`", "转换为字符串用 `x.to_string()`"));
                let value = one()?;
                let text = if is_one(value) { self.expression(value) } else { self.number_for_a_method(value) };
                Some(format!("{text}.to_string()"))
            }
            ("int" | "float", 1) => self.conversion(if name == "int" { "i64" } else { "f64" }, one()?),
            ("bool", 1) if meaning(0) == Meaning::Tensor => {
                self.say(sentence!(
                    "a tensor's only value is `x.item::<bool>()`",
                    "单元素张量的值用 `x.item::<bool>()` 取得"
                ));
                Some(format!("{}.item::<bool>()", self.expression(one()?)))
            }
            ("list", 1) => self.list(one()?),
            (
                "tuple" | "set" | "dict" | "isinstance" | "open" | "map" | "filter" | "zip" | "enumerate" | "reversed",
                _,
            ) => {
                self.give_up();
                None
            }
            ("sorted", 1) => self.sorted(one()?),
            ("any" | "all", 1) => {
                self.say(sentence!("a tensor is asked: `x.{name}()`", "对整个张量判断用 `x.{name}()`"));
                Some(format!("{}.{name}()", self.number_for_a_method(one()?)))
            }
            ("input", 0 | 1) => {
                self.say(sentence!(
                    "a line is asked for by `soma_cell::input(…)`",
                    "读取一行输入用 `soma_cell::input(…)`"
                ));
                let prompt = of.plain.first().map_or_else(|| "\"\"".to_owned(), |prompt| self.expression(prompt));
                Some(format!("soma_cell::input({prompt})"))
            }
            ("type", 1) => {
                self.say(sentence!("`:type x` shows the type of a variable", "`:type x` 显示变量的类型"));
                Some(format!("std::any::type_name_of_val({})", self.lent(one()?)))
            }
            _ if self.is_no_rust() => None,
            _ => {
                let known = names::of_another_library(name, false)?;
                let replacement = known.replacement.filter(|replacement| library::is_function(replacement))?;
                self.say(known.sentence);
                self.library_call(replacement, inner)
            }
        }
    }

    /// Names that are imported from PyTorch: `DataLoader(…)`, `Linear(…)`, `Adam(…)`.
    fn imported(&self, name: &str, inner: &[Tree]) -> Option<String> {
        let is_imported = looks_like_python(self.code) || !self.is_no_rust();
        match name {
            _ if !is_imported => None,
            "DataLoader" | "TensorDataset" | "random_split" => self.of_data(name, inner),
            "SGD" | "Adam" | "AdamW" | "RMSprop" | "Adagrad" => self.optimizer(name, inner),
            "ImageFolder" | "FashionMNIST" | "MNIST" => self.dataset(name, inner),
            "ToTensor" | "Compose" | "Normalize" => self.transform(name, inner),
            // Types of the user's may have such names too.
            _ if Reader::is_a_layer(name) && self.code.contains("import") => self.layer(name, inner),
            _ => None,
        }
    }

    /// `range(…)` as a range.
    pub fn range(&self, arguments: &[&[Tree]]) -> String {
        let parts: Vec<String> = arguments.iter().map(|part| self.expression(part)).collect();
        let end = |text: &String, trees: &[Tree]| {
            if is_one(trees) || text.starts_with('-') { text.clone() } else { format!("({text})") }
        };
        match &parts[..] {
            [last] => format!("0..{}", end(last, arguments[0])),
            [first, last] => format!("{}..{}", end(first, arguments[0]), end(last, arguments[1])),
            [first, last, step] => match step.strip_prefix('-') {
                // A negative step goes down to the number after the end.
                Some(step) => {
                    let after =
                        last.parse::<i64>().map_or_else(|_| format!("{last} + 1"), |last| (last + 1).to_string());
                    let step = if step == "1" { String::new() } else { format!(".step_by({step})") };
                    format!("({after}..={first}).rev(){step}")
                }
                None => format!("({first}..{last}).step_by({step})"),
            },
            _ => String::new(),
        }
    }

    pub fn sum(&self, of: &[Tree]) -> Option<String> {
        self.say(sentence!("a sum is a method: `x.sum()`", "求和用方法 `x.sum()`"));
        if let Some(iterator) = self.comprehension(of) {
            let number = if self.text(of).contains("range") { "i64" } else { "f64" };
            let number = if of.iter().any(|tree| tree.of(Kind::Number).is_some_and(is_float)) { "f64" } else { number };
            return Some(format!("{iterator}.sum::<{number}>()"));
        }
        let text = self.expression(of);
        let element = |meaning: &Meaning| if *meaning == Meaning::Whole { "i32" } else { "f64" };
        Some(match self.scope.borrow().meaning(of) {
            Meaning::Vector(inner) => format!("{text}.iter().sum::<{}>()", element(&inner)),
            _ if text.starts_with("0..") || text.contains("..") => format!("({text}).sum::<i32>()"),
            _ => format!("{}.sum()", self.number_for_a_method(of)),
        })
    }

    pub fn extreme(&self, name: &str, of: &[Tree]) -> Option<String> {
        let text = self.expression(of);
        match self.scope.borrow().meaning(of) {
            Meaning::Vector(inner) if *inner == Meaning::Float => {
                self.say(sentence!(
                    "numbers with a fraction are folded: `f64::{name}`",
                    "浮点数用 `f64::{name}` 逐个比较"
                ));
                let start = if name == "max" { "NEG_INFINITY" } else { "INFINITY" };
                Some(format!("{text}.iter().copied().fold(f64::{start}, f64::{name})"))
            }
            Meaning::Vector(_) => {
                self.say(sentence!(
                    "an iterator has `{name}()`; of nothing it is `None`",
                    "迭代器有 `{name}()`；空时得到 `None`"
                ));
                Some(format!("*{text}.iter().{name}().unwrap()"))
            }
            _ => {
                self.say(sentence!("the extreme is a method: `x.{name}()`", "求最大、最小值用方法 `x.{name}()`"));
                Some(format!("{}.{name}()", self.number_for_a_method(of)))
            }
        }
    }

    /// `int(x)`, `float(x)`.
    pub fn conversion(&self, ty: &str, of: &[Tree]) -> Option<String> {
        if matches!(of, [name, call] if name.is_word("input") && call.inside("(").is_some()) {
            let text = self.expression(of);
            self.say(sentence!("text is read by `parse`", "用 `parse` 解析字符串"));
            return Some(format!("{text}.trim().parse::<{ty}>()?"));
        }
        let text = self.expression(of);
        match self.scope.borrow().meaning(of) {
            Meaning::Tensor => {
                self.say(sentence!(
                    "a tensor's only value is `x.item::<{ty}>()`",
                    "单元素张量的值用 `x.item::<{ty}>()` 取得"
                ));
                Some(format!("{}.item::<{ty}>()", self.number_for_a_method(of)))
            }
            Meaning::Text => {
                self.say(sentence!("text is read by `parse`", "用 `parse` 解析字符串"));
                Some(format!("{text}.parse::<{ty}>()?"))
            }
            _ => {
                self.say(sentence!("a number is converted by `as {ty}`", "数用 `as {ty}` 转换"));
                Some(if is_one(of) { format!("{text} as {ty}") } else { format!("({text}) as {ty}") })
            }
        }
    }

    pub fn list(&self, of: &[Tree]) -> Option<String> {
        if let [name, call] = of
            && let Some(function @ ("map" | "filter")) = name.word()
            && let [closure, over] = &arguments(call.inside("(")?)[..]
        {
            self.say(sentence!("`map` and `filter` are methods of iterators", "`map` 和 `filter` 是迭代器的方法"));
            let closure = self.expression(closure);
            // Rust infers the type here.
            let closure = match closure.strip_prefix('|').and_then(|rest| rest.split_once('|')) {
                Some((parameter, body)) => format!("|{}|{body}", parameter.split(':').next().unwrap_or_default()),
                None => closure,
            };
            return Some(format!("{}.iter().{function}({closure}).collect::<Vec<_>>()", self.expression(over)));
        }
        let text = self.expression(of);
        self.say(sentence!(
            "a list is collected from an iterator: `(0..3).collect::<Vec<_>>()`",
            "列表由迭代器收集而成：`(0..3).collect::<Vec<_>>()`"
        ));
        if text.contains("..") && !text.starts_with('(') {
            return Some(format!("({text}).collect::<Vec<_>>()"));
        }
        match self.scope.borrow().meaning(of) {
            Meaning::Vector(_) => Some(format!("{text}.to_vec()")),
            Meaning::Tensor => Some(format!("{text}.to_vec::<f32>()")),
            Meaning::Text => Some(format!("{text}.chars().collect::<Vec<_>>()")),
            _ => {
                self.give_up();
                None
            }
        }
    }

    pub fn sorted(&self, of: &[Tree]) -> Option<String> {
        let Meaning::Vector(element) = self.scope.borrow().meaning(of) else {
            self.give_up();
            return None;
        };
        self.say(sentence!("a vector sorts itself in place", "向量原地排序"));
        let sort = if *element == Meaning::Float { "sort_by(f64::total_cmp)" } else { "sort()" };
        Some(format!("{{ let mut sorted = {}.to_vec(); sorted.{sort}; sorted }}", self.expression(of)))
    }
}

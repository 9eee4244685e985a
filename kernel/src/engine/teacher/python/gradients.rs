//! Gradients: what are fields, options and `with` blocks in PyTorch are calls and closures here.

use super::super::lesson::sentence;
use super::super::library;
use super::super::scope::Meaning;
use super::super::tokens::{self, Kind, Tree, arguments, split, trim};
use super::calls::Arguments;
use super::operators::is_one;
use super::statements::{Line, words};
use super::{Reader, looks_like_python};

/// What a `with` block or a decorator of PyTorch's does to the gradients of what is in it.
enum Mode {
    /// A closure in a call of this function.
    Closure(&'static str),
    /// A switch, which is turned back behind the block.
    Anomaly(bool),
    /// Known only when it runs.
    Unsure,
}

impl Reader<'_> {
    /// What an argument `requires_grad=…` adds to a call that makes a tensor.
    pub fn asked_for_gradients(&self, required: Option<&[Tree]>) -> String {
        let Some(required) = required else { return String::new() };
        self.say_how_to_ask();
        match self.flag(required).as_str() {
            "false" => String::new(),
            flag => format!(".requires_grad_({flag})"),
        }
    }

    fn say_how_to_ask(&self) {
        self.say(sentence!(
            "gradients are asked for by `x.requires_grad_(true)`",
            "需要梯度时写 `x.requires_grad_(true)`"
        ));
    }

    /// `True` or `False`, or what decides it.
    fn flag(&self, part: &[Tree]) -> String {
        match self.text(part) {
            text @ ("True" | "False") => text.to_lowercase(),
            _ => self.expression(part),
        }
    }

    /// Whether something can be a tensor that has gradients. In a cell of Python's nothing else is likely.
    fn may_have_gradients(&self, of: &[Tree]) -> bool {
        match self.scope.borrow().meaning(of) {
            Meaning::Tensor => true,
            Meaning::Other if self.is_no_rust() => looks_like_python(self.code) && !of[0].is_word("self"),
            Meaning::Other => self.is_said_to_be_a_tensor(of),
            _ => false,
        }
    }

    /// `w.grad`, `w.grad.zero_()`, `x.data`: and how many trees of the chain it is.
    pub fn gradient(&self, before: &str, of: &[Tree], rest: &[Tree]) -> Option<(String, usize)> {
        let [dot, name, after @ ..] = rest else { return None };
        let name = name.word().filter(|_| dot.is_sign("."))?;
        let is_called = after.first().is_some_and(|next| next.inside("(").is_some() || next.is_sign("::"));
        if is_called || !self.may_have_gradients(of) {
            return None;
        }
        if let ("grad", Some(length)) = (name, length_of_zeroing(after)) {
            self.say(sentence!("a gradient is forgotten by `w.zero_grad()`", "清除梯度用 `w.zero_grad()`"));
            return Some((format!("{before}.zero_grad()"), 2 + length));
        }
        // The gradient's own values are itself.
        let is_data = |of: &[Tree]| matches!(of, [dot, data, ..] if dot.is_sign(".") && data.is_word("data"));
        let length = if name == "grad" && is_data(after) { 4 } else { 2 };
        let text = match name {
            "grad" | "grad_fn" | "is_leaf" | "requires_grad" => {
                self.say(sentence!("it is a method: `x.{name}()`", "这是方法，调用要加括号：`x.{name}()`"));
                format!("{before}.{name}()")
            }
            "requires_grad_" => {
                self.say_how_to_ask();
                format!("{before}.requires_grad_(true)")
            }
            "data" if self.is_said_to_be_a_tensor(of) => {
                self.say(sentence!("the values without gradients are `x.detach()`", "不带梯度的值是 `x.detach()`"));
                format!("{before}.detach()")
            }
            _ => return None,
        };
        Some((text, length))
    }

    /// A call of a method that is about gradients.
    pub fn method_of_gradients(&self, before: &str, of: &[Tree], name: &str, inner: &[Tree]) -> Option<String> {
        if !matches!(self.scope.borrow().meaning(of), Meaning::Tensor | Meaning::Other) || of[0].is_word("self") {
            return None;
        }
        let mut given = Arguments::of(inner);
        match (name, given.plain.len() + given.named.len()) {
            ("backward", 1..) => {
                let pass = self.pass(&format!("[{}]", self.lent_chain(before, of)), "gradient", &mut given)?;
                if pass.options.is_empty() {
                    return Some(format!("{before}.backward()"));
                }
                self.say(sentence!(
                    "`backward()` with options is `autograd::backward(&[&loss])`, the options, and `run()`",
                    "带选项的 `backward()` 写作 `autograd::backward(&[&loss])`，接选项，最后 `run()`"
                ));
                Some(format!("{}.run()", pass.text()))
            }
            ("requires_grad_", 0) | ("requires_grad_" | "requires_grad", 1) => {
                let required = given.take(&["requires_grad"]).or_else(|| given.plain.first().copied());
                let flag = required.map_or_else(|| "true".to_owned(), |required| self.flag(required));
                if name == "requires_grad_" && flag == self.text(inner) {
                    return None;
                }
                self.say_how_to_ask();
                Some(format!("{before}.requires_grad_({flag})"))
            }
            // Behind the closure's own error, which is about another type.
            ("register_hook", 1) => self.hook(before, given.plain.first()?),
            ("zero_grad", 1) if given.take(&["set_to_none"]).is_some() => {
                self.say(sentence!("a gradient is forgotten by `w.zero_grad()`", "清除梯度用 `w.zero_grad()`"));
                Some(format!("{before}.zero_grad()"))
            }
            ("is_none" | "is_some", 0) => self.has_a_gradient(before, name == "is_some"),
            _ => None,
        }
    }

    /// A chain that is only looked at.
    fn lent_chain(&self, text: &str, of: &[Tree]) -> String {
        let is_borrowed = matches!(of, [name] if name.word().is_some_and(|name| self.scope.borrow().is_borrowed(name)));
        if is_borrowed { text.to_owned() } else { format!("&{text}") }
    }

    /// `w.grad is None`.
    pub fn has_a_gradient(&self, text: &str, is_there: bool) -> Option<String> {
        let before = text.strip_suffix(".grad()")?;
        self.say(sentence!(
            "whether there is a gradient is asked by `w.try_grad().is_ok()`",
            "判断有没有梯度用 `w.try_grad().is_ok()`"
        ));
        Some(format!("{before}.try_grad().{}()", if is_there { "is_ok" } else { "is_err" }))
    }

    /// `x.register_hook(lambda g: g * 2)`.
    fn hook(&self, before: &str, function: &[Tree]) -> Option<String> {
        let [lambda, rest @ ..] = function else { return None };
        let colon = rest.iter().position(|tree| tree.is_sign(":")).filter(|_| lambda.is_word("lambda"))?;
        let [name] = trim(&rest[..colon]) else { return None };
        let (name, body) = (name.word()?, trim(&rest[colon + 1..]));
        self.scope.borrow_mut().define_parameter(name, "&Tensor");
        self.say(sentence!("a function without a name is `|x| …`", "匿名函数写作 `|x| …`"));
        let is_shown = body.first().is_some_and(|first| first.is_word("print"));
        let method = if is_shown { "inspect_grad" } else { "register_hook" };
        if is_shown {
            self.say(sentence!(
                "a function that only looks at the gradient is given to `inspect_grad`",
                "只查看梯度的函数交给 `inspect_grad`"
            ));
        }
        let solid: Vec<&Tree> = body.iter().filter(|tree| !tree.is_blank()).collect();
        let is_factor =
            |tree: &Tree| tree.of(Kind::Number).is_some_and(|text| text.bytes().all(|b| b.is_ascii_digit()));
        let value = self.expression(body);
        // Gradients have a fraction.
        let value = match solid[..] {
            [of, sign, number] if of.is_word(name) && is_arithmetic(sign) && is_factor(number) => format!("{value}.0"),
            _ => value,
        };
        Some(format!("{before}.{method}(|{name}| {value})"))
    }

    /// A function of `torch.autograd`.
    pub fn of_autograd(&self, name: &str, inner: &[Tree]) -> Option<String> {
        let mut given = Arguments::of(inner);
        match name {
            "grad" => {
                let (outputs, inputs) = (self.first(&mut given, "outputs")?, self.first(&mut given, "inputs")?);
                let is_list = matches!(outputs, [list] if list.inside("[").is_some() || list.inside("(").is_some());
                let of = self.tensors_in_a_list(outputs);
                let inputs = self.tensors_in_a_list(inputs);
                let pass = self.pass(&of, "grad_outputs", &mut given)?;
                if pass.options.is_empty() && !is_list {
                    self.say(sentence!(
                        "`autograd::grad(&loss, &[&w])` gives a vector of gradients",
                        "`autograd::grad(&loss, &[&w])` 给出梯度的向量"
                    ));
                    return Some(format!("autograd::grad({}, &{inputs})", &of[1..of.len() - 1]));
                }
                self.say(sentence!(
                    "with options it is `autograd::backward(&[&loss])`, the options, and `grad(&[&w])`",
                    "带选项时写作 `autograd::backward(&[&loss])`，接选项，最后 `grad(&[&w])`"
                ));
                Some(format!("{}.grad(&{inputs})", pass.text()))
            }
            "backward" => {
                let of = self.tensors_in_a_list(self.first(&mut given, "tensors")?);
                self.say(sentence!(
                    "of several tensors it is `autograd::backward(&[&a, &b]).run()`",
                    "多个张量写作 `autograd::backward(&[&a, &b]).run()`"
                ));
                Some(format!("{}.run()", self.pass(&of, "grad_tensors", &mut given)?.text()))
            }
            "gradcheck" | "gradgradcheck" => {
                let (function, rest) = split_function(inner)?;
                let inputs = self.tensors_in_a_list(arguments(rest).first()?);
                self.say(sentence!(
                    "what is checked is a function of a list of tensors: `autograd::{name}(|x| f(x[0]), &[&x])`",
                    "被检查的函数接收一个张量列表：`autograd::{name}(|x| f(x[0]), &[&x])`"
                ));
                let count = inputs.matches('&').count();
                Some(format!("autograd::{name}({}, &{inputs})", self.of_a_list(function, count)?))
            }
            "set_detect_anomaly" => {
                let flag = self.flag(self.first(&mut given, "mode")?);
                self.say(sentence!(
                    "names inside of `autograd` are reached by `::`",
                    "`autograd` 里的名字用 `::` 访问"
                ));
                Some(format!("autograd::set_detect_anomaly({flag})"))
            }
            "Variable" => {
                let of = self.first(&mut given, "data")?;
                let asked = self.asked_for_gradients(given.take(&["requires_grad"]));
                self.say(sentence!("a `Variable` is a tensor", "`Variable` 就是张量"));
                Some(format!("{}{asked}", self.number_for_a_method(of)))
            }
            "jacobian" | "hessian" | "jvp" | "vjp" | "hvp" | "vhp" => {
                self.say(sentence!(
                    "`{name}` is not there; the gradients of one number are `autograd::grad(&y, &[&x])`",
                    "没有 `{name}`；一个数的梯度是 `autograd::grad(&y, &[&x])`"
                ));
                self.give_up();
                None
            }
            _ => None,
        }
    }

    /// The argument of this name, or the first that has none.
    fn first<'t, 'a>(&self, given: &mut Arguments<'t, 'a>, name: &str) -> Option<&'t [Tree<'a>]> {
        given.take(&[name]).or_else(|| (!given.plain.is_empty()).then(|| given.plain.remove(0)))
    }

    /// One tensor or a list of them as a list that lends them.
    fn tensors_in_a_list(&self, part: &[Tree]) -> String {
        match part {
            [list] if list.inside("[").is_some() || list.inside("(").is_some() && !is_one_in_brackets(list) => {
                self.tensors(part)
            }
            [lend, list] if lend.is_sign("&") && list.inside("[").is_some() => self.tensors(part),
            _ => format!("[{}]", self.lent(part)),
        }
    }

    /// The long form of a backward pass, with options by their names or places.
    fn pass(&self, of: &str, gradient: &str, given: &mut Arguments) -> Option<Pass> {
        let mut options = String::new();
        let is_none = |part: &[Tree]| matches!(part, [none] if none.is_word("None"));
        if let Some(part) = self.first(given, gradient).filter(|part| !is_none(part)) {
            options.push_str(&format!(".gradient(&{})", self.tensors_in_a_list(part)));
        }
        for option in ["retain_graph", "create_graph"] {
            match self.first(given, option).filter(|part| !is_none(part)).map(|part| self.flag(part)).as_deref() {
                None | Some("false") => {}
                Some(flag) => options.push_str(&format!(".{option}({flag})")),
            }
        }
        given.take(&["only_inputs"]);
        let takes_all = ["allow_unused", "materialize_grads"].iter().fold(None, |found, name| {
            let flag = given.take(&[name]).map(|part| self.flag(part)).filter(|flag| flag != "false");
            found.or(flag)
        });
        if let Some(flag) = takes_all {
            options.push_str(&format!(".allow_unused({flag})"));
        }
        if given.take(&["inputs"]).is_some() {
            self.say(sentence!(
                "gradients of some tensors only are `autograd::grad(&loss, &[&w])`",
                "只求部分张量的梯度用 `autograd::grad(&loss, &[&w])`"
            ));
            self.give_up();
            return None;
        }
        Some(Pass { of: of.to_owned(), options })
    }

    /// A function of tensors as one of a list of so many.
    fn of_a_list(&self, function: &[Tree], count: usize) -> Option<String> {
        let places: Vec<String> = (0..count).map(|at| format!("x[{at}]")).collect();
        match function {
            [lambda, rest @ ..] if lambda.is_word("lambda") => {
                let colon = rest.iter().position(|tree| tree.is_sign(":"))?;
                let names: Vec<&str> = rest[..colon].iter().filter_map(Tree::word).collect();
                let (names, places) = match &names[..] {
                    [] => return None,
                    [name] => ((*name).to_owned(), "x[0]".to_owned()),
                    _ => (
                        format!("({})", names.join(", ")),
                        format!("({})", places[..names.len().min(count)].join(", ")),
                    ),
                };
                rest[..colon].iter().filter_map(Tree::word).for_each(|name| {
                    self.scope.borrow_mut().define_parameter(name, "&Tensor");
                });
                Some(format!("|x| {{ let {names} = {places}; {} }}", self.expression(trim(&rest[colon + 1..]))))
            }
            [name] if name.word().is_some() => Some(format!("|x| {}({})", self.text(function), places.join(", "))),
            [module, dot, name] if module.is_word("torch") && dot.is_sign(".") && count == 1 => {
                let name = name.word().filter(|name| library::is_method(name))?;
                Some(format!("|x| x[0].{name}()"))
            }
            // What is right already.
            [bar, ..] if bar.is_sign("|") => Some(self.expression(function)),
            _ => None,
        }
    }

    /// `gw, gb = torch.autograd.grad(loss, [w, b])`.
    pub fn gradients_of_several(&self, left: &[Tree], right: &[Tree]) -> Option<String> {
        let right = trim(right);
        let calls_grad = right.windows(2).any(|pair| pair[0].is_word("grad") && pair[1].inside("(").is_some());
        let is_call = calls_grad && right.last().is_some_and(|last| last.inside("(").is_some());
        let left = match left {
            [keyword, rest @ ..] if keyword.is_word("let") => trim(rest),
            left => left,
        };
        let names = match left {
            [group] => group.inside("(").or_else(|| group.inside("["))?,
            _ => left,
        };
        if !is_call || split(names, ",").len() < 2 || !right.iter().any(|tree| tree.is_word("autograd")) {
            return None;
        }
        let value = self.expression(right);
        if !value.starts_with("autograd::") {
            return None;
        }
        let names: Vec<&str> = names.iter().filter_map(Tree::word).collect();
        names.iter().for_each(|name| self.scope.borrow_mut().define(name, Meaning::Tensor));
        Some(match names[..] {
            [name] => format!("let {name} = {value}.remove(0)"),
            _ => format!("let [{}] = {value}.try_into().unwrap()", names.join(", ")),
        })
    }

    /// `torch.autograd.grad(loss, w)[0]`: the vector is not kept.
    pub fn one_of_the_gradients(&self, before: &str, inner: &[Tree]) -> Option<String> {
        let is_call = before.starts_with("autograd::grad(") || before.starts_with("autograd::backward(");
        let [number] = inner else { return None };
        number.of(Kind::Number).filter(|_| is_call).map(|number| format!("{before}.remove({number})"))
    }

    /// `x.requires_grad = True`, `w.grad = None`, `w.data -= …`, and `w -= rate * w.grad`.
    pub fn to_a_parameter(&self, left: &[Tree], sign: &Tree, right: &[Tree]) -> Option<String> {
        let sign_text = sign.of(Kind::Sign)?;
        let in_place = match sign_text {
            "+=" => "add_",
            "-=" => "sub_",
            "*=" => "mul_",
            "/=" => "div_",
            _ => "copy_",
        };
        if let [of @ .., dot, member] = left
            && dot.is_sign(".")
            && !of.is_empty()
            && is_one(left)
            && !of[0].is_word("self")
            && matches!(self.scope.borrow().meaning(of), Meaning::Tensor | Meaning::Other)
        {
            let is_none = matches!(right, [none] if none.is_word("None"));
            return match (member.word()?, sign_text) {
                ("requires_grad", "=") => {
                    self.say_how_to_ask();
                    Some(format!("{}.requires_grad_({})", self.chain(of), self.flag(right)))
                }
                ("grad", "=") if is_none => {
                    self.say(sentence!("a gradient is forgotten by `w.zero_grad()`", "清除梯度用 `w.zero_grad()`"));
                    Some(format!("{}.zero_grad()", self.chain(of)))
                }
                ("grad", "=") => {
                    self.say(sentence!("a gradient is set by `w.set_grad(&g)`", "设置梯度用 `w.set_grad(&g)`"));
                    Some(format!("{}.set_grad({})", self.chain(of), self.lent(right)))
                }
                ("grad", _) => {
                    self.say(sentence!(
                        "a gradient is changed in place: `w.grad().mul_(0.5)`",
                        "原地修改梯度：`w.grad().mul_(0.5)`"
                    ));
                    Some(format!("{}.grad().{in_place}({})", self.chain(of), self.operand(right)))
                }
                ("data", _) => Some(self.update(&self.chain(of), in_place, right)),
                _ => None,
            };
        }
        let [name] = left else { return None };
        let name = name.word()?;
        let uses_its_gradient = right.windows(3).any(
            |parts| matches!(parts, [of, dot, grad] if of.is_word(name) && dot.is_sign(".") && grad.is_word("grad")),
        );
        if sign_text != "=" {
            let is_tensor = self.scope.borrow().meaning(left) == Meaning::Tensor;
            let is_update = in_place != "copy_" && (uses_its_gradient || is_tensor && !self.records.get());
            return is_update.then(|| self.update(name, in_place, right));
        }
        // `w = w - rate * w.grad`, of one term.
        let [first, rest @ ..] = right else { return None };
        let [operator, term @ ..] = trim(rest) else { return None };
        let is_sum = |tree: &Tree| tree.is_sign("+") || tree.is_sign("-");
        if !uses_its_gradient || !first.is_word(name) || !is_sum(operator) || trim(term).iter().any(is_sum) {
            return None;
        }
        Some(self.update(name, if operator.is_sign("-") { "sub_" } else { "add_" }, trim(term)))
    }

    /// A parameter changed in place, where nothing is recorded.
    fn update(&self, name: &str, method: &str, by: &[Tree]) -> String {
        self.say_how_to_update();
        let call = format!("{name}.{method}({})", self.operand(by));
        if !self.records.get() { call } else { format!("no_grad(|| {call})") }
    }

    fn say_how_to_update(&self) {
        self.say(sentence!(
            "parameters are changed in place: `no_grad(|| w.sub_(w.grad() * rate))`",
            "参数原地更新：`no_grad(|| w.sub_(w.grad() * rate))`"
        ));
    }

    /// `no_grad(…)` with what is computed; it takes a closure.
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

    /// Reads what stands in a block in which gradients are recorded or not.
    fn with_mode<T>(&self, function: &str, read: impl FnOnce() -> T) -> T {
        let before = self.records.replace(function != "no_grad");
        let value = self.where_names_are_lent(read);
        self.records.set(before);
        value
    }

    /// What `torch.no_grad()` and its kin, behind `with` or `@`, do.
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

    /// `with torch.no_grad():` and its block; `is_function` tells that the block may give a function's value.
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
                let (indent, body) = ("    ".repeat(depth), self.body(own, rest, depth, is_function));
                let switch = |on: bool| format!("autograd::set_detect_anomaly({on});");
                return Some(format!("{margin}{}\n{body}\n{indent}{}", switch(detect), switch(!detect)));
            }
            Mode::Unsure => {
                self.say(sentence!(
                    "whether gradients are recorded is switched by `set_grad_enabled(flag)`, before and behind",
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
        let body = self.with_mode(function, || self.body(own, rest, depth + 1, returns));
        let after = lines.get(*at).map_or(self.code.len(), |line| line.start);
        let kept = self.kept(&body, depth, after, is_last);
        let closing = "    ".repeat(depth);
        let inner = "    ".repeat(depth + 1);
        let value = |text: &str| format!("{function}(|| {{\n{text}\n{closing}}})");
        Some(match &kept[..] {
            [] if returns => format!("{margin}{}", value(&body)),
            [] => format!("{margin}{};", value(&body)),
            names => {
                let bare: Vec<&str> = names.iter().map(|name| name.trim_start_matches("mut ")).collect();
                let (pattern, result) = match (&names[..], &bare[..]) {
                    ([name], [bare]) => (name.clone(), (*bare).to_owned()),
                    _ => (format!("({})", names.join(", ")), format!("({})", bare.join(", "))),
                };
                let last = body.rsplit_once('\n').map_or(("", body.as_str()), |(before, last)| (before, last));
                // The only variable's value is the block's, where it is computed last.
                let own =
                    last.1.strip_prefix(&format!("{inner}let {pattern} = ")).and_then(|own| own.strip_suffix(';'));
                match own.filter(|own| !own.contains('\n')) {
                    Some(own) if last.0.is_empty() => format!("{margin}let {pattern} = {function}(|| {own});"),
                    Some(own) => format!("{margin}let {pattern} = {};", value(&format!("{}\n{inner}{own}", last.0))),
                    None => format!("{margin}let {pattern} = {};", value(&format!("{body}\n{inner}{result}"))),
                }
            }
        })
    }

    /// The variables that a closure's body makes and that are used behind it, each with its `mut`. Where nothing is behind
    /// it in the cell, a value that is computed last is meant to stay.
    fn kept(&self, body: &str, depth: usize, after: usize, is_last: bool) -> Vec<String> {
        let indent = "    ".repeat(depth + 1);
        let made = |line: &str| {
            let (name, _) = line.strip_prefix(&indent)?.strip_prefix("let ")?.split_once(" = ")?;
            let is_name = name.trim_start_matches("mut ").chars().all(tokens::is_word);
            is_name.then(|| name.to_owned())
        };
        if is_last && depth == 0 {
            return body.lines().last().and_then(made).into_iter().collect();
        }
        let later = tokens::tokens(&self.code[after.min(self.code.len())..]);
        let is_used = |name: &String| {
            let name = name.trim_start_matches("mut ");
            later.iter().any(|token| match token.kind {
                Kind::Word => token.text == name,
                // In an f-string.
                Kind::Text => token.text.contains(name),
                _ => false,
            })
        };
        let mut kept: Vec<String> = body.lines().filter_map(made).filter(is_used).collect();
        kept.dedup();
        kept
    }

    /// `@torch.no_grad()` above a function: its body is a closure.
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

    /// The body of a function that stood under such a decorator.
    pub fn body_in_a_closure(&self, function: &str, lines: &[Line], rest: &[Tree], depth: usize) -> String {
        let body = self.with_mode(function, || self.body(lines, rest, depth + 1, true));
        let indent = "    ".repeat(depth);
        format!("{indent}{function}(|| {{\n{body}\n{indent}}})")
    }
}

/// A backward pass in its long form.
struct Pass {
    of: String,
    options: String,
}

impl Pass {
    fn text(&self) -> String {
        format!("autograd::backward(&{}){}", self.of, self.options)
    }
}

/// The function that is a call's first argument, whose parameters have commas of their own; and the other arguments.
fn split_function<'t, 'a>(inner: &'t [Tree<'a>]) -> Option<(&'t [Tree<'a>], &'t [Tree<'a>])> {
    let is_lambda = trim(inner).first().is_some_and(|first| first.is_word("lambda"));
    let body = if is_lambda { inner.iter().position(|tree| tree.is_sign(":"))? } else { 0 };
    let end = body + inner[body..].iter().position(|tree| tree.is_sign(","))?;
    Some((trim(&inner[..end]), &inner[end + 1..]))
}

fn is_arithmetic(tree: &Tree) -> bool {
    ["+", "-", "*", "/"].iter().any(|sign| tree.is_sign(sign))
}

/// Whether parentheses hold one value and are no tuple.
fn is_one_in_brackets(tree: &Tree) -> bool {
    tree.inside("(").is_some_and(|inner| arguments(inner).len() == 1 && !inner.iter().any(|tree| tree.is_sign(",")))
}

/// How many trees `.zero_()` behind a gradient is, with the `.data` that may stand before it.
fn length_of_zeroing(rest: &[Tree]) -> Option<usize> {
    match rest {
        [dot, name, call, ..] if dot.is_sign(".") && name.is_word("zero_") && call.inside("(").is_some() => Some(3),
        [dot, data, rest @ ..] if dot.is_sign(".") && data.is_word("data") => Some(2 + length_of_zeroing(rest)?),
        _ => None,
    }
}

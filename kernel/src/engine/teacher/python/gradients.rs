//! Gradients: PyTorch's fields and options for them are method calls here.

use super::super::lesson::sentence;
use super::super::scope::Meaning;
use super::super::tokens::{Kind, Tree, trim};
use super::calls::Arguments;
use super::operators::is_one;
use super::{Reader, looks_like_python};

impl Reader<'_> {
    /// The calls that an argument `requires_grad=…` adds to a call that makes a tensor.
    pub fn asked_for_gradients(&self, required: Option<&[Tree]>) -> String {
        let Some(required) = required else { return String::new() };
        self.say_how_to_ask();
        match self.flag(required).as_str() {
            "false" => String::new(),
            flag => format!(".requires_grad_({flag})"),
        }
    }

    pub fn say_how_to_ask(&self) {
        self.say(sentence!(
            "gradients are asked for by `x.requires_grad_(true)`",
            "需要梯度时写 `x.requires_grad_(true)`"
        ));
    }

    /// `True` or `False`, or the expression that decides it.
    pub fn flag(&self, part: &[Tree]) -> String {
        match self.text(part) {
            text @ ("True" | "False") => text.to_lowercase(),
            _ => self.expression(part),
        }
    }

    /// Whether an expression may be a tensor with gradients. In a Python cell nothing else is likely.
    fn may_have_gradients(&self, of: &[Tree]) -> bool {
        match self.scope.borrow().meaning(of) {
            Meaning::Tensor => true,
            Meaning::Other if self.is_no_rust() => looks_like_python(self.code) && !of[0].is_word("self"),
            Meaning::Other => self.is_said_to_be_a_tensor(of),
            _ => false,
        }
    }

    /// `w.grad`, `w.grad.zero_()`, `x.data`: the translation, and how many trees of the chain it takes.
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
        // `.data` of the gradient is the gradient itself.
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
        let is_known = matches!(self.scope.borrow().meaning(of), Meaning::Tensor | Meaning::Other | Meaning::Module);
        if !is_known || of[0].is_word("self") {
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
            // Its lesson comes after that on the closure's own error, which is about another type.
            ("register_hook", 1) => self.hook(before, given.plain.first()?),
            ("zero_grad", 1) if given.take(&["set_to_none"]).is_some() => {
                self.say(sentence!("a gradient is forgotten by `w.zero_grad()`", "清除梯度用 `w.zero_grad()`"));
                Some(format!("{before}.zero_grad()"))
            }
            // Where PyTorch's bindings for Rust have an `Option`.
            ("unwrap", 0) | ("expect", 1) if before.ends_with(".grad()") => {
                self.say(sentence!(
                    "`w.grad()` is the gradient itself; `w.try_grad()` gives a `Result`",
                    "`w.grad()` 就是梯度；`w.try_grad()` 返回 `Result`"
                ));
                Some(before.to_owned())
            }
            ("is_none" | "is_some", 0) => self.has_a_gradient(before, name == "is_some"),
            _ => None,
        }
    }

    /// A chain that is only read, so it is borrowed.
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
        let say_who_looks = || {
            self.say(sentence!(
                "a function that only looks at the gradient is given to `inspect_grad`",
                "只查看梯度的函数交给 `inspect_grad`"
            ));
        };
        if matches!(function, [print] if print.is_word("print")) {
            say_who_looks();
            return Some(format!("{before}.inspect_grad(|gradient| println!(\"{{gradient}}\"))"));
        }
        let [lambda, rest @ ..] = function else { return None };
        let colon = rest.iter().position(|tree| tree.is_sign(":")).filter(|_| lambda.is_word("lambda"))?;
        let [name] = trim(&rest[..colon]) else { return None };
        let (name, body) = (name.word()?, trim(&rest[colon + 1..]));
        self.scope.borrow_mut().define_parameter(name, "&Tensor");
        self.say(sentence!("a function without a name is `|x| …`", "匿名函数写作 `|x| …`"));
        let is_shown = body.first().is_some_and(|first| first.is_word("print"));
        let method = if is_shown { "inspect_grad" } else { "register_hook" };
        if is_shown {
            say_who_looks();
        }
        let solid: Vec<&Tree> = body.iter().filter(|tree| !tree.is_blank()).collect();
        let is_factor =
            |tree: &Tree| tree.of(Kind::Number).is_some_and(|text| text.bytes().all(|b| b.is_ascii_digit()));
        let value = self.expression(body);
        // Gradients are floating-point numbers.
        let value = match solid[..] {
            [of, sign, number] if of.is_word(name) && is_arithmetic(sign) && is_factor(number) => format!("{value}.0"),
            _ => value,
        };
        Some(format!("{before}.{method}(|{name}| {value})"))
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
        // `w = w - rate * w.grad`, with a single term.
        let [first, rest @ ..] = right else { return None };
        let [operator, term @ ..] = trim(rest) else { return None };
        let is_sum = |tree: &Tree| tree.is_sign("+") || tree.is_sign("-");
        if !uses_its_gradient || !first.is_word(name) || !is_sum(operator) || trim(term).iter().any(is_sum) {
            return None;
        }
        Some(self.update(name, if operator.is_sign("-") { "sub_" } else { "add_" }, trim(term)))
    }

    /// A parameter that is changed in place, without recording.
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

    /// `tensor![1.0, 2.0, requires_grad=true]`, `tensor!([1.0, 2.0], requires_grad=True)`.
    pub fn asked_for_in_a_macro(&self, group: &Tree) -> Option<String> {
        let mut given = Arguments::of(group.inside("[").or_else(|| group.inside("("))?);
        let required = given.take(&["requires_grad"])?;
        let asked = self.asked_for_gradients(Some(required));
        match (&given.plain[..], group.inside("(")) {
            ([list @ [_]], Some(_)) => Some(format!("tensor!{}{asked}", self.text(list))),
            (parts, None) => Some(format!("tensor![{}]{asked}", self.expressions(parts))),
            _ => None,
        }
    }
}

fn is_arithmetic(tree: &Tree) -> bool {
    ["+", "-", "*", "/"].iter().any(|sign| tree.is_sign(sign))
}

/// How many trees `.zero_()` after a gradient takes, including a `.data` before it.
fn length_of_zeroing(rest: &[Tree]) -> Option<usize> {
    match rest {
        [dot, name, call, ..] if dot.is_sign(".") && name.is_word("zero_") && call.inside("(").is_some() => Some(3),
        [dot, data, rest @ ..] if dot.is_sign(".") && data.is_word("data") => Some(2 + length_of_zeroing(rest)?),
        _ => None,
    }
}

//! The functions of `torch.autograd`, and backward passes with options.

use super::super::lesson::sentence;
use super::super::library;
use super::super::scope::Meaning;
use super::super::tokens::{Kind, Tree, arguments, split, trim};
use super::Reader;
use super::calls::Arguments;

impl Reader<'_> {
    /// A function of `torch.autograd`.
    pub fn of_autograd(&self, name: &str, inner: &[Tree]) -> Option<String> {
        let mut given = Arguments::of(inner);
        match name {
            // Already Rust.
            "grad" if given.named.is_empty() && given.plain.len() == 2 && is_lent_name(given.plain[1]) => None,
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
            // Already Rust.
            "backward" if is_lent(inner) => None,
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
                if is_lent(rest) && !trim(inner).first().is_some_and(|first| first.is_word("lambda")) {
                    return None;
                }
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

    /// The argument with this name, or the first one without a name.
    fn first<'t, 'a>(&self, given: &mut Arguments<'t, 'a>, name: &str) -> Option<&'t [Tree<'a>]> {
        given.take(&[name]).or_else(|| (!given.plain.is_empty()).then(|| given.plain.remove(0)))
    }

    /// One tensor or a list of tensors, as a list of references.
    fn tensors_in_a_list(&self, part: &[Tree]) -> String {
        match part {
            [list] if list.inside("[").is_some() || list.inside("(").is_some() && !is_one_in_brackets(list) => {
                self.tensors(part)
            }
            [lend, list] if lend.is_sign("&") && list.inside("[").is_some() => self.tensors(part),
            _ => format!("[{}]", self.lent(part)),
        }
    }

    /// The long form of a backward pass, with options by name or position.
    pub fn pass(&self, of: &str, gradient: &str, given: &mut Arguments) -> Option<Pass> {
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

    /// A function of tensors, as a function of a list of this length.
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
            // Already Rust.
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

    /// `torch.autograd.grad(loss, w)[0]`, where the vector is not kept.
    pub fn one_of_the_gradients(&self, before: &str, inner: &[Tree]) -> Option<String> {
        let is_call = before.starts_with("autograd::grad(") || before.starts_with("autograd::backward(");
        let [number] = inner else { return None };
        number.of(Kind::Number).filter(|_| is_call).map(|number| format!("{before}.remove({number})"))
    }
}

/// A backward pass in its long form.
pub struct Pass {
    of: String,
    pub options: String,
}

impl Pass {
    pub fn text(&self) -> String {
        format!("autograd::backward(&{}){}", self.of, self.options)
    }
}

/// The function that is a call's first argument, whose parameters contain commas too, and the other arguments.
fn split_function<'t, 'a>(inner: &'t [Tree<'a>]) -> Option<(&'t [Tree<'a>], &'t [Tree<'a>])> {
    let is_lambda = trim(inner).first().is_some_and(|first| first.is_word("lambda"));
    let body = if is_lambda { inner.iter().position(|tree| tree.is_sign(":"))? } else { 0 };
    let end = body + inner[body..].iter().position(|tree| tree.is_sign(","))?;
    Some((trim(&inner[..end]), &inner[end + 1..]))
}

/// Whether parentheses hold one value and are not a tuple.
fn is_one_in_brackets(tree: &Tree) -> bool {
    tree.inside("(").is_some_and(|inner| arguments(inner).len() == 1 && !inner.iter().any(|tree| tree.is_sign(",")))
}

/// Whether the arguments are a single reference, as in Rust.
fn is_lent(inner: &[Tree]) -> bool {
    trim(inner).first().is_some_and(|first| first.is_sign("&")) && arguments(inner).len() == 1
}

/// `&inputs`, a list that is already borrowed.
fn is_lent_name(part: &[Tree]) -> bool {
    matches!(part, [lend, name] if lend.is_sign("&") && name.word().is_some())
}

//! Models, which are called like functions in PyTorch, and their methods.

use super::super::lesson::sentence;
use super::super::scope::Meaning;
use super::super::tokens::{self, Kind, Tree, arguments, trim};
use super::calls::Arguments;
use super::statements::Line;
use super::{Reader, looks_like_python};

/// Conventional names of models and losses.
const USUAL: [&str; 8] =
    ["model", "net", "network", "criterion", "loss_fn", "loss_func", "loss_function", "classifier"];

impl Reader<'_> {
    /// Whether an expression has a `forward`: according to its type, or because a variable is called.
    pub fn is_a_model(&self, of: &[Tree]) -> bool {
        let scope = self.scope.borrow();
        match scope.meaning(of) {
            // In a Rust cell, a name that looks like a type may be anything.
            Meaning::Module => looks_like_python(self.code) || !self.is_no_rust() || self.code.contains("nn."),
            Meaning::Other => match of {
                [name] => name.word().is_some_and(|name| {
                    let is_usual = USUAL.contains(&name) && !scope.knows_item(name);
                    let is_variable = scope.variable(name).is_some() && !self.is_a_closure(name);
                    let may_be = looks_like_python(self.code) || !self.is_no_rust();
                    is_variable && may_be || is_usual && looks_like_python(self.code)
                }),
                // Only the names of a struct's layers are known.
                [this, dot, name] => {
                    this.is_word("self") && dot.is_sign(".") && name.word().is_some_and(|name| USUAL.contains(&name))
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether the cell defines a closure with this name.
    fn is_a_closure(&self, name: &str) -> bool {
        let tokens: Vec<_> = tokens::tokens(self.code).into_iter().filter(|token| token.kind != Kind::Space).collect();
        tokens.windows(3).any(|window| {
            window[0].text == name && window[1].text == "=" && matches!(window[2].text, "lambda" | "|" | "||" | "move")
        })
    }

    /// `Network()` for the user's own struct, which is made by `new`.
    pub fn new_module(&self, trees: &[Tree]) -> Option<String> {
        let [name, call, ..] = trees else { return None };
        let (name, inner) = (name.word()?, call.inside("(")?);
        let is_own = super::modules::is_a_type(name) && self.scope.borrow().knows_item(name);
        let is_pythons = looks_like_python(self.code) || !self.is_no_rust();
        if !is_own || !is_pythons || !self.is_at_fault(&trees[..1]) {
            return None;
        }
        self.say(sentence!("a struct is made by its `new`: `{name}::new()`", "结构体用 `new` 创建：`{name}::new()`"));
        let given = Arguments::of(inner);
        let all = given.plain.iter().chain(given.named.iter().map(|(_, value)| value));
        Some(format!("{name}::new({})", all.map(|part| self.expression(part)).collect::<Vec<_>>().join(", ")))
    }

    /// `model(x)`, `self.hidden(x)`, `criterion(scores, labels)`.
    pub fn called_model(&self, before: &str, of: &[Tree], inner: &[Tree]) -> Option<String> {
        if !self.is_a_model(of) {
            return None;
        }
        self.say(sentence!(
            "a model is called by `model.forward(&x)`, a loss by `criterion.forward(&scores, &labels)`",
            "调用模型写作 `model.forward(&x)`，损失写作 `criterion.forward(&scores, &labels)`"
        ));
        Some(self.forwarded(before, of, inner))
    }

    /// `self.hidden(x)` for a layer that is a field.
    pub fn called_field(&self, before: &str, of: &[Tree], name: &str, inner: &[Tree]) -> Option<String> {
        let is_field = matches!(of, [this] if this.is_word("self"))
            && self.scope.borrow().variable(&format!("self.{name}")) == Some(&Meaning::Module);
        is_field.then(|| {
            let text = format!("{before}.{name}");
            let trees = tokens::trees(name);
            self.forwarded(&text, &trees, inner)
        })
    }

    /// A call of `forward`; arguments that are only read are borrowed.
    fn forwarded(&self, before: &str, of: &[Tree], inner: &[Tree]) -> String {
        let parts = arguments(inner);
        let text = |part: &&[Tree]| match part {
            [tuple] if tuple.inside("(").is_some_and(|inner| arguments(inner).len() > 1) => {
                let states: Vec<String> =
                    arguments(tuple.inside("(").unwrap_or_default()).iter().map(|part| self.lent_once(part)).collect();
                format!("({})", states.join(", "))
            }
            _ => self.lent_or_number(part),
        };
        let texts: Vec<String> = parts.iter().map(text).collect();
        let has_state = texts.len() == 2 && self.is_recurrent(of);
        format!("{before}.forward{}({})", if has_state { "_with" } else { "" }, texts.join(", "))
    }

    /// Whether the cell says that a layer is recurrent.
    fn is_recurrent(&self, of: &[Tree]) -> bool {
        let name = of.last().and_then(Tree::word).unwrap_or_default();
        ["LSTM", "GRU", "RNN"].iter().any(|layer| {
            self.code.contains(&format!("{name} = nn.{layer}("))
                || self.code.contains(&format!("{name} = nn::{layer}::"))
        }) || matches!(name, "lstm" | "gru" | "rnn")
    }

    /// Methods of models, optimisers, schedules and loaders that have another form here.
    pub fn method_of_a_model(&self, before: &str, of: &[Tree], name: &str, inner: &[Tree]) -> Option<String> {
        let parts = arguments(inner);
        let may_be_a_model = || matches!(self.scope.borrow().meaning(of), Meaning::Module | Meaning::Other);
        match (name, &parts[..]) {
            ("forward", [_, ..]) if may_be_a_model() && looks_like_python(self.code) && !of[0].is_word("super") => {
                let lent: Vec<String> = parts.iter().map(|part| self.lent_or_number(part)).collect();
                let text = format!("{before}.forward({})", lent.join(", "));
                if text != format!("{before}.forward({})", self.text(inner)) {
                    self.say(sentence!(
                        "a model only looks at what it is given: `model.forward(&x)`",
                        "模型只是读取输入：`model.forward(&x)`"
                    ));
                }
                Some(text)
            }
            ("load_state_dict", [state, ..]) if looks_like_python(self.code) => {
                let text = format!("{before}.load_state_dict({})", self.lent(state));
                self.say(sentence!(
                    "a state dict is lent: `model.load_state_dict(&state)`",
                    "state dict 用 `&` 借用：`model.load_state_dict(&state)`"
                ));
                Some(text)
            }
            ("to" | "cuda" | "cpu", _) if !of[0].is_word("torch") => {
                let device = match (name, &parts[..]) {
                    ("cuda", []) => "Device::Gpu(0)".to_owned(),
                    ("cpu", []) if self.is_no_rust() => "Device::Cpu".to_owned(),
                    ("to", [device]) => self.device(device)?,
                    _ => return None,
                };
                self.say(sentence!(
                    "to a device it goes by `to`: `x.to(Device::Gpu(0))`",
                    "移到设备上用 `to`：`x.to(Device::Gpu(0))`"
                ));
                Some(format!("{before}.to({device})"))
            }
            ("apply", [_]) if self.is_a_model(of) => {
                self.say(sentence!(
                    "weights are reinitialised by a loop: `for w in model.parameters() {{ nn::init::normal_(&w, 0.0, 0.01); }}`",
                    "重新初始化权重用循环：`for w in model.parameters() {{ nn::init::normal_(&w, 0.0, 0.01); }}`"
                ));
                self.give_up();
                None
            }
            _ => None,
        }
    }

    /// `model.to(device)` as a statement: here `to` consumes the model, so its result is assigned.
    pub fn moved_to_a_device(&self, content: &[Tree]) -> Option<String> {
        let [name, dot, to, call] = content else { return None };
        let is_move = dot.is_sign(".") && matches!(to.word(), Some("to" | "cuda")) && call.inside("(").is_some();
        let model = name.word().filter(|_| is_move && self.is_a_model(&content[..1]))?;
        self.say(sentence!(
            "a model goes through `to` and comes out again: `let {model} = {model}.to(device);`",
            "模型经过 `to` 后要重新接住：`let {model} = {model}.to(device);`"
        ));
        Some(format!("let {model} = {}", self.expression(content)))
    }

    /// `optimizer.param_groups[0]["lr"]`, and how many trees of the chain it takes.
    pub fn rate(&self, before: &str, rest: &[Tree]) -> Option<(String, usize)> {
        let [dot, groups, number, key, ..] = rest else { return None };
        let is_rate = key.inside("[").is_some_and(|key| self.text(key).trim_matches(['\'', '"']) == "lr");
        if !dot.is_sign(".") || !groups.is_word("param_groups") || number.inside("[").is_none() || !is_rate {
            return None;
        }
        self.say(sentence!(
            "the rate is `optimizer.lr()`, and set by `set_lr`",
            "学习率是 `optimizer.lr()`，用 `set_lr` 设置"
        ));
        Some((format!("{before}.lr()"), 4))
    }

    /// `for param in model.parameters(): param.requires_grad = False`: a method of the model freezes them all.
    pub fn frozen(&self, lines: &[Line], at: &mut usize) -> Option<String> {
        let line = lines[*at];
        let (header, rest) = line.header().filter(|_| line.first() == "for")?;
        let over = header.iter().position(|tree| tree.is_word("in"))?;
        let [of @ .., dot, parameters, call] = trim(&header[over + 1..]) else { return None };
        let is_all = dot.is_sign(".") && parameters.is_word("parameters") && call.inside("(").is_some();
        let mut after = *at + 1;
        let own = self.lines_of_a_block(lines, &mut after, line.indent());
        let own: Vec<&[Tree]> = own.iter().map(Line::content).filter(|line| !line.is_empty()).collect();
        let body = match &own[..] {
            [] => rest,
            [body] if rest.is_empty() => body,
            _ => return None,
        };
        let equals = body.iter().position(|tree| tree.is_sign("=")).filter(|_| is_all)?;
        let left = trim(&body[..equals]);
        let name = header.get(2).and_then(Tree::word)?;
        let [of_parameter, _, member] = left else { return None };
        if !of_parameter.is_word(name) || !member.is_word("requires_grad") {
            return None;
        }
        let flag = self.flag(trim(&body[equals + 1..]));
        *at = after;
        self.say(sentence!(
            "all parameters of a model are frozen by `model.requires_grad_(false)`",
            "冻结模型的所有参数用 `model.requires_grad_(false)`"
        ));
        Some(format!("{}{}.requires_grad_({flag});", self.before(line), self.chain(of)))
    }

    /// `next(iter(loader))`, and `sum(p.numel() for p in model.parameters())`.
    pub fn of_a_loader_or_model(&self, name: &str, inner: &[Tree]) -> Option<String> {
        if !looks_like_python(self.code) && self.is_no_rust() {
            return None;
        }
        match (name, trim(inner)) {
            ("next", [iter, call]) if iter.is_word("iter") => {
                self.say(sentence!(
                    "the first batch of a loader is `loader.iter().next().unwrap()`",
                    "加载器的第一个批次是 `loader.iter().next().unwrap()`"
                ));
                Some(format!("{}.iter().next().unwrap()", self.expression(call.inside("(")?)))
            }
            ("next", [name]) if name.word().is_some() => {
                self.say(sentence!(
                    "what comes next is `batches.next().unwrap()`",
                    "下一个是 `batches.next().unwrap()`"
                ));
                Some(format!("{}.next().unwrap()", self.text(std::slice::from_ref(name))))
            }
            ("iter", [name]) if name.word().is_some() => {
                self.say(sentence!("a loader's batches are `loader.iter()`", "加载器的批次是 `loader.iter()`"));
                Some(format!("{}.iter()", self.text(std::slice::from_ref(name))))
            }
            ("sum", of) => {
                let text = self.text(of);
                let (counted, rest) = text.split_once(" for ")?;
                let (variable, over) = rest.split_once(" in ")?;
                let (over, condition) = over.split_once(" if ").unwrap_or((over, ""));
                let model = over.trim().strip_suffix(".parameters()")?;
                let is_count = counted.trim() == format!("{variable}.numel()")
                    || counted.trim() == format!("{variable}.nelement()");
                if !is_count || !model.chars().all(|c| tokens::is_word(c) || c == '.') {
                    return None;
                }
                self.say(sentence!(
                    "parameters are counted by `model.num_parameters()`",
                    "参数个数是 `model.num_parameters()`"
                ));
                match condition.trim() {
                    "" => Some(format!("{model}.num_parameters()")),
                    text if text == format!("{variable}.requires_grad") => Some(format!(
                        "{model}.parameters().iter().filter(|{variable}| {variable}.requires_grad()).map(|{variable}| {variable}.numel()).sum::<usize>()"
                    )),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

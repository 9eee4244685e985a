//! Chains of calls, and PyTorch's forms of the tensor library's calls: shapes without brackets, named arguments.

use super::super::lesson::sentence;
use super::super::library;
use super::super::scope::{Meaning, is_float};
use super::super::tokens::{self, Kind, Tree, arguments, trim};
use super::Reader;

/// The arguments of a call, positional and named.
pub struct Arguments<'t, 'a> {
    pub plain: Vec<&'t [Tree<'a>]>,
    pub named: Vec<(&'a str, &'t [Tree<'a>])>,
}

impl<'t, 'a> Arguments<'t, 'a> {
    pub fn of(inner: &'t [Tree<'a>]) -> Arguments<'t, 'a> {
        let mut found = Arguments { plain: Vec::new(), named: Vec::new() };
        for argument in arguments(inner) {
            match argument {
                [name, rest @ ..]
                    if name.word().is_some() && trim(rest).first().is_some_and(|sign| sign.is_sign("=")) =>
                {
                    found.named.extend(name.word().map(|name| (name, trim(&trim(rest)[1..]))));
                }
                _ => found.plain.push(argument),
            }
        }
        found
    }

    /// Removes and returns the argument with one of these names.
    pub fn take(&mut self, names: &[&str]) -> Option<&'t [Tree<'a>]> {
        let at = self.named.iter().position(|(name, _)| names.contains(name))?;
        Some(self.named.remove(at).1)
    }
}

impl Reader<'_> {
    /// A name, number or bracket with its calls, members and indices.
    pub fn chain(&self, trees: &[Tree]) -> String {
        if let Some(text) = self.joined_text(trees) {
            return text;
        }
        let (mut text, mut at) = self.beginning(trees);
        while at < trees.len() {
            let (next, length) = self.link(text, &trees[..at], &trees[at..]);
            text = next;
            at += length;
        }
        text
    }

    /// `"…".format(…)`.
    pub fn joined_text(&self, trees: &[Tree]) -> Option<String> {
        let format = self.formatted(trees).filter(|_| self.is_at_fault(trees))?;
        self.say(sentence!("text with values in it is made by `format!`", "把值写进字符串用 `format!`"));
        Some(format!("format!({})", format.in_macro()))
    }

    /// The beginning of a chain, and how many trees it takes.
    pub fn beginning(&self, trees: &[Tree]) -> (String, usize) {
        let token = match &trees[0] {
            Tree::Group(group) => {
                let text = self.group(&trees[0], group);
                // A power no longer needs brackets around it.
                let is_power = group.open.text == "(" && is_power(&group.inner) && text.len() > 2;
                return (if is_power { text[1..text.len() - 1].to_owned() } else { text }, 1);
            }
            Tree::Leaf(token) => token,
        };
        if let [_, group, ..] = trees
            && matches!(group, Tree::Group(of) if of.open.text != "{")
            && matches!(
                token.text,
                "Vec" | "tensor" | "vec" | "println" | "format" | "print" | "assert" | "assert_eq" | "array"
            )
            && (group.inside("[").is_some() || matches!(token.text, "println" | "format" | "assert" | "assert_eq"))
            && !self.scope.borrow().knows(token.text)
            && self.is_at_fault(&trees[..2])
        {
            let name = if token.text == "Vec" { "vec" } else { token.text };
            self.say(sentence!("`{name}` is a macro, which is called with `!`", "`{name}` 是宏，调用时要加 `!`"));
            return (format!("{name}!{}", self.inner_of(group)), 2);
        }
        if let Some(text) = self.new_module(trees).or_else(|| self.call_with_names(trees, token.text)) {
            return (text, 2);
        }
        match token.kind {
            Kind::Text if self.is_at_fault(&trees[..1]) => return (self.literal(token), 1),
            Kind::Word => {}
            _ => return (token.text.to_owned(), 1),
        }
        if self.is_at_fault(trees)
            && let Some(found) = self.of_a_module(trees)
        {
            return found;
        }
        if let [_, call, ..] = trees
            && let Some(inner) = call.inside("(")
            && !self.scope.borrow().knows(token.text)
            && self.is_at_fault(&trees[..2])
            && let Some(text) = self.function(token.text, inner)
        {
            return (text, 2);
        }
        if matches!(token.text, "True" | "False") && self.is_at_fault(&trees[..1]) {
            self.say(sentence!("`true` and `false` are written small", "`true` 和 `false` 用小写"));
            return (token.text.to_lowercase(), 1);
        }
        if let [_, bang, group, ..] = trees
            && bang.is_sign("!")
            && token.text == "tensor"
            && self.is_at_fault(std::slice::from_ref(group))
        {
            if let Some(text) = self.asked_for_in_a_macro(group) {
                return (text, 3);
            }
            return (format!("tensor!{}", self.tensor_literal(group)), 3);
        }
        (token.text.to_owned(), 1)
    }

    /// `f(length=2.0)` for a function of the user's.
    pub fn call_with_names(&self, trees: &[Tree], name: &str) -> Option<String> {
        let given = Arguments::of(trees.get(1)?.inside("(")?);
        if given.named.is_empty() || !self.scope.borrow().knows_item(name) || !self.is_at_fault(&trees[..2]) {
            return None;
        }
        self.say(sentence!("arguments have no names, only places", "参数按位置给出，没有名字"));
        let all = given.plain.iter().chain(given.named.iter().map(|(_, value)| value));
        Some(format!("{name}({})", all.map(|part| self.expression(part)).collect::<Vec<_>>().join(", ")))
    }

    /// The next link of a chain, which may change the text before it, and how many trees it takes.
    pub fn link(&self, before: String, of: &[Tree], rest: &[Tree]) -> (String, usize) {
        match rest {
            [dot, name, call, ..] if dot.is_sign(".") && call.inside("(").is_some() && name.word().is_some() => {
                let (name, inner) = (name.word().unwrap_or_default(), call.inside("(").unwrap_or_default());
                let changed =
                    || self.called_field(&before, of, name, inner).or_else(|| self.method(&before, of, name, inner));
                let changed = if self.is_at_fault(&rest[1..3]) { changed() } else { None };
                let blank = self.text(&rest[..1]);
                let plain = || {
                    format!("{before}{blank}{name}{}", self.lending(of, inner).unwrap_or_else(|| self.inner_of(call)))
                };
                (changed.unwrap_or_else(plain), 3)
            }
            [colons, name, call, ..]
                if colons.is_sign("::") && call.inside("(").is_some() && self.is_at_fault(&rest[1..3]) =>
            {
                let inner = call.inside("(").unwrap_or_default();
                let changed = self.of_a_path(&before, name.word().unwrap_or_default(), inner);
                let plain = || format!("{before}::{}{}", self.text(&rest[1..2]), self.inner_of(call));
                (changed.unwrap_or_else(plain), 3)
            }
            // `nn::Conv2d::new(1, 6, 5, padding=2)`
            [colons, name, again, new, call, ..]
                if before == "nn"
                    && colons.is_sign("::")
                    && again.is_sign("::")
                    && new.is_word("new")
                    && self.is_at_fault(&rest[..5])
                    && let Some(name) = name.word()
                    && let Some(inner) = call.inside("(")
                    && Reader::is_made_as_in_python(name, inner) =>
            {
                let made = self.layer(name, inner);
                (made.unwrap_or_else(|| format!("nn::{name}::new{}", self.inner_of(call))), 5)
            }
            [dot, name, ..] if dot.is_sign(".") && self.is_at_fault(&rest[1..2]) => {
                if let Some(found) = self.rate(&before, rest) {
                    return found;
                }
                if let Some(found) = self.gradient(&before, of, rest) {
                    return found;
                }
                let changed = name.word().and_then(|name| self.member(&before, of, name, &rest[2..]));
                (changed.unwrap_or_else(|| format!("{before}.{}", self.text(&rest[1..2]))), 2)
            }
            // A macro call; one that prints can take f-strings unchanged.
            [bang, group, ..] if bang.is_sign("!") => {
                let inner =
                    group.inside("(").filter(|_| matches!(before.as_str(), "println" | "print" | "format" | "panic"));
                let format = inner.and_then(|inner| {
                    self.formatted(inner).or_else(|| self.added_text(inner)).or_else(|| self.f_string_alone(inner))
                });
                let format = format.filter(|_| self.is_at_fault(&rest[..2]));
                let arguments = format.map(|format| {
                    self.say(sentence!(
                        "values stand in the text itself: `println!(\"{{x}}\")`",
                        "值直接写在字符串里：`println!(\"{{x}}\")`"
                    ));
                    format!("({})", format.in_macro())
                });
                (format!("{before}!{}", arguments.unwrap_or_else(|| self.inner_of(group))), 2)
            }
            // A row in a macro's input: `softmax[dim: i64]`.
            [group, ..] if group.inside("[").is_some_and(names_types) => {
                (format!("{before}{}", self.text(&rest[..1])), 1)
            }
            [group, ..] if group.inside("[").is_some() => {
                let inner = group.inside("[").unwrap_or_default();
                if let Some(text) = self.one_of_the_gradients(&before, inner) {
                    return (text, 1);
                }
                // A second index after an index into a tensor is an index into a tensor too.
                let is_changed = before != self.text(of) && self.scope.borrow().meaning(of) == Meaning::Tensor;
                let changed =
                    if self.is_at_fault(&rest[..1]) || is_changed { self.index(&before, of, inner) } else { None };
                (changed.unwrap_or_else(|| format!("{before}{}", self.inner_of(group))), 1)
            }
            [group, ..] if group.inside("(").is_some() && self.is_at_fault(of) => {
                let called = self.called_model(&before, of, group.inside("(").unwrap_or_default());
                (called.unwrap_or_else(|| format!("{before}{}", self.inner_of(group))), 1)
            }
            [group @ Tree::Group(_), ..] => (format!("{before}{}", self.inner_of(group)), 1),
            _ => (format!("{before}{}", self.text(&rest[..1])), 1),
        }
    }

    /// A call of a function of `plot` or `picture`.
    pub fn of_a_path(&self, module: &str, name: &str, inner: &[Tree]) -> Option<String> {
        match module {
            "autograd" => return self.of_autograd(name, inner),
            // `nn::Linear(3, 2)`
            "nn" if Reader::is_a_layer(name) => return self.layer(name, inner),
            "optim" if super::modules::is_a_type(name) => return self.optimizer(name, inner),
            "data" if super::modules::is_a_type(name) => return self.of_data(name, inner),
            _ => {}
        }
        let parts = arguments(inner);
        match (module, name, &parts[..]) {
            ("plot", "line" | "plot", [x, y]) => {
                self.say(sentence!(
                    "positions and values are one pair, in their own parentheses",
                    "x 与 y 用圆括号写成一对"
                ));
                // `..`, for 0, 1, 2, …, cannot be borrowed.
                let x = if self.expression(x).starts_with("..") { self.expression(x) } else { self.lent(x) };
                Some(format!("plot::{name}(({x}, {}))", self.lent(y)))
            }
            ("picture", "network" | "tensor_ranks", [_, _, ..]) => {
                self.say(sentence!("several tensors are one list, in brackets", "多个张量写成一个列表"));
                Some(format!(
                    "picture::{name}([{}])",
                    parts.iter().map(|part| self.lent(part)).collect::<Vec<_>>().join(", ")
                ))
            }
            _ => None,
        }
    }

    /// The arguments of a tensor's method; those that are used again are borrowed.
    fn lending(&self, of: &[Tree], inner: &[Tree]) -> Option<String> {
        let parts = arguments(inner);
        let lends = self.is_a_tensor(of) && parts.iter().any(|part| self.is_used_again(part));
        let text = |part: &&[Tree]| if self.is_used_again(part) { self.lent(part) } else { self.expression(part) };
        lends.then(|| format!("({})", parts.iter().map(text).collect::<Vec<_>>().join(", ")))
    }

    pub fn inner_of(&self, tree: &Tree) -> String {
        match tree {
            Tree::Group(group) => self.group(tree, group),
            Tree::Leaf(token) => token.text.to_owned(),
        }
    }

    /// A call of one of the tensor library's functions.
    pub fn library_call(&self, name: &str, inner: &[Tree]) -> Option<String> {
        let mut of = Arguments::of(inner);
        let dtype = of.take(&["dtype"]);
        of.take(&["device"]);
        let asked = self.asked_for_gradients(of.take(&["requires_grad"]));
        let conversion = dtype.map(|dtype| format!(".to({})", self.dtype(dtype))).unwrap_or_default();
        let call = match name {
            "no_grad" | "enable_grad" => self.in_a_closure(name, &of),
            "full" | "arange" | "randint" | "from_vec" | "from_slice" => self.counted(name, &of),
            "cat" | "stack" | "hstack" | "vstack" | "dstack" => Some(self.joined(name, &mut of)?),
            _ if library::OF_A_SHAPE.contains(&name) => Some(self.of_a_shape(name, &mut of)),
            _ => None,
        };
        Some(format!("{}{conversion}{asked}", call.unwrap_or_else(|| self.by_place(name, of))))
    }

    /// `rand(3, 2)`, `zeros((3, 2))`.
    fn of_a_shape(&self, name: &str, of: &mut Arguments) -> String {
        if let Some(size) = of.take(&["size"]) {
            of.plain.insert(0, size);
        }
        if of.plain.len() > 1 && of.plain.iter().all(is_number) {
            self.say(sentence!("a shape is an array: `{name}([3, 2])`", "形状写成数组：`{name}([3, 2])`"));
            return format!("{name}([{}])", self.expressions(&of.plain));
        }
        format!("{name}({})", of.plain.iter().map(|part| self.shape(part)).collect::<Vec<_>>().join(", "))
    }

    /// Functions to which PyTorch passes more arguments than this library has parameters.
    fn counted(&self, name: &str, of: &Arguments) -> Option<String> {
        Some(match (name, &of.plain[..]) {
            ("randint", [low, high, shape, ..]) => {
                self.say(sentence!(
                    "from one number to another is a range: `randint(0..10, [3])`",
                    "从一个数到另一个数写成范围：`randint(0..10, [3])`"
                ));
                format!("randint({}..{}, {})", self.expression(low), self.expression(high), self.shape(shape))
            }
            ("from_vec" | "from_slice", [values, shape]) => {
                self.say(sentence!(
                    "a shape is given by `view`: `{name}(v).view([2, 3])`",
                    "形状用 `view` 给出：`{name}(v).view([2, 3])`"
                ));
                format!("{name}({}).view({})", self.expression(values), self.shape(shape))
            }
            ("full", [lengths @ .., value]) if lengths.len() > 1 && of.plain.iter().all(is_number) => {
                self.say(sentence!("a shape is an array: `{name}([3, 2], …)`", "形状写成数组：`{name}([3, 2], …)`"));
                format!("full([{}], {})", self.expressions(lengths), self.expression(value))
            }
            ("arange", [from, to]) => {
                self.say(sentence!(
                    "from one number to another is a range: `arange(2..10)`",
                    "从一个数到另一个数写成范围：`arange(2..10)`"
                ));
                format!("arange({}..{})", self.expression(from), self.expression(to))
            }
            ("arange", [_, _, _, ..]) => {
                self.say(sentence!(
                    "several numbers are one tuple: `arange((0, 10, 2))`",
                    "多个数写成一个元组：`arange((0, 10, 2))`"
                ));
                format!("arange(({}))", self.expressions(&of.plain))
            }
            _ => return None,
        })
    }

    /// `cat([x, y], dim=1)`, `cat(x, y)`.
    fn joined(&self, name: &str, of: &mut Arguments) -> Option<String> {
        let is_list = |part: &&[Tree]| match part {
            [group] => !is_number(part) && group.leaf().is_none(),
            [lend, group] => lend.is_sign("&") && group.leaf().is_none(),
            _ => false,
        };
        let is_whole = |part: &&[Tree]| self.scope.borrow().meaning(part) == Meaning::Whole;
        if of.plain.len() > 1 && !of.plain.iter().any(|part| is_list(part) || is_whole(part)) {
            self.say(sentence!("several tensors are one list, in brackets", "多个张量写成一个列表"));
            let parts: Vec<String> = of.plain.iter().map(|part| self.lent(part)).collect();
            return Some(format!("{name}([{}])", parts.join(", ")));
        }
        let tensors = self.tensors(of.plain.first()?);
        let dim = of.take(&["dim", "axis"]).or_else(|| of.plain.get(1).copied()).map(|dim| self.expression(dim));
        let Some(dim) = dim.filter(|dim| dim != "0") else { return Some(format!("{name}({tensors})")) };
        self.say(sentence!("along another dimension it is `{name}_dim(…, 1)`", "沿其他维用 `{name}_dim(…, 1)`"));
        Some(format!("{name}_dim({tensors}, {dim})"))
    }

    /// A call with positional arguments, and with tensors borrowed.
    fn by_place(&self, name: &str, mut of: Arguments) -> String {
        let is_text = |part: &[Tree]| self.scope.borrow().meaning(part) == Meaning::Text;
        // Where another library has the file's name last.
        if name.starts_with("write_") && of.plain.len() == 2 && is_text(of.plain[1]) && !is_text(of.plain[0]) {
            of.plain.reverse();
        }
        if !of.named.is_empty() {
            self.say(sentence!("arguments have no names, only places", "参数按位置给出，没有名字"));
        }
        let lend = |part: &[Tree]| match self.scope.borrow().meaning(part) {
            Meaning::Tensor => self.lent(part),
            _ if name == "from_ndarray" => self.lent(part),
            _ => self.shape(part),
        };
        let named = of.named.iter().map(|(_, value)| *value);
        let parts: Vec<String> = of.plain.iter().copied().chain(named).map(lend).collect();
        format!("{name}({})", parts.join(", "))
    }

    /// A shape that may be a tuple.
    pub fn shape(&self, part: &[Tree]) -> String {
        match part {
            [group] if group.inside("(").is_some() => {
                let lengths: Vec<String> =
                    arguments(group.inside("(").unwrap_or_default()).iter().map(|part| self.expression(part)).collect();
                if lengths.is_empty() || lengths.len() == 1 && !self.text(part).contains(',') {
                    self.text(part).to_owned()
                } else {
                    format!("[{}]", lengths.join(", "))
                }
            }
            _ => self.expression(part),
        }
    }

    /// A list of tensors, as a list of references.
    pub fn tensors(&self, part: &[Tree]) -> String {
        let inner = match part {
            [group] => group.inside("[").or_else(|| group.inside("(")),
            [lend, group] if lend.is_sign("&") => group.inside("["),
            _ => None,
        };
        match inner {
            Some(inner) => {
                let parts: Vec<String> = arguments(inner).iter().map(|part| self.lent(part)).collect();
                format!("[{}]", parts.join(", "))
            }
            None => self.lent(part),
        }
    }

    /// A list of numbers for `tensor!`: if one has a fraction, all get one.
    pub fn tensor_literal(&self, group: &Tree) -> String {
        let text = self.text(std::slice::from_ref(group));
        let pieces = tokens::tokens(text);
        let is_whole = |token: &tokens::Token| {
            token.kind == Kind::Number && token.text.chars().all(|c| c.is_ascii_digit() || c == '_')
        };
        let has_fraction = pieces.iter().any(|token| token.kind == Kind::Number && is_float(token.text));
        let has_whole = pieces.iter().any(is_whole);
        if !has_fraction || !has_whole || text.contains(';') {
            return text.to_owned();
        }
        self.say(sentence!(
            "all numbers of a tensor are of one type: `2.0`, not `2`",
            "一个张量里的数类型相同：写 `2.0`，不写 `2`"
        ));
        pieces
            .iter()
            .map(|token| if is_whole(token) { format!("{}.0", token.text) } else { token.text.to_owned() })
            .collect()
    }
}

/// Whether brackets contain just one power, or one product of matrices.
pub fn is_power(inner: &[Tree]) -> bool {
    let operators: Vec<&Tree> =
        trim(inner).iter().skip(1).filter(|tree| crate::engine::teacher::tokens::is_operator(tree)).collect();
    matches!(operators[..], [sign] if sign.is_sign("**") || sign.is_sign("@"))
}

/// Whether brackets contain names with Rust types.
fn names_types(inner: &[Tree]) -> bool {
    let is_type = |tree: &Tree| matches!(tree.word(), Some("f64" | "f32" | "i64" | "usize" | "bool"));
    inner.windows(3).any(|three| three[0].is_sign(":") && three[1].is_blank() && is_type(&three[2]))
}

/// Whether an argument is not a list.
fn is_number(part: &&[Tree]) -> bool {
    !matches!(part, [group] if group.leaf().is_none())
}

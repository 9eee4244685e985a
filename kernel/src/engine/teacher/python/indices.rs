//! Indices: `x[0, 1]`, `x[:, 0]`, `x[1:3]`, `x[-1]`, `x[..., None]`.

use super::super::lesson::sentence;
use super::super::scope::Meaning;
use super::super::tokens::{Kind, Tree, arguments, split, trim};
use super::Reader;
use super::operators::is_one;

impl Reader<'_> {
    /// An index in brackets after an expression.
    pub fn index(&self, before: &str, of: &[Tree], inner: &[Tree]) -> Option<String> {
        let parts = arguments(inner);
        let meaning = self.scope.borrow().meaning(of);
        match (&meaning, &parts[..]) {
            (_, []) => None,
            (Meaning::Vector(_) | Meaning::Text, [part]) => self.index_of_a_vector(before, of, part),
            (Meaning::Vector(_), [_, _, ..]) if parts.iter().all(|part| !is_pythons(part)) => {
                self.say(sentence!("each list has its own brackets", "每一层列表用各自的方括号"));
                Some(parts.iter().fold(before.to_owned(), |text, part| format!("{text}[{}]", self.expression(part))))
            }
            (Meaning::Map | Meaning::Vector(_) | Meaning::Text, _) => None,
            (Meaning::Tensor, _) => self.index_of_a_tensor(before, &parts),
            (_, [part]) if is_pythons(part) || self.is_said_to_be_a_tensor(of) => {
                self.index_of_a_tensor(before, &parts)
            }
            (_, [_, _, ..]) => self.index_of_a_tensor(before, &parts),
            _ => None,
        }
    }

    fn index_of_a_tensor(&self, before: &str, parts: &[&[Tree]]) -> Option<String> {
        let several = parts.len() > 1;
        let inside = self.components(parts);
        if several {
            self.say(sentence!(
                "a tensor is indexed by `i`, with several indices in one tuple",
                "张量用 `i` 索引，多个下标写成一个元组"
            ));
            Some(format!("{before}.i(({inside}))"))
        } else {
            self.say(sentence!("a tensor is indexed by `i`", "张量用 `i` 索引"));
            if inside == "(..).step(-1)" {
                return Some(format!("{before}.flip(0)"));
            }
            Some(format!("{before}.i({inside})"))
        }
    }

    /// The indices of a tensor, one for each dimension.
    pub fn components(&self, parts: &[&[Tree]]) -> String {
        parts.iter().map(|part| self.component(part)).collect::<Vec<_>>().join(", ")
    }

    fn component(&self, part: &[Tree]) -> String {
        let part = trim(part);
        match part {
            [dots] if dots.is_sign("...") => {
                self.say(sentence!("`Ellipsis` stands for all dimensions between", "`Ellipsis` 表示其余所有维度"));
                return "Ellipsis".to_owned();
            }
            [none] if none.is_word("None") => {
                self.say(sentence!("`NewAxis` makes a dimension of length 1", "`NewAxis` 增加一个长度为 1 的维度"));
                return "NewAxis".to_owned();
            }
            [np, dot, axis] if dot.is_sign(".") && axis.is_word("newaxis") && np.word().is_some() => {
                self.say(sentence!("`NewAxis` makes a dimension of length 1", "`NewAxis` 增加一个长度为 1 的维度"));
                return "NewAxis".to_owned();
            }
            [name] if name.word().is_some() && self.scope.borrow().meaning(part) == Meaning::Tensor => {
                return format!("&{}", self.text(part));
            }
            _ => {}
        }
        if let Some((left, sign, right)) = comparison(part) {
            let method = match sign {
                ">" => "gt",
                "<" => "lt",
                ">=" => "ge",
                "<=" => "le",
                "==" => "eq",
                _ => "ne",
            };
            self.say(sentence!("tensors are compared by methods: `x.{method}(…)`", "张量用方法比较：`x.{method}(…)`"));
            return format!("{}.{method}({})", self.number_for_a_method(left), self.operand(right));
        }
        if !part.iter().any(|tree| tree.is_sign(":") || tree.is_sign("::")) {
            return self.expression(part);
        }
        self.say(sentence!("a slice is a range: `1..3`, and `..` is all", "切片写成范围：`1..3`，`..` 表示全部"));
        self.slice(part, |range, step| match step {
            Some(step) => {
                self.say(sentence!("a slice takes steps by `step`", "切片的步长用 `step`"));
                format!("({range}).step({step})")
            }
            None => range.to_owned(),
        })
    }

    /// `a:b:c` as a range and a step.
    fn slice(&self, part: &[Tree], write: impl Fn(&str, Option<&str>) -> String) -> String {
        // `::` is a single token.
        let mut pieces: Vec<&[Tree]> = Vec::new();
        for piece in split(part, ":") {
            pieces.extend(split(piece, "::").into_iter().enumerate().flat_map(|(at, piece)| {
                let between: Option<&[Tree]> = (at > 0).then_some(&[]);
                between.into_iter().chain([piece])
            }));
        }
        let bound = |at: usize| pieces.get(at).map(|piece| trim(piece)).filter(|piece| !piece.is_empty());
        let text = |piece: &[Tree]| {
            let text = self.expression(piece);
            if is_one(piece) || text.starts_with('-') { text } else { format!("({text})") }
        };
        let range = format!("{}..{}", bound(0).map(text).unwrap_or_default(), bound(1).map(text).unwrap_or_default());
        write(&range, bound(2).map(text).as_deref())
    }

    /// An operand that is compared or combined with a tensor.
    pub fn operand(&self, trees: &[Tree]) -> String {
        let is_name = matches!(trim(trees), [name] if name.word().is_some());
        let is_tensor = self.scope.borrow().meaning(trees) == Meaning::Tensor;
        if is_tensor && is_name { self.lent(trees) } else { self.expression(trees) }
    }

    fn index_of_a_vector(&self, before: &str, of: &[Tree], part: &[Tree]) -> Option<String> {
        if !is_pythons(part) {
            return None;
        }
        let is_text = self.scope.borrow().meaning(of) == Meaning::Text;
        let is_reversed = self.text(part).replace(' ', "") == "::-1";
        if is_text && (is_reversed || part[0].is_sign("-")) {
            self.say(sentence!(
                "text has no positions: its characters are asked for by `chars()`",
                "字符串没有下标：用 `chars()` 取字符"
            ));
            if is_reversed {
                return Some(format!("{before}.chars().rev().collect::<String>()"));
            }
            self.give_up();
            return None;
        }
        let is_name = matches!(of, [name] if name.word().is_some());
        match part {
            [sign, number] if sign.is_sign("-") && is_name => {
                let number = self.text(std::slice::from_ref(number));
                self.say(sentence!(
                    "positions in a vector are not negative: the last is `v[v.len() - 1]`",
                    "向量的下标不能是负数：最后一个是 `v[v.len() - 1]`"
                ));
                Some(format!("{before}[{before}.len() - {number}]"))
            }
            _ if part.iter().any(|tree| tree.is_sign(":") || tree.is_sign("::")) => {
                self.say(sentence!("a slice is a range: `&v[1..3]`", "切片写成范围：`&v[1..3]`"));
                // The end counts from the back.
                let from_behind = |text: &str| match text.split_once("..-") {
                    Some((start, end)) => format!("{start}..{before}.len() - {end}"),
                    None => match text.strip_prefix('-') {
                        Some(rest) => format!("{before}.len() - {rest}"),
                        None => text.to_owned(),
                    },
                };
                Some(self.slice(part, |range, step| match step {
                    Some("-1") if range == ".." => format!("{before}.iter().rev().copied().collect::<Vec<_>>()"),
                    Some(step) => {
                        format!("{before}[{}].iter().step_by({step}).copied().collect::<Vec<_>>()", from_behind(range))
                    }
                    None => format!("&{before}[{}]", from_behind(range)),
                }))
            }
            _ => None,
        }
    }
}

/// Whether only Python has such an index.
fn is_pythons(part: &[Tree]) -> bool {
    let part = trim(part);
    let is_negative = matches!(part, [sign, number] if sign.is_sign("-") && number.of(Kind::Number).is_some());
    is_negative
        || part.iter().any(|tree| tree.is_sign(":") || tree.is_sign("...") || tree.is_word("None"))
        || part.first().is_some_and(|tree| tree.is_sign("::"))
}

/// The parts of a comparison.
pub fn comparison<'t, 'a>(part: &'t [Tree<'a>]) -> Option<(&'t [Tree<'a>], &'a str, &'t [Tree<'a>])> {
    let at = part.iter().position(|tree| ["==", "!=", "<", ">", "<=", ">="].iter().any(|sign| tree.is_sign(sign)))?;
    let (left, right) = (trim(&part[..at]), trim(&part[at + 1..]));
    (!left.is_empty() && !right.is_empty()).then(|| (left, part[at].of(Kind::Sign).unwrap_or_default(), right))
}

//! Operators, and their operands: chains of names, calls and indices.

use super::super::lesson::sentence;
use super::super::scope::{Meaning, is_float};
use super::super::tokens::{self, Kind, Tree, is_operator, trim};
use super::{Reader, looks_like_python};

impl Reader<'_> {
    /// Chains with operators between them.
    pub fn operators(&self, trees: &[Tree]) -> String {
        let links = links(trees);
        let mut done: Vec<String> = Vec::new();
        let mut at = 0;
        while at < links.len() {
            let link = &links[at];
            // The next operator and chain, skipping blanks.
            let operator = (at + 1..links.len()).find(|next| !is_space(links[*next].trees));
            let operand =
                operator.and_then(|operator| (operator + 1..links.len()).find(|next| !is_space(links[*next].trees)));
            if link.is_chain
                && let (Some(operator), Some(operand)) = (operator, operand)
                && let Some((text, end)) = self.special_operator(&links, at, operator, operand)
            {
                done.push(text);
                at = end;
                continue;
            }
            // A method on a separate line, and an attribute's content, are Rust.
            let before = at.checked_sub(1).map(|before| links[before].trees);
            let is_rusts = matches!(before, Some([sign]) if sign.is_sign(".") || sign.is_sign("::") || sign.is_sign("#") || sign.is_sign("$"));
            let text = match link.is_chain {
                true if is_rusts => self.text(link.trees).to_owned(),
                true => self.lent_if_used_again(link.trees, &links, at),
                false => self.between_chains(link.trees),
            };
            done.push(if link.is_chain { self.beside_a_float(text, &links, at) } else { text });
            at += 1;
        }
        done.concat()
    }

    /// An operand; a tensor that is used again is borrowed.
    fn lent_if_used_again(&self, trees: &[Tree], links: &[Link], at: usize) -> String {
        let text = self.chain(trees);
        let is_sign = |link: Option<&Link>| {
            link.is_some_and(
                |link| matches!(link.trees, [sign] if ["+", "-", "*", "/"].iter().any(|known| sign.is_sign(known))),
            )
        };
        let solid = |link: &&Link| !is_space(link.trees);
        let is_operand = is_sign(links[..at].iter().rev().find(solid)) || is_sign(links[at + 1..].iter().find(solid));
        let is_a_parameter =
            matches!(trees, [this, dot, _] if this.is_word("self") && dot.is_sign(".") && self.is_a_tensor(trees));
        // A parameter dereferences to a tensor.
        if is_operand && is_a_parameter {
            return format!("&*{text}");
        }
        if is_operand && self.is_used_again(trees) { format!("&{text}") } else { text }
    }

    /// Whether a name is a tensor of a Python cell that is needed after this use.
    pub fn is_used_again(&self, trees: &[Tree]) -> bool {
        let [name] = trees else { return false };
        let Some(word) = name.word() else { return false };
        let is_own = self.is_a_tensor(trees) && !self.scope.borrow().is_borrowed(word);
        let later = || tokens::tokens(&self.code[name.range().end..]);
        self.is_no_rust()
            && looks_like_python(self.code)
            && is_own
            && (self.lends.get() > 0 || later().iter().any(|token| token.kind == Kind::Word && token.text == word))
    }

    /// Reads the content of a loop or a closure.
    pub fn where_names_are_lent<T>(&self, read: impl FnOnce() -> T) -> T {
        self.lends.set(self.lends.get() + 1);
        let value = read();
        self.lends.set(self.lends.get() - 1);
        value
    }

    /// A whole number next to one with a fraction: `0` becomes `0.0`, a length is converted.
    pub fn beside_a_float(&self, text: String, links: &[Link], at: usize) -> String {
        let is_length = text.ends_with(".len()");
        let is_literal = text.chars().all(|c| c.is_ascii_digit());
        let around = tokens::range(links[0].trees).start..tokens::range(links[links.len() - 1].trees).end;
        if !self.fault.touches(&around) {
            return text;
        }
        let is_arithmetic = |link: &Link| matches!(link.trees, [sign] if is_operator(sign) && !sign.is_sign("..") && !sign.is_sign("**"));
        let solid = |link: &&Link| !is_space(link.trees);
        // Python's `/` of whole numbers gives a number with a fraction.
        let is_whole = |link: Option<&Link>| {
            link.is_some_and(|link| {
                self.scope.borrow().meaning(link.trees) == Meaning::Whole
                    || link.trees.last().is_some_and(|tree| tree.inside("(").is_some())
                        && link.trees.iter().any(|tree| tree.is_word("len"))
            })
        };
        let divides = |link: Option<&Link>| link.is_some_and(|link| matches!(link.trees, [sign] if sign.is_sign("/")));
        if looks_like_python(self.code) {
            let (mut before, mut after) =
                (links[..at].iter().rev().filter(solid), links[at + 1..].iter().filter(solid));
            let own = is_whole(Some(&links[at]));
            if own
                && (divides(before.next()) && is_whole(before.next())
                    || divides(after.next()) && is_whole(after.next()))
            {
                self.say(sentence!(
                    "a division of whole numbers drops the rest: `7.0 / 2.0` keeps it",
                    "整数相除得整数；要保留余数先转换成浮点数"
                ));
                return if is_literal { format!("{text}.0") } else { format!("{text} as f64") };
            }
        }
        if !is_length && !is_literal {
            return text;
        }
        // `100 * correct / total`
        let mut next = links[at + 1..].iter().filter(solid);
        let multiplies = next.next().is_some_and(|link| matches!(link.trees, [sign] if sign.is_sign("*")));
        if is_literal
            && looks_like_python(self.code)
            && multiplies
            && is_whole(next.next())
            && divides(next.next())
            && is_whole(next.next())
        {
            return format!("{text}.0");
        }
        let mut before = links[..at].iter().rev().filter(solid);
        let mut after = links[at + 1..].iter().filter(solid);
        let is_float = |link: Option<&Link>| {
            link.is_some_and(|link| {
                self.scope.borrow().meaning(link.trees) == Meaning::Float || self.is_a_sum_of_floats(link.trees)
            })
        };
        let left = before.next().is_some_and(is_arithmetic) && is_float(before.next());
        let right = after.next().is_some_and(is_arithmetic) && is_float(after.next());
        match (left || right, is_length) {
            (false, _) => text,
            (true, true) => format!("{text} as f64"),
            (true, false) => format!("{text}.0"),
        }
    }

    /// `sum(losses)` of a vector of floating-point numbers.
    pub fn is_a_sum_of_floats(&self, trees: &[Tree]) -> bool {
        let [name, call] = trees else { return false };
        let inner = call.inside("(").filter(|_| name.is_word("sum") || name.is_word("max") || name.is_word("min"));
        inner.is_some_and(|inner| matches!(self.scope.borrow().meaning(inner), Meaning::Vector(element) if *element == Meaning::Float))
    }

    pub fn between_chains(&self, trees: &[Tree]) -> String {
        if let [sign] = trees
            && sign.is_sign("//")
        {
            self.say(sentence!(
                "`//` begins a comment; whole numbers are divided by `/`",
                "`//` 是注释；整数用 `/` 相除"
            ));
            return "/".to_owned();
        }
        trees
            .iter()
            .map(|tree| self.comment(tree).unwrap_or_else(|| self.text(std::slice::from_ref(tree)).to_owned()))
            .collect()
    }

    /// `x ** 2`, `x ^ 2`, `a @ b`. Integer division `a // b` is a comment in Rust.
    pub fn special_operator(
        &self,
        links: &[Link],
        left: usize,
        operator: usize,
        operand: usize,
    ) -> Option<(String, usize)> {
        let [sign] = links[operator].trees else { return None };
        let whole = tokens::range(links[left].trees).start..tokens::range(links[operand].trees).end;
        if !self.fault.touches(&whole) {
            return None;
        }
        let (mut end, mut exponent) = (operand + 1, links[operand].trees);
        let minus = [exponent].iter().any(|trees| matches!(trees, [tree] if tree.is_sign("-")));
        if minus && let Some(number) = links.get(operand + 1).filter(|link| link.is_chain) {
            (end, exponent) = (operand + 2, number.trees);
        }
        let sign_of = if minus { "-" } else { "" };
        let base = links[left].trees;
        if let Some(text) = self.repeated(base, sign, exponent).or_else(|| self.lists(base, sign, exponent)) {
            return Some((text, end));
        }
        // The type of a counter is not inferred yet, so it has no methods.
        let is_counter = matches!(base, [name] if name.word().is_some_and(|name| self.scope.borrow().is_counter(name)));
        if sign.is_sign("**") && is_counter && !minus && self.text(exponent) == "2" {
            let name = self.text(base);
            let is_alone = links.iter().filter(|link| !is_space(link.trees)).count() == 3;
            self.say(sentence!("a square is `i * i`", "平方写作 `i * i`"));
            return Some((if is_alone { format!("{name} * {name}") } else { format!("({name} * {name})") }, end));
        }
        match sign.of(Kind::Sign)? {
            "**" => Some((self.power(base, sign_of, exponent), end)),
            "^" if !self.is_whole(base) && self.is_at_fault(std::slice::from_ref(sign)) && !self.is_no_rust() => {
                Some((self.power(base, sign_of, exponent), end))
            }
            "@" if !minus && (self.is_a_tensor(base) || self.is_a_tensor(exponent) || !self.code.contains('\n')) => {
                self.say(sentence!("matrices are multiplied by `a.matmul(&b)`", "矩阵相乘用 `a.matmul(&b)`"));
                Some((format!("{}.matmul({})", self.chain(base), self.lent(exponent)), end))
            }
            _ => None,
        }
    }

    /// `[0] * 5`, `[1, 2] + [3]`.
    pub fn lists(&self, left: &[Tree], sign: &Tree, right: &[Tree]) -> Option<String> {
        let scope = self.scope.borrow();
        let (of_left, of_right) = (scope.meaning(left), scope.meaning(right));
        drop(scope);
        let is_list = |meaning: &Meaning| matches!(meaning, Meaning::Vector(_));
        let one = matches!(left, [group] if group.inside("[").is_some_and(|inner| tokens::arguments(inner).len() == 1));
        if sign.is_sign("*") && one && of_right == Meaning::Whole {
            let value = self.expression(left);
            self.say(sentence!("a list of equal values is `vec![0; 5]`", "相同元素的列表写作 `vec![0; 5]`"));
            return Some(format!(
                "vec![{}; {}]",
                value.trim_start_matches('[').trim_end_matches(']'),
                self.expression(right)
            ));
        }
        if sign.is_sign("+") && is_list(&of_left) && is_list(&of_right) {
            self.say(sentence!("lists are joined by `concat`", "列表用 `concat` 连接"));
            return Some(format!("[&{}[..], &{}[..]].concat()", self.chain(left), self.chain(right)));
        }
        None
    }

    /// `"-" * 20`.
    pub fn repeated(&self, text: &[Tree], sign: &Tree, times: &[Tree]) -> Option<String> {
        let scope = self.scope.borrow();
        let is_text =
            scope.meaning(text) == Meaning::Text && scope.meaning(times) == Meaning::Whole && sign.is_sign("*");
        drop(scope);
        is_text.then(|| {
            self.say(sentence!("text is repeated by `repeat`", "重复字符串用 `repeat`"));
            format!("{}.repeat({})", self.chain(text), self.expression(times))
        })
    }

    pub fn is_a_tensor(&self, trees: &[Tree]) -> bool {
        self.scope.borrow().meaning(trees) == Meaning::Tensor
    }

    pub fn is_whole(&self, trees: &[Tree]) -> bool {
        self.scope.borrow().meaning(trees) == Meaning::Whole
    }

    /// `base` to the power of an exponent.
    pub fn power(&self, base: &[Tree], sign: &str, exponent: &[Tree]) -> String {
        let scope = self.scope.borrow();
        let (of, by) = (scope.meaning(base), scope.meaning(exponent));
        drop(scope);
        let number = self.number_for_a_method(base);
        let exponent_text = self.expression(exponent);
        match (&of, &by) {
            (Meaning::Float, Meaning::Whole) => {
                self.say(sentence!("a power is `x.powi(2)`", "乘方写作 `x.powi(2)`"));
                format!("{number}.powi({sign}{exponent_text})")
            }
            (Meaning::Float, _) => {
                self.say(sentence!("a power is `x.powf(0.5)`", "乘方写作 `x.powf(0.5)`"));
                format!("{number}.powf({sign}{exponent_text})")
            }
            (Meaning::Whole, Meaning::Float) => {
                self.say(sentence!("a power is `x.powf(0.5)`", "乘方写作 `x.powf(0.5)`"));
                format!("{}.powf({sign}{exponent_text})", self.float_for_a_method(base))
            }
            (Meaning::Whole, _) if sign.is_empty() => {
                self.say(sentence!("a power is `x.pow(2)`", "乘方写作 `x.pow(2)`"));
                format!("{number}.pow({exponent_text})")
            }
            _ => {
                self.say(sentence!("a power is `x.pow(2)`", "乘方写作 `x.pow(2)`"));
                format!("{number}.pow({sign}{exponent_text})")
            }
        }
    }

    /// An expression before a method: a number needs its type, an operator needs brackets.
    pub fn number_for_a_method(&self, trees: &[Tree]) -> String {
        let trees = trim(trees);
        let text = self.expression(trees);
        match trees {
            [number]
                if number.of(Kind::Number).is_some_and(|number| number.ends_with(|c: char| c.is_ascii_digit())) =>
            {
                if is_float(&text) {
                    format!("{text}_f64")
                } else {
                    format!("{text}_i64")
                }
            }
            [number] if number.of(Kind::Number).is_some_and(|number| number.ends_with('.')) => format!("{text}0_f64"),
            [sign, name]
                if sign.is_sign("-")
                    && self.scope.borrow().meaning(std::slice::from_ref(name)) == Meaning::Tensor
                    && !name.word().is_some_and(|name| self.scope.borrow().is_borrowed(name)) =>
            {
                format!("(-&{})", self.expression(std::slice::from_ref(name)))
            }
            [sign, number] if sign.is_sign("-") && number.of(Kind::Number).is_some() => {
                format!("(-{})", self.number_for_a_method(std::slice::from_ref(number)))
            }
            _ if is_one(trees) => text,
            _ => format!("({text})"),
        }
    }

    /// The same, for methods that only floating-point numbers have.
    pub fn float_for_a_method(&self, trees: &[Tree]) -> String {
        let trees = trim(trees);
        match trees {
            [number] if number.of(Kind::Number).is_some_and(|number| number.chars().all(|c| c.is_ascii_digit())) => {
                format!("{}.0_f64", self.text(trees))
            }
            _ if self.is_whole(trees) => format!("({} as f64)", self.expression(trees)),
            _ => self.number_for_a_method(trees),
        }
    }

    /// A tensor as an argument that is only read, so it is borrowed.
    pub fn lent(&self, trees: &[Tree]) -> String {
        let trees = trim(trees);
        let text = self.expression(trees);
        let is_lent = text.starts_with('&') || matches!(trees, [number] if number.of(Kind::Number).is_some());
        if is_lent {
            text
        } else if is_one(trees) {
            format!("&{text}")
        } else {
            format!("&({text})")
        }
    }
}

/// A part of an expression: a name, number or bracket with all its calls and indices, or the text between two of these.
pub struct Link<'t, 'a> {
    pub trees: &'t [Tree<'a>],
    pub is_chain: bool,
}

pub fn is_space(trees: &[Tree]) -> bool {
    trees.iter().all(Tree::is_blank)
}

/// Whether an expression needs no brackets before a dot or after a sign.
pub fn is_one(trees: &[Tree]) -> bool {
    let found = links(trees);
    found.len() == 1 && found[0].is_chain
}

/// The parts of an expression.
pub fn links<'t, 'a>(trees: &'t [Tree<'a>]) -> Vec<Link<'t, 'a>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < trees.len() {
        let starts = match &trees[at] {
            Tree::Group(_) => true,
            Tree::Leaf(token) => {
                matches!(token.kind, Kind::Word | Kind::Number | Kind::Text) && !is_keyword(token.text)
            }
        };
        let mut end = at + 1;
        if starts {
            while let Some(length) = continuation(&trees[end..], &trees[end - 1]) {
                end += length;
            }
        }
        found.push(Link { trees: &trees[at..end], is_chain: starts });
        at = end;
    }
    found
}

/// How many trees continue the chain that ends with `last`.
pub fn continuation(rest: &[Tree], last: &Tree) -> Option<usize> {
    match rest {
        [sign, next, ..]
            if (sign.is_sign(".") || sign.is_sign("::"))
                && (next.word().is_some() || next.of(Kind::Number).is_some()) =>
        {
            Some(2)
        }
        [sign, less, ..] if sign.is_sign("::") && less.is_sign("<") => {
            let end = rest.iter().position(|tree| tree.is_sign(">") || tree.is_sign(">>"))?;
            Some(end + 1)
        }
        [bang, group, ..] if bang.is_sign("!") && matches!(group, Tree::Group(_)) && last.word().is_some() => Some(2),
        [sign, ..] if sign.is_sign("?") => Some(1),
        // A method on the next line.
        [blank, more @ ..] if blank.is_blank() && matches!(blank, Tree::Leaf(_)) => {
            let blanks = 1 + more.iter().take_while(|tree| tree.is_blank()).count();
            let dot = rest.get(blanks).is_some_and(|tree| tree.is_sign("."));
            (dot && rest.get(blanks + 1).is_some_and(|tree| tree.word().is_some())).then_some(blanks + 2)
        }
        [group, ..] if group.inside("(").is_some() || group.inside("[").is_some() => Some(1),
        _ => None,
    }
}

/// Words that begin or join expressions, and are not values.
pub fn is_keyword(word: &str) -> bool {
    const WORDS: [&str; 34] = [
        "let", "mut", "if", "else", "for", "in", "while", "loop", "match", "return", "fn", "struct", "enum", "impl",
        "trait", "use", "pub", "mod", "move", "as", "where", "unsafe", "async", "break", "continue", "ref", "static",
        "const", "type", "dyn", "and", "or", "not", "is",
    ];
    WORDS.contains(&word)
}

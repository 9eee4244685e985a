//! The meaning of names in a cell, as far as the session and the cell's text reveal it.

use std::collections::{BTreeMap, BTreeSet};

use super::library;
use super::tokens::{Kind, Tree, trim};

/// The kind of value that a name or an expression stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    Tensor,
    Float,
    Whole,
    Bool,
    Text,
    /// A `Vec`, an array or a slice, with elements of this kind.
    Vector(Box<Meaning>),
    /// A `HashMap` or another map.
    Map,
    /// A type with a `forward`: a layer, a model, a loss.
    Module,
    /// Something else, or unknown.
    Other,
}

/// The names that a cell can use.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    variables: BTreeMap<String, Meaning>,
    /// Variables that are references already.
    borrowed: BTreeSet<String>,
    items: BTreeSet<String>,
    /// Loop variables over ranges.
    counters: BTreeSet<String>,
    /// Loop variables, each with the indentation of its loop's lines.
    patterns: BTreeMap<String, usize>,
    /// The types of tensors' elements, as far as they are known.
    elements: BTreeMap<String, String>,
}

impl Meaning {
    /// The kind of a Rust type.
    pub fn of_type(ty: &str) -> Meaning {
        let ty = ty.trim().trim_start_matches(['&', '(']).trim_end_matches(')').trim_start_matches("mut ");
        let inside = |before: &str| ty.split_once(before).map(|(_, rest)| rest.trim_end_matches(['>', ']']));
        match ty {
            "f32" | "f64" | "{float}" => Meaning::Float,
            "bool" => Meaning::Bool,
            "str" | "String" => Meaning::Text,
            "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize"
            | "{integer}" => Meaning::Whole,
            _ if ty.ends_with("String") => Meaning::Text,
            _ if ty.split('<').next().is_some_and(|path| path.ends_with("Map")) => Meaning::Map,
            _ if ty.rsplit("::").next() == Some("Tensor") => Meaning::Tensor,
            _ if ty.split('<').next().is_some_and(|path| path.contains("nn::")) => Meaning::Module,
            _ if ty.split('<').next().is_some_and(|path| path.rsplit("::").next() == Some("Vec")) => {
                Meaning::Vector(Box::new(inside("<").map_or(Meaning::Other, Meaning::of_type)))
            }
            _ if ty.starts_with('[') => {
                let element = ty[1..].split(';').next().unwrap_or_default();
                Meaning::Vector(Box::new(Meaning::of_type(element.trim_end_matches(']'))))
            }
            _ => Meaning::Other,
        }
    }

    /// The type to write for it where Rust needs one.
    pub fn type_name(&self) -> Option<String> {
        Some(match self {
            Meaning::Tensor => "&Tensor".to_owned(),
            Meaning::Float => "f64".to_owned(),
            Meaning::Whole => "i64".to_owned(),
            Meaning::Bool => "bool".to_owned(),
            Meaning::Text => "&str".to_owned(),
            Meaning::Vector(element) => format!("&[{}]", element.type_name()?),
            Meaning::Map | Meaning::Module | Meaning::Other => return None,
        })
    }
}

impl Scope {
    /// The scope of a cell in a session with these variables, given with their types, and these items.
    pub fn new<'a>(
        variables: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
        items: impl IntoIterator<Item = String>,
    ) -> Scope {
        let meaning = |ty: Option<&str>| ty.map_or(Meaning::Other, Meaning::of_type);
        let variables = variables.into_iter().map(|(name, ty)| (name.to_owned(), meaning(ty))).collect();
        Scope { variables, items: items.into_iter().collect(), ..Scope::default() }
    }

    /// Records the type of a tensor's elements.
    pub fn know_elements(&mut self, name: &str, ty: &str) {
        self.elements.insert(name.to_owned(), ty.to_owned());
    }

    /// The element type of an expression of tensors, as far as its beginning reveals it.
    pub fn elements(&self, trees: &[Tree]) -> &str {
        let name = trees.first().and_then(Tree::word).unwrap_or_default();
        let keeps = |word: &str| {
            matches!(
                word,
                "sum" | "prod" | "max" | "min" | "amax" | "amin" | "i" | "view" | "reshape" | "flatten" | "t" | "clone"
            )
        };
        let is_kept = trees.iter().skip(1).filter_map(Tree::word).all(keeps);
        if trees.iter().any(|tree| {
            matches!(tree.word(), Some("argmax" | "argmin" | "argmax_dim" | "argmin_dim" | "count_nonzero"))
        }) {
            return "i64";
        }
        match self.elements.get(name) {
            // Sums of booleans are whole numbers.
            Some(ty) if is_kept && ty != "bool" => ty,
            Some(_) | None => "f32",
        }
    }

    /// What the variable means, if there is one.
    pub fn variable(&self, name: &str) -> Option<&Meaning> {
        self.variables.get(name)
    }

    /// Whether the user has defined the name.
    pub fn knows(&self, name: &str) -> bool {
        self.variables.contains_key(name) || self.items.contains(name)
    }

    pub fn define(&mut self, name: &str, meaning: Meaning) {
        self.variables.insert(name.to_owned(), meaning);
    }

    /// Defines a parameter of this type.
    pub fn define_parameter(&mut self, name: &str, ty: &str) {
        self.define(name, Meaning::of_type(ty));
        if ty.starts_with('&') {
            self.borrowed.insert(name.to_owned());
        }
    }

    /// Defines a name that owns its value, where it may have been a reference.
    pub fn define_own(&mut self, name: &str, meaning: Meaning) {
        self.define(name, meaning);
        self.borrowed.remove(name);
    }

    /// Defines a variable of a loop whose lines have this indentation.
    pub fn define_pattern(&mut self, name: &str, indent: usize) {
        self.patterns.insert(name.to_owned(), indent);
    }

    /// Whether it is a variable of the loop whose lines have this indentation: an assignment there makes a new
    /// variable.
    pub fn is_of_a_pattern(&self, name: &str, indent: usize) -> bool {
        self.patterns.get(name) == Some(&indent)
    }

    /// Whether it is a variable of a loop.
    pub fn is_of_any_pattern(&self, name: &str) -> bool {
        self.patterns.contains_key(name)
    }

    pub fn is_borrowed(&self, name: &str) -> bool {
        self.borrowed.contains(name)
    }

    /// All names that the user has defined.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().chain(&self.items).map(String::as_str)
    }

    /// Defines a loop variable over whole numbers.
    pub fn define_counter(&mut self, name: &str) {
        self.define(name, Meaning::Whole);
        self.counters.insert(name.to_owned());
    }

    pub fn is_counter(&self, name: &str) -> bool {
        self.counters.contains(name)
    }

    /// Whether the user has a function or type with this name.
    pub fn knows_item(&self, name: &str) -> bool {
        self.items.contains(name)
    }

    pub fn define_item(&mut self, name: &str) {
        self.items.insert(name.to_owned());
    }

    /// The meaning of an expression, as far as its text reveals it.
    pub fn meaning(&self, trees: &[Tree]) -> Meaning {
        let trees = trim(trees);
        let has = |signs: &[&str]| trees.iter().skip(1).any(|tree| signs.iter().any(|sign| tree.is_sign(sign)));
        match trees {
            [] => Meaning::Other,
            [Tree::Leaf(token)] => match token.kind {
                Kind::Number if is_float(token.text) => Meaning::Float,
                Kind::Number => Meaning::Whole,
                Kind::Text => Meaning::Text,
                Kind::Word if matches!(token.text, "true" | "false" | "True" | "False") => Meaning::Bool,
                Kind::Word => self.variable(token.text).cloned().unwrap_or(Meaning::Other),
                _ => Meaning::Other,
            },
            [sign, rest @ ..] if sign.is_sign("-") || sign.is_sign("&") => self.meaning(rest),
            [group] if group.inside("[").is_some_and(|inner| inner.iter().any(|tree| tree.is_word("for"))) => {
                Meaning::Vector(Box::new(Meaning::Other))
            }
            [group] if group.inside("{").is_some() => Meaning::Map,
            [group] if group.inside("[").is_some() => {
                let inner = group.inside("[").unwrap_or_default();
                let first = inner.split(|tree| tree.is_sign(",") || tree.is_sign(";")).next();
                Meaning::Vector(Box::new(first.map_or(Meaning::Other, |first| self.meaning(first))))
            }
            [group] if group.inside("(").is_some() => self.meaning(group.inside("(").unwrap_or_default()),
            _ if self.makes_a_module(trees) => Meaning::Module,
            [this, dot, field] if this.is_word("self") && dot.is_sign(".") => field
                .word()
                .and_then(|field| self.variable(&format!("self.{field}")))
                .cloned()
                .unwrap_or(Meaning::Other),
            [of @ .., call] if call.inside("(").is_some() && !of.is_empty() && self.meaning(of) == Meaning::Module => {
                Meaning::Tensor
            }
            [of @ .., index]
                if index.inside("[").is_some()
                    && !of.is_empty()
                    && self.meaning(of) == Meaning::Vector(Box::new(Meaning::Module)) =>
            {
                Meaning::Module
            }
            [functional, dot, _, call]
                if functional.is_word("F")
                    && !self.knows("F")
                    && (dot.is_sign(".") || dot.is_sign("::"))
                    && call.inside("(").is_some() =>
            {
                Meaning::Tensor
            }
            [module, dot, name]
                if dot.is_sign(".")
                    && (module.is_word("np") || module.is_word("math"))
                    && matches!(name.word(), Some("pi" | "e" | "inf")) =>
            {
                Meaning::Float
            }
            [module, dot, name, _] if module.is_word("math") && dot.is_sign(".") && name.word().is_some() => {
                Meaning::Float
            }
            [of, dot, name, call]
                if dot.is_sign(".")
                    && call.inside("(").is_some()
                    && matches!(
                        name.word(),
                        Some("exp" | "sqrt" | "ln" | "sin" | "cos" | "tanh" | "powi" | "powf")
                    )
                    && self.meaning(std::slice::from_ref(of)) == Meaning::Float =>
            {
                Meaning::Float
            }
            [name, bang, group] if name.is_word("vec") && bang.is_sign("!") => {
                self.meaning(std::slice::from_ref(group))
            }
            [name, bang, _] if name.is_word("tensor") && bang.is_sign("!") => Meaning::Tensor,
            _ if has(&["==", "!=", "<", ">", "<=", ">="]) => Meaning::Other,
            _ if has(&["+", "-", "*", "/", "%", "**", "@"]) => self.of_operands(trees),
            [of @ .., dot, name]
                if dot.is_sign(".")
                    && matches!(name.word(), Some("grad" | "data"))
                    && self.meaning(of) == Meaning::Tensor =>
            {
                Meaning::Tensor
            }
            [module, dot, name, call]
                if module.is_word("torch")
                    && !self.knows("torch")
                    && dot.is_sign(".")
                    && call.inside("(").is_some()
                    && name.word().is_some_and(|name| {
                        name == "normal" || library::is_method(name) && library::gives_a_tensor(name)
                    }) =>
            {
                Meaning::Tensor
            }
            [module, dot, rest @ ..]
                if dot.is_sign(".")
                    && matches!(module.word(), Some("torch" | "np"))
                    && module.word().is_some_and(|module| !self.knows(module))
                    && rest.get(1).is_some_and(|call| call.inside("(").is_some()) =>
            {
                self.meaning(rest)
            }
            [name, call, ..] if call.inside("(").is_some() && name.word().is_some_and(library::makes_tensors) => {
                let ends_alone = ["item", "to_vec", "size", "shape", "numel", "ndim", "len", "dtype", "dim", "stride"];
                let words = trees.iter().filter_map(Tree::word);
                if words.clone().any(|word| ends_alone.contains(&word)) { Meaning::Other } else { Meaning::Tensor }
            }
            [of @ .., index] if index.inside("[").is_some() && self.meaning(of) == Meaning::Tensor => Meaning::Tensor,
            [of @ .., dot, method, call] if dot.is_sign(".") && call.inside("(").is_some() => match method.word() {
                Some("len" | "numel") => Meaning::Whole,
                Some("forward") if self.meaning(of) == Meaning::Module => Meaning::Tensor,
                Some(method) if library::gives_a_tensor(method) && self.meaning(of) == Meaning::Tensor => {
                    Meaning::Tensor
                }
                _ => Meaning::Other,
            },
            _ => Meaning::Other,
        }
    }

    /// Whether an expression makes a layer or a model: `nn.Linear(…)`, `nn::sequential![…]`, `Network()`,
    /// `Network().to(device)`.
    fn makes_a_module(&self, trees: &[Tree]) -> bool {
        let is_function = |tree: &Tree| matches!(tree.word(), Some("functional" | "init" | "utils"));
        let is_call = |tree: &Tree| tree.inside("(").is_some();
        match trees {
            [of @ .., dot, to, call]
                if dot.is_sign(".") && matches!(to.word(), Some("to" | "cuda")) && is_call(call) =>
            {
                self.meaning(of) == Meaning::Module
            }
            [torch, dot, rest @ ..] if torch.is_word("torch") && dot.is_sign(".") && !self.knows("torch") => {
                rest.first().is_some_and(|nn| nn.is_word("nn")) && self.makes_a_module(rest)
            }
            [nn, dot, name, rest @ ..] if nn.is_word("nn") && !self.knows("nn") => {
                let calls = rest.iter().filter(|tree| is_call(tree)).count();
                (dot.is_sign(".") && calls == 1 && rest.len() == 1 || dot.is_sign("::") && !rest.is_empty())
                    && !is_function(name)
                    && !rest.iter().any(|tree| tree.is_word("forward"))
            }
            [name, call] => {
                let is_type = |name: &str| name.starts_with(|c: char| c.is_ascii_uppercase()) && self.knows_item(name);
                is_call(call) && name.word().is_some_and(is_type)
            }
            _ => false,
        }
    }

    fn of_operands(&self, trees: &[Tree]) -> Meaning {
        let is_operator = |tree: &Tree| ["+", "-", "*", "/", "%", "**", "@"].iter().any(|sign| tree.is_sign(sign));
        let parts = trees.split(is_operator).map(trim).filter(|part| !part.is_empty());
        let meanings: Vec<Meaning> = parts.map(|part| self.meaning(part)).collect();
        for meaning in [Meaning::Tensor, Meaning::Other, Meaning::Float, Meaning::Whole] {
            if meanings.contains(&meaning) {
                return meaning;
            }
        }
        Meaning::Other
    }
}

/// Whether a number has a fraction as written.
pub fn is_float(number: &str) -> bool {
    let is_radix = number.starts_with("0x") || number.starts_with("0b") || number.starts_with("0o");
    let exponent = number.to_ascii_lowercase().find('e').map(|at| &number[at + 1..]);
    let has_exponent =
        exponent.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+')));
    !is_radix && (number.contains('.') || has_exponent || number.ends_with("f64") || number.ends_with("f32"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::teacher::tokens::trees;

    #[test]
    fn meanings_are_read_off_types_and_text() {
        use Meaning::{Bool, Float, Other, Tensor, Text, Vector, Whole};
        for (ty, meaning) in [
            ("tensorlib::Tensor", Tensor),
            ("&Tensor", Tensor),
            ("f32", Float),
            ("std::vec::Vec<f64>", Vector(Box::new(Float))),
            ("[i32; 3]", Vector(Box::new(Whole))),
            ("std::string::String", Text),
            ("std::option::Option<i32>", Other),
        ] {
            assert_eq!(Meaning::of_type(ty), meaning, "{ty}");
        }
        let scope = Scope::new([("x", Some("tensorlib::Tensor")), ("n", Some("i32"))], []);
        for (text, meaning) in [
            ("2.5", Float),
            ("-3", Whole),
            ("True", Bool),
            ("'a'", Text),
            ("[1, 2]", Vector(Box::new(Whole))),
            ("vec![1.0; 3]", Vector(Box::new(Float))),
            ("x * 2 + 1", Tensor),
            ("n * 2", Whole),
            ("n * 2.0", Float),
            ("rand([2])", Tensor),
            ("rand([2]).item::<f32>()", Other),
            ("y", Other),
        ] {
            assert_eq!(scope.meaning(&trees(text)), meaning, "{text}");
        }
    }
}

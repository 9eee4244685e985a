//! `def`: infers the types of a function's parameters and result from its body and its calls.

use super::super::lesson::sentence;
use super::super::scope::Meaning;
use super::super::tokens::{self, Kind, Tree, arguments, split, trim};
use super::Reader;
use super::expressions::has_word;
use super::statements::Line;
use crate::engine::teacher::tokens::is_operator;

impl Reader<'_> {
    pub fn function_header(&self, after: &[Tree], lines: &[Line], body: usize, rest: &[Tree]) -> String {
        let name = after.first().and_then(Tree::word).unwrap_or("f");
        let function = name;
        let parameters = after.iter().find_map(|tree| tree.inside("(")).unwrap_or_default();
        let own: Vec<Line> =
            lines[body..].iter().copied().take_while(|line| line.is_empty() || line.indent() > 0).collect();
        let own_trees: Vec<Tree> =
            own.iter().flat_map(|line| line.trees.iter().cloned()).chain(rest.iter().cloned()).collect();
        if arguments(parameters).iter().any(|parameter| parameter.iter().any(|tree| tree.is_sign("="))) {
            self.say(sentence!("a parameter has no default value", "参数没有默认值"));
        }
        let mut texts = Vec::new();
        let mut returns: Option<String> = None;
        for parameter in arguments(parameters) {
            let name = parameter.first().and_then(Tree::word).unwrap_or_default();
            let annotation =
                parameter.iter().position(|tree| tree.is_sign(":")).map(|at| self.text(trim(&parameter[at + 1..])));
            let annotation = annotation.map(|text| text.split('=').next().unwrap_or_default().trim());
            let default = parameter
                .iter()
                .position(|tree| tree.is_sign("="))
                .map(|at| self.scope.borrow().meaning(&parameter[at + 1..]));
            let ty = annotation.and_then(|ty| annotated(ty, true));
            let ty = ty.or_else(|| default.and_then(|default| default.type_name()));
            let used = self.parameter_type(name, &own_trees);
            let given = self.given_in_calls(function, texts.len()).filter(|_| used != "i64");
            let trained = self.type_where_it_trains(name);
            let ty = ty.or(trained).or(given).unwrap_or(used);
            self.scope.borrow_mut().define_parameter(name, &ty);
            if ty.ends_with("impl Forward") || ty.starts_with("&nn::") {
                self.scope.borrow_mut().define(name, Meaning::Module);
            }
            texts.push(format!("{name}: {ty}"));
        }
        let arrow = after.iter().position(|tree| tree.is_sign("->")).map(|at| self.text(trim(&after[at + 1..])));
        if let Some(value) = returned_value(&own_trees) {
            let meaning = self.scope.borrow().meaning(value);
            let of_parameters = texts.iter().map(|text| text.split(": ").nth(1).unwrap_or_default());
            let guess = match meaning {
                Meaning::Tensor => "Tensor".to_owned(),
                Meaning::Text => "String".to_owned(),
                Meaning::Other | Meaning::Vector(_) => {
                    let value = self.text(value);
                    let compares = value.contains("==") || value.contains(" < ") || value.contains(" > ");
                    match of_parameters.clone().next() {
                        Some("i64") if compares => "bool".to_owned(),
                        Some("i64") if of_parameters.clone().all(|ty| ty == "i64") => "i64".to_owned(),
                        Some("f64") if of_parameters.clone().all(|ty| ty == "f64") => "f64".to_owned(),
                        Some("&str") => "String".to_owned(),
                        Some(_) if of_parameters.clone().all(|ty| ty != "&Tensor") => "f64".to_owned(),
                        _ => "Tensor".to_owned(),
                    }
                }
                other => other.type_name().unwrap_or_default(),
            };
            let is_literal = matches!(value, [Tree::Leaf(token)] if token.kind == Kind::Text);
            returns = Some(match arrow.and_then(|ty| annotated(ty, false)) {
                Some(ty) if ty == "String" && is_literal => "&'static str".to_owned(),
                Some(ty) => ty,
                None if is_literal => "&'static str".to_owned(),
                None if split(value, ",").len() > 1 => {
                    format!("({})", vec!["Tensor"; arguments(value).len()].join(", "))
                }
                None => guess,
            });
        }
        self.say(sentence!(
            "a function says its types: `fn f(x: &Tensor) -> Tensor {{ … }}`",
            "函数要写明类型：`fn f(x: &Tensor) -> Tensor {{ … }}`"
        ));
        let returns = returns.map(|ty| format!(" -> {ty}")).unwrap_or_default();
        format!("fn {name}({}){returns}", texts.join(", "))
    }

    /// The type of a parameter with a conventional name in training code.
    fn type_where_it_trains(&self, name: &str) -> Option<String> {
        let ty = match name {
            "model" | "net" | "network" => "&impl Forward",
            "optimizer" => "&impl optim::Optimizer",
            "scheduler" => "&impl optim::lr_scheduler::LrScheduler",
            "device" => "Device",
            "criterion" | "loss_fn" | "loss_func" => {
                let losses = ["NLLLoss", "MSELoss", "BCEWithLogitsLoss", "BCELoss", "L1Loss"];
                let named = losses.iter().find(|loss| self.code.contains(&format!("nn.{loss}(")));
                return Some(format!("&nn::{}", named.unwrap_or(&"CrossEntropyLoss")));
            }
            _ if name.ends_with("loader") => "&data::DataLoader<impl Dataset, (Tensor, Tensor)>",
            _ => return None,
        };
        Some(ty.to_owned())
    }

    /// The type of the argument at this position in the cell's own calls of a function.
    pub fn given_in_calls(&self, function: &str, at: usize) -> Option<String> {
        let trees = tokens::trees_of_python(self.code);
        let calls = trees.windows(3).filter_map(|window| match window {
            [before, name, call]
                if name.is_word(function) && !before.is_blank() | !self.text(&window[..1]).contains(' ') =>
            {
                call.inside("(")
            }
            _ => None,
        });
        let first = calls.map(|inner| arguments(inner)).find(|given| given.len() > at)?;
        match self.scope.borrow().meaning(first[at]) {
            Meaning::Tensor | Meaning::Other | Meaning::Map => None,
            Meaning::Vector(element) if matches!(*element, Meaning::Float | Meaning::Whole) => {
                Some("&[f64]".to_owned())
            }
            // The function may divide it.
            Meaning::Whole => Some("f64".to_owned()),
            other => other.type_name(),
        }
    }

    /// The type of a function's parameter, from its uses: a tensor, unless a use excludes that.
    pub fn parameter_type(&self, name: &str, body: &[Tree]) -> String {
        let mut seen = Uses::default();
        uses(name, body, &mut seen);
        match name {
            _ if seen.is_whole && !seen.has_fraction => "i64",
            // Conventional names.
            "params" | "parameters" if !seen.is_tensor => "&[&Tensor]",
            "lr" | "rate" | "learning_rate" => "f64",
            _ => "&Tensor",
        }
        .to_owned()
    }

    /// The type of a closure's parameter, if Rust cannot infer it.
    pub fn closure_type(&self, name: &str, body: &[Tree]) -> Option<&'static str> {
        let mut seen = Uses::default();
        uses(name, body, &mut seen);
        Some(if seen.is_tensor {
            "&Tensor"
        } else if seen.is_whole || seen.meets_a_whole && !seen.has_fraction {
            "i64"
        } else {
            "f64"
        })
    }
}

/// The uses of a parameter.
#[derive(Default)]
pub struct Uses {
    pub is_whole: bool,
    pub is_tensor: bool,
    pub has_fraction: bool,
    /// Whether a formula combines it with a whole number.
    pub meets_a_whole: bool,
}

pub fn uses(name: &str, trees: &[Tree], seen: &mut Uses) {
    let trees: Vec<&Tree> = trees.iter().filter(|tree| !tree.is_blank()).collect();
    let whole = |tree: &Tree| tree.of(Kind::Number).is_some_and(|number| number.chars().all(|c| c.is_ascii_digit()));
    for (at, tree) in trees.iter().enumerate() {
        if let Tree::Group(group) = tree {
            let in_range = at > 0 && trees[at - 1].is_word("range");
            seen.is_whole |= in_range && has_word(&group.inner, name);
            uses(name, &group.inner, seen);
        }
        if !tree.is_word(name) {
            continue;
        }
        let (before, next, after) = (at.checked_sub(1).map(|at| trees[at]), trees.get(at + 1), trees.get(at + 2));
        let compares = |tree: &&&Tree| ["==", "!=", "<", ">", "<=", ">=", "%"].iter().any(|sign| tree.is_sign(sign));
        seen.is_whole |= next.filter(compares).is_some() && after.is_some_and(|tree| whole(tree));
        let fraction = |tree: Option<&&Tree>| {
            tree.is_some_and(|tree| tree.of(Kind::Number).is_some_and(super::super::scope::is_float))
        };
        seen.has_fraction |= next.is_some_and(|tree| is_operator(tree)) && fraction(after)
            || before.is_some_and(is_operator) && fraction(at.checked_sub(2).and_then(|at| trees.get(at)));
        seen.meets_a_whole |= next.is_some_and(|tree| is_operator(tree)) && after.is_some_and(|tree| whole(tree))
            || before.is_some_and(is_operator) && at.checked_sub(2).is_some_and(|at| whole(trees[at]));
        seen.is_tensor |= next.is_some_and(|tree| tree.is_sign(".") || tree.is_sign("@"))
            && after.is_some_and(|tree| tree.word().is_some() || next.is_some_and(|next| next.is_sign("@")));
    }
}

/// The value that a function returns, according to its body.
pub fn returned_value<'t, 'a>(trees: &'t [Tree<'a>]) -> Option<&'t [Tree<'a>]> {
    let at = trees.iter().rposition(|tree| tree.is_word("return"))?;
    let rest = &trees[at + 1..];
    let end = rest
        .iter()
        .position(|tree| tree.of(Kind::NewLine).is_some() || tree.of(Kind::Comment).is_some())
        .unwrap_or(rest.len());
    Some(trim(&rest[..end])).filter(|value| !value.is_empty())
}

/// The Rust type for a Python type, as a reference or owned.
pub fn annotated(ty: &str, is_lent: bool) -> Option<String> {
    if let Some(element) = ty.trim().strip_prefix("list[").or_else(|| ty.trim().strip_prefix("List[")) {
        let element = annotated(element.strip_suffix(']')?, false)?;
        return Some(if is_lent { format!("&[{element}]") } else { format!("Vec<{element}>") });
    }
    let name = match (ty.rsplit('.').next().unwrap_or(ty).trim(), is_lent) {
        ("int", _) => "i64",
        ("float", _) => "f64",
        ("str", true) => "&str",
        ("str", false) => "String",
        ("bool", _) => "bool",
        ("Module", true) => "&impl Forward",
        ("Tensor" | "ndarray", true) => "&Tensor",
        ("Tensor" | "ndarray", false) => "Tensor",
        _ => return None,
    };
    Some(name.to_owned())
}

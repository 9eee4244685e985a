//! The functions in `torch.nn.functional`, `torch.nn.init` and `torch.nn.utils`.

use super::super::lesson::sentence;
use super::super::tokens::Tree;
use super::super::{library, names};
use super::Reader;
use super::calls::Arguments;

/// Functions with options: the options' type, and the names of the arguments before and among them, in PyTorch's order.
const WITH_OPTIONS: [(&str, &str, usize, &str); 12] = [
    ("conv1d", "Conv", 2, "bias stride padding dilation groups"),
    ("conv2d", "Conv", 2, "bias stride padding dilation groups"),
    ("conv_transpose1d", "Conv", 2, "bias stride padding output_padding groups dilation"),
    ("conv_transpose2d", "Conv", 2, "bias stride padding output_padding groups dilation"),
    ("max_pool1d", "MaxPool", 2, "stride padding dilation ceil_mode"),
    ("max_pool2d", "MaxPool", 2, "stride padding dilation ceil_mode"),
    ("avg_pool1d", "AvgPool", 2, "stride padding ceil_mode count_include_pad divisor_override"),
    ("avg_pool2d", "AvgPool", 2, "stride padding ceil_mode count_include_pad divisor_override"),
    ("cross_entropy", "CrossEntropy", 2, "weight _ ignore_index _ reduction label_smoothing"),
    ("nll_loss", "NllLoss", 2, "weight _ ignore_index _ reduction"),
    ("mse_loss", "Reduction", 2, "_ _ reduction"),
    ("l1_loss", "Reduction", 2, "_ _ reduction"),
];

impl Reader<'_> {
    /// A function of `torch.nn.functional`: a tensor's method if there is one, else a function of `F`.
    pub fn of_functional(&self, name: &str, inner: &[Tree]) -> Option<String> {
        let mut of = Arguments::of(inner);
        of.take(&["inplace"]);
        let is_softmax = matches!(name, "softmax" | "log_softmax");
        if let Some(dim) = of.take(&["dim"]).filter(|_| is_softmax) {
            of.plain.push(dim);
        }
        if library::is_method(name) && of.named.is_empty() {
            self.say(sentence!(
                "functions of `F` that tensors have are methods, too: `x.relu()`, `x.softmax(1)`",
                "`F` 里张量也有的函数写成方法：`x.relu()`、`x.softmax(1)`"
            ));
            return self.as_a_method(name, &of);
        }
        if matches!(name, "dropout" | "dropout2d") && of.take(&["training"]).is_some() {
            self.say(sentence!(
                "`F::dropout` drops always; take a layer, `nn::Dropout::new(0.5)`, which `model.eval()` turns off",
                "`F::dropout` 总会丢弃；用层 `nn::Dropout::new(0.5)`，`model.eval()` 会关闭它"
            ));
            self.give_up();
            return None;
        }
        self.say(sentence!(
            "functions of networks are in `F`, and tensors are lent: `F::cross_entropy(&scores, &labels)`",
            "网络函数在 `F` 里，张量用 `&` 借用：`F::cross_entropy(&scores, &labels)`"
        ));
        if let Some(known) = WITH_OPTIONS.iter().find(|known| known.0 == name) {
            return self.with_options(known, of);
        }
        let is_there = names::of_another_library(name, false)
            .is_some_and(|known| known.sentence.english.contains(&format!("`F::{name}(")));
        if !is_there {
            self.said.borrow_mut().clear();
            self.no_such_layer(name);
            return None;
        }
        let all = of.plain.iter().copied().chain(of.named.iter().map(|(_, value)| *value));
        let parts: Vec<String> = all.map(|part| self.lent_or_number(part)).collect();
        Some(format!("F::{name}({})", parts.join(", ")))
    }

    fn with_options(&self, known: &(&str, &str, usize, &str), mut of: Arguments) -> Option<String> {
        let (name, ty, count, places) = *known;
        let is_pool = ty.ends_with("Pool");
        if is_pool && let Some(size) = of.take(&["kernel_size"]) {
            of.plain.insert(1.min(of.plain.len()), size);
        }
        let mut parts: Vec<String> = of.plain.iter().take(count).map(|part| self.lent_or_number(part)).collect();
        let mut options = String::new();
        for (at, place) in places.split(' ').enumerate() {
            let value = of.plain.get(count + at).copied().or_else(|| of.take(&[place]));
            let Some(value) = value.filter(|part| !matches!(part, [none] if none.is_word("None"))) else { continue };
            let text = if place == "bias" { self.lent(value) } else { self.option(place, value) };
            options.push_str(&format!(".{place}({})", text.replace("nn::Reduction", "F::Reduction")));
        }
        if options.is_empty() {
            return Some(format!("F::{name}({})", parts.join(", ")));
        }
        // A function whose only option is a reduction takes the reduction itself.
        let only = options.strip_prefix(".reduction(").and_then(|text| text.strip_suffix(')'));
        parts.push(match only.filter(|_| ty == "Reduction") {
            Some(reduction) => reduction.to_owned(),
            None => format!("F::{ty}::new(){options}"),
        });
        Some(format!("F::{name}_with({})", parts.join(", ")))
    }

    /// An argument that is a number, or a borrowed tensor.
    pub fn lent_or_number(&self, part: &[Tree]) -> String {
        let is_tuple = matches!(part, [group] if group.inside("(").is_some() || group.inside("[").is_some());
        match self.flag_word(part) {
            Some(flag) => flag,
            None if self.is_number(part) || is_tuple => self.shape(part),
            None if matches!(part, [minus, ..] if minus.is_sign("-")) => self.expression(part),
            None => self.lent_once(part),
        }
    }

    /// `True`, `False` and `None`.
    fn flag_word(&self, part: &[Tree]) -> Option<String> {
        match self.text(part) {
            text @ ("True" | "False") => Some(text.to_lowercase()),
            "None" => Some("None".to_owned()),
            _ => None,
        }
    }

    /// A tensor, borrowed unless it is a reference already.
    pub fn lent_once(&self, part: &[Tree]) -> String {
        match part {
            [name] if name.word().is_some_and(|name| self.scope.borrow().is_borrowed(name)) => {
                self.text(part).to_owned()
            }
            _ => self.lent(part),
        }
    }

    /// A function of `torch.nn.init`, which fills a tensor.
    pub fn of_init(&self, name: &str, inner: &[Tree]) -> Option<String> {
        let defaults: &[(&str, &str)] = match name {
            "zeros_" | "ones_" | "eye_" => &[],
            "constant_" => &[("val", "0.0")],
            "normal_" => &[("mean", "0.0"), ("std", "1.0")],
            "uniform_" => &[("a", "0.0"), ("b", "1.0")],
            "xavier_uniform_" | "xavier_normal_" | "orthogonal_" => &[("gain", "1.0")],
            _ => {
                self.no_such_layer(name);
                return None;
            }
        };
        let mut of = Arguments::of(inner);
        let first = of.plain.first()?;
        let tensor = match first {
            // The layer may have no bias.
            [.., dot, bias] if dot.is_sign(".") && bias.is_word("bias") => {
                format!("{}.as_ref().unwrap()", self.expression(first))
            }
            _ => self.lent_once(first),
        };
        let mut parts = vec![tensor];
        for (at, (place, default)) in defaults.iter().enumerate() {
            let value = of.plain.get(at + 1).copied().or_else(|| of.take(&[place]));
            // All of them are numbers with a fraction.
            parts.push(value.map_or((*default).to_owned(), |part| self.option("value", part)));
        }
        self.say(sentence!(
            "values are reinitialised by `nn::init::normal_(&w, 0.0, 0.01)`",
            "重新初始化用 `nn::init::normal_(&w, 0.0, 0.01)`"
        ));
        Some(format!("nn::init::{name}({})", parts.join(", ")))
    }

    /// A function of `torch.nn.utils`.
    pub fn of_utils(&self, name: &str, inner: &[Tree]) -> Option<String> {
        const THERE: [&str; 5] =
            ["clip_grad_norm_", "clip_grad_value_", "get_total_norm", "parameters_to_vector", "vector_to_parameters"];
        let mut of = Arguments::of(inner);
        of.take(&["norm_type"]);
        let first = self.expression(of.plain.first()?);
        let limit = of.plain.get(1).copied().or_else(|| of.take(&["max_norm", "clip_value", "parameters"]));
        if !THERE.contains(&name) {
            self.no_such_layer(name);
            return None;
        }
        self.say(sentence!(
            "names inside of `nn` are reached by `::`: `nn::utils::{name}(…)`",
            "`nn` 里的名字用 `::` 访问：`nn::utils::{name}(…)`"
        ));
        let limit = limit.map(|part| self.option("max_norm", part)).map_or(String::new(), |limit| {
            let is_whole = limit.chars().all(|c| c.is_ascii_digit());
            format!(", {limit}{}", if is_whole { ".0" } else { "" })
        });
        let first = if name == "vector_to_parameters" { format!("&{first}") } else { first };
        Some(format!("nn::utils::{name}({first}{limit})"))
    }
}

//! Modules as text, in PyTorch's format, and as a table.

use std::fmt::Write;

use super::module::{Module, Visitor};
use super::parameter::Parameter;
use crate::size::Size;

/// A module in one line: `Linear(in_features=3, out_features=2, bias=true)`.
pub(super) fn described(module: &dyn Module) -> String {
    format!("{}({})", module.name(), module.extra_repr())
}

/// A module with its parts.
struct Part {
    name: String,
    /// Its line: word and options.
    word: String,
    options: String,
    parts: Vec<Part>,
    /// Names and shapes of its parameters, without those of parts.
    parameters: Vec<(String, Size, bool)>,
}

/// Collects parts, one level at a time.
#[derive(Default)]
struct Parts {
    parts: Vec<Part>,
    parameters: Vec<(String, Size, bool)>,
}

impl Visitor for Parts {
    fn parameter(&mut self, name: &str, parameter: &Parameter) {
        self.parameters.push((name.to_owned(), parameter.size(), parameter.requires_grad()));
    }

    fn module(&mut self, name: &str, module: &dyn Module) {
        self.parts.push(part(name, module));
    }
}

fn part(name: &str, module: &dyn Module) -> Part {
    let mut inside = Parts::default();
    module.visit(&mut inside);
    Part {
        name: name.to_owned(),
        word: module.name().to_owned(),
        options: module.extra_repr(),
        parts: inside.parts,
        parameters: inside.parameters,
    }
}

impl Part {
    /// The lines of this part; all but the first are indented by two spaces.
    fn text(&self) -> String {
        if self.parts.is_empty() {
            return format!("{}({})", self.word, self.options);
        }
        let is_list = self.word == "ModuleList";
        let mut text = format!("{}({}\n", self.word, self.options);
        let mut parts = self.parts.iter().map(|part| (part.name.clone(), part.text())).peekable();
        while let Some((name, lines)) = parts.next() {
            // Equal members of a list are one entry, as in PyTorch.
            let (mut last, mut count) = (name.clone(), 1);
            while is_list && parts.peek().is_some_and(|(_, next)| *next == lines) {
                last = parts.next().map(|(name, _)| name).unwrap_or_default();
                count += 1;
            }
            let lines = lines.replace('\n', "\n  ");
            let _ = match count {
                1 => writeln!(text, "  ({name}): {lines}"),
                _ => writeln!(text, "  ({name}-{last}): {count} x {lines}"),
            };
        }
        text.push(')');
        text
    }
}

/// A module as PyTorch prints it: one line for each layer, those inside others indented.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let model = nn::sequential![nn::Linear::new(3, 2), nn::ReLU];
/// assert_eq!(
///     nn::to_text(&model),
///     "Sequential(
///   (0): Linear(in_features=3, out_features=2, bias=true)
///   (1): ReLU()
/// )"
/// );
/// ```
pub fn to_text(module: &dyn Module) -> String {
    part("", module).text()
}

/// A module as a table: its layers, the shapes of their parameters, and how many numbers these are.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let html = nn::to_html(&nn::sequential![nn::Linear::new(3, 2), nn::ReLU]);
/// assert!(html.contains("[2, 3]") && html.contains("8 parameters"));
/// ```
pub fn to_html(module: &dyn Module) -> String {
    let whole = part("", module);
    let mut rows = String::new();
    let mut count = Count::default();
    // A layer without a model around it is a table of one line.
    match whole.parts.is_empty() {
        true => row(&whole, 0, &mut rows, &mut count),
        false => whole.parts.iter().for_each(|part| row(part, 0, &mut rows, &mut count)),
    }
    own_parameters(&whole, &mut rows, &mut count);
    let frozen = if count.frozen == 0 { String::new() } else { format!(", {} of them frozen", grouped(count.frozen)) };
    let title = escaped(&whole.word);
    format!(
        "<div style=\"overflow-x:auto\"><table class=\"soma-module\" style=\"border-collapse:collapse;font-variant-numeric:tabular-nums\">\
         <caption style=\"text-align:left;padding:2px 8px;opacity:0.7\">{title}, {} parameters{frozen}</caption>\
         <thead><tr>{}{}{}{}</tr></thead><tbody>{rows}</tbody></table></div>",
        grouped(count.all),
        head("", "left"),
        head("layer", "left"),
        head("parameters", "left"),
        head("count", "right"),
    )
}

#[derive(Default)]
struct Count {
    all: usize,
    frozen: usize,
}

fn head(word: &str, side: &str) -> String {
    format!("<th style=\"text-align:{side};padding:2px 8px\">{word}</th>")
}

fn row(part: &Part, depth: usize, rows: &mut String, count: &mut Count) {
    let options = if part.options.is_empty() { String::new() } else { format!("({})", part.options) };
    let shapes: Vec<String> = part.parameters.iter().map(|(name, shape, _)| format!("{name} {shape}")).collect();
    let numbers = counted(&part.parameters, count);
    let cells = [
        format!(
            "<td style=\"padding:2px 8px 2px {}px;text-align:left;opacity:0.7\">{}</td>",
            8 + 16 * depth,
            escaped(&part.name)
        ),
        format!(
            "<td style=\"padding:2px 8px;text-align:left\"><b>{}</b>{}</td>",
            escaped(&part.word),
            escaped(&options)
        ),
        format!("<td style=\"padding:2px 8px;text-align:left\">{}</td>", escaped(&shapes.join(", "))),
        format!(
            "<td style=\"padding:2px 8px;text-align:right\">{}</td>",
            if numbers == 0 { String::new() } else { grouped(numbers) }
        ),
    ];
    let _ = write!(rows, "<tr>{}</tr>", cells.concat());
    part.parts.iter().for_each(|inner| row(inner, depth + 1, rows, count));
}

/// The parameters that a model has itself, beside its layers.
fn own_parameters(whole: &Part, rows: &mut String, count: &mut Count) {
    if whole.parts.is_empty() {
        return;
    }
    for own in &whole.parameters {
        let numbers = counted(std::slice::from_ref(own), count);
        let _ = write!(
            rows,
            "<tr><td style=\"padding:2px 8px;text-align:left;opacity:0.7\">{}</td><td style=\"padding:2px 8px;text-align:left\">Parameter</td>\
             <td style=\"padding:2px 8px;text-align:left\">{}</td><td style=\"padding:2px 8px;text-align:right\">{}</td></tr>",
            escaped(&own.0),
            own.1,
            grouped(numbers)
        );
    }
}

fn counted(parameters: &[(String, Size, bool)], count: &mut Count) -> usize {
    let numel = |shape: &Size| shape.iter().product::<usize>();
    let all: usize = parameters.iter().map(|(_, shape, _)| numel(shape)).sum();
    count.all += all;
    count.frozen += parameters.iter().filter(|(.., learns)| !learns).map(|(_, shape, _)| numel(shape)).sum::<usize>();
    all
}

/// A number with its thousands set apart: `101,770`.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Shows a module in a notebook: as a table, and as text.
pub fn display(module: &dyn Module) {
    display_forms(&to_html(module), &to_text(module));
}

/// Shows what has two forms; without notebooks, as text.
pub(super) fn display_forms(html: &str, text: &str) {
    #[cfg(feature = "evcxr")]
    crate::notebook::show(&[("text/html", html), ("text/plain", text)]);
    #[cfg(not(feature = "evcxr"))]
    println!("{text}");
}

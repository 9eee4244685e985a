//! A table of the layers of a model, with the shapes of an input on its way through them.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::forward::Forward;
use super::found::joined;
use super::module::{Module, Visitor};
use super::parameter::Training;
use super::show::grouped;
use super::trace::{self, Passed};
use crate::autograd::no_grad;
use crate::create::try_zeros;
use crate::error::{Result, or_raise};
use crate::size::{IntoInts, Size};
use crate::tensor::Tensor;

/// A table of layers, made by [`summary()`]: as text, and in a notebook as HTML.
#[derive(Clone, Debug)]
pub struct Summary {
    rows: Vec<Row>,
    /// Totals.
    parameters: usize,
    trainable: usize,
    multiply_adds: usize,
}

#[derive(Clone, Debug)]
struct Row {
    name: String,
    layer: String,
    output: String,
    /// `None` where the layer came before.
    parameters: Option<usize>,
    multiply_adds: usize,
}

/// The layers of a model, with the shapes of their results for one example of this shape, the numbers of their parameters, and
/// the multiplications with additions that they take: torchinfo's table. `N` is the number of examples. The model is run
/// once, on zeros, in evaluation.
///
/// For a model that reads whole numbers, or a batch of a certain size, see [`summary_with`].
///
/// ```
/// use tensorlib::prelude::*;
///
/// let model = nn::sequential![nn::Conv2d::new(1, 6, 5), nn::ReLU, nn::Flatten::new(), nn::Linear::new(3456, 10)];
/// let table = summary(&model, [1, 28, 28]);
/// assert_eq!(table.parameters(), 156 + 34_570);
/// assert_eq!(
///     table.to_string(),
///     "layer                                                       output          parameters  multiply-adds
/// 0: Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1))          [N, 6, 24, 24]         156         86,400
/// 1: ReLU()                                                   [N, 6, 24, 24]
/// 2: Flatten(start_dim=1, end_dim=-1)                         [N, 3456]
/// 3: Linear(in_features=3456, out_features=10, bias=true)     [N, 10]             34,570         34,560
/// total                                                                           34,726        120,960"
/// );
/// ```
///
/// # Panics
/// If the shape does not fit the model; the sentence names the layer.
#[track_caller]
pub fn summary(model: &(impl Forward + ?Sized), input: impl IntoInts) -> Summary {
    or_raise(try_summary(model, input))
}

/// [`summary()`] with the error as a value.
///
/// # Errors
/// Where [`summary()`] panics.
pub fn try_summary(model: &(impl Forward + ?Sized), input: impl IntoInts) -> Result<Summary> {
    let mut shape = vec![1];
    shape.extend(input.into_ints().iter());
    let x = try_zeros(&shape[..])?;
    of(&Run { visit: &|visitor| model.visit(visitor), forward: &|| model.try_forward(&x).map(drop), is_example: true })
}

/// [`summary()`] for an input of your own: whole numbers for a model that begins with an embedding, say. Shapes are as they are.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let model = nn::sequential![nn::Embedding::new(65, 32), nn::Linear::new(32, 65)];
/// assert_eq!(nn::summary_with(&model, &tensor![[1, 2, 3]]).parameters(), 65 * 32 + 32 * 65 + 65);
/// ```
///
/// # Panics
/// If the input does not fit the model.
#[track_caller]
pub fn summary_with(model: &(impl Forward + ?Sized), input: &Tensor) -> Summary {
    let visit = |visitor: &mut dyn Visitor| model.visit(visitor);
    or_raise(of(&Run { visit: &visit, forward: &|| model.try_forward(input).map(drop), is_example: false }))
}

/// A model and its input, whatever their types.
struct Run<'a> {
    visit: &'a dyn Fn(&mut dyn Visitor),
    forward: &'a dyn Fn() -> Result<()>,
    /// Whether dimension 0 stands for any number of examples.
    is_example: bool,
}

/// Where the modules of a model are, by their addresses, and which of them are being trained.
#[derive(Default)]
struct Places<'a> {
    path: String,
    names: HashMap<usize, String>,
    modes: Vec<bool>,
    set: Option<&'a mut dyn Iterator<Item = bool>>,
}

impl Visitor for Places<'_> {
    fn training(&mut self, training: &Training) {
        self.modes.push(training.get());
        if let Some(mode) = self.set.as_mut().and_then(|modes| modes.next()) {
            training.set(mode);
        }
    }

    fn module(&mut self, name: &str, module: &dyn Module) {
        let path = joined(&self.path, name);
        if let Some(address) = trace::address(module) {
            self.names.insert(address, path.clone());
        }
        let outer = std::mem::replace(&mut self.path, path);
        module.visit(self);
        self.path = outer;
    }
}

/// Sets the modes of a model back, by a panic too.
struct Modes<'a> {
    visit: &'a dyn Fn(&mut dyn Visitor),
    modes: Vec<bool>,
}

impl Drop for Modes<'_> {
    fn drop(&mut self) {
        let mut modes = self.modes.iter().copied();
        (self.visit)(&mut Places { set: Some(&mut modes), ..Places::default() });
    }
}

/// Runs a model in evaluation and without gradients: where its modules are, by their addresses, and what went through them.
pub(crate) fn observed(
    visit: &dyn Fn(&mut dyn Visitor),
    forward: &dyn Fn() -> Result<()>,
) -> Result<(HashMap<usize, String>, Vec<Passed>)> {
    let mut places = Places::default();
    visit(&mut places);
    let modes = Modes { visit, modes: std::mem::take(&mut places.modes) };
    visit(&mut Places { set: Some(&mut std::iter::repeat(false)), ..Places::default() });
    let (result, passed) = trace::recorded(|| no_grad(forward));
    drop(modes);
    result.map(|()| (places.names, passed))
}

fn of(run: &Run) -> Result<Summary> {
    let (places, passed) = observed(run.visit, run.forward)?;
    let mut seen = HashSet::new();
    let mut rows: Vec<Row> = Vec::new();
    for passed in &passed {
        let name = passed.address.and_then(|address| places.get(&address).cloned());
        let is_again = passed.address.is_some_and(|address| !seen.insert(address));
        rows.push(Row {
            // Layers without fields have no place; where all before are counted, so are they.
            name: name.unwrap_or_else(|| next_number(&rows)),
            layer: passed.line.clone(),
            output: shape(&passed.output.size(), run.is_example),
            parameters: (!is_again).then_some(passed.parameters),
            multiply_adds: multiply_adds(passed),
        });
    }
    let all = super::found::once(super::module::tensors(run.visit, super::module::Kind::Parameter));
    let count = |only_trainable: bool| {
        let counted = all.iter().filter(|(_, parameter)| !only_trainable || parameter.requires_grad());
        counted.map(|(_, parameter)| parameter.numel()).sum()
    };
    let multiply_adds = rows.iter().map(|row| row.multiply_adds).sum();
    Ok(Summary { rows, parameters: count(false), trainable: count(true), multiply_adds })
}

/// The number after that of the row before, if its name is one.
fn next_number(rows: &[Row]) -> String {
    match rows.last() {
        None => "0".to_owned(),
        Some(last) => last.name.parse::<usize>().map_or(String::new(), |number| (number + 1).to_string()),
    }
}

fn shape(size: &Size, is_example: bool) -> String {
    match size.split_first() {
        Some((1, rest)) if is_example => {
            let rest: String = rest.iter().map(|length| format!(", {length}")).collect();
            format!("[N{rest}]")
        }
        _ => size.to_string(),
    }
}

/// How often a layer multiplies and adds: once for each number of its weight at each place of its result.
fn multiply_adds(passed: &Passed) -> usize {
    let Some(weight) = &passed.weight else { return 0 };
    let numel: usize = weight.iter().product();
    let places = |values: usize, channels: usize| values.checked_div(channels).unwrap_or(0);
    match passed.word.as_str() {
        "Linear" | "Conv1d" | "Conv2d" => numel * places(passed.output.numel(), weight[0]),
        "ConvTranspose1d" | "ConvTranspose2d" => numel * places(passed.input.numel(), weight[0]),
        _ => 0,
    }
}

impl Summary {
    /// The number of all parameters.
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// The number of parameters that are learned: those that are not frozen.
    pub fn trainable(&self) -> usize {
        self.trainable
    }

    /// How often an input is multiplied and added on its way.
    pub fn multiply_adds(&self) -> usize {
        self.multiply_adds
    }

    /// The cells of the table, without its head and its totals.
    fn cells(&self) -> Vec<[String; 4]> {
        let some = |number: usize| if number == 0 { String::new() } else { grouped(number) };
        let cells = self.rows.iter().map(|row| {
            let layer = if row.name.is_empty() { row.layer.clone() } else { format!("{}: {}", row.name, row.layer) };
            let parameters = row.parameters.map_or("(again)".to_owned(), some);
            [layer, row.output.clone(), parameters, some(row.multiply_adds)]
        });
        cells.collect()
    }

    fn totals(&self) -> [String; 4] {
        let frozen = self.parameters - self.trainable;
        let word = if frozen == 0 { "total".to_owned() } else { format!("total, {} of them frozen", grouped(frozen)) };
        [word, String::new(), grouped(self.parameters), grouped(self.multiply_adds)]
    }

    /// The table as HTML, without script or style sheet.
    pub fn html(&self) -> String {
        let line = |tag: &str, cells: &[String; 4], style: &str| {
            let cell = |(number, text): (usize, &String)| {
                let side = if number < 2 { "left" } else { "right" };
                let text = super::show::escaped(text);
                format!("<{tag} style=\"text-align:{side};padding:2px 8px;{style}\">{text}</{tag}>")
            };
            let cells: String = cells.iter().enumerate().map(cell).collect();
            format!("<tr>{cells}</tr>")
        };
        let rows: String = self.cells().iter().map(|cells| line("td", cells, "")).collect();
        format!(
            "<div style=\"overflow-x:auto\"><table style=\"border-collapse:collapse;font-variant-numeric:tabular-nums\">\
             <thead>{}</thead><tbody>{rows}{}</tbody></table></div>",
            line("th", &HEAD.map(str::to_owned), ""),
            line("td", &self.totals(), "border-top:1px solid currentColor;font-weight:bold")
        )
    }

    /// Shows the table in a notebook.
    pub fn evcxr_display(&self) {
        super::show::display_forms(&self.html(), &self.to_string());
    }
}

const HEAD: [&str; 4] = ["layer", "output", "parameters", "multiply-adds"];

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = vec![HEAD.map(str::to_owned)];
        lines.extend(self.cells());
        lines.push(self.totals());
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 4] = std::array::from_fn(width);
        let text: Vec<String> = lines
            .iter()
            .map(|[layer, output, parameters, adds]| {
                let [a, b, c, d] = widths;
                let line = format!("{layer:<a$}     {output:<b$}  {parameters:>c$}  {adds:>d$}");
                line.trim_end().to_owned()
            })
            .collect();
        f.write_str(&text.join("\n"))
    }
}

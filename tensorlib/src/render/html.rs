//! A tensor as an HTML table.
//!
//! Written for four readers at once: JupyterLab in light and dark, nbconvert's pages, VS Code, and GitHub, which strips
//! style sheets and may strip styles. So the structure alone has to do: every number has the same digits and its cell
//! the attribute `align`, which together put the decimal points below each other; captions carry shape and dtype;
//! header cells have a `scope` for screen readers. Styles are inline, colours are inherited or half-transparent.

use super::number::Format;
use super::sample::{Fold, Place, Sample};
use super::text::of_gradients;
use crate::Tensor;
use crate::picture::canvas::escape;
use crate::scalar::Scalar;

/// No tensor's table is longer, in bytes.
const MOST_BYTES: usize = 20_000;

/// The parts of a large tensor that are shown.
#[derive(Clone, Copy)]
struct Limits {
    rows: usize,
    columns: usize,
    slices: usize,
}

/// From generous to frugal: the first that stays below [`MOST_BYTES`] is taken. The last one always does.
const LIMITS: [Limits; 5] = [
    Limits { rows: 20, columns: 12, slices: 8 },
    Limits { rows: 14, columns: 10, slices: 4 },
    Limits { rows: 10, columns: 8, slices: 4 },
    Limits { rows: 6, columns: 6, slices: 4 },
    Limits { rows: 4, columns: 4, slices: 2 },
];

/// A tensor as an HTML table: shape and dtype, what gradients know of it, row and column indices, ellipses for what is left
/// out. A tensor with more than two dimensions is a row of tables, one for each slice.
///
/// ```
/// use tensorlib::prelude::*;
/// use tensorlib::render::to_html;
///
/// let html = to_html(&tensor![[0.5, 1.0], [10.25, -1.0]]);
/// assert!(html.contains("[2, 2]") && html.contains("f32"));
/// assert!(html.contains(">10.2500</td>"));
/// assert!(to_html(&ones([2]).requires_grad_(true)).contains("<b>[2]</b> f32, requires_grad=true"));
/// assert!(to_html(&zeros([1000, 1000, 1000])).len() <= 20_000);
/// ```
#[must_use]
pub fn to_html(tensor: &Tensor) -> String {
    render("Tensor", tensor, false)
}

/// [`to_html`] for values that are not called a tensor: an array that shares its memory, for one.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let html = tensorlib::render::to_html_called("Array", &ones([2]));
/// assert!(html.contains("Array <b>[2]</b> f32"));
/// ```
#[must_use]
pub fn to_html_called(name: &str, tensor: &Tensor) -> String {
    render(name, tensor, false)
}

/// [`to_html`] with cells shaded by their values: blue above zero, orange below, the deeper the larger.
#[must_use]
pub fn to_html_shaded(tensor: &Tensor) -> String {
    render("Tensor", tensor, true)
}

fn render(name: &str, tensor: &Tensor, shaded: bool) -> String {
    let mut html = String::new();
    let name = escape(name);
    for limits in LIMITS {
        html = Page::of(tensor, limits, shaded).write(&name);
        if html.len() <= MOST_BYTES {
            break;
        }
    }
    html
}

struct Page {
    sample: Sample,
    format: Format,
    /// The suffix about gradients: `, grad_fn=<SumBackward0>`.
    gradients: String,
    /// The largest absolute value, when cells are shaded.
    shade: Option<f64>,
}

impl Page {
    fn of(tensor: &Tensor, limits: Limits, shaded: bool) -> Page {
        let most = most_shown(&tensor.size(), limits);
        let sample = Sample::of(tensor, |dimension, length| folded(length, most[dimension]));
        let format = Format::of(sample.dtype, &sample.values);
        let finite = sample.values.iter().map(|v| v.to_f64()).filter(|v| v.is_finite());
        let largest = finite.fold(0.0_f64, |m, v| m.max(v.abs()));
        let gradients = of_gradients(tensor).map(|text| format!(", {}", escape(&text))).unwrap_or_default();
        Page { format, shade: shaded.then_some(largest), gradients, sample }
    }

    fn write(&self, name: &str) -> String {
        let size = &self.sample.size;
        let (list, dtype, gradients) = (listed(size), self.sample.dtype, &self.gradients);
        if size.contains(&0) {
            return format!("<div {SCROLL}>{name} <b>[{list}]</b> {dtype}{gradients}, no elements</div>\n");
        }
        let heading = format!("{name} <b>[{list}]</b> {dtype}{gradients}");
        let mut next = 0;
        if size.len() <= 2 {
            return format!("<div {SCROLL}>\n{}</div>\n", self.table(&heading, &mut next));
        }
        let mut tables = String::new();
        self.slices(0, &mut Vec::new(), &mut next, &mut tables);
        format!(
            "<div role=\"group\" aria-label=\"{name} [{list}] {dtype}\" {SCROLL}>\n<div style=\"opacity:.8\">{heading}</div>\n\
             <div {SIDE_BY_SIDE}>\n{tables}</div>\n</div>\n"
        )
    }

    /// The tables of all slices from dimension `dimension` inwards, below the leading `indices`.
    fn slices(&self, dimension: usize, indices: &mut Vec<usize>, next: &mut usize, out: &mut String) {
        if dimension + 2 == self.sample.size.len() {
            out.push_str(&self.table(&format!("[{}]", listed(indices)), next));
            return;
        }
        for (at, place) in self.sample.places[dimension].iter().enumerate() {
            match place {
                Some(index) => {
                    indices.push(*index);
                    self.slices(dimension + 1, indices, next, out);
                    indices.pop();
                }
                None => {
                    let separator = if indices.is_empty() { "" } else { ", " };
                    let hidden = format!("{}{separator}{}", listed(indices), self.hidden(dimension, at));
                    out.push_str(&format!("<div style=\"text-align:center\">⋯<br/>[{hidden}]</div>\n"));
                }
            }
        }
    }

    /// One slice: a matrix, a vector or a single number.
    fn table(&self, caption: &str, next: &mut usize) -> String {
        let rank = self.sample.size.len();
        let mut html = format!("<table {TABLE}>\n<caption {CAPTION}>{caption}</caption>\n");
        if rank > 0 {
            html.push_str("<thead><tr>");
            if rank > 1 {
                html.push_str("<td></td>");
            }
            for (at, place) in self.sample.places[rank - 1].iter().enumerate() {
                html.push_str(&self.header("col", rank - 1, at, *place));
            }
            html.push_str("</tr></thead>\n");
        }
        html.push_str("<tbody>\n");
        if rank < 2 {
            html.push_str(&format!("<tr>{}</tr>\n", self.cells(next)));
        } else {
            for (at, place) in self.sample.places[rank - 2].iter().enumerate() {
                html.push_str("<tr>");
                html.push_str(&self.header("row", rank - 2, at, *place));
                if place.is_some() {
                    html.push_str(&self.cells(next));
                } else {
                    let across = self.sample.places[rank - 1].len();
                    html.push_str(&format!("<td colspan=\"{across}\" {DOTS_CELL}\">⋮</td>"));
                }
                html.push_str("</tr>\n");
            }
        }
        html.push_str("</tbody>\n</table>\n");
        html
    }

    /// The cell that names a row or column, or says which are left out.
    fn header(&self, scope: &str, dimension: usize, at: usize, place: Place) -> String {
        let side = if scope == "col" { "bottom" } else { "right" };
        let start =
            format!("<th scope=\"{scope}\" align=\"right\" {HEADER};border-{side}:1px solid rgba(128,128,128,.45)\"");
        match place {
            Some(index) => format!("{start}>{index}</th>"),
            None => {
                let hidden = self.hidden(dimension, at);
                let dots = if scope == "col" { "⋯" } else { "⋮" };
                format!("{start} title=\"{hidden}\" aria-label=\"{hidden}\">{dots}</th>")
            }
        }
    }

    /// The indices that an ellipsis at position `at` of a dimension stands for.
    fn hidden(&self, dimension: usize, at: usize) -> String {
        let places = &self.sample.places[dimension];
        let first = at.checked_sub(1).and_then(|before| places[before]).map_or(0, |index| index + 1);
        let last = places.get(at + 1).copied().flatten().unwrap_or(self.sample.size[dimension]) - 1;
        if first == last { first.to_string() } else { format!("{first}…{last}") }
    }

    /// The values of one row.
    fn cells(&self, next: &mut usize) -> String {
        let one = [Some(0)];
        let places = self.sample.places.last().map_or(&one[..], Vec::as_slice);
        let mut html = String::new();
        for place in places {
            if place.is_none() {
                html.push_str(&format!("<td {DOTS_CELL}\">⋯</td>"));
                continue;
            }
            let value = self.sample.values[*next];
            *next += 1;
            let shade = self.shade.map(|largest| shade(value, largest)).unwrap_or_default();
            let cell = if self.sample.size.is_empty() { LONE_CELL } else { CELL };
            html.push_str(&format!("<td {cell}{shade}\">{}</td>", self.format.write(value)));
        }
        html
    }
}

// Styles without their closing quote can be continued by a cell.
const SCROLL: &str = "style=\"overflow-x:auto;font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace\"";
const SIDE_BY_SIDE: &str = "style=\"display:flex;flex-wrap:wrap;align-items:center;gap:.5em 1.5em\"";
const TABLE: &str = "style=\"border-collapse:collapse;width:auto;margin:.3em 0\"";
const CAPTION: &str = "align=\"top\" style=\"caption-side:top;text-align:left;padding:0 0 .3em;white-space:nowrap;color:inherit;opacity:.8\"";
const CELL: &str = "align=\"right\" style=\"padding:.2em .6em";
// JupyterLab's style sheet is stronger than `align`, and has every cell on the right.
const LONE_CELL: &str = "align=\"left\" style=\"padding:.2em 0;text-align:left";
const DOTS_CELL: &str = "align=\"center\" style=\"padding:.2em .6em;text-align:center";
const HEADER: &str = "style=\"padding:.2em .6em;font-weight:400;opacity:.65";

/// How many indices of each dimension are shown. The slices of all leading dimensions together stay below their limit,
/// and each of them shows its first and last index while it can.
fn most_shown(size: &[usize], limits: Limits) -> Vec<usize> {
    let (leading, matrix) = size.split_at(size.len().saturating_sub(2));
    let mut most = vec![1; leading.len()];
    let mut slices = limits.slices;
    for (dimension, &length) in leading.iter().enumerate().rev() {
        let others = leading[..dimension].iter().filter(|&&n| n > 1).count().min(16);
        most[dimension] = (slices >> others).max(1);
        slices /= length.min(most[dimension]).max(1);
    }
    most.extend([limits.rows, limits.columns].into_iter().skip(2 - matrix.len()));
    most
}

/// Numbers as a list; of very many, the first and last.
fn listed(numbers: &[usize]) -> String {
    let written = |numbers: &[usize]| numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    if numbers.len() <= 24 {
        return written(numbers);
    }
    format!("{}, …, {}", written(&numbers[..8]), written(&numbers[numbers.len() - 8..]))
}

fn folded(length: usize, most: usize) -> Option<Fold> {
    (length > most).then(|| Fold { head: most.div_ceil(2), tail: most / 2 })
}

/// The ground of a cell, transparent enough to be read on light and dark pages.
fn shade(value: Scalar, largest: f64) -> String {
    let value = value.to_f64();
    let share = if largest > 0.0 && value.is_finite() { value.abs() / largest } else { 0.0 };
    let color = if value < 0.0 { "222,100,30" } else { "60,125,235" };
    let percent = (share * 55.0).round();
    if percent == 0.0 { String::new() } else { format!(";background:rgba({color},{:.2})", percent / 100.0) }
}

//! A network of fully connected layers: units as circles, weights as edges and as the matrices they come from.

use super::Diagram;
use super::canvas::{Anchor, Canvas, Font, Point, Stroke};
use super::neuron::theme_width;
use super::theme::{self, folded, layer_superscript, short, sign_color, sign_ink, size_text, subscript, weight_name};
use crate::plot::color;

const PITCH: f64 = 64.0;
const MARGIN: f64 = 52.0;
const RADIUS: f64 = 23.0;
const LABEL_SIZE: f64 = 15.0;
const MOST_UNITS: usize = 6;
/// A matrix up to this many rows and columns is written out below its edges.
const MOST_ENTRIES: usize = 4;

/// The width and height of a written entry.
const ENTRY: (f64, f64) = (51.0, 21.0);

/// One layer: `weights` is row-major, `inputs` by `outputs`, as in `x W`; `bias` is empty or has `outputs` numbers.
pub(super) struct Layer {
    pub inputs: usize,
    pub outputs: usize,
    pub weights: Vec<f64>,
    pub bias: Vec<f64>,
    /// What is done with its sums, the first first, by the names of the functions; none if they are not known.
    pub activations: Option<Vec<String>>,
}

/// A network of layers, each of which takes as many inputs as the one before has outputs.
pub(super) struct Network {
    pub layers: Vec<Layer>,
    /// Whether the matrices that the layers keep are outputs by inputs, as PyTorch's are.
    pub is_transposed: bool,
    /// The values at the units for an input: for each column, its values; empty if there is no input.
    pub values: Vec<Vec<f64>>,
}

/// A column of units of the picture.
struct Column {
    x: f64,
    count: usize,
    /// What is drawn from top to bottom, and at which height.
    places: Vec<(Option<usize>, f64)>,
    /// The height of the constant 1 that carries the next layer's bias.
    bias_y: Option<f64>,
    /// The values at its units, if there are some.
    values: Option<Vec<f64>>,
}

/// Room above the units for the names of activations.
const HEADER: f64 = 24.0;

/// Draws a network.
pub(super) fn draw(network: &Network) -> Diagram {
    let layers = &network.layers[..];
    let is_headed = layers.iter().any(|layer| layer.activations.as_ref().is_some_and(|names| !names.is_empty()));
    let first = 20.0 + if is_headed { HEADER } else { 0.0 };
    let counts: Vec<usize> =
        layers.first().map(|l| l.inputs).into_iter().chain(layers.iter().map(|l| l.outputs)).collect();
    // Deep networks stand closer, so that their letters stay large when the picture is made to fit a page.
    let spacing = if layers.len() > 2 { 160.0 } else { 208.0 };
    let written = layers.iter().filter(|l| written_out(l)).map(|l| l.outputs as f64 * ENTRY.0 + 60.0);
    let widest = written.fold(spacing, f64::max);
    let width = f64::max(440.0, 2.0 * MARGIN + layers.len() as f64 * widest);
    let rows_in = |column: usize| {
        let bias = layers.get(column).is_some_and(|l| !l.bias.is_empty());
        counts[column].min(MOST_UNITS) + usize::from(bias)
    };
    let rows = (0..counts.len()).map(rows_in).max().unwrap_or(1).max(2);
    let units_height = rows as f64 * PITCH;
    let matrix_rows =
        layers.iter().filter(|l| written_out(l)).map(|l| l.inputs + usize::from(!l.bias.is_empty())).max();
    let matrices_height = 30.0 + matrix_rows.map_or(0.0, |rows| rows as f64 * 21.0 + 8.0);
    let height = first + units_height + matrices_height + 48.0;
    let mut canvas = Canvas::new(width, height);

    let columns: Vec<Column> = (0..counts.len())
        .map(|c| {
            let x = MARGIN + (width - 2.0 * MARGIN) * c as f64 / layers.len() as f64;
            let has_bias = layers.get(c).is_some_and(|l| !l.bias.is_empty());
            let values = network.values.get(c).filter(|values| values.len() == counts[c]).cloned();
            Column { values, ..column(x, counts[c], first + units_height / 2.0, has_bias) }
        })
        .collect();

    let mut labels = Vec::new();
    for (layer, ends) in layers.iter().zip(columns.windows(2)) {
        edges(&mut canvas, layer, &ends[0], &ends[1], &mut labels);
    }
    for (c, column) in columns.iter().enumerate() {
        units(&mut canvas, column, c, layers.len());
        if let Some(names) = c.checked_sub(1).and_then(|layer| layers[layer].activations.as_ref()) {
            let top = column.places.first().map_or(first, |(_, y)| y - RADIUS);
            canvas.text((column.x, top - 15.0), &names.join(", "), Font::words(14.0).fill(theme::SOFT_INK).backed());
        }
    }
    for (at, color, text) in labels {
        canvas.text(at, &text, Font::math(LABEL_SIZE).italic().fill(color).backed());
    }
    let matrices_top = first + units_height + 14.0;
    for (number, (layer, ends)) in layers.iter().zip(columns.windows(2)).enumerate() {
        let middle = (ends[0].x + ends[1].x) / 2.0;
        let name = matrix_name(number + 1, network.is_transposed);
        matrix(&mut canvas, layer, (number + 1, &name), middle, matrices_top);
    }
    let formula = formula(network);
    // A long formula is set smaller.
    let size = 17.0_f64.min((width - 24.0) / theme::text_width(&formula, 0.9));
    canvas.text((width / 2.0, height - 26.0), &formula, Font::math(size).italic());

    let sizes: Vec<String> = counts.iter().map(usize::to_string).collect();
    let sizes = sizes.join(" → ");
    let mut text = format!("network {sizes}: {formula}");
    for (number, layer) in layers.iter().enumerate() {
        let size = size_text(&[layer.inputs, layer.outputs]);
        text.push_str(&format!("\n  {} {size}", matrix_name(number + 1, network.is_transposed)));
    }
    text.push_str(&values_text(&columns));
    Diagram::new(canvas.finish(&format!("Neural network {sizes}, {formula}")), text)
}

fn column(x: f64, count: usize, middle: f64, has_bias: bool) -> Column {
    let shown = folded(count, MOST_UNITS);
    let top = middle - (shown.len() + usize::from(has_bias)) as f64 * PITCH / 2.0 + PITCH / 2.0;
    let y = |row: usize| top + row as f64 * PITCH;
    let bias_y = has_bias.then(|| y(shown.len()));
    let places = shown.into_iter().enumerate().map(|(row, unit)| (unit, y(row))).collect();
    Column { x, count, places, bias_y, values: None }
}

/// `W₁`, or of a matrix that is kept the other way round `W₁ᵀ`.
fn matrix_name(number: usize, is_transposed: bool) -> String {
    format!("W{}{}", subscript(number), if is_transposed { "ᵀ" } else { "" })
}

/// The values at the units, where they are few.
fn values_text(columns: &[Column]) -> String {
    let last = columns.len() - 1;
    let mut text = String::new();
    for (number, column) in columns.iter().enumerate() {
        let Some(values) = column.values.as_ref().filter(|values| values.len() <= MOST_UNITS * 2) else { continue };
        let values: Vec<String> = values.iter().map(|&value| short(value)).collect();
        text.push_str(&format!("\n  {} = [{}]", letter(number, last), values.join(", ")));
    }
    text
}

/// What the units of a column are called, without their numbers.
fn letter(position: usize, layers: usize) -> String {
    match position {
        0 => "x".to_owned(),
        p if p == layers => "y".to_owned(),
        p if layers > 2 => format!("h{}", layer_superscript(p)),
        _ => "h".to_owned(),
    }
}

type Label = (Point, &'static str, String);

fn edges(canvas: &mut Canvas, layer: &Layer, from: &Column, to: &Column, labels: &mut Vec<Label>) {
    let numbers = layer.weights.iter().chain(&layer.bias);
    let largest = numbers.filter(|w| w.is_finite()).fold(0.0_f64, |m, w| m.max(w.abs()));
    let mut names: Vec<Label> = Vec::new();
    let mut all_named = true;
    let mut edge = |start: Point, end: Point, weight: f64, name: String| {
        let stroke = Stroke::new(sign_color(weight), theme_width(weight, largest)).dashed(weight < 0.0);
        canvas.line(start, end, stroke);
        match free_place(start, end, &name, &names) {
            Some(at) => names.push((at, sign_ink(weight), name)),
            None => all_named = false,
        }
    };
    for &(target, y) in &to.places {
        let Some(j) = target else { continue };
        for &(source, source_y) in &from.places {
            let Some(i) = source else { continue };
            edge((from.x, source_y), (to.x, y), layer.weights[i * layer.outputs + j], weight_name(i + 1, j + 1));
        }
        if let Some(bias_y) = from.bias_y {
            let name = if layer.outputs == 1 { "b".to_owned() } else { format!("b{}", subscript(j + 1)) };
            edge((from.x, bias_y), (to.x, y), layer.bias[j], name);
        }
    }
    // Some names without the others would be a riddle.
    if all_named && to.places.len() <= 3 {
        labels.extend(names);
    }
}

/// A place on an edge, near its source, where its name covers no name that is already there.
fn free_place(start: Point, end: Point, name: &str, taken: &[Label]) -> Option<Point> {
    let width = theme::text_width(name, LABEL_SIZE) + 4.0;
    let free = |at: &Point| {
        taken.iter().all(|(other, ..)| (at.0 - other.0).abs() >= width || (at.1 - other.1).abs() >= LABEL_SIZE)
    };
    let along = |t: f64| (start.0 + t * (end.0 - start.0), start.1 + t * (end.1 - start.1));
    [0.31, 0.25, 0.38, 0.45, 0.52].into_iter().map(along).find(free)
}

fn units(canvas: &mut Canvas, column: &Column, position: usize, layers: usize) {
    let letter = letter(position, layers);
    let tone = match position {
        0 => theme::INPUT,
        p if p == layers => theme::OUTPUT,
        _ => theme::HIDDEN,
    };
    let sizes = column.values.iter().flatten().filter(|value| value.is_finite());
    let largest = sizes.fold(0.0_f64, |most, value| most.max(value.abs()));
    for &(unit, y) in &column.places {
        let Some(i) = unit else {
            for step in [-9.0, 0.0, 9.0] {
                canvas.circle((column.x, y + step), 2.4, theme::SOFT_INK, Stroke::new(theme::SOFT_INK, 0.0));
            }
            continue;
        };
        if let Some(values) = &column.values {
            unit_value(canvas, (column.x, y), values[i], largest, tone);
            continue;
        }
        canvas.circle((column.x, y), RADIUS, tone.fill, Stroke::new(tone.rim, 2.0));
        let alone = column.count == 1 && position == layers;
        let name = if alone { letter.clone() } else { format!("{letter}{}", subscript(i + 1)) };
        let size = if name.chars().count() > 4 { 14.0 } else { 18.0 };
        canvas.text((column.x, y), &name, Font::math(size).italic());
    }
    if let Some(y) = column.bias_y {
        canvas.circle((column.x, y), 17.0, theme::BIAS.fill, Stroke::new(theme::BIAS.rim, 1.5));
        canvas.text((column.x, y), "1", Font::math(16.0));
    }
}

/// A unit with its value, in a colour that is the stronger the larger the value.
fn unit_value(canvas: &mut Canvas, at: Point, value: f64, largest: f64, tone: theme::Tone) {
    let share = if largest > 0.0 { value / largest } else { value * 0.0 };
    let fill = color::signed(if share.is_finite() { share } else { f64::NAN });
    canvas.circle(at, RADIUS, &color::hex(fill), Stroke::new(tone.rim, 2.0));
    // What would be written with an exponent is as good as nothing beside what is not, or too long for the unit.
    let words = if value.abs() < 0.0005 { "0".to_owned() } else { short(value) };
    let size = if words.chars().count() > 4 { 11.0 } else { 14.0 };
    canvas.text(at, &words, Font::words(size).fill(color::ink_on(fill)));
}

fn written_out(layer: &Layer) -> bool {
    layer.inputs <= MOST_ENTRIES && layer.outputs <= MOST_ENTRIES
}

/// The weight matrix between its brackets, below the edges it describes; the bias is a last row, set apart.
fn matrix(canvas: &mut Canvas, layer: &Layer, (number, name): (usize, &str), middle: f64, top: f64) {
    let name = format!("{name}  {} × {}", layer.inputs, layer.outputs);
    // Not every bold face has the raised T.
    let font = if name.contains('ᵀ') { Font::math(16.0).italic() } else { Font::math(15.0).bold() };
    canvas.text((middle, top), &name, font);
    if !written_out(layer) {
        return;
    }
    let (column_width, row_height) = ENTRY;
    let half = layer.outputs as f64 * column_width / 2.0;
    let first = top + 24.0;
    let row = |canvas: &mut Canvas, values: &[f64], y: f64| {
        for (j, &value) in values.iter().enumerate() {
            let x = middle - half + (j as f64 + 1.0) * column_width - 6.0;
            canvas.text((x, y), &short(value), Font::words(14.0).fill(sign_ink(value)).anchor(Anchor::End));
        }
    };
    for i in 0..layer.inputs {
        let values = &layer.weights[i * layer.outputs..(i + 1) * layer.outputs];
        row(canvas, values, first + i as f64 * row_height);
    }
    let bottom = first + (layer.inputs as f64 - 0.5) * row_height;
    for (side, inward) in [(middle - half - 4.0, 5.0), (middle + half + 4.0, -5.0)] {
        let top = first - row_height * 0.5;
        let bracket = [(side + inward, top), (side, top), (side, bottom), (side + inward, bottom)];
        canvas.polyline(&bracket, Stroke::new(theme::SOFT_INK, 1.4));
    }
    if !layer.bias.is_empty() {
        let y = bottom + row_height * 0.7;
        let name = if layer.outputs == 1 { "b".to_owned() } else { format!("b{}", subscript(number)) };
        canvas.text((middle - half - 10.0, y), &name, Font::math(15.0).italic().anchor(Anchor::End));
        row(canvas, &layer.bias, y);
    }
}

/// `y = f₂(f₁(x W₁) W₂)`, or with the names of the functions; a deep network shows its first and last layers.
fn formula(network: &Network) -> String {
    let layers = &network.layers[..];
    let mut inner = "x".to_owned();
    for (number, layer) in layers.iter().enumerate() {
        let n = subscript(number + 1);
        let folded_away = layers.len() > 4 && number >= 1 && number + 1 < layers.len();
        if folded_away {
            if number == 1 {
                inner = format!("⋯ {inner} ⋯");
            }
            continue;
        }
        let is_alone = layers.len() == 1;
        let n = if is_alone { String::new() } else { n };
        let bias = match layer.bias.is_empty() {
            true => String::new(),
            false if is_alone => format!(" + b{}", subscript(1)),
            false => format!(" + b{n}"),
        };
        let transposed = if network.is_transposed { "ᵀ" } else { "" };
        let sum = format!("{inner} W{n}{transposed}{bias}");
        inner = match &layer.activations {
            None => format!("f{n}({sum})"),
            Some(names) if names.is_empty() && number + 1 == layers.len() => sum,
            Some(names) if names.is_empty() => format!("({sum})"),
            Some(names) => names.iter().fold(sum, |inner, name| format!("{name}({inner})")),
        };
    }
    format!("y = {inner}")
}

//! One neuron: inputs times weights, summed with a bias, through an activation function.

use super::canvas::{Anchor, Canvas, Font, Stroke};
use super::theme::{self, Tone, folded, short, short_operand, sign_color, sign_ink, subscript};
use super::{Activation, Diagram};

const WIDTH: f64 = 560.0;
const PITCH: f64 = 64.0;
const INPUT_X: f64 = 52.0;
const SUM_X: f64 = 286.0;
const CURVE: (f64, f64) = (374.0, 72.0);
const OUTPUT_X: f64 = 512.0;
/// The room below the drawing for its three lines of formulas.
const FORMULAS: f64 = 116.0;
/// Where on its edge a weight's label lies: far enough from the sum for neighbours to be apart.
const LABEL: f64 = 0.45;
const MOST_INPUTS: usize = 6;

/// Draws a neuron from plain numbers; `inputs` and `weights` have the same length.
pub(super) fn draw(inputs: &[f64], weights: &[f64], bias: f64, activation: Activation) -> Diagram {
    let sum = inputs.iter().zip(weights).map(|(x, w)| x * w).sum::<f64>() + bias;
    let output = activation.apply(sum);

    let rows = folded(inputs.len(), MOST_INPUTS);
    let height_of_rows = (rows.len() + 1) as f64 * PITCH;
    let height = height_of_rows.max(170.0) + FORMULAS;
    let top = 14.0 + PITCH / 2.0 + (height - FORMULAS - height_of_rows) / 2.0;
    let row_y = |row: usize| top + row as f64 * PITCH;
    let middle = (row_y(0) + row_y(rows.len())) / 2.0;
    let mut canvas = Canvas::new(WIDTH, height);

    // Edges first, nodes over them, labels last.
    let largest = weights.iter().chain([&bias]).filter(|w| w.is_finite()).fold(0.0_f64, |m, w| m.max(w.abs()));
    let mut labels = Vec::new();
    for (row, &unit) in rows.iter().enumerate() {
        let Some(i) = unit else {
            dots(&mut canvas, row_y(row));
            continue;
        };
        let name = format!("w{}", subscript(i + 1));
        labels.push(edge(&mut canvas, row_y(row), middle, weights[i], largest, &name));
    }
    labels.push(edge(&mut canvas, row_y(rows.len()), middle, bias, largest, "b"));

    for (row, &unit) in rows.iter().enumerate() {
        if let Some(i) = unit {
            let name = format!("x{}", subscript(i + 1));
            node(&mut canvas, (INPUT_X, row_y(row)), theme::INPUT, &name, &short(inputs[i]));
        }
    }
    let bias_at = (INPUT_X, row_y(rows.len()));
    canvas.circle(bias_at, 19.0, theme::BIAS.fill, Stroke::new(theme::BIAS.rim, 1.5));
    canvas.text(bias_at, "1", Font::math(17.0));
    for (x, y, color, text) in labels {
        canvas.text((x, y), &text, Font::math(15.0).italic().fill(color).backed());
    }

    canvas.circle((SUM_X, middle), 30.0, theme::HIDDEN.fill, Stroke::new(theme::HIDDEN.rim, 2.0));
    canvas.text((SUM_X, middle - 1.0), "Σ", Font::math(30.0));
    let flow = Stroke::new(theme::SOFT_INK, 1.6);
    canvas.arrow((SUM_X + 31.0, middle), (CURVE.0 - 1.0, middle), flow);
    canvas.text((SUM_X + 58.0, middle - 14.0), &short(sum), Font::math(15.0).backed());
    curve(&mut canvas, middle, activation, sum, output);
    canvas.arrow((CURVE.0 + CURVE.1 + 1.0, middle), (OUTPUT_X - 29.0, middle), flow);
    node(&mut canvas, (OUTPUT_X, middle), theme::OUTPUT, "y", &short(output));

    let lines = formulas(inputs, weights, bias, activation, sum, output);
    let [symbols, numbers, result] = &lines;
    canvas.text((WIDTH / 2.0, height - 82.0), symbols, Font::math(17.0).italic());
    canvas.text((WIDTH / 2.0, height - 53.0), numbers, Font::math(15.0).fill(theme::SOFT_INK));
    canvas.text((WIDTH / 2.0, height - 26.0), result, Font::math(15.0).bold());

    let title = format!("Neuron with {} inputs: {}", inputs.len(), lines.join(" "));
    Diagram::new(canvas.finish(&title), format!("neuron: {}", lines.join(" ")))
}

/// The edge of one weight; returns where its label goes, so that labels can be drawn over all edges.
fn edge(
    canvas: &mut Canvas,
    from_y: f64,
    to_y: f64,
    weight: f64,
    largest: f64,
    name: &str,
) -> (f64, f64, &'static str, String) {
    let (from, to) = ((INPUT_X, from_y), (SUM_X, to_y));
    let stroke = Stroke::new(sign_color(weight), theme_width(weight, largest)).dashed(weight < 0.0);
    canvas.line(from, to, stroke);
    let at = (from.0 + LABEL * (to.0 - from.0), from.1 + LABEL * (to.1 - from.1));
    (at.0, at.1, sign_ink(weight), format!("{name} = {}", short(weight)))
}

/// The width of an edge: how large its weight is beside the largest one.
pub(super) fn theme_width(weight: f64, largest: f64) -> f64 {
    if largest > 0.0 && weight.is_finite() { 1.2 + 4.3 * weight.abs() / largest } else { 1.2 }
}

fn node(canvas: &mut Canvas, at: (f64, f64), tone: Tone, name: &str, value: &str) {
    canvas.circle(at, 27.0, tone.fill, Stroke::new(tone.rim, 2.0));
    canvas.text((at.0, at.1 - 9.0), name, Font::math(17.0).italic());
    canvas.text((at.0, at.1 + 11.0), value, Font::words(13.0).fill(theme::SOFT_INK));
}

/// Three dots that stand for the inputs left out.
fn dots(canvas: &mut Canvas, y: f64) {
    for step in [-9.0, 0.0, 9.0] {
        canvas.circle((INPUT_X, y + step), 2.4, theme::SOFT_INK, Stroke::new(theme::SOFT_INK, 0.0));
    }
}

/// The activation function as a small graph, with the neuron's own point on it.
fn curve(canvas: &mut Canvas, middle: f64, activation: Activation, sum: f64, output: f64) {
    let (left, size) = CURVE;
    let top = middle - size / 2.0;
    canvas.rect((left, top), (size, size), 8.0, "#ffffff", Stroke::new(theme::HIDDEN.rim, 2.0));
    let (low, high) = activation.range();
    let reach = 4.0;
    let inset = 9.0;
    let x_of = |z: f64| left + inset + (z.clamp(-reach, reach) + reach) / (2.0 * reach) * (size - 2.0 * inset);
    let y_of = |v: f64| top + size - inset - (v.clamp(low, high) - low) / (high - low) * (size - 2.0 * inset);
    let axis = Stroke::new("#c9d0db", 1.0);
    canvas.line((left + 4.0, y_of(0.0)), (left + size - 4.0, y_of(0.0)), axis);
    canvas.line((x_of(0.0), top + 4.0), (x_of(0.0), top + size - 4.0), axis);
    let points: Vec<_> = (0..=40)
        .map(|step| -reach + 2.0 * reach * f64::from(step) / 40.0)
        .map(|z| (x_of(z), y_of(activation.apply(z))))
        .collect();
    canvas.polyline(&points, Stroke::new(theme::HIDDEN.rim, 2.0));
    if output.is_finite() {
        canvas.circle((x_of(sum), y_of(output)), 4.5, theme::OUTPUT.rim, Stroke::new("#ffffff", 1.5));
    }
    let name = Font::words(13.0).fill(theme::SOFT_INK).anchor(Anchor::Middle);
    canvas.text((left + size / 2.0, top + size + 13.0), activation.name(), name);
}

/// The neuron's formula in symbols, in numbers, and its result; the middle terms of a long sum become dots.
fn formulas(inputs: &[f64], weights: &[f64], bias: f64, activation: Activation, sum: f64, output: f64) -> [String; 3] {
    let f = activation.symbol();
    let terms = folded(inputs.len(), 3);
    let written = |term: &dyn Fn(usize) -> String| -> String {
        let parts: Vec<String> = terms.iter().map(|t| t.map_or_else(|| "⋯".to_owned(), term)).collect();
        parts.join(" + ")
    };
    let symbols = written(&|i| format!("x{0}·w{0}", subscript(i + 1)));
    let numbers = written(&|i| {
        let x = if i == 0 { short(inputs[i]) } else { short_operand(inputs[i]) };
        format!("{x}·{}", short_operand(weights[i]))
    });
    let sign = if bias < 0.0 { '−' } else { '+' };
    [
        format!("y = {f}({symbols} + b)"),
        format!("= {f}({numbers} {sign} {})", short(bias.abs())),
        format!("= {f}({}) = {}", short(sum), short(output)),
    ]
}

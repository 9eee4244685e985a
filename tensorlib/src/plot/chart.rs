//! Charts with axes, drawn by plotters: lines and points, histograms, bars.
//!
//! plotters knows whole pixels only. It is given an area ten times as large, which is then scaled down: curves come out
//! smooth. Titles, axis names and the legend are set beside its drawing, in the faces that all pictures share.

use plotters::chart::ChartContext;
use plotters::coord::cartesian::Cartesian2d;
use plotters::prelude::*;

use super::axis::Axis;
use super::color;
use super::contour::Field;
use super::figure::Plot;
use super::fit::{cut, index_step};
use super::series::{Mark, Series, padded, span};
use crate::picture::Diagram;
use crate::picture::canvas::{Anchor, Canvas, Font, Stroke};
use crate::picture::theme;

const WIDTH: f64 = 560.0;
/// The height of the area inside the axes.
const INSIDE: f64 = 260.0;
const RIGHT: f64 = 22.0;
/// Room for the scale of contours.
const SCALE: f64 = 62.0;
/// Room below the axis for its numbers.
const TICKS: f64 = 26.0;
/// The same for turned names of categories, at most.
const LONGEST_NAME: f64 = 130.0;
/// Room for a progress bar below all else.
const BAR: f64 = 26.0;
const MARKS: usize = 6;
const FINE: f64 = 10.0;
/// What is wrong when plotters fails: it writes into a string here, and a string takes everything.
const INFALLIBLE: &str = "drawing into a string cannot fail";

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>;

/// The frame of a chart: what surrounds the drawing.
struct Frame<'a> {
    plot: &'a Plot,
    x: Axis,
    y: Axis,
    /// Name, colour and mark of each series in the legend.
    legend: Vec<(&'a str, (u8, u8, u8), Mark)>,
    /// Names below the axis in place of numbers, each in the middle of its unit.
    categories: &'a [String],
}

impl Frame<'_> {
    /// Room to the right of the axes.
    fn right(&self) -> f64 {
        if self.plot.field.is_some() { RIGHT + SCALE } else { RIGHT }
    }
}

pub(super) fn series(plot: &Plot, all: &[Series]) -> Diagram {
    let finite = || all.iter().flat_map(Series::finite);
    let both = |(low, high): (f64, f64)| [low, high];
    let ground = plot.field.as_ref().map(Field::spans);
    let x = span(finite().map(|p| p.0).chain(plot.x_span.or(ground.map(|[x, _]| x)).into_iter().flat_map(both)));
    let y = span(finite().map(|p| p.1).chain(ground.map(|[_, y]| y).into_iter().flat_map(both)));
    // Contours reach the edges.
    let room = if ground.is_some() { (0.0, 0.0) } else { (0.03, 0.06) };
    let (x, y) = (padded(x, room.0), padded(y, room.1));
    // The first colour is near to those of the ground.
    let first = usize::from(ground.is_some());
    let tint = |i: usize| color::SERIES[(i + first) % color::SERIES.len()];
    let legend = all.iter().enumerate().filter_map(|(i, s)| Some((s.name.as_deref()?, tint(i), s.mark))).collect();
    let x_axis = if plot.x_span.is_some() { Axis::whole(x, MARKS) } else { Axis::new(x, MARKS) };
    let frame = Frame { plot, x: x_axis, y: Axis::new(y, MARKS), legend, categories: &[] };
    let pixel = ((x.1 - x.0) / WIDTH, (y.1 - y.0) / INSIDE);
    let svg = draw(&frame, &title(plot, if ground.is_some() { "Contours" } else { "Plot" }), |chart| {
        for line in plot.field.iter().flat_map(Field::lines) {
            let line = PathElement::new(line, RGBColor(0x2c, 0x36, 0x48).mix(0.45).stroke_width(fine(0.9) as u32));
            chart.plotting_area().draw(&line).expect(INFALLIBLE);
        }
        for (i, series) in all.iter().enumerate() {
            let tint = rgb(tint(i));
            match series.mark {
                Mark::Line => {
                    for run in series.runs(pixel.0) {
                        let element: DynElement<_, _> = match run[..] {
                            [point] => Circle::new(point, fine(2.0), tint.filled()).into_dyn(),
                            _ => PathElement::new(run, tint.stroke_width(fine(2.0) as u32)).into_dyn(),
                        };
                        chart.plotting_area().draw(&element).expect(INFALLIBLE);
                    }
                }
                Mark::Points => {
                    let points = series.apart((pixel.0 * 2.0, pixel.1 * 2.0));
                    let dots = points.into_iter().map(|p| Circle::new(p, fine(3.2), tint.mix(0.75).filled()));
                    chart.draw_series(dots).expect(INFALLIBLE);
                }
            }
        }
    });
    let described: Vec<String> = plot.field.iter().map(Field::describe).chain(all.iter().map(describe)).collect();
    Diagram::new(svg, described.join("; "))
}

fn describe(series: &Series) -> String {
    let kind = match series.mark {
        Mark::Line => "line",
        Mark::Points => "points",
    };
    let name = series.name.as_ref().map(|n| format!(" “{n}”")).unwrap_or_default();
    let (low, high) = span(series.finite().map(|p| p.1));
    let count = series.points.len();
    format!("{kind}{name} of {count} values from {} to {}", theme::short(low), theme::short(high))
}

pub(super) fn histogram(plot: &Plot, edges: &[f64], counts: &[f64]) -> Diagram {
    let tallest = counts.iter().copied().fold(1.0, f64::max);
    let x = padded((edges[0], edges[edges.len() - 1]), 0.02);
    let y = (0.0, tallest * 1.06);
    let frame = Frame { plot, x: Axis::new(x, MARKS), y: Axis::new(y, MARKS), legend: Vec::new(), categories: &[] };
    let total = counts.iter().sum::<f64>();
    let text = format!("histogram of {total} values in {} bins", counts.len());
    let svg = draw(&frame, &title(plot, "Histogram"), |chart| {
        let pixel = (x.1 - x.0) / WIDTH;
        let columns = edges.windows(2).zip(counts).filter(|(_, count)| **count > 0.0).map(|(sides, &count)| {
            // A hair of paper between columns, as long as they are wide enough to spare it.
            let gap = if sides[1] - sides[0] > 4.0 * pixel { pixel * 0.5 } else { 0.0 };
            column(sides[0] + gap, sides[1] - gap, count, color::SERIES[0])
        });
        chart.draw_series(columns).expect(INFALLIBLE);
    });
    Diagram::new(svg, text)
}

pub(super) fn bars(plot: &Plot, names: &[String], heights: &[f64]) -> Diagram {
    let (low, high) = span(heights.iter().copied().filter(|h| h.is_finite()).chain([0.0]));
    let room = if high > low { (high - low) * 0.06 } else { 0.5 };
    let y = (if low < 0.0 { low - room } else { 0.0 }, if high > 0.0 || low == 0.0 { high + room } else { 0.0 });
    let frame = Frame {
        plot,
        x: Axis::unmarked((0.0, names.len() as f64)),
        y: Axis::new(y, MARKS),
        legend: Vec::new(),
        categories: names,
    };
    let svg = draw(&frame, &title(plot, "Bar chart"), |chart| {
        let finite = heights.iter().enumerate().filter(|(_, h)| h.is_finite());
        let columns = finite.map(|(i, &height)| {
            let tint = color::SERIES[usize::from(height < 0.0)];
            column(i as f64 + 0.14, i as f64 + 0.86, height, tint)
        });
        chart.draw_series(columns).expect(INFALLIBLE);
        let (left, right) = (0.0, names.len() as f64);
        let ground =
            PathElement::new([(left, 0.0), (right, 0.0)], RGBColor(0x5b, 0x66, 0x78).stroke_width(fine(1.2) as u32));
        chart.plotting_area().draw(&ground).expect(INFALLIBLE);
    });
    let list: Vec<String> = names.iter().zip(heights).map(|(n, h)| format!("{n} {}", theme::short(*h))).collect();
    Diagram::new(svg, format!("bars: {}", list.join(", ")))
}

fn column(left: f64, right: f64, height: f64, tint: (u8, u8, u8)) -> Rectangle<(f64, f64)> {
    Rectangle::new([(left, 0.0), (right, height)], rgb(tint).mix(0.85).filled())
}

fn rgb((r, g, b): (u8, u8, u8)) -> RGBColor {
    RGBColor(r, g, b)
}

/// A length in plotters' fine pixels.
fn fine(length: f64) -> i32 {
    (length * FINE).round() as i32
}

fn title(plot: &Plot, kind: &str) -> String {
    plot.title.clone().unwrap_or_else(|| match (&plot.x_label, &plot.y_label) {
        (Some(x), Some(y)) => format!("{kind}: {y} over {x}"),
        _ => kind.to_owned(),
    })
}

/// Draws the frame and, inside it, what `paint` adds.
fn draw(frame: &Frame<'_>, title: &str, paint: impl FnOnce(&mut Chart<'_, '_>)) -> String {
    let widest = frame.y.labels().map(|l| theme::text_width(&l, 13.0)).fold(24.0, f64::max);
    let left = 16.0 + widest + if frame.plot.y_label.is_some() { 24.0 } else { 0.0 };
    let legend = legend_rows(frame);
    let title_height = if frame.plot.title.is_some() { 44.0 } else { 18.0 };
    let top = title_height + legend.len() as f64 * 24.0;
    let inner = (WIDTH - left - frame.right(), INSIDE);
    let wide = inner.0 / frame.categories.len().max(1) as f64;
    // Names that do not fit side by side are turned.
    let longest = frame.categories.iter().map(|name| theme::text_width(name, 13.0)).fold(0.0, f64::max);
    let is_turned = longest > wide - 4.0;
    let names = if is_turned { (longest + 12.0).min(LONGEST_NAME) } else { TICKS };
    let below = names + if frame.plot.x_label.is_some() { 26.0 } else { 0.0 } + 10.0;
    let bar = if frame.plot.progress.is_some() { BAR } else { 0.0 };
    let mut canvas = Canvas::new(WIDTH, top + INSIDE + below + bar);

    if let Some(title) = &frame.plot.title {
        canvas.text((WIDTH / 2.0, 25.0), title, Font::words(17.0).bold());
    }
    for (row, entries) in legend.iter().enumerate() {
        let y = title_height + row as f64 * 24.0 + 8.0;
        for &(x, i) in entries {
            legend_entry(&mut canvas, (x, y), frame.legend[i]);
        }
    }
    if let Some(field) = &frame.plot.field {
        let [x, y] = field.spans();
        let (across, up) = (frame.x.shares(x), frame.y.shares(y));
        let at = (left + across.0 * inner.0, top + (1.0 - up.1) * INSIDE);
        canvas.image(at, ((across.1 - across.0) * inner.0, (up.1 - up.0) * INSIDE), &field.ground());
        scale(&mut canvas, (left + inner.0 + 16.0, top), field);
    }
    // Half a line of numbers may reach beyond the axis at its ends.
    canvas.scaled((0.0, top), 1.0 / FINE, &plotters_part(frame, left, paint));
    let font = Font::words(13.0).fill(theme::SOFT_INK);
    for (i, name) in frame.categories.iter().enumerate() {
        let x = left + (i as f64 + 0.5) * wide;
        match is_turned {
            // Where lines of text would lie on each other, every second, fifth, … is written.
            true if i % index_step(frame.categories.len(), inner.0, 15.0) == 0 => {
                let name = cut(name, LONGEST_NAME - 12.0);
                canvas.turned_text((x, top + INSIDE + 8.0), &name, font.anchor(Anchor::End));
            }
            true => {}
            false => canvas.text((x, top + INSIDE + 15.0), name, font),
        }
    }
    if let Some(label) = &frame.plot.x_label {
        canvas.text((left + inner.0 / 2.0, top + INSIDE + names + 14.0), label, Font::words(14.0));
    }
    if let Some(label) = &frame.plot.y_label {
        canvas.turned_text((20.0, top + INSIDE / 2.0), label, Font::words(14.0));
    }
    if let Some(progress) = frame.plot.progress {
        progress_bar(&mut canvas, (left, top + INSIDE + below + BAR / 2.0 - 8.0), inner.0, progress);
    }
    canvas.finish(title)
}

/// The bands of contours from the lowest to the highest, with the values between some of them.
fn scale(canvas: &mut Canvas, at: (f64, f64), field: &Field) {
    let (bands, size) = (field.levels().len() + 1, (12.0, INSIDE));
    canvas.image(at, size, &field.scale());
    canvas.rect(at, size, 0.0, "none", Stroke::new(theme::LINE, 1.0));
    let font = Font::words(13.0).fill(theme::SOFT_INK).anchor(Anchor::Start);
    for (border, level) in (1..).zip(field.levels()).skip(1).step_by(3) {
        let y = at.1 + INSIDE * (1.0 - border as f64 / bands as f64);
        canvas.text((at.0 + size.0 + 5.0, y), &theme::short(*level), font);
    }
}

/// How much is done, as a bar and in numbers.
fn progress_bar(canvas: &mut Canvas, at: (f64, f64), width: f64, (done, all): (usize, usize)) {
    let words = format!("{done} / {all}");
    let long = width - theme::text_width(&words, 13.0) - 12.0;
    let share = (done as f64 / all.max(1) as f64).min(1.0);
    let height = 8.0;
    let bare = Stroke::new(theme::LINE, 0.0);
    canvas.rect((at.0, at.1 - height / 2.0), (long, height), height / 2.0, theme::RIM, bare);
    if done > 0 {
        let done = (long * share).max(height);
        canvas.rect((at.0, at.1 - height / 2.0), (done, height), height / 2.0, theme::POSITIVE, bare);
    }
    canvas.text((at.0 + width, at.1), &words, Font::words(13.0).fill(theme::SOFT_INK).anchor(Anchor::End));
}

/// The axes and what is inside them, as SVG elements in fine pixels.
fn plotters_part(frame: &Frame<'_>, left: f64, paint: impl FnOnce(&mut Chart<'_, '_>)) -> String {
    let size = (fine(WIDTH) as u32, fine(INSIDE + TICKS) as u32);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        let mut chart = ChartBuilder::on(&area)
            .margin_right(fine(frame.right()))
            .x_label_area_size(fine(TICKS))
            .y_label_area_size(fine(left))
            .build_cartesian_2d(frame.x.clone(), frame.y.clone())
            .expect(INFALLIBLE);
        // plotters divides font sizes by 1.24 on their way into SVG.
        let label = ("system-ui, sans-serif", 13.0 * FINE * 1.24).into_font().color(&RGBColor(0x5b, 0x66, 0x78));
        let axis = RGBColor(0x8a, 0x94, 0xa6);
        chart
            .configure_mesh()
            .bold_line_style(RGBColor(0xdf, 0xe4, 0xec).stroke_width(fine(1.0) as u32))
            .light_line_style(TRANSPARENT)
            .max_light_lines(0)
            .axis_style(axis.stroke_width(fine(1.2) as u32))
            .label_style(label)
            .set_all_tick_mark_size(fine(4.0))
            .draw()
            .expect(INFALLIBLE);
        paint(&mut chart);
        drop(chart);
        area.present().expect(INFALLIBLE);
    }
    // The document's own element is dropped: the drawing becomes part of another one.
    let inside = svg.split_once('>').map_or("", |(_, rest)| rest);
    inside.trim_end().trim_end_matches("</svg>").trim_start().to_owned()
}

/// Rows of legend entries: where each begins and which series it names.
fn legend_rows(frame: &Frame<'_>) -> Vec<Vec<(f64, usize)>> {
    let mut rows: Vec<Vec<(f64, usize)>> = Vec::new();
    let mut x = f64::INFINITY;
    for (i, (name, ..)) in frame.legend.iter().enumerate() {
        let width = 34.0 + theme::text_width(name, 14.0) + 16.0;
        if x + width > WIDTH - RIGHT {
            rows.push(Vec::new());
            x = 40.0;
        }
        if let Some(row) = rows.last_mut() {
            row.push((x, i));
        }
        x += width;
    }
    rows
}

fn legend_entry(canvas: &mut Canvas, at: (f64, f64), (name, tint, mark): (&str, (u8, u8, u8), Mark)) {
    let tint = color::hex(tint);
    match mark {
        Mark::Line => canvas.rect((at.0, at.1 - 1.5), (24.0, 3.0), 1.5, &tint, Stroke::new(theme::LINE, 0.0)),
        Mark::Points => canvas.circle((at.0 + 12.0, at.1), 4.0, &tint, Stroke::new(theme::LINE, 0.0)),
    }
    let name = cut(name, WIDTH - RIGHT - at.0 - 34.0);
    canvas.text((at.0 + 32.0, at.1), &name, Font::words(14.0).anchor(Anchor::Start));
}

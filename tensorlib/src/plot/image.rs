//! Matrices as heat maps and tensors as images: pixels with a frame around them.

use super::color;
use super::figure::Plot;
use super::fit::{cut, index_step};
use super::matrix::{Matrix, Names};
use super::pixels::Pixels;
use super::png::{data_address, indexed_data_address};
use crate::picture::Diagram;
use crate::picture::canvas::{Anchor, Canvas, Font, Point, Stroke};
use crate::picture::theme::{self, short, size_text};

pub(super) const WIDTH: f64 = 520.0;
/// Room for the names of rows, at most.
const LONGEST_NAME: f64 = 120.0;
const MOST_HEIGHT: f64 = 380.0;
/// Cells smaller than this have no room for their number.
const NUMBER_CELL: (f64, f64) = (38.0, 24.0);
/// A heat map with more rows or columns is thinned for drawing.
const MOST_CELLS: usize = 400;

/// A matrix in the colours of its values, with a colour bar.
pub(super) fn heat_map(plot: &Plot, matrix: &Matrix, names: &Names) -> Diagram {
    let (low, high) = super::series::span(matrix.values.iter().copied().filter(|v| v.is_finite()));
    let share = |v: f64| if high > low { (v - low) / (high - low) } else { 0.5 };
    let longest = |names: &[String]| names.iter().map(|name| theme::text_width(name, 13.0)).fold(0.0, f64::max);
    let (left, right) = (58.0 + (longest(&names.rows).min(LONGEST_NAME) - 14.0).max(0.0), 84.0);
    let top = if plot.title.is_some() { 50.0 } else { 24.0 };
    let room = (WIDTH - left - right, MOST_HEIGHT);
    let cell = (room.0 / matrix.columns as f64).min(room.1 / matrix.rows as f64).min(52.0);
    // Very long matrices would be a hair: their cells need not be square.
    let size = ((cell * matrix.columns as f64).max(60.0), (cell * matrix.rows as f64).max(40.0));
    let x = left + (room.0 - size.0) / 2.0;
    let cell = (size.0 / matrix.columns as f64, size.1 / matrix.rows as f64);
    let longest = longest(&names.columns).min(LONGEST_NAME);
    let is_turned = longest + 2.0 > cell.0;
    let below = if is_turned && longest > 0.0 { longest + 46.0 } else { 62.0 };
    let mut canvas = Canvas::new(WIDTH, top + size.1 + below);
    heading(&mut canvas, plot);

    if cell.0 >= NUMBER_CELL.0 && cell.1 >= NUMBER_CELL.1 {
        numbered(&mut canvas, matrix, (x, top), cell, share);
    } else {
        canvas.image((x, top), size, &thinned(matrix, share));
    }
    canvas.rect((x, top), size, 0.0, "none", Stroke::new(theme::LINE, 1.0));
    named_rows_and_columns(&mut canvas, (x, top), size, matrix, names, is_turned);
    axis_names(&mut canvas, plot, (x, top), size, (left - 18.0, below - 20.0));
    color_bar(&mut canvas, (x + size.0 + 18.0, top), size.1, (low, high));
    let name = size_text(&[matrix.rows, matrix.columns]);
    let title = plot.title.clone().unwrap_or_else(|| format!("Heat map of {name}"));
    Diagram::new(canvas.finish(&title), format!("heat map of {name}"))
}

/// Cells with their numbers, each as a separate shape.
fn numbered(canvas: &mut Canvas, matrix: &Matrix, at: Point, cell: (f64, f64), share: impl Fn(f64) -> f64) {
    for (i, &value) in matrix.values.iter().enumerate() {
        let ground = color::scale(share(value));
        let corner = (at.0 + (i % matrix.columns) as f64 * cell.0, at.1 + (i / matrix.columns) as f64 * cell.1);
        canvas.rect(corner, cell, 0.0, &color::hex(ground), Stroke::new(theme::LINE, 0.0));
        let middle = (corner.0 + 0.5 * cell.0, corner.1 + 0.5 * cell.1);
        canvas.text(middle, &short(value), Font::words(13.0).fill(color::ink_on(ground)));
    }
}

/// Cells as pixels, of a large matrix not all of them.
fn thinned(matrix: &Matrix, share: impl Fn(f64) -> f64) -> String {
    let step = matrix.rows.max(matrix.columns).div_ceil(MOST_CELLS);
    let (rows, columns) = (matrix.rows.div_ceil(step), matrix.columns.div_ceil(step));
    let mut pixels = Vec::with_capacity(rows * columns);
    for row in (0..matrix.rows).step_by(step) {
        let values = &matrix.values[row * matrix.columns..(row + 1) * matrix.columns];
        pixels.extend(values.iter().step_by(step).map(|&value| color::palette_index(share(value))));
    }
    indexed_data_address(columns, rows, &color::palette(), &pixels)
}

/// One image with its axes, or several side by side.
pub(super) fn images(plot: &Plot, images: &[Pixels], columns: usize) -> Diagram {
    let (width, height) = images[0].size;
    let count = images.len();
    let columns = columns.min(count);
    let rows = count.div_ceil(columns);
    let alone = count == 1;
    let (left, gap) = if alone { (58.0, 0.0) } else { (24.0, 12.0) };
    let top = if plot.title.is_some() { 50.0 } else { 24.0 };
    let room = WIDTH - 2.0 * left;
    let each = (room - gap * (columns - 1) as f64) / columns as f64;
    let tallest = if alone { 300.0 } else { 240.0 };
    let scale = (each / width as f64).min(tallest / height as f64);
    let size = ((width as f64 * scale).max(2.0), (height as f64 * scale).max(2.0));
    let all = columns as f64 * size.0 + gap * (columns - 1) as f64;
    let below = match (alone, &plot.x_label) {
        (true, Some(_)) => 62.0,
        (true, None) => 38.0,
        (false, _) => 24.0,
    };
    let mut canvas = Canvas::new(WIDTH, top + rows as f64 * (size.1 + gap) - gap + below);
    heading(&mut canvas, plot);
    let x = (WIDTH - all) / 2.0;
    for (i, image) in images.iter().enumerate() {
        let (row, column) = (i / columns, i % columns);
        let at = (x + column as f64 * (size.0 + gap), top + row as f64 * (size.1 + gap));
        canvas.image(at, size, &data_address(image.width, image.height, image.channels, &image.bytes));
        canvas.rect(at, size, 0.0, "none", Stroke::new(theme::RIM, 1.0));
    }
    let pixels = format!("{width} × {height} pixels");
    let text = if alone { format!("image of {pixels}") } else { format!("{count} images of {pixels}") };
    if alone {
        indices(&mut canvas, (x, top), size, (height, width));
        axis_names(&mut canvas, plot, (x, top), size, (40.0, 42.0));
    }
    let title = plot.title.clone().unwrap_or_else(|| text.clone());
    Diagram::new(canvas.finish(&title), text)
}

pub(super) fn heading(canvas: &mut Canvas, plot: &Plot) {
    if let Some(title) = &plot.title {
        canvas.text((WIDTH / 2.0, 26.0), title, Font::words(17.0).bold());
    }
}

/// The words of the axes, so far to the left and below.
fn axis_names(canvas: &mut Canvas, plot: &Plot, at: (f64, f64), size: (f64, f64), away: (f64, f64)) {
    if let Some(label) = &plot.x_label {
        canvas.text((at.0 + size.0 / 2.0, at.1 + size.1 + away.1), label, Font::words(14.0));
    }
    if let Some(label) = &plot.y_label {
        canvas.turned_text((at.0 - away.0, at.1 + size.1 / 2.0), label, Font::words(14.0));
    }
}

/// Row and column numbers along the left and below: all while there is room, then every second, fifth, tenth, …
fn indices(canvas: &mut Canvas, at: (f64, f64), size: (f64, f64), (rows, columns): (usize, usize)) {
    let font = Font::words(13.0).fill(theme::SOFT_INK);
    let column_room = theme::text_width(&columns.to_string(), 13.0) + 14.0;
    let step = index_step(columns, size.0, column_room);
    for column in (0..columns).step_by(step) {
        let x = at.0 + (column as f64 + 0.5) * size.0 / columns as f64;
        canvas.text((x, at.1 + size.1 + 16.0), &column.to_string(), font);
    }
    for row in (0..rows).step_by(index_step(rows, size.1, 22.0)) {
        let y = at.1 + (row as f64 + 0.5) * size.1 / rows as f64;
        canvas.text((at.0 - 8.0, y), &row.to_string(), font.anchor(Anchor::End));
    }
}

/// Names where there are some, and numbers elsewhere; names of columns turned where they are too long for a column.
fn named_rows_and_columns(
    canvas: &mut Canvas,
    at: Point,
    size: (f64, f64),
    matrix: &Matrix,
    names: &Names,
    is_turned: bool,
) {
    let of = |names: &[String], count: usize| if names.is_empty() { count } else { 0 };
    indices(canvas, at, size, (of(&names.rows, matrix.rows), of(&names.columns, matrix.columns)));
    let font = Font::words(13.0).fill(theme::SOFT_INK);
    let cell = (size.0 / matrix.columns as f64, size.1 / matrix.rows as f64);
    let row_step = index_step(matrix.rows, size.1, 13.0);
    for (row, name) in names.rows.iter().enumerate().step_by(row_step) {
        let place = (at.0 - 8.0, at.1 + (row as f64 + 0.5) * cell.1);
        canvas.text(place, &cut(name, LONGEST_NAME), font.anchor(Anchor::End));
    }
    let column_step = if is_turned { index_step(matrix.columns, size.0, 13.0) } else { 1 };
    for (column, name) in names.columns.iter().enumerate().step_by(column_step) {
        let x = at.0 + (column as f64 + 0.5) * cell.0;
        match is_turned {
            true => canvas.turned_text((x, at.1 + size.1 + 8.0), &cut(name, LONGEST_NAME), font.anchor(Anchor::End)),
            false => canvas.text((x, at.1 + size.1 + 16.0), name, font),
        }
    }
}

fn color_bar(canvas: &mut Canvas, at: (f64, f64), height: f64, (low, high): (f64, f64)) {
    let steps: Vec<u8> = (0..=254).rev().step_by(4).collect();
    let size = (12.0, height);
    canvas.image(at, size, &indexed_data_address(1, steps.len(), &color::palette(), &steps));
    canvas.rect(at, size, 0.0, "none", Stroke::new(theme::LINE, 1.0));
    let font = Font::words(13.0).fill(theme::SOFT_INK).anchor(Anchor::Start);
    canvas.text((at.0 + 18.0, at.1 + 6.0), &short(high), font);
    canvas.text((at.0 + 18.0, at.1 + height - 6.0), &short(low), font);
}

//! A confusion matrix as a picture.

use super::Confusion;
use crate::picture::Diagram;
use crate::picture::canvas::{Anchor, Canvas, Font, Point, Stroke};
use crate::picture::theme;
use crate::plot::color;
use crate::plot::figure::Plot;
use crate::plot::fit::{cut, index_step};
use crate::plot::image::{WIDTH, heading};
use crate::plot::png::{Channels, data_address};

const MOST_HEIGHT: f64 = 400.0;
/// The longest name, in pixels.
const LONGEST: f64 = 120.0;
const NAME_SIZE: f64 = 13.0;

/// Where the matrix lies.
struct Place {
    at: Point,
    cell: f64,
    side: f64,
}

pub(in crate::plot) fn draw(plot: &Plot, of: &Confusion) -> Diagram {
    let count = of.size();
    let longest = of.names.iter().map(|name| theme::text_width(name, NAME_SIZE)).fold(0.0, f64::max).min(LONGEST);
    let left = 44.0 + longest + 10.0;
    let room = WIDTH - left - 28.0;
    let cell = (room / count as f64).min(MOST_HEIGHT / count as f64).min(62.0);
    let side = cell * count as f64;
    let top = if plot.title.is_some() { 74.0 } else { 50.0 };
    let is_turned = longest > cell - 6.0;
    let names = if is_turned { longest + 14.0 } else { 26.0 };
    let place = Place { at: (left + (room - side) / 2.0, top), cell, side };
    let mut canvas = Canvas::new(WIDTH, top + side + names + 38.0);
    heading(&mut canvas, plot);
    let accuracy = Font::words(14.0).fill(theme::SOFT_INK);
    canvas.text((WIDTH / 2.0, top - 22.0), &of.accuracy(), accuracy);

    cells(&mut canvas, of, &place);
    class_names(&mut canvas, of, &place, is_turned);
    if let Some(label) = &plot.x_label {
        canvas.text((place.at.0 + side / 2.0, top + side + names + 14.0), label, Font::words(14.0));
    }
    if let Some(label) = &plot.y_label {
        let x = (place.at.0 - longest - 28.0).max(20.0);
        canvas.turned_text((x, top + side / 2.0), label, Font::words(14.0));
    }
    let title = plot.title.clone().unwrap_or_else(|| format!("Confusion matrix, {}", of.accuracy()));
    Diagram::new(canvas.finish(&title), of.text())
}

/// Cells as pixels where there is no room for numbers.
fn cells(canvas: &mut Canvas, of: &Confusion, place: &Place) {
    let Place { at, cell, side } = *place;
    let count = of.size();
    let widest = of.counts.iter().max().map(usize::to_string).unwrap_or_default();
    let size = 14.0_f64.min((cell - 4.0) / theme::text_width(&widest, 1.0)).min(cell * 0.6);
    if size >= 10.5 {
        numbered(canvas, of, place, size);
        return canvas.rect(at, (side, side), 0.0, "none", Stroke::new(theme::LINE, 1.0));
    }
    let colors = (0..count * count).map(|i| of.color(i / count, i % count));
    let pixels: Vec<u8> = colors.flat_map(|(r, g, b)| [r, g, b]).collect();
    canvas.image(at, (side, side), &data_address(count, count, Channels::Rgb, &pixels));
    if cell >= 12.0 {
        for line in 1..count {
            let offset = line as f64 * cell;
            let thin = Stroke::new(theme::PAPER, 1.0);
            canvas.line((at.0 + offset, at.1), (at.0 + offset, at.1 + side), thin);
            canvas.line((at.0, at.1 + offset), (at.0 + side, at.1 + offset), thin);
        }
    }
    canvas.rect(at, (side, side), 0.0, "none", Stroke::new(theme::LINE, 1.0));
}

/// Cells with their numbers: each is a separate shape, so that a program that reads the picture by its elements finds
/// the cell of a number.
fn numbered(canvas: &mut Canvas, of: &Confusion, place: &Place, size: f64) {
    let Place { at, cell, .. } = *place;
    let count = of.size();
    for (i, &value) in of.counts.iter().enumerate() {
        let (row, column) = (i / count, i % count);
        let ground = of.color(row, column);
        let ink = if value == 0 { theme::SOFT_INK } else { color::ink_on(ground) };
        let corner = (at.0 + column as f64 * cell, at.1 + row as f64 * cell);
        canvas.rect(corner, (cell, cell), 0.0, &color::hex(ground), Stroke::new(theme::PAPER, 1.0));
        let middle = (corner.0 + 0.5 * cell, corner.1 + 0.5 * cell);
        canvas.text(middle, &value.to_string(), Font::words(size).fill(ink));
    }
}

/// The names of rows and columns; where cells are small, of every second, fifth, …
fn class_names(canvas: &mut Canvas, of: &Confusion, place: &Place, is_turned: bool) {
    let Place { at, cell, side } = *place;
    let font = Font::words(NAME_SIZE).fill(theme::SOFT_INK);
    for class in (0..of.size()).step_by(index_step(of.size(), side, 15.0)) {
        let name = cut(&of.names[class], LONGEST);
        let offset = (class as f64 + 0.5) * cell;
        canvas.text((at.0 - 8.0, at.1 + offset), &name, font.anchor(Anchor::End));
        let below = (at.0 + offset, at.1 + side + if is_turned { 8.0 } else { 14.0 });
        match is_turned {
            true => canvas.turned_text(below, &name, font.anchor(Anchor::End)),
            false => canvas.text(below, &name, font),
        }
    }
}

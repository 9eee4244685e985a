//! Confusion matrices: how often each class was taken for which.

use std::fmt::Write;

use super::chart::cut;
use super::image::{WIDTH, heading, index_step};
use super::input::{check_names, classes};
use super::png::{Channels, data_address};
use super::{Plot, color};
use crate::error::{Result, shape_error, value_error};
use crate::operand::Operand;
use crate::picture::Diagram;
use crate::picture::canvas::{Anchor, Canvas, Font, Point, Stroke};
use crate::picture::theme;

/// Counts by class: rows as labelled, columns as predicted.
#[derive(Clone, Debug)]
pub(super) struct Confusion {
    names: Vec<String>,
    counts: Vec<usize>,
}

/// More classes than this would be cells of less than four pixels.
const MOST_CLASSES: usize = 100;
/// A matrix of more classes is not written out in the text.
const MOST_IN_TEXT: usize = 12;
const MOST_HEIGHT: f64 = 400.0;
/// The longest name, in pixels.
const LONGEST: f64 = 120.0;
const NAME_SIZE: f64 = 13.0;

impl Confusion {
    pub fn of(predicted: Operand, labels: Operand, names: Vec<String>) -> Result<Confusion> {
        let op = "confusion_matrix";
        let (predicted, labels) = (classes(op, "predicted", predicted)?, classes(op, "labels", labels)?);
        if predicted.len() != labels.len() {
            return Err(shape_error!(
                "{op}: give one prediction for each label; there are {} predictions and {} labels",
                predicted.len(),
                labels.len()
            ));
        }
        if labels.is_empty() {
            return Err(shape_error!("{op}: there is nothing to count; give at least one prediction and its label"));
        }
        if !(1..=MOST_CLASSES).contains(&names.len()) {
            return Err(value_error!("{op}: give the names of 1 to {MOST_CLASSES} classes, not of {}", names.len()));
        }
        check_names(op, "predicted", &predicted, names.len())?;
        check_names(op, "labels", &labels, names.len())?;
        let mut counts = vec![0; names.len() * names.len()];
        labels.iter().zip(&predicted).for_each(|(label, predicted)| counts[label * names.len() + predicted] += 1);
        Ok(Confusion { names, counts })
    }

    fn size(&self) -> usize {
        self.names.len()
    }

    fn row(&self, label: usize) -> &[usize] {
        &self.counts[label * self.size()..(label + 1) * self.size()]
    }

    fn right(&self) -> usize {
        (0..self.size()).map(|class| self.row(class)[class]).sum()
    }

    /// `accuracy 75.0%, 3 of 4`.
    fn accuracy(&self) -> String {
        let (right, all) = (self.right(), self.counts.iter().sum::<usize>());
        format!("accuracy {:.1}%, {right} of {all}", right as f64 / all as f64 * 100.0)
    }

    /// The label and the class that was most often taken for it, and how often; the first of several.
    fn worst(&self) -> Option<(usize, usize, usize)> {
        let size = self.size();
        let cells = (0..size).flat_map(|label| (0..size).map(move |predicted| (label, predicted)));
        let wrong = cells.filter(|(label, predicted)| label != predicted);
        let counted = wrong.map(|(label, predicted)| (label, predicted, self.row(label)[predicted]));
        counted.filter(|cell| cell.2 > 0).reduce(|most, cell| if cell.2 > most.2 { cell } else { most })
    }

    fn text(&self) -> String {
        let (count, size) = (self.counts.iter().sum::<usize>(), self.size());
        let (s, es) = (if count == 1 { "" } else { "s" }, if size == 1 { "" } else { "es" });
        let mut text = format!("confusion matrix of {count} prediction{s} in {size} class{es}: {}", self.accuracy());
        if size <= MOST_IN_TEXT {
            self.write_table(&mut text);
        }
        if let Some((label, predicted, count)) = self.worst() {
            let (label, predicted) = (&self.names[label], &self.names[predicted]);
            let times = if count == 1 { "time" } else { "times" };
            let _ = write!(text, "\nmost often: “{label}” taken for “{predicted}”, {count} {times}");
        }
        text
    }

    fn write_table(&self, text: &mut String) {
        let length = |word: &String| word.chars().count();
        let first = self.names.iter().map(length).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.size())
            .map(|column| {
                let counts = (0..self.size()).map(|row| self.row(row)[column].to_string().len());
                counts.max().unwrap_or(1).max(length(&self.names[column]))
            })
            .collect();
        let mut line = |name: &str, cells: &mut dyn Iterator<Item = String>| {
            let _ = write!(text, "\n{name:first$}");
            cells.zip(&widths).for_each(|(cell, width)| {
                let _ = write!(text, "  {cell:>width$}");
            });
        };
        line("", &mut self.names.iter().cloned());
        for (label, name) in self.names.iter().enumerate() {
            line(name, &mut self.row(label).iter().map(usize::to_string));
        }
    }

    /// The colour of a cell: blue on the diagonal and orange beside it, the darker the more of its row it has.
    fn color(&self, label: usize, predicted: usize) -> (u8, u8, u8) {
        let all: usize = self.row(label).iter().sum();
        let share = self.row(label)[predicted] as f64 / all.max(1) as f64;
        // Few mistakes should be seen, too.
        let strength = if share > 0.0 { 0.06 + 0.94 * share.sqrt() } else { 0.0 };
        color::signed(if label == predicted { strength } else { -strength })
    }
}

/// Where the matrix lies.
struct Place {
    at: Point,
    cell: f64,
    side: f64,
}

pub(super) fn draw(plot: &Plot, of: &Confusion) -> Diagram {
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

/// Cells with their numbers: each is a shape of its own, so that who reads the picture by its elements knows what is behind a
/// number.
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

//! Confusion matrices: how often each class was taken for which.

pub(super) mod draw;

use std::fmt::Write;

use super::color;
use super::input::{check_names, classes};
use crate::error::{Result, shape_error, value_error};
use crate::operand::Operand;

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

//! The losses of a chart that grows, as a picture and as a line.

use std::fmt::Write;

use crate::error::{Result, shape_error};
use crate::picture::Diagram;
use crate::picture::theme;
use crate::plot::figure::{Content, Plot};
use crate::plot::series::{Mark, Series};

/// What a chart knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Losses {
    pub names: Vec<String>,
    /// The values of each line.
    pub values: Vec<Vec<f64>>,
    pub epochs: Option<usize>,
    pub title: Option<String>,
    pub x_label: Option<String>,
    pub y_label: Option<String>,
}

impl Losses {
    pub fn push(&mut self, values: &[f64]) -> Result<()> {
        if values.len() != self.names.len() {
            return Err(shape_error!(
                "Live: give one value for each line ({}), not {}",
                self.names.join(", "),
                values.len()
            ));
        }
        self.values.iter_mut().zip(values).for_each(|(line, &value)| line.push(value));
        Ok(())
    }

    /// How many values each line has.
    fn done(&self) -> usize {
        self.values.first().map_or(0, Vec::len)
    }

    pub fn is_complete(&self) -> bool {
        self.epochs.is_some_and(|epochs| self.done() >= epochs)
    }

    pub fn draw(&self) -> Diagram {
        let series = self.names.iter().zip(&self.values).map(|(name, values)| {
            let points = values.iter().enumerate().map(|(place, &value)| (place as f64 + 1.0, value)).collect();
            Series { points, mark: Mark::Line, name: Some(name.clone()) }
        });
        let or = |label: &Option<String>, usual: &str| Some(label.clone().unwrap_or_else(|| usual.to_owned()));
        let plot = Plot {
            title: self.title.clone(),
            x_label: or(&self.x_label, "epoch"),
            y_label: or(&self.y_label, "loss"),
            x_span: Some((1.0, self.epochs.unwrap_or(0).max(self.done()).max(2) as f64)),
            progress: self.epochs.filter(|_| !self.is_complete()).map(|epochs| (self.done(), epochs)),
            ..Plot::new(Content::Series(series.collect()), "", "")
        };
        plot.draw()
    }

    /// The last values in one line.
    pub fn line(&self) -> String {
        let mut line = self.title.as_ref().map(|title| format!("{title}: ")).unwrap_or_default();
        for (number, (name, values)) in self.names.iter().zip(&self.values).enumerate() {
            let last = values.last().copied().unwrap_or(f64::NAN);
            let _ = write!(line, "{}{name} {}", if number > 0 { ", " } else { "" }, theme::short(last));
        }
        let word = self.x_label.as_deref().unwrap_or("epoch");
        let s = if self.done() == 1 { "" } else { "s" };
        let _ = match self.epochs.filter(|_| !self.is_complete()) {
            Some(epochs) => write!(line, " after {} of {epochs} {word}s", self.done()),
            None => write!(line, " after {} {word}{s}", self.done()),
        };
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn losses(epochs: Option<usize>, values: &[[f64; 2]]) -> Losses {
        let names = vec!["train".to_owned(), "valid".to_owned()];
        let mut losses = Losses { names, values: vec![Vec::new(); 2], epochs, ..Losses::default() };
        values.iter().for_each(|values| losses.push(values).unwrap());
        losses
    }

    #[test]
    fn a_bar_is_there_until_all_is_done() {
        let some = losses(Some(3), &[[0.9, 1.0], [0.5, 0.75]]);
        assert!(some.draw().svg().contains(">2 / 3</text>"));
        assert_eq!(some.line(), "train 0.50, valid 0.75 after 2 of 3 epochs");
        let all = losses(Some(2), &[[0.9, 1.0], [0.5, 0.75]]);
        assert!(all.is_complete() && !all.draw().svg().contains(" / "));
        assert_eq!(all.line(), "train 0.50, valid 0.75 after 2 epochs");
        assert!(!losses(None, &[[0.9, 1.0]]).is_complete());
    }

    #[test]
    fn the_axis_does_not_move_while_the_number_of_epochs_is_known() {
        let labels = |losses: &Losses| {
            let svg = losses.draw().svg().to_owned();
            ["10", "20", "30"].map(|mark| svg.contains(&format!("\n{mark}\n")))
        };
        assert_eq!(labels(&losses(Some(30), &[[0.9, 1.0]])), [true; 3]);
        assert_eq!(labels(&losses(None, &[[0.9, 1.0]])), [false; 3]);
    }

    #[test]
    fn as_many_values_as_lines_are_taken() {
        let error = losses(None, &[]).push(&[0.5]).unwrap_err().to_string();
        assert_eq!(error, "Live: give one value for each line (train, valid), not 1");
    }
}

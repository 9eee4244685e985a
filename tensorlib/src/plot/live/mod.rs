//! A chart that grows while a model trains.

pub(super) mod show;

use std::fmt::Write;
use std::sync::Arc;

use super::figure::{Content, Plot};
use super::input::IntoValues;
use super::series::{Mark, Series};
use crate::error::{Result, or_raise, shape_error};
use crate::picture::Diagram;
use crate::picture::theme;
use show::{Shown, lock};

/// A chart of losses that grows while a cell trains.
///
/// Each [`push`](Live::push) adds a point to each line. In a notebook the chart is one display that is drawn again a few times
/// a second at most; what it shows last is a plain picture, which stays in the file. With [`epochs`](Live::epochs) a bar below
/// it shows how far the training is. Elsewhere the last values are printed as one line at the end.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let model = nn::Linear::new(1, 1);
/// let mut optimizer = optim::SGD::new(model.parameters(), 0.1);
/// let (x, y) = (rand([64, 1]), rand([64, 1]));
/// let mut live = plot::Live::new(["train", "valid"]).epochs(20);
/// for _ in 0..20 {
///     let loss = F::mse_loss(&model.forward(&x), &y);
///     optimizer.zero_grad();
///     loss.backward();
///     optimizer.step();
///     let valid = no_grad(|| F::mse_loss(&model.forward(&rand([64, 1])), &y));
///     live.push([&loss, &valid]); // numbers will do, too: live.push([0.5, 0.7])
/// }
/// assert!(live.draw().text().starts_with("line “train” of 20 values"));
/// ```
#[derive(Debug)]
pub struct Live {
    shared: Arc<Shown>,
}

/// What a chart knows.
#[derive(Clone, Debug, Default)]
struct Losses {
    names: Vec<String>,
    /// The values of each line.
    values: Vec<Vec<f64>>,
    epochs: Option<usize>,
    title: Option<String>,
    x_label: Option<String>,
    y_label: Option<String>,
}

impl Live {
    /// A chart with a line for each name: `Live::new(["train", "valid"])`.
    ///
    /// # Panics
    /// If there is no name.
    #[track_caller]
    pub fn new(names: impl IntoIterator<Item = impl std::fmt::Display>) -> Live {
        let names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
        if names.is_empty() {
            or_raise::<()>(Err(shape_error!(
                "Live: give a name for each line, as in Live::new([\"train\", \"valid\"])"
            )));
        }
        let values = vec![Vec::new(); names.len()];
        Live { shared: Shown::new(Losses { names, values, ..Losses::default() }) }
    }

    /// How many values of each line there will be, for the bar below the chart. When they are there the bar goes.
    #[must_use = "this gives the chart with a bar"]
    pub fn epochs(self, epochs: usize) -> Live {
        self.with(|losses| losses.epochs = Some(epochs))
    }

    /// The words above the chart.
    #[must_use = "this gives the chart with a title"]
    pub fn title(self, title: &str) -> Live {
        self.with(|losses| losses.title = Some(title.to_owned()))
    }

    /// The name of the horizontal axis instead of `epoch`.
    #[must_use = "this gives the chart with another name"]
    pub fn x_label(self, label: &str) -> Live {
        self.with(|losses| losses.x_label = Some(label.to_owned()))
    }

    /// The name of the vertical axis instead of `loss`.
    #[must_use = "this gives the chart with another name"]
    pub fn y_label(self, label: &str) -> Live {
        self.with(|losses| losses.y_label = Some(label.to_owned()))
    }

    fn with(self, change: impl FnOnce(&mut Losses)) -> Live {
        change(&mut lock(&self.shared.state).losses);
        self
    }

    /// Adds a value to each line, in the order of the names: numbers, tensors of one number, a tensor of all. Not-a-number
    /// leaves a gap, for a line that is not measured each time.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let mut live = plot::Live::new(["loss"]);
    /// live.push(0.5);
    /// live.push(scalar(0.25));
    /// assert_eq!(live.draw().text(), "line “loss” of 2 values from 0.25 to 0.50");
    /// ```
    ///
    /// # Panics
    /// If there are not as many values as lines.
    #[track_caller]
    pub fn push<'a>(&mut self, values: impl IntoValues<'a>) {
        let (_, values) = or_raise(values.into_values().values());
        or_raise(lock(&self.shared.state).losses.push(&values));
        self.shared.after_push();
    }

    /// The chart as it is.
    #[must_use]
    pub fn draw(&self) -> Diagram {
        lock(&self.shared.state).losses.draw()
    }
}

impl Losses {
    fn push(&mut self, values: &[f64]) -> Result<()> {
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

    fn is_complete(&self) -> bool {
        self.epochs.is_some_and(|epochs| self.done() >= epochs)
    }

    fn draw(&self) -> Diagram {
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
    fn line(&self) -> String {
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

//! A chart that grows while a model trains.

mod losses;
pub(super) mod show;

use std::sync::Arc;

use super::input::IntoValues;
use crate::error::{or_raise, shape_error};
use crate::picture::Diagram;
use losses::Losses;
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

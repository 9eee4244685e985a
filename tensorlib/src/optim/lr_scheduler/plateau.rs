//! A schedule that follows a measurement.

use std::sync::{Arc, Mutex, PoisonError};

use crate::error::or_raise;
use crate::operand::IntoOperand;
use crate::optim::{Optimizer, Shared};

/// Which values of the metric are better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Goal {
    /// Small values, as of a loss.
    #[default]
    Min,
    /// Large values, as of an accuracy.
    Max,
}

/// The rate shrinks when a measurement has stopped getting better for some epochs.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let optimizer = optim::SGD::new([tensor![1.0].requires_grad_(true)], 1.0);
/// let schedule = optim::lr_scheduler::ReduceLROnPlateau::new(&optimizer).factor(0.5).patience(1);
/// for loss in [0.3, 0.2, 0.2, 0.2] {
///     schedule.step(loss);
/// }
/// assert_eq!(optimizer.lr(), 0.5);
/// ```
#[derive(Clone)]
pub struct ReduceLROnPlateau {
    optimizer: Shared,
    goal: Goal,
    factor: f64,
    patience: usize,
    threshold: f64,
    cooldown: usize,
    min_lr: f64,
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Copy)]
struct State {
    best: Option<f64>,
    bad_epochs: usize,
    waits: usize,
}

impl ReduceLROnPlateau {
    /// The rate becomes a tenth when a loss has not fallen for more than ten epochs.
    pub fn new(optimizer: &impl Optimizer) -> ReduceLROnPlateau {
        ReduceLROnPlateau {
            optimizer: optimizer.shared().clone(),
            goal: Goal::Min,
            factor: 0.1,
            patience: 10,
            threshold: 1e-4,
            cooldown: 0,
            min_lr: 0.0,
            state: Arc::new(Mutex::new(State { best: None, bad_epochs: 0, waits: 0 })),
        }
    }

    /// Which values of the metric are better: [`Goal::Min`] by default.
    #[must_use = "this gives the schedule"]
    pub fn mode(mut self, goal: Goal) -> ReduceLROnPlateau {
        self.goal = goal;
        self
    }

    /// By what the rate is multiplied; 0.1 by default.
    ///
    /// # Panics
    /// If it is not less than 1.
    #[must_use = "this gives the schedule"]
    #[track_caller]
    pub fn factor(mut self, factor: f64) -> ReduceLROnPlateau {
        assert!(factor < 1.0, "ReduceLROnPlateau: the factor must be less than 1, not {factor}");
        self.factor = factor;
        self
    }

    /// How many epochs without getting better are allowed; 10 by default.
    #[must_use = "this gives the schedule"]
    pub fn patience(mut self, epochs: usize) -> ReduceLROnPlateau {
        self.patience = epochs;
        self
    }

    /// By which share of the best value a measurement must be better to count; 1e-4 by default.
    #[must_use = "this gives the schedule"]
    pub fn threshold(mut self, threshold: f64) -> ReduceLROnPlateau {
        self.threshold = threshold;
        self
    }

    /// How many epochs after a change nothing is counted; 0 by default.
    #[must_use = "this gives the schedule"]
    pub fn cooldown(mut self, epochs: usize) -> ReduceLROnPlateau {
        self.cooldown = epochs;
        self
    }

    /// Below which the rate never falls; 0 by default.
    #[must_use = "this gives the schedule"]
    pub fn min_lr(mut self, min_lr: f64) -> ReduceLROnPlateau {
        self.min_lr = min_lr;
        self
    }

    /// Takes note of the measurement of an epoch: a number, or a tensor with one.
    ///
    /// # Panics
    /// If a tensor has more than one element.
    #[track_caller]
    pub fn step<'a>(&self, measured: impl IntoOperand<'a>) {
        let value = or_raise(measured.into_operand().into_tensor().and_then(|tensor| tensor.try_item::<f64>()));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_better = state.best.is_none_or(|best| match self.goal {
            Goal::Min => value < best * (1.0 - self.threshold),
            Goal::Max => value > best * (1.0 + self.threshold),
        });
        if is_better {
            state.best = Some(value);
            state.bad_epochs = 0;
        } else {
            state.bad_epochs += 1;
        }
        if state.waits > 0 {
            state.waits -= 1;
            state.bad_epochs = 0;
        }
        if state.bad_epochs > self.patience {
            state.waits = self.cooldown;
            state.bad_epochs = 0;
            for group in &mut self.optimizer.inner().groups {
                let lower = (group.lr * self.factor).max(self.min_lr);
                // Smaller changes than this are not worth it; the number is PyTorch's.
                if group.lr - lower > 1e-8 {
                    group.lr = lower;
                }
            }
        }
    }

    /// The rates as they are now, one for each group.
    pub fn get_last_lr(&self) -> Vec<f64> {
        self.optimizer.inner().groups.iter().map(|group| group.lr).collect()
    }
}

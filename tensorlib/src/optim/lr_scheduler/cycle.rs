//! One cycle: up and down again.

use std::f64::consts::PI;

use super::scheduler::{Curve, Schedule, schedules};
use crate::optim::Optimizer;

/// By which curve a rate goes from one value to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Anneal {
    /// Half a wave of the cosine.
    #[default]
    Cosine,
    /// A straight line.
    Linear,
}

schedules! {
    /// The rate grows to a maximum in the first part of all steps, and falls to nearly nothing in the rest; momentum goes the
    /// other way. Its step comes after each batch, not each epoch. Smith and Topin, *Super-Convergence*, 2017.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let optimizer = optim::SGD::new([tensor![1.0].requires_grad_(true)], 0.1).momentum(0.9);
    /// let schedule = optim::lr_scheduler::OneCycleLR::new(&optimizer, 1.0, 10);
    /// assert!((optimizer.lr() - 0.04).abs() < 1e-12); // a 25th of the maximum
    /// schedule.step();
    /// schedule.step();
    /// assert_eq!(optimizer.lr(), 1.0);
    /// ```
    OneCycleLR;
}

struct Cycle {
    first: f64,
    largest: f64,
    last: f64,
    /// The number of the step with the largest rate, and of the last one.
    peak: f64,
    end: f64,
    momentum: Option<(f64, f64)>,
    anneal: Anneal,
}

impl Cycle {
    /// The value at a step of what goes from `first` over `middle` to `last`.
    fn value(&self, step: i64, [first, middle, last]: [f64; 3]) -> f64 {
        let step = (step as f64).min(self.end);
        let between = |from: f64, to: f64, share: f64| match self.anneal {
            Anneal::Cosine => to + (from - to) / 2.0 * ((PI * share).cos() + 1.0),
            Anneal::Linear => (to - from) * share + from,
        };
        if step <= self.peak {
            return between(first, middle, step / self.peak);
        }
        between(middle, last, (step - self.peak) / (self.end - self.peak))
    }
}

impl Curve for Cycle {
    fn next(&self, epoch: i64, _lr: f64, base: f64) -> f64 {
        self.at(epoch, base)
    }

    fn at(&self, epoch: i64, _base: f64) -> f64 {
        self.value(epoch, [self.first, self.largest, self.last])
    }

    fn momentum(&self, epoch: i64) -> Option<f64> {
        let (least, most) = self.momentum?;
        Some(self.value(epoch, [most, least, most]))
    }
}

impl OneCycleLR {
    /// Up to `max_lr` in the first 30 % of `total_steps`, down in the rest, by cosines.
    ///
    /// # Panics
    /// If there are fewer than 2 steps.
    #[track_caller]
    pub fn new(optimizer: &impl Optimizer, max_lr: f64, total_steps: usize) -> OneCycleLR {
        OneCycleLR::with_shape(optimizer, max_lr, total_steps, 0.3, Anneal::Cosine)
    }

    /// The same with the share of steps that go up, and the curve.
    ///
    /// # Panics
    /// If there are fewer than 2 steps, or the share is not between 0 and 1.
    #[track_caller]
    pub fn with_shape(
        optimizer: &impl Optimizer,
        max_lr: f64,
        total_steps: usize,
        pct_start: f64,
        anneal: Anneal,
    ) -> OneCycleLR {
        assert!(total_steps > 1, "OneCycleLR: needs 2 steps or more, not {total_steps}");
        assert!((0.0..=1.0).contains(&pct_start), "OneCycleLR: pct_start must be from 0 to 1, not {pct_start}");
        let first = max_lr / 25.0;
        let has_momentum = {
            let inner = optimizer.shared().inner();
            inner.rule.momentum(&inner.groups[0].own).is_some_and(|momentum| momentum != 0.0)
        };
        let curve = Cycle {
            first,
            largest: max_lr,
            last: first / 1e4,
            peak: pct_start * total_steps as f64 - 1.0,
            end: total_steps as f64 - 1.0,
            momentum: has_momentum.then_some((0.85, 0.95)),
            anneal,
        };
        OneCycleLR { schedule: Schedule::begin(optimizer.shared().clone(), curve) }
    }
}

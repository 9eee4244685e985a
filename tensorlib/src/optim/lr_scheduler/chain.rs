//! Schedules one after the other.

use std::sync::{Arc, Mutex, PoisonError};

use super::scheduler::{LrScheduler, Schedule};
use crate::optim::Optimizer;

/// Schedules one after the other: each takes over at its epoch. A warm-up and then a cosine, for example.
///
/// ```
/// use tensorlib::optim::lr_scheduler::{CosineAnnealing, LinearLR, SequentialLR};
/// use tensorlib::prelude::*;
///
/// let optimizer = optim::SGD::new([tensor![1.0].requires_grad_(true)], 1.0);
/// let warm_up = LinearLR::new(&optimizer, 0.5, 1.0, 2);
/// let fall = CosineAnnealing::new(&optimizer, 2);
/// let schedule = SequentialLR::new(&optimizer, &[&warm_up, &fall], &[2]);
/// let mut rates = vec![];
/// for _epoch in 0..5 {
///     rates.push(optimizer.lr());
///     schedule.step();
/// }
/// assert!(tensor(rates).allclose_within([0.5, 0.75, 1.0, 0.5, 0.0], 1e-5, 1e-6));
/// ```
#[derive(Clone)]
pub struct SequentialLR {
    schedules: Vec<Schedule>,
    milestones: Vec<i64>,
    epoch: Arc<Mutex<i64>>,
}

impl SequentialLR {
    /// The first schedule, and at each of the epochs the next one, which begins with the rate that the optimiser was made with.
    ///
    /// # Panics
    /// If there is not one epoch less than schedules.
    #[track_caller]
    pub fn new(optimizer: &impl Optimizer, schedules: &[&dyn LrScheduler], milestones: &[usize]) -> SequentialLR {
        let fits = !schedules.is_empty() && milestones.len() + 1 == schedules.len();
        assert!(
            fits,
            "SequentialLR: {} schedules need {} epochs at which the next one takes over, not {}",
            schedules.len(),
            schedules.len().saturating_sub(1),
            milestones.len()
        );
        let schedules: Vec<Schedule> = schedules.iter().map(|schedule| schedule.schedule().clone()).collect();
        // Each has changed the rates when it was made. What they were before, the first knows.
        let base = schedules[0].base();
        for (group, &lr) in optimizer.shared().inner().groups.iter_mut().zip(&base) {
            group.lr = lr;
        }
        schedules.iter().for_each(|schedule| schedule.set_base(base.clone()));
        schedules[0].restart(0);
        let milestones = milestones.iter().map(|&epoch| epoch as i64).collect();
        SequentialLR { schedules, milestones, epoch: Arc::new(Mutex::new(0)) }
    }

    /// Sets the rate of the next epoch.
    pub fn step(&self) {
        let mut epoch = self.epoch.lock().unwrap_or_else(PoisonError::into_inner);
        *epoch += 1;
        let number = self.milestones.iter().filter(|&&at| at <= *epoch).count();
        let begins = number > 0 && self.milestones[number - 1] == *epoch;
        if begins { self.schedules[number].restart(0) } else { self.schedules[number].advance() }
    }

    /// The rates as they are now, one for each group.
    pub fn get_last_lr(&self) -> Vec<f64> {
        self.schedules[0].rates()
    }
}

//! The common parts of schedules.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::create::{scalar, tensor};
use crate::error::{Result, or_raise, value_error};
use crate::io::StateDict;
use crate::optim::Shared;

/// A rate that follows from the epoch.
pub(super) trait Curve: Send + Sync {
    /// The rate of an epoch, given the one before and the one that the optimiser began with. Epoch 0 is the first.
    fn next(&self, epoch: i64, lr: f64, base: f64) -> f64;

    /// The same without the one before: used where a schedule takes over from another one.
    fn at(&self, epoch: i64, base: f64) -> f64;

    /// The momentum of an epoch, if the schedule changes that, too.
    fn momentum(&self, _epoch: i64) -> Option<f64> {
        None
    }
}

/// An optimiser with a curve for its rates.
#[derive(Clone)]
pub struct Schedule {
    optimizer: Shared,
    curve: Arc<dyn Curve>,
    state: Arc<Mutex<State>>,
}

struct State {
    epoch: i64,
    /// The rates that the optimiser began with, one for each group.
    base: Vec<f64>,
}

impl Schedule {
    /// Begins: the optimiser gets the rates of epoch 0.
    pub(super) fn begin(optimizer: Shared, curve: impl Curve + 'static) -> Schedule {
        let base = optimizer.inner().groups.iter().map(|group| group.lr).collect();
        let state = Arc::new(Mutex::new(State { epoch: -1, base }));
        let schedule = Schedule { optimizer, curve: Arc::new(curve), state };
        schedule.advance();
        schedule
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, epoch: i64, rate: impl Fn(f64, f64) -> f64) {
        let state = self.state();
        let mut inner = self.optimizer.inner();
        let momentum = self.curve.momentum(epoch);
        let inner = &mut *inner;
        for (number, group) in inner.groups.iter_mut().enumerate() {
            // Groups that came later begin with the rate that they have.
            let base = state.base.get(number).copied().unwrap_or(group.lr);
            group.lr = rate(group.lr, base);
            if let Some(momentum) = momentum {
                group.own = inner.rule.with_momentum(group.own, momentum);
            }
        }
    }

    pub(super) fn advance(&self) {
        let epoch = {
            let mut state = self.state();
            state.epoch += 1;
            state.epoch
        };
        self.set(epoch, |lr, base| self.curve.next(epoch, lr, base));
    }

    /// Puts the schedule at an epoch, whatever the rate was before.
    pub(super) fn restart(&self, epoch: i64) {
        self.state().epoch = epoch;
        self.set(epoch, |_, base| self.curve.at(epoch, base));
    }

    pub(super) fn rates(&self) -> Vec<f64> {
        self.optimizer.inner().groups.iter().map(|group| group.lr).collect()
    }

    pub(super) fn base(&self) -> Vec<f64> {
        self.state().base.clone()
    }

    pub(super) fn set_base(&self, base: Vec<f64>) {
        self.state().base = base;
    }

    pub(super) fn epoch(&self) -> i64 {
        self.state().epoch
    }

    pub(super) fn state_dict(&self) -> StateDict {
        let state = self.state();
        StateDict::from([("last_epoch", scalar(state.epoch)), ("base_lrs", tensor(state.base.clone()).double())])
    }

    pub(super) fn load(&self, state: &StateDict) -> Result<()> {
        let missing =
            |name: &str| value_error!("load_state_dict: {name:?} is missing; this is not the state of a schedule");
        let epoch = state.get("last_epoch").ok_or_else(|| missing("last_epoch"))?.try_item::<i64>()?;
        let base = state.get("base_lrs").ok_or_else(|| missing("base_lrs"))?.to_vec::<f64>();
        *self.state() = State { epoch, base };
        Ok(())
    }
}

/// The methods of all schedules that depend on the epoch.
pub trait LrScheduler {
    /// The schedule's shared state.
    fn schedule(&self) -> &Schedule;

    /// Sets the rate of the next epoch. Call it once after each epoch.
    fn step(&self) {
        self.schedule().advance();
    }

    /// The rates as they are now, one for each group.
    fn get_last_lr(&self) -> Vec<f64> {
        self.schedule().rates()
    }

    /// The number of the epoch, from 0.
    fn last_epoch(&self) -> i64 {
        self.schedule().epoch()
    }

    /// Where the schedule is, to be kept beside the model.
    fn state_dict(&self) -> StateDict {
        self.schedule().state_dict()
    }

    /// Goes on from what [`state_dict`](LrScheduler::state_dict) kept. Load the optimiser's own state, too: it has the rates.
    ///
    /// # Panics
    /// If it is not the state of a schedule.
    #[track_caller]
    fn load_state_dict(&self, state: &StateDict) {
        or_raise(self.schedule().load(state));
    }
}

/// Declares a schedule: its type, and that it can do what all can.
macro_rules! schedules {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name {
            schedule: $crate::optim::lr_scheduler::Schedule,
        }

        impl $crate::optim::lr_scheduler::LrScheduler for $name {
            fn schedule(&self) -> &$crate::optim::lr_scheduler::Schedule {
                &self.schedule
            }
        }
    )* };
}
pub(super) use schedules;

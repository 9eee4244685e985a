//! Adagrad.

use super::group::Own;
use super::optimizer::optimizer;
use super::shared::{Rule, check_option};
use crate::error::Result;
use crate::op::{StepOp, StepRule};

#[derive(Clone, Copy)]
struct Options {
    lr_decay: f64,
    eps: f64,
    initial_accumulator_value: f64,
    weight_decay: f64,
    maximize: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { lr_decay: 0.0, eps: 1e-10, initial_accumulator_value: 0.0, weight_decay: 0.0, maximize: false }
    }
}

optimizer! {
    /// Adagrad: gradients divided by the root of the sum of all their squares so far. Duchi, Hazan and Singer, *Adaptive
    /// Subgradient Methods for Online Learning and Stochastic Optimization*, 2011.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let w = tensor![1.0].requires_grad_(true);
    /// let optimizer = optim::Adagrad::new([&w], 0.1);
    /// w.square().sum().backward();
    /// optimizer.step();
    /// assert!(w.allclose([0.9]));
    /// ```
    Adagrad(Options) {
        /// How much the rate shrinks: after `t` steps it is `lr / (1 + t · lr_decay)`; 0 by default.
        lr_decay(lr_decay: f64): |options| options.lr_decay = lr_decay;
        /// The number added to the root, which prevents a division by zero; 1e-10 by default.
        eps(eps: f64): |options| options.eps = eps;
        /// The initial value of the sums; 0 by default. Set it before the first step.
        initial_accumulator_value(value: f64): |options| options.initial_accumulator_value = value;
        /// The share of the parameter that is added to its gradient; 0 by default.
        weight_decay(weight_decay: f64): |options| options.weight_decay = weight_decay;
        /// Whether to go up instead of down.
        maximize(maximize: bool): |options| options.maximize = maximize;
    }
}

impl Rule for Options {
    fn name(&self) -> &'static str {
        "Adagrad"
    }

    fn check(&self) -> Result<()> {
        check_option("Adagrad", "lr_decay", self.lr_decay, 0.0, f64::INFINITY)?;
        check_option("Adagrad", "eps", self.eps, 0.0, f64::INFINITY)?;
        check_option("Adagrad", "initial_accumulator_value", self.initial_accumulator_value, 0.0, f64::INFINITY)?;
        check_option("Adagrad", "weight_decay", self.weight_decay, 0.0, f64::INFINITY)
    }

    fn step(&self, own: &Own, lr: f64, steps: u64) -> StepOp {
        StepOp {
            rule: StepRule::Adagrad { eps: own.eps.unwrap_or(self.eps) },
            lr: lr / (1.0 + steps as f64 * self.lr_decay),
            weight_decay: own.weight_decay.unwrap_or(self.weight_decay),
            maximize: self.maximize,
        }
    }

    fn slots(&self, _rule: &StepRule) -> Vec<&'static str> {
        vec!["sum"]
    }

    fn first_value(&self) -> f64 {
        self.initial_accumulator_value
    }

    fn momentum(&self, _own: &Own) -> Option<f64> {
        None
    }

    fn with_momentum(&self, own: Own, _momentum: f64) -> Own {
        own
    }

    fn options(&self) -> Vec<(&'static str, f64)> {
        vec![("lr_decay", self.lr_decay), ("eps", self.eps), ("weight_decay", self.weight_decay)]
    }
}

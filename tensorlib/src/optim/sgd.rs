//! Stochastic gradient descent.

use super::group::Own;
use super::optimizer::optimizer;
use super::shared::{Rule, check_option};
use crate::error::{Result, value_error};
use crate::op::{StepOp, StepRule};

#[derive(Clone, Copy, Default)]
struct Options {
    momentum: f64,
    dampening: f64,
    nesterov: bool,
    weight_decay: f64,
    maximize: bool,
}

optimizer! {
    /// Stochastic gradient descent: parameters move down their gradients. With momentum, down a running sum of them (Polyak,
    /// 1964; Sutskever et al., *On the importance of initialization and momentum in deep learning*, 2013).
    ///
    /// `v = momentum · v + (1 - dampening) · g`, `p = p - lr · v`, where `g` is the gradient and `weight_decay · p`; with
    /// `nesterov`, `p = p - lr · (g + momentum · v)`.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let w = tensor![1.0].requires_grad_(true);
    /// let optimizer = optim::SGD::new([&w], 0.1).momentum(0.9).nesterov(true);
    /// for _ in 0..100 {
    ///     optimizer.zero_grad();
    ///     w.square().sum().backward();
    ///     optimizer.step();
    /// }
    /// assert!(w.abs().item::<f32>() < 0.01);
    /// ```
    SGD(Options) {
        /// The share of the last step that is taken again; 0 by default.
        momentum(momentum: f64): |options| options.momentum = momentum;
        /// How much of each gradient does not go into the running sum; 0 by default.
        dampening(dampening: f64): |options| options.dampening = dampening;
        /// Whether to look ahead by the momentum (Nesterov, 1983); needs one.
        nesterov(nesterov: bool): |options| options.nesterov = nesterov;
        /// The share of the parameter that is added to its gradient; 0 by default.
        weight_decay(weight_decay: f64): |options| options.weight_decay = weight_decay;
        /// Whether to go up instead of down.
        maximize(maximize: bool): |options| options.maximize = maximize;
    }
}

impl Rule for Options {
    fn name(&self) -> &'static str {
        "SGD"
    }

    fn check(&self) -> Result<()> {
        check_option("SGD", "momentum", self.momentum, 0.0, f64::INFINITY)?;
        check_option("SGD", "weight_decay", self.weight_decay, 0.0, f64::INFINITY)?;
        if self.nesterov && (self.momentum == 0.0 || self.dampening != 0.0) {
            return Err(value_error!(
                "SGD: nesterov needs a momentum and no dampening; say momentum(0.9) before nesterov(true)"
            ));
        }
        Ok(())
    }

    fn step(&self, own: &Own, lr: f64, steps: u64) -> StepOp {
        let rule = StepRule::Sgd {
            momentum: own.momentum.unwrap_or(self.momentum),
            dampening: self.dampening,
            nesterov: self.nesterov,
            is_first: steps == 0,
        };
        StepOp { rule, lr, weight_decay: own.weight_decay.unwrap_or(self.weight_decay), maximize: self.maximize }
    }

    fn slots(&self, rule: &StepRule) -> Vec<&'static str> {
        ["momentum_buffer"][..rule.slots()].to_vec()
    }

    fn momentum(&self, own: &Own) -> Option<f64> {
        Some(own.momentum.unwrap_or(self.momentum))
    }

    fn with_momentum(&self, own: Own, momentum: f64) -> Own {
        Own { momentum: Some(momentum), ..own }
    }

    fn options(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("momentum", self.momentum),
            ("dampening", self.dampening),
            ("nesterov", f64::from(u8::from(self.nesterov))),
            ("weight_decay", self.weight_decay),
        ]
    }
}

//! RMSprop.

use super::group::Own;
use super::optimizer::optimizer;
use super::shared::{Rule, check_option};
use crate::error::Result;
use crate::op::{StepOp, StepRule};

#[derive(Clone, Copy)]
struct Options {
    alpha: f64,
    eps: f64,
    momentum: f64,
    centered: bool,
    weight_decay: f64,
    maximize: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { alpha: 0.99, eps: 1e-8, momentum: 0.0, centered: false, weight_decay: 0.0, maximize: false }
    }
}

optimizer! {
    /// RMSprop: gradients divided by the root of the running mean of their squares. Tieleman and Hinton, *Lecture 6.5 of Neural
    /// Networks for Machine Learning*, 2012; centred as in Graves, *Generating Sequences With Recurrent Neural Networks*, 2013.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let w = tensor![1.0].requires_grad_(true);
    /// let optimizer = optim::RMSprop::new([&w], 0.01).alpha(0.9);
    /// w.square().sum().backward();
    /// optimizer.step();
    /// assert!(w.allclose([1.0 - 0.01 / 0.1f64.sqrt()]));
    /// ```
    RMSprop(Options) {
        /// How much the running mean keeps of what it was; 0.99 by default.
        alpha(alpha: f64): |options| options.alpha = alpha;
        /// The number added to the root, which prevents a division by zero; 1e-8 by default.
        eps(eps: f64): |options| options.eps = eps;
        /// The share of the last step that is taken again; 0 by default.
        momentum(momentum: f64): |options| options.momentum = momentum;
        /// Whether the variance of gradients is taken instead of the mean of their squares.
        centered(centered: bool): |options| options.centered = centered;
        /// The share of the parameter that is added to its gradient; 0 by default.
        weight_decay(weight_decay: f64): |options| options.weight_decay = weight_decay;
        /// Whether to go up instead of down.
        maximize(maximize: bool): |options| options.maximize = maximize;
    }
}

impl Rule for Options {
    fn name(&self) -> &'static str {
        "RMSprop"
    }

    fn check(&self) -> Result<()> {
        check_option("RMSprop", "alpha", self.alpha, 0.0, f64::INFINITY)?;
        check_option("RMSprop", "eps", self.eps, 0.0, f64::INFINITY)?;
        check_option("RMSprop", "momentum", self.momentum, 0.0, f64::INFINITY)?;
        check_option("RMSprop", "weight_decay", self.weight_decay, 0.0, f64::INFINITY)
    }

    fn step(&self, own: &Own, lr: f64, _steps: u64) -> StepOp {
        let rule = StepRule::RmsProp {
            alpha: self.alpha,
            eps: own.eps.unwrap_or(self.eps),
            momentum: own.momentum.unwrap_or(self.momentum),
            centered: self.centered,
        };
        StepOp { rule, lr, weight_decay: own.weight_decay.unwrap_or(self.weight_decay), maximize: self.maximize }
    }

    fn slots(&self, rule: &StepRule) -> Vec<&'static str> {
        let &StepRule::RmsProp { momentum, centered, .. } = rule else { return Vec::new() };
        let mut names = vec!["square_avg"];
        names.extend((momentum != 0.0).then_some("momentum_buffer"));
        names.extend(centered.then_some("grad_avg"));
        names
    }

    fn momentum(&self, own: &Own) -> Option<f64> {
        Some(own.momentum.unwrap_or(self.momentum))
    }

    fn with_momentum(&self, own: Own, momentum: f64) -> Own {
        Own { momentum: Some(momentum), ..own }
    }

    fn options(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("alpha", self.alpha),
            ("eps", self.eps),
            ("momentum", self.momentum),
            ("centered", f64::from(u8::from(self.centered))),
            ("weight_decay", self.weight_decay),
        ]
    }
}

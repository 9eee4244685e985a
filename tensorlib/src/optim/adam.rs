//! Adam, and Adam with decoupled weight decay.

use super::group::Own;
use super::optimizer::optimizer;
use super::shared::{Rule, check_option};
use crate::error::Result;
use crate::op::{StepOp, StepRule};

#[derive(Clone, Copy)]
struct Options {
    betas: (f64, f64),
    eps: f64,
    weight_decay: f64,
    amsgrad: bool,
    maximize: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { betas: (0.9, 0.999), eps: 1e-8, weight_decay: 0.0, amsgrad: false, maximize: false }
    }
}

/// The same for [`AdamW`], whose decay is no part of the gradient.
#[derive(Clone, Copy)]
struct Decoupled(Options);

impl Default for Decoupled {
    fn default() -> Decoupled {
        Decoupled(Options { weight_decay: 0.01, ..Options::default() })
    }
}

optimizer! {
    /// Adam: each number of a parameter moves by the running mean of its gradients over the root of the running mean of their
    /// squares. Kingma and Ba, *Adam: A Method for Stochastic Optimization*, 2014.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let w = tensor![1.0].requires_grad_(true);
    /// let optimizer = optim::Adam::new([&w], 0.1).betas(0.9, 0.99);
    /// w.square().sum().backward();
    /// optimizer.step();
    /// assert!(w.allclose([0.9])); // the first step is as long as the rate
    /// ```
    Adam(Options) {
        /// How much the two running means keep of what they were; 0.9 and 0.999 by default.
        betas(beta1: f64, beta2: f64): |options| options.betas = (beta1, beta2);
        /// The number added to the root, which prevents a division by zero; 1e-8 by default.
        eps(eps: f64): |options| options.eps = eps;
        /// The share of the parameter that is added to its gradient; 0 by default.
        weight_decay(weight_decay: f64): |options| options.weight_decay = weight_decay;
        /// Whether the mean of squares never shrinks. Reddi, Kale and Kumar, *On the Convergence of Adam and Beyond*, 2018.
        amsgrad(amsgrad: bool): |options| options.amsgrad = amsgrad;
        /// Whether to go up instead of down.
        maximize(maximize: bool): |options| options.maximize = maximize;
    }
}

optimizer! {
    /// [`Adam`] with a decay that makes parameters smaller by itself, instead of being a part of their gradients; 0.01 by
    /// default. Loshchilov and Hutter, *Decoupled Weight Decay Regularization*, 2017.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let model = nn::Linear::new(3, 2);
    /// let optimizer = optim::AdamW::new(model.parameters(), 1e-3).weight_decay(0.1);
    /// model.forward(&ones([1, 3])).sum().backward();
    /// optimizer.step();
    /// ```
    AdamW(Decoupled) {
        /// How much the two running means keep of what they were; 0.9 and 0.999 by default.
        betas(beta1: f64, beta2: f64): |options| options.0.betas = (beta1, beta2);
        /// The number added to the root, which prevents a division by zero; 1e-8 by default.
        eps(eps: f64): |options| options.0.eps = eps;
        /// How much smaller parameters become with each step, times the rate; 0.01 by default.
        weight_decay(weight_decay: f64): |options| options.0.weight_decay = weight_decay;
        /// Whether the mean of squares never shrinks.
        amsgrad(amsgrad: bool): |options| options.0.amsgrad = amsgrad;
        /// Whether to go up instead of down.
        maximize(maximize: bool): |options| options.0.maximize = maximize;
    }
}

impl Options {
    fn check_of(&self, name: &str) -> Result<()> {
        check_option(name, "beta1", self.betas.0, 0.0, 1.0)?;
        check_option(name, "beta2", self.betas.1, 0.0, 1.0)?;
        check_option(name, "eps", self.eps, 0.0, f64::INFINITY)?;
        check_option(name, "weight_decay", self.weight_decay, 0.0, f64::INFINITY)
    }

    fn step_of(&self, own: &Own, lr: f64, steps: u64, decoupled: bool) -> StepOp {
        let rule = StepRule::Adam {
            betas: own.betas.unwrap_or(self.betas),
            eps: own.eps.unwrap_or(self.eps),
            step: steps + 1,
            amsgrad: self.amsgrad,
            decoupled,
        };
        StepOp { rule, lr, weight_decay: own.weight_decay.unwrap_or(self.weight_decay), maximize: self.maximize }
    }
}

macro_rules! rule {
    ($ty:ty, $name:literal, $decoupled:literal, |$this:ident| $options:expr) => {
        impl Rule for $ty {
            fn name(&self) -> &'static str {
                $name
            }

            fn check(&self) -> Result<()> {
                let $this = self;
                $options.check_of($name)
            }

            fn step(&self, own: &Own, lr: f64, steps: u64) -> StepOp {
                let $this = self;
                $options.step_of(own, lr, steps, $decoupled)
            }

            fn slots(&self, rule: &StepRule) -> Vec<&'static str> {
                ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"][..rule.slots()].to_vec()
            }

            fn momentum(&self, own: &Own) -> Option<f64> {
                let $this = self;
                Some(own.betas.unwrap_or($options.betas).0)
            }

            fn with_momentum(&self, own: Own, momentum: f64) -> Own {
                let $this = self;
                Own { betas: Some((momentum, own.betas.unwrap_or($options.betas).1)), ..own }
            }

            fn options(&self) -> Vec<(&'static str, f64)> {
                let $this = self;
                let options = $options;
                vec![
                    ("beta1", options.betas.0),
                    ("beta2", options.betas.1),
                    ("eps", options.eps),
                    ("weight_decay", options.weight_decay),
                    ("amsgrad", f64::from(u8::from(options.amsgrad))),
                ]
            }
        }
    };
}
rule!(Options, "Adam", false, |this| this);
rule!(Decoupled, "AdamW", true, |this| this.0);

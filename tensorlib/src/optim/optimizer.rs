//! The methods of all optimisers.

use super::group::Group;
use super::shared::{Shared, check_rate};
use super::state;
use crate::error::{Result, or_raise};
use crate::io::StateDict;

/// The methods of all optimisers.
pub trait Optimizer {
    /// The state that the optimiser shares with its schedules.
    fn shared(&self) -> &Shared;

    /// Changes all parameters that have gradients by these. Steps are whole: an interrupt comes before or after one.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let w = tensor![1.0].requires_grad_(true);
    /// let optimizer = optim::SGD::new([&w], 0.5);
    /// (&w * &w).sum().backward();
    /// optimizer.step();
    /// assert_eq!(w.to_vec::<f32>(), [0.0]); // 1 - 0.5 · 2
    /// ```
    ///
    /// # Panics
    /// If a gradient is on another device than its parameter.
    #[track_caller]
    fn step(&self) {
        or_raise(self.try_step());
    }

    /// [`step`](Optimizer::step) with the error as a value.
    fn try_step(&self) -> Result<()> {
        self.shared().step()
    }

    /// Forgets the gradients of all parameters: done before each [`backward`](crate::Tensor::backward), which would add to them.
    fn zero_grad(&self) {
        self.shared().zero_grad();
    }

    /// The learning rate; of several groups, that of the first.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let optimizer = optim::SGD::new([tensor![1.0].requires_grad_(true)], 0.5);
    /// optimizer.set_lr(0.05);
    /// assert_eq!(optimizer.lr(), 0.05);
    /// ```
    fn lr(&self) -> f64 {
        self.shared().inner().groups[0].lr
    }

    /// The learning rates of all groups.
    fn lrs(&self) -> Vec<f64> {
        self.shared().inner().groups.iter().map(|group| group.lr).collect()
    }

    /// Sets the learning rate of all groups.
    ///
    /// # Panics
    /// If it is negative or not a number.
    #[track_caller]
    fn set_lr(&self, lr: f64) {
        let mut inner = self.shared().inner();
        or_raise(check_rate(inner.rule.name(), lr));
        inner.groups.iter_mut().for_each(|group| group.lr = lr);
    }

    /// Adds parameters, for what is unfrozen later, say: PyTorch's `add_param_group`.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let (features, head) = (nn::Linear::new(8, 4), nn::Linear::new(4, 2));
    /// let optimizer = optim::SGD::new(head.parameters(), 0.1);
    /// optimizer.add_group(optim::group(features.parameters(), 0.01));
    /// assert_eq!(optimizer.lrs(), [0.1, 0.01]);
    /// ```
    ///
    /// # Panics
    /// If a parameter is in another group already, or no leaf.
    #[doc(alias = "add_param_group")]
    #[track_caller]
    fn add_group(&self, group: Group) {
        let mut inner = self.shared().inner();
        or_raise(inner.add(group));
    }

    /// All that the optimiser remembers, as tensors by name: `state.0.exp_avg`, …, `param_groups.0.lr`. To go on later as if
    /// nothing had happened, keep it beside that of the model.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let w = tensor![1.0, 2.0].requires_grad_(true);
    /// let optimizer = optim::Adam::new([&w], 0.1);
    /// (&w * &w).sum().backward();
    /// optimizer.step();
    /// let state = optimizer.state_dict();
    /// assert!(state["state.0.exp_avg"].allclose([0.2, 0.4]));
    /// assert_eq!(state["state.0.step"].item::<i64>(), 1);
    /// ```
    fn state_dict(&self) -> StateDict {
        state::state_dict(&self.shared().inner())
    }

    /// Goes on from what [`state_dict`](Optimizer::state_dict) kept: memory and learning rates. Groups and parameters must be
    /// as many, in the same order. If something does not fit, nothing is changed.
    ///
    /// # Panics
    /// If the state is that of an optimiser with other parameters.
    #[track_caller]
    fn load_state_dict(&self, state: &StateDict) {
        or_raise(self.try_load_state_dict(state));
    }

    /// [`load_state_dict`](Optimizer::load_state_dict) with the error as a value.
    fn try_load_state_dict(&self, state: &StateDict) -> Result<()> {
        state::load(&mut self.shared().inner(), state)
    }
}

/// Declares an optimiser: its type, with options as methods, the ways to make one, and how it is printed.
macro_rules! optimizer {
    ($(#[$doc:meta])* $name:ident($options:ident) { $($(#[$option_doc:meta])* $option:ident($($arg:ident: $ty:ty),+): |$this:ident| $set:expr;)* }) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name {
            shared: $crate::optim::Shared,
            options: $options,
        }

        impl $name {
            /// An optimiser of these parameters with a learning rate.
            ///
            /// # Panics
            /// If there are no parameters, one was computed from others, or the rate is negative.
            #[track_caller]
            pub fn new(parameters: impl $crate::optim::IntoParameters, lr: f64) -> $name {
                $name::of_one(parameters.into_parameters(), lr)
            }

            /// An optimiser of several groups of parameters, each with its own learning rate.
            ///
            /// # Panics
            /// As [`new`](Self::new), and if a parameter is in two groups.
            #[track_caller]
            pub fn with_groups(groups: impl $crate::optim::IntoGroups) -> $name {
                $name::of(groups.into_groups())
            }

            #[track_caller]
            fn of_one(parameters: Vec<$crate::tensor::Tensor>, lr: f64) -> $name {
                $name::of(vec![$crate::optim::group(parameters, lr)])
            }

            #[track_caller]
            fn of(groups: Vec<$crate::optim::Group>) -> $name {
                let options = $options::default();
                let shared = $crate::optim::Shared::new(Box::new(options), groups);
                $name { shared: $crate::error::or_raise(shared), options }
            }

            $(
                $(#[$option_doc])*
                #[must_use = "this gives the optimiser"]
                #[track_caller]
                pub fn $option(mut self, $($arg: $ty),+) -> $name {
                    let $this = &mut self.options;
                    $set;
                    $crate::error::or_raise(self.shared.set_rule(Box::new(self.options)));
                    self
                }
            )*

            /// Shows the optimiser in a notebook, as text.
            pub fn evcxr_display(&self) {
                println!("{self}");
            }
        }

        impl $crate::optim::Optimizer for $name {
            fn shared(&self) -> &$crate::optim::Shared {
                &self.shared
            }
        }

        impl std::fmt::Display for $name {
            /// As PyTorch prints it: the options of each group.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::optim::state::printed(&self.shared.inner()))
            }
        }
    };
}
pub(super) use optimizer;

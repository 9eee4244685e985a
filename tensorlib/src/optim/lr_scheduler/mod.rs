//! Schedules: how the learning rate changes from epoch to epoch. PyTorch's `torch.optim.lr_scheduler`.
//!
//! A schedule is made for an optimiser, sets its rate for the first epoch at once, and with each `step()` that for the next.
//! Several schedules of one optimiser multiply, as in PyTorch, because each changes the rate that it finds.
//!
//! ```
//! use tensorlib::prelude::*;
//!
//! let optimizer = optim::SGD::new([tensor![1.0].requires_grad_(true)], 1.0);
//! let schedule = optim::lr_scheduler::CosineAnnealing::new(&optimizer, 4);
//! let mut rates = vec![];
//! for _epoch in 0..5 {
//!     rates.push(optimizer.lr());
//!     schedule.step();
//! }
//! assert!(tensor(rates).allclose_within([1.0, 0.853553, 0.5, 0.146447, 0.0], 1e-5, 1e-6));
//! ```

#[doc(hidden)]
pub mod chain;
#[doc(hidden)]
pub mod curves;
#[doc(hidden)]
pub mod cycle;
#[doc(hidden)]
pub mod plateau;
#[doc(hidden)]
pub mod scheduler;

pub use chain::SequentialLR;
pub use curves::{
    ConstantLR, CosineAnnealingLR, CosineAnnealingWarmRestarts, ExponentialLR, LambdaLR, LinearLR, MultiStepLR,
    PolynomialLR, StepLR,
};
pub use cycle::{Anneal, OneCycleLR};
pub use plateau::{Goal, ReduceLROnPlateau};
pub use scheduler::{LrScheduler, Schedule};

/// [`CosineAnnealingLR`], in short.
pub type CosineAnnealing = CosineAnnealingLR;

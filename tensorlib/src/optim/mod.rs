//! Optimisers: how parameters change by their gradients. PyTorch's `torch.optim`.
//!
//! An optimiser gets handles on parameters, and shares these with the model: neither borrows from the other, so both
//! can live in separate variables. Options are methods, and so are steps, which need no `mut`.
//!
//! ```
//! use tensorlib::prelude::*;
//!
//! let model = nn::Linear::new(3, 1);
//! let optimizer = optim::SGD::new(model.parameters(), 0.1).momentum(0.9);
//! let schedule = optim::lr_scheduler::StepLR::new(&optimizer, 30, 0.1);
//! let (x, y) = (randn([8, 3]), zeros([8, 1]));
//! for _epoch in 0..3 {
//!     let loss = nn::MSELoss::new().forward(&model.forward(&x), &y);
//!     optimizer.zero_grad();
//!     loss.backward();
//!     optimizer.step();
//!     schedule.step();
//! }
//! ```

#[doc(hidden)]
pub mod adagrad;
#[doc(hidden)]
pub mod adam;
#[doc(hidden)]
pub mod group;
pub mod lr_scheduler;
mod optimizer;
#[doc(hidden)]
pub mod rms_prop;
#[doc(hidden)]
pub mod sgd;
#[doc(hidden)]
pub mod shared;
mod state;

pub use adagrad::Adagrad;
pub use adam::{Adam, AdamW};
pub use group::{Group, IntoGroups, IntoParameters, group};
pub use optimizer::Optimizer;
pub use rms_prop::RMSprop;
pub use sgd::SGD;
pub use shared::Shared;

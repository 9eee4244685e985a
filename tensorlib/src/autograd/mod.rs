//! Gradients: operations are recorded as they run, and [`Tensor::backward`](crate::Tensor::backward) goes back through them.
//!
//! ```
//! use tensorlib::prelude::*;
//!
//! let w = tensor![1.0, 2.0, 3.0].requires_grad_(true);
//! let loss = (&w * &w).sum();
//! loss.backward();
//! assert_eq!(w.grad().to_vec::<f32>(), [2.0, 4.0, 6.0]);
//! no_grad(|| w.sub_(w.grad() * 0.1)); // a step down the slope
//! w.zero_grad();
//! ```
//!
//! # How it is built
//!
//! | file | what lives there |
//! |---|---|
//! | `node` | the graph: a node for each recorded operation, its edges, leaves |
//! | `record` | how an operation is recorded, out of place, in place or as a view |
//! | `lineage` | what a tensor knows of how it came about, and how changes in place of shared memory are followed |
//! | `engine` | the backward pass |
//! | `graph` | the graph as pictures see it |
//! | `mode` | whether operations are recorded |
//! | `anomaly` | what can go wrong, in sentences |
//! | `formulas` | derivatives that are more than a line beside their operation |

mod anomaly;
mod engine;
pub(crate) mod formulas;
mod function;
mod gradcheck;
pub(crate) mod graph;
mod lineage;
mod mode;
mod node;
mod pass;
pub(crate) mod record;
mod tensor;
#[cfg(test)]
mod values;

pub use anomaly::{is_anomaly_enabled, set_detect_anomaly};
pub use function::{Context, Function};
pub use gradcheck::{gradcheck, gradgradcheck, try_gradcheck, try_gradgradcheck};
pub(crate) use lineage::{History, Lineage, changeable};
pub use mode::{enable_grad, is_grad_enabled, no_grad, set_grad_enabled};
pub use pass::{Backward, backward, grad, try_grad};
pub use tensor::HookHandle;

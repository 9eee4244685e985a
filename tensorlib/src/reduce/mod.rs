//! Few values of many: sums, means, extremes, order, and what is built on them.
//!
//! A reduction comes in three forms: over all elements (`x.sum()`), over some dimensions (`x.sum_dim(0)`,
//! `x.sum_dim([0, 1])`), and the same with these dimensions kept at length 1 (`x.sum_keepdim(0)`).

mod cumulative;
mod extreme;
pub(crate) mod fold;
mod moments;
mod order;
mod softmax;

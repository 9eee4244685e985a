//! Few values of many: sums, means, extremes, order, and what is built on them.
//!
//! A reduction comes in three forms: over all elements (`x.sum()`), over some dimensions (`x.sum_dim(0)`,
//! `x.sum_dim([0, 1])`), and the same with these dimensions kept at length 1 (`x.sum_keepdim(0)`).

mod cumulative;
mod extent;
mod extreme;
pub(crate) mod fold;
mod histogram;
mod moments;
mod nan;
mod order;
pub(crate) mod over;
mod search;
mod select;
mod shared;
mod softmax;
mod unique;

pub use search::{
    bucketize, bucketize_right, searchsorted, searchsorted_right, try_bucketize, try_bucketize_right, try_searchsorted,
    try_searchsorted_right,
};
pub use select::Interpolation;

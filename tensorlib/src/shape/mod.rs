//! Changing shapes: views where PyTorch gives views, joining and splitting.

pub(crate) mod axes;
mod in_place;
mod join;
mod view;

pub use join::{cat, stack, try_cat, try_stack};

//! Changing shapes: views where PyTorch gives views, joining and splitting.

pub(crate) mod axes;
mod diagonal;
mod in_place;
mod join;
mod roll;
mod split;
mod view;

pub use join::{
    IntoTensors, cat, cat_dim, column_stack, dstack, hstack, stack, stack_dim, try_cat, try_cat_dim, try_column_stack,
    try_dstack, try_hstack, try_stack, try_stack_dim, try_vstack, vstack,
};
pub use split::IntoCuts;

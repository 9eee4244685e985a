//! A tensor as text and as HTML, each a function of its values.
//!
//! [`to_text`] is PyTorch's own print format; [`to_html`] is a table for notebooks and pages, of at most 20 kB whatever
//! the tensor. Both look only at the elements they show, so that a tensor with a billion elements is shown as fast as
//! a small one. Nothing here may know of notebooks or front ends.

mod html;
mod number;
mod options;
mod sample;
mod state_dict;
mod text;

use std::fmt;

pub use html::{to_html, to_html_called, to_html_shaded};
pub use options::{PrintOptions, set_printoptions};
pub(crate) use state_dict::state_dict;
pub use text::to_text;

use crate::Tensor;

/// A rendered tensor: an HTML table, and text for places that cannot show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    html: String,
    text: String,
}

impl Table {
    /// The HTML, without script or style sheet.
    #[must_use]
    pub fn html(&self) -> &str {
        &self.html
    }

    /// The text, in PyTorch's format.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A table whose cells are shaded by their values: blue above zero, orange below, the deeper the larger.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let table = tensorlib::render::shaded(&tensor![[1.0, -1.0]]);
/// assert!(table.html().contains("background"));
/// assert_eq!(table.text(), "tensor([[ 1., -1.]])");
/// ```
#[must_use]
pub fn shaded(tensor: &Tensor) -> Table {
    Table { html: to_html_shaded(tensor), text: to_text(tensor) }
}

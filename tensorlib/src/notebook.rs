//! How values show themselves in Rust notebooks.
//!
//! A notebook's front end that runs on evcxr looks for a method `evcxr_display` on the last value of a cell and calls
//! it; the method writes blocks of `EVCXR_BEGIN_CONTENT type`, content, `EVCXR_END_CONTENT` to standard output, one for
//! each form in which the value can be shown. This is all that this crate knows of notebooks.

use std::io::Write;

use crate::interop::SharedArray;
use crate::io::StateDict;
use crate::picture::Diagram;
use crate::plot::{Images, Live, Plot};
use crate::render::{self, Table};
use crate::tensor::Tensor;

/// Writes one value in several forms, in one piece, so that nothing printed elsewhere gets in between.
pub(crate) fn show(forms: &[(&str, &str)]) {
    let blocks: String = forms
        .iter()
        .map(|(kind, content)| format!("EVCXR_BEGIN_CONTENT {kind}\n{content}\nEVCXR_END_CONTENT\n"))
        .collect();
    // A closed output is no reason to stop.
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(blocks.as_bytes()).and_then(|()| out.flush());
}

impl Tensor {
    /// Shows the tensor in a notebook: an HTML table, and text.
    pub fn evcxr_display(&self) {
        show(&[("text/html", &render::to_html(self)), ("text/plain", &render::to_text(self))]);
    }
}

impl SharedArray {
    /// Shows the array in a notebook: an HTML table, and text.
    pub fn evcxr_display(&self) {
        show(&[
            ("text/html", &render::to_html_called("Array", &crate::from_ndarray(self))),
            ("text/plain", &self.to_string()),
        ]);
    }
}

impl StateDict {
    /// Shows names, shapes and element types in a notebook, as a table.
    pub fn evcxr_display(&self) {
        render::state_dict(self).evcxr_display();
    }
}

impl Table {
    /// Shows the table in a notebook.
    pub fn evcxr_display(&self) {
        show(&[("text/html", self.html()), ("text/plain", self.text())]);
    }
}

impl Diagram {
    /// Shows the picture in a notebook, with its text for places that have no pictures.
    pub fn evcxr_display(&self) {
        show(&[("image/svg+xml", self.svg()), ("text/plain", self.text())]);
    }
}

impl Plot {
    /// Shows the plot in a notebook, with its text for places that have no pictures.
    pub fn evcxr_display(&self) {
        self.draw().evcxr_display();
    }
}

impl Images {
    /// Shows the images in a notebook, with their labels for places that have no pictures.
    pub fn evcxr_display(&self) {
        self.draw().evcxr_display();
    }
}

impl Live {
    /// Shows the chart as it is in a notebook. While it grows it shows itself.
    pub fn evcxr_display(&self) {
        self.draw().evcxr_display();
    }
}

//! Shows values in the middle of a cell, and replaces displays later.
//!
//! ```
//! use soma_cell::display::clear_output;
//! use soma_cell::{display, update_display};
//!
//! display!(vec![1, 2, 3]);
//! display!("epoch 0", id = "progress");
//! for epoch in 1..=3 {
//!     update_display!(format!("epoch {epoch}"), id = "progress");
//! }
//! clear_output(true);
//! ```

use crate::show::{end_display, mark, send};

/// Shows a value as the last expression of a cell would be shown: by its own `evcxr_display`, or by `{:?}`. With
/// `id = …`, [`update_display!`](crate::update_display) can replace it later.
#[macro_export]
macro_rules! display {
    ($value:expr $(,)?) => {{
        #[allow(unused_imports)]
        use $crate::show::{DebugFallback as _, Pointer as _};
        (&$value).soma_value().soma_value().soma_value().evcxr_display();
        $crate::show::end_display();
    }};
    ($value:expr, id = $id:expr $(,)?) => {{
        $crate::display::next_has_id(&$id);
        $crate::display!($value);
    }};
}

/// Replaces every display with this id, in this cell or earlier ones.
#[macro_export]
macro_rules! update_display {
    ($value:expr, id = $id:expr $(,)?) => {{
        $crate::display::next_updates(&$id);
        $crate::display!($value);
    }};
}

/// Clears the cell's output: at once, or with `wait` when the next output comes, which avoids flicker.
pub fn clear_output(wait: bool) {
    mark(if wait { "clear:wait" } else { "clear:now" });
}

/// Marks the next content with an id.
pub fn next_has_id(id: &dyn std::fmt::Display) {
    mark(&format!("display:{}", plain(id)));
}

/// Marks the next content as the replacement of the displays with this id.
pub fn next_updates(id: &dyn std::fmt::Display) {
    mark(&format!("update:{}", plain(id)));
}

/// An id without the characters that would end the mark in standard output.
fn plain(id: &dyn std::fmt::Display) -> String {
    id.to_string().replace(char::is_control, "")
}

/// Shows a growing chart of tensorlib, or replaces the chart shown under this name.
pub(crate) fn live(name: &str, is_new: bool, forms: &[(&str, &str)]) {
    if is_new {
        next_has_id(&name);
    } else {
        next_updates(&name);
    }
    forms.iter().for_each(|(mime, content)| send(mime, content));
    end_display();
}

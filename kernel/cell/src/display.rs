//! Showing things in the middle of a cell, and changing what was shown.
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

/// Shows a value as the last expression of a cell would be shown: by its own `evcxr_display`, or by `{:?}`.
/// With `id = …` it can be replaced later by [`update_display!`](crate::update_display).
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

/// Replaces everything that was shown with this id, in this cell or earlier ones.
#[macro_export]
macro_rules! update_display {
    ($value:expr, id = $id:expr $(,)?) => {{
        $crate::display::next_updates(&$id);
        $crate::display!($value);
    }};
}

/// Empties the cell's output: at once, or with `wait` when the next output comes, which does not flicker.
pub fn clear_output(wait: bool) {
    mark(if wait { "clear:wait" } else { "clear:now" });
}

/// Says that the next content has an id.
pub fn next_has_id(id: &dyn std::fmt::Display) {
    mark(&format!("display:{}", plain(id)));
}

/// Says that the next content replaces what was shown with this id.
pub fn next_updates(id: &dyn std::fmt::Display) {
    mark(&format!("update:{}", plain(id)));
}

/// An id without the characters that would end the mark.
fn plain(id: &dyn std::fmt::Display) -> String {
    id.to_string().replace(char::is_control, "")
}

/// Shows a chart of tensorlib's that grows, or replaces what it showed.
pub(crate) fn live(name: &str, is_new: bool, forms: &[(&str, &str)]) {
    if is_new {
        next_has_id(&name);
    } else {
        next_updates(&name);
    }
    forms.iter().for_each(|(mime, content)| send(mime, content));
    end_display();
}

//! Messages about generated code, and evcxr's own.

use super::files;
use crate::diagnostic::{Diagnostic, DiagnosticExt};

/// The method that shows a value, as rustc quotes it.
const SHOW: &str = "`evcxr_display`";

/// Whether a text names code that evcxr, or Soma in its place, has generated: the user did not write that.
pub fn names_generated_code(text: &str) -> bool {
    ["evcxr", "soma_", files::SOURCE].iter().any(|word| text.contains(word))
}

/// Whether an error says that a value has no display method of its own.
pub fn lacks_a_display(error: &Diagnostic) -> bool {
    error.code() == "E0599" && error.message.contains(SHOW)
}

/// The type for which an error says that it has neither a display method nor `Debug`.
pub fn type_without_debug<'a>(code: &str, message: &'a str) -> Option<&'a str> {
    if code != "E0599" || !message.starts_with(&format!("the method {SHOW} exists for")) {
        return None;
    }
    Some(message.split('`').nth(3).unwrap_or("this type").trim_start_matches('&'))
}

/// The variable that cannot be kept since it borrows from another, according to evcxr's message.
pub fn borrowing_variable(message: &str) -> Option<&str> {
    let name = message.strip_prefix("The variable `")?.split('`').next()?;
    message.contains("non-static lifetime").then_some(name)
}

/// A message with paths as the user would write them in a cell.
pub fn with_users_paths(message: &str) -> String {
    message.replace(&format!("{}::", files::CRATE), "crate::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_nothing_shows_is_named() {
        let message =
            "the method `evcxr_display` exists for reference `&ctx::Net`, but its trait bounds were not satisfied";
        assert_eq!(type_without_debug("E0599", message), Some("ctx::Net"));
        assert_eq!(type_without_debug("E0599", "no method named `area` found for struct `Net`"), None);
        assert_eq!(with_users_paths("expected `ctx::Net`"), "expected `crate::Net`");
    }

    #[test]
    fn a_variable_that_borrows_is_named() {
        let message = "The variable `part` contains a reference with a non-static lifetime so can't be persisted.";
        assert_eq!(borrowing_variable(message), Some("part"));
        assert_eq!(borrowing_variable("The variable `part` has type `Net`"), None);
    }
}

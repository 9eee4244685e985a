//! Raw identifiers: keywords used as names (`r#type`).

/// A name without the prefix `r#`.
pub fn plain(name: impl AsRef<str>) -> String {
    name.as_ref().trim_start_matches("r#").to_owned()
}

//! Names that keywords lend their letters to: `r#type`.

/// A name without the prefix that lets a keyword be one.
pub fn plain(name: impl AsRef<str>) -> String {
    name.as_ref().trim_start_matches("r#").to_owned()
}

//! Names in a piece of text.

/// Every identifier-like word of a text, those in strings, comments and macro arguments included: a
/// superset of the names it can mean (`println!("{x}")` means `x`), which is the safe side.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

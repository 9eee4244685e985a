//! Names in a piece of text.

/// Every identifier-like word of a text, including those in strings, comments and macro arguments: a superset of the
/// names that it may refer to (`println!("{x}")` refers to `x`), so that no name is missed. The letter of an escape
/// (`\n`) does not count.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut escaped = false;
    text.split(move |c: char| {
        let is_escape = escaped;
        escaped = c == '\\' && !is_escape;
        is_escape || !(c.is_alphanumeric() || c == '_')
    })
    .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_are_names_also_inside_strings() {
        let words: Vec<&str> = super::words(r#"println!("{x}\n{y:?} \\z", r#type);"#).collect();
        assert_eq!(words, ["println", "x", "y", "z", "r", "type"]);
    }
}

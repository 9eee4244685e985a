//! Names in a piece of text.

/// Every identifier-like word of a text, those in strings, comments and macro arguments included: a
/// superset of the names it can mean (`println!("{x}")` means `x`), which is the safe side. The letter of an
/// escape (`\n`) is none.
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

//! Refuses characters that look like Rust's own but are not: typographic quotes and dashes, white space other than the
//! space, full-width punctuation. They come with text that is copied from a page, or from an input method. The compiler
//! names them only by their code points, and then reports errors about the rest of the line.

use annotate_snippets::{AnnotationKind, Level, Snippet};
use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};

use super::colours::RENDERER;
use soma_jupyter::api::Failure;

/// How many of them are shown.
const SHOWN: usize = 5;

/// A character, its name, and what to type instead.
const CHARACTERS: &[(char, &str, &str)] = &[
    ('\u{a0}', "a no-break space", "a space"),
    ('\u{2002}', "an en space", "a space"),
    ('\u{2003}', "an em space", "a space"),
    ('\u{2007}', "a figure space", "a space"),
    ('\u{2009}', "a thin space", "a space"),
    ('\u{202f}', "a narrow no-break space", "a space"),
    ('\u{3000}', "an ideographic space", "a space"),
    ('\u{ad}', "a soft hyphen, which is not seen", "nothing"),
    ('\u{200b}', "a zero-width space, which is not seen", "nothing"),
    ('\u{200c}', "a zero-width non-joiner, which is not seen", "nothing"),
    ('\u{200d}', "a zero-width joiner, which is not seen", "nothing"),
    ('\u{2060}', "a word joiner, which is not seen", "nothing"),
    ('\u{feff}', "a byte-order mark, which is not seen", "nothing"),
    ('“', "a typographic quote", "`\"`"),
    ('”', "a typographic quote", "`\"`"),
    ('„', "a typographic quote", "`\"`"),
    ('«', "a typographic quote", "`\"`"),
    ('»', "a typographic quote", "`\"`"),
    ('＂', "a full-width quote", "`\"`"),
    ('‘', "a typographic quote", "`'`"),
    ('’', "a typographic quote", "`'`"),
    ('‚', "a typographic quote", "`'`"),
    ('´', "an acute accent", "`'`"),
    ('‐', "a hyphen", "`-`"),
    ('‑', "a no-break hyphen", "`-`"),
    ('‒', "a figure dash", "`-`"),
    ('–', "an en dash", "`-`"),
    ('—', "an em dash", "`-`"),
    ('−', "a minus sign", "`-`"),
    ('…', "an ellipsis", "`..`"),
    ('×', "a multiplication sign", "`*`"),
    ('÷', "a division sign", "`/`"),
    ('≤', "a sign of mathematics", "`<=`"),
    ('≥', "a sign of mathematics", "`>=`"),
    ('≠', "a sign of mathematics", "`!=`"),
    ('→', "an arrow", "`->`"),
    ('⇒', "an arrow", "`=>`"),
    ('（', "a full-width bracket", "`(`"),
    ('）', "a full-width bracket", "`)`"),
    ('［', "a full-width bracket", "`[`"),
    ('］', "a full-width bracket", "`]`"),
    ('【', "a full-width bracket", "`[`"),
    ('】', "a full-width bracket", "`]`"),
    ('｛', "a full-width bracket", "`{`"),
    ('｝', "a full-width bracket", "`}`"),
    ('，', "a full-width comma", "`,`"),
    ('、', "an ideographic comma", "`,`"),
    ('。', "an ideographic full stop", "`.`"),
    ('．', "a full-width full stop", "`.`"),
    ('；', "a full-width semicolon", "`;`"),
    ('：', "a full-width colon", "`:`"),
    ('！', "a full-width exclamation mark", "`!`"),
    ('？', "a full-width question mark", "`?`"),
    ('＝', "a full-width sign", "`=`"),
    ('＋', "a full-width sign", "`+`"),
    ('－', "a full-width sign", "`-`"),
    ('＊', "a full-width sign", "`*`"),
    ('／', "a full-width sign", "`/`"),
    ('＜', "a full-width sign", "`<`"),
    ('＞', "a full-width sign", "`>`"),
    ('＆', "a full-width sign", "`&`"),
    ('｜', "a full-width sign", "`|`"),
];

/// Checks that code, from byte `start` of the cell on, has no such characters outside strings and comments.
///
/// # Errors
/// The characters and their places.
pub fn check(cell: &str, start: usize, count: usize) -> Result<(), Failure> {
    if cell.is_ascii() {
        return Ok(());
    }
    let mut found = Vec::new();
    let mut at = start;
    for token in tokenize(&cell[start..], FrontmatterAllowed::No) {
        let end = at + token.len as usize;
        if token.kind == TokenKind::Unknown {
            found.extend(cell[at..end].chars().next().and_then(known).map(|character| (at, character)));
        }
        at = end;
    }
    if found.is_empty() { Ok(()) } else { Err(failure(cell, &found, count)) }
}

fn known(character: char) -> Option<&'static (char, &'static str, &'static str)> {
    CHARACTERS.iter().find(|(other, ..)| *other == character)
}

fn failure(cell: &str, found: &[(usize, &(char, &str, &str))], count: usize) -> Failure {
    let (_, first) = found[0];
    let message = sentence(first);
    let labels: Vec<_> = found.iter().take(SHOWN).map(|(at, character)| (*at, character.0, label(character))).collect();
    let annotations = labels.iter().enumerate().map(|(number, (at, character, label))| {
        let kind = if number == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        kind.span(*at..at + character.len_utf8()).label(label)
    });
    let snippet = Snippet::source(cell).path(format!("In [{count}]")).annotations(annotations);
    let mut group = Level::ERROR.primary_title(&message).element(snippet);
    let more = found.len().saturating_sub(SHOWN);
    let note = format!("and {more} more of this kind");
    if more > 0 {
        group = group.element(Level::NOTE.message(&note));
    }
    Failure { name: "CharacterError".into(), traceback: vec![RENDERER.render(&[group])], message: message.clone() }
}

fn sentence((character, name, instead): &(char, &str, &str)) -> String {
    let number = u32::from(*character);
    // An invisible character is not repeated in the message.
    let shown =
        if is_seen(name, instead) { format!("`{character}` (U+{number:04X})") } else { format!("U+{number:04X}") };
    match *instead {
        "nothing" => format!("{shown} is {name} and no part of Rust: delete it"),
        instead => format!("{shown} is {name} and no part of Rust: type {instead} instead"),
    }
}

fn is_seen(name: &str, instead: &str) -> bool {
    !name.contains("not seen") && instead != "a space"
}

fn label((_, _, instead): &(char, &str, &str)) -> String {
    if *instead == "nothing" { "delete this".to_owned() } else { format!("type {instead}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(cell: &str) -> Option<String> {
        check(cell, 0, 1).err().map(|failure| failure.message)
    }

    #[test]
    fn what_looks_like_rust_is_named_with_what_to_type() {
        for (cell, instead) in [
            ("let s = “hello”;", "type `\"` instead"),
            ("let c = ‘h’;", "type `'` instead"),
            ("3 – 1", "type `-` instead"),
            ("let x\u{a0}= 1;", "type a space instead"),
            ("x\u{200b}", "delete it"),
            ("0…3", "type `..` instead"),
            ("println！（\"x\"）；", "type `!` instead"),
        ] {
            let message = message(cell).unwrap_or_default();
            assert!(message.ends_with(instead), "{cell}: {message}");
        }
    }

    #[test]
    fn they_may_stand_in_strings_comments_and_names() {
        for cell in ["let größe = \"“…”\"; // – – –", "let 数 = '…';", "/* “ */ 1", "r#\"\u{a0}\"#"]
        {
            assert_eq!(message(cell), None, "{cell}");
        }
    }
}

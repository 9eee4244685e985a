//! The syntactic surroundings of a cursor in a cell.

use ra_ap_syntax::{Edition, SourceFile, SyntaxKind};

use crate::engine::{nesting, prepare};

/// The kind of text around a place in a cell.
#[derive(Debug, PartialEq)]
pub enum Surroundings {
    Code,
    Comment,
    /// A string, whose content starts here.
    String {
        start: usize,
    },
}

/// The kind of text around the place before a byte of the cell.
pub fn surroundings(code: &str, cursor: usize) -> Surroundings {
    let code_start = prepare::code_start(code);
    if nesting::check(&code[code_start..]).is_err() {
        return Surroundings::Code;
    }
    if cursor <= code_start {
        let line = code[..cursor].rsplit('\n').next().unwrap_or_default();
        return if line.starts_with("//") { Surroundings::Comment } else { Surroundings::Code };
    }
    let parsed = SourceFile::parse(&code[code_start..], Edition::Edition2024);
    let tokens = parsed.syntax_node().descendants_with_tokens().filter_map(|element| element.into_token());
    for token in tokens {
        let (start, end) = (usize::from(token.text_range().start()), usize::from(token.text_range().end()));
        let (start, end) = (start + code_start, end + code_start);
        if cursor <= start || cursor > end {
            continue;
        }
        match token.kind() {
            SyntaxKind::COMMENT if cursor < end || token.text().starts_with("//") => return Surroundings::Comment,
            SyntaxKind::STRING | SyntaxKind::BYTE_STRING | SyntaxKind::C_STRING => {
                let content = start + token.text().find('"').map_or(0, |at| at + 1);
                if cursor >= content && (cursor < end || !is_closed(token.text())) {
                    return Surroundings::String { start: content };
                }
            }
            _ => {}
        }
    }
    Surroundings::Code
}

fn is_closed(string: &str) -> bool {
    let body = string.trim_start_matches(['b', 'c', 'r']);
    let hashes = body.bytes().take_while(|byte| *byte == b'#').count();
    let end = format!("\"{}", "#".repeat(hashes));
    body.len() > hashes + 1 && body[hashes + 1..].ends_with(&end)
}

/// Whether a character can stand in a name.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The start of the word that ends at a byte.
pub fn word_start(code: &str, cursor: usize) -> usize {
    code[..cursor].rfind(|c: char| !is_word(c)).map_or(0, |at| at + code[at..].chars().next().map_or(1, char::len_utf8))
}

/// The last character boundary at or before `cursor`.
pub fn floor(code: &str, cursor: usize) -> usize {
    (0..=cursor.min(code.len())).rev().find(|at| code.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_closed_strings_are_told_from_code() {
        assert_eq!(surroundings("// we", 5), Surroundings::Comment);
        assert_eq!(surroundings("/* a */ we", 10), Surroundings::Code);
        assert_eq!(surroundings("\"é\"", 2), Surroundings::String { start: 1 });
        assert_eq!(surroundings("\"a\"", 3), Surroundings::Code);
        assert_eq!(surroundings(":dep a\nr#\"b", 11), Surroundings::String { start: 10 });
    }
}

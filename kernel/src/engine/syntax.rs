//! Refuses cells that are not Rust before anything is compiled: code after an excess bracket, or in a comment without
//! an end, would silently be skipped.
//!
//! Cells are written into a function, and evcxr splits them with a parser that goes on after errors. So what that
//! parser does not accept is checked by rustc's parser as it was typed, which takes 15 ms and needs nothing of the
//! session.

use std::path::Path;
use std::process::{Command, Stdio};

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};
use soma_driver::diagnostic::{CompilerOutput, Diagnostic, DiagnosticExt};
use soma_driver::toolchain::handoff::SessionNotes;

use super::prepare::{PRELUDE, code_start};

/// A mistake that the tokens of a cell reveal.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    /// What is wrong.
    pub message: String,
    /// The label at the place.
    pub label: &'static str,
    /// The bytes of the place.
    pub at: std::ops::Range<usize>,
}

/// Checks for brackets that close nothing, and comments without an end.
pub fn check(code: &str) -> Result<(), Mistake> {
    let mut open = Vec::new();
    let mut at = 0;
    for token in tokenize(code, FrontmatterAllowed::No) {
        let range = at..at + token.len as usize;
        at = range.end;
        let closes = match token.kind {
            TokenKind::OpenParen | TokenKind::OpenBracket | TokenKind::OpenBrace => {
                open.push(token.kind);
                continue;
            }
            TokenKind::CloseParen => TokenKind::OpenParen,
            TokenKind::CloseBracket => TokenKind::OpenBracket,
            TokenKind::CloseBrace => TokenKind::OpenBrace,
            TokenKind::BlockComment { terminated: false, .. } => {
                let message = "unterminated block comment".to_owned();
                return Err(Mistake {
                    message,
                    label: "it begins here, and `*/` is missing",
                    at: range.start..range.start + 2,
                });
            }
            _ => continue,
        };
        // rustc explains a bracket that closes one of another kind.
        if open.last() == Some(&closes) {
            open.pop();
        } else if open.is_empty() {
            let message = format!("unexpected closing delimiter: `{}`", &code[range.clone()]);
            return Err(Mistake { message, label: "it closes nothing", at: range });
        } else {
            return Ok(());
        }
    }
    Ok(())
}

/// The errors of rustc's parser about a cell, with places in the text that `as_typed` maps back. Empty if it accepts
/// the cell, or cannot be run.
pub fn errors(code: &str, session: &Path, notes: &SessionNotes) -> Vec<Diagnostic> {
    let start = code_start(code);
    // Commands are not Rust. Blanks replace them, so that positions stay.
    let commands: String = code[..start].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
    let text = format!("{PRELUDE}{commands}{}\n}}\n", &code[start..]);
    let file = session.join("typed.rs");
    if std::fs::write(&file, text).is_err() {
        return Vec::new();
    }
    let mut rustc = Command::new(&notes.facts.rustc);
    rustc.args(["--edition", "2024", "--error-format", "json", "-Z", "parse-crate-root-only"]).arg(file);
    notes.original.restore(&mut rustc);
    // The option to parse only is unstable.
    rustc.env("RUSTC_BOOTSTRAP", "1").stdin(Stdio::null());
    let Ok(output) = rustc.output() else { return Vec::new() };
    let mut said = CompilerOutput::read(&output.stderr);
    said.diagnostics.retain(DiagnosticExt::is_in_the_program);
    said.diagnostics
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(code: &str) -> (String, &str) {
        let mistake = check(code).unwrap_err();
        (mistake.message, &code[mistake.at])
    }

    #[test]
    fn what_would_be_skipped_is_a_mistake() {
        assert_eq!(mistake("} f()"), ("unexpected closing delimiter: `}`".to_owned(), "}"));
        assert_eq!(mistake("f(é)); g()"), ("unexpected closing delimiter: `)`".to_owned(), ")"));
        assert_eq!(mistake("{} ] g()"), ("unexpected closing delimiter: `]`".to_owned(), "]"));
        assert_eq!(mistake("f();\n/* /* */ g();"), ("unterminated block comment".to_owned(), "/*"));
    }

    #[test]
    fn brackets_in_text_and_comments_are_none() {
        for code in ["\"}\"; '}'", "// }", "/* } */", "r#\"}\"#", "(]", "f(", "let x: &'a str;"] {
            assert_eq!(check(code), Ok(()), "{code}");
        }
    }
}

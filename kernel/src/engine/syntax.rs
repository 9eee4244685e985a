//! Cells that are no Rust: said before anything is compiled, since what follows a bracket too many, or stands in a comment
//! without an end, would be skipped in silence.
//!
//! Cells are written into a function, and evcxr takes them apart by a parser that goes on after errors. So what that
//! parser does not understand is shown to rustc's parser as it was typed, which takes 15 ms and nothing of the session.

use std::path::Path;
use std::process::{Command, Stdio};

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};

use super::prepare::{PRELUDE, code_start};
use crate::diagnostic::{CompilerOutput, Diagnostic, DiagnosticExt};
use crate::toolchain::handoff::SessionNotes;

/// A mistake that the tokens of a cell tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    /// What is wrong.
    pub message: String,
    /// What is written at the place.
    pub label: &'static str,
    /// The bytes where it is.
    pub at: std::ops::Range<usize>,
}

/// Looks for brackets that close nothing, and comments that do not end.
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
        // What closes another one than is open, rustc explains.
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

/// What rustc's parser says of a cell: its errors, with places in the text that `as_typed` maps back. None when it is
/// content, or cannot be asked.
pub fn errors(code: &str, session: &Path, notes: &SessionNotes) -> Vec<Diagnostic> {
    let start = code_start(code);
    // Commands are not Rust; what stands where stays.
    let commands: String = code[..start].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
    let text = format!("{PRELUDE}{commands}{}\n}}\n", &code[start..]);
    let file = session.join("typed.rs");
    if std::fs::write(&file, text).is_err() {
        return Vec::new();
    }
    let mut rustc = Command::new(&notes.facts.rustc);
    rustc.args(["--edition", "2024", "--error-format", "json", "-Z", "parse-crate-root-only"]).arg(file);
    notes.original.restore(&mut rustc);
    // To parse and do nothing else is an unstable option.
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

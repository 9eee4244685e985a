//! Whether a cell is complete; consoles ask this before they run a line.
//!
//! The lexer finds open strings, comments and brackets. The parser finds what else is missing (`let x =`, `fn f()`,
//! `if x`): code is unfinished when its only errors are at the end. A missing `;` does not make a cell unfinished,
//! since the compiler's message about it is better; nor does an error before the end, which more lines cannot mend.

use ra_ap_rustc_lexer::{DocStyle, FrontmatterAllowed, LiteralKind, TokenKind, tokenize};
use ra_ap_syntax::{Edition, SourceFile};

use super::{commands, nesting, prepare};
use soma_jupyter::api::Completeness;

/// The wrapper that makes statements parse.
const PRELUDE: &str = "async fn f() {\n";

/// Whether a cell is complete, unfinished or invalid.
pub fn of(cell: &str) -> Completeness {
    let cell = prepare::without_mark(cell);
    let code = behind_commands(cell);
    if nesting::check(code).is_err() {
        return Completeness::Invalid;
    }
    let tokens = Tokens::read(code);
    match tokens.end {
        End::Excess => Completeness::Invalid,
        End::InText => incomplete(0),
        _ if tokens.open > 0 => incomplete(tokens.open),
        End::InDocumentation => incomplete(0),
        End::After(end) if is_unfinished(code, end) => incomplete(0),
        End::After(_) => Completeness::Complete,
    }
}

/// The text after a cell's commands: its code, or only comments.
fn behind_commands(cell: &str) -> &str {
    let commands = commands::lines(cell).last().map_or(0, |line| line.number + 1);
    let length: usize = cell.split_inclusive('\n').take(commands).map(str::len).sum();
    &cell[length..]
}

fn incomplete(open: usize) -> Completeness {
    Completeness::Incomplete { indent: "    ".repeat(open) }
}

/// Whether the parser's only errors are after the last token.
fn is_unfinished(code: &str, end: usize) -> bool {
    let parsed = SourceFile::parse(&format!("{PRELUDE}{code}\n}}"), Edition::Edition2024);
    let mut missing = false;
    for error in parsed.errors() {
        if usize::from(error.range().start()) < PRELUDE.len() + end {
            return false;
        }
        missing |= error.to_string() != "expected SEMICOLON";
    }
    missing
}

/// The lexer's view of a cell's end.
struct Tokens {
    /// How many brackets are open.
    open: usize,
    end: End,
}

#[derive(PartialEq)]
enum End {
    /// A bracket closes nothing.
    Excess,
    /// A string or a comment is open.
    InText,
    /// Nothing follows a doc comment.
    InDocumentation,
    /// The last token that is not a comment ends at this byte.
    After(usize),
}

impl Tokens {
    fn read(code: &str) -> Tokens {
        let mut open = Vec::new();
        let mut end = End::After(0);
        let mut at = 0;
        for token in tokenize(code, FrontmatterAllowed::No) {
            at += token.len as usize;
            match token.kind {
                TokenKind::Whitespace => continue,
                TokenKind::BlockComment { terminated: false, .. } => end = End::InText,
                TokenKind::LineComment { doc_style } | TokenKind::BlockComment { doc_style, .. } => {
                    if doc_style == Some(DocStyle::Outer) {
                        end = End::InDocumentation;
                    }
                    continue;
                }
                TokenKind::Literal { kind, .. } if is_open(kind) => end = End::InText,
                TokenKind::OpenParen | TokenKind::OpenBracket | TokenKind::OpenBrace => {
                    open.push(token.kind);
                    end = End::After(at);
                }
                TokenKind::CloseParen | TokenKind::CloseBracket | TokenKind::CloseBrace => {
                    if open.pop() != Some(opening(token.kind)) {
                        return Tokens { open: 0, end: End::Excess };
                    }
                    end = End::After(at);
                }
                _ => end = End::After(at),
            }
        }
        Tokens { open: open.len(), end }
    }
}

fn opening(closing: TokenKind) -> TokenKind {
    match closing {
        TokenKind::CloseParen => TokenKind::OpenParen,
        TokenKind::CloseBracket => TokenKind::OpenBracket,
        _ => TokenKind::OpenBrace,
    }
}

/// Whether more lines can belong to a literal.
fn is_open(kind: LiteralKind) -> bool {
    matches!(
        kind,
        LiteralKind::Str { terminated: false }
            | LiteralKind::ByteStr { terminated: false }
            | LiteralKind::CStr { terminated: false }
            | LiteralKind::RawStr { n_hashes: None }
            | LiteralKind::RawByteStr { n_hashes: None }
            | LiteralKind::RawCStr { n_hashes: None }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are(wanted: fn(&Completeness) -> bool, cells: &[&str]) {
        for cell in cells {
            let found = of(cell);
            assert!(wanted(&found), "{cell:?}: {found:?}");
        }
    }

    #[test]
    fn a_whole_cell_is_complete_whatever_it_ends_with() {
        let complete = |found: &Completeness| *found == Completeness::Complete;
        are(
            complete,
            &["", "\n", "let x = 1;", "1 + 2", "let s = r#\"a\"#;", "use a::b;", "x?", "x..", "return", "'a'"],
        );
        are(complete, &["let x = 5; // five.", "1 /* c */", "// first, then,", "f(); // =", "//", "/**/", "x //! y"]);
        are(complete, &["struct S;", "#[derive(Debug)]\nstruct S;", "#![allow(unused)]", "#[test] fn f() {}"]);
        are(
            complete,
            &["if a { b }", "match x {}", "loop { break }", "f(|x| x + 1)", "a\n  .b()", "macro_rules! m { () => {} }"],
        );
        are(complete, &["\u{feff}let x = 1;", "let Some(x) = o else { return };", "/// Doc.\nfn f() {}", "x as u8"]);
    }

    #[test]
    fn what_more_lines_do_not_mend_is_left_to_the_compiler() {
        let complete = |found: &Completeness| *found == Completeness::Complete;
        are(complete, &["let x = 5", "1 2", "let + = ", "a,", "x == = y", "let let", "println!(\"a\") 3"]);
    }

    #[test]
    fn commands_and_lines_for_the_shell_are_complete() {
        let complete = |found: &Completeness| *found == Completeness::Complete;
        are(
            complete,
            &[":dep a = { version = \"1\" }", ":vars", "!echo \"a", ":dep a\n!ls (\n:vars", ":opt 2\nlet x = 1;"],
        );
        are(|found| *found != Completeness::Complete, &[":opt 2\nlet x =", "!ls\nfn f() {"]);
    }

    #[test]
    fn open_brackets_are_closed_further_in() {
        let more = |indent: &str| Completeness::Incomplete { indent: indent.to_owned() };
        assert_eq!(of("fn f() {"), more("    "));
        assert_eq!(of("fn f() {\n    if x {"), more("        "));
        assert_eq!(of("f(1, // one"), more("    "));
        assert_eq!(of("let x ="), more(""));
    }

    #[test]
    fn what_is_unfinished_asks_for_more() {
        let incomplete = |found: &Completeness| matches!(found, Completeness::Incomplete { .. });
        are(incomplete, &["println!(\"a", "r#\"a\"", "/* a", "/* /* */", "b\"", "c\"x"]);
        are(
            incomplete,
            &["let x =", "let x = // five", "let", "let x:", "x +", "a &&", "x as", "-", "x.", "a == ", "|x|"],
        );
        are(
            incomplete,
            &["fn", "fn f()", "fn f() ->", "struct S", "enum E", "impl S", "trait T", "mod m", "use std::", "pub"],
        );
        are(
            incomplete,
            &["if x", "if x {} else", "while true", "for i in 0..3", "loop", "match x", "unsafe", "println!"],
        );
        are(
            incomplete,
            &["#[derive(Debug)]", "#[derive(Debug)] // why", "/// Doc.", "/** Doc. */", "let x = 1;\n#[allow(unused)]"],
        );
        are(incomplete, &["let v: Vec<", "let x = if a { 1 } else", "async", "const N: usize =", "type A ="]);
    }

    #[test]
    fn a_bracket_too_many_is_invalid() {
        are(|found| *found == Completeness::Invalid, &["fn f() }", "}", "(]", "f(1))", "let x = [1);", ")\nlet y ="]);
    }
}

//! How deep code is nested, told from its tokens before anything parses it.
//!
//! Parsers, and what walks their trees, go one call deeper for each level; a cell that overflows a stack ends the
//! kernel, or the compiler, not the cell. rust-analyzer's parser, on a thread of 2 MiB as questions have it, takes
//! more than 1,000 blocks inside one another and less than 2,000, and about 4,000 operators before an operand; rustc
//! between 500 and 1,000 blocks, and more than 4,000 operators in a chain. What is refused here is far from what people
//! write, and well below all of those.

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};
use ra_ap_syntax::{Edition, SyntaxKind};

/// How deep code may be.
const LIMIT: usize = 2048;
/// What a bracket adds: at most 256 are inside one another.
const BRACKET: usize = 8;
/// What a keyword adds: most can stand before another expression, type or item.
const KEYWORD: usize = 4;
/// What a word adds that stands behind another (`auto auto x`): which of them are keywords depends on the place.
const WORD: usize = 2;
/// What a `<` adds that opens generic arguments.
const GENERIC: usize = 2;

/// The keywords that stand for something by themselves.
const OPERANDS: [&str; 6] = ["self", "Self", "crate", "super", "true", "false"];
/// The keywords that nothing needs to follow.
const ENDS: [&str; 4] = ["return", "break", "continue", "yield"];

/// Code that is nested too deep to be parsed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TooDeep {
    /// The byte where it gets too deep.
    pub at: usize,
    /// Of what there is too much.
    pub of: Excess,
}

/// What code has too much of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Excess {
    /// Brackets inside one another.
    Brackets,
    /// Operators, calls or keywords one after the other.
    Links,
}

/// Looks whether code can be parsed on a stack of the usual size, in time that is linear in its length.
///
/// # Errors
/// Where it gets too deep.
pub fn check(code: &str) -> Result<(), TooDeep> {
    let mut levels = vec![Level::default()];
    // Of all levels but the innermost.
    let mut outer = 0;
    let mut at = 0;
    let mut before = Before::Nothing;
    for token in tokenize(code, FrontmatterAllowed::No) {
        let text = &code[at..at + token.len as usize];
        at += text.len();
        let level = levels.last_mut().expect("the outermost level stays");
        let now = match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment { .. } | TokenKind::BlockComment { .. } => {
                before = before.apart();
                continue;
            }
            TokenKind::OpenParen | TokenKind::OpenBracket | TokenKind::OpenBrace => {
                if before.is_block() && token.kind == TokenKind::OpenBrace {
                    level.begin();
                }
                outer += level.depth() + BRACKET;
                levels.push(Level { opened_by: Some(token.kind), ..Level::default() });
                Before::Nothing
            }
            TokenKind::CloseParen | TokenKind::CloseBracket | TokenKind::CloseBrace => {
                close(&mut levels, &mut outer, token.kind);
                if token.kind == TokenKind::CloseBrace { Before::Block } else { Before::Operand { is_apart: false } }
            }
            TokenKind::Ident if matches!(text, "else" | "as" | "await") => {
                level.links += 1;
                if text == "else" { Before::Else } else { Before::Operator }
            }
            TokenKind::Ident | TokenKind::RawIdent | TokenKind::InvalidIdent => {
                if before.is_block() {
                    level.begin();
                }
                let is_keyword = SyntaxKind::from_keyword(text, Edition::Edition2024).is_some();
                match before {
                    // `else if` takes a parser no deeper than an operator does.
                    Before::Else => level.links += 1,
                    _ if is_keyword && !OPERANDS.contains(&text) => level.links += KEYWORD,
                    Before::Operand { .. } => level.links += WORD,
                    _ => {}
                }
                if is_keyword && !OPERANDS.contains(&text) && !ENDS.contains(&text) {
                    Before::Operator
                } else {
                    Before::Operand { is_apart: false }
                }
            }
            TokenKind::Literal { .. } | TokenKind::Lifetime { .. } | TokenKind::RawLifetime | TokenKind::Pound => {
                if before.is_block() {
                    level.begin();
                }
                level.links += usize::from(!matches!(token.kind, TokenKind::Literal { .. }));
                Before::Operand { is_apart: false }
            }
            TokenKind::Semi => {
                // Where something is missing before it, a parser may take it for that and go on deeper.
                if before.is_end() {
                    level.begin();
                }
                Before::Nothing
            }
            TokenKind::Comma => {
                if !level.in_parameters && before.is_end() {
                    level.links = 0;
                }
                Before::Nothing
            }
            TokenKind::Gt if before == Before::Equals => {
                // The pattern of an arm is through; the arm before it may have ended in a block and no `,`.
                if level.has_block {
                    level.begin();
                }
                Before::Operator
            }
            TokenKind::Gt => {
                level.generics = level.generics.saturating_sub(usize::from(before != Before::Minus));
                level.links += 1;
                Before::Operand { is_apart: false }
            }
            TokenKind::Lt => {
                level.links += 1;
                // Written close to what they are for; a comparison is not, as a rule.
                level.generics += usize::from(matches!(before, Before::Operand { is_apart: false } | Before::Colon));
                Before::Operator
            }
            TokenKind::Or => {
                level.links += 1;
                let opens = !level.in_parameters && !matches!(before, Before::Operand { .. } | Before::Block);
                level.in_parameters = opens;
                Before::Operator
            }
            _ => {
                level.links += 1;
                match token.kind {
                    TokenKind::Eq => Before::Equals,
                    TokenKind::Minus => Before::Minus,
                    TokenKind::Colon => Before::Colon,
                    TokenKind::Question => Before::Operand { is_apart: false },
                    _ => Before::Operator,
                }
            }
        };
        before = now;
        let depth = outer + levels.last().map_or(0, Level::depth);
        if depth > LIMIT {
            let brackets = (levels.len() - 1) * BRACKET;
            let of = if 2 * brackets > depth { Excess::Brackets } else { Excess::Links };
            return Err(TooDeep { at: at - text.len(), of });
        }
    }
    Ok(())
}

/// What is between two brackets, as far as it is still open.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    opened_by: Option<TokenKind>,
    /// Operators, calls and keywords since the last `,` or the like.
    links: usize,
    /// `<` of generic arguments that were not closed.
    generics: usize,
    /// Whether it is between the bars of a closure, where a `,` ends nothing.
    in_parameters: bool,
    /// Whether there was a block in it.
    has_block: bool,
}

impl Level {
    /// A statement, an item or an arm begins.
    fn begin(&mut self) {
        *self = Level { opened_by: self.opened_by, ..Level::default() };
    }

    fn depth(&self) -> usize {
        self.links + GENERIC * self.generics
    }
}

/// What stands before a token.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Before {
    /// What separates, or the beginning.
    Nothing,
    Operator,
    /// What a value, a type or a name may end with, and whether there is white space behind it.
    Operand {
        is_apart: bool,
    },
    /// A `}`, behind which a statement may begin.
    Block,
    Else,
    Equals,
    Minus,
    Colon,
}

impl Before {
    /// What it is with white space behind it.
    fn apart(self) -> Before {
        match self {
            Before::Operand { .. } => Before::Operand { is_apart: true },
            Before::Equals | Before::Minus | Before::Colon => Before::Operator,
            other => other,
        }
    }

    /// Whether an expression, a type or a statement may end here.
    fn is_end(self) -> bool {
        matches!(self, Before::Nothing | Before::Operand { .. } | Before::Block)
    }

    fn is_block(self) -> bool {
        self == Before::Block
    }
}

/// Ends the level that a bracket closes: the innermost one, or for a `}` all that were left open in its block. A bracket
/// that closes nothing ends nothing.
fn close(levels: &mut Vec<Level>, outer: &mut usize, bracket: TokenKind) {
    let opening = match bracket {
        TokenKind::CloseParen => TokenKind::OpenParen,
        TokenKind::CloseBracket => TokenKind::OpenBracket,
        _ => TokenKind::OpenBrace,
    };
    let last = levels.len() - 1;
    let opened = match opening {
        TokenKind::OpenBrace => levels.iter().rposition(|level| level.opened_by == Some(opening)),
        _ => (levels[last].opened_by == Some(opening)).then_some(last),
    };
    let Some(opened) = opened else { return };
    while levels.len() > opened {
        levels.pop();
        let inner = levels.last_mut().expect("the outermost level stays");
        *outer -= inner.depth() + BRACKET;
    }
    // A call, an index or a block is a link of what it is in.
    let level = levels.last_mut().expect("the outermost level stays");
    level.links += 1;
    level.has_block |= bracket == TokenKind::CloseBrace;
}

#[cfg(test)]
mod tests {
    use ra_ap_syntax::SourceFile;

    use super::*;

    /// Ways to nest code: what stands before, what is repeated before and behind the middle, and what is behind.
    const WAYS: &[(&str, &str, &str, &str, &str)] = &[
        ("let x = ", "(", "1", ")", ";"),
        ("let x = ", "{", "1", "}", ";"),
        ("let x = ", "[", "1", "]", ";"),
        ("let x = ", "(1, ", "1", ")", ";"),
        ("let x = ", "!", "true", "", ";"),
        ("let x = ", "-", "1", "", ";"),
        ("let x = ", "- ", "1", "", ";"),
        ("", "-", "1", "", ""),
        ("let x = ", "&", "1", "", ";"),
        ("let x = ", "&mut ", "1", "", ";"),
        ("let x = ", "*", "y", "", ";"),
        ("let x = 1", "", "", ".abs()", ";"),
        ("let x = 1", "", "", "\n    .abs(1, 2)", ";"),
        ("let x = y", "", "", ".y", ";"),
        ("let x = y", "", "", "[0]", ";"),
        ("let x = y", "", "", "()", ";"),
        ("let x = y", "", "", "?", ";"),
        ("let x = y", "", "", ".await", ";"),
        ("let x = y", "", "", "::y", ";"),
        ("let x = 1", "", "", " + 1", ";"),
        ("let x = a", "", "", " && a", ";"),
        ("let x = 1", "", "", " as i32", ";"),
        ("let x = String::new()", "", "", " + \"; , }\"", ";"),
        ("let x = ", "{1} + ", "{1}", "", ";"),
        ("", "a = ", "1", "", ";"),
        ("", "a += ", "1", "", ";"),
        ("let x = ", "..", "1", "", ";"),
        ("if a == 1 {}", "", "", " else if a == 2 {}", ""),
        ("", "if a { ", "", "}", ""),
        ("", "if ", "a", " {}", ""),
        ("let x = ", "match 1 { _ => ", "1", "}", ";"),
        ("", "loop { ", "", "}", ""),
        ("", "while ", "true", " {}", ""),
        ("", "unsafe { ", "", "}", ""),
        ("", "return ", "1", "", ";"),
        ("", "break ", "1", "", ";"),
        ("", "'a: ", "loop {}", "", ""),
        ("", "let Some(a) = Some(1) else { ", "return;", "};", ""),
        ("let x = ", "|_: i32| ", "1", "", ";"),
        ("let x = ", "|a, b| ", "1", "", ";"),
        ("let x = ", "move || ", "1", "", ";"),
        ("fn f(x: ", "Box<", "i32", ">", ") {}"),
        ("fn f(x: ", "Map<u8, ", "i32", ">", ") {}"),
        ("fn f(x: ", "A<{1}, ", "i32", ">", ") {}"),
        ("fn f(x: ", "&", "i32", "", ") {}"),
        ("fn f(x: ", "fn(", "i32", ")", ") {}"),
        ("fn f(x: ", "[", "i32", "; 1]", ") {}"),
        ("fn f(x: ", "*const ", "i32", "", ") {}"),
        ("fn f() ", "-> fn() ", "{}", "", ""),
        ("match 1 { 1", "", "", " | 2", " => {} }"),
        ("match 1 { ", "(", "_", ")", " => {} }"),
        ("", "mod a { ", "", "}", ""),
        ("", "fn f() { ", "", "}", ""),
        ("#[cfg(", "all(", "unix", ")", ")] fn f() {}"),
        ("use ", "a::{", "a", "}", ";"),
        ("m! { ", "(", "1", ")", " }"),
        ("let x = ", "vec![", "1", "]", ";"),
        ("let x = ", "S { a: ", "1", "}", ";"),
        ("", "(", "", "", ""),
        ("", "{ (", "", "", ""),
        ("", "for ;", "", "", ""),
        ("", "auto ", "", "", ""),
        ("", "=> a<", "", "", ""),
        ("", "f(](", "", "", ""),
    ];

    fn nested((start, open, middle, close, end): (&str, &str, &str, &str, &str), levels: usize) -> String {
        format!("{start}{}{middle}{}{end}", open.repeat(levels), close.repeat(levels))
    }

    #[test]
    fn whatever_is_nested_ten_thousand_times_is_refused() {
        for way in WAYS {
            assert!(check(&nested(*way, 10_000)).is_err(), "{way:?}");
            assert_eq!(check(&nested(*way, 60)), Ok(()), "{way:?}");
        }
    }

    #[test]
    fn what_is_not_refused_is_parsed_on_a_small_stack() {
        for way in WAYS {
            let (mut levels, mut refused) = (60, 10_000);
            while refused - levels > 1 {
                let middle = (levels + refused) / 2;
                match check(&nested(*way, middle)) {
                    Ok(()) => levels = middle,
                    Err(_) => refused = middle,
                }
            }
            let code = nested(*way, levels);
            // Half of what the threads have that answer questions. An overflow would end the process.
            let parsing = std::thread::Builder::new()
                .stack_size(1 << 20)
                .spawn(move || SourceFile::parse(&code, Edition::Edition2024).syntax_node().descendants().count());
            assert!(parsing.unwrap().join().unwrap() > 0, "{way:?}");
        }
    }

    #[test]
    fn code_that_is_long_and_not_deep_is_well() {
        for part in [
            "let a = x + 1;\n",
            "f(&x, -1)?;\n",
            "1, ",
            "fn f<A, B>(a: &A) -> Vec<B> { a.b().c() }\n",
            "if a < b { c() } else { d() }\n",
            "impl A for B {}\n",
            "#[derive(Debug)] struct A { a: i32 }\n",
            "&A => { b() }\n",
            "A | B if c < d => e,\n",
            "foo(|a, b| a + b, |c| c);\n",
            "{ a } ",
            "// ((((\n",
            "\"((((\", '(', r#\"((((\"#, b\"((((\", /* (( /* (( */ */ ",
            "'(', ",
            "a <b, ",
            "x = y < z;\n",
            "/// ((((\nconst A: [u8; 3] = [1, 2, 3];\n",
            "}\n",
            ")",
        ] {
            assert_eq!(check(&part.repeat(20_000)), Ok(()), "{part}");
        }
    }

    #[test]
    fn the_place_and_the_kind_are_told() {
        let code = format!("let é = {};", "(".repeat(300));
        assert_eq!(check(&code), Err(TooDeep { at: "let é = ".len() + 255, of: Excess::Brackets }));
        let error = check(&format!("let x = 1{};", " + 1".repeat(3000))).unwrap_err();
        assert_eq!(error.of, Excess::Links);
    }
}

//! Measures how deep code is nested, from its tokens, before anything parses it.
//!
//! Parsers, and code that walks their trees, recurse once for each level. A cell that overflows a stack ends the kernel
//! or the compiler, not the cell. On a thread of 2 MiB, as used for questions, rust-analyzer's parser takes more than
//! 1,000 nested blocks but less than 2,000, and about 4,000 operators before an operand; rustc takes between 500 and
//! 1,000 blocks, and more than 4,000 operators in a chain. The limit here is far beyond ordinary code, and well below
//! all of those.

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};
use ra_ap_syntax::{Edition, SyntaxKind};

/// The largest allowed depth.
const LIMIT: usize = 2048;
/// The depth that a bracket adds: at most 256 can be nested.
const BRACKET: usize = 8;
/// The depth that a keyword adds: most can stand before another expression, type or item.
const KEYWORD: usize = 4;
/// The depth that a word adds after another word (`auto auto x`): which of them are keywords depends on the place.
const WORD: usize = 2;
/// The depth that a `<` of generic arguments adds.
const GENERIC: usize = 2;

/// The keywords that are operands.
const OPERANDS: [&str; 6] = ["self", "Self", "crate", "super", "true", "false"];
/// The keywords that need no operand after them.
const ENDS: [&str; 4] = ["return", "break", "continue", "yield"];

/// Code that is nested too deep to be parsed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TooDeep {
    /// The byte where it gets too deep.
    pub at: usize,
    /// The kind of nesting that is too deep.
    pub of: Excess,
}

/// A kind of nesting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Excess {
    /// Brackets inside one another.
    Brackets,
    /// Operators, calls or keywords in a chain.
    Links,
}

/// Checks that code can be parsed on a stack of the usual size, in time that is linear in its length.
///
/// # Errors
/// The place where it gets too deep.
pub fn check(code: &str) -> Result<(), TooDeep> {
    let mut levels = vec![Level::default()];
    // The depth of all levels but the innermost.
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
                    // `else if` takes a parser no deeper than an operator.
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
                // If an operand is missing before it, a parser may take it for the operand and recurse further.
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
                // The pattern of a match arm is complete; the arm before it may have ended in a block without `,`.
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
                // Generic arguments follow without a space; a comparison usually has one.
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

/// The part between two brackets that is still open.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    opened_by: Option<TokenKind>,
    /// Operators, calls and keywords since the last `,` or similar separator.
    links: usize,
    /// `<` of generic arguments that are not closed yet.
    generics: usize,
    /// Whether it is between the bars of a closure, where a `,` separates nothing.
    in_parameters: bool,
    /// Whether it has contained a block.
    has_block: bool,
}

impl Level {
    /// Handles the beginning of a statement, an item or an arm.
    fn begin(&mut self) {
        *self = Level { opened_by: self.opened_by, ..Level::default() };
    }

    fn depth(&self) -> usize {
        self.links + GENERIC * self.generics
    }
}

/// The kind of the token before.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Before {
    /// A separator, or the beginning.
    Nothing,
    Operator,
    /// The possible end of a value, a type or a name, and whether white space follows it.
    Operand {
        is_apart: bool,
    },
    /// A `}`, after which a statement may begin.
    Block,
    Else,
    Equals,
    Minus,
    Colon,
}

impl Before {
    /// The same, followed by white space.
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

/// Ends the level that a bracket closes: the innermost one, or for a `}` all levels left open in its block. A bracket
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
    // A call, an index or a block counts as a link of the level around it.
    let level = levels.last_mut().expect("the outermost level stays");
    level.links += 1;
    level.has_block |= bracket == TokenKind::CloseBrace;
}

#[cfg(test)]
mod tests {
    use ra_ap_syntax::SourceFile;

    use super::*;

    /// Ways to nest code: the text before, the text repeated before and after the middle, and the text after.
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
            // Half the stack of the threads that answer questions. An overflow would end the process.
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

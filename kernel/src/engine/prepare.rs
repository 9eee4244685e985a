//! Writes the types of a cell's variables in, so that evcxr asks no analyser for them.
//!
//! evcxr must write a type down for every variable that it carries to the next cell, and asks its embedded
//! rust-analyzer for those that the person did not state (2 s and 400 MiB with the standard library's
//! sources). Here every such variable is re-bound right after its statement, on the same line:
//!
//! ```text
//! let (a, b) = f();let a: (/*type of a*/) = a;let b: (/*type of b*/) = b;
//! ```
//!
//! evcxr takes `(/*type of a*/)` for a full type, whose text it repeats wherever it needs one (and rust-analyzer
//! takes it for `()`, about which there is nothing to find out); the toolchain driver then puts `_` in the cell that defines `a` and the type that
//! the variable store reported in later cells (`toolchain::program`).
//!
//! Items and the expression whose value is shown are hidden from evcxr ([`program::hidden`] says how and why).

use std::collections::BTreeSet;
use std::ops::Range;

use ra_ap_syntax::ast::{self, HasName};
use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxKind, SyntaxNode};

use super::items::{self, Item};
use super::positions::{Insertion, Place, Source};
use crate::toolchain::program::{self, placeholder, words};

/// A cell as evcxr is given it.
#[derive(Debug)]
pub struct Prepared {
    /// The text for evcxr.
    pub text: String,
    /// The cell as typed, with the map back to it.
    pub source: Source,
    /// The expression whose value the cell shows, in the cell as typed.
    pub shown: Option<Range<Place>>,
    /// The variables that it defines.
    pub defined: BTreeSet<String>,
    /// The items that it defines.
    pub items: Vec<Item>,
    /// Every name that its statements can mean.
    pub words: BTreeSet<String>,
    /// Whether it has loops, which optimisation pays for.
    pub has_loops: bool,
}

impl Prepared {
    /// The function among the items whose code is at a place of the cell as typed, as in `f` or `Net::run`.
    pub fn function_at(&self, place: Place) -> Option<String> {
        let start_of = |place: Place| self.source.bytes(&(place..place)).start;
        let at = start_of(place);
        let mut items = self.items.iter().map(|item| (start_of(item.start), &item.text));
        let (start, text) = items.find(|(start, text)| (*start..start + text.len()).contains(&at))?;
        let parsed = SourceFile::parse(text, Edition::Edition2024);
        let token = parsed.syntax_node().token_at_offset(u32::try_from(at - start).ok()?.into()).right_biased()?;
        let function = token.parent_ancestors().find_map(ast::Fn::cast)?;
        let name = function.name()?.text().to_string();
        let implemented = function.syntax().ancestors().find_map(ast::Impl::cast).and_then(|of| of.self_ty());
        Some(implemented.map_or_else(|| name.clone(), |ty| format!("{}::{name}", ty.syntax().text())))
    }
}

/// The wrapper in which statements parse; it is on the first line only, so lines stay as they are.
const PRELUDE: &str = "async fn f(){";

/// Prepares a cell.
pub fn prepare(typed: &str) -> Prepared {
    let start = code_start(typed);
    let code = &typed[start..];
    let parsed = SourceFile::parse(&format!("{PRELUDE}{code}\n}}"), Edition::Edition2024);
    let mut additions: Vec<Addition> = Vec::new();
    let mut items: Vec<Item> = Vec::new();
    let mut defined = BTreeSet::new();
    let mut statements_text = String::new();
    let mut statements_end = start;
    let function = parsed.syntax_node().children().find_map(ast::Fn::cast);
    // rustc will say what is wrong with a cell that does not parse; evcxr then sees it as it is.
    let parses = parsed.errors().is_empty();
    // A comment or string without an end reaches into the wrapper.
    let in_typed = |offset: usize| (offset - PRELUDE.len() + start).min(typed.len());
    let statements = function.and_then(|f| ast::HasAttrs::attrs(&f).next().is_none().then(|| f.body()).flatten());
    for node in statements.iter().filter_map(|body| body.stmt_list()).flat_map(|list| list.syntax().children()) {
        if let Some(statement) = ast::LetStmt::cast(node.clone()) {
            additions.extend(types_for(&statement));
            let bound = statement.pat().map(|pattern| variables(&pattern, statement.let_else().is_some()));
            let names = bound.into_iter().flatten().filter_map(|variable| variable.name());
            defined.extend(names.map(|name| name.text().trim_start_matches("r#").to_owned()));
        } else if let Some(item) = ast::Item::cast(node).filter(|item| parses && is_hidden(item)) {
            let range = item.syntax().text_range();
            let (start, end) = (in_typed(range.start().into()), in_typed(range.end().into()));
            statements_text.push_str(&typed[statements_end..start]);
            statements_end = end;
            additions.extend(hiding(item.syntax(), program::ITEM));
            items.push(Item::new(&item, Source::place(typed, start)));
        }
    }
    statements_text.push_str(&typed[statements_end..]);
    let value = statements.as_ref().and_then(ast::BlockExpr::tail_expr);
    additions.extend(value.iter().filter(|_| parses).flat_map(|value| hiding(value.syntax(), program::VALUE)));
    let last = statements.as_ref().and_then(|body| body.stmt_list()?.syntax().children().last());
    if let Some(last) = last.filter(|_| !defined.is_empty() && parses) {
        let end = usize::from(last.text_range().end());
        additions.push(Addition { at: end, text: program::NOTHING_TO_INFER.to_owned(), name: end..end });
    }
    additions.sort_by_key(|addition| addition.at);
    let mut text = typed.to_owned();
    let mut insertions = Vec::new();
    let mut shift = 0;
    for addition in additions {
        let name = in_typed(addition.name.start)..in_typed(addition.name.end);
        let at = in_typed(addition.at) + shift;
        text.insert_str(at, &addition.text);
        shift += addition.text.len();
        insertions.push(Insertion {
            at: Source::place(&text, at),
            length: addition.text.chars().count(),
            stands_for: Source::place(typed, name.start)..Source::place(typed, name.end),
        });
    }
    let shown = value.filter(|_| parses).map(|value| {
        let range = value.syntax().text_range();
        Source::place(typed, in_typed(range.start().into()))..Source::place(typed, in_typed(range.end().into()))
    });
    Prepared {
        text,
        source: Source::new(typed, insertions),
        shown,
        defined,
        items,
        words: words(&statements_text).map(str::to_owned).collect(),
        has_loops: items::has_loops(&parsed.syntax_node()),
    }
}

/// Whether evcxr need not know of an item. It adds a dependency for `extern crate`, and takes a macro's call for a
/// statement.
fn is_hidden(item: &ast::Item) -> bool {
    !matches!(item, ast::Item::ExternCrate(_) | ast::Item::MacroCall(_))
}

/// What hides a node from evcxr.
fn hiding(node: &SyntaxNode, begin: &str) -> [Addition; 2] {
    let range = node.text_range();
    let (start, end) = (usize::from(range.start()), usize::from(range.end()));
    [
        Addition { at: start, text: begin.to_owned(), name: start..start },
        Addition { at: end, text: program::END.to_owned(), name: end..end },
    ]
}

/// Where the Rust code starts: evcxr takes leading lines with `:` or `!` for commands. Comments before the code belong
/// to it; they may be its documentation.
pub fn code_start(typed: &str) -> usize {
    let (mut start, mut line_start) = (0, 0);
    for line in typed.split_inclusive('\n') {
        let text = line.trim_end();
        let command = text.starts_with('!') || text.trim_start_matches(' ').starts_with(':');
        if !command && !text.starts_with("//") && !text.trim().is_empty() {
            return start;
        }
        line_start += line.len();
        if command {
            start = line_start;
        }
    }
    typed.len()
}

/// Text to insert at a byte of the parsed text, and the range of the variable's name there.
struct Addition {
    at: usize,
    text: String,
    name: std::ops::Range<usize>,
}

/// What a `let` needs for each of its variables.
fn types_for(statement: &ast::LetStmt) -> Vec<Addition> {
    let Some(pattern) = statement.pat() else { return Vec::new() };
    if statement.semicolon_token().is_none() {
        return unfinished(statement).into_iter().collect();
    }
    let single = matches!(pattern, ast::Pat::IdentPat(_));
    if single && statement.ty().is_some_and(|ty| is_complete(ty.syntax())) {
        return Vec::new();
    }
    let end = usize::from(statement.syntax().text_range().end());
    variables(&pattern, statement.let_else().is_some())
        .into_iter()
        .map(|variable| {
            let name = variable.name().expect("variables have names");
            let range = name.syntax().text_range();
            let name_range = usize::from(range.start())..usize::from(range.end());
            let name = name.text().to_string();
            if statement.initializer().is_none() && statement.ty().is_none() {
                // Declared now, assigned later: there is no value to re-bind yet.
                return Addition { at: name_range.end, text: format!(": {}", placeholder(&name)), name: name_range };
            }
            let mutable = if variable.mut_token().is_some() && variable.ref_token().is_none() { "mut " } else { "" };
            Addition {
                at: end,
                text: format!("let {mutable}{name}: {} = {name};", placeholder(&name)),
                name: name_range,
            }
        })
        .collect()
}

/// What keeps a statement without its end from swallowing the generated code that follows (`let x =` and a
/// line of evcxr's would make a statement). rustc then says what is missing.
fn unfinished(statement: &ast::LetStmt) -> Option<Addition> {
    let equals = statement.eq_token().filter(|_| statement.initializer().is_none())?.text_range();
    let end = usize::from(statement.syntax().text_range().end());
    Some(Addition { at: end, text: ";".to_owned(), name: equals.start().into()..equals.end().into() })
}

fn is_complete(ty: &SyntaxNode) -> bool {
    !ty.descendants().any(|node| node.kind() == SyntaxKind::INFER_TYPE)
}

/// The variables that a pattern binds, each once (both sides of `A(x) | B(x)` bind the same).
fn variables(pattern: &ast::Pat, may_fail: bool) -> Vec<ast::IdentPat> {
    let mut variables: Vec<ast::IdentPat> = Vec::new();
    for binding in pattern.syntax().descendants().filter_map(ast::IdentPat::cast) {
        let Some(name) = binding.name() else { continue };
        // `None` parses as a binding: in a pattern that may fail, a name in camel case is a variant's.
        let text = name.text();
        let is_camel_case = text.starts_with(char::is_uppercase) && text.contains(char::is_lowercase);
        let is_constant = may_fail && is_camel_case && binding.mut_token().is_none();
        let known = variables.iter().any(|other| other.name().is_some_and(|other| other.text() == name.text()));
        if !is_constant && !known {
            variables.push(binding);
        }
    }
    variables
}

/// The line of the cell as typed that a line of the compiled program is part of, and by how many characters
/// the compiled line starts later: evcxr puts every statement on a line of its own.
pub fn line_as_typed(prepared: &Prepared, compiled_line: &str, occurrence: usize) -> Option<Place> {
    let text = compiled_line.trim_end();
    if text.is_empty() {
        return None;
    }
    let mut found = prepared.text.lines().enumerate().flat_map(|(number, line)| {
        line.match_indices(text).map(move |(at, _)| Place { line: number + 1, column: line[..at].chars().count() + 1 })
    });
    found.nth(occurrence)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The prepared text, without what keeps rust-analyzer from its work.
    fn text(typed: &str) -> String {
        prepare(typed).text.replace(program::NOTHING_TO_INFER, "")
    }

    #[test]
    fn a_plain_let_is_bound_again_with_its_type() {
        assert_eq!(text("let z = &x + &y;\nz"), "let z = &x + &y;let z: (/*type of z*/) = z;\nsoma_show!{z};");
    }

    #[test]
    fn mutability_is_kept() {
        assert_eq!(text("let mut v = vec![];"), "let mut v = vec![];let mut v: (/*type of v*/) = v;");
    }

    #[test]
    fn a_stated_type_is_left_alone_and_a_partial_one_completed() {
        assert_eq!(text("let x: Vec<u8> = f();"), "let x: Vec<u8> = f();");
        assert_eq!(text("let x: Vec<_> = f();"), "let x: Vec<_> = f();let x: (/*type of x*/) = x;");
    }

    #[test]
    fn every_variable_of_a_pattern_gets_a_type() {
        assert_eq!(
            text("let (a, mut b) = f();"),
            "let (a, mut b) = f();let a: (/*type of a*/) = a;let mut b: (/*type of b*/) = b;"
        );
        assert_eq!(
            text("let P { x, y: (z, ..) } = p;"),
            "let P { x, y: (z, ..) } = p;let x: (/*type of x*/) = x;let z: (/*type of z*/) = z;"
        );
        assert_eq!(
            text("let [first, .., last] = a;"),
            "let [first, .., last] = a;let first: (/*type of first*/) = first;let last: (/*type of last*/) = last;"
        );
    }

    #[test]
    fn let_else_binds_after_the_else() {
        assert_eq!(
            text("let Some(x) = o else { return };\nx"),
            "let Some(x) = o else { return };let x: (/*type of x*/) = x;\nsoma_show!{x};"
        );
        assert_eq!(
            text("let (None, a) = p else { return };"),
            "let (None, a) = p else { return };let a: (/*type of a*/) = a;"
        );
    }

    #[test]
    fn names_in_capitals_are_variables_where_a_pattern_cannot_fail() {
        assert_eq!(text("let W1 = 1;"), "let W1 = 1;let W1: (/*type of W1*/) = W1;");
        assert_eq!(
            text("let (A, None) = p else { return };"),
            "let (A, None) = p else { return };let A: (/*type of A*/) = A;"
        );
    }

    #[test]
    fn items_are_hidden_and_known() {
        let prepared = prepare(":opt 2\nfn f() {\n}\n#[derive(Debug)] struct S; let x = S;\nuse a::b;");
        assert_eq!(
            prepared.text,
            ":opt 2\nsoma_items!{fn f() {\n}};\nsoma_items!{#[derive(Debug)] struct S;}; \
             let x = S;let x: (/*type of x*/) = x;\nsoma_items!{use a::b;};/*soma: nothing to infer"
        );
        let items: Vec<(&str, usize, usize)> =
            prepared.items.iter().map(|item| (item.text.as_str(), item.start.line, item.start.column)).collect();
        assert_eq!(items, [("fn f() {\n}", 2, 1), ("#[derive(Debug)] struct S;", 4, 1), ("use a::b;", 5, 1)]);
        assert_eq!(prepared.words.iter().map(String::as_str).collect::<Vec<_>>(), ["S", "let", "x"]);
    }

    #[test]
    fn loops_are_known() {
        assert!(prepare("for i in 0..9 { f(i); }").has_loops);
        assert!(prepare("fn f() { x.iter().sum() }").has_loops);
        assert!(!prepare("let y = &x + 1;").has_loops);
    }

    #[test]
    fn a_variable_without_a_value_gets_its_type_at_once() {
        assert_eq!(text("let x;\nx = 1;"), "let x: (/*type of x*/);\nx = 1;");
    }

    #[test]
    fn inner_blocks_and_what_is_no_definition_are_left_alone() {
        for code in
            ["{ let a = 1; };", "extern crate a;", "m! { b }\nc();", "if let Some(x) = o { x } else { 0 }\nd();"]
        {
            assert_eq!(text(code), code);
        }
    }

    #[test]
    fn commands_before_the_code_are_skipped() {
        assert_eq!(
            text(":dep a = \"1\"\n// c\n\nlet x = 1;"),
            ":dep a = \"1\"\n// c\n\nlet x = 1;let x: (/*type of x*/) = x;"
        );
        assert_eq!(code_start(":vars"), 5);
    }

    #[test]
    fn a_cell_that_does_not_parse_is_handed_on() {
        for code in ["let x = 1\nx", "}}}", "fn (", "let = 3;", "fn f() {}\nx +"] {
            assert_eq!(text(code), code);
        }
        assert_eq!(text("let a = 1; let x = "), "let a = 1;let a: (/*type of a*/) = a; let x =; ");
        assert_eq!(text("let a = /*! é"), "let a = /*! é;", "what has no end ends with the cell");
    }

    #[test]
    fn shadowing_within_a_line_keeps_the_order() {
        assert_eq!(
            text("let a = 1; let a = a + 1;"),
            "let a = 1;let a: (/*type of a*/) = a; let a = a + 1;let a: (/*type of a*/) = a;"
        );
    }

    #[test]
    fn await_in_a_let_is_a_let() {
        assert_eq!(text("let r = f().await;"), "let r = f().await;let r: (/*type of r*/) = r;");
    }

    #[test]
    fn the_expression_whose_value_is_shown_is_known() {
        let shown = |typed: &str| {
            let prepared = prepare(typed);
            prepared.shown.map(|span| prepared.source.text[prepared.source.bytes(&span)].to_owned())
        };
        assert_eq!(shown(":opt 2\nlet x = 1;\n&x + 1\n").as_deref(), Some("&x + 1"));
        assert_eq!(shown("struct Q; Q").as_deref(), Some("Q"));
        assert_eq!(shown("x;"), None);
        assert_eq!(shown(""), None);
    }

    #[test]
    fn the_value_that_is_shown_is_hidden() {
        assert_eq!(text("f(x)\n  .g() // end"), "soma_show!{f(x)\n  .g()}; // end");
        assert_eq!(text("f(x);"), "f(x);");
    }

    #[test]
    fn a_cell_that_defines_variables_hides_what_follows_it() {
        assert_eq!(
            prepare("let x: u8 = 1; x // one").text,
            "let x: u8 = 1; soma_show!{x};/*soma: nothing to infer // one"
        );
        assert!(prepare("let x: u8 = 1;").text.ends_with(program::NOTHING_TO_INFER));
        assert_eq!(prepare("{ let x = 1; };").text, "{ let x = 1; };");
    }

    #[test]
    fn errors_in_what_was_added_point_at_the_variable() {
        let prepared = prepare("let é = 1; let r = &é;\nr");
        let at = prepared.text.find("let r: (/*").unwrap();
        let place = Source::place(&prepared.text, at + 4);
        let span = prepared.source.as_typed(place..Place { column: place.column + 1, ..place });
        assert_eq!(&prepared.source.text[prepared.source.bytes(&span)], "r");
        assert_eq!(span.start, Place { line: 1, column: 16 });
    }
}

//! Writes types for a cell's variables into it, so that evcxr need not ask an analyser for them.
//!
//! evcxr must write a type for every variable that it carries to the next cell, and asks its embedded rust-analyzer for
//! those that the user did not state (2 s and 400 MiB with the standard library's sources). Here every such variable is
//! re-bound right after its statement, on the same line:
//!
//! ```text
//! let (a, b) = f();let a: (/*type of a*/) = a;let b: (/*type of b*/) = b;
//! ```
//!
//! evcxr takes `(/*type of a*/)` for a full type, whose text it repeats wherever it needs one (and rust-analyzer takes
//! it for `()`, which needs no analysis). The driver then replaces it: by `_` in the cell that defines `a`, by the type
//! that the variable store reported in later cells (`evcxr::program`).
//!
//! Items and the expression whose value is shown are hidden from evcxr (see `evcxr::program::markers`).

mod addition;
mod bindings;
mod preparation;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use ra_ap_syntax::ast::{self, HasName};
use ra_ap_syntax::{AstNode, Edition, SourceFile};

use super::items::{Item, Items, Repeats};
use super::positions::{Place, Source};

/// The parts of the session that decide how a cell is prepared.
#[derive(Clone, Copy, Default)]
pub struct Earlier<'a> {
    /// The items of earlier cells.
    pub items: Option<&'a Items>,
    /// Variables that earlier cells have moved out; a cell may assign to them.
    pub moved: Option<&'a BTreeSet<String>>,
    /// Whether to take the opposite guess for macros whose calls may make items.
    pub second_guess: bool,
}

/// A cell in the form that evcxr gets.
#[derive(Debug)]
pub struct Prepared {
    /// The text for evcxr.
    pub text: String,
    /// The cell as typed, and the map back to it.
    pub source: Source,
    /// The expression whose value the cell shows, in the cell as typed.
    pub shown: Option<Range<Place>>,
    /// The `return` with a value, if the cell ends with one.
    pub returned: Option<Range<Place>>,
    /// The variables that it defines.
    pub defined: BTreeSet<String>,
    /// The types that it states for them, or for the functions that they hold.
    pub stated: BTreeMap<String, String>,
    /// The items that it defines.
    pub items: Vec<Item>,
    /// Every name that its statements may refer to.
    pub words: BTreeSet<String>,
    /// The ways in which it repeats itself, which decide whether optimisation can be worth its time.
    pub repeats: Repeats,
    /// Whether rust-analyzer's parser accepts it.
    pub parses: bool,
    /// Whether it calls macros without a known result.
    pub is_guess: bool,
}

impl Prepared {
    /// The function among the items whose code is at a position of the cell as typed, such as `f` or `Net::run`.
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

/// The wrapper that makes statements parse; it stands only on the first line, so line numbers stay.
pub const PRELUDE: &str = "async fn f(){";

/// Prepares a cell without a session.
#[cfg(test)]
pub fn prepare(typed: &str) -> Prepared {
    prepare_after(typed, Earlier::default())
}

/// Prepares a cell.
pub fn prepare_after(typed: &str, earlier: Earlier) -> Prepared {
    preparation::Preparation::of(typed, earlier)
}

/// A cell without the byte-order mark that some editors put before a text.
pub fn without_mark(typed: &str) -> &str {
    typed.strip_prefix('\u{feff}').unwrap_or(typed)
}

/// The start of the Rust code: evcxr takes leading lines with `:` or `!` for commands. Comments before the code belong
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

/// The line of the cell as typed that contains a line of the compiled program, and by how many characters the compiled
/// line starts later: evcxr puts every statement on a separate line.
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
    use soma_driver::evcxr::program;

    use super::super::items;
    use super::*;

    /// The prepared text, without the marker that keeps rust-analyzer from inferring types.
    fn text(typed: &str) -> String {
        prepare(typed).text.replace(program::NOTHING_TO_INFER, "")
    }

    /// The prepared text of a cell after another one.
    fn text_after(earlier: &str, typed: &str) -> String {
        let mut items = Items::default();
        items.learn(&items::CellOf { place: 0, id: None, items: &prepare(earlier).items });
        let moved = BTreeSet::from(["gone".to_owned()]);
        let earlier = Earlier { items: Some(&items), moved: Some(&moved), second_guess: false };
        prepare_after(typed, earlier).text.replace(program::NOTHING_TO_INFER, "")
    }

    #[test]
    fn a_function_is_kept_as_a_pointer_to_what_it_is_now() {
        let add = "fn add(a: i32, b: &str) -> Vec<u8> { vec![] }\nunsafe extern \"C\" fn raw() {}\nfn any<T>(t: T) {}";
        let kept = |name: &str| text_after(add, &format!("let f = {name};"));
        assert_eq!(kept("add"), "let f = add;let f: fn(i32, &str) -> Vec<u8> = f;");
        assert_eq!(kept("raw"), "let f = raw;let f: unsafe extern \"C\" fn() = f;");
        for other in ["any", "unknown"] {
            assert_eq!(kept(other), format!("let f = {other};let f: (/*type of f*/) = f;"), "{other}");
        }
    }

    #[test]
    fn a_variable_that_was_moved_is_declared_where_it_is_assigned_to() {
        assert_eq!(text_after("", "gone = 1;"), "let mut gone: (/*type of gone*/);gone = 1;");
        assert_eq!(
            text_after("", "if x { gone = 1; } f();"),
            "let mut gone: (/*type of gone*/);if x { gone = 1; } f();"
        );
        assert_eq!(text_after("", "gone.push(1);"), "gone.push(1);");
    }

    #[test]
    fn a_call_that_makes_items_is_hidden_as_they_are() {
        let record = "macro_rules! record { ($n:ident) => { struct $n; } }";
        assert_eq!(text_after(record, "record!(Foo);\n1;"), "soma_items!{record!(Foo);};\n1;");
        assert_eq!(text_after(record, "record!(Foo)"), "soma_items!{record!(Foo)};");
        assert_eq!(text("thread_local! { static A: u8 = 1; }"), "soma_items!{thread_local! { static A: u8 = 1; }};");
        let five = "macro_rules! five { ($n:ident) => { let $n = 5; } }";
        assert_eq!(text_after(five, "five!(a); a"), "five!(a);let a: (/*type of a*/) = a; soma_show!{a};");
    }

    #[test]
    fn variables_that_are_declared_together_are_told_one_by_one() {
        assert_eq!(
            text("let (mut g, h);\ng = 1;"),
            "let mut g: (/*soma: declared*/);let h: (/*soma: declared*/);soma_statement!{let (mut g, h);};\ng = 1;"
        );
        assert_eq!(text("let a;"), "let a: (/*type of a*/);");
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
        assert!(prepare("for i in 0..9 { f(i); }").repeats.loops);
        assert!(prepare("fn f() { x.iter().sum() }").repeats.loops);
        assert!(!prepare("let y = &x + 1;").repeats.loops);
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

//! Writes the types of a cell's variables in, so that evcxr asks no analyser for them.
//!
//! evcxr must write a type down for every variable that it carries to the next cell, and asks its embedded
//! rust-analyzer for those that the user did not state (2 s and 400 MiB with the standard library's
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
//! Items and the expression whose value is shown are hidden from evcxr (`toolchain::program::markers` says how and why).

mod addition;
mod bindings;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use ra_ap_syntax::ast::{self, HasName};
use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxKind, SyntaxNode};

use self::addition::{Addition, hiding};
use super::items::{self, Item, Items};
use super::macros::{self, Made};
use super::positions::{Insertion, Place, Source};
use super::raw_name::plain;
use crate::toolchain::program::{self, placeholder, words};
use crate::toolchain::surroundings;

use bindings::{is_complete, kept_function, types_for, variables};

/// What of the session decides how a cell is prepared.
#[derive(Clone, Copy, Default)]
pub struct Earlier<'a> {
    /// The items of earlier cells.
    pub items: Option<&'a Items>,
    /// Variables that earlier cells have moved away; a cell may assign to them.
    pub moved: Option<&'a BTreeSet<String>>,
    /// Whether macros whose calls may make items are taken for what they do not look like.
    pub second_guess: bool,
}

/// A cell as evcxr is given it.
#[derive(Debug)]
pub struct Prepared {
    /// The text for evcxr.
    pub text: String,
    /// The cell as typed, with the map back to it.
    pub source: Source,
    /// The expression whose value the cell shows, in the cell as typed.
    pub shown: Option<Range<Place>>,
    /// The `return` with a value that it ends with.
    pub returned: Option<Range<Place>>,
    /// The variables that it defines.
    pub defined: BTreeSet<String>,
    /// The types that it states for them, or for functions that they keep.
    pub stated: BTreeMap<String, String>,
    /// The items that it defines.
    pub items: Vec<Item>,
    /// Every name that its statements can mean.
    pub words: BTreeSet<String>,
    /// Whether it has loops, which optimisation pays for.
    pub has_loops: bool,
    /// Whether it has syntax that rust-analyzer's parser does not know, or that is wrong.
    pub parses: bool,
    /// Whether it calls macros of which it is not known what they make.
    pub is_guess: bool,
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
pub const PRELUDE: &str = "async fn f(){";

/// Prepares a cell of which nothing but itself is known.
#[cfg(test)]
pub fn prepare(typed: &str) -> Prepared {
    prepare_after(typed, Earlier::default())
}

/// Prepares a cell.
pub fn prepare_after(typed: &str, earlier: Earlier) -> Prepared {
    let start = code_start(typed);
    let code = &typed[start..];
    let parsed = SourceFile::parse(&format!("{PRELUDE}{code}\n}}"), Edition::Edition2024);
    // rustc will say what is wrong with a cell that does not parse; evcxr then sees it as it is.
    let parses = parsed.errors().is_empty();
    let function = parsed.syntax_node().children().find_map(ast::Fn::cast);
    let body = function.and_then(|f| ast::HasAttrs::attrs(&f).next().is_none().then(|| f.body()).flatten());
    let statements = body.iter().filter_map(|body| body.stmt_list());
    let statements: Vec<SyntaxNode> = statements.flat_map(|list| list.syntax().children()).collect();
    let value = body.as_ref().and_then(ast::BlockExpr::tail_expr).filter(|_| parses);
    let mut cell = Preparation {
        typed,
        start,
        earlier,
        own: statements.iter().cloned().filter_map(ast::Item::cast).collect(),
        additions: Vec::new(),
        items: Vec::new(),
        defined: BTreeSet::new(),
        stated: BTreeMap::new(),
        statements_text: String::new(),
        statements_end: start,
        shown: value.as_ref().map(|value| value.syntax().clone()),
        is_guess: false,
    };
    cell.assigned_after_a_move(&statements);
    for node in &statements {
        if let Some(statement) = ast::LetStmt::cast(node.clone()) {
            cell.variables_of(&statement);
        } else if let Some(call) = macros::as_call(node).filter(|_| parses) {
            cell.macro_call(node, &call);
        } else if let Some(item) = ast::Item::cast(node.clone()).filter(|item| parses && cell.is_hidden(item)) {
            let place = Source::place(typed, cell.in_typed(item.syntax().text_range().start().into()));
            cell.hide_item(node, Item::new(&item, place));
        }
    }
    cell.finish(&parsed.syntax_node(), statements.last().filter(|_| parses), parses)
}

/// The names that code means which statements include from files beside the notebook.
fn included(statements: &str) -> Vec<String> {
    surroundings::included_words(statements, &std::env::current_dir().unwrap_or_default())
}

/// A cell that is being prepared.
struct Preparation<'a> {
    typed: &'a str,
    /// Where its code starts.
    start: usize,
    earlier: Earlier<'a>,
    /// The items that it defines, as they stand in it.
    own: Vec<ast::Item>,
    additions: Vec<Addition>,
    items: Vec<Item>,
    defined: BTreeSet<String>,
    stated: BTreeMap<String, String>,
    /// The statements without items, up to a byte of the cell.
    statements_text: String,
    statements_end: usize,
    /// The expression whose value the cell shows.
    shown: Option<SyntaxNode>,
    is_guess: bool,
}

impl Preparation<'_> {
    /// A byte of the cell as typed for one of the parsed text. A comment or string without an end reaches into the
    /// wrapper.
    fn in_typed(&self, offset: usize) -> usize {
        (offset - PRELUDE.len() + self.start).min(self.typed.len())
    }

    /// evcxr adds a dependency for `extern crate`, but some crates are there without one.
    fn is_hidden(&self, item: &ast::Item) -> bool {
        match item {
            ast::Item::ExternCrate(item) => {
                let name = item.name_ref().map(|name| name.text().to_string()).unwrap_or_default();
                BUILT_IN.contains(&name.as_str())
            }
            ast::Item::MacroCall(_) => false,
            _ => true,
        }
    }

    /// Hides an item, whose node this is.
    fn hide_item(&mut self, node: &SyntaxNode, mut item: Item) {
        let range = node.text_range();
        let (start, end) = (self.in_typed(range.start().into()), self.in_typed(range.end().into()));
        self.statements_text.push_str(&self.typed[self.statements_end..start]);
        self.statements_end = end;
        self.additions.extend(hiding(node, program::ITEM));
        item.leave_out_imports_of(&self.items);
        self.items.push(item);
    }

    /// The text of a macro of the notebook.
    fn macro_definition(&self, name: &str) -> Option<String> {
        let own = self.own.iter().rev().find(|item| match item {
            ast::Item::MacroRules(rules) => rules.name().is_some_and(|own| own.text() == name),
            _ => false,
        });
        own.map(|rules| rules.syntax().text().to_string()).or_else(|| self.earlier.items?.macro_text(name))
    }

    /// The type of a pointer to a function of the notebook, where its text tells.
    fn signature(&self, name: &str) -> Option<String> {
        let own = self.own.iter().find(|item| match item {
            ast::Item::Fn(function) => function.name().is_some_and(|own| own.text() == name),
            _ => false,
        });
        match own {
            Some(function) => items::signature(function),
            None => self.earlier.items?.signature(name),
        }
    }

    /// A macro's call that stands as a statement, or as the last expression.
    fn macro_call(&mut self, node: &SyntaxNode, call: &ast::MacroCall) {
        let mut classified = macros::classify(call, &|name| self.macro_definition(name));
        self.is_guess |= classified.is_guess;
        if classified.is_guess && self.earlier.second_guess {
            classified.made = if classified.made == Made::Value { Made::Items(None) } else { Made::Value };
        }
        match classified.made {
            Made::Value => {
                if let Some(text) = macros::included(call) {
                    // What the file needs is needed where it stands.
                    self.statements_text.push_str(&text);
                }
            }
            Made::Items(expansion) => {
                self.shown.take_if(|shown| shown == node);
                let place = Source::place(self.typed, self.in_typed(node.text_range().start().into()));
                self.hide_item(node, Item::of_macro(call, node, expansion, place));
            }
            Made::Variables(variables) => {
                let end = usize::from(node.text_range().end());
                let mut text = if self.shown.take_if(|shown| shown == node).is_some() { ";" } else { "" }.to_owned();
                for (name, is_mutable) in variables {
                    let mutable = if is_mutable { "mut " } else { "" };
                    text.push_str(&format!("let {mutable}{name}: {} = {name};", placeholder(&name)));
                    self.defined.insert(plain(&name));
                }
                self.additions.push(Addition { at: end, text, name: end..end });
            }
        }
    }

    /// What a `let` defines.
    fn variables_of(&mut self, statement: &ast::LetStmt) {
        let function = kept_function(statement).and_then(|name| self.signature(&name));
        self.additions.extend(types_for(statement, function.as_deref()));
        if let Some(ast::Pat::IdentPat(variable)) = statement.pat()
            && let Some(name) = variable.name()
        {
            let stated = statement.ty().filter(|ty| is_complete(ty.syntax())).map(|ty| ty.syntax().text().to_string());
            let stated = stated.or(function);
            self.stated.extend(stated.map(|ty| (plain(name.text()), ty)));
        }
        let bound = statement.pat().map(|pattern| variables(&pattern, statement.let_else().is_some()));
        let names = bound.into_iter().flatten().filter_map(|variable| variable.name());
        self.defined.extend(names.map(|name| plain(name.text())));
    }

    /// A variable that was moved away can be assigned to, as in a program: it is declared first.
    fn assigned_after_a_move(&mut self, statements: &[SyntaxNode]) {
        let Some(moved) = self.earlier.moved.filter(|moved| !moved.is_empty()) else { return };
        let assignments = statements.iter().flat_map(SyntaxNode::descendants).filter_map(ast::BinExpr::cast);
        let assignments = assignments
            .filter(|expression| matches!(expression.op_kind(), Some(ast::BinaryOp::Assignment { op: None })));
        let names = assignments.filter_map(|assignment| match assignment.lhs()? {
            ast::Expr::PathExpr(path) => Some(plain(path.syntax().text().to_string())),
            _ => None,
        });
        for name in names.collect::<BTreeSet<_>>() {
            if !moved.contains(&name) {
                continue;
            }
            let raw = if SyntaxKind::from_keyword(&name, Edition::Edition2024).is_some() { "r#" } else { "" };
            let text = format!("let mut {raw}{name}: {};", placeholder(&name));
            self.additions.push(Addition { at: PRELUDE.len(), text, name: PRELUDE.len()..PRELUDE.len() });
            self.defined.insert(name);
        }
    }

    fn finish(mut self, parsed: &SyntaxNode, last: Option<&SyntaxNode>, parses: bool) -> Prepared {
        let typed = self.typed;
        self.statements_text.push_str(&typed[self.statements_end..]);
        if let Some(shown) = &self.shown {
            self.additions.extend(hiding(shown, program::VALUE));
        }
        if let Some(last) = last.filter(|_| !self.defined.is_empty()) {
            let end = usize::from(last.text_range().end());
            let text = program::NOTHING_TO_INFER.to_owned();
            self.additions.push(Addition { at: end, text, name: end..end });
        }
        self.additions.sort_by_key(|addition| addition.at);
        let mut text = typed.to_owned();
        let mut insertions = Vec::new();
        let mut shift = 0;
        for addition in &self.additions {
            let name = self.in_typed(addition.name.start)..self.in_typed(addition.name.end);
            let at = self.in_typed(addition.at) + shift;
            text.insert_str(at, &addition.text);
            shift += addition.text.len();
            insertions.push(Insertion {
                at: Source::place(&text, at),
                length: addition.text.chars().count(),
                stands_for: Source::place(typed, name.start)..Source::place(typed, name.end),
            });
        }
        let span = |node: &SyntaxNode| {
            let range = node.text_range();
            let place = |offset: ra_ap_syntax::TextSize| Source::place(typed, self.in_typed(offset.into()));
            place(range.start())..place(range.end())
        };
        let shown = self.shown.as_ref().map(span);
        let last_expression = self
            .shown
            .clone()
            .or_else(|| last.cloned().and_then(ast::ExprStmt::cast)?.expr().map(|value| value.syntax().clone()));
        let returns_a_value =
            |node: &SyntaxNode| ast::ReturnExpr::cast(node.clone()).is_some_and(|value| value.expr().is_some());
        let returned = last_expression.filter(returns_a_value).as_ref().map(span);
        Prepared {
            text,
            source: Source::new(typed, insertions),
            shown,
            returned,
            words: words(&self.statements_text).map(str::to_owned).chain(included(&self.statements_text)).collect(),
            defined: self.defined,
            stated: self.stated,
            items: self.items,
            has_loops: items::has_loops(parsed),
            parses,
            is_guess: self.is_guess,
        }
    }
}

/// The crates that a cell can name without a dependency.
const BUILT_IN: [&str; 9] =
    ["std", "core", "alloc", "proc_macro", "test", "tensorlib", "soma_cell", "ndarray", "plotters"];

/// A cell without the byte-order mark that some editors put before a text.
pub fn without_mark(typed: &str) -> &str {
    typed.strip_prefix('\u{feff}').unwrap_or(typed)
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

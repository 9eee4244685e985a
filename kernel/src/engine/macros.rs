//! What a macro call that stands as a statement makes: items, variables, or neither.
//!
//! A call that makes items has to stand beside the cell's functions, not among its statements, where later cells could
//! not see the items. Macros of the notebook are expanded here, by rust-analyzer's expander, which also knows which
//! names come from the call and are therefore visible after it (hygiene). Of the macros of crates only a few are known;
//! for the others, the content of the call decides.

use ra_ap_mbe::{DeclarativeMacro, MacroCallStyle};
use ra_ap_parser::TopEntryPoint;
use ra_ap_span::{EditionedFileId, FileId, ROOT_ERASED_FILE_AST_ID, Span, SpanAnchor, SyntaxContext};
use ra_ap_syntax::ast::{self, HasName};
use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxKind, SyntaxNode, TextRange, TextSize};
use ra_ap_syntax_bridge::{parse_to_token_tree, token_tree_to_syntax_node};

/// What a call makes.
#[derive(Clone, Debug, PartialEq)]
pub enum Made {
    /// Items, with their text on one line if it is known.
    Items(Option<String>),
    /// Variables that are visible after the call, and whether each is mutable.
    Variables(Vec<(String, bool)>),
    /// A value, or nothing.
    Value,
}

/// What a call makes, and whether this is a guess.
#[derive(Clone, Debug, PartialEq)]
pub struct Classified {
    pub made: Made,
    pub is_guess: bool,
}

/// Macros of the standard library and of Soma that never make items.
const VALUES: [&str; 30] = [
    "println",
    "print",
    "eprintln",
    "eprint",
    "dbg",
    "vec",
    "format",
    "panic",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "todo",
    "unimplemented",
    "unreachable",
    "write",
    "writeln",
    "matches",
    "include_str",
    "include_bytes",
    "env",
    "option_env",
    "concat",
    "stringify",
    "tensor",
    "display",
    "update_display",
    "format_args",
];

/// Macros of crates that make only items.
const ITEMS: [&str; 3] = ["thread_local", "lazy_static", "bitflags"];

/// How deep nested calls in an expansion are followed.
const DEEPEST: usize = 32;

/// What a call that stands as a statement makes. `definition` returns the text of a macro of the notebook by its name.
pub fn classify(call: &ast::MacroCall, definition: &dyn Fn(&str) -> Option<String>) -> Classified {
    let sure = |made| Classified { made, is_guess: false };
    let Some(name) = name(call) else { return sure(Made::Value) };
    if let Some(text) = definition(&name) {
        return sure(expand(call, &text).map_or(Made::Value, |node| made(&node, definition, 0)));
    }
    if name == "include" {
        return sure(included(call).map_or(Made::Value, |text| of_file(&text)));
    }
    if VALUES.contains(&name.as_str()) {
        return sure(Made::Value);
    }
    if ITEMS.contains(&name.as_str()) {
        return sure(Made::Items(None));
    }
    Classified { made: if begins_with_an_item(call) { Made::Items(None) } else { Made::Value }, is_guess: true }
}

fn name(call: &ast::MacroCall) -> Option<String> {
    Some(call.path()?.segment()?.name_ref()?.text().to_string())
}

/// The expansion of a call, and which of its names come from the call.
struct Expansion {
    node: SyntaxNode,
    from_call: Box<dyn Fn(TextSize) -> bool>,
}

/// The text inside a call's brackets.
fn argument(call: &ast::MacroCall) -> Option<String> {
    let text = call.token_tree()?.syntax().text().to_string();
    Some(text.get(1..text.len().checked_sub(1)?)?.to_owned())
}

fn expand(call: &ast::MacroCall, definition: &str) -> Option<Expansion> {
    const EDITION: Edition = Edition::Edition2024;
    let root = SyntaxContext::root(EDITION);
    let anchor = |file| SpanAnchor {
        file_id: EditionedFileId::new(FileId::from_raw(file), EDITION),
        ast_id: ROOT_ERASED_FILE_AST_ID,
    };
    let rules = SourceFile::parse(definition, EDITION).syntax_node().descendants().find_map(ast::MacroRules::cast)?;
    let rules = rules.token_tree()?.syntax().text().to_string();
    let rules = parse_to_token_tree(EDITION, anchor(0), root, rules.get(1..rules.len() - 1)?)?;
    let rules = DeclarativeMacro::parse_macro_rules(&rules, |_| EDITION);
    let argument = argument(call)?;
    let tokens = parse_to_token_tree(EDITION, anchor(1), root, &argument)?;
    let site = Span { range: TextRange::up_to(TextSize::of(argument.as_str())), anchor: anchor(1), ctx: root };
    let database = salsa::DatabaseImpl::default();
    let expanded = rules.expand(&database, &tokens, |_| (), MacroCallStyle::FnLike, site);
    if expanded.err.is_some() {
        // rustc reports what is wrong with the call.
        return None;
    }
    let (parsed, spans) = token_tree_to_syntax_node(&expanded.value.0, TopEntryPoint::MacroStmts, &mut |_| EDITION);
    let from_call = move |offset| spans.span_at(offset).anchor.file_id.file_id() == FileId::from_raw(1);
    Some(Expansion { node: parsed.syntax_node(), from_call: Box::new(from_call) })
}

fn made(expansion: &Expansion, definition: &dyn Fn(&str) -> Option<String>, depth: usize) -> Made {
    let mut items = Vec::new();
    let mut variables = Vec::new();
    let mut others = false;
    for node in expansion.node.children() {
        let call = as_call(&node);
        if let Some(item) = ast::Item::cast(node.clone()).filter(|_| call.is_none()) {
            items.push(on_one_line(item.syntax()));
        } else if let Some(statement) = ast::LetStmt::cast(node.clone()) {
            let names =
                statement.pat().into_iter().flat_map(|pattern| pattern.syntax().descendants().collect::<Vec<_>>());
            for binding in names.filter_map(ast::IdentPat::cast) {
                let Some(name) = binding.name() else { continue };
                if (expansion.from_call)(name.syntax().text_range().start()) {
                    variables.push((name.text().to_string(), binding.mut_token().is_some()));
                }
            }
        } else if let Some(call) = call
            && depth < DEEPEST
        {
            let inner = name(&call).and_then(|name| definition(&name)).and_then(|text| expand(&call, &text));
            let inner = inner.map(|inner| made(&inner, definition, depth + 1));
            match inner.unwrap_or_else(|| classify(&call, &|_| None).made) {
                Made::Items(Some(text)) => items.push(text),
                Made::Items(None) => items.push(format!("{};", on_one_line(call.syntax()))),
                Made::Variables(_) | Made::Value => others = true,
            }
        } else {
            others = true;
        }
    }
    if !items.is_empty() && !others && variables.is_empty() {
        return Made::Items(Some(items.join(" ")));
    }
    if variables.is_empty() { Made::Value } else { Made::Variables(variables) }
}

/// A call that stands as a statement, or as the last expression.
pub fn as_call(node: &SyntaxNode) -> Option<ast::MacroCall> {
    let inner = match node.kind() {
        SyntaxKind::MACRO_CALL => return ast::MacroCall::cast(node.clone()),
        SyntaxKind::EXPR_STMT => ast::ExprStmt::cast(node.clone())?.expr()?,
        SyntaxKind::MACRO_EXPR => ast::Expr::cast(node.clone())?,
        _ => return None,
    };
    match inner {
        ast::Expr::MacroExpr(expression) => expression.macro_call(),
        _ => None,
    }
}

/// The text of the file that a call of `include!` names, if it can be read. The path is relative to the notebook's
/// folder.
pub fn included(call: &ast::MacroCall) -> Option<String> {
    let argument = argument(call)?;
    let path = argument.trim().trim_end_matches(',').trim().strip_prefix('"')?.strip_suffix('"')?;
    std::fs::read_to_string(path).ok()
}

/// What a file's text makes where it stands as a statement.
fn of_file(text: &str) -> Made {
    let parsed = SourceFile::parse(text, Edition::Edition2024);
    let is_items =
        parsed.errors().is_empty() && parsed.syntax_node().children().any(|node| ast::Item::can_cast(node.kind()));
    if is_items { Made::Items(None) } else { Made::Value }
}

/// Whether the content of a call begins like an item.
fn begins_with_an_item(call: &ast::MacroCall) -> bool {
    let Some(argument) = argument(call) else { return false };
    let parsed = SourceFile::parse(&argument, Edition::Edition2024);
    let first = parsed.syntax_node().children().next();
    first.is_some_and(|first| match ast::Item::cast(first) {
        Some(ast::Item::MacroCall(_)) | None => false,
        Some(_) => true,
    })
}

/// The tokens of code, separated by spaces.
fn on_one_line(node: &SyntaxNode) -> String {
    let tokens = node.descendants_with_tokens().filter_map(|element| element.into_token());
    let tokens = tokens.filter(|token| !token.kind().is_trivia());
    tokens.map(|token| token.text().to_owned()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(definitions: &[(&str, &str)], call: &str) -> Classified {
        let parsed = SourceFile::parse(&format!("fn f() {{ {call} }}"), Edition::Edition2024);
        let call = parsed.syntax_node().descendants().find_map(ast::MacroCall::cast).expect("there is a call");
        let definition = |name: &str| {
            let found = definitions.iter().find(|(other, _)| *other == name);
            found.map(|(name, rules)| format!("macro_rules! {name} {{ {rules} }}"))
        };
        classify(&call, &definition)
    }

    fn made_of(definitions: &[(&str, &str)], call: &str) -> Made {
        let classified = of(definitions, call);
        assert!(!classified.is_guess);
        classified.made
    }

    #[test]
    fn a_notebooks_macro_that_makes_items_is_known_by_its_expansion() {
        let record = [("record", "($n:ident, $($f:ident),*) => { struct $n { $($f: i32),* } impl $n { fn f() {} } }")];
        let Made::Items(Some(text)) = made_of(&record, "record!(Foo, a, b);") else { panic!("no items") };
        assert!(text.starts_with("struct Foo {") && text.contains("impl Foo {"), "{text}");
        let outer = [record[0], ("outer", "($n:ident) => { record!($n, x); }")];
        assert!(matches!(made_of(&outer, "outer!(Foo)"), Made::Items(Some(_))));
    }

    #[test]
    fn variables_are_those_whose_names_come_from_the_call() {
        let five = [("five", "($n:ident) => { let hidden = 5; let mut $n = hidden; }")];
        assert_eq!(made_of(&five, "five!(a);"), Made::Variables(vec![("a".to_owned(), true)]));
        assert_eq!(made_of(&[("five", "() => { let a = 5; }")], "five!();"), Made::Value);
    }

    #[test]
    fn values_and_calls_that_do_not_fit_are_left_to_rustc() {
        let square = [("square", "($e:expr) => { $e * $e }")];
        assert_eq!(made_of(&square, "square!(7)"), Made::Value);
        assert_eq!(made_of(&square, "square!(7, 8)"), Made::Value);
        assert_eq!(made_of(&[], "println!(\"struct\")"), Made::Value);
    }

    #[test]
    fn a_crates_macro_is_judged_by_what_stands_in_its_call() {
        assert_eq!(of(&[], "wrap! { pub struct Id(u32); }"), Classified { made: Made::Items(None), is_guess: true });
        assert_eq!(of(&[], "json!({\"a\": 1})"), Classified { made: Made::Value, is_guess: true });
        assert_eq!(made_of(&[], "thread_local! { static A: u8 = 1; }"), Made::Items(None));
    }
}

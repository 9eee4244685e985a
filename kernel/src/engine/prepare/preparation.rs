//! The preparation of one cell.

use std::collections::{BTreeMap, BTreeSet};

use ra_ap_syntax::ast::{self, HasName};
use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxKind, SyntaxNode};
use soma_driver::evcxr::program::{self, placeholder, words};
use soma_driver::toolchain::surroundings;

use super::addition::{Addition, hiding};
use super::bindings::{is_complete, kept_function, types_for, variables};
use super::{Earlier, PRELUDE, Prepared, code_start};
use crate::engine::items::{self, Item};
use crate::engine::macros::{self, Made};
use crate::engine::positions::{Insertion, Source};
use crate::engine::raw_name::plain;

/// The crates that a cell can name without a dependency.
const BUILT_IN: [&str; 9] =
    ["std", "core", "alloc", "proc_macro", "test", "tensorlib", "soma_cell", "ndarray", "plotters"];

/// The names used by files that statements include from the notebook's folder.
fn included(statements: &str) -> Vec<String> {
    surroundings::included_words(statements, &std::env::current_dir().unwrap_or_default())
}

/// A cell that is being prepared.
pub struct Preparation<'a> {
    typed: &'a str,
    /// The start of its code.
    start: usize,
    earlier: Earlier<'a>,
    /// The items that it defines, as syntax.
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

impl<'a> Preparation<'a> {
    /// Prepares a cell.
    pub fn of(typed: &'a str, earlier: Earlier<'a>) -> Prepared {
        let start = code_start(typed);
        let code = &typed[start..];
        let parsed = SourceFile::parse(&format!("{PRELUDE}{code}\n}}"), Edition::Edition2024);
        // rustc reports what is wrong with a cell that does not parse; evcxr then gets it unchanged.
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
            } else if let Some(item) = ast::Item::cast(node.clone()).filter(|item| parses && is_hidden(item)) {
                let place = Source::place(typed, cell.in_typed(item.syntax().text_range().start().into()));
                cell.hide_item(node, Item::new(&item, place));
            }
        }
        cell.finish(&parsed.syntax_node(), statements.last().filter(|_| parses), parses)
    }

    /// The byte of the cell as typed for a byte of the parsed text. A comment or string without an end reaches into the
    /// wrapper.
    fn in_typed(&self, offset: usize) -> usize {
        (offset - PRELUDE.len() + self.start).min(self.typed.len())
    }

    /// Hides an item; `node` is its syntax.
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

    /// The type of a pointer to a function of the notebook, if its text tells the type.
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

    /// Handles a macro call that stands as a statement, or as the last expression.
    fn macro_call(&mut self, node: &SyntaxNode, call: &ast::MacroCall) {
        let mut classified = macros::classify(call, &|name| self.macro_definition(name));
        self.is_guess |= classified.is_guess;
        if classified.is_guess && self.earlier.second_guess {
            classified.made = if classified.made == Made::Value { Made::Items(None) } else { Made::Value };
        }
        match classified.made {
            Made::Value => {
                if let Some(text) = macros::included(call) {
                    // The names that the file needs are needed at the call.
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

    /// Handles the variables of a `let`.
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

    /// Declares variables that were moved out and are assigned again, which a program allows.
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
            repeats: items::Repeats::of(parsed),
            parses,
            is_guess: self.is_guess,
        }
    }
}

/// Whether an `extern crate` is hidden: evcxr would add a dependency for it, but some crates are available without one.
fn is_hidden(item: &ast::Item) -> bool {
    match item {
        ast::Item::ExternCrate(item) => {
            let name = item.name_ref().map(|name| name.text().to_string()).unwrap_or_default();
            BUILT_IN.contains(&name.as_str())
        }
        ast::Item::MacroCall(_) => false,
        _ => true,
    }
}

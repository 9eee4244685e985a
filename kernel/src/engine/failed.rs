//! Names that failed cells would have defined, so that a later "not found" error can say why they are missing.

use std::collections::BTreeMap;

use ra_ap_syntax::ast::{self, HasGenericParams, HasName};
use ra_ap_syntax::{AstNode, Edition, SourceFile};

use super::items::imports;
use super::prepare;
use crate::context::CompileError;

/// How a cell failed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum How {
    /// It did not compile, so it never ran and defined nothing.
    NotCompiled,
    /// It never ran: one of its commands has stopped it, or the compiler could not be run.
    NotRun,
    /// It was interrupted.
    Interrupted,
    /// It ran and ended early: its items are defined, its variables are not.
    EndedEarly,
}

impl How {
    fn words(self) -> &'static str {
        match self {
            How::NotCompiled => "did not compile",
            How::NotRun => "did not run",
            How::Interrupted => "was interrupted",
            How::EndedEarly => "ended before it was through",
        }
    }
}

/// The names that failed cells would have defined: variables, items, and members such as `Net::area`.
#[derive(Debug, Default)]
pub struct FailedCells {
    names: BTreeMap<String, (usize, How)>,
}

impl FailedCells {
    /// Records the names that a failed cell would have defined.
    pub fn remember(&mut self, count: usize, code: &str, how: How) {
        let defined = Defined::read(code);
        let items = if how == How::EndedEarly { Vec::new() } else { defined.items };
        self.names.extend(defined.variables.into_iter().chain(items).map(|name| (name, (count, how))));
    }

    /// Removes the names that a cell has defined.
    pub fn forget(&mut self, code: &str) {
        // Most notebooks have no failed cell; then the code need not be parsed.
        if !self.names.is_empty() {
            let Defined { variables, items } = Defined::read(code);
            self.names.retain(|name, _| !variables.contains(name) && !items.contains(name));
        }
    }

    /// Notes on the names that the compiler has not found.
    pub fn notes(&self, errors: &[CompileError]) -> Vec<String> {
        let mut notes: Vec<String> = Vec::new();
        for name in errors.iter().flat_map(|error| missing(&error.message)) {
            if let Some((count, how)) = self.names.get(&name) {
                let note = format!(
                    "`{name}` is not there: In [{count}] would have defined it, but {}; mend that cell and run it again",
                    how.words()
                );
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
        }
        notes
    }
}

/// Notes on names that the compiler has not found but that a cell defined before the restart. `cells` returns the cells
/// of the session before it, newest first.
pub fn before_the_restart(errors: &[CompileError], cells: impl FnOnce() -> Vec<(usize, String)>) -> Vec<String> {
    let mut names: Vec<String> = errors.iter().flat_map(|error| missing(&error.message)).collect();
    names.dedup();
    if names.is_empty() {
        return Vec::new();
    }
    let mut notes = Vec::new();
    for (count, code) in cells() {
        // Parsing a cell takes longer than searching it for a word.
        let wanted: Vec<String> =
            names.extract_if(.., |name| code.contains(name.as_str()) && defines(&code, name)).collect();
        for name in wanted {
            let line = code.lines().map(str::trim).find(|line| line.contains(&name)).unwrap_or_default();
            notes.push(format!(
                "the kernel was restarted, so `{name}` is gone: run In [{count}] again, it has `{line}`"
            ));
        }
    }
    notes
}

/// Whether a cell defines a variable or an item.
fn defines(code: &str, name: &str) -> bool {
    let Defined { variables, items } = Defined::read(code);
    variables.iter().chain(&items).any(|defined| defined == name)
}

/// The names that are missing according to a message of the compiler.
fn missing(message: &str) -> Vec<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let name = |path: &str| path.split('<').next().unwrap_or_default().trim_start_matches(['&', ' ']).to_owned();
    let last = |path: &str| name(path).rsplit("::").next().unwrap_or_default().to_owned();
    if message.starts_with("cannot find ") || message.starts_with("failed to resolve") {
        return quoted.next().map(last).into_iter().collect();
    }
    if message.starts_with("unresolved import") {
        return quoted.flat_map(|path| path.split("::").map(str::to_owned).collect::<Vec<_>>()).collect();
    }
    if message.starts_with("no ") && message.contains(" found for ") {
        let (Some(member), Some(of)) = (quoted.next(), quoted.next()) else { return Vec::new() };
        return vec![format!("{}::{}", last(of), last(member))];
    }
    Vec::new()
}

/// The names that a cell defines, from its text; also for a cell that does not fully parse.
#[derive(Debug, Default, PartialEq)]
struct Defined {
    variables: Vec<String>,
    items: Vec<String>,
}

impl Defined {
    fn read(code: &str) -> Defined {
        let code = &code[prepare::code_start(code)..];
        let parsed = SourceFile::parse(&format!("async fn f() {{\n{code}\n}}"), Edition::Edition2024);
        let body = parsed.tree().syntax().children().find_map(ast::Fn::cast).and_then(|function| function.body());
        let mut defined = Defined::default();
        for node in body.and_then(|body| body.stmt_list()).iter().flat_map(|list| list.syntax().children()) {
            if let Some(statement) = ast::LetStmt::cast(node.clone()) {
                let bound = statement.pat().into_iter().flat_map(|pattern| pattern.syntax().descendants());
                defined.variables.extend(bound.filter_map(ast::IdentPat::cast).filter_map(|bound| named(&bound)));
            } else if let Some(item) = ast::Item::cast(node) {
                defined.items.extend(names(&item));
            }
        }
        defined
    }
}

fn named(item: &dyn HasName) -> Option<String> {
    Some(item.name()?.text().trim_start_matches("r#").to_owned())
}

fn names(item: &ast::Item) -> Vec<String> {
    let name = match item {
        ast::Item::Use(import) => return imports(import).into_iter().filter_map(|import| import.name).collect(),
        ast::Item::Impl(of) => return members(of),
        ast::Item::Fn(item) => named(item),
        ast::Item::Struct(item) => named(item),
        ast::Item::Enum(item) => named(item),
        ast::Item::Union(item) => named(item),
        ast::Item::Trait(item) => named(item),
        ast::Item::TypeAlias(item) => named(item),
        ast::Item::Const(item) => named(item),
        ast::Item::Static(item) => named(item),
        ast::Item::Module(item) => named(item),
        ast::Item::MacroRules(item) => named(item),
        _ => None,
    };
    name.into_iter().collect()
}

/// The members that an implementation gives its type.
fn members(of: &ast::Impl) -> Vec<String> {
    let ty = match of.self_ty() {
        Some(ast::Type::PathType(ty)) => {
            ty.path().and_then(|path| Some(path.segment()?.name_ref()?.text().to_string()))
        }
        _ => None,
    };
    let Some(ty) = ty else { return Vec::new() };
    let is_parameter = of.generic_param_list().is_some_and(|list| {
        list.type_or_const_params().any(|parameter| parameter.name().is_some_and(|name| name.text() == ty))
    });
    if is_parameter {
        return Vec::new();
    }
    let items = of.assoc_item_list().into_iter().flat_map(|list| list.assoc_items());
    let name = |item: ast::AssocItem| match item {
        ast::AssocItem::Fn(item) => named(&item),
        ast::AssocItem::Const(item) => named(&item),
        ast::AssocItem::TypeAlias(item) => named(&item),
        ast::AssocItem::MacroCall(_) => None,
    };
    items.filter_map(name).map(|name| format!("{ty}::{name}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_of_cells_that_do_not_parse() {
        let code = ":opt 2\nstruct Net { a: i32 }\nimpl<T> Net<T> { fn run(&self) {} const N: u8 = 1; }\nuse a::{b, c as d};\n\
                    let (x, mut y) = f(;\nfn f() {";
        let defined = Defined::read(code);
        for name in ["Net", "Net::run", "Net::N", "b", "d"] {
            assert!(defined.items.contains(&name.to_owned()), "{name}: {defined:?}");
        }
        assert!(
            defined.variables.contains(&"x".to_owned()) && defined.variables.contains(&"y".to_owned()),
            "{defined:?}"
        );
    }

    #[test]
    fn what_is_missing_is_read_off_the_message() {
        for (message, name) in [
            ("cannot find type `Net` in this scope", "Net"),
            ("cannot find function `twice` in module `crate::m`", "twice"),
            ("failed to resolve: use of undeclared type `Net`", "Net"),
            ("unresolved import `crate::nn`", "nn"),
            ("no method named `area` found for struct `Net` in the current scope", "Net::area"),
            (
                "no function or associated item named `new` found for struct `ctx::Net<T>` in the current scope",
                "Net::new",
            ),
            ("no method named `area` found for reference `&Net` in the current scope", "Net::area"),
        ] {
            assert!(missing(message).contains(&name.to_owned()), "{message}: {:?}", missing(message));
        }
        assert!(missing("mismatched types").is_empty());
    }
}

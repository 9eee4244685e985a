//! The names that a `use` imports.

use ra_ap_syntax::AstNode;
use ra_ap_syntax::ast::{self, HasAttrs, HasName, HasVisibility};

/// One import.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The imported name; `None` for `*` and `_`.
    pub name: Option<String>,
    /// A `use` of this name alone.
    pub code: String,
}

/// The imports of a `use`, in order.
pub fn imports(item: &ast::Use) -> Vec<Import> {
    let attributes: Vec<String> = item.attrs().map(|attribute| attribute.syntax().text().to_string()).collect();
    let visibility = item.visibility().map(|visibility| format!("{} ", visibility.syntax().text()));
    let start = format!("{}{}use ", attributes.join(" "), visibility.unwrap_or_default());
    let mut imports = Vec::new();
    if let Some(tree) = item.use_tree() {
        collect(&tree, "", &start, &mut imports);
    }
    imports
}

/// The import that an `extern crate` makes.
pub fn extern_crate(item: &ast::ExternCrate) -> Import {
    let renamed = item.rename().and_then(|rename| rename.name()).map(|name| name.text().to_string());
    let name = renamed.or_else(|| Some(item.name_ref()?.text().to_string()));
    Import { name, code: item.syntax().text().to_string() }
}

fn collect(tree: &ast::UseTree, prefix: &str, start: &str, imports: &mut Vec<Import>) {
    let own = tree.path().map(|path| path.syntax().text().to_string()).unwrap_or_default();
    // `use ::{a, b};` has a leading `::` without a path.
    let leading = if prefix.is_empty() && own.is_empty() && tree.coloncolon_token().is_some() { "::" } else { "" };
    if let Some(list) = tree.use_tree_list() {
        let prefix = if own.is_empty() { format!("{prefix}{leading}") } else { format!("{prefix}{own}::") };
        list.use_trees().for_each(|tree| collect(&tree, &prefix, start, imports));
        return;
    }
    if tree.star_token().is_some() {
        let path = if own.is_empty() { format!("{prefix}{leading}*") } else { format!("{prefix}{own}::*") };
        imports.push(Import { name: None, code: format!("{start}{path};") });
        return;
    }
    let renamed = tree.rename().map(|rename| {
        let name = rename.name().map(|name| name.text().to_string());
        let text = format!(" {}", rename.syntax().text());
        (name, text)
    });
    let is_self = own == "self" && !prefix.is_empty();
    let path = if is_self {
        format!("{prefix}{{self{}}}", text(&renamed))
    } else {
        format!("{prefix}{own}{}", text(&renamed))
    };
    let last = if is_self { prefix.trim_end_matches("::") } else { own.as_str() };
    let name = match renamed {
        Some((name, _)) => name,
        None => last.rsplit("::").next().map(|name| name.trim().to_owned()),
    };
    let name = name.map(|name| name.trim_start_matches("r#").to_owned());
    imports.push(Import { name, code: format!("{start}{path};") });
}

fn text(renamed: &Option<(Option<String>, String)>) -> &str {
    renamed.as_ref().map_or("", |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use ra_ap_syntax::ast::HasModuleItem;
    use ra_ap_syntax::{Edition, SourceFile};

    use super::*;

    fn of(code: &str) -> Vec<(Option<String>, String)> {
        let file = SourceFile::parse(code, Edition::Edition2024).tree();
        let Some(ast::Item::Use(item)) = file.items().next() else { panic!("{code} is no use") };
        imports(&item).into_iter().map(|import| (import.name, import.code)).collect()
    }

    fn named(name: &str, code: &str) -> (Option<String>, String) {
        (Some(name.to_owned()), code.to_owned())
    }

    #[test]
    fn a_tree_has_an_import_for_each_name() {
        assert_eq!(of("use std::fmt;"), [named("fmt", "use std::fmt;")]);
        assert_eq!(
            of("use std::{fmt::{self, Write as _, Debug}, io as input, rc::*};"),
            [
                named("fmt", "use std::fmt::{self};"),
                (None, "use std::fmt::Write as _;".to_owned()),
                named("Debug", "use std::fmt::Debug;"),
                named("input", "use std::io as input;"),
                (None, "use std::rc::*;".to_owned()),
            ]
        );
        assert_eq!(of("use ::{std::fmt};"), [named("fmt", "use ::std::fmt;")]);
        assert_eq!(of("use {std::fmt, std::io};"), [named("fmt", "use std::fmt;"), named("io", "use std::io;")]);
        assert_eq!(of("pub use a::b as c;"), [named("c", "pub use a::b as c;")]);
        assert_eq!(of("use a;"), [named("a", "use a;")]);
    }

    #[test]
    fn every_import_is_a_use_that_parses() {
        for (_, code) in of("#[rustfmt::skip] use ::a::{self as b, r#type::{c, self}, *};") {
            assert!(SourceFile::parse(&code, Edition::Edition2024).errors().is_empty(), "{code}");
        }
    }
}

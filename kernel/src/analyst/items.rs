//! The items of a notebook: what its cells have defined and imported, the newest version of each.

use ra_ap_syntax::ast::{self, HasModuleItem, HasName};
use ra_ap_syntax::{AstNode, Edition, SourceFile};

/// The items of all cells that were run.
#[derive(Clone, Debug, Default)]
pub struct Items {
    /// What makes two items the same, and their text; in the order in which they were last defined.
    known: Vec<(String, String)>,
}

impl Items {
    /// Adds the items of a cell (without its leading commands); a name defined again replaces the older item.
    pub fn learn(&mut self, code: &str) {
        let parsed = SourceFile::parse(code, Edition::Edition2024);
        for item in parsed.tree().items() {
            let text = item.syntax().text().to_string();
            let key = key(&item, &text);
            self.known.retain(|(other, _)| *other != key);
            self.known.push((key, text));
        }
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.known.clear();
    }

    /// Their texts.
    pub fn texts(&self) -> Vec<String> {
        self.known.iter().map(|(_, text)| text.clone()).collect()
    }
}

/// A type and a function may have the same name; an implementation, an import or a macro call has none.
fn key(item: &ast::Item, text: &str) -> String {
    let named = |space: &str, name: Option<ast::Name>| name.map(|name| format!("{space} {}", name.text()));
    let key = match item {
        ast::Item::Fn(item) => named("value", item.name()),
        ast::Item::Const(item) => named("value", item.name()),
        ast::Item::Static(item) => named("value", item.name()),
        ast::Item::Struct(item) => named("type", item.name()),
        ast::Item::Enum(item) => named("type", item.name()),
        ast::Item::Union(item) => named("type", item.name()),
        ast::Item::Trait(item) => named("type", item.name()),
        ast::Item::TypeAlias(item) => named("type", item.name()),
        ast::Item::Module(item) => named("type", item.name()),
        ast::Item::MacroRules(item) => named("macro", item.name()),
        ast::Item::Impl(item) => header(item),
        _ => None,
    };
    key.unwrap_or_else(|| text.to_owned())
}

/// An implementation's text up to its body and its methods' names: run again with other bodies it replaces itself,
/// while a second one for the same type that adds methods stands beside it.
fn header(item: &ast::Impl) -> Option<String> {
    let members = item.assoc_item_list()?;
    let names = members.assoc_items().filter_map(|member| {
        let name = member.syntax().children().find_map(ast::Name::cast)?;
        Some(name.text().to_string())
    });
    let start = item.syntax().text_range().start();
    let length = members.syntax().text_range().start() - start;
    let head = item.syntax().text().slice(..length).to_string();
    Some(format!("{head}{}", names.collect::<Vec<_>>().join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(cells: &[&str]) -> Vec<String> {
        let mut items = Items::default();
        cells.iter().for_each(|cell| items.learn(cell));
        items.texts()
    }

    #[test]
    fn statements_are_no_items() {
        assert_eq!(after(&["fn f() {}\nlet x = 1;\nuse a::b;\nx"]), ["fn f() {}", "use a::b;"]);
    }

    #[test]
    fn a_new_definition_replaces_the_old_one() {
        assert_eq!(
            after(&["struct P { x: i32 }\nfn P() {}", "struct P { y: i32 }"]),
            ["fn P() {}", "struct P { y: i32 }"]
        );
    }

    #[test]
    fn an_implementation_that_is_run_again_replaces_itself() {
        let cells = ["impl P { fn a() { 1 } }", "impl P { fn b() {} }", "impl P { fn a() { 2 } }"];
        assert_eq!(after(&cells), [cells[1], cells[2]]);
    }
}

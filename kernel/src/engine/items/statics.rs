//! Statics that keep their value from cell to cell.
//!
//! Every cell is a separate library that holds the items it needs, and a `static` in one of them would start again with
//! each. So the first library that has it exports it under a symbol, and the libraries of later cells have a
//! declaration in its place (`unsafe extern "C" { safe static … }`): the same variable, wherever in an item it stands.
//! `thread_local!` and `lazy_static!` make values that a static can hold or point to; that static is shared.
//!
//! A static whose type cannot be changed through a shared reference (`static NAME: &str`) has the same value in every
//! library, and constants may read it, so it is left alone.

use std::ops::Range;

use ra_ap_syntax::ast::{self, AstNode, HasName, HasVisibility};
use ra_ap_syntax::{Edition, SourceFile, SyntaxNode, TextSize};
use soma_driver::evcxr::program::Splice;

use crate::engine::raw_name::plain;

/// A place of an item's text that makes statics.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Site {
    /// The code that makes them, in bytes of the item's text.
    range: Range<usize>,
    maker: Maker,
    statics: Vec<Static>,
}

/// The kind of code that makes a static.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Maker {
    Item,
    ThreadLocal,
    LazyStatic,
}

#[derive(Clone, Debug, PartialEq)]
struct Static {
    name: String,
    visibility: String,
    ty: String,
    is_mutable: bool,
}

/// Macros whose calls make statics.
const MAKERS: [(&str, Maker); 2] = [("thread_local", Maker::ThreadLocal), ("lazy_static", Maker::LazyStatic)];

/// Types that cannot be changed through a shared reference.
const FROZEN: [&str; 24] = [
    "bool",
    "char",
    "str",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "f32",
    "f64",
    "String",
    "Vec",
    "Option",
    "Result",
    "Box",
    "Duration",
    "PhantomData",
];

/// The places in an item that make statics which later cells must share.
pub(super) fn sites(item: &SyntaxNode) -> Vec<Site> {
    let start = item.text_range().start();
    item.descendants().filter_map(|node| site(&node, start)).collect()
}

fn site(node: &SyntaxNode, start: TextSize) -> Option<Site> {
    let (whole, maker, statics) = if let Some(item) = ast::Static::cast(node.clone()) {
        (node.clone(), Maker::Item, vec![declared(&item)?])
    } else {
        let call = ast::MacroCall::cast(node.clone())?;
        let name = call.path()?.segment()?.name_ref()?;
        let (_, maker) = MAKERS.iter().find(|(maker, _)| *maker == name.text())?;
        // As a statement, it ends after the semicolon.
        let statement = node.ancestors().skip(1).take(2).find(|outer| ast::ExprStmt::can_cast(outer.kind()));
        (statement.unwrap_or_else(|| node.clone()), *maker, in_call(&call))
    };
    let range = whole.text_range() - start;
    let statics: Vec<Static> = statics.into_iter().filter(|one| maker != Maker::Item || one.may_change()).collect();
    (!statics.is_empty()).then(|| Site { range: range.start().into()..range.end().into(), maker, statics })
}

/// A static that code defines; `None` for a mere declaration.
fn declared(item: &ast::Static) -> Option<Static> {
    item.body()?;
    Some(Static {
        name: item.name()?.text().to_string(),
        visibility: item.visibility().map(|visibility| format!("{} ", visibility.syntax().text())).unwrap_or_default(),
        ty: item.ty()?.syntax().text().to_string(),
        is_mutable: item.mut_token().is_some(),
    })
}

/// The statics in the call of a macro whose argument is a list of statics.
fn in_call(call: &ast::MacroCall) -> Vec<Static> {
    let Some(tokens) = call.token_tree() else { return Vec::new() };
    let text = tokens.syntax().text().to_string();
    let inside = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    // `static ref NAME: T = …;` is `lazy_static!`'s own syntax, and the last one may stand without its semicolon.
    let items = format!("{};", inside.trim_end().trim_end_matches(';').replace("static ref ", "static "));
    let parsed = SourceFile::parse(&items, Edition::Edition2024);
    parsed.syntax_node().children().filter_map(ast::Static::cast).filter_map(|item| declared(&item)).collect()
}

impl Static {
    /// Whether it can be changed through a shared reference.
    fn may_change(&self) -> bool {
        let parsed = SourceFile::parse(&format!("type T = {};", self.ty), Edition::Edition2024);
        let names = parsed.syntax_node().descendants().filter_map(ast::PathType::cast);
        let mut names = names.filter_map(|ty| Some(plain(ty.path()?.segment()?.name_ref()?.text())));
        self.is_mutable || names.any(|name| !FROZEN.contains(&name.as_str()))
    }

    /// The code that exports it to later libraries.
    fn exported(&self, symbol: &str) -> String {
        format!("#[unsafe(export_name = \"{symbol}\")]")
    }

    /// The code that replaces it in later libraries.
    fn imported(&self, symbol: &str, ty: &str) -> String {
        let (safe, mutable) = if self.is_mutable { ("", "mut ") } else { ("safe ", "") };
        let Static { name, visibility, .. } = self;
        format!("#[link_name = \"{symbol}\"] {visibility}{safe}static {mutable}{name}: {ty};")
    }
}

impl Site {
    /// The types of all its statics.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.statics.iter().map(|one| one.ty.as_str())
    }

    /// The type of the shared static.
    fn shared(&self, ty: &str) -> String {
        match self.maker {
            Maker::Item => ty.to_owned(),
            Maker::ThreadLocal => format!("::std::thread::LocalKey<{ty}>"),
            Maker::LazyStatic => format!("::soma_cell::statics::Lazy<{ty}>"),
        }
    }

    /// The code that the first library with its statics has besides the item.
    fn definition(&self, prefix: &str) -> Splice {
        let symbols = (0..).map(|number| symbol(prefix, number));
        let text = self.statics.iter().zip(symbols).map(|(one, symbol)| {
            let (exported, name) = (one.exported(&symbol), &one.name);
            match self.maker {
                Maker::Item => exported,
                Maker::ThreadLocal => format!("{exported} static soma_{name}: {} = {name};", self.shared(&one.ty)),
                Maker::LazyStatic => {
                    let shared = self.shared(&one.ty);
                    format!("{exported} static soma_{name}: {shared} = ::soma_cell::statics::Lazy::new(|| &*{name});")
                }
            }
        });
        let at = if self.maker == Maker::Item { self.range.start } else { self.range.end };
        Splice { range: at..at, text: text.collect::<Vec<_>>().join(" ") }
    }

    /// The code that replaces its statics in later libraries.
    fn declaration(&self, prefix: &str) -> Splice {
        let symbols = (0..).map(|number| symbol(prefix, number));
        let statics =
            self.statics.iter().zip(symbols).map(|(one, symbol)| one.imported(&symbol, &self.shared(&one.ty)));
        let text = format!("unsafe extern \"C\" {{ {} }}", statics.collect::<Vec<_>>().join(" "));
        Splice { range: self.range.clone(), text }
    }
}

fn symbol(prefix: &str, number: usize) -> String {
    format!("{prefix}_{number}")
}

/// The splices for the first library with the statics of an item, whose symbols begin with `prefix`.
pub(super) fn definitions(sites: &[Site], prefix: &str) -> Vec<Splice> {
    sites.iter().enumerate().map(|(number, site)| site.definition(&symbol(prefix, number))).collect()
}

/// The splices for a library after it, for symbols that begin with `prefix`.
pub(super) fn declarations(sites: &[Site], prefix: &str) -> Vec<Splice> {
    sites.iter().enumerate().map(|(number, site)| site.declaration(&symbol(prefix, number))).collect()
}

#[cfg(test)]
mod tests {
    use ra_ap_syntax::ast::HasModuleItem;

    use super::*;

    fn spliced(code: &str, splices: impl Fn(&[Site]) -> Vec<Splice>) -> String {
        let file = SourceFile::parse(code, Edition::Edition2024).tree();
        let item = file.items().next().unwrap();
        let mut text = code.to_owned();
        for Splice { range, text: new } in splices(&sites(item.syntax())).into_iter().rev() {
            text.replace_range(range, &new);
        }
        text
    }

    #[test]
    fn a_static_is_exported_where_it_is_first_and_declared_where_it_is_not() {
        let code = "fn id() -> u32 { static NEXT: AtomicU32 = AtomicU32::new(0); NEXT.load(SeqCst) }";
        assert_eq!(
            spliced(code, |sites| definitions(sites, "s")),
            code.replace("static", "#[unsafe(export_name = \"s_0_0\")]static")
        );
        assert_eq!(
            spliced(code, |sites| declarations(sites, "s")),
            "fn id() -> u32 { unsafe extern \"C\" { #[link_name = \"s_0_0\"] safe static NEXT: AtomicU32; } NEXT.load(SeqCst) }"
        );
        assert_eq!(
            spliced("mod m { pub static mut N: [i32; 2] = [0; 2]; }", |sites| declarations(sites, "s")),
            "mod m { unsafe extern \"C\" { #[link_name = \"s_0_0\"] pub static mut N: [i32; 2]; } }"
        );
    }

    #[test]
    fn values_of_thread_local_and_lazy_static_are_shared_through_a_static() {
        let code =
            "fn f() { thread_local! { static A: Cell<u8> = Cell::new(1); static B: u8 = const { 2 } }; A.get() }";
        let first = spliced(code, |sites| definitions(sites, "s"));
        assert!(
            first.contains("}; A.get()") || first.contains("static soma_A: ::std::thread::LocalKey<Cell<u8>> = A;"),
            "{first}"
        );
        let later = spliced(code, |sites| declarations(sites, "s"));
        assert!(later.contains("#[link_name = \"s_0_1\"] safe static B: ::std::thread::LocalKey<u8>;"), "{later}");
        let lazy =
            spliced("lazy_static! { pub static ref M: Mutex<u8> = Mutex::new(1); }", |sites| declarations(sites, "s"));
        assert!(lazy.contains("pub safe static M: ::soma_cell::statics::Lazy<Mutex<u8>>;"), "{lazy}");
    }

    #[test]
    fn what_cannot_change_is_left_alone() {
        for code in
            ["static NAME: &str = \"a\";", "static T: [(u8, f64); N] = f();", "unsafe extern \"C\" { static e: i32; }"]
        {
            assert_eq!(spliced(code, |sites| declarations(sites, "s")), code);
        }
    }
}

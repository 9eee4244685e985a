//! Items and variables that macros make.

use indoc::indoc;

use crate::notebook::Notebook;

#[test]
fn items_from_macros_are_there_in_later_cells() {
    let mut notebook = Notebook::open();
    notebook.ok("macro_rules! record { ($n:ident) => { #[derive(Debug)] struct $n { n: i32 } impl $n { fn up(&self) -> i32 { self.n + 1 } } } }");
    notebook.ok("record!(Foo);");
    notebook.gives("Foo { n: 3 }", "Foo { n: 3 }");
    notebook.ok(indoc! {"
        macro_rules! make { ($f:ident, $v:expr) => { fn $f() -> i32 { $v } }; }
        make!(seven, 7);
        record!(Bar);
        let b = Bar { n: seven() };"});
    notebook.gives("(b.up(), seven())", "(8, 7)");
    notebook.ok("record!{Baz}");
    notebook.ok("macro_rules! both { ($($n:ident),*) => { $(record!($n);)* } }");
    notebook.ok("both!(One, Two)");
    notebook.gives("Two { n: 1 }.up() + One { n: 1 }.up() + Baz { n: 0 }.up()", "5");
}

#[test]
fn variables_from_macros_are_kept() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {r#"
        macro_rules! five { ($n:ident) => { let mut $n = 5; } }
        macro_rules! pair { ($a:ident, $b:ident) => { let ($a, $b) = (1, "two"); } }"#});
    notebook.gives("five!(a); a", "5");
    notebook.gives("a += 1; a", "6");
    notebook.ok("pair!(x, y)");
    notebook.gives("(x, y)", "(1, \"two\")");
}

#[test]
fn a_macro_of_the_standard_library_may_be_the_last_thing_of_a_cell() {
    let mut notebook = Notebook::open();
    notebook.ok("thread_local! { static T: std::cell::Cell<i32> = std::cell::Cell::new(1) }");
    notebook.gives("T.get()", "1");
    std::fs::write(notebook.folder().join("f.rs"), "pub fn from_file() -> i32 { 40 }\nconst HERE: i32 = 2;").unwrap();
    notebook.ok("include!(\"f.rs\");");
    notebook.gives("from_file() + HERE", "42");
}

#[test]
fn a_value_that_looks_like_items_is_a_value() {
    let mut notebook = Notebook::open();
    notebook.ok("macro_rules! text { ($($t:tt)*) => { stringify!($($t)*) } }");
    notebook.gives("text! { struct A; }", "\"struct A;\"");
    notebook.gives("stringify!(fn f() {})", "\"fn f() {}\"");
}

#[test]
fn an_import_may_be_said_twice() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        use std::collections::HashMap;
        use std::collections::{HashMap, BTreeMap};
        let m: HashMap<u8, BTreeMap<u8, u8>> = HashMap::new();"});
    notebook.ok("use std::collections::HashMap;\nuse std::collections::HashMap;");
    notebook.gives("(m.len(), BTreeMap::<u8, u8>::new().len())", "(0, 0)");
    notebook.ok("extern crate alloc;\nuse alloc::collections::VecDeque;");
    notebook.gives("alloc::vec![1].len() + VecDeque::<u8>::new().len()", "1");
}

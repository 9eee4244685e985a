//! Tests which items replace which, and which of them a cell needs.

use std::collections::BTreeSet;

use soma_driver::evcxr::program::words;
use soma_driver::variable_types::Types;

use super::*;
use crate::engine::prepare::prepare;

fn after(cells: &[&str]) -> Items {
    let mut items = Items::default();
    for (number, cell) in cells.iter().enumerate() {
        items.learn(&own(number, &prepare(cell).items));
    }
    items
}

fn own(place: usize, items: &[Item]) -> CellOf<'_> {
    CellOf { place, id: None, items }
}

/// The items that a cell needs after these cells.
fn needed(cells: &[&str], cell: &str) -> CellItems {
    let prepared = prepare(cell);
    let words: BTreeSet<String> = words(cell).map(str::to_owned).collect();
    let statements = Statements { code: cell, types: &Types::new(), repeats: prepared.repeats };
    after(cells).for_cell(&own(cells.len(), &prepared.items), &words, &statements, false)
}

fn texts(items: &CellItems) -> Vec<&str> {
    items.earlier.iter().map(|item| item.text.as_str()).collect()
}

#[test]
fn statements_are_no_items() {
    assert_eq!(after(&["fn f() {}\nlet x = 1;\nuse a::b;\nx"]).texts(), ["fn f() {}", "use a::b;"]);
}

#[test]
fn a_new_definition_replaces_the_old_one_of_the_same_namespace() {
    assert_eq!(
        after(&["struct P { x: i32 }\nfn P() {}", "struct P { y: i32 }"]).texts(),
        ["fn P() {}", "struct P { y: i32 }"]
    );
    assert_eq!(after(&["struct P(i32);", "fn P() {}"]).texts(), ["fn P() {}"]);
    assert_eq!(after(&["fn m() {}", "macro_rules! m { () => {} }"]).texts().len(), 2);
    let mut items = after(&["fn f() {}"]);
    items.clear();
    assert!(items.texts().is_empty());
}

#[test]
fn an_import_is_replaced_name_by_name() {
    let cells = ["use std::{fmt::Result, io};", "use std::io::Result;"];
    assert_eq!(after(&cells).texts(), ["use std::io;", "use std::io::Result;"]);
    assert_eq!(after(&["use std::io::Read;", "trait Read {}"]).texts(), ["trait Read {}"]);
    assert_eq!(after(&["fn sqrt() {}", "use a::sqrt;"]).texts(), ["use a::sqrt;"]);
    assert_eq!(after(&["use a::*;\nuse b::T as _;", "use a::*;"]).texts(), ["use b::T as _;", "use a::*;"]);
}

#[test]
fn an_implementation_that_is_run_again_replaces_itself() {
    let cells = ["impl P { fn a() { 1 } }", "impl P { fn b() {} }", "impl P { fn a() { 2 } }"];
    assert_eq!(after(&cells).texts(), [cells[1], cells[2]]);
    let of_trait = ["impl T for P { type A = u8; }", "impl  T for P\n{ type B = u8; }"];
    assert_eq!(after(&of_trait).texts(), [of_trait[1]]);
}

#[test]
fn a_type_defined_anew_takes_along_what_its_cell_implemented() {
    let cells =
        ["struct P;\nimpl P { fn a() {} }", "impl P { fn b() {} }", "struct P { x: i32 }\nimpl P { fn c() {} }"];
    assert_eq!(after(&cells).texts(), ["impl P { fn b() {} }", "struct P { x: i32 }", "impl P { fn c() {} }"]);
}

#[test]
fn a_cell_needs_what_it_can_reach() {
    let chain = [
        "fn start() -> Near { middle!() }",
        "macro_rules! middle { () => { Near(1) } }",
        "struct Near(i32);",
        "impl std::fmt::Debug for Near { fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { helper(f) } }",
        "fn helper(f: &mut std::fmt::Formatter) -> std::fmt::Result { Ok(()) }",
        "trait Twice { fn twice(&self) -> i32; }",
        "impl Twice for i32 { fn twice(&self) -> i32 { self * 2 } }",
        "use std::collections::HashMap;",
    ];
    let mut cells = chain.to_vec();
    cells.extend(["fn other() {}", "#[derive(Debug)]\nstruct Far { x: i32 }", "impl Far { fn y(&self) {} }"]);
    assert_eq!(texts(&needed(&cells, "start(); 4.twice();")), chain);
    assert_eq!(texts(&needed(&cells, "1 + 1")), ["use std::collections::HashMap;"]);
}

#[test]
fn what_a_cell_defines_brings_what_it_needs() {
    let cells = ["struct S;", "impl S { fn old(&self) {} }", "fn helper() {}", "fn far() {}"];
    let needed = needed(&cells, "fn wrong() -> i32 { helper() }\nimpl S { fn new(&self) {} }");
    assert_eq!(needed.own.len(), 2);
    assert_eq!(texts(&needed), ["struct S;", "impl S { fn old(&self) {} }", "fn helper() {}"]);
}

#[test]
fn earlier_items_know_their_cell_and_place() {
    let needed = needed(&["let x = 1;\n  fn f() {}"], "f()");
    let item = &needed.earlier[0];
    assert_eq!((item.cell, item.line, item.column), (0, 2, 3));
}

#[test]
fn a_changed_definition_has_another_fingerprint() {
    let fingerprint = |cells: &[&str], cell: &str| needed(cells, cell).definitions;
    let usual = fingerprint(&["struct Outer { inner: Inner }", "struct Inner { x: i32 }"], "Outer");
    assert_eq!(usual.keys().collect::<Vec<_>>(), ["ctx::Inner", "ctx::Outer"]);
    assert_eq!(usual, fingerprint(&["struct Inner { x: i32 }", "struct Outer { inner: Inner }", "fn f() {}"], "Outer"));
    for changed in [
        fingerprint(&["struct Outer { inner: Inner, n: u8 }", "struct Inner { x: i32 }"], "Outer"),
        fingerprint(&["struct Outer { inner: Inner }", "struct Inner { x: i64 }"], "Outer"),
        fingerprint(&["struct Outer { inner: Inner }"], "struct Inner { x: i64 }\nOuter"),
    ] {
        assert_ne!(usual["ctx::Outer"], changed["ctx::Outer"]);
    }
    let module = fingerprint(&["mod m { pub struct A; }"], "m::A");
    assert_eq!(module.keys().collect::<Vec<_>>(), ["ctx::m::"]);
}

#[test]
fn loops_that_can_be_reached_count() {
    assert!(needed(&["fn f() { loop {} }"], "f()").has_hot_loops);
    assert!(!needed(&["fn f() { loop {} }"], "1").has_hot_loops);
    assert!(needed(&[], "for i in 0..9 { f(i); }").has_hot_loops);
}

#[test]
fn types_that_a_cell_changes_are_known() {
    let items = after(&["struct Outer { inner: Inner }\nstruct Inner;\nstruct Other;\nmod m { pub struct A; }"]);
    let changed = |cell: &str| items.changed_by(&own(9, &prepare(cell).items));
    assert_eq!(changed("struct Inner { x: u8 }"), ["crate::Inner", "crate::Outer"]);
    assert_eq!(changed("mod m {}"), ["crate::m::"]);
    assert_eq!(changed("struct Other;\nfn f() {}\nimpl Other { fn g() {} }"), Vec::<String>::new());
    assert_eq!(changed("let x = 1;"), Vec::<String>::new());
}

#[test]
fn an_implementation_changes_a_type_when_what_it_says_changes_not_when_it_comes() {
    let late = "impl Iterator for Count { type Item = u8; fn next(&mut self) -> Option<u8> { None } }";
    let mut items = after(&["struct Count { n: u8 }"]);
    let changed = |items: &Items, cell: &str| items.changed_by(&own(9, &prepare(cell).items));
    assert_eq!(changed(&items, late), Vec::<String>::new());
    items.learn(&own(1, &prepare(late).items));
    assert_eq!(changed(&items, &late.replace("None", "Some(1)")), Vec::<String>::new());
    assert_eq!(changed(&items, &late.replace("u8", "u64")), ["crate::Count"]);
    items.learn(&own(2, &prepare(&late.replace("u8", "u64")).items));
    assert_eq!(changed(&items, late), ["crate::Count"]);
}

#[test]
fn a_nameless_item_changes_the_types_that_nothing_names() {
    let items = after(&["struct Named;\nmod m { pub struct A; }", "const _: () = define_types!();"]);
    let changed = items.changed_by(&own(9, &prepare("const _: () = define_others!();").items));
    assert_eq!(changed, ["crate::"]);
    let nameless = ["crate::Expanded", "(crate::Named, std::vec::Vec<crate::Expanded>)"];
    for ty in nameless {
        assert!(items.has_nameless_types(ty), "{ty}");
    }
    for ty in ["crate::Named", "std::vec::Vec<crate::m::A>", "i32"] {
        assert!(!items.has_nameless_types(ty), "{ty}");
    }
}

#[test]
fn a_block_of_foreign_functions_defines_no_types() {
    let statements = Statements { code: "", types: &Types::new(), repeats: Repeats::default() };
    let mut items = after(&["struct S;", "unsafe extern \"C\" { fn abs(n: i32) -> i32; fn labs(n: i64) -> i64; }"]);
    assert_eq!(items.changed_by(&own(9, &prepare("unsafe extern \"C\" { fn close(fd: i32) -> i32; }").items)), [""; 0]);
    assert_eq!(items.for_cell(&own(9, &[]), &BTreeSet::new(), &statements, false).earlier.len(), 1);
    assert!(items.names().contains("labs"));
    // An implementation with all functions of another replaces it.
    let mut again = |block: &str| {
        let cell = prepare(block).items;
        items.for_cell(&own(9, &cell), &BTreeSet::new(), &statements, false).earlier.len()
    };
    assert_eq!(
        again("unsafe extern \"C\" { fn labs(n: i64) -> i64; fn abs(n: i32) -> i32; fn exit(code: i32) -> !; }"),
        0
    );
    assert_eq!(again("unsafe extern \"C\" { fn exit(code: i32) -> !; }"), 1);
}

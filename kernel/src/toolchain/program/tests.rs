//! Programs from texts in evcxr's shape. That evcxr really writes this shape is what every test in
//! `kernel/tests/cells` shows; `layout` says so when it does not.

use std::sync::LazyLock;

use regex::Regex;

use super::*;

/// A cell's text as evcxr 0.22 writes it, with these items, variables (name and type) and statements.
fn evcxr_text(items: &[&str], variables: &[(&str, &str)], statements: &[&str], number: usize) -> String {
    let mut text = vec!["#![allow(unused_imports, unused_mut, dead_code)]".to_owned()];
    text.extend(items.iter().map(ToString::to_string));
    text.extend(["mod evcxr_internal_runtime {", "pub struct VariableStore;", "}"].map(str::to_owned));
    text.push("#[unsafe(no_mangle)]".to_owned());
    text.push(format!("pub extern \"C\" fn run_user_code_{number}("));
    text.push("mut evcxr_variable_store: *mut evcxr_internal_runtime::VariableStore)".to_owned());
    text.push("  -> *mut evcxr_internal_runtime::VariableStore {".to_owned());
    text.push("let evcxr_variable_store = unsafe {&mut *evcxr_variable_store};".to_owned());
    for (name, ty) in variables {
        text.push(format!("vars_ok &= evcxr_variable_store.check_variable::<{ty}>(stringify!({name}));"));
    }
    for (name, ty) in variables {
        text.push(format!("let mut {name} = evcxr_variable_store.take_variable::<{ty}>(stringify!({name}));"));
    }
    text.extend(statements.iter().map(ToString::to_string));
    for (name, ty) in variables {
        text.push(format!("evcxr_variable_store.put_variable::<{ty}>(stringify!({name}), {name});"));
    }
    text.extend(["evcxr_variable_store", "}"].map(str::to_owned));
    text.join("\n")
}

static CHECKED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"check_variable::<(.*)>\(stringify!\((.*)\)\);").unwrap());

fn read(text: &str, types: &[(&str, &str)]) -> Program {
    // Variables with a stated type have it in the store, too.
    let stated = CHECKED.captures_iter(text).map(|found| (found[2].to_owned(), Some(found[1].to_owned())));
    let given = types.iter().map(|(name, ty)| ((*name).to_owned(), Some((*ty).to_owned())));
    let types = stated.chain(given).collect();
    Program::read(
        text,
        &Session { types: &types, implementations: &[], own: &OwnItems::default(), changing: &[], linked: None },
    )
    .unwrap()
}

#[test]
fn the_order_of_hash_maps_and_the_number_of_the_cell_make_no_difference() {
    let (f, g) = ("fn f() -> i32 { 1 }", "fn g() -> i32 { 2 }");
    let (a, b) = (("a", "i32"), ("b", "String"));
    let cell = ["let c = f() + g() + a + b.len() as i32;"];
    let one = read(&evcxr_text(&[f, g], &[a, b], &cell, 3), &[]);
    let other = read(&evcxr_text(&[g, f], &[b, a], &cell, 4), &[]);
    assert_eq!(one.text(), other.text());
}

#[test]
fn whatever_a_cell_uses_makes_a_difference() {
    let text = |item: &str, ty: &str, statement: &str| {
        read(&evcxr_text(&[item], &[("a", "soma_type!(a)")], &[statement], 1), &[("a", ty)]).text()
    };
    let usual = text("fn f() -> i32 { 1 }", "i32", "f() + a;");
    assert_ne!(usual, text("fn f() -> i32 { 2 }", "i32", "f() + a;"), "an item");
    assert_ne!(usual, text("fn f() -> i32 { 1 }", "i64", "f() + a;"), "a variable's type");
    assert_ne!(usual, text("fn f() -> i32 { 1 }", "i32", "f() - a;"), "the cell");
    assert_eq!(usual, text("fn f() -> i32 { 1 }", "i32", "f() + a;"));
}

#[test]
fn what_a_cell_cannot_reach_makes_none() {
    let cell = ["println!(\"{}\", used());"];
    let small = read(&evcxr_text(&["fn used() -> i32 { 1 }"], &[], &cell, 1), &[]);
    let items = [
        "fn used() -> i32 { 1 }",
        "fn other() {}",
        "#[derive(Debug)]\nstruct Far { x: i32 }",
        "impl Far { fn y(&self) {} }",
    ];
    let large = read(&evcxr_text(&items, &[("far", "crate::Far")], &cell, 1), &[]);
    assert_eq!(small.text(), large.text());
}

#[test]
fn what_the_cell_itself_defines_is_compiled() {
    let items = ["fn wrong() -> i32 { \"no\" }", "struct S;", "impl Clone for S { fn nonsense() {} }", "fn other() {}"];
    let own = OwnItems { names: vec!["wrong".to_owned()], implementations: vec![items[2].to_owned()] };
    let session = Session { types: &Types::new(), implementations: &[], own: &own, changing: &[], linked: None };
    let text = Program::read(&evcxr_text(&items, &[], &[], 1), &session).unwrap().text();
    assert!(text.contains(items[0]) && text.contains(items[2]) && !text.contains(items[3]), "{text}");
}

#[test]
fn what_it_can_reach_stays() {
    let items = [
        "fn start() -> Near { middle!() }",
        "macro_rules! middle { () => { Near(1) } }",
        "struct Near(i32);",
        "impl std::fmt::Debug for Near { fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { helper(f) } }",
        "fn helper(f: &mut std::fmt::Formatter) -> std::fmt::Result { Ok(()) }",
        "trait Twice { fn twice(&self) -> i32; }",
        "impl Twice for i32 { fn twice(&self) -> i32 { self * 2 } }",
        "use std::collections::HashMap;",
    ];
    let text = read(&evcxr_text(&items, &[], &["start(); 4.twice();"], 1), &[]).text();
    for item in items {
        assert!(text.contains(item), "{item}\nis missing in\n{text}");
    }
}

#[test]
fn every_line_knows_where_it_came_from() {
    let source =
        evcxr_text(&["fn unused() {}", "fn f() -> i32 {\n    1\n}"], &[("a", "i32")], &["let b = f() + a;"], 1);
    let program = read(&source, &[]);
    let lines: Vec<&str> = source.lines().collect();
    let text = program.text();
    for (number, line) in text.lines().enumerate() {
        if let Some(origin) = program.origin(number + 1)
            && !line.contains("soma")
            && !line.contains("put_variable")
        {
            assert_eq!(line, lines[origin - 1]);
        }
    }
    let statement = text.lines().position(|line| line == "let b = f() + a;").unwrap() + 1;
    assert_eq!(program.origin(statement), Some(lines.iter().position(|line| *line == "let b = f() + a;").unwrap() + 1));
    assert_eq!(program.origin(0), None);
    assert_eq!(program.origin(10_000), None);
}

#[test]
fn placeholders_mean_the_type_on_the_way_in_and_nothing_on_the_way_out() {
    let text = evcxr_text(&[], &[("a", "soma_type!(a)")], &["let a = f(&a);let a: soma_type!(a) = a;"], 1);
    let text = read(&text, &[("a", "std::vec::Vec<u8>")]).text();
    assert!(text.contains("check_variable::<std::vec::Vec<u8>>(stringify!(a))"), "{text}");
    assert!(text.contains("take_variable::<std::vec::Vec<u8>>(stringify!(a))"), "{text}");
    assert!(text.contains("let a = f(&a);let a: _ = a;"), "{text}");
    assert!(text.contains("put_variable::<_>(stringify!(a), a)"), "{text}");
}

#[test]
fn the_newest_of_two_implementations_stays() {
    let (old, new) = ("impl P { fn f(&self) -> i32 { 1 } }", "impl P { fn f(&self) -> i32 { 2 } }");
    let other = "impl P { fn g(&self) -> i32 { 3 } }";
    let source = evcxr_text(&["struct P;", new, old, other], &[], &["P.f(); P.g();"], 1);
    let order = [old, new, other].map(str::to_owned);
    let session = Session {
        types: &Types::new(),
        implementations: &order,
        own: &OwnItems::default(),
        changing: &[],
        linked: None,
    };
    let text = Program::read(&source, &session).unwrap().text();
    assert!(text.contains(new) && text.contains(other) && !text.contains(old), "{text}");
}

#[test]
fn a_redefined_type_has_another_fingerprint() {
    let fingerprint = |fields: &str, inner: &str| {
        let items = [format!("struct Outer {{ {fields} }}"), format!("struct Inner {{ {inner} }}")];
        let items: Vec<&str> = items.iter().map(String::as_str).collect();
        let text = read(&evcxr_text(&items, &[("o", "crate::Outer")], &["drop(o);"], 1), &[]).text();
        text.lines().find(|line| line.contains(".define(")).unwrap().to_owned()
    };
    let usual = fingerprint("inner: Inner", "x: i32");
    assert_eq!(usual, fingerprint("inner: Inner", "x: i32"));
    assert_ne!(usual, fingerprint("inner: Inner, n: u8", "x: i32"), "the type itself");
    assert_ne!(usual, fingerprint("inner: Inner", "x: i64"), "a type inside it");
}

#[test]
fn a_loop_is_worth_optimising() {
    assert!(read(&evcxr_text(&[], &[], &["for i in 0..9 { f(i); }"], 1), &[]).has_loops);
    assert!(!read(&evcxr_text(&[], &[], &["let y = &x + 1;"], 1), &[]).has_loops);
}

#[test]
fn macros_that_read_files_or_the_environment_are_noticed() {
    let reads = |statement: &str| read(&evcxr_text(&[], &[], &[statement], 1), &[]).reads_surroundings;
    assert!(reads("let text = include_str!(\"data.csv\");"));
    assert!(reads("let home = env! (\"HOME\");"));
    assert!(!reads("let home = std::env::var(\"HOME\");"));
}

#[test]
fn a_question_mark_without_an_error_type_is_noticed() {
    let source = evcxr_text(&[], &[], &["let a = 1;", "let n: i32 = \"1\".parse()?;"], 1);
    let line = source.lines().position(|line| line.contains('?')).unwrap() + 1;
    assert_eq!(read(&source, &[]).question_mark, Some(line));
    for harmless in ["let s = \"what?\";", "fn f() -> Option<i32> { Some(g()?) }"] {
        assert_eq!(read(&evcxr_text(&[], &[], &[harmless], 1), &[]).question_mark, None, "{harmless}");
    }
}

#[test]
fn another_shape_of_evcxrs_text_says_what_must_follow_it() {
    let usual = evcxr_text(&[], &[("a", "i32")], &["a;"], 1);
    let session =
        Session { types: &Types::new(), implementations: &[], own: &OwnItems::default(), changing: &[], linked: None };
    assert!(Program::read(&usual, &session).is_ok());
    for (landmark, replacement) in [
        ("#![allow(unused_imports, unused_mut, dead_code)]", "#![allow(unused)]"),
        ("pub extern \"C\" fn run_user_code_", "pub extern \"C\" fn evcxr_run_"),
        ("#[unsafe(no_mangle)]", "#[unsafe(export_name = \"x\")]"),
        ("mod evcxr_internal_runtime {", "mod runtime {"),
    ] {
        let error = Program::read(&usual.replace(landmark, replacement), &session).unwrap_err().to_string();
        assert!(error.contains("program/layout.rs"), "{error}");
    }
}

#[test]
fn items_that_do_not_parse_all_stay() {
    let text = read(&evcxr_text(&["fn broken( {", "fn other() {}"], &[], &["1;"], 1), &[]).text();
    assert!(text.contains("fn broken( {") && text.contains("fn other() {}"), "{text}");
}

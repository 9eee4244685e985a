//! Programs from texts in evcxr's shape. Every test in `kernel/tests/cells` shows that evcxr really writes this shape;
//! `layout` returns an error when it does not.

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

/// The program for evcxr's text, in a session with these types and these items of earlier cells.
fn read_with(text: &str, types: &[(&str, &str)], items: &[&str]) -> Program {
    // The store also has the variables with a stated type.
    let stated = text.lines().filter_map(|line| {
        let (_, rest) = line.split_once("check_variable::<")?;
        let (ty, rest) = rest.rsplit_once(">(stringify!(")?;
        Some((rest.split(')').next()?.to_owned(), Some(ty.to_owned())))
    });
    let given = types.iter().map(|(name, ty)| ((*name).to_owned(), Some((*ty).to_owned())));
    let types: Types = stated.chain(given).collect();
    let words = text.lines().filter(|line| !line.contains("variable_store")).flat_map(words::words);
    let words = words.map(str::to_owned).collect();
    let earlier = items.iter().enumerate().map(|(cell, text)| EarlierItem {
        text: (*text).to_owned(),
        is_macro: text.starts_with("macro"),
        defines: None,
        splices: Vec::new(),
        cell,
        line: 2,
        column: 5,
    });
    let own = text.lines().filter_map(|line| line.strip_prefix(markers::ITEM)?.strip_suffix(markers::END));
    let own = own.map(|text| OwnItem {
        text: text.to_owned(),
        is_macro: text.starts_with("macro"),
        defines: None,
        splices: Vec::new(),
    });
    let items = CellItems { own: own.collect(), earlier: earlier.collect(), ..CellItems::default() };
    Program::read(
        text,
        &Session {
            versions: &Versions::default(),
            show: Show::Borrowed,
            cell_only: &BTreeMap::new(),
            words: &words,
            types: &types,
            kept: &BTreeSet::new(),
            items: &items,
            definitions: &BTreeMap::new(),
            linked: None,
        },
    )
    .unwrap()
}

fn read(text: &str, types: &[(&str, &str)]) -> Program {
    read_with(text, types, &[])
}

#[test]
fn the_order_of_hash_maps_and_the_number_of_the_cell_make_no_difference() {
    let (f, g, m) = ("fn f() -> i32 { 1 }", "fn g() -> i32 { 2 }", "macro_rules! m { () => {} }");
    let (a, b) = (("a", "i32"), ("b", "String"));
    let cell = ["let c = f() + g() + a + b.len() as i32;"];
    let one = read_with(&evcxr_text(&[], &[a, b], &cell, 3), &[], &[f, g, m]);
    let other = read_with(&evcxr_text(&[], &[b, a], &cell, 4), &[], &[m, g, f]);
    assert_eq!(one.text(), other.text());
    assert!(one.text().find(m) < one.text().find(f), "a macro stands before its calls");
}

#[test]
fn whatever_a_cell_uses_makes_a_difference() {
    let text = |item: &str, ty: &str, statement: &str| {
        read_with(&evcxr_text(&[], &[("a", "(/*type of a*/)")], &[statement], 1), &[("a", ty)], &[item]).text()
    };
    let usual = text("fn f() -> i32 { 1 }", "i32", "f() + a;");
    assert_ne!(usual, text("fn f() -> i32 { 2 }", "i32", "f() + a;"), "an item");
    assert_ne!(usual, text("fn f() -> i32 { 1 }", "i64", "f() + a;"), "a variable's type");
    assert_ne!(usual, text("fn f() -> i32 { 1 }", "i32", "f() - a;"), "the cell");
    assert_eq!(usual, text("fn f() -> i32 { 1 }", "i32", "f() + a;"));
}

#[test]
fn every_line_knows_where_it_came_from() {
    let statements = ["let b = f() + a;", "soma_items!{fn own() {}};", "own();"];
    let source = evcxr_text(&["extern crate std;"], &[("a", "i32")], &statements, 1);
    let program = read_with(&source, &[], &["fn f() -> i32 {\n    1\n}"]);
    let lines: Vec<&str> = source.lines().collect();
    let text = program.text();
    let mut earlier = Vec::new();
    for (number, line) in text.lines().enumerate() {
        match program.origin(number + 1) {
            Origin::Evcxr(origin) if !line.contains("soma") && !line.contains("put_variable") => {
                let from = lines[origin - 1];
                let from = from.strip_prefix(ITEM).and_then(|item| item.strip_suffix(END)).unwrap_or(from);
                assert_eq!(line.trim(), from.trim());
            }
            Origin::Earlier { cell, line: at, indent } => earlier.push((line, cell, at, indent)),
            _ => {}
        }
    }
    assert_eq!(earlier, [("fn f() -> i32 {", 0, 2, 4), ("    1", 0, 3, 0), ("}", 0, 4, 0)]);
    let place = |line: &str, text: &str| text.lines().position(|other| other == line).map(|at| at + 1).unwrap();
    for statement in ["let b = f() + a;", "own();"] {
        assert_eq!(program.origin(place(statement, &text)), Origin::Evcxr(place(statement, &source)));
    }
    assert!(place("            fn own() {}", &text) < place("own();", &text));
    assert_eq!(program.origin(0), Origin::Generated);
    assert_eq!(program.origin(10_000), Origin::Generated);
}

#[test]
fn variables_that_a_cell_does_not_mention_are_left_alone() {
    let text = read(&evcxr_text(&[], &[("a", "i32"), ("evcxr_variable", "i32")], &["a;"], 1), &[]).text();
    assert!(text.contains("stringify!(a)") && !text.contains("stringify!(evcxr_variable)"), "{text}");
}

#[test]
fn placeholders_mean_the_type_on_the_way_in_and_nothing_on_the_way_out() {
    let text = evcxr_text(&[], &[("a", "(/*type of a*/)")], &["let a = f(&a);let a: (/*type of a*/) = a;"], 1);
    let text = read(&text, &[("a", "std::vec::Vec<u8>")]).text();
    assert!(text.contains("check_variable::<std::vec::Vec<u8>>(stringify!(a))"), "{text}");
    assert!(text.contains("take_variable::<std::vec::Vec<u8>>(stringify!(a))"), "{text}");
    assert!(text.contains("let a = f(&a);let a: _ = a;"), "{text}");
    assert!(text.contains("put_variable::<_>(stringify!(a), a)"), "{text}");
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
    for harmless in ["let s = \"what?\";", "let f = { fn f() -> Option<i32> { Some(g()?) } f };"] {
        assert_eq!(read(&evcxr_text(&[], &[], &[harmless], 1), &[]).question_mark, None, "{harmless}");
    }
}

#[test]
fn another_shape_of_evcxrs_text_says_what_must_follow_it() {
    let usual = evcxr_text(&[], &[("a", "i32")], &["a;"], 1);
    let (words, types, items) = (BTreeSet::new(), Types::new(), CellItems::default());
    let definitions = BTreeMap::new();
    let session = Session {
        versions: &Versions::default(),
        show: Show::Borrowed,
        cell_only: &BTreeMap::new(),
        words: &words,
        types: &types,
        kept: &words,
        items: &items,
        definitions: &definitions,
        linked: None,
    };
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
fn a_statement_that_looks_like_evcxrs_functions_is_a_statement() {
    for lines in [
        "pub extern \"C\" fn run_user_code_9(",
        "#[unsafe(no_mangle)]\npub extern \"C\" fn run_user_code_9(",
        "async fn evcxr_analysis_wrapper(",
        ") -> Result<(), EvcxrUserCodeError> {",
        "            struct EvcxrUserCodeError {}\nmod evcxr_internal_runtime {",
    ] {
        let statement = format!("let text = r#\"\n{lines}\n\"#;");
        let text = read(&evcxr_text(&[], &[("a", "i32")], &[&statement], 1), &[]).text();
        assert!(text.contains(&statement) && text.contains("let evcxr_variable_store"), "{text}");
    }
}

#[test]
fn what_evcxr_keeps_stays_also_when_it_does_not_parse() {
    let text = read(&evcxr_text(&["fn broken( {", "fn other() {}"], &[], &["1;"], 1), &[]).text();
    assert!(text.contains("fn broken( {") && text.contains("fn other() {}"), "{text}");
}

#[test]
fn a_panic_is_handed_on_in_both_of_evcxrs_ways_and_another_is_noticed() {
    let notification = "    println!(\"EVCXR_PANIC_NOTIFICATION\");";
    let handed_on = "    ::soma_cell::report::panicked(&*soma_payload);";
    let catch =
        ["match std::panic::catch_unwind(", "f();", "})) { ", "  Ok(_) => {}", "  Err(_) => {", notification, "}}"];
    let text = read(&evcxr_text(&[], &[], &catch, 1), &[]).text();
    assert!(text.contains(&format!("  Err(soma_payload) => {{\n{handed_on}")), "{text}");
    let catch = ["if std::panic::catch_unwind(||{", "f();", "}).is_err() {", notification, "}"];
    let text = read(&evcxr_text(&[], &[], &catch, 1), &[]).text();
    assert!(text.contains("if let Err(soma_payload) = std::panic::catch_unwind(||{\nf();\n}) {\n"), "{text}");
    assert!(text.contains(handed_on), "{text}");
    let (words, items, none) = (BTreeSet::new(), CellItems::default(), BTreeSet::new());
    let session = Session {
        versions: &Versions::default(),
        show: Show::Borrowed,
        cell_only: &BTreeMap::new(),
        words: &words,
        types: &Types::new(),
        kept: &none,
        items: &items,
        definitions: &BTreeMap::new(),
        linked: None,
    };
    let changed = Program::read(&evcxr_text(&[], &[], &["f();", notification], 1), &session);
    assert!(changed.is_err_and(|error| error.to_string().contains("what is done when a cell panics")));
}

//! One clear message that points into the cell as typed; the next cell has all variables.

use indoc::indoc;

use crate::notebook::Notebook;

#[test]
fn a_type_error_points_into_the_cell() {
    let mut notebook = Notebook::open();
    notebook.ok("let kept = 1;");
    let error = notebook.fails("let ok = 1;\nlet x: i32 = \"no\";");
    assert_eq!((error.name.as_str(), error.message.as_str()), ("E0308", "mismatched types"));
    error.points_at("2]:2:14");
    assert!(error.traceback.contains("let x: i32 = \"no\";"), "{}", error.traceback);
    notebook.gives("kept", "1");
}

#[test]
fn columns_count_characters() {
    let mut notebook = Notebook::open();
    let error = notebook.fails("let é = \"日本\"; let n: u8 = é;");
    error.points_at("1]:1:27");
}

#[test]
fn a_use_after_a_move_is_explained() {
    let mut notebook = Notebook::open();
    let error = notebook.fails(indoc! {"
        let v = vec![1];
        let w = v;
        let u = v;"});
    assert_eq!(error.name, "E0382");
    error.points_at("1]:3:9");
    assert!(error.traceback.contains("value moved here"), "{}", error.traceback);
    assert_eq!(error.traceback.matches("error[").count(), 1, "{}", error.traceback);
}

#[test]
fn a_panic_points_into_the_cell_that_holds_the_line() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        fn third(v: &[i32]) -> i32 {
            v[2]
        }
        let kept = 4;"});
    let error = notebook.fails("let v = vec![1, 2];\nthird(&v)");
    assert_eq!(error.name, "Panic");
    assert!(error.message.contains("index out of bounds: the len is 2 but the index is 2"), "{}", error.message);
    error.points_at("1]:2:5");
    let error = notebook.fails("let n = 1;\nNone::<i32>.expect(\"a number\")");
    error.points_at("3]:2:13");
    notebook.gives("kept", "4");
}

#[test]
fn a_panic_of_the_shown_value_itself_points_at_it() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        use tensorlib::prelude::*;
        let x = zeros([2, 3]);
        let y = zeros([4, 2]);
        let (v, zero) = (vec![1, 2], 0);"});
    // rustc says of a vector's index that it is the bracket.
    let cells = [
        ("&x + &y", "1:1"),
        ("let n = 1;\n  v[n + 4]", "2:4"),
        ("7 / zero", "1:1"),
        ("(\n  v[9],\n  1)", "2:4"),
        ("(v[7] + 1) * 2", "1:3"),
        ("x + y", "1:1"),
    ];
    for (number, (cell, place)) in (2..).zip(cells) {
        let error = notebook.fails(cell);
        error.points_at(&format!("{number}]:{place}"));
        assert!(!error.traceback.contains("let x"), "{}", error.traceback);
    }
}

#[test]
fn question_mark_ends_the_cell_with_the_error() {
    let mut notebook = Notebook::open();
    notebook.gives("let n: i32 = \"12\".parse()?; n", "12");
    let error = notebook.fails("let m: i32 = \"x\".parse()?;");
    assert!(error.message.contains("invalid digit found in string"), "{}", error.message);
    notebook.gives("n", "12");
}

#[test]
fn unfinished_code_is_an_error_and_not_something_else() {
    let mut notebook = Notebook::open();
    notebook.ok("let c = 1;");
    notebook.fails("let c = ").points_at("2]:1:7");
    notebook.fails("let d = 5").points_at("3]:1:10");
    notebook.fails("let e = (1 + ;").points_at("4]:1:9");
    notebook.fails("1 + ").points_at("5]:1:3");
    notebook.fails("fn broken( {");
    notebook.gives("c", "1");
}

#[test]
fn a_value_that_cannot_be_shown_is_named() {
    let mut notebook = Notebook::open();
    let error = notebook.fails("struct Opaque;\nOpaque");
    assert_eq!(error.message, "a value of type `Opaque` cannot be shown: the type does not implement `Debug`");
    error.points_at("1]:2:1");
    notebook.ok("struct Opaque;\nOpaque;");
}

#[test]
fn an_unknown_name_is_pointed_at() {
    let mut notebook = Notebook::open();
    let error = notebook.fails("println!(\"{}\", missing);");
    assert_eq!(error.message, "cannot find value `missing` in this scope");
    error.points_at("1]:1:16");
}

#[test]
fn likely_mistakes_are_warned_of_under_the_result() {
    let mut notebook = Notebook::open();
    let cell = notebook.ok(indoc! {r#"
        fn parse() -> Result<i32, String> { Err("no".into()) }
        parse();
        2"#});
    assert_eq!(cell.kinds, ["execute_result", "stream"]);
    let warning = crate::notebook::without_colours(&cell.stderr);
    assert!(warning.starts_with("warning: unused `Result` that must be used"), "{warning}");
    assert!(warning.contains("In [1]:2:1"), "{warning}");
    assert!(warning.contains("`let _ = ...`") && !warning.contains("unused-must-use"), "{warning}");
    // Said where it was written, and each time that is run, not in cells that use it.
    let defines = indoc! {"
        fn area(w: f32, h: f32) -> f32 {
            let double = 2.0 * w;
            w * h
        }"};
    let warning = crate::notebook::without_colours(&notebook.ok(defines).stderr);
    assert!(warning.contains("unused variable: `double`") && warning.contains("In [2]:2:9"), "{warning}");
    assert_eq!(notebook.ok("area(2.0, 3.0)").stderr, "");
    assert!(notebook.ok(defines).stderr.contains("double"), "also when it comes from the cache");
}

#[test]
fn a_semicolon_that_hides_the_value_is_pointed_out() {
    let mut notebook = Notebook::open();
    notebook.ok("let x = 2;");
    let warning = crate::notebook::without_colours(&notebook.ok("x * 3;").stderr);
    assert!(warning.contains("In [2]:1:1") && warning.contains("leave out the `;`"), "{warning}");
}

#[test]
fn what_a_later_cell_may_use_is_not_warned_of() {
    let mut notebook = Notebook::open();
    for code in [
        indoc! {"
            use std::collections::HashMap;
            fn f() {}
            struct S { a: i32 }
            let mut v = vec![1];
            let W = 3;"},
        "let v2 = { let mut v = v.clone(); v.push(1); v };",
        "for _ in 0..2 {}",
        "v.push(3);\nv.len()",
        "#[allow(unused_variables)]\nfn g(a: i32) { let b = 1; }",
    ] {
        assert_eq!(notebook.ok(code).stderr, "", "{code}");
    }
}

#[test]
fn a_missing_import_is_named() {
    let mut notebook = Notebook::open();
    for code in ["let t = ones([2]);", "tensor![1.0]", "let t: Tensor = f();", "plot::line(1)", "DType::F32;"] {
        let error = notebook.fails(code);
        error.says("`use tensorlib::prelude::*;`");
        assert!(!error.traceback.contains("missing a crate"), "{}", error.traceback);
    }
    let error = notebook.fails("let a = ones([2]);\nlet b = zeros([2]);");
    assert_eq!(error.traceback.matches("`ones` is").count(), 1, "{}", error.traceback);
    notebook
        .fails("let m: HashMap<i32, i32> = HashMap::new();")
        .says("`use std::collections::HashMap;` (`HashMap` has to be");
    notebook.fails("fn f() -> Result { Ok(()) }\nlet r: Duration = 1;").says("`use std::time::Duration;`");
    notebook.fails("(..).step(2)").says("`step` is part of the tensor library");
    notebook.fails("progress(0..3);").says("`use soma_cell::progress;`");
    notebook.fails("let r = serde_json::from_str(\"1\");").says("`:dep serde_json`");
    notebook.ok("use tensorlib::prelude::*;\nlet t = ones([2]);");
}

#[test]
fn what_a_failed_cell_would_have_defined_is_remembered() {
    let mut notebook = Notebook::open();
    notebook.fails(
        "struct Net { a: i32 }\nimpl Net { fn area(&self) -> i32 { \"no\" } }\ntrait Shape {}\nmod nn { pub fn f() {} }\n\
         macro_rules! net { () => {} }\nfn make() -> Net { Net { a: 1 } }\nlet net = make();",
    );
    let would = |name: &str| format!("`{name}` is not there: In [1] would have defined it, but did not compile");
    for (code, name) in [
        ("let n: Net = 1;", "Net"),
        ("Net::default();", "Net"),
        ("let n = Net { a: 1 };", "Net"),
        ("make();", "make"),
        ("impl Shape for i32 {}", "Shape"),
        ("net!();", "net"),
        ("nn::f();", "nn"),
        ("use crate::nn::f;", "nn"),
    ] {
        notebook.fails(code).says(&would(name));
    }
    notebook.fails("net + 1").says(&would("net"));
    // The type is there now; its method is not.
    notebook.ok("struct Net { a: i32 }\nlet net = Net { a: 1 };");
    notebook.fails("net.area()").says(&would("Net::area"));
    let error = notebook.fails("let m: NoNet = 1;");
    assert!(!error.traceback.contains("would have"), "{}", error.traceback);
}

#[test]
fn what_a_cell_that_ended_early_did_not_define_is_remembered() {
    let mut notebook = Notebook::open();
    notebook.fails(indoc! {r#"
        fn five() -> i32 { 5 }
        let first = five();
        let last: i32 = "x".parse().unwrap();"#});
    notebook.fails("first").says("`first` is not there: In [1] would have defined it, but ended before it was through");
    notebook.gives("five()", "5");
    notebook.fails("let n: i32 = \"x\".parse()?;");
    notebook.fails("n").says("In [4] would have defined it");
    notebook.fails("!false\nlet s = 1;");
    notebook.fails("s").says("In [6] would have defined it, but did not run");
    notebook.ok("let s = 1;");
    notebook.ok(":clear");
    assert!(!notebook.fails("first").traceback.contains("would have"));
}

#[test]
fn a_character_that_only_looks_like_rust_is_named_and_pointed_at() {
    let mut notebook = Notebook::open();
    for (code, place, says) in [
        ("let s = “hello”;", "1]:1:9", "`“` (U+201C) is a typographic quote and no part of Rust: type `\"` instead"),
        ("let c = ‘h’;", "2]:1:9", "type `'` instead"),
        ("let a = 1;\nlet x = 3 – 1;", "3]:2:11", "`–` (U+2013) is an en dash"),
        ("let x\u{a0}= 1;", "4]:1:6", "U+00A0 is a no-break space and no part of Rust: type a space instead"),
        (
            "let x = 1;\u{200b}",
            "5]:1:11",
            "U+200B is a zero-width space, which is not seen and no part of Rust: delete it",
        ),
        ("for i in 0…3 {}", "6]:1:11", "type `..` instead"),
        (":opt 2\nprintln!（\"x\"）；", "7]:2:9", "type `(` instead"),
    ] {
        let error = notebook.fails(code);
        error.points_at(place);
        error.says(says);
    }
    notebook.gives("let größe = \"“…”\"; // – – –\ngröße", "\"“…”\"");
}

#[test]
fn a_byte_order_mark_is_nothing() {
    let mut notebook = Notebook::open();
    notebook.gives("\u{feff}let x = 1;\nx", "1");
    notebook.gives("\u{feff}:type x", "x: i32");
    notebook.fails("\u{feff}let y: i32 = \"no\";").points_at("3]:1:14");
}

#[test]
fn older_rust_and_other_languages_comments_are_told_from_mistakes() {
    let mut notebook = Notebook::open();
    notebook.fails("extern \"C\" { fn abs(x: i32) -> i32; }").says("write `unsafe extern \"C\" { … }`");
    for code in ["# a comment\nlet x = 1;", "let x = 1; # five\n", "let x = 1;\n#comment\nx"] {
        notebook.fails(code).says("a comment begins with `//`");
    }
    notebook.ok(indoc! {r##"
        #[derive(Debug)]
        struct S;
        let s = "# no comment";"##});
    notebook.fails("let x = 1;\n:vars").says("write commands (`:vars`) at the beginning of a cell");
}

#[test]
fn a_warning_is_not_said_again_by_commands() {
    let mut notebook = Notebook::open();
    notebook.ok("let x = 2;");
    assert!(notebook.ok("x * 3;").stderr.contains("unused"));
    assert_eq!(notebook.ok(":opt 1").stderr, "");
    assert_eq!(notebook.ok(":version\n:opt 0").stderr, "");
}

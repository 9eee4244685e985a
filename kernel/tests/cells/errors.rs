//! One clear message that points into the cell as typed; the next cell has all variables.

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
    let error = notebook.fails("let v = vec![1];\nlet w = v;\nlet u = v;");
    assert_eq!(error.name, "E0382");
    error.points_at("1]:3:9");
    assert!(error.traceback.contains("value moved here"), "{}", error.traceback);
    assert_eq!(error.traceback.matches("error[").count(), 1, "{}", error.traceback);
}

#[test]
fn a_panic_points_into_the_cell_that_holds_the_line() {
    let mut notebook = Notebook::open();
    notebook.ok("fn third(v: &[i32]) -> i32 {\n    v[2]\n}\nlet kept = 4;");
    let error = notebook.fails("let v = vec![1, 2];\nthird(&v)");
    assert_eq!(error.name, "Panic");
    assert!(error.message.contains("index out of bounds: the len is 2 but the index is 2"), "{}", error.message);
    error.points_at("1]:2:5");
    let error = notebook.fails("let n = 1;\nNone::<i32>.expect(\"a number\")");
    error.points_at("3]:2:13");
    notebook.gives("kept", "4");
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

//! Cells that are no Rust say so, and nothing of them is skipped.

use indoc::indoc;

use crate::notebook::Notebook;

#[test]
fn nothing_of_a_cell_is_skipped_in_silence() {
    let mut notebook = Notebook::open();
    for (cell, says) in [
        ("} println!(\"a\");", "unexpected closing delimiter: `}`"),
        ("println!(\"a\"); }", "unexpected closing delimiter: `}`"),
        ("} println!(\"a\"); {", "unexpected closing delimiter: `}`"),
        ("println!(\"a\");\n/* and so on", "unterminated block comment"),
        ("/* one /* two */ println!(\"a\");", "unterminated block comment"),
        ("1 + 1)", "unexpected closing delimiter: `)`"),
        ("let let = 1;", "found keyword `let`"),
        ("let", "expected"),
        ("let = 5; println!(\"a\");", "expected pattern"),
        ("fn f( {}\nprintln!(\"a\");", "error"),
        ("let s = \"abc;\nprintln!(\"a\");", "error"),
    ] {
        let run = notebook.run(cell);
        assert_eq!(run.stdout, "", "{cell}");
        let error = run.error.unwrap_or_else(|| panic!("{cell} passed"));
        error.says(says);
        error.points_at(&format!("{}]", error_cell(&error.traceback)));
    }
    notebook.gives("1 + 1", "2");
}

/// The number of the cell that a traceback points into.
fn error_cell(traceback: &str) -> String {
    let (_, rest) = traceback.split_once("In [").unwrap_or_else(|| panic!("no place: {traceback}"));
    rest.split(']').next().unwrap_or_default().to_owned()
}

#[test]
fn a_mistake_is_pointed_at_where_it_was_typed() {
    let mut notebook = Notebook::open();
    notebook
        .fails(indoc! {"
            let x = 1;
            let y = (2 + 3;
            x"})
        .points_at("1]:2:");
    notebook.fails("let é = [1, 2 3];").points_at("2]:1:15");
    notebook.fails("struct S { a: i32, b }").points_at("3]:1:2");
}

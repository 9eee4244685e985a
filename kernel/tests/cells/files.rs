//! Files and variables that a cell's program reads as it is compiled.

use std::fs;

use crate::notebook::Notebook;

fn write(notebook: &Notebook, name: &str, text: &str) {
    let path = notebook.folder().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn files_are_looked_for_beside_the_notebook() {
    let mut notebook = Notebook::open();
    write(&notebook, "data/a.txt", "one");
    write(&notebook, "b.bin", "abc");
    write(&notebook, "more.rs", "pub fn seven() -> i32 { 7 }");
    notebook.gives("include_str!(\"data/a.txt\")", "\"one\"");
    notebook.gives("let bytes = include_bytes!(\"b.bin\"); bytes.len()", "3");
    notebook.ok("#[path = \"more.rs\"] mod more;");
    notebook.gives("more::seven()", "7");
    notebook.ok("fn text() -> &'static str { include_str!(r\"data/a.txt\") }");
    notebook.ok("std::fs::create_dir(\"elsewhere\").unwrap(); std::env::set_current_dir(\"elsewhere\").unwrap();");
    notebook.gives("(text(), include_str!(concat!(\"data/\", \"a.txt\")))", "(\"one\", \"one\")");
    let full = notebook.folder().join("data/a.txt").display().to_string();
    notebook.gives(&format!("include_str!({full:?}).len()"), "3");
}

#[test]
fn a_changed_file_is_seen_when_the_cell_runs_again() {
    let mut notebook = Notebook::open();
    for text in ["one", "three", "one"] {
        write(&notebook, "a.txt", text);
        notebook.gives("include_str!(\"a.txt\").len()", &text.len().to_string());
    }
}

#[test]
fn an_included_expression_can_use_what_earlier_cells_define() {
    let mut notebook = Notebook::open();
    write(&notebook, "expression.rs", "twice(n) + 1");
    notebook.ok("fn twice(n: i32) -> i32 { 2 * n }\nlet n = 4;");
    notebook.gives("include!(\"expression.rs\")", "9");
    notebook.gives("let m = include!(\"expression.rs\"); m", "9");
}

#[test]
fn a_file_that_is_not_there_is_told_with_the_folder_and_found_later() {
    let mut notebook = Notebook::open();
    let error = notebook.fails("let n = 1; let text = include_str!(\"late.txt\"); text.len() + n");
    error.points_at("1]:1:23");
    error.says(&notebook.folder().join("late.txt").display().to_string());
    write(&notebook, "late.txt", "four");
    notebook.gives("let n = 1; let text = include_str!(\"late.txt\"); text.len() + n", "5");
}

#[test]
fn an_error_after_a_files_name_is_where_it_was_typed() {
    let mut notebook = Notebook::open();
    write(&notebook, "a.txt", "one");
    let error = notebook.fails("(include_str!(\"a.txt\"), nothing)");
    error.points_at("1]:1:25");
}

#[test]
fn cells_know_that_they_are_in_a_notebook_and_of_which_package() {
    let mut notebook = Notebook::open();
    notebook.gives("std::env::var(\"EVCXR_IS_RUNTIME\").is_ok()", "true");
    notebook.gives(
        "(env!(\"CARGO_PKG_NAME\"), env!(\"CARGO_PKG_VERSION\"), env!(\"CARGO_CRATE_NAME\"))",
        "(\"ctx\", \"1.0.0\", \"ctx\")",
    );
    notebook.gives("std::path::Path::new(env!(\"CARGO_MANIFEST_DIR\")).join(\"Cargo.toml\").exists()", "true");
}

#[test]
fn a_variable_of_the_environment_that_changes_is_read_again() {
    let value = |value: &str| {
        let mut notebook = Notebook::open_with(|command| {
            command.env("SOMA_TEST_FILES", value);
        });
        notebook.gives("option_env!(\"SOMA_TEST_FILES\").unwrap().to_owned()", &format!("{value:?}"));
    };
    value("one");
    value("two");
}

//! What a user sees when a cell fails: one message that points into the cell as typed, and all variables kept.

use indoc::indoc;
use soma_tests::cell::CellError;
use soma_tests::{Desk, Notebook};

/// Runs a cell that fails between one that defines `kept` and one that shows it; gives the failure.
fn failure(code: &str) -> CellError {
    let desk = Desk::new();
    let before = "use tensorlib::prelude::*;\nlet kept = tensor![1.0, 2.0];";
    let notebook = desk.write("failing.ipynb", Notebook::of(&[before, code, "kept"]).to_json());
    let executed = desk.execute(&notebook);
    let cells: Vec<_> = executed.code_cells().collect();
    if let Some(error) = cells[0].error() {
        panic!("{}", error.traceback);
    }
    let error = cells[1].error().unwrap_or_else(|| panic!("this should have failed:\n{code}"));
    assert_eq!(cells[2].data("text/plain"), ["tensor([1., 2.])"], "after\n{}", error.traceback);
    assert_eq!(cells[1].stream("stderr"), "", "beside\n{}", error.traceback);
    error
}

/// Asserts that there is one message, that it points at this line and column of the second cell, and that it
/// shows that line and nothing of what Soma made of it.
fn points_at(error: &CellError, line: usize, column: usize, shown: &str) {
    let text = &error.traceback;
    assert!(text.contains(&format!("In [2]:{line}:{column}")), "{text}");
    assert_eq!(text.matches("--> In [").count(), 1, "{text}");
    assert!(text.contains(shown), "{text}");
    for internal in ["evcxr", "soma_", "lib.rs", "/src/"] {
        assert!(!text.contains(internal), "{internal}: {text}");
    }
}

#[test]
fn a_type_error_points_at_the_value() {
    let error = failure("let count: i32 = 1;\nlet text: String = count + 1;");
    points_at(&error, 2, 20, "let text: String = count + 1;");
    assert!(error.value.contains("mismatched types"), "{}", error.value);
}

#[test]
fn a_moved_variable_points_at_its_second_use() {
    let error = failure(indoc! {"
        let x = ones([2]);
        let y = x + 1.0;
        let z = x + y;"});
    points_at(&error, 3, 9, "let z = x + y;");
    assert!(error.value.contains("use of moved value: `x`"), "{}", error.value);
}

#[test]
fn a_panic_points_at_the_line_that_panicked() {
    let error = failure(indoc! {"
        let numbers = vec![1, 2];
        let index = numbers.len();
        numbers[index]"});
    // rustc's place of an index is its bracket.
    points_at(&error, 3, 8, "numbers[index]");
    assert!(error.value.contains("index out of bounds"), "{}", error.value);
}

#[test]
fn a_shape_mismatch_points_at_the_operation_and_names_both_shapes() {
    let error = failure(indoc! {"
        let left = ones([2, 3]);
        let right = ones([2, 3]);
        let product = left.matmul(&right);"});
    points_at(&error, 3, 20, "let product = left.matmul(&right);");
    assert!(error.value.matches("[2, 3]").count() == 2, "{}", error.value);
}

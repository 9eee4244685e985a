//! Every kind of `let`, and every kind of type that a variable may have.

use indoc::indoc;

use crate::notebook::Notebook;

#[test]
fn every_kind_of_let_is_kept() {
    let mut notebook = Notebook::open();
    notebook.ok("let a = 1; let mut b = vec![1, 2]; let c: i64 = 3;");
    notebook.ok("let (d, mut e) = (4, String::from(\"five\")); let [first, .., last] = [6, 0, 7];");
    notebook.ok("struct Point { x: f64, y: f64 }\nlet Point { x, y: height } = Point { x: 8.0, y: 9.0 };");
    notebook.ok("let Some(inner) = Some(10) else { panic!() };");
    notebook.ok("let late;\nif a == 1 { late = 11 } else { late = 0 }");
    notebook.ok("let s = 1; let s = s + 1; let s = format!(\"{s}\");");
    notebook.ok("b.push(3); e.push('!');");
    notebook.gives("(a, &b, c, d, &e)", "(1, [1, 2, 3], 3, 4, \"five!\")");
    notebook.gives("(first, last, x, height, inner, late, &s)", "(6, 7, 8.0, 9.0, 10, 11, \"2\")");
}

#[test]
fn types_of_all_kinds_are_kept() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
        use std::rc::Rc;
        use std::sync::{Arc, Mutex};"});
    notebook.ok(
        "let map = HashMap::from([(1, vec![\"a\"])]); let set = HashSet::from([2u8]); let queue = VecDeque::from([3]);",
    );
    notebook.ok(
        "let tree = BTreeMap::from([(1, Some(2.5))]); let shared = Arc::new(Mutex::new(vec![4])); let rc = Rc::new(5);",
    );
    notebook.ok("let text = \"six\"; let range = 1..=7; let array = [[0u8; 2]; 2]; let unit = (); let pointer: fn(i32) -> i32 = |x| x + 1;");
    notebook.ok("let boxed: Box<dyn Fn(f64) -> f64> = Box::new(|x| x * 2.0); let error: Box<dyn std::error::Error> = \"e\".into();");
    notebook.gives(
        "(map[&1][0], set.len(), queue[0], tree[&1], shared.lock().unwrap()[0], *rc)",
        "(\"a\", 1, 3, Some(2.5), 4, 5)",
    );
    notebook.gives(
        "(text, range.clone().sum::<i32>(), array[1][1], unit, pointer(6), boxed(4.0))",
        "(\"six\", 28, 0, (), 7, 8.0)",
    );
    notebook.gives("error.to_string()", "\"e\"");
    notebook.ok("use ndarray::prelude::*; let matrix = Array2::<f32>::eye(2); let row = matrix.row(0).to_owned();");
    notebook.gives("(matrix.sum(), row.len())", "(2.0, 2)");
}

#[test]
fn the_notebooks_own_types_are_kept() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        #[derive(Debug, Clone)] struct Pair<T> { one: T, two: T }
        #[derive(Debug)] enum Shape { Circle(f64), Square { side: f64 } }"});
    notebook
        .ok("let pair = Pair { one: 1, two: 2 }; let shapes = vec![Shape::Circle(1.0), Shape::Square { side: 2.0 }];");
    notebook.ok("mod geometry { #[derive(Debug)] pub struct Line(pub i32); } let line = geometry::Line(3);");
    notebook.gives("(pair.clone(), &shapes[1], &line)", "(Pair { one: 1, two: 2 }, Square { side: 2.0 }, Line(3))");
}

#[test]
fn what_cannot_be_kept_is_explained() {
    let mut notebook = Notebook::open();
    let cell = notebook.ok("let add = |x: i32| x + 1; let kept = 5;\nadd(2)");
    assert_eq!(cell.text(), Some("3"));
    assert!(cell.stderr.contains("`add` is or holds a closure"), "{}", cell.stderr);
    let error = notebook.fails("add(3)");
    assert!(error.traceback.contains("Box it to keep it"), "{}", error.traceback);
    let cell = notebook.ok("let list = vec![3, 1]; let largest = list.iter().max();");
    assert!(cell.stderr.contains("`largest` borrows from another variable"), "{}", cell.stderr);
    notebook.fails("largest").says("`largest` borrows from another variable");
    notebook.gives("kept", "5");
    // The name can be used again for what can be kept.
    notebook.ok("let add = 7;");
    notebook.gives("add", "7");
}

#[test]
fn a_moved_variable_is_gone_and_says_where_it_went() {
    let mut notebook = Notebook::open();
    notebook.ok("let names = vec![1]; let other = 2;");
    notebook.gives("(names, other)", "([1], 2)");
    let error = notebook.fails("names");
    assert!(error.traceback.contains("`names` was moved away in In [2]"), "{}", error.traceback);
    notebook.gives("other", "2");
}

#[test]
fn async_cells_keep_their_variables() {
    let mut notebook = Notebook::open();
    notebook.ok(":offline 1");
    notebook.ok("async fn double(x: i32) -> i32 { x * 2 }");
    let cell = notebook.run("let four = double(2).await;");
    if let Some(error) = cell.error {
        // evcxr runs async cells on tokio, which may not be on this machine; nothing here may fetch it.
        assert!(error.traceback.contains("tokio"), "{}", error.traceback);
        return;
    }
    notebook.gives("double(four).await", "8");
}

#[test]
fn types_from_private_modules_are_kept_by_their_public_paths() {
    let mut notebook = Notebook::open();
    notebook.ok("use ndarray::prelude::*;\nlet lanes = Array2::<f64>::zeros((2, 2)).into_iter();");
    notebook.gives("lanes.len()", "4");
    notebook.ok("let shape = ndarray::Shape::from(ndarray::Dim([2, 3])); let slice = ndarray::s![1..]; let order = std::cmp::Reverse(3);");
    notebook.gives("order.0", "3");
    notebook.ok("let counts = std::iter::repeat_n(1, 3).chain(std::iter::once(2)).step_by(2); let chars = \"ab\".char_indices();");
    notebook.gives("(counts.sum::<i32>(), chars.count())", "(2, 2)");
    notebook.ok("let t = tensorlib::ones([2]); let size = t.size(); let d = t.dtype();");
    notebook.gives("(t.numel(), size.len())", "(2, 1)");
}

#[test]
fn names_in_capitals_and_raw_names_are_names() {
    let mut notebook = Notebook::open();
    notebook.ok("let W1 = 2; let A = vec![1]; let r#type = 3;");
    notebook.gives("(W1, &A, r#type)", "(2, [1], 3)");
}

#[test]
fn a_lost_variable_says_why_and_costs_nothing_else() {
    let mut notebook = Notebook::open();
    notebook.ok("let n = vec![1]; let kept = 2;");
    notebook.fails("let moved = n;\npanic!(\"after the move\")");
    let error = notebook.fails("n");
    assert!(error.traceback.contains("`n` was moved away in In [2]"), "{}", error.traceback);
    notebook.gives("kept", "2");
    notebook.ok("println!(\"\\n\");");
    notebook.ok(":restart");
    let error = notebook.fails("kept");
    assert_ne!(error.name, "Crash");
    notebook.gives("let kept = 3; kept", "3");
}

//! Variables that borrow, that were moved away, or that have no value yet.

use indoc::indoc;

use crate::notebook::Notebook;

#[test]
fn a_borrow_inside_one_cell_runs_and_ends_with_it() {
    let mut notebook = Notebook::open();
    let cell = notebook.ok("let a = [1, 2, 3]; let part = &a[1..]; println!(\"{part:?}\");");
    assert_eq!(cell.stdout, "[2, 3]\n");
    assert!(cell.stderr.contains("`part` borrows from another variable"), "{}", cell.stderr);
    notebook.gives("a.len()", "3");
    notebook.fails("part.len()").says("`part` borrows from another variable");
    for (cell, printed) in [
        (
            "let words = vec![\"x\".to_owned(), \"yy\".to_owned()]; let longest = words.iter().max_by_key(|w| w.len()).unwrap(); print!(\"{longest}\");",
            "yy",
        ),
        (
            "let text = String::from(\"a b\"); let mut parts = text.split(' '); print!(\"{:?}\", parts.next());",
            "Some(\"a\")",
        ),
        ("let mut n = 1; { let r = &mut n; *r += 1; } print!(\"{n}\");", "2"),
        ("struct View<'a>(&'a [i32]); let v = vec![1, 2]; let view = View(&v); print!(\"{}\", view.0.len());", "2"),
        (
            "let key = String::from(\"k\"); let mut map = std::collections::HashMap::new(); map.insert(key.as_str(), 1); print!(\"{}\", map[\"k\"]);",
            "1",
        ),
        ("let m = std::sync::Mutex::new(4); let guard = m.lock().unwrap(); print!(\"{guard}\");", "4"),
        ("let base = 10; let add = |x: i32| x + base; print!(\"{}\", add(1));", "11"),
    ] {
        assert_eq!(notebook.ok(cell).stdout, printed, "{cell}");
    }
    notebook
        .gives("(words.len(), text.len(), n, v.len(), key.len(), *m.lock().unwrap(), base)", "(2, 3, 2, 2, 1, 4, 10)");
}

#[test]
fn a_borrow_through_a_closure_ends_with_its_cell_too() {
    let mut notebook = Notebook::open();
    notebook.ok("let planets = vec![\"Mars\".to_owned(), \"Earth\".to_owned()];");
    for (cell, value) in [
        ("let names: Vec<&str> = planets.iter().map(|p| p.as_str()).collect(); names.len()", "2"),
        (
            "let own = vec![\"a\".to_owned()]; let first = own.first().map(|s| s.as_str()).unwrap_or(\"none\"); first",
            "\"a\"",
        ),
        (
            "let texts = [String::from(\"x\")]; let all = texts.iter().fold(\"\", |a, b| if a.is_empty() { b } else { a }); all",
            "\"x\"",
        ),
        ("let mut v2 = vec![1, 2]; let last = v2.last_mut().unwrap(); *last = 5; v2", "[1, 5]"),
        (
            "let words = [\"a b\".to_owned()]; let by: std::collections::BTreeMap<&str, usize> = words.iter().map(|w| (w.as_str(), w.len())).collect(); by[\"a b\"]",
            "3",
        ),
    ] {
        notebook.gives(cell, value);
    }
    notebook.gives("(planets.len(), own.len(), texts.len(), v2.len(), words.len())", "(2, 1, 1, 2, 1)");
    notebook.fails("names.len()").says("`names` borrows from another variable");
    notebook.fails("let n = 5; let m: i32 = \"no\";").says("mismatched types");
}

#[test]
fn a_borrow_of_an_earlier_cells_variable_ends_with_its_cell() {
    let mut notebook = Notebook::open();
    notebook.ok("let rows = vec![vec![1, 2], vec![3]];\nlet count = 1;");
    let cell = notebook.ok("let first = &rows[0]; let total: i32 = first.iter().sum(); total");
    assert_eq!(cell.text(), Some("3"));
    notebook.gives("(total, rows.len())", "(3, 2)");
    notebook.fails("first.len()").says("`first` borrows");
}

#[test]
fn a_moved_variable_can_be_given_a_new_value() {
    let mut notebook = Notebook::open();
    notebook.ok("let mut s = String::from(\"old\");");
    notebook.ok("let t = s;");
    notebook.fails("s.len()").says("`s` was moved away in In [2]");
    notebook.ok("s = String::from(\"new\");");
    notebook.gives("(s.as_str(), t.as_str())", "(\"new\", \"old\")");
    notebook.ok("drop(s); drop(t);");
    notebook.ok("if true { s = \"a\".to_owned(); } else { s = \"b\".to_owned(); }");
    notebook.gives("s", "\"a\"");
    notebook.ok("drop(s);");
    let cell = notebook.ok("if count_is_odd() { s = \"a\".to_owned(); }\nfn count_is_odd() -> bool { false }");
    assert!(cell.stderr.contains("`s` may have no value"), "{}", cell.stderr);
    notebook.fails("s.len()");
}

#[test]
fn variables_can_be_declared_together_and_assigned_later() {
    let mut notebook = Notebook::open();
    notebook.ok(indoc! {"
        let (mut g, h);
        g = 1;
        h = 2;
        g += h;"});
    notebook.gives("(g, h)", "(3, 2)");
    notebook.ok("let (a, b): (u8, String);\n(a, b) = (1, \"x\".to_owned());");
    notebook.gives("(a, b.as_str())", "(1, \"x\")");
    notebook.ok("let late; late = vec![1.5];");
    notebook.gives("late[0]", "1.5");
}
